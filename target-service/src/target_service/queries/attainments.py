"""Read models of attainments."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, or_, select

from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.contracts.vocabulary import Level, State, level_of
from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.domain.lines import STANDARD_TIERS
from target_service.domain.since import Part, change_of
from target_service.queries.history import attainments_as_of
from target_service.queries.pages import AnySelect, Listed, filtered, page_of
from target_service.schemas import (
    AttainmentFilter,
    AttainmentSummary,
    AttainmentView,
    Rates,
    Share,
)
from target_service.schemas.attainments import PeriodRate, RateChange
from target_service.tables import AttainmentRow, BindingRow, GoalRow

IN_FORCE: Final = BindingRow.withdrawn_at.is_(None)
"""What was withdrawn is in no list and no figure; it stays readable by its key."""


async def list_attainments(
    tx: Transaction, wanted: Page, only: AttainmentFilter
) -> Listed[AttainmentView]:
    """Return how bindings stand, in the order of their keys; unmeasured ones are no_data."""
    query = filtered(
        judged_bindings(),
        {
            BindingRow.scope: only.scope,
            BindingRow.indicator: only.indicator,
            BindingRow.period: only.period,
        },
    )
    if only.state:
        state = func.coalesce(AttainmentRow.state, State.NO_DATA.value)
        query = query.where(state == only.state.value)
    query = query.where(*await narrowed(tx, Kind.FIGURE, BindingRow.scope, BindingRow.owner))
    rows, total, after = await page_of(tx, query, BindingRow.key, wanted)
    items = [read_attainment(row) for row in rows]
    if only.as_of is not None:
        items = await attainments_as_of(tx, items, only.as_of)
    return Listed(items=items, total=total, next_after=after)


async def summarise_attainments(tx: Transaction) -> AttainmentSummary:
    """Count bindings by level and state, and those that meet their standard and their target.

    One statement tells all: by period, too, as changes are told from one period to the next.
    """
    levels = {level.value: {each.value: 0 for each in State} for level in Level}
    periods: dict[str, dict[str, Rates]] = {level.value: {} for level in Level}
    seen = await narrowed(tx, Kind.FIGURE, BindingRow.scope, BindingRow.owner)
    by_period = _counted().where(*seen).add_columns(BindingRow.period)
    for row in await tx.session.execute(by_period.group_by(BindingRow.period)):
        level = level_of(row.kind).value
        levels[level][row.state] += row.n
        _count(periods[level].setdefault(row.period, _no_rates()), row)
    rates = {level: _sum_of(list(parts.values())) for level, parts in periods.items()}
    states = {each.value: sum(level[each.value] for level in levels.values()) for each in State}
    return AttainmentSummary(
        total=sum(states.values()),
        states=states,
        levels=levels,
        rates=_sum_of(list(rates.values())),
        level_rates=rates,
        level_changes={level: _change(parts) for level, parts in periods.items()},
    )


def _change(parts: Mapping[str, Rates]) -> RateChange | None:
    counted = {period: Part(each.standard.of, each.standard.met) for period, each in parts.items()}
    found = change_of(counted)
    if found is None:
        return None
    newest, earlier = (
        PeriodRate(period=each, standard=parts[each].standard)
        for each in (found.period, found.earlier)
    )
    return RateChange(newest=newest, earlier=earlier, points=found.points)


async def rates_by_system(tx: Transaction) -> defaultdict[tuple[str | None, Level], Rates]:
    """Return the rates of each vertical system at each level; nothing of one without bindings.

    The system is that of the goal of a binding: None where it has no goal, or that names no system.
    """
    found: defaultdict[tuple[str | None, Level], Rates] = defaultdict(_no_rates)
    seen = await narrowed(tx, Kind.FIGURE, BindingRow.scope, BindingRow.owner)
    by_goal = _counted().outerjoin(GoalRow, GoalRow.key == BindingRow.goal).where(*seen)
    by_system = by_goal.add_columns(GoalRow.system).group_by(GoalRow.system)
    for row in await tx.session.execute(by_system):
        _count(found[row.system, level_of(row.kind)], row)
    return found


def _counted() -> AnySelect:
    """Return the query that counts the bindings in force by kind of scope and state."""
    kind = func.split_part(BindingRow.scope, "/", 1)
    state = func.coalesce(AttainmentRow.state, State.NO_DATA.value)
    has_standard = or_(*(BindingRow.tiers_in_force.op("?")(each.value) for each in STANDARD_TIERS))
    has_target = BindingRow.target_in_force.is_not(None)
    return (
        select(
            kind.label("kind"),
            state.label("state"),
            func.count().label("n"),
            func.count().filter(has_standard).label("with_standard"),
            func.count().filter(has_target).label("with_target"),
        )
        .select_from(BindingRow)
        .outerjoin(AttainmentRow, AttainmentRow.binding == BindingRow.key)
        .where(IN_FORCE)
        .group_by(kind, state)
    )


def _no_rates() -> Rates:
    return Rates(standard=Share(of=0, met=0), target=Share(of=0, met=0))


def _count(rates: Rates, row: Any) -> None:
    """Count the bindings of one state; those without a value are no failure, and not counted."""
    if row.state == State.NO_DATA:
        return
    rates.standard.of += row.with_standard
    rates.target.of += row.with_target
    if row.state in {State.MET_STANDARD, State.MET_TARGET}:
        rates.standard.met += row.with_standard
    if row.state == State.MET_TARGET:
        rates.target.met += row.with_target


def _sum_of(parts: list[Rates]) -> Rates:
    total = _no_rates()
    for part in parts:
        for name in ("standard", "target"):
            mine, other = getattr(total, name), getattr(part, name)
            mine.of, mine.met = mine.of + other.of, mine.met + other.met
    return total


def judged_bindings() -> AnySelect:
    """Return the query of the bindings in force, each with its judgement if it has one."""
    return all_bindings().where(IN_FORCE)


def all_bindings() -> AnySelect:
    """Return the query of all bindings, withdrawn ones too."""
    return select(BindingRow, AttainmentRow).outerjoin(
        AttainmentRow, AttainmentRow.binding == BindingRow.key
    )


def read_attainment(row: Any) -> AttainmentView:
    """Return how a binding stands, as answers show it."""
    binding: BindingRow = row.BindingRow
    judged: AttainmentRow | None = row.AttainmentRow
    about: dict[str, Any] = {
        "binding": binding.key,
        "title": binding.title,
        "goal": binding.goal,
        "indicator": binding.indicator,
        "scope": binding.scope,
        "period": binding.period,
        "owner": binding.owner,
    }
    if judged is None:
        return AttainmentView(**about, state=State.NO_DATA)
    known = {
        name: getattr(judged, name)
        for name in AttainmentView.model_fields
        if name not in about and hasattr(judged, name)
    }
    return AttainmentView(**about, **known)
