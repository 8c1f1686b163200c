"""Read improvement measures, and how many took effect (上轮整改落实率)."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from shared.access.rules import Kind
from shared.access.sight import is_seen, narrowed
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain.measures import Landing, Measure, landing_of
from spiral_service.domain.standing import Actor, holds
from spiral_service.queries.paging import find_page
from spiral_service.queries.seeing import check_its_cycle, seen_cycle
from spiral_service.repository.cycles import find_cycle, there
from spiral_service.repository.records import all_of, one_of
from spiral_service.schemas.measures import (
    LandingView,
    LoweredView,
    MeasureFilter,
    MeasureView,
)
from spiral_service.tables import LoweredTargetRow, MeasureRow


async def list_measures(
    tx: Transaction, only: MeasureFilter, page: Page, actor: Actor
) -> tuple[list[MeasureView], int | None, list[Any] | None]:
    """Return a page of measures, the newest first."""
    query = select(MeasureRow)
    for name, value in only.model_dump(exclude_none=True).items():
        query = query.where(getattr(MeasureRow, name) == value)
    query = query.where(*await narrowed(tx, Kind.WORK, MeasureRow.scope, MeasureRow.owner))
    rows, total, after = await find_page(tx, query, (MeasureRow.at, MeasureRow.id), UUID, page)
    return [await _view(tx, row.MeasureRow, actor) for row in rows], total, after


async def get_measure(tx: Transaction, id_: UUID, actor: Actor) -> MeasureView:
    """Return a measure.

    Raises:
        RecordNotFoundError: there is none of that id.
    """
    found = await one_of(tx, MeasureRow, Measure, id_)
    if not await is_seen(tx, Kind.WORK, found.scope, found.owner):
        await check_its_cycle(tx, id_, found.cycle)
    return await _view(tx, found, actor)


async def get_landing(tx: Transaction, key: str, actor: Actor) -> LandingView:
    """Return how many of the measures that a cycle was handed took effect.

    Raises:
        CycleNotFoundError: no cycle has that key.
    """
    await seen_cycle(tx, key)
    measures = await all_of(tx, MeasureRow, Measure, [MeasureRow.carried_to == key])
    landing = landing_of(measures)
    return LandingView(
        cycle=key,
        carried=landing.carried,
        effective=landing.effective,
        ineffective=landing.ineffective,
        unverified=landing.unverified,
        rate=landing.rate,
        words=_words(landing),
        measures=[await _view(tx, each, actor) for each in measures],
    )


async def list_lowered(tx: Transaction, key: str) -> list[LoweredView]:
    """Return why later targets lie below those of a cycle.

    Raises:
        CycleNotFoundError: no cycle has that key.
    """
    await seen_cycle(tx, key)
    rows = await tx.session.scalars(
        select(LoweredTargetRow)
        .where(LoweredTargetRow.cycle == key)
        .order_by(LoweredTargetRow.goal)
    )
    return [
        LoweredView(cycle=row.cycle, goal=row.goal, reason=row.reason, by=row.by, at=row.at)
        for row in rows
    ]


def _words(landing: Landing) -> str:
    if landing.rate is None:
        return "没有承接上一周期的措施 (no measures were carried into it)"
    zh = f"见效 {landing.effective} ÷ 承接 {landing.carried} = {landing.rate}"
    return f"{zh}，未验证 {landing.unverified} (unverified: {landing.unverified})"


async def _view(tx: Transaction, found: Measure | MeasureRow, actor: Actor) -> MeasureView:
    place = found.carried_to or found.cycle
    cycle = there(await find_cycle(tx, place), place)
    takes_part = cycle.state == "open" and holds(actor, cycle.owners)
    names = MeasureView.model_fields.keys() - {"may", "blocked_by"}
    decides = found.state == "proposed" and found.by != actor.subject
    verifies = found.state == "carried" and found.owner not in actor.names
    waits = ["等待下一周期开启 (the next cycle is not open yet)"]
    return MeasureView(
        **{name: getattr(found, name) for name in names},
        may={"decide": takes_part and decides, "verify": takes_part and verifies},
        blocked_by=waits if found.state == "accepted" else [],
    )
