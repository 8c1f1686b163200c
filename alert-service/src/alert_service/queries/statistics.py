"""What alerts were worth: precision, effect, time to answer, recurrence."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from alert_service.domain.acting import Right
from alert_service.schemas.statistics import AlertFigures, Statistics, StatisticsFilter
from shared.access.rules import Kind
from shared.access.sight import narrowed_sql
from shared.kit.database import Transaction
from shared.kit.sql import text

SPAN: Final = timedelta(days=180)
MOST: Final = 500
_GROUPS: Final = {
    "rule": "rule",
    "family": "family",
    "severity": "worst ->> 'severity'",
    "level": "level",
    "owner": "owner",
}
_FIGURES: Final = """
SELECT {name} AS name, count(*) AS raised,
       count(*) FILTER (WHERE state = 'open') AS open,
       count(*) FILTER (WHERE how = 'recovered') AS recovered,
       count(*) FILTER (WHERE how = 'corrected') AS corrected,
       count(*) FILTER (WHERE how = 'false-alarm') AS false_alarms,
       count(*) FILTER (WHERE how = 'accepted') AS accepted,
       count(*) FILTER (WHERE how = 'carried') AS carried,
       count(*) FILTER (WHERE how IN ('line-changed', 'withdrawn')) AS other,
       count(*) FILTER (WHERE escalated > 0) AS escalated,
       count(*) FILTER (WHERE reopened > 0) AS reopened,
       avg(effect) AS mean_effect,
       count(*) FILTER (WHERE how = 'corrected' OR reopened > 0) AS worked_on,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledge_hours) AS acknowledge_hours,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY handling_hours) AS handling_hours,
       count(*) FILTER (WHERE acknowledged_at <= due_at AND escalated = 0) AS in_time,
       count(*) FILTER (WHERE acknowledged_at IS NOT NULL OR escalated > 0
         OR due_at < coalesce(settled_at, :at)) AS were_due,
       count(*) FILTER (WHERE state <> 'open') AS ended,
       count(*) FILTER (WHERE state <> 'open' AND EXISTS (SELECT FROM alert later
         WHERE later.scope = a.scope AND later.rule = a.rule AND later.raised_at >= a.settled_at))
         AS recurred
  FROM alert a
 WHERE raised_at >= :since AND raised_at < :until
   AND (CAST(:family AS text) IS NULL OR family = :family)
   AND (CAST(:level AS text) IS NULL OR level = :level)
   AND (family <> ALL(:hidden) OR owner = ANY(:names)) AND {seen}
 GROUP BY 1 ORDER BY raised DESC, name LIMIT :most
"""


async def get_statistics(
    tx: Transaction, only: StatisticsFilter, right: Right, at: datetime
) -> Statistics:
    """Return what the alerts of a stretch of time were worth, of those that a caller may see."""
    until = only.until or at
    since = only.since or until - SPAN
    seen, among = await narrowed_sql(tx, Kind.WORK, "scope", "owner", "supervisor")
    asked: dict[str, Any] = among | {
        "at": at,
        "since": since,
        "until": until,
        "family": only.family,
        "level": only.level.value if only.level else None,
        "most": MOST,
        "hidden": sorted(right.hidden),
        "names": right.names(),
    }
    groups = await tx.session.execute(
        text(_FIGURES.format(name=_GROUPS[only.by], seen=seen)), asked
    )
    total = await tx.session.execute(text(_FIGURES.format(name="'*'", seen=seen)), asked)
    return Statistics(
        since=since,
        until=until,
        total=_figures(total.mappings().one_or_none() or _NONE),
        groups=[_figures(row) for row in groups.mappings()],
    )


_COUNTS: Final = (
    *("raised", "open", "recovered", "corrected", "false_alarms", "accepted", "carried"),
    *("other", "escalated", "reopened"),
)
_NONE: Final[dict[str, Any]] = dict.fromkeys(
    (*_COUNTS, "worked_on", "in_time", "were_due", "ended", "recurred"), 0
) | {"name": "*", "mean_effect": None, "acknowledge_hours": None, "handling_hours": None}


def _figures(row: Any) -> AlertFigures:
    judged = sum(row[name] for name in ("recovered", "corrected", "false_alarms", "accepted"))
    effect = row["mean_effect"]
    return AlertFigures(
        name=row["name"],
        **{name: row[name] for name in _COUNTS},
        precision=_share(judged - row["false_alarms"], judged),
        mean_effect=None if effect is None else Decimal(effect).quantize(Decimal("0.000001")),
        improved=_share(row["corrected"], row["worked_on"]),
        acknowledge_hours=_rounded(row["acknowledge_hours"]),
        handling_hours=_rounded(row["handling_hours"]),
        in_time=_share(row["in_time"], row["were_due"]),
        recurrence=_share(row["recurred"], row["ended"]),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _rounded(hours: Any) -> float | None:
    return None if hours is None else round(float(hours), 2)
