"""Load and save groups of alerts: who is in them, what was told, and why not."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from alert_service.domain.matching import Labels
from alert_service.domain.notifying import Decision, Member, Target, Told
from alert_service.domain.routing import Policy, Route, next_look
from alert_service.repository.alerts import is_one_of, table_of, upsert
from alert_service.tables import (
    AlertLabelRow,
    GroupRow,
    MemberRow,
    NotedRow,
    ToldRow,
    UntoldRow,
)
from shared.kit.database import Transaction
from shared.kit.sql import text

ROUTING_LOCK: Final = 7_003
"""Advisory lock: one replica routes at a time, so that what is older never overwrites."""

MOST_OF_KEY: Final = 1_000
"""Bytes of a key that are kept as they are; an index takes 2,700."""

NEWS: Final = "noted"
"""What wakes who routes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An alert, and the groups that it belongs to."""

    member: Member
    begins_at: datetime
    routes: Sequence[Route]


@dataclass(kw_only=True)
class Group:
    """A group that is looked at."""

    id: int
    route: str
    labels: dict[str, str]
    due_at: datetime
    members: list[Member] = field(default_factory=list)
    told: dict[Target, Told] = field(default_factory=dict)


async def note(tx: Transaction, alerts: Iterable[str]) -> None:
    """Have alerts routed, after the commit."""
    rows = [{"alert": each} for each in dict.fromkeys(alerts)]
    if rows:
        await tx.session.execute(insert(table_of(NotedRow)), rows)
        tx.announce(NEWS)


async def note_open(tx: Transaction) -> None:
    """Have every open alert routed anew."""
    await tx.session.execute(
        text("INSERT INTO noted (alert) SELECT id FROM alert WHERE state = 'open' ORDER BY id")
    )
    tx.announce(NEWS)


async def take_noted(tx: Transaction, most: int) -> list[str]:
    """Take alerts that were noted; none where another replica does."""
    mine = await tx.session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": ROUTING_LOCK}
    )
    if not mine:
        return []
    rows = await tx.session.scalars(
        text(
            "DELETE FROM noted WHERE id IN (SELECT id FROM noted ORDER BY id LIMIT :most)"
            " RETURNING alert"
        ),
        {"most": most},
    )
    return sorted(set(rows))


async def place(tx: Transaction, placed: Sequence[Placed], at: datetime) -> None:
    """Put alerts into their groups, and have the groups looked at in time."""
    # Groups first, then members, then labels: who looks at a group locks in that order, too.
    wanted = {
        (route.path, key_of(labels := route.key(each.member.labels))): labels
        for each in placed
        for route in each.routes
        if each.member.is_open
    }
    await _make_groups(tx, wanted)
    known = await _lock_groups(tx, [each.member.alert for each in placed], wanted.keys())
    groups = {(row.route, row.key): row for row in known}
    members: set[tuple[int, str]] = set()
    for each in placed:
        for route in each.routes:
            row = groups.get((route.path, key_of(route.key(each.member.labels))))
            if row is None:
                continue  # it ended before anybody was told
            members.add((row.id, each.member.alert))
            due = next_look(route, begins_at=each.begins_at, first_at=row.first_at, at=at)
            row.due_at = min(row.due_at, due) if row.due_at else due
    await _move_members(tx, [each.member.alert for each in placed], members, at)
    await upsert(tx, AlertLabelRow, ["alert"], [_label_row(each.member, at) for each in placed])


async def _make_groups(
    tx: Transaction, wanted: Mapping[tuple[str, str], Mapping[str, str]]
) -> None:
    rows = [
        {"route": route, "key": key, "labels": labels}
        for (route, key), labels in sorted(wanted.items(), key=lambda each: each[0])
    ]
    if rows:
        made = insert(table_of(GroupRow)).on_conflict_do_nothing(index_elements=["route", "key"])
        await tx.session.execute(made, rows)


async def _lock_groups(
    tx: Transaction, alerts: Sequence[str], wanted: Collection[tuple[str, str]]
) -> list[GroupRow]:
    rows = await tx.session.scalars(
        select(GroupRow).from_statement(
            text(
                "SELECT g.* FROM alert_group g WHERE g.id IN ("
                ' SELECT m."group" FROM alert_group_member m WHERE m.alert = ANY(:alerts)'
                " UNION SELECT w.id FROM alert_group w JOIN unnest("
                "   CAST(:routes AS text[]), CAST(:keys AS text[])) AS n(route, key)"
                "   ON w.route = n.route AND w.key = n.key)"
                " ORDER BY g.id FOR UPDATE"
            )
        ),
        {
            "alerts": list(alerts),
            "routes": [route for route, _ in wanted],
            "keys": [key for _, key in wanted],
        },
    )
    return list(rows)


async def _move_members(
    tx: Transaction,
    alerts: Sequence[str],
    members: Collection[tuple[int, str]],
    at: datetime,
) -> None:
    """Take alerts out of the groups that they belong to no more, and into their new ones."""
    await tx.session.execute(
        text(
            "DELETE FROM alert_group_member m WHERE m.alert = ANY(:alerts) AND NOT EXISTS ("
            " SELECT FROM unnest(CAST(:groups AS bigint[]), CAST(:members AS text[]))"
            ' AS n(g, alert) WHERE n.g = m."group" AND n.alert = m.alert)'
        ),
        {
            "alerts": list(alerts),
            "groups": [group for group, _ in members],
            "members": [alert for _, alert in members],
        },
    )
    await tx.session.execute(
        text(
            "UPDATE untold SET over_at = :at WHERE alert = ANY(:alerts) AND over_at IS NULL"
            ' AND NOT EXISTS (SELECT FROM alert_group_member m WHERE m."group" = untold."group"'
            " AND m.alert = untold.alert)"
        ),
        {"alerts": list(alerts), "at": at},
    )
    rows = [{"group": group, "alert": alert} for group, alert in sorted(members)]
    if rows:
        await tx.session.execute(insert(table_of(MemberRow)).on_conflict_do_nothing(), rows)


async def wake_held_back(tx: Transaction, by: Sequence[str], at: datetime) -> None:
    """Have groups looked at in which these held something back: ``alert/…``, ``silence/…``."""
    # Who routes locks groups, too, in an order of his own.
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ROUTING_LOCK})
    await tx.session.execute(
        text(
            "UPDATE alert_group g SET due_at = least(g.due_at, :at) WHERE g.id IN ("
            ' SELECT u."group" FROM untold u WHERE u.by = ANY(:by) AND u.over_at IS NULL)'
        ),
        {"by": list(by), "at": at},
    )
    tx.announce(NEWS)


async def take_due(tx: Transaction, at: datetime, most: int) -> list[Group]:
    """Take groups that are due, with their members and what was told; other replicas pass by."""
    rows = list(
        await tx.session.scalars(
            select(GroupRow)
            .where(GroupRow.due_at <= at)
            .order_by(GroupRow.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
    )
    groups = {
        row.id: Group(id=row.id, route=row.route, labels=row.labels, due_at=row.due_at)
        for row in rows
        if row.due_at is not None
    }
    members = await tx.session.execute(
        select(MemberRow.group, AlertLabelRow)
        .join(AlertLabelRow, AlertLabelRow.alert == MemberRow.alert)
        .where(MemberRow.group.in_(groups))
        .order_by(MemberRow.alert)
    )
    for group, row in members:
        groups[group].members.append(read_member(row))
    for told in await tx.session.scalars(select(ToldRow).where(ToldRow.group.in_(groups))):
        groups[told.group].told[told.channel, told.person] = Told(
            open=frozenset(told.open), ended=frozenset(told.ended), at=told.at, number=told.number
        )
    return list(groups.values())


async def list_sources(tx: Transaction, policy: Policy) -> list[Member]:
    """Return the open alerts that may inhibit others."""
    found: dict[str, Member] = {}
    for rule in policy.inhibitions:
        exact = {each.label: each.value for each in rule.source if each.op == "="}
        exact.pop("within", None)
        rows = await tx.session.scalars(
            select(AlertLabelRow)
            .where(AlertLabelRow.is_open, AlertLabelRow.labels.contains(exact))
            .order_by(AlertLabelRow.alert)
        )
        for member in map(read_member, rows):
            if all(each.holds(member.labels) for each in rule.source):
                found[member.alert] = member
    return list(found.values())


async def finish(
    tx: Transaction, group: Group, decision: Decision, due: datetime | None, at: datetime
) -> None:
    """Store what came of looking at a group."""
    ended = [
        each.alert for each in group.members if not each.is_open and each.alert not in decision.kept
    ]
    row = await tx.session.get(GroupRow, group.id)
    assert row is not None, "it was locked"
    is_empty = len(ended) == len(group.members)
    row.due_at, row.first_at = due, None if is_empty else row.first_at or at
    if ended:
        await tx.session.execute(
            delete(MemberRow).where(MemberRow.group == group.id, is_one_of(MemberRow.alert, ended))
        )
    rows = [
        {
            "group": group.id,
            "channel": channel,
            "person": person,
            "open": sorted(told.open),
            "ended": sorted(told.ended),
            "at": told.at,
            "number": told.number,
        }
        for (channel, person), told in sorted(decision.told.items())
    ]
    await upsert(tx, ToldRow, ["group", "channel", "person"], rows)
    await _save_untold(tx, group, decision, at)


async def _save_untold(tx: Transaction, group: Group, decision: Decision, at: datetime) -> None:
    rows = {
        (each.alert, *each.target, each.reason, each.by): {
            "alert": each.alert,
            "channel": each.target[0],
            "person": each.target[1],
            "reason": each.reason.value,
            "by": each.by,
            "group": group.id,
            "first_at": at,
            "last_at": at,
            "until": each.until,
            "over_at": None,
        }
        for each in decision.untold
    }
    # What held alerts of this group back before, and was not found again, is over.
    await tx.session.execute(
        text('UPDATE untold SET over_at = :at WHERE "group" = :group AND over_at IS NULL'),
        {"at": at, "group": group.id},
    )
    if not rows:
        return
    made = insert(table_of(UntoldRow))
    new = made.excluded
    made = made.on_conflict_do_update(
        index_elements=["alert", "channel", "person", "reason", "by"],
        set_={name: new[name] for name in ("group", "last_at", "until", "over_at")},
    )
    await tx.session.execute(made, list(rows.values()))


async def put_off(tx: Transaction, group: Group, due: datetime) -> None:
    """Have a group looked at later."""
    row = await tx.session.get(GroupRow, group.id)
    assert row is not None, "it was locked"
    row.due_at = due


async def drop_group(tx: Transaction, group: Group) -> None:
    """Forget a group whose route is no more."""
    await tx.session.execute(delete(GroupRow).where(GroupRow.id == group.id))


async def next_due(tx: Transaction) -> datetime | None:
    """Return when the next group is due; None when none is."""
    found: datetime | None = await tx.session.scalar(text("SELECT min(due_at) FROM alert_group"))
    return found


def read_member(row: AlertLabelRow) -> Member:
    """Return an alert as its groups see it."""
    labels: Labels = row.labels
    return Member(
        alert=row.alert, labels=labels, is_open=row.is_open, mark=row.mark, is_seen=row.is_seen
    )


def key_of(labels: Mapping[str, str]) -> str:
    """Return labels written in one way; the digest of it where it is longer than an index takes."""
    written = json.dumps(labels, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    as_bytes = written.encode()
    return written if len(as_bytes) <= MOST_OF_KEY else sha256(as_bytes).hexdigest()


def _label_row(member: Member, at: datetime) -> dict[str, Any]:
    return {
        "alert": member.alert,
        "labels": dict(member.labels),
        "is_open": member.is_open,
        "mark": member.mark,
        "is_seen": member.is_seen,
        "changed_at": at,
    }
