"""Read quality culture: who takes part, the matrix and the index; and advice to a student."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from shared.access.rules import Kind
from shared.access.sight import is_seen
from shared.calendar.table import read_calendar
from shared.contracts.vocabulary import LEVEL_ZH, OWNER_ROLE_ZH, Level, level_of
from shared.kit.database import Transaction
from shared.kit.paging import Page
from spiral_service.domain.culture import LEVELS, MEASURES, Cell, Share, index_of
from spiral_service.domain.standing import Actor, NotYoursError
from spiral_service.queries.paging import find_page
from spiral_service.repository import culture as counts
from spiral_service.repository.definitions import shipped
from spiral_service.repository.records import RecordNotFoundError
from spiral_service.schemas.culture import (
    AdviceView,
    CampaignView,
    CellView,
    IndexView,
    ParticipationView,
    ShareView,
)
from spiral_service.tables import AdviceRow, CampaignRow, SurveyRow

_DAY: Final = timedelta(days=1)
_ROLES: Final = {"teacher": "教师", "student": "学生"} | OWNER_ROLE_ZH


async def participation(tx: Transaction, begin: date, end: date) -> ParticipationView:
    """Return who took part, when and where, from one day to another, both of them in it."""
    days = (begin, end + _DAY)
    return ParticipationView(
        from_=begin,
        to=end,
        roles=[view_share(each) for each in _role_shares(await counts.by_role(tx, days))],
        phases=[view_share(each) for each in _phase_shares(await counts.by_step(tx, days))],
        fields=[view_share(each) for each in _field_shares(await counts.by_kind(tx, days))],
    )


async def get_index(tx: Transaction, scope: str, period: str) -> IndexView:
    """Return the culture index of a scope and period, and how it came about.

    The use is that of the college in the days of the period; where those are not known, until now.
    """
    if not await is_seen(tx, Kind.FIGURE, scope):
        raise RecordNotFoundError(f"没有 {scope}", f"there is no {scope}")
    rows = list(
        await tx.session.scalars(
            select(SurveyRow).where(SurveyRow.scope == scope, SurveyRow.period == period)
        )
    )
    cells = [
        Cell(
            level=row.level,  # type: ignore[arg-type]
            measure=row.measure,  # type: ignore[arg-type]
            score=row.score,
            respondents=row.respondents,
        )
        for row in rows
    ]
    uses = await _uses(tx, period)
    index = index_of(cells, uses)
    return IndexView(
        scope=scope,
        period=period,
        value=index.value,
        survey=index.survey,
        use=index.use,
        words=index.words,
        cells=_cells(rows, await _campaigns(tx, scope)),
        uses=[view_share(each) for each in uses],
    )


async def list_campaigns(
    tx: Transaction, scope: str | None, page: Page
) -> tuple[list[CampaignView], int | None, list[Any] | None]:
    """Return a page of campaigns, the newest first."""
    query = select(CampaignRow)
    if scope is not None:
        query = query.where(CampaignRow.scope == scope)
    order = (CampaignRow.recorded_at, CampaignRow.id)
    rows, total, after = await find_page(tx, query, order, UUID, page)
    return [view_campaign(row.CampaignRow) for row in rows], total, after


async def get_campaign(tx: Transaction, id_: UUID) -> CampaignView:
    """Return a campaign that there is."""
    row = (await tx.session.scalars(select(CampaignRow).where(CampaignRow.id == id_))).one()
    return view_campaign(row)


async def material_name(tx: Transaction, digest: str) -> str | None:
    """Return the name of a file that is a material of a campaign; None where it is none."""
    named = CampaignRow.materials.contains([{"digest": digest}])
    files = await tx.session.scalar(select(CampaignRow.materials).where(named).limit(1))
    return next((str(each["name"]) for each in files or () if each["digest"] == digest), None)


async def list_advice(tx: Transaction, student: str, actor: Actor) -> list[AdviceView]:
    """Return the advice to a student, the newest first: for him, and for who answers for him.

    Raises:
        NotYoursError: the caller is neither.
    """
    is_his = student in actor.names
    if not (is_his or actor.is_everywhere or await counts.advises(tx, student, actor.member)):
        raise NotYoursError(
            f"{student} 不由您指导",
            f"you do not answer for {student}",
            fixes=["由本人、指导者或质量办查看 (for him, who advises him, the quality office)"],
        )
    rows = await tx.session.scalars(
        select(AdviceRow)
        .where(AdviceRow.student == student)
        .order_by(AdviceRow.at.desc(), AdviceRow.id.desc())
    )
    names = AdviceView.model_fields
    return [AdviceView(**{name: getattr(row, name) for name in names}) for row in rows]


async def _uses(tx: Transaction, period: str) -> list[Share]:
    bounds = (await read_calendar(tx)).bounds(period)
    begin, end = bounds or (date(2000, 1, 1), date(2199, 12, 31))
    roles = await counts.by_role(tx, (begin, end))
    teachers = next(((count, of) for name, count, of in roles if name == "teacher"), (0, 0))
    signed_in = await counts.signed_in(tx, (begin, end))
    n = await counts.uses_until(tx, end)
    said = (
        ("participation", "教师参与诊改", "Teachers who take part", *teachers),
        ("sign_ins", "登录过平台的教师", "Teachers who signed in", *signed_in),
        ("diagnosis", "有已签署诊断的周期", "Cycles with a signed diagnosis", n["diagnosed"],
         n["cycles"]),
        ("lessons", "被使用的经验教训", "Lessons that were used", n["used"], n["lessons"]),
        ("measures", "承接后见效的措施", "Carried measures that took effect", n["effective"],
         n["carried"]),
    )  # fmt: skip
    return [Share(name=name, zh=zh, en=en, count=count, of=of) for name, zh, en, count, of in said]


async def _campaigns(tx: Transaction, scope: str) -> dict[tuple[str, str], int]:
    row = CampaignRow
    rows = await tx.session.execute(
        select(row.level, row.measure, func.count().label("number"))
        .where(row.scope == scope)
        .group_by(row.level, row.measure)
    )
    return {(each.level, each.measure): each.number for each in rows}


def _cells(rows: list[SurveyRow], campaigns: dict[tuple[str, str], int]) -> list[CellView]:
    found = {(row.level, row.measure): row for row in rows}
    cells = []
    for level, (level_zh, _) in LEVELS.items():
        for measure, (measure_zh, _) in MEASURES.items():
            row = found.get((level, measure))
            cells.append(
                CellView(
                    level=level,
                    level_zh=level_zh,
                    measure=measure,
                    measure_zh=measure_zh,
                    score=row.score if row else None,
                    respondents=row.respondents if row else 0,
                    indicator=row.indicator if row else None,
                    origin=row.origin if row else "",
                    campaigns=campaigns.get((level, measure), 0),
                )
            )
    return cells


def _role_shares(counted: list[counts.Counted]) -> list[Share]:
    # Whoever answers for himself alone is counted as a teacher or a student.
    return [
        Share(
            name=name,
            zh=_ROLES.get(name, name),
            en=name.replace("_", " ").capitalize(),
            count=count,
            of=of,
        )
        for name, count, of in counted
        if name != "self"
    ]


def _phase_shares(counted: list[counts.Counted]) -> list[Share]:
    """Return the phases of the figure eight; of its steps the one with most cycles counts."""
    definition = shipped()["figure_eight", 1]
    known = {name: (count, of) for name, count, of in counted}
    of = max((each[1] for each in known.values()), default=0)
    most: defaultdict[str, int] = defaultdict(int)
    for step in definition.steps:
        if step.phase and step.step in known:
            most[step.phase.id] = max(most[step.phase.id], known[step.step][0])
    return [
        Share(name=each.id, zh=each.zh, en=each.en, count=most[each.id], of=of)
        for each in definition.phases.values()
    ]


def _field_shares(counted: list[counts.Counted]) -> list[Share]:
    sums: dict[Level, tuple[int, int]] = dict.fromkeys(Level, (0, 0))
    for kind, count, of in counted:
        level = level_of(f"{kind}/x")
        sums[level] = (sums[level][0] + count, sums[level][1] + of)
    return [
        Share(name=level, zh=LEVEL_ZH[level], en=level.title(), count=count, of=of)
        for level, (count, of) in sums.items()
    ]


def view_share(share: Share) -> ShareView:
    """Return so many of so many as it is shown."""
    return ShareView(
        name=share.name,
        zh=share.zh,
        en=share.en,
        count=share.count,
        of=share.of,
        rate=share.rate,
    )


def view_campaign(row: CampaignRow) -> CampaignView:
    """Return a campaign as it is shown."""
    names = CampaignView.model_fields
    return CampaignView.model_validate({name: getattr(row, name) for name in names})
