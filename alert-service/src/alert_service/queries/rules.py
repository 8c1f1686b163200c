"""Rules as screens read them, and what they would have done."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any, ClassVar, Final

from sqlalchemy import func, select

from alert_service.domain.acting import Right
from alert_service.domain.life import Alert, Clocks, Hours, Step
from alert_service.domain.rules.model import Rule, Signal
from alert_service.domain.rules.reading import leaves_of_rule, read_by
from alert_service.domain.rules.selecting import asks_places
from alert_service.domain.rules.trying import Replay, try_rule
from alert_service.domain.rules.words import words_of
from alert_service.domain.severity import rank_of
from alert_service.queries.alerts import visible
from alert_service.repository import rules, signals
from alert_service.schemas.rules import (
    CellView,
    RuleBody,
    RuleFilter,
    RuleSummary,
    RuleView,
    TrialBody,
    TrialView,
    VersionView,
    WouldBe,
)
from alert_service.tables import AlertRow, RuleCellRow, RuleRow, RuleVersionRow
from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.calendar.table import read_calendar
from shared.contracts.vocabulary import Severity
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text

SPAN: Final = timedelta(days=180)
LONGEST: Final = timedelta(days=400)
MOST_SIGNALS: Final = 300_000
"""On so many values and facts a rule is tried at once. Source: our default."""

_EXAMPLES: Final = 50


class TrialClosedError(DomainError):
    """What a rule would have told of is not for the caller to see."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "trial-closed"
    title_zh: ClassVar = "不能试算这条规则"
    title_en: ClassVar = "That rule is not yours to try"


class StretchError(DomainError):
    """A stretch of history cannot be tried."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "stretch"
    title_zh: ClassVar = "不能在这段历史上试算"
    title_en: ClassVar = "That stretch of history cannot be tried"


async def list_rules(tx: Transaction, only: RuleFilter, right: Right) -> list[RuleSummary]:
    """Return the rules by their keys, each in its version in force, else its newest.

    Of their alerts those count that the caller may see.
    """
    shown = func.coalesce(RuleRow.published, RuleRow.version)
    rows = await tx.session.execute(
        select(RuleRow, RuleVersionRow.document)
        .join(
            RuleVersionRow,
            (RuleVersionRow.rule == RuleRow.key) & (RuleVersionRow.version == shown),
        )
        .order_by(RuleRow.key)
    )
    counted = await tx.session.execute(
        select(AlertRow.rule, func.count())
        .where(AlertRow.state == "open", AlertRow.rule.like("rule/%"), *await visible(tx, right))
        .group_by(AlertRow.rule)
    )
    warning = {row[0]: row[1] for row in counted}
    found = [_summary(row.RuleRow, row.document, warning) for row in rows]
    return [each for each in found if _is_wanted(each, only)]


def _is_wanted(rule: RuleSummary, only: RuleFilter) -> bool:
    return (
        (only.family is None or rule.family == only.family)
        and (only.enabled is None or rule.enabled is only.enabled)
        and (only.indicator is None or only.indicator in rule.indicators)
    )


def _summary(row: RuleRow, document: Any, warning: Mapping[str, int]) -> RuleSummary:
    body = RuleBody.model_validate(document)
    rule = body.to_rule(row.key, row.version)
    names = {read_by(leaf)[1] for leaf in leaves_of_rule(rule)} - {""}
    return RuleSummary(
        key=row.key,
        title=body.title,
        title_en=body.title_en,
        family=body.family.value,
        severity=body.severity,
        version=row.version,
        published=row.published,
        enabled=row.enabled,
        shipped=row.shipped,
        indicators=sorted(names),
        open_alerts=warning.get(rule.id, 0),
    )


async def get_rule(
    tx: Transaction, key: str, version: int | None, right: Right
) -> tuple[RuleView, int]:
    """Return a rule with one of its versions, the newest where none is named, and its counter.

    Of its cells those are counted that the caller may see.

    Raises:
        RuleNotFoundError: no rule has that key, or it has no such version.
    """
    row = await rules.get_rule(tx, key)
    shown = await rules.get_version(tx, key, version or row.version)
    made = await tx.session.scalars(
        select(RuleVersionRow)
        .where(RuleVersionRow.rule == key)
        .order_by(RuleVersionRow.version.desc())
        .limit(200)
    )
    states = await tx.session.execute(
        select(RuleCellRow.state, func.count())
        .where(RuleCellRow.rule == key, *await narrowed(tx, Kind.WORK, RuleCellRow.scope))
        .group_by(RuleCellRow.state)
    )
    hidden = shown.document["family"] in right.hidden
    rule = RuleBody.model_validate(shown.document).to_rule(key, shown.version)
    view = RuleView(
        key=key,
        version=shown.version,
        published=row.published,
        enabled=row.enabled,
        shipped=row.shipped,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        document=shown.document,
        words=words_of(rule),
        versions=[
            VersionView(
                version=each.version,
                made_by=each.made_by,
                made_at=each.made_at,
                published_by=each.published_by,
                published_at=each.published_at,
            )
            for each in made
        ],
        states={} if hidden else {row[0]: row[1] for row in states},
    )
    return view, row.counter


async def list_cells(
    tx: Transaction, key: str, state: str | None, most: int, right: Right
) -> list[CellView]:
    """Return the cells of a rule that are not in order, those that changed last first.

    Raises:
        RuleNotFoundError: no rule has that key.
    """
    view, _ = await get_rule(tx, key, None, right)
    if view.document["family"] in right.hidden:
        return []
    query = select(RuleCellRow).where(RuleCellRow.rule == key)
    query = query.where(*await narrowed(tx, Kind.WORK, RuleCellRow.scope))
    if state is not None:
        query = query.where(RuleCellRow.state == state)
    query = query.order_by(RuleCellRow.changed_at.desc(), RuleCellRow.scope).limit(most)
    return [
        CellView(**{name: getattr(row, name) for name in CellView.model_fields})
        for row in await tx.session.scalars(query)
    ]


async def try_on_history(
    tx: Transaction, key: str, body: TrialBody, at: datetime, hours: Hours, right: Right
) -> TrialView:
    """Return what a rule would have done in a stretch of history.

    Raises:
        TrialClosedError: its alerts are of a family that the caller does not see.
        RuleNotFoundError: no rule has that key, and none is given.
        StretchError: it is no stretch, a longer one than is kept, or too much was heard in it.
    """
    until = body.until or at
    since = body.since or until - SPAN
    if since >= until or until - since > LONGEST:
        raise StretchError(
            f"since 须早于 until，且不超过 {LONGEST.days} 天",
            f"since must be before until, and not more than {LONGEST.days} days",
        )
    rule = await _rule(tx, key, body)
    if rule.family in right.hidden:
        raise TrialClosedError(
            "这类预警限阅，可见者方可试算",
            "only those who see alerts of this family may try a rule of it",
        )
    heard = await _heard(tx, rule, since, until)
    places = {}
    if asks_places(rule.selector):
        places = await signals.load_places(tx, {each.scope for each in heard})
    clocks = Clocks(hours, await read_calendar(tx))
    trial = await asyncio.to_thread(try_rule, rule, heard, places, clocks, until)
    return await _view(tx, rule, trial, since, until)


async def _heard(tx: Transaction, rule: Rule, since: datetime, until: datetime) -> list[Signal]:
    reads = {read_by(leaf) for leaf in leaves_of_rule(rule)}
    keys, kind = rule.selector.keys, f"{rule.selector.kind}/"
    found: list[Signal] = []
    async for part in signals.load_heard(tx, reads, since, until):
        found += [
            each for each in part if (each.scope in keys if keys else each.scope.startswith(kind))
        ]
        if len(found) > MOST_SIGNALS:
            raise StretchError(
                f"这段历史超过 {MOST_SIGNALS} 个数，请缩短，或缩小规则的对象",
                f"more than {MOST_SIGNALS} values: choose a shorter stretch, or fewer scopes",
            )
    return found


async def _rule(tx: Transaction, key: str, body: TrialBody) -> Rule:
    if body.rule is not None:
        return body.rule.to_rule(key, 0)
    row = await rules.get_rule(tx, key)
    version = await rules.get_version(tx, key, row.version)
    return RuleBody.model_validate(version.document).to_rule(key, row.version)


_HELPED: Final = """
SELECT g.id, extract(epoch FROM min(a.raised_at) FILTER (WHERE a.rule <> :rule
         AND a.raised_at > g.at AND a.rank >= g.rank) - g.at) / 3600 AS lead,
       bool_or(a.rule = :rule AND a.how = 'corrected' AND a.effect IS NOT NULL) AS corrected
  FROM unnest(CAST(:ids AS text[]), CAST(:scopes AS text[]), CAST(:periods AS text[]),
       CAST(:ranks AS int[]), CAST(:ats AS timestamptz[])) AS g(id, scope, period, rank, at)
  JOIN alert a ON a.scope = g.scope AND a.period = g.period
 WHERE a.how IS DISTINCT FROM 'false-alarm'
 GROUP BY g.id, g.at
"""


async def _leads(tx: Transaction, rule: Rule, found: list[Alert]) -> dict[str, float | None]:
    """Return the would-be alerts that helped, with the hours by which they came first."""
    rows = await tx.session.execute(
        text(_HELPED),
        {
            "rule": rule.id,
            "ids": [each.id for each in found],
            "scopes": [each.scope for each in found],
            "periods": [each.period for each in found],
            "ranks": [rank_of(each.worst.severity) for each in found],
            "ats": [each.raised_at for each in found],
        },
    )
    return {
        row.id: None if row.lead is None else round(float(row.lead), 2)
        for row in rows
        if row.lead is not None or row.corrected
    }


async def _view(
    tx: Transaction, rule: Rule, trial: Replay, since: datetime, until: datetime
) -> TrialView:
    found = list(trial.alerts.values())
    leads = await _leads(tx, rule, found) if found else {}
    known = [lead for lead in leads.values() if lead is not None]
    colours = [each.worst.severity for each in found]
    order = sorted(found, key=lambda each: (-rank_of(each.worst.severity), each.raised_at))
    return TrialView(
        since=since,
        until=until,
        signals=trial.signals,
        raised=len(found),
        settled=sum(each.settled is not None for each in found),
        held=sum(step is Step.HELD for step, _ in trial.steps),
        severities={each.value: colours.count(each) for each in Severity},
        scopes=len({each.scope for each in found}),
        helped=len(leads),
        came_true=round(len(leads) / len(found), 4) if found else None,
        median_lead_hours=median(known) if known else None,
        examples=[_would_be(each, leads) for each in order[:_EXAMPLES]],
    )


def _would_be(alert: Alert, leads: Mapping[str, float | None]) -> WouldBe:
    return WouldBe(
        scope=alert.scope,
        period=alert.period,
        severity=alert.worst.severity,
        value=None if alert.value_before is None else format(alert.value_before, "f"),
        raised_at=alert.raised_at,
        settled_at=alert.settled.at if alert.settled else None,
        helped=alert.id in leads,
        lead_hours=leads.get(alert.id),
    )
