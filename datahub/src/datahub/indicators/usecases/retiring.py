"""A definition is retired: it is measured no more, what was measured stays and can be explained."""

from collections.abc import Callable
from datetime import date, datetime

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.document import (
    IndicatorInvalidError,
    IndicatorNeededError,
    IndicatorNotFoundError,
)
from datahub.indicators.domain.formula.others import Known
from datahub.indicators.domain.limits import Limits
from datahub.indicators.repository import defined, following, handed, present
from datahub.indicators.tables import IndicatorRow
from datahub.indicators.usecases.defining import Draft, publish, tell
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction


async def retire(
    tx: Transaction,
    indicator: str,
    on: date | None,
    why: str,
    dictionary: Dictionary,
    expect: Callable[[int | None], None],
) -> IndicatorRow:
    """Retire a definition from a day on, the present one unless another is named.

    Raises:
        IndicatorNotFoundError: there is none of that id.
        IndicatorInvalidError: the day has not come, or there was no definition then.
        IndicatorNeededError: a formula takes it, or a value handed in for it waits.
    """
    await following.lock_definitions(tx)
    row = await _row(tx, indicator, expect)
    today = (await present.read_present(tx)).day
    if on is not None:
        _check_day(on, (await defined.first_published(tx, indicator)).astimezone(CAMPUS), today)
    known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
    await _refuse_needed(tx, indicator, known)
    await defined.retire(tx, row, on or today, why)
    tell(tx, row, known.get(indicator))
    return row


def _check_day(on: date, published_at: datetime, today: date) -> None:
    first = published_at.date()
    if on > today:
        raise IndicatorInvalidError(
            "停用日期不能在今天之后",
            "the day of retirement has not come",
            fields={"$.on": [f"至多为 {today} (at most {today})"]},
        )
    if on < first:
        raise IndicatorInvalidError(
            f"停用日期早于首次发布 {first}",
            f"it was first published on {first}, after the day of retirement",
            fields={"$.on": [f"至少为 {first} (at least {first})"]},
        )


async def take_up(
    tx: Transaction,
    indicator: str,
    dictionary: Dictionary,
    expect: Callable[[int | None], None],
    limits: Limits,
) -> Indicator:
    """Measure a retired definition again; one that is not retired stays as it is.

    Raises:
        IndicatorNotFoundError: there is none of that id.
        IndicatorInvalidError: it has no sense any more, or takes what is retired.
    """
    await following.lock_definitions(tx)
    row = await _row(tx, indicator, expect)
    known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
    draft = Draft(row.document, "shipped" if row.origin == "shipped" else "college", row)
    return (await publish(tx, draft, dictionary, known, limits))[0]


def needing(indicator: str, known: Known) -> list[str]:
    """Return the indicators that are measured and take another one."""
    return sorted(
        each.id for each in known.values() if indicator in each.others and each.retired_on is None
    )


async def _row(
    tx: Transaction, indicator: str, expect: Callable[[int | None], None]
) -> IndicatorRow:
    row = await following.get_indicator_row(tx, indicator)
    if row is None:
        raise IndicatorNotFoundError(f"没有指标 {indicator}", f"no indicator {indicator}")
    expect(row.version)
    return row


async def _refuse_needed(tx: Transaction, indicator: str, known: Known) -> None:
    fields = {
        f"$.dependents.{name}": [f"公式用到 {indicator} (its formula takes {indicator})"]
        for name in needing(indicator, known)
    }
    for each in await handed.list_waiting(tx, indicator):
        fields[f"$.handed_in.{each}"] = ["填报待批准 (handed in, and waits)"]
    if fields:
        names = [place.rpartition(".")[2] for place in fields]
        raise IndicatorNeededError(
            f"{'、'.join(names)} 还用到 {indicator}，不能停用",
            f"{', '.join(names)} need {indicator}: it cannot be retired",
            fields=fields,
            fixes=["先修改或停用它们，批准或退回填报 (change or retire them, decide what waits)"],
        )
