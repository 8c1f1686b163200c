"""Keep what the hub tells of scopes and indicators."""

from collections.abc import Sequence

from shared.contracts.datahub import IndicatorPublished, ScopeChanged
from shared.contracts.vocabulary import is_scope
from shared.kit.database import Transaction
from target_service.domain.cells import unmeasured
from target_service.repository import names
from target_service.schemas import BindingBody


async def learn_names(tx: Transaction, events: Sequence[ScopeChanged | IndicatorPublished]) -> None:
    """Take scopes and indicators from a batch of events; what is older changes nothing."""
    scopes = [item for each in events if isinstance(each, ScopeChanged) for item in each.items]
    indicators = [each for each in events if isinstance(each, IndicatorPublished)]
    if scopes:
        await names.save_scopes(tx, scopes)
    if indicators:
        await names.save_indicators(tx, indicators)


async def knows(tx: Transaction, scope: str | None, indicator: str | None) -> bool:
    """Return whether the hub has told of a scope and of an indicator, where they are given."""
    return (scope is None or await names.has_scope(tx, scope)) and (
        indicator is None or await names.has_indicator(tx, indicator)
    )


async def knows_what_is_bound(tx: Transaction, body: BindingBody) -> bool:
    """Return whether the hub has told of everything that a binding is about."""
    cells = await names.cells_of(tx, body.indicator)
    return (
        await knows(tx, body.scope, body.indicator)
        and not unmeasured(body.indicator, body.scope, body.period, cells)
        and (not is_scope(body.owner) or await names.has_scope(tx, body.owner))
    )
