"""A definition is published."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.depending import depending_on
from datahub.indicators.domain.document import (
    IndicatorInvalidError,
    IndicatorNeededError,
    parse_indicator,
)
from datahub.indicators.domain.formula.others import Known
from datahub.indicators.domain.formula.syntax import FormulaError
from datahub.indicators.domain.limits import LIMITS, Limits
from datahub.indicators.repository import costing, defined, following, present
from datahub.indicators.repository.costing import Expected
from datahub.indicators.repository.shipped import Origin, load_catalogue
from datahub.indicators.tables import IndicatorRow
from datahub.indicators.usecases.planning import plans_of
from shared.contracts.datahub import IndicatorPublished, MeasuredFor
from shared.kit.database import Transaction


async def save_indicator(
    tx: Transaction,
    document: Mapping[str, Any],
    dictionary: Dictionary,
    expect: Callable[[int | None], None],
    limits: Limits = LIMITS,
) -> tuple[Indicator, bool]:
    """Publish a definition; return it and whether it changed. A change is a new version.

    One that was parked is measured again, also when it has not changed.

    Args:
        expect: refuses the write by the present version; gets None where there is none.

    Raises:
        IndicatorInvalidError: with every fault of the document.
        IndicatorNeededError: other definitions take it, and would have no sense.
    """
    await following.lock_definitions(tx)
    stored = await following.get_indicator_row(tx, str(document.get("indicator")))
    expect(stored.version if stored else None)
    known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
    return await publish(tx, Draft(document, "college", stored), dictionary, known, limits)


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition that is to be published."""

    document: Mapping[str, Any]
    origin: Origin
    stored: IndicatorRow | None
    """The version in force."""


async def publish(
    tx: Transaction, draft: Draft, dictionary: Dictionary, known: Known, limits: Limits
) -> tuple[Indicator, bool]:
    """Publish a definition unless the one in force says the same.

    Args:
        known: the definitions in force; the caller holds their lock.

    Raises:
        IndicatorInvalidError: with every fault of the document.
        IndicatorNeededError: other definitions take it, and would have no sense.
    """
    document, stored = draft.document, draft.stored
    departs_from = load_catalogue().get(str(document["indicator"]))
    if stored is not None and stored.document == document:
        same = parse_indicator(document, dictionary, stored.version, known)
        _refuse_retired(same, known)
        if stored.parked is not None or stored.retired_on is not None:
            is_back = stored.retired_on is not None
            await defined.take_up(tx, stored)
            if is_back:
                tell(tx, stored, same.follow(known.get(same.id)))
        if stored.origin == "college":
            await defined.depart(tx, stored, departs_from)
        return same.follow(known.get(same.id)), False
    indicator = await check(tx, draft, dictionary, known, limits)
    if draft.origin == "shipped":
        departs_from = None
    row = await defined.add_indicator(tx, indicator, document, draft.origin, departs_from)
    tell(tx, row, indicator)
    return indicator, True


async def check(
    tx: Transaction, draft: Draft, dictionary: Dictionary, known: Known, limits: Limits
) -> Indicator:
    """Return what a draft would be as the next version; what is shipped is known to be cheap.

    Raises:
        IndicatorInvalidError: with every fault of the document.
        IndicatorNeededError: other definitions take it, and would have no sense.
    """
    version = draft.stored.version + 1 if draft.stored else 1
    indicator = parse_indicator(draft.document, dictionary, version, known)
    _refuse_retired(indicator, known)
    indicator = indicator.follow(known.get(indicator.id))
    await _refuse_to_break(tx, indicator, dictionary, known)
    if draft.origin == "college":
        await _refuse_costly(tx, indicator, limits)
    return indicator


def _refuse_retired(indicator: Indicator, known: Known) -> None:
    """Refuse a definition that takes what is measured no more."""
    retired = [each for each in sorted(indicator.others) if known[each].retired_on is not None]
    if retired:
        names = "、".join(retired)
        raise IndicatorInvalidError(
            f"公式用到已停用的 {names}",
            f"the formula takes {', '.join(retired)}, which is retired",
            fields={
                "$.formula": [
                    f"{each} 已于 {known[each].retired_on} 停用 (retired)" for each in retired
                ]
            },
            fixes=[f"改用其他指标，或先恢复 {names} (take another, or take it up again first)"],
        )


async def _refuse_to_break(
    tx: Transaction, indicator: Indicator, dictionary: Dictionary, known: Known
) -> None:
    """Refuse a definition with which another one that takes it would have no sense."""
    taken = {each.id: each.others for each in known.values() if each.retired_on is None}
    after = {**known, indicator.id: indicator}
    broken: dict[str, list[str]] = {}
    depending = depending_on(indicator.id, taken)
    rows = await following.list_rows(tx) if depending else {}
    for name in depending:
        found, faults = following.read_versions(rows[name], dictionary, after)
        if faults:
            broken[name] = [reason for reasons in faults.values() for reason in reasons]
        if found is not None:
            after[name] = found
    if broken:
        names = "、".join(broken)
        raise IndicatorNeededError(
            f"{names} 用到 {indicator.id}，改后无法测量",
            f"{', '.join(broken)} take {indicator.id}, and could not be measured",
            fields={f"$.dependents.{name}": reasons for name, reasons in broken.items()},
            fixes=[f"先修改 {names}，再发布 {indicator.id} (change those that take it first)"],
        )


async def _refuse_costly(tx: Transaction, indicator: Indicator, limits: Limits) -> None:
    """Refuse a definition that PostgreSQL expects to take far too long."""
    alone = replace(indicator, before=None)
    plans = plans_of([alone], await present.read_present(tx))
    measures = [each for plan in plans for each in plan.measures]
    found = await costing.expect(tx, measures)
    too_much = {each.measure.leg.at: each for each in found if each.cost > limits.cost}
    if too_much:
        reasons = [_too_much(at, each, limits).reason for at, each in sorted(too_much.items())]
        raise IndicatorInvalidError(
            "公式计数一遍的代价超过上限",
            "counting it once would cost more than the limit",
            fields={"$.formula": reasons},
            fixes=["缩小 where，少走引用，不用 percentile (narrow where, follow fewer references)"],
        )


def _too_much(at: int, expected: Expected, limits: Limits) -> FormulaError:
    entity = expected.measure.shape.name
    cost, rows, most = f"{expected.cost:,.0f}", f"{expected.rows:,}", f"{limits.cost:,.0f}"
    return FormulaError(
        at,
        f"计数 {entity} 预计读 {rows} 行、代价 {cost}，上限 {most}",
        f"counting {entity} is expected to read {rows} rows at a cost of {cost}: more than {most}",
    )


def tell(tx: Transaction, row: IndicatorRow, indicator: Indicator | None) -> None:
    """Tell which definition is in force, and whether it is retired.

    Args:
        indicator: as it is read; None where the dictionary gives it no sense any more.
    """
    document = row.document
    tx.publish(
        IndicatorPublished(
            indicator=row.id,
            version=row.version,
            name_zh=str(document["zh"]),
            name_en=str(document["en"]),
            unit=str(document["unit"]),
            direction=document.get("direction", "higher"),
            core=bool(document.get("core")),
            retired_on=row.retired_on,
            measured_for=tuple(
                MeasuredFor(scope=kind, period=period)
                for kind, period in (_kinds(indicator) if indicator else ())
            ),
        ),
        key=row.id,
    )


def _kinds(indicator: Indicator) -> dict[tuple[str, str], None]:
    """Return for which kinds of scope and period it is measured by a version in force."""
    grains = (grain for each in indicator.editions for grain in each.grains)
    return dict.fromkeys((grain.kind, grain.period_kind) for grain in grains)
