"""Load alerts with all that their labels are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import case, func, select

from alert_service.domain.labels import labels_of, member_of
from alert_service.domain.messages import Facts
from alert_service.domain.notifying import Member
from alert_service.domain.tasks import TASKS
from alert_service.repository.alerts import is_one_of, read_alert
from alert_service.repository.names import find_heads
from alert_service.tables import AlertRow, ForeignAlertRow, IndicatorRow, ScopeRow
from shared.contracts.vocabulary import LINE_ZH, LineKind, Operator, Severity
from shared.contracts.wording import limit_words, value_words
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.scopes import MOST_STEPS

UNIT: Final = func.coalesce(
    IndicatorRow.unit, case((AlertRow.binding.startswith(TASKS), "ratio"))
).label("unit")
"""Unit of the values of an alert: of a task its progress is watched."""

_WITHIN = """
WITH RECURSIVE above (about, scope, steps) AS (
    SELECT about, about, 0 FROM unnest(CAST(:scopes AS text[])) AS about
    UNION
    SELECT a.about, parent, a.steps + 1
      FROM above a JOIN scope s ON s.scope = a.scope CROSS JOIN unnest(s.parents) AS parent
     WHERE a.steps < :most)
SELECT about, array_agg(scope ORDER BY steps, scope) AS within
  FROM (SELECT about, scope, min(steps) AS steps FROM above GROUP BY about, scope) AS n
 GROUP BY about
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An alert with its labels."""

    member: Member
    begins_at: datetime


async def load_labelled(tx: Transaction, ids: Sequence[str]) -> list[Labelled]:
    """Return alerts with their labels as they are now."""
    rows = await tx.session.scalars(
        select(AlertRow).where(is_one_of(AlertRow.id, ids)).order_by(AlertRow.id)
    )
    alerts = [read_alert(row) for row in rows]
    scopes = sorted({alert.scope for alert in alerts})
    heads = await find_heads(tx, scopes)
    above = await tx.session.execute(text(_WITHIN), {"scopes": scopes, "most": MOST_STEPS})
    within = {row.about: row.within for row in above}
    told = await tx.session.scalars(
        select(ForeignAlertRow).where(is_one_of(ForeignAlertRow.alert, ids))
    )
    foreign = {row.alert: row for row in told}
    found = []
    for alert in alerts:
        theirs = foreign.get(alert.id)
        labels = labels_of(
            alert,
            within.get(alert.scope, [alert.scope]),
            heads.get(alert.scope),
            theirs.labels if theirs else None,
        )
        begins_at = theirs.starts_at if theirs else alert.raised_at
        found.append(Labelled(member=member_of(alert, labels), begins_at=begins_at))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of an alert, to people and to programs."""

    facts: Facts
    starts_at: datetime
    ends_at: datetime | None
    annotations: dict[str, str]
    url: str


async def load_facts(tx: Transaction, ids: Sequence[str], portal: str) -> dict[str, Told]:
    """Return what is said of alerts.

    Args:
        portal: address of the portal; empty where nobody gave it.
    """
    query = (
        select(AlertRow, ScopeRow.name_zh, UNIT, ForeignAlertRow)
        .outerjoin(ScopeRow, ScopeRow.scope == AlertRow.scope)
        .outerjoin(IndicatorRow, IndicatorRow.indicator == AlertRow.indicator)
        .outerjoin(ForeignAlertRow, ForeignAlertRow.alert == AlertRow.id)
        .where(is_one_of(AlertRow.id, ids))
    )
    found = {}
    for row in await tx.session.execute(query):
        alert, name, unit = row.AlertRow, row.name_zh, row.unit
        foreign: ForeignAlertRow | None = row.ForeignAlertRow
        link = f"{portal.rstrip('/')}/alerts/{alert.id}" if portal else ""
        facts = Facts(
            alert=alert.id,
            family=alert.family,
            severity=Severity(alert.severity),
            title=alert.title,
            scope=name or alert.scope,
            period=alert.period,
            value=value_words(None if alert.value is None else f"{alert.value:f}", unit),
            line=_line(alert, unit),
            owner=alert.owner,
            due_at=alert.due_at,
            link=link,
        )
        found[alert.id] = Told(
            facts=facts,
            starts_at=foreign.starts_at if foreign else alert.raised_at,
            ends_at=alert.settled_at,
            annotations=foreign.annotations if foreign else _annotations(facts),
            url=foreign.url if foreign else link,
        )
    return found


def _annotations(facts: Facts) -> dict[str, str]:
    said = facts.masked()
    return {"summary": said.title, "scope_name": said.scope, "value": said.value, "line": said.line}


def _line(alert: AlertRow, unit: str | None) -> str:
    line = alert.crossed
    if not line:
        return ""
    words = limit_words(Operator(line["op"]), line["value"], line["upper"], unit)
    return f"{LINE_ZH[LineKind(line['line'])]} {words}"
