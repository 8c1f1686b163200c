"""Read models of how things stood: the history of one, and many as of a day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from shared.access.rules import Kind
from shared.access.sight import is_seen
from shared.contracts.vocabulary import State
from shared.kit.database import Transaction
from shared.kit.paging import Page, PageTokenError
from target_service.domain.deadlines import end_of_day
from target_service.queries.pages import Listed
from target_service.repository.chain import not_found
from target_service.repository.standing import GOAL
from target_service.schemas import AttainmentView, GoalStanding, JudgedAt
from target_service.tables import AttainmentHistoryRow, BindingRow, GoalRow

_ROW = AttainmentHistoryRow


async def list_history(tx: Transaction, wanted: Page, key: str) -> Listed[JudgedAt]:
    """Return the judgements of a binding, or of ``goal/<key>``, from the first to the newest."""
    await check_judged(tx, key)
    query = select(_ROW).where(_ROW.key == key)
    total = None
    if wanted.total_count:
        total = await tx.session.scalar(select(func.count()).select_from(query.subquery()))
    if wanted.after is not None:
        query = query.where(_ROW.seq > _read_token(wanted.after))
    query = query.order_by(_ROW.seq).limit(wanted.limit + 1).offset(wanted.offset)
    rows = (await tx.session.scalars(query)).all()
    items = [_judged(row) for row in rows[: wanted.limit]]
    more = len(rows) > wanted.limit
    return Listed(items=items, total=total, next_after=[items[-1].seq] if more else None)


async def check_judged(tx: Transaction, key: str) -> None:
    """Refuse what is judged, a binding or ``goal/<key>``, to who does not see it.

    Raises:
        NotFoundError: there is such a thing, and it is not there for the reader.
    """
    is_goal = key.startswith(GOAL)
    row: GoalRow | BindingRow | None
    if is_goal:
        row = await tx.session.get(GoalRow, key.removeprefix(GOAL))
    else:
        row = await tx.session.get(BindingRow, key)
    kind = Kind.GOAL if is_goal else Kind.FIGURE
    if row is not None and not await is_seen(tx, kind, row.scope, row.owner):
        raise not_found("达成", "attainment", key)


async def attainments_as_of(
    tx: Transaction, items: Sequence[AttainmentView], day: date
) -> list[AttainmentView]:
    """Return how bindings stood at the end of a day; what was not judged by then is no_data."""
    stood = await _before(tx, [item.binding for item in items], end_of_day(day))
    return [_as_it_stood(item, stood.get(item.binding)) for item in items]


async def standing_before(tx: Transaction, goal: str, instant: datetime) -> GoalStanding:
    """Return how a goal stood before an instant."""
    stood = (await _before(tx, [f"{GOAL}{goal}"], instant)).get(f"{GOAL}{goal}")
    return GoalStanding() if stood is None else _standing(stood)


async def _before(
    tx: Transaction, keys: Sequence[str], instant: datetime
) -> dict[str, AttainmentHistoryRow]:
    query = select(_ROW).where(_ROW.key.in_(keys), _ROW.at < instant)
    newest = query.ext(distinct_on(_ROW.key)).order_by(_ROW.key, _ROW.seq.desc())
    return {row.key: row for row in await tx.session.scalars(newest)}


def _as_it_stood(item: AttainmentView, row: AttainmentHistoryRow | None) -> AttainmentView:
    about = ("binding", "title", "goal", "indicator", "scope", "period", "owner")
    known: dict[str, Any] = {name: getattr(item, name) for name in about}
    if row is None:
        return AttainmentView(**known, state=State.NO_DATA)
    told = ("state", "thin", "attainment", "coverage", "value", "numerator", "denominator")
    kept = {name: getattr(row, name) for name in (*told, "standard_version", "formula_version")}
    known["goal"] = row.goal
    return AttainmentView(**known, **kept, judged_at=row.at, seq=row.seq)


def _standing(row: AttainmentHistoryRow) -> GoalStanding:
    known = {name: getattr(row, name) for name in GoalStanding.model_fields if hasattr(row, name)}
    return GoalStanding(**known, judged_at=row.at)


def _judged(row: AttainmentHistoryRow) -> JudgedAt:
    known = {name: getattr(row, name) for name in JudgedAt.model_fields if hasattr(row, name)}
    return JudgedAt(**known, judged_at=row.at)


def _read_token(after: list[Any]) -> int:
    match after:
        case [int(seq)]:
            return seq
        case _:
            raise PageTokenError(
                "pageToken 不是本服务给出的", "this service did not give that pageToken"
            )
