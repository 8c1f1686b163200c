"""Values that people handed in: entries, what was done with them, and which are approved."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from datahub.indicators.domain.handed import (
    Entry,
    Handed,
    HandedNotFoundError,
    State,
    Step,
    value_of,
)
from datahub.indicators.domain.measured import Value
from datahub.indicators.domain.spots import Spot
from datahub.indicators.repository.following import INDICATORS
from datahub.locks import Space
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.kit.sql import text

HANDED: Final = "handed-in"
"""What a commit announces in which something was done with a value that was handed in."""

_ENTRY: Final = (
    "indicator, scope, period, numerator, denominator, n, evidence, evidence_name, link, note"
)
_WHOLE: Final = f"id, {_ENTRY}, value, state, version, entered_by, entered_at"


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved value, and since when it is."""

    value: Value
    at: datetime


async def lock_place(tx: Transaction, entry: Entry) -> None:
    """Let whoever else hands in a value for a cell wait, or decides on one."""
    await tx.session.execute(
        text(f"SELECT pg_advisory_xact_lock({Space.HANDED_VALUE}, hashtext(:cell))"),
        {"cell": entry.cell},
    )


async def get(tx: Transaction, handed: str) -> Handed:
    """Return a value that was handed in, locked with its cell.

    Raises:
        HandedNotFoundError: there is none of that id.
    """
    query, key = text(f"SELECT {_WHOLE} FROM handed_value WHERE id = :id"), {"id": handed}
    row = (await tx.session.execute(query, key)).one_or_none()
    if row is None:
        raise HandedNotFoundError(f"没有填报 {handed}", f"no value {handed} was handed in")
    await lock_place(tx, _handed(row).entry)
    return _handed((await tx.session.execute(query, key)).one())


async def list_current(tx: Transaction, entry: Entry) -> dict[State, Handed]:
    """Return what is there for a cell that may still count, by its state."""
    rows = await tx.session.execute(
        text(
            f"SELECT {_WHOLE} FROM handed_value WHERE indicator = :indicator AND scope = :scope"
            " AND period = :period AND state IN ('waiting', 'approved')"
        ),
        {"indicator": entry.indicator, "scope": entry.scope, "period": entry.period},
    )
    return {each.state: each for each in map(_handed, rows)}


async def list_waiting(tx: Transaction, indicator: str) -> list[str]:
    """Return the ids of what was handed in for an indicator and is not decided on."""
    rows = await tx.session.scalars(
        text(
            "SELECT id FROM handed_value WHERE indicator = :indicator AND state = 'waiting'"
            " ORDER BY id LIMIT 20"
        ),
        {"indicator": indicator},
    )
    return list(rows)


async def add(tx: Transaction, entry: Entry, by: str, replaces: Handed | None) -> Handed:
    """Insert an entry that waits to be decided on."""
    key = str(uuid7())
    names = f"id, {_ENTRY}, value, replaces, state, version, entered_by"
    rows = await tx.session.execute(
        text(
            f"INSERT INTO handed_value ({names}) VALUES (:id, :indicator, :scope, :period,"
            " :numerator, :denominator, :n, :evidence, :evidence_name, :link, :note, :value,"
            f" :replaces, 'waiting', 1, :by) RETURNING {_WHOLE}"
        ),
        {
            **asdict(entry),
            "id": key,
            "value": value_of(entry),
            "replaces": replaces.id if replaces else None,
            "by": by,
        },
    )
    await _note(tx, key, "entered", by, None)
    return _handed(rows.one())


async def move(
    tx: Transaction, handed: Handed, state: State, by: str, reason: str | None = None
) -> None:
    """Note what became of a value; one that is approved, or is no more, is measured next."""
    await tx.session.execute(
        text("UPDATE handed_value SET state = :state, version = version + 1 WHERE id = :id"),
        {"id": handed.id, "state": state},
    )
    assert state != "waiting"
    await _note(tx, handed.id, state, by, reason)
    if "approved" in {state, handed.state}:
        await tx.session.execute(
            text(
                "INSERT INTO handed_due (indicator, scope, period)"
                " SELECT indicator, scope, period FROM handed_value WHERE id = :id"
            ),
            {"id": handed.id},
        )
        tx.announce(INDICATORS)


async def _note(tx: Transaction, handed: str, step: Step, by: str, reason: str | None) -> None:
    await tx.session.execute(
        text(
            'INSERT INTO handed_step (handed, step, "by", reason)'
            " VALUES (:handed, :step, :by, :reason)"
        ),
        {"handed": handed, "step": step, "by": by, "reason": reason},
    )
    tx.announce(HANDED)


async def is_scope(tx: Transaction, scope: str) -> bool:
    """Return whether the hub has told of a scope that is still there."""
    query = "SELECT EXISTS (SELECT FROM scope WHERE scope = :scope AND NOT (doc->>'gone')::boolean)"
    return bool(await tx.session.scalar(text(query), {"scope": scope}))


async def has_uploaded(tx: Transaction, digest: str, by: str) -> bool:
    """Return whether somebody has uploaded a file."""
    query = 'SELECT EXISTS (SELECT FROM evidence_upload WHERE digest = :digest AND "by" = :by)'
    return bool(await tx.session.scalar(text(query), {"digest": digest, "by": by}))


async def measured_among(tx: Transaction, cells: Collection[str]) -> set[str]:
    """Return those of some cells that have a value which nobody handed in."""
    if not cells:
        return set()
    rows = await tx.session.scalars(
        text(
            "SELECT id FROM measurement WHERE id = ANY(:cells) AND value IS NOT NULL AND NOT manual"
        ),
        {"cells": list(cells)},
    )
    return set(rows)


async def take_due(tx: Transaction) -> dict[str, set[Spot]]:
    """Return, and forget, the cells of which another value is approved, by their indicator."""
    rows = await tx.session.execute(
        text("DELETE FROM handed_due RETURNING indicator, scope, period")
    )
    return _by_indicator(rows)


async def approved_places(tx: Transaction, indicators: Iterable[str]) -> dict[str, set[Spot]]:
    """Return the cells for which some indicators have an approved value."""
    rows = await tx.session.execute(
        text(
            "SELECT indicator, scope, period FROM handed_value"
            " WHERE state = 'approved' AND indicator = ANY(:ids)"
        ),
        {"ids": sorted(indicators)},
    )
    return _by_indicator(rows)


async def approved_values(tx: Transaction, cells: Collection[str]) -> dict[str, Approved]:
    """Return the approved values of some cells, by the cells' ids."""
    rows = await tx.session.execute(
        text(
            "SELECT c.id, h.value, h.numerator, h.denominator, h.n, s.at"
            " FROM unnest(CAST(:cells AS text[])) AS c(id) JOIN handed_value h"
            " ON h.indicator = split_part(c.id, '|', 1) AND h.scope = split_part(c.id, '|', 2)"
            " AND h.period = split_part(c.id, '|', 3) AND h.state = 'approved'"
            " JOIN handed_step s ON s.handed = h.id AND s.step = 'approved'"
        ),
        {"cells": list(cells)},
    )
    return {
        row.id: Approved(
            Value(
                value=row.value,
                numerator=row.numerator if row.denominator is not None else row.value,
                denominator=row.denominator,
                n=row.n,
                coverage=Decimal(1),
                reason=None,
            ),
            row.at,
        )
        for row in rows
    }


def _by_indicator(rows: Iterable[Any]) -> dict[str, set[Spot]]:
    found: defaultdict[str, set[Spot]] = defaultdict(set)
    for row in rows:
        found[row.indicator].add((row.scope, row.period))
    return dict(found)


def _handed(row: Any) -> Handed:
    names = ("indicator", "scope", "period", "numerator", "denominator", "n")
    more = ("evidence", "evidence_name", "link", "note")
    has_parts = row.denominator is not None
    said = {name: getattr(row, name) for name in (*names, *more)}
    return Handed(
        id=row.id,
        entry=Entry(value=None if has_parts else row.value, **said),
        state=row.state,
        version=row.version,
        entered_by=row.entered_by,
        entered_at=row.entered_at,
    )
