"""Silences as screens read them."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select

from alert_service.domain.acting import Right
from alert_service.domain.matching import all_hold
from alert_service.domain.silences import Silence
from alert_service.queries.alerts import visible
from alert_service.queries.pages import Listed
from alert_service.repository import policies
from alert_service.repository.policies import read_silence
from alert_service.schemas.notifying import RecurrenceBody, SilenceFilter, SilenceView
from alert_service.schemas.routing import MatcherBody
from alert_service.tables import AlertLabelRow, AlertRow, SilenceRow
from shared.access.rules import Kind, is_among
from shared.access.sight import seen_scopes
from shared.kit.database import Transaction
from shared.kit.paging import Page, after_text

_WHOM: Final = frozenset({"scope", "within", "owner", "unit_head", "supervisor"})
"""Labels that name a scope or a person."""


async def list_silences(
    tx: Transaction, wanted: Page, only: SilenceFilter, right: Right, at: datetime
) -> Listed[SilenceView]:
    """Return silences, the newest first."""
    seen = await seen_scopes(tx)
    rows = [
        row
        for row in await tx.session.scalars(select(SilenceRow).order_by(SilenceRow.id.desc()))
        # Whether one that recurs rests now no column says; there are few of them.
        if only.state in {None, read_silence(row).state(at)} and _is_there(row, seen)
    ]
    after = after_text(wanted)
    left = [row for row in rows if after is None or row.id < after][wanted.offset :]
    page = left[: wanted.limit]
    return Listed(
        items=[await _silence(tx, row, right, at) for row in page],
        total=len(rows) if wanted.total_count else None,
        next_after=[page[-1].id] if len(left) > wanted.limit else None,
    )


async def get_silence(tx: Transaction, key: str, right: Right, at: datetime) -> SilenceView:
    """Return a silence.

    Raises:
        SilenceNotFoundError: there is none.
    """
    row = await policies.get_silence(tx, key)
    if not _is_there(row, await seen_scopes(tx)):
        raise policies.no_silence(key)
    return await _silence(tx, row, right, at)


def _is_there(row: SilenceRow, seen: Collection[str] | None) -> bool:
    """Return whether a silence names nobody whom the reader does not see; None: he sees all."""
    named = (each["value"] for each in row.matchers if each["label"] in _WHOM)
    return seen is None or all(
        not each or each.startswith("role/") or is_among(seen, Kind.NAME, each) for each in named
    )


async def _silence(tx: Transaction, row: SilenceRow, right: Right, at: datetime) -> SilenceView:
    silence = read_silence(row)
    recurrence = None
    if row.rule and row.minutes:
        recurrence = RecurrenceBody(rule=row.rule, minutes=row.minutes)
    return SilenceView(
        id=row.id,
        state=silence.state(at),
        matchers=[MatcherBody(**each) for each in row.matchers],
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        recurrence=recurrence,
        author=row.author,
        reason=row.reason,
        made_at=row.made_at,
        expired_by=row.expired_by,
        silences=await _count_silenced(tx, silence, right, at),
    )


async def _count_silenced(tx: Transaction, silence: Silence, right: Right, at: datetime) -> int:
    """Return how many open alerts it keeps silent, of those that the reader sees."""
    if silence.until(at) is None:
        return 0
    exact = {each.label: each.value for each in silence.matchers if each.op == "="}
    exact.pop("within", None)
    rows = await tx.session.scalars(
        select(AlertLabelRow.labels)
        .join(AlertRow, AlertRow.id == AlertLabelRow.alert)
        .where(
            AlertLabelRow.is_open,
            AlertLabelRow.labels.contains(exact),
            *await visible(tx, right),
        )
    )
    return sum(all_hold(silence.matchers, found) for found in rows)
