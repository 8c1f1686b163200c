"""Boards: alerts counted, over time, over the matrix, as a file, as a calendar."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, tuple_

from alert_service.domain.acting import Right
from alert_service.domain.life import How
from alert_service.domain.matrix import system_of
from alert_service.domain.messages import COLOUR_ZH
from alert_service.domain.severity import rank_of
from alert_service.queries.alerts import conditions_of, is_of, visible
from alert_service.repository.labels import UNIT
from alert_service.schemas.boards import (
    BoardView,
    CellView,
    CountView,
    ExportFilter,
    HeatMapView,
    MomentView,
    TimelineFilter,
    WatchedView,
)
from alert_service.tables import AlertRow, IndicatorRow, ScopeRow, StandingRow, WatchRow
from shared.access.rules import Kind
from shared.access.sight import narrowed, narrowed_sql
from shared.calendar import CAMPUS
from shared.contracts.vocabulary import (
    LEVEL_ZH,
    LINE_ZH,
    STATE_ZH,
    VERTICAL_SYSTEM_ZH,
    Level,
    LineKind,
    Operator,
    Severity,
    State,
    VerticalSystem,
)
from shared.contracts.wording import limit_words
from shared.kit.database import Database, Transaction
from shared.kit.sql import text
from shared.workbooks.writing import Cell

MOST_OWNERS: Final = 100
PAGE: Final = 1_000
SPAN: Final = timedelta(days=30)
MOST_STEPS: Final = 400
MOST_EVENTS: Final = 2_000


async def get_board(tx: Transaction, right: Right, at: datetime) -> BoardView:
    """Count the open alerts by level, family, colour and owner."""
    late = AlertRow.acknowledged_at.is_(None) & (AlertRow.due_at < at)
    columns = (AlertRow.level, AlertRow.family, AlertRow.severity, AlertRow.owner)
    rows = list(
        await tx.session.execute(
            select(*columns, func.count().label("n"), func.count().filter(late).label("late"))
            .where(AlertRow.state == "open", *await visible(tx, right))
            .group_by(*columns)
        )
    )
    owners = _count(rows, "owner", ())
    return BoardView(
        at=at,
        levels=_count(rows, "level", [each.value for each in Level]),
        families=_count(rows, "family", ()),
        severities=_count(rows, "severity", [each.value for each in Severity]),
        owners=sorted(owners, key=lambda each: (-each.open, each.key))[:MOST_OWNERS],
    )


def _count(rows: Sequence[Any], name: str, always: Sequence[str]) -> list[CountView]:
    found: dict[str, CountView] = {}
    for key in (*always, *sorted({getattr(row, name) for row in rows} - set(always))):
        mine = [row for row in rows if getattr(row, name) == key]
        colours = {each.value: 0 for each in Severity}
        for row in mine:
            colours[row.severity] += row.n
        found[key] = CountView(
            key=key,
            open=sum(row.n for row in mine),
            severities=colours,
            overdue=sum(row.late for row in mine),
        )
    return list(found.values())


_TIMELINE: Final = """
WITH step AS (
    SELECT t AS local, t AT TIME ZONE 'Asia/Shanghai' AS begins,
           (t + CAST('1 ' || CAST(:width AS text) AS interval)) AT TIME ZONE 'Asia/Shanghai' AS ends
      FROM generate_series(
           date_trunc(:unit, CAST(:since AS timestamptz) AT TIME ZONE 'Asia/Shanghai'),
           CAST(:until AS timestamptz) AT TIME ZONE 'Asia/Shanghai',
           CAST('1 ' || CAST(:width AS text) AS interval)) AS t
     ORDER BY t DESC LIMIT :most),
seen AS (
    SELECT raised_at, settled_at, worst ->> 'severity' AS worst FROM alert
     WHERE (CAST(:level AS text) IS NULL OR level = :level)
       AND (CAST(:family AS text) IS NULL OR family = :family)
       AND (family <> ALL(:hidden) OR owner = ANY(:names)) AND {seen}
       AND (settled_at IS NULL OR settled_at >= :since) AND raised_at < :until)
SELECT s.local::date AS day,
       count(*) FILTER (WHERE came AND worst = 'blue') AS blue,
       count(*) FILTER (WHERE came AND worst = 'yellow') AS yellow,
       count(*) FILTER (WHERE came AND worst = 'orange') AS orange,
       count(*) FILTER (WHERE came AND worst = 'red') AS red,
       count(*) FILTER (WHERE settled_at >= begins AND settled_at < ends) AS ended,
       count(*) FILTER (
         WHERE raised_at < ends AND (settled_at IS NULL OR settled_at >= ends)) AS open
  FROM step s LEFT JOIN seen ON true
  CROSS JOIN LATERAL (SELECT raised_at >= begins AND raised_at < ends AS came) AS l
 GROUP BY s.local ORDER BY s.local
"""


async def get_timeline(
    tx: Transaction, only: TimelineFilter, right: Right, at: datetime
) -> list[MomentView]:
    """Return what came and went, step by step."""
    until = only.until or at
    seen, among = await narrowed_sql(tx, Kind.WORK, "scope", "owner", "supervisor")
    rows = await tx.session.execute(
        text(_TIMELINE.format(seen=seen)),
        among
        | {
            "since": only.since or until - SPAN,
            "until": until,
            "unit": only.step,
            "width": only.step,
            "most": MOST_STEPS,
            "level": only.level.value if only.level else None,
            "family": only.family,
            "hidden": sorted(right.hidden),
            "names": right.names(),
        },
    )
    return [
        MomentView(
            on=row.day,
            raised={each.value: getattr(row, each.value) for each in Severity},
            ended=row.ended,
            open=row.open,
        )
        for row in rows
    ]


async def get_heat_map(tx: Transaction, right: Right, at: datetime) -> HeatMapView:
    """Return the open alerts over the 5 × 5 matrix; a cell without any is there, too."""
    rows = await tx.session.execute(
        select(AlertRow.level, AlertRow.family, AlertRow.severity, func.count().label("n"))
        .where(AlertRow.state == "open", *await visible(tx, right))
        .group_by(AlertRow.level, AlertRow.family, AlertRow.severity)
    )
    found: dict[tuple[Level, VerticalSystem], dict[Severity, int]] = {
        (level, system): dict.fromkeys(Severity, 0) for level in Level for system in VerticalSystem
    }
    for row in rows:
        found[Level(row.level), system_of(row.family)][Severity(row.severity)] += row.n
    cells = [
        CellView(
            level=level,
            system=system.value,
            system_zh=VERTICAL_SYSTEM_ZH[system],
            open=sum(colours.values()),
            gravest=_gravest(colours),
            severities={each.value: n for each, n in colours.items()},
        )
        for (level, system), colours in found.items()
    ]
    return HeatMapView(at=at, cells=cells)


async def get_watch_list(tx: Transaction, right: Right) -> list[WatchedView]:
    """Return the core indicators, the one with the gravest alert first."""
    core = list(
        await tx.session.scalars(
            select(IndicatorRow).where(IndicatorRow.core).order_by(IndicatorRow.indicator)
        )
    )
    ids = [each.indicator for each in core]
    held = StandingRow.thin | StandingRow.stale
    standings = list(
        await tx.session.execute(
            select(
                *(WatchRow.indicator, StandingRow.state, func.count().label("n")),
                func.count().filter(held).label("held"),
            )
            .outerjoin(StandingRow, StandingRow.binding == WatchRow.key)
            .where(
                WatchRow.indicator.in_(ids),
                ~WatchRow.withdrawn,
                *await narrowed(tx, Kind.FIGURE, WatchRow.scope, WatchRow.owner),
            )
            .group_by(WatchRow.indicator, StandingRow.state)
        )
    )
    alerts = await tx.session.execute(
        select(AlertRow.indicator, AlertRow.severity, func.count().label("n"))
        .where(AlertRow.state == "open", AlertRow.indicator.in_(ids), *await visible(tx, right))
        .group_by(AlertRow.indicator, AlertRow.severity)
    )
    colours: dict[str, dict[Severity, int]] = {each: dict.fromkeys(Severity, 0) for each in ids}
    for row in alerts:
        colours[row.indicator][Severity(row.severity)] += row.n
    found = [
        _watched(each, [row for row in standings if row.indicator == each.indicator], colours)
        for each in core
    ]
    return sorted(found, key=lambda each: -(rank_of(each.gravest) if each.gravest else 0))


def _watched(
    core: IndicatorRow, standings: Sequence[Any], colours: Mapping[str, dict[Severity, int]]
) -> WatchedView:
    own = colours[core.indicator]
    return WatchedView(
        indicator=core.indicator,
        name_zh=core.name_zh,
        name_en=core.name_en,
        bindings=sum(row.n for row in standings),
        states={State(row.state): row.n for row in standings if row.state},
        held=sum(row.held for row in standings),
        open=sum(own.values()),
        gravest=_gravest(own),
        severities=own,
    )


def _gravest(colours: Mapping[Severity, int]) -> Severity | None:
    return max((each for each, n in colours.items() if n), key=rank_of, default=None)


HEADER: Final[tuple[str, ...]] = (
    *("编号", "状态", "级别", "曾达", "类别", "规则", "层面", "对象", "对象名称", "周期", "标题"),
    *("达标状态", "现值", "发生时的值", "触线", "责任人", "产生时间", "签收时限", "签收人"),
    *("签收时间", "督办次数", "重开次数", "销号方式", "销号时间", "成效"),
)


FAMILY_ZH: Final = {
    "indicator": "指标",
    "task": "任务",
    "academic": "学业",
    "attendance": "考勤",
    "classroom": "课堂",
    "incident": "教学事故",
    "staff": "师资",
    "major": "专业",
    "assets": "资产与经费",
    "internship": "实习",
    "welfare": "学生关爱（限阅）",
    "data": "数据",
    "trend": "趋势",
    "process": "过程",
}
HOW_ZH: Final = {
    How.RECOVERED: "自行恢复",
    How.CORRECTED: "纠偏有效",
    How.LINE_CHANGED: "标准已调整",
    How.WITHDRAWN: "绑定已撤回",
    How.FALSE_ALARM: "误报",
    How.ACCEPTED: "偏差已接受",
    How.CARRIED: "转入阶段改进",
}


async def export_pages(
    database: Database, only: ExportFilter, right: Right
) -> AsyncIterator[list[Sequence[Cell]]]:
    """Yield alerts as rows of a table, page by page; each page is a read of its own."""
    yield [HEADER]
    after: tuple[datetime, str] | None = None
    while True:
        query = (
            select(AlertRow, ScopeRow.name_zh, UNIT)
            .outerjoin(ScopeRow, ScopeRow.scope == AlertRow.scope)
            .outerjoin(IndicatorRow, IndicatorRow.indicator == AlertRow.indicator)
            .order_by(AlertRow.raised_at, AlertRow.id)
            .limit(PAGE)
        )
        if after:
            query = query.where(tuple_(AlertRow.raised_at, AlertRow.id) > after)
        async with database.transaction() as tx:
            wanted = await conditions_of(tx, only, right)
            rows = list(await tx.session.execute(query.where(*wanted)))
        if not rows:
            return
        yield [_row(*row) for row in rows]
        last = rows[-1][0]
        after = (last.raised_at, last.id)


def _row(alert: AlertRow, name: str | None, unit: str | None) -> Sequence[Cell]:
    return [
        *(alert.id, "未销号" if alert.state == "open" else "已销号"),
        *(COLOUR_ZH[Severity(each)] for each in (alert.severity, alert.worst["severity"])),
        *(FAMILY_ZH.get(alert.family, alert.family), alert.rule, LEVEL_ZH[Level(alert.level)]),
        *(alert.scope, name, alert.period, alert.title, STATE_ZH[State(alert.standing)]),
        *(alert.value, alert.value_before, _line(alert.crossed, unit), alert.owner),
        *(_local(alert.raised_at), _local(alert.due_at), alert.acknowledged_by),
        *(_local(alert.acknowledged_at), alert.escalated, alert.reopened),
        HOW_ZH[How(alert.how)] if alert.how else None,
        *(_local(alert.settled_at), alert.effect),
    ]


def _line(line: dict[str, Any] | None, unit: str | None) -> str | None:
    if not line:
        return None
    words = limit_words(Operator(line["op"]), line["value"], line["upper"], unit)
    return f"{LINE_ZH[LineKind(line['line'])]} {words}"


def _local(at: datetime | None) -> str | None:
    return at.astimezone(CAMPUS).strftime("%Y-%m-%d %H:%M:%S") if at else None


async def list_deadlines(tx: Transaction, right: Right, *, mine: bool) -> list[Any]:
    """Return open alerts that wait for an acknowledgement, the earliest due first.

    Args:
        mine: only those that the caller or a role of his answers for, or oversees.
    """
    query = (
        select(AlertRow, ScopeRow.name_zh)
        .outerjoin(ScopeRow, ScopeRow.scope == AlertRow.scope)
        .where(
            AlertRow.state == "open", AlertRow.acknowledged_at.is_(None), *await visible(tx, right)
        )
        .order_by(AlertRow.due_at, AlertRow.id)
        .limit(MOST_EVENTS)
    )
    if mine:
        query = query.where(is_of(right))
    return list(await tx.session.execute(query))
