"""Alerts as screens read them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, false, func, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from alert_service.domain.acting import Right
from alert_service.queries.pages import Listed, read_token, token_of
from alert_service.repository.alerts import no_alert
from alert_service.repository.labels import UNIT
from alert_service.schemas import (
    AlertDetail,
    AlertFilter,
    AlertMay,
    AlertSummary,
    AlertView,
    CrossedView,
    StepView,
    WorstView,
)
from alert_service.tables import AlertRow, AlertStepRow, IndicatorRow, ScopeRow
from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.contracts.vocabulary import LINE_ZH, Level, LineKind, Operator, Severity
from shared.contracts.wording import limit_words
from shared.kit.database import Transaction
from shared.kit.paging import Page

AnySelect = Select[*tuple[Any, ...]]

_ORDERS: Final[dict[str, tuple[Any, ...]]] = {
    "gravest": (AlertRow.rank, AlertRow.raised_at, AlertRow.id),
    "newest": (AlertRow.raised_at, AlertRow.id),
    "due": (AlertRow.due_at, AlertRow.id),
}
"""Columns that lists are sorted by: descending, but for what is due first."""


async def list_alerts(
    tx: Transaction, wanted: Page, only: AlertFilter, right: Right
) -> Listed[AlertView]:
    """Return alerts, unless asked otherwise the gravest and newest first."""
    conditions = await conditions_of(tx, only, right)
    query = _alerts().where(*conditions)
    total = None
    if wanted.total_count:
        counted = select(func.count()).select_from(AlertRow).where(*conditions)
        total = await tx.session.scalar(counted)
    order, rises = _ORDERS[only.sort], only.sort == "due"
    if wanted.after is not None:
        last = tuple_(*read_token(wanted.after, order))
        query = query.where(tuple_(*order) > last if rises else tuple_(*order) < last)
    query = query.order_by(*(each if rises else each.desc() for each in order))
    rows = list(await tx.session.execute(query.limit(wanted.limit + 1).offset(wanted.offset)))
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    items = [_view(row, right) for row in rows]
    return Listed(items=items, total=total, next_after=token_of(rows[-1], order) if more else None)


async def get_alert(tx: Transaction, alert_id: str, right: Right) -> AlertDetail:
    """Return an alert with its history.

    Raises:
        AlertNotFoundError: no alert has that id.
    """
    query = _alerts().where(AlertRow.id == alert_id, *await visible(tx, right))
    row = (await tx.session.execute(query)).one_or_none()
    if row is None:
        raise no_alert(alert_id)
    steps = await tx.session.scalars(
        select(AlertStepRow).where(AlertStepRow.alert == alert_id).order_by(AlertStepRow.id)
    )
    history = [_step(step, row.unit) for step in steps]
    return AlertDetail(**_view(row, right).model_dump(), history=history)


async def summarise_alerts(tx: Transaction, right: Right, at: datetime) -> AlertSummary:
    """Count the open alerts by level and colour."""
    unseen = AlertRow.acknowledged_at.is_(None)
    rows = await tx.session.execute(
        select(
            AlertRow.level,
            AlertRow.severity,
            func.count().label("n"),
            func.count().filter(AlertRow.hold_reason.is_not(None)).label("held"),
            func.count().filter(unseen).label("unacknowledged"),
            func.count().filter(unseen & (AlertRow.due_at < at)).label("overdue"),
        )
        .where(AlertRow.state == "open", *await visible(tx, right))
        .group_by(AlertRow.level, AlertRow.severity)
    )
    levels = {level.value: {each.value: 0 for each in Severity} for level in Level}
    sums = {"open": 0, "held": 0, "unacknowledged": 0, "overdue": 0}
    for row in rows:
        levels[row.level][row.severity] += row.n
        for name, n in (
            ("open", row.n),
            ("held", row.held),
            ("unacknowledged", row.unacknowledged),
            ("overdue", row.overdue),
        ):
            sums[name] += n
    severities = {
        each.value: sum(level[each.value] for level in levels.values()) for each in Severity
    }
    return AlertSummary(**sums, severities=severities, levels=levels)


async def visible(tx: Transaction, right: Right) -> list[ColumnElement[bool]]:
    """Return which alerts a caller may see: of his scopes, or that are his to answer or oversee.

    Of restricted families those that he answers for, unless his role looks after students.
    """
    columns = (AlertRow.scope, AlertRow.owner, AlertRow.supervisor)
    found = await narrowed(tx, Kind.WORK, *columns)
    if right.hidden:
        found.append(AlertRow.family.not_in(right.hidden) | AlertRow.owner.in_(right.names()))
    return found


async def conditions_of(tx: Transaction, only: AlertFilter, right: Right) -> list[Any]:
    """Return which alerts are wanted, of those that a caller may see."""
    found = [*_conditions(only), *await visible(tx, right)]
    if only.mine is not None:
        found.append(func.coalesce(is_of(right), false()) == only.mine)
    if only.overdue is not None:
        late = (AlertRow.due_at < func.now()) & AlertRow.acknowledged_at.is_(None)
        found.append(((AlertRow.state == "open") & late) == only.overdue)
    return found


def is_of(right: Right) -> ColumnElement[bool]:
    """Return which alerts a caller, or a role of his, answers for or oversees."""
    return AlertRow.owner.in_(right.parties) | AlertRow.supervisor.in_(right.parties)


def _alerts() -> AnySelect:
    query = select(AlertRow, ScopeRow.name_zh, ScopeRow.name_en, UNIT)
    query = query.outerjoin(ScopeRow, ScopeRow.scope == AlertRow.scope)
    return query.outerjoin(IndicatorRow, IndicatorRow.indicator == AlertRow.indicator)


def _conditions(only: AlertFilter) -> list[Any]:
    columns = {"worst": AlertRow.worst["severity"].astext}
    others = {"sort", "format", "mine", "overdue"}
    return [
        columns.get(name, getattr(AlertRow, name)) == value
        for name, value in only.model_dump(mode="json", exclude=others).items()
        if value is not None
    ]


def _view(row: Any, right: Right) -> AlertView:
    alert: AlertRow = row.AlertRow
    known = {name: getattr(alert, name) for name in AlertView.model_fields if hasattr(alert, name)}
    worst = {**alert.worst, "crossed": _crossed(alert.worst["crossed"], row.unit)}
    known |= {
        "crossed": _crossed(alert.crossed, row.unit),
        "worst": WorstView.model_validate(worst),
    }
    return AlertView(
        **known,
        unit=row.unit,
        scope_name=row.name_zh,
        scope_name_en=row.name_en,
        may=_may(alert, right),
    )


def _may(alert: AlertRow, right: Right) -> AlertMay:
    is_open, theirs = alert.state == "open", right.answers_for(alert.owner, alert.supervisor)
    mine = Right(subject=right.subject, writer=False).covers(alert.owner)
    return AlertMay(
        acknowledge=is_open and theirs and alert.acknowledged_at is None,
        assign=is_open and theirs,
        dismiss=is_open and right.writer and not mine,
    )


def _step(step: AlertStepRow, unit: str | None) -> StepView:
    known = {name: getattr(step, name) for name in StepView.model_fields}
    return StepView.model_validate(known | {"crossed": _crossed(step.crossed, unit)})


def _crossed(line: dict[str, Any] | None, unit: str | None) -> CrossedView | None:
    if line is None:
        return None
    kind, limit = LineKind(line["line"]), (Operator(line["op"]), line["value"], line["upper"])
    words, words_en = limit_words(*limit, unit), limit_words(*limit, unit, "en")
    return CrossedView(**line, name_zh=LINE_ZH[kind], words=words, words_en=words_en)
