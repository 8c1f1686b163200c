"""What a definition would change is tried on the data that are there; nothing is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.depending import depending_on, ordered
from datahub.indicators.domain.differing import Difference, differences
from datahub.indicators.domain.document import IndicatorInvalidError
from datahub.indicators.domain.limits import TRY_SECONDS, Limits
from datahub.indicators.domain.masking import Mask
from datahub.indicators.domain.view import Place
from datahub.indicators.repository import following, kept, present
from datahub.indicators.repository.bounding import TOO_SLOW, MeasuringFailedError, telling
from datahub.indicators.repository.cells import Cell
from datahub.indicators.repository.following import Span
from datahub.indicators.repository.rows import changed_later
from datahub.indicators.usecases import measuring
from datahub.indicators.usecases.defining import Draft, check
from shared.kit.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What publishing a definition would do."""

    indicator: Indicator
    in_force: int | None
    """Version; None where the indicator would be new."""

    differences: Sequence[Difference]
    versions: Mapping[Place, int]
    """Of the definition, by the values that there are."""

    dependents: Sequence[str]
    """What takes it, and would be measured anew."""

    masks: tuple[Mask, Mask]
    """What the reader gets to see with the definitions in force, and with the one that is tried."""


async def try_indicator(
    tx: Transaction,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    expect: Callable[[int | None], None],
    limits: Limits,
    *,
    sees_persons: bool,
) -> Tried:
    """Return what publishing a definition would change.

    It is counted without what is kept of sums, so that the measurer need not wait for it.

    Raises:
        IndicatorInvalidError: with every fault of the document, or it takes too long.
        IndicatorNeededError: other definitions take it, and would have no sense.
    """
    seconds = min(limits.seconds, TRY_SECONDS)
    await following.use_one_snapshot(tx, seconds)
    stored = await following.get_indicator_row(tx, str(document.get("indicator")))
    expect(stored.version if stored else None)
    known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
    draft = Draft(document, "college", stored)
    indicator = await check(tx, draft, dictionary, known, limits)
    after = {**known, indicator.id: indicator}
    taken = {each.id: each.others for each in after.values()}
    in_order = [after[name] for name in ordered(taken)]
    said = await kept.read_all(tx, [indicator.id])
    cells = await _measured(tx, indicator, seconds)
    return Tried(
        indicator=indicator,
        in_force=stored.version if stored else None,
        differences=differences(
            {(scope, period): value for (_, scope, period), value in said.items()},
            {(each.scope, each.period): each.value for each in cells},
        ),
        versions=await kept.versions_of(tx, indicator.id),
        dependents=depending_on(indicator.id, taken),
        masks=(
            Mask.of(known.values(), sees_persons=sees_persons),
            Mask.of(in_order, sees_persons=sees_persons),
        ),
    )


async def _measured(tx: Transaction, indicator: Indicator, seconds: float) -> list[Cell]:
    cursor = await following.read_cursor(tx)
    later = await changed_later(tx, cursor.last_seq)
    span = Span(
        sets=(),
        watermark=cursor.last_seq,
        by_entity={},
        later=later,
        later_than_before=later,
        rekeyed=frozenset(),
        is_more=False,
    )
    now = await present.read_present(tx)
    try:
        with telling():
            return await measuring.try_out(tx, indicator, span, now)
    except MeasuringFailedError as error:
        raise _failed(error, seconds) from error


def _failed(error: MeasuringFailedError, seconds: float) -> IndicatorInvalidError:
    reason = (
        f"试算超过 {seconds:.0f} 秒 (trying it takes more than {seconds:.0f} s)"
        if error.reason == TOO_SLOW
        else "算式得出无法表示的数 (it comes to a number that is none)"
    )
    return IndicatorInvalidError(
        "公式无法试算",
        "the formula cannot be tried",
        fields={"$.formula": [reason]},
        fixes=["缩小 where，少走引用 (narrow where, follow fewer references)"],
    )
