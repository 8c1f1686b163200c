"""Definitions in force, and how far the measurer has followed the change feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import structlog
from sqlalchemy import select, text

from datahub.dictionary.domain.differences import Bound
from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.document import IndicatorInvalidError, parse_indicator
from datahub.indicators.tables import IndicatorRow
from shared.kit.database import Transaction

INDICATORS: Final = "indicators"
"""What a commit announces in which a definition was published."""

MAX_CHANGES_A_ROUND = 120_000
"""Changes followed in one round; a longer backlog is worked off in several."""

_parsed: dict[tuple[str, int, datetime], tuple[Dictionary, Indicator | None]] = {}
"""Definitions that this process has read, by id, version and instant of publishing, with the
dictionary that they were read by. None is one to which this dictionary gives no sense: it is not
measured, and holds up no other."""

log = structlog.get_logger()

_IN_FORCE = text(
    "SELECT DISTINCT ON (id) id, version, document, published_at"
    " FROM indicator ORDER BY id, version DESC"
)

_WITHOUT_DOCUMENTS = text(
    "SELECT DISTINCT ON (id) id, version, published_at, measured_at IS NULL AS is_fresh"
    " FROM indicator ORDER BY id, version DESC"
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the measurer has come."""

    last_seq: int
    day: date | None
    """On which it measured last."""


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A numbered change set that is to be followed."""

    id: int
    entity: str
    last_seq: int
    correlation: str | None


async def use_one_snapshot(tx: Transaction) -> None:
    """Let every statement of the transaction see the same state."""
    connection = await tx.driver()
    await connection.execute(
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = '10min'"
    )


async def lock_cursor(tx: Transaction) -> Cursor | None:
    """Return the cursor, locked; None when another measurer leads."""
    row = (
        await tx.session.execute(
            text("SELECT last_seq, day FROM measure_cursor WHERE id = 1 FOR UPDATE SKIP LOCKED")
        )
    ).one_or_none()
    return None if row is None else Cursor(row.last_seq, row.day)


async def list_new_change_sets(tx: Transaction, after: int) -> list[ChangeSet]:
    """Return numbered change sets after the cursor, in their order, up to a round's worth."""
    rows = await tx.session.execute(
        text(
            "SELECT id, entity, first_seq + rows - 1 AS last_seq, correlation FROM change_set"
            " WHERE first_seq > :after AND first_seq <= CAST(:after AS bigint) + :most"
            " ORDER BY first_seq"
        ),
        {"after": after, "most": MAX_CHANGES_A_ROUND},
    )
    return [ChangeSet(*row) for row in rows]


async def advance_cursor(tx: Transaction, watermark: int, day: date) -> int:
    """Move the cursor; return the number of this round, which grows with every round."""
    return int(
        await tx.session.scalar(
            text(
                "UPDATE measure_cursor SET last_seq = :watermark, rounds = rounds + 1, day = :day"
                " WHERE id = 1 RETURNING rounds"
            ),
            {"watermark": watermark, "day": day},
        )
        or 0
    )


async def get_indicator_row(
    tx: Transaction, indicator_id: str, *, lock: bool = False
) -> IndicatorRow | None:
    """Return the version in force of a definition; None when there is none.

    Args:
        lock: whoever saves the same definition waits, also while there is none yet.
    """
    if lock:
        await tx.session.execute(
            text("SELECT pg_advisory_xact_lock(816, hashtext(:id))"), {"id": indicator_id}
        )
    query = (
        select(IndicatorRow)
        .where(IndicatorRow.id == indicator_id)
        .order_by(IndicatorRow.version.desc())
        .limit(1)
    )
    return await tx.session.scalar(query)


async def add_indicator(tx: Transaction, indicator: Indicator, document: Mapping[str, Any]) -> None:
    """Insert a version of a definition."""
    tx.session.add(
        IndicatorRow(id=indicator.id, version=indicator.version, document=dict(document))
    )
    await tx.session.flush()
    tx.announce(INDICATORS)


async def list_indicators(
    tx: Transaction, dictionary: Dictionary
) -> tuple[list[Indicator], list[Indicator]]:
    """Return the version in force of every indicator, and those that were never measured whole."""
    rows = (await tx.session.execute(_WITHOUT_DOCUMENTS)).all()
    places = [(row.id, row.version, row.published_at) for row in rows]
    if any(_parsed.get(place, (None,))[0] is not dictionary for place in places):
        await _parse_all(tx, dictionary)
    read = [(_parsed[place][1], row.is_fresh) for place, row in zip(places, rows, strict=True)]
    found = [(each, is_fresh) for each, is_fresh in read if each is not None]
    return [each for each, _ in found], [each for each, is_fresh in found if is_fresh]


async def _parse_all(tx: Transaction, dictionary: Dictionary) -> None:
    for row in await tx.session.execute(_IN_FORCE):
        faults = faults_of(row, dictionary)
        if faults:
            log.error("indicator_not_measured", indicator=row.id, faults=faults)
        indicator = None if faults else parse_indicator(row.document, dictionary, row.version)
        _parsed[row.id, row.version, row.published_at] = (dictionary, indicator)


async def list_bound_indicators(
    tx: Transaction, present: Dictionary, after: Dictionary
) -> list[Bound]:
    """Return why the next dictionary would refuse a definition that the present one takes."""
    bound = []
    for row in await tx.session.execute(_IN_FORCE):
        before, now = (faults_of(row, dictionary) for dictionary in (present, after))
        if now and not before:
            bound.append(Bound(kind="indicator", id=row.id, faults=now))
    return bound


def faults_of(row: Any, dictionary: Dictionary) -> dict[str, list[str]]:
    """Return why a dictionary gives a stored definition no sense, by place; empty where it does."""
    try:
        parse_indicator(row.document, dictionary, row.version)
    except IndicatorInvalidError as error:
        return error.fields
    return {}


async def list_waiting(tx: Transaction, indicators: Sequence[str]) -> set[str]:
    """Return indicators that lacked an entity when they were last measured.

    One cell tells for all: they are measured whole in the round that finds the entity delivered.
    """
    rows = await tx.session.scalars(
        text(
            "SELECT i.id FROM unnest(CAST(:ids AS text[])) AS i(id) JOIN LATERAL ("
            " SELECT m.reason FROM measurement m WHERE m.indicator = i.id"
            "  AND m.reason IS DISTINCT FROM 'no-rows' LIMIT 1) m ON m.reason = 'not-delivered'"
        ),
        {"ids": list(indicators)},
    )
    return set(rows)


async def mark_measured(tx: Transaction, indicators: Sequence[str]) -> None:
    """Note that indicators have been measured whole with their version in force."""
    if not indicators:
        return
    await tx.session.execute(
        text(
            "UPDATE indicator SET measured_at = now() WHERE id = ANY(:ids) AND measured_at IS NULL"
        ),
        {"ids": list(indicators)},
    )
