"""Read models. One function per screen; SQL in, response out, no rule in between."""

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from shared.contracts.vocabulary import Level, State, level_of
from shared.kit.database import Transaction
from shared.kit.paging import Page, PageTokenError
from target_service.domain.limits import read_limit
from target_service.domain.lines import STANDARD_TIERS, Tier
from target_service.repository.chain import not_found
from target_service.schemas import (
    AttainmentFilter,
    AttainmentSummary,
    AttainmentView,
    BindingDetail,
    BindingView,
    GoalDetail,
    GoalView,
    Rates,
    Share,
    StandardView,
)
from target_service.tables import AttainmentRow, BindingRow, GoalRow, StandardRow

Item = TypeVar("Item")
AnySelect = Select[*tuple[Any, ...]]

_IN_FORCE: Final = BindingRow.withdrawn_at.is_(None)
"""What was withdrawn is in no list and no figure; it stays readable by its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Item]):
    """A page of a list."""

    items: list[Item]
    total: int | None
    """Rows of all pages; None when nobody asked."""

    next_after: list[Any] | None
    """Sort value of the last row; None on the last page."""


async def list_goals(
    tx: Transaction, wanted: Page, *, scope: str | None, indicator: str | None
) -> Listed[GoalView]:
    """Return goals in the order of their keys."""
    query = select(GoalRow).where(GoalRow.withdrawn_at.is_(None))
    query = _filtered(query, {GoalRow.scope: scope, GoalRow.indicator: indicator})
    rows, total, after = await _page(tx, query, GoalRow.key, wanted)
    return Listed(
        items=[GoalView.model_validate(row.GoalRow) for row in rows], total=total, next_after=after
    )


async def get_goal(tx: Transaction, key: str) -> GoalDetail:
    """Return a goal with the attainments of its bindings.

    Raises:
        NotFoundError: no goal has that key.
    """
    row = await tx.session.get(GoalRow, key)
    if row is None:
        raise not_found("目标", "goal", key)
    rows = await tx.session.execute(
        _attainments().where(BindingRow.goal == key).order_by(BindingRow.key)
    )
    goal = GoalView.model_validate(row)
    return GoalDetail(**goal.model_dump(), attainments=[_attainment(each) for each in rows])


async def list_standards(
    tx: Transaction, wanted: Page, *, indicator: str | None
) -> Listed[StandardView]:
    """Return the newest version of each standard, in the order of their keys."""
    other = select(func.max(StandardRow.version).label("version"), StandardRow.key.label("key"))
    newest = other.group_by(StandardRow.key).subquery()
    query = select(StandardRow).join(
        newest,
        (newest.c.key == StandardRow.key) & (newest.c.version == StandardRow.version),
    )
    query = query.where(StandardRow.withdrawn_at.is_(None))
    query = _filtered(query, {StandardRow.indicator: indicator})
    rows, total, after = await _page(tx, query, StandardRow.key, wanted)
    return Listed(
        items=[StandardView.model_validate(row.StandardRow) for row in rows],
        total=total,
        next_after=after,
    )


async def get_standard(tx: Transaction, key: str, version: int | None) -> StandardView:
    """Return a version of a standard, the newest when none is named.

    Raises:
        NotFoundError: there is no such version.
    """
    query = select(StandardRow).where(
        StandardRow.key == key, StandardRow.version == version if version else true()
    )
    row = await tx.session.scalar(query.order_by(StandardRow.version.desc()).limit(1))
    if row is None:
        raise not_found("标准", "standard", key)
    return StandardView.model_validate(row)


async def list_bindings(
    tx: Transaction, wanted: Page, *, scope: str | None, indicator: str | None
) -> Listed[BindingView]:
    """Return bindings in the order of their keys."""
    query = _filtered(
        select(BindingRow).where(_IN_FORCE),
        {BindingRow.scope: scope, BindingRow.indicator: indicator},
    )
    rows, total, after = await _page(tx, query, BindingRow.key, wanted)
    return Listed(
        items=[read_binding(row.BindingRow) for row in rows], total=total, next_after=after
    )


async def get_binding(tx: Transaction, key: str) -> BindingDetail:
    """Return a binding with its attainment.

    Raises:
        NotFoundError: no binding has that key.
    """
    found = (await tx.session.execute(_bindings().where(BindingRow.key == key))).one_or_none()
    if found is None:
        raise not_found("绑定", "binding", key)
    binding = read_binding(found.BindingRow)
    judged = _attainment(found) if found.AttainmentRow else None
    return BindingDetail(**binding.model_dump(), attainment=judged)


async def list_attainments(
    tx: Transaction, wanted: Page, only: AttainmentFilter
) -> Listed[AttainmentView]:
    """Return how bindings stand, in the order of their keys; unmeasured ones are no_data."""
    query = _filtered(
        _attainments(),
        {
            BindingRow.scope: only.scope,
            BindingRow.indicator: only.indicator,
            BindingRow.period: only.period,
        },
    )
    if only.state:
        state = func.coalesce(AttainmentRow.state, State.NO_DATA.value)
        query = query.where(state == only.state.value)
    rows, total, after = await _page(tx, query, BindingRow.key, wanted)
    return Listed(items=[_attainment(row) for row in rows], total=total, next_after=after)


async def summarise_attainments(tx: Transaction) -> AttainmentSummary:
    """Count bindings by level and state, and those that meet their standard and their target."""
    kind = func.split_part(BindingRow.scope, "/", 1)
    state = func.coalesce(AttainmentRow.state, State.NO_DATA.value)
    has_standard = or_(*(BindingRow.tiers_in_force.op("?")(each.value) for each in STANDARD_TIERS))
    has_target = BindingRow.target_in_force.is_not(None)
    rows = await tx.session.execute(
        select(
            kind.label("kind"),
            state.label("state"),
            func.count().label("n"),
            func.count().filter(has_standard).label("with_standard"),
            func.count().filter(has_target).label("with_target"),
        )
        .outerjoin(AttainmentRow, AttainmentRow.binding == BindingRow.key)
        .where(_IN_FORCE)
        .group_by(kind, state)
    )
    levels = {level.value: {each.value: 0 for each in State} for level in Level}
    rates = {level.value: _no_rates() for level in Level}
    for row in rows:
        level = level_of(row.kind).value
        levels[level][row.state] += row.n
        _count(rates[level], row)
    states = {each.value: sum(level[each.value] for level in levels.values()) for each in State}
    return AttainmentSummary(
        total=sum(states.values()),
        states=states,
        levels=levels,
        rates=_sum_of(list(rates.values())),
        level_rates=rates,
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


def read_binding(row: BindingRow) -> BindingView:
    """Return a binding as answers show it."""
    leading = [row.target_in_force, *(row.tiers_in_force.get(tier.value) for tier in Tier)]
    limits = [read_limit(limit) for limit in leading if limit]
    fields = {name: getattr(row, name) for name in BindingView.model_fields if name != "direction"}
    return BindingView(**fields, direction=limits[0].direction.value if limits else None)


def _attainments() -> AnySelect:
    return _bindings().where(_IN_FORCE)


def _bindings() -> AnySelect:
    return select(BindingRow, AttainmentRow).outerjoin(
        AttainmentRow, AttainmentRow.binding == BindingRow.key
    )


def _attainment(row: Any) -> AttainmentView:
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


def _filtered(query: AnySelect, filters: dict[InstrumentedAttribute[Any], str | None]) -> AnySelect:
    return query.where(*(column == value for column, value in filters.items() if value is not None))


async def _page(
    tx: Transaction, query: AnySelect, key: InstrumentedAttribute[str], wanted: Page
) -> tuple[list[Any], int | None, list[Any] | None]:
    """Return the rows of a page, the number of all rows (if asked), and where to go on."""
    total = None
    if wanted.total_count:
        total = await tx.session.scalar(select(func.count()).select_from(query.subquery()))
    if wanted.after is not None:
        query = query.where(key > _read_token(wanted.after))
    query = query.order_by(key).limit(wanted.limit + 1).offset(wanted.offset)
    rows = list(await tx.session.execute(query))
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    after = [getattr(rows[-1], key.class_.__name__).key] if more else None
    return rows, total, after


def _read_token(after: list[Any]) -> str:
    match after:
        case [str(key)] if "\0" not in key:
            return key
        case _:
            raise PageTokenError(
                "pageToken 不是本服务给出的", "this service did not give that pageToken"
            )
