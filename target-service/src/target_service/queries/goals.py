"""Read models of goals: the tree a level at a time, a goal, its versions, how it is divided."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shared.access.rules import Kind
from shared.access.sight import is_seen, narrowed
from shared.kit.database import Transaction
from shared.kit.paging import Page
from target_service.domain.deadlines import end_of_day
from target_service.domain.decomposition import remainder
from target_service.domain.distribution import GoalState, steps_from
from target_service.domain.limits import read_limit, read_number
from target_service.domain.smart import Letter, examine, missed
from target_service.domain.weights import Allocation, effective_weights
from target_service.queries.attainments import judged_bindings, read_attainment
from target_service.queries.chain_view import dearest_parts, standing_of
from target_service.queries.history import attainments_as_of, standing_before
from target_service.queries.pages import Listed, filtered, page_of
from target_service.repository import goals
from target_service.repository.chain import not_found
from target_service.schemas import (
    AttainmentView,
    CommentView,
    DecompositionView,
    GoalDetail,
    GoalFilter,
    GoalNode,
    GoalStanding,
    GoalView,
    LetterView,
    PartView,
)
from target_service.tables import BindingRow, GoalCommentRow, GoalRow

ROOTS = "-"
"""As a parent: goals that have none."""

SHARE_PLACES = Decimal("0.000001")


async def list_goals(tx: Transaction, wanted: Page, only: GoalFilter) -> Listed[GoalNode]:
    """Return goals in the order of their keys, each with how many are parts of it."""
    child = aliased(GoalRow)
    count = (
        select(func.count())
        .select_from(child)
        .where(child.parent == GoalRow.key, child.withdrawn_at.is_(None))
        .scalar_subquery()
    )
    query = select(GoalRow, count.label("children")).where(GoalRow.withdrawn_at.is_(None))
    given = {name: only.told(name) for name in GoalFilter.model_fields if name != "parent"}
    query = filtered(query, {getattr(GoalRow, name): value for name, value in given.items()})
    if only.parent == ROOTS:
        query = query.where(GoalRow.parent.is_(None))
    else:
        query = filtered(query, {GoalRow.parent: only.parent})
    query = query.where(*await narrowed(tx, Kind.GOAL, GoalRow.scope, GoalRow.owner))
    rows, total, after = await page_of(tx, query, GoalRow.key, wanted)
    nodes = [
        GoalNode(**GoalView.model_validate(row.GoalRow).model_dump(), children=row.children)
        for row in rows
    ]
    return Listed(items=nodes, total=total, next_after=after)


async def get_goal(
    tx: Transaction, key: str, version: int | None, as_of: date | None
) -> GoalDetail:
    """Return a goal, how it stands, and the attainments of its bindings.

    Args:
        version: tell what it said in that one, and how it stood when that was replaced.
        as_of: tell the judgements that stood at the end of that day, and, where no version is
            asked for, what it said then.

    Raises:
        NotFoundError: no goal has that key, or it has no such version.
    """
    row = await _find(tx, key)
    if version is None and as_of:
        evening = end_of_day(as_of)
        then = await goals.find_version_at(tx, "goal", key, evening)
        version = then.version if then else None
        # The version of then was made later: there was none yet.
        if (GoalView.model_validate(then.document) if then else row).updated_at >= evening:
            raise not_found("目标", "goal", f"{key} ({as_of})")
    if version is not None and version != row.version:
        return await _old(tx, key, version, as_of)
    rows = await tx.session.execute(
        judged_bindings().where(BindingRow.goal == key).order_by(BindingRow.key)
    )
    attainments = [read_attainment(each) for each in rows]
    if as_of:
        attainments = await attainments_as_of(tx, attainments, as_of)
    letters = examine(await goals.state_of(tx, row))
    waived = [each["letter"] for each in row.waivers]
    state, is_there = GoalState(row.state), row.withdrawn_at is None
    can = steps_from(state, is_root=row.parent is None) if is_there else []
    return GoalDetail(
        **GoalView.model_validate(row).model_dump(),
        standing=await _standing(tx, key, as_of),
        parts=[] if as_of else await dearest_parts(tx, key),
        attainments=attainments,
        smart=[_letter(each, waived) for each in letters],
        may={step.value: True for step in can},
        blocked_by=[f"{each.letter}：{each.reason}" for each in missed(letters, waived)],
    )


async def list_comments(tx: Transaction, key: str) -> list[CommentView]:
    """Return what was said about a goal, the oldest first, at most the last 500.

    Raises:
        NotFoundError: no goal has that key.
    """
    await _find(tx, key)
    query = select(GoalCommentRow).where(GoalCommentRow.goal == key)
    rows = (await tx.session.scalars(query.order_by(GoalCommentRow.id.desc()).limit(500))).all()
    return [CommentView.model_validate(row) for row in reversed(rows)]


async def get_decomposition(tx: Transaction, key: str) -> DecompositionView:
    """Return how a goal is divided among its children, and what is left of it.

    Raises:
        NotFoundError: no goal has that key.
    """
    row = await _find(tx, key)
    children = await goals.list_children(tx, key)
    allocation = Allocation(row.allocation)
    left = None
    if allocation is Allocation.SUM:
        whole = read_limit(row.target) if row.target else None
        left = remainder(whole, [goals.part_of(child) for child in children])
    seen = [each.key for each in children if await is_seen_goal(tx, each)]
    return DecompositionView(
        goal=key,
        version=row.version,
        allocation=allocation,
        parts=[each for each in _parts(allocation, children) if each.key in seen],
        whole=left.whole if left else None,
        sum=left.parts if left else None,
        residual=left.residual if left else None,
    )


async def _find(tx: Transaction, key: str) -> GoalRow:
    row = await tx.session.get(GoalRow, key)
    if row is None or not await is_seen_goal(tx, row):
        raise not_found("目标", "goal", key)
    return row


async def is_seen_goal(tx: Transaction, row: GoalRow) -> bool:
    """Return whether the reader of a transaction sees a goal."""
    return await is_seen(tx, Kind.GOAL, row.scope, row.owner, *row.co_owners)


async def check_goal(tx: Transaction, key: str) -> None:
    """Refuse a goal that is not there for the reader.

    Raises:
        NotFoundError: it is so.
    """
    await _find(tx, key)


async def _standing(tx: Transaction, key: str, as_of: date | None) -> GoalStanding:
    return await (standing_before(tx, key, end_of_day(as_of)) if as_of else standing_of(tx, key))


async def _old(tx: Transaction, key: str, version: int, as_of: date | None) -> GoalDetail:
    kept = await goals.find_version(tx, "goal", key, version)
    if kept is None:
        raise not_found("目标版本", "version of goal", f"{key}@{version}")
    document: dict[str, Any] = kept.document
    attainments = [AttainmentView.model_validate(each) for each in kept.attainments]
    if as_of:
        attainments = await attainments_as_of(tx, attainments, as_of)
    before = end_of_day(as_of) if as_of else kept.replaced_at
    standing = await standing_before(tx, key, before)
    judged: dict[str, Any] = {"standing": standing, "parts": [], "attainments": attainments}
    return GoalDetail(**document, **judged, smart=[], may={}, blocked_by=[])


def _letter(letter: Letter, waived: Sequence[str]) -> LetterView:
    return LetterView(
        letter=letter.letter,
        met=letter.met,
        waived=letter.letter in waived,
        reason=letter.reason,
        remedy=letter.remedy,
    )


def _parts(allocation: Allocation, children: Sequence[GoalRow]) -> list[PartView]:
    weights = {row.key: read_number(row.weight) for row in children}
    shares = effective_weights(allocation, weights)
    is_same = allocation is Allocation.SAME
    return [
        PartView(
            key=row.key,
            title=row.title,
            scope=row.scope,
            owner=row.owner,
            state=GoalState(row.state),
            weight=None if is_same else row.weight,
            share=_rounded(shares[row.key].numerator, shares[row.key].denominator),
            target=row.target,
        )
        for row in children
    ]


def _rounded(numerator: int, denominator: int) -> Decimal:
    return (Decimal(numerator) / Decimal(denominator)).quantize(SHARE_PLACES)
