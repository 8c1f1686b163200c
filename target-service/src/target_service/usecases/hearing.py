"""Keep what the hub tells of scopes and indicators."""

from collections.abc import Sequence
from datetime import datetime

from shared.contracts.datahub import IndicatorPublished, ScopeChanged
from shared.contracts.vocabulary import is_scope
from shared.kit.database import Transaction
from target_service.domain.cells import unmeasured
from target_service.domain.judge import Rules
from target_service.repository import chain, names
from target_service.schemas import BindingBody
from target_service.usecases.selecting import follow_scopes


async def learn_names(
    tx: Transaction, events: Sequence[ScopeChanged | IndicatorPublished], at: datetime, rules: Rules
) -> None:
    """Take scopes and indicators from a batch of events; what is older changes nothing.

    Bindings follow the scopes: selectors choose anew, and lines by class of object are taken.
    """
    scopes = [item for each in events if isinstance(each, ScopeChanged) for item in each.items]
    indicators = [each for each in events if isinstance(each, IndicatorPublished)]
    if scopes:
        # Before they are saved: a selector that is put just now sees them, or we see it.
        await chain.lock_chain(tx)
        changed = await names.save_scopes(tx, scopes)
        await follow_scopes(tx, changed, at, rules)
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
