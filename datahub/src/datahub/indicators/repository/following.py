"""Definitions in force, and how far the measurer has followed the change feed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import structlog
from sqlalchemy import select

from datahub.dictionary.domain.differences import Bound
from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.depending import named_in, ordered
from datahub.indicators.domain.document import IndicatorInvalidError, parse_indicator
from datahub.indicators.domain.formula.others import Known
from datahub.indicators.tables import IndicatorRow
from datahub.ingest.domain.rekeying import REKEY
from datahub.locks import Space
from shared.kit.database import Transaction
from shared.kit.sql import text

INDICATORS: Final = "indicators"
"""What a commit announces in which a definition was published."""

MAX_CHANGES_A_ROUND = 120_000
"""Changes followed in one round; a longer backlog is worked off in several."""

Versions = Sequence[Any]
"""Stored versions in force of a definition, the newest first."""

Read = tuple[Indicator | None, Mapping[str, list[str]]]
"""A definition as a dictionary reads it, and what is wrong with it; None is not measured."""

Place = tuple[str, int, datetime, date | None]

_parsed: dict[Place, tuple[Dictionary, Indicator | None]] = {}
"""Definitions that this process has read, by id, version, instant of publishing and
day of retirement, with the dictionary that they were read by. None is one to which this dictionary
gives no sense: it is not measured, and holds up no other."""

log = structlog.get_logger()

_IN_FORCE = text(
    "SELECT i.id, i.version, i.document, i.published_at, i.retired_on, i.departs_from,"
    " i.origin FROM indicator i"
    " WHERE NOT EXISTS (SELECT FROM indicator later"
    "  WHERE later.id = i.id AND later.version > i.version"
    "   AND (later.document ->> 'effective_from' IS NULL"
    "    OR later.document ->> 'effective_from' <= i.document ->> 'effective_from'))"
    " ORDER BY i.id, i.version DESC"
)
"""Every version in force: the newest, and of those before it whichever began earlier."""

_WITHOUT_DOCUMENTS = text(
    "SELECT DISTINCT ON (id) id, version, published_at, parked IS NOT NULL AS is_parked,"
    " retired_on, measured_at IS NULL AS is_fresh FROM indicator ORDER BY id, version DESC"
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the measurer has come."""

    last_seq: int
    day: date | None
    """On which it measured last."""

    audited_on: date | None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A numbered change set that is to be followed."""

    id: int
    entity: str
    last_seq: int
    correlation: str | None


async def use_one_snapshot(tx: Transaction, seconds: float) -> None:
    """Let every statement of the transaction see the same state, and none take longer."""
    await tx.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    await tx.session.execute(text(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"))


async def plan_once(tx: Transaction) -> None:
    """Let PostgreSQL plan each statement but once in a connection, whatever is bound to it.

    The statements of a round are the same as those of the round before, and planning them takes
    longer than one changed record does.
    """
    await tx.session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))


async def lock_cursor(tx: Transaction) -> Cursor | None:
    """Return the cursor, locked; None when another measurer leads."""
    row = (
        await tx.session.execute(
            text(
                "SELECT last_seq, day, audited_on FROM measure_cursor WHERE id = 1"
                " FOR UPDATE SKIP LOCKED"
            )
        )
    ).one_or_none()
    return None if row is None else Cursor(row.last_seq, row.day, row.audited_on)


async def read_cursor(tx: Transaction) -> Cursor:
    """Return the cursor as it stands; whoever only looks needs no lock."""
    query = "SELECT last_seq, day, audited_on FROM measure_cursor WHERE id = 1"
    row = (await tx.session.execute(text(query))).one()
    return Cursor(row.last_seq, row.day, row.audited_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The changes that one round follows, and those that come after them."""

    sets: Sequence[ChangeSet]
    """Numbered, in their order."""

    watermark: int
    """Number of the last change that counts."""

    by_entity: Mapping[str, Sequence[int]]
    """The round's change sets."""

    later: Mapping[str, Sequence[int]]
    """Change sets that do not count yet; records hold what they changed already."""

    later_than_before: Mapping[str, Sequence[int]]
    """The same before the round: both together."""

    rekeyed: frozenset[str]
    """Entities of which a record got another key in the round."""

    is_more: bool
    """Whether numbered changes are left for the round after this one."""

    @property
    def changed(self) -> frozenset[str]:
        """Entities that changed."""
        return frozenset(self.by_entity)


async def read_span(tx: Transaction, after: int) -> Span | None:
    """Return a round's worth of numbered changes; None while a change of key is not numbered yet.

    Such a record cannot be read as it was before: the round waits until the change is its own.
    """
    rows = (
        await tx.session.execute(
            text(
                "SELECT s.id, s.entity, s.first_seq, s.first_seq + s.rows - 1 AS last_seq,"
                # Of a change set with changes of keys, every change is one.
                " s.correlation, EXISTS (SELECT FROM change c WHERE c.change_set = s.id"
                f" AND c.ordinal = 0 AND c.op = '{REKEY}') AS rekeys"
                " FROM change_set s WHERE s.first_seq > :after OR s.first_seq IS NULL"
                " ORDER BY s.first_seq NULLS LAST, s.id"
            ),
            {"after": after},
        )
    ).all()
    if any(row.rekeys and row.first_seq is None for row in rows):
        return None
    last = max((row.first_seq for row in rows if row.rekeys), default=0)
    most = max(after + MAX_CHANGES_A_ROUND, last)
    own = [row for row in rows if row.first_seq is not None and row.first_seq <= most]
    sets = [ChangeSet(row.id, row.entity, row.last_seq, row.correlation) for row in own]
    return Span(
        sets=sets,
        watermark=sets[-1].last_seq if sets else after,
        by_entity=_by_entity(own),
        later=_by_entity(rows[len(own) :]),
        later_than_before=_by_entity(rows),
        rekeyed=frozenset(row.entity for row in own if row.rekeys),
        is_more=any(row.first_seq is not None for row in rows[len(own) :]),
    )


def _by_entity(rows: Iterable[Any]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row.entity, []).append(row.id)
    return found


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


async def note_audit(
    tx: Transaction, day: date, wrong: int, *, kept_hash: str, counted_hash: str
) -> None:
    """Note that everything was counted anew on a day, and how many cells had been wrong.

    Args:
        kept_hash: of all cells as they were kept.
        counted_hash: of all cells as they were counted anew.
    """
    await tx.session.execute(
        text(
            "WITH audited AS ("
            " UPDATE measure_cursor SET audited_on = :day WHERE id = 1 RETURNING rounds, last_seq)"
            " INSERT INTO measure_audit"
            " (day, at, seq, watermark, cells, kept_hash, counted_hash)"
            " SELECT :day, clock_timestamp(), rounds, last_seq, :wrong, :kept, :counted"
            " FROM audited"
            " ON CONFLICT (day) DO UPDATE SET at = excluded.at, seq = excluded.seq,"
            "  watermark = excluded.watermark, cells = excluded.cells,"
            "  kept_hash = excluded.kept_hash, counted_hash = excluded.counted_hash"
        ),
        {"day": day, "wrong": wrong, "kept": kept_hash, "counted": counted_hash},
    )


async def lock_definitions(tx: Transaction) -> None:
    """Let whoever saves a definition wait: what one takes from another must hold for both."""
    await tx.session.execute(text(f"SELECT pg_advisory_xact_lock({Space.INDICATOR}, 0)"))


async def get_indicator_row(tx: Transaction, indicator_id: str) -> IndicatorRow | None:
    """Return the version in force of a definition; None when there is none."""
    query = (
        select(IndicatorRow)
        .where(IndicatorRow.id == indicator_id)
        .order_by(IndicatorRow.version.desc())
        .limit(1)
    )
    return await tx.session.scalar(query)


async def list_indicators(tx: Transaction, dictionary: Dictionary) -> list[Indicator]:
    """Return every indicator, each behind what it takes, those that are core and theirs first."""
    return [indicator for indicator, _ in await _in_force(tx, dictionary)]


async def list_measured(
    tx: Transaction, dictionary: Dictionary
) -> tuple[list[Indicator], list[Indicator]]:
    """Return the indicators that are measured, and those that never were, whole.

    Each follows what it takes; what was parked or retired is not among them.
    """
    in_force = await _in_force(tx, dictionary)
    found = [(each, row) for each, row in in_force if not row.is_parked and not row.retired_on]
    return [each for each, _ in found], [each for each, row in found if row.is_fresh]


async def _in_force(tx: Transaction, dictionary: Dictionary) -> list[tuple[Indicator, Any]]:
    rows = (await tx.session.execute(_WITHOUT_DOCUMENTS)).all()
    by_id = {row.id: _place(row) for row in rows}
    if any(_parsed.get(place, (None,))[0] is not dictionary for place in by_id.values()):
        await _parse_all(tx, dictionary)
    read = [(_parsed[by_id[row.id]][1], row) for row in rows]
    found = {each.id: (each, row) for each, row in read if each is not None}
    core = sorted(each.id for each, _ in found.values() if each.core)
    order = ordered({each.id: each.others for each, _ in found.values()}, core)
    return [found[name] for name in order]


async def _parse_all(tx: Transaction, dictionary: Dictionary) -> None:
    rows = await list_rows(tx)
    for name, (indicator, faults) in read_all(rows, dictionary).items():
        if faults:
            log.error("indicator_not_measured", indicator=name, faults=faults)
        _parsed[_place(rows[name][0])] = (dictionary, indicator)


def _place(row: Any) -> Place:
    return row.id, row.version, row.published_at, row.retired_on


def read_all(rows: Mapping[str, Versions], dictionary: Dictionary) -> dict[str, Read]:
    """Read stored definitions, each behind what it takes."""
    named = {
        name: frozenset().union(*(named_in(row.document.get("formula")) for row in versions))
        for name, versions in rows.items()
    }
    known: dict[str, Indicator] = {}
    found: dict[str, Read] = {}
    for name in ordered(named):
        found[name] = read_versions(rows[name], dictionary, known)
        if (indicator := found[name][0]) is not None:
            known[name] = indicator
    return found


def read_versions(versions: Versions, dictionary: Dictionary, known: Known) -> Read:
    """Read a stored definition with its versions in force; one with faults ends them.

    Args:
        known: the definitions that it may take.
    """
    row, *earlier = versions
    try:
        found = parse_indicator(row.document, dictionary, row.version, known)
    except IndicatorInvalidError as error:
        return None, error.fields
    found = replace(found, retired_on=row.retired_on)
    if not earlier:
        return found, {}
    before, faults = read_versions(earlier, dictionary, known)
    place = f"$.versions.{earlier[0].version}"
    return found.follow(before), {f"{place}{each[1:]}": faults[each] for each in faults}


async def list_bound_indicators(
    tx: Transaction, present: Dictionary, after: Dictionary
) -> list[Bound]:
    """Return why the next dictionary would refuse a definition that the present one takes."""
    rows = await list_rows(tx)
    before, now = (read_all(rows, dictionary) for dictionary in (present, after))
    return [
        Bound(kind="indicator", id=name, faults=faults)
        for name, (_, faults) in now.items()
        if faults and not before[name][1]
    ]


async def list_rows(tx: Transaction) -> Mapping[str, Versions]:
    """Return the stored versions in force of every definition, by id."""
    found: dict[str, list[Any]] = {}
    for row in await tx.session.execute(_IN_FORCE):
        found.setdefault(row.id, []).append(row)
    return found


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


async def mark_due(tx: Transaction, indicators: Collection[str]) -> None:
    """Note that indicators are to be measured whole in a round after this one."""
    if not indicators:
        return
    await tx.session.execute(
        text(
            "UPDATE indicator i SET measured_at = NULL WHERE id = ANY(:ids)"
            " AND version = (SELECT max(version) FROM indicator WHERE id = i.id)"
        ),
        {"ids": list(indicators)},
    )


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
