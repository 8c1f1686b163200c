"""When the next delivery is due; each one that is missed is told of once, and when it has come."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.duration import read_duration
from datahub.quality.domain.rhythm import CAMPUS, Expected, Rhythm, expect, read_rhythm
from datahub.quality.repository.feeds import lead_watch, present_instant
from datahub.quality.usecases.watching import watch_feeds
from shared.kit.database import Database
from shared.testing import TestServers, new_database

TERMS = [
    (date(2026, 2, 23), date(2026, 7, 10)),
    (date(2026, 9, 1), date(2027, 1, 15)),
    (date(2027, 2, 22), date(2027, 7, 9)),
]


def at(text: str) -> datetime:
    """Return an instant of the campus: ``11-23 08:00`` of 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=CAMPUS)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30m", 1800), ("24h", 86400), ("7d", 604800), ("2w", 1209600)],
)
def test_a_span_of_time(text: str, seconds: int) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value", ["0h", "h", "24", "1.5h", "-1h", "10000h", "", None, 5, "\uff11h"]
)
def test_what_is_no_span_of_time(value: object) -> None:
    assert read_duration(value) is None


@pytest.mark.parametrize(
    ("value", "rhythm"),
    [
        ("daily", Rhythm("daily", timedelta(0))),
        ("term", Rhythm("term", timedelta(0))),
        ("90m", Rhythm(timedelta(minutes=90), timedelta(0))),
        ({"every": "weekly", "grace": "6h"}, Rhythm("weekly", timedelta(hours=6))),
        ({"every": "24h"}, Rhythm(timedelta(hours=24), timedelta(0))),
        ("hourly", None),
        ({"grace": "6h"}, None),
        ({"every": "daily", "colour": 1}, None),
        (None, None),
        (5, None),
    ],
)
def test_a_feed_declares_its_rhythm(value: object, rhythm: Rhythm | None) -> None:
    assert read_rhythm(value) == rhythm


@pytest.mark.parametrize(
    ("every", "last", "now", "due", "level"),
    [
        # A span: due that long after the last delivery.
        ("24h", "11-23 08:00", "11-24 07:59", "11-24 08:00", None),
        ("24h", "11-23 08:00", "11-24 08:00", "11-24 08:00", "late"),
        ("24h", "11-23 08:00", "11-26 07:59", "11-25 08:00", "late"),
        ("24h", "11-23 08:00", "11-26 08:00", "11-26 08:00", "missing"),
        # Daily: one in each day after that of the last one; missed when the day is over.
        ("daily", "11-23 23:59", "11-24 23:59", "11-25 00:00", None),
        ("daily", "11-23 00:01", "11-25 00:00", "11-25 00:00", "late"),
        ("daily", "11-23 00:01", "11-27 12:00", "11-27 00:00", "missing"),
        # Weeks begin on Monday: the 23rd of November 2026 is one.
        ("weekly", "11-22 23:00", "11-29 23:59", "11-30 00:00", None),
        ("weekly", "11-22 23:00", "11-30 00:00", "11-30 00:00", "late"),
        ("weekly", "11-23 00:00", "12-06 23:59", "12-07 00:00", None),
        ("monthly", "10-31 12:00", "11-30 23:59", "12-01 00:00", None),
        ("monthly", "10-31 12:00", "12-01 00:00", "12-01 00:00", "late"),
        ("monthly", "08-31 12:00", "12-01 00:00", "12-01 00:00", "missing"),
        # Terms come from the school calendar; the last day belongs to the term.
        ("term", "03-01 12:00", "09-01 12:00", "01-16 00:00", None),
    ],
)
def test_when_a_delivery_is_due(
    every: str, last: str, now: str, due: str, level: str | None
) -> None:
    rhythm = read_rhythm(every)
    assert rhythm is not None
    expected = at(due) if every != "term" else at(due).replace(year=2027)

    assert expect(rhythm, at(last), at(now), TERMS) == Expected(expected, level)


def test_a_grace_puts_off_what_is_late_and_not_when_it_was_due() -> None:
    rhythm = Rhythm("daily", timedelta(hours=2))

    in_time = expect(rhythm, at("11-23 08:00"), at("11-25 01:59"), [])
    late = expect(rhythm, at("11-23 08:00"), at("11-25 02:00"), [])

    assert in_time == Expected(at("11-25 00:00"), None)
    assert late == Expected(at("11-25 00:00"), "late")


def test_a_term_that_is_not_in_the_calendar_is_not_expected() -> None:
    rhythm = Rhythm("term", timedelta(0))
    after = datetime(2027, 3, 1, tzinfo=CAMPUS)

    assert expect(rhythm, after, after, TERMS) is None
    late = expect(rhythm, at("03-01 12:00"), datetime(2028, 1, 1, tzinfo=CAMPUS), TERMS)
    assert late == Expected(datetime(2027, 7, 10, tzinfo=CAMPUS), "late")


def test_a_clock_that_runs_backwards_makes_nothing_late() -> None:
    rhythm = Rhythm(timedelta(hours=1), timedelta(0))

    assert expect(rhythm, at("11-23 08:00"), at("11-22 08:00"), []) == Expected(
        at("11-23 09:00"), None
    )


class Desk:
    """A database of the hub without the hub: nobody else watches its feeds."""

    def __init__(self, database: Database, dictionary: Dictionary) -> None:
        self._database = database
        self._dictionary = dictionary

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """Return the rows of a statement."""
        async with self._database.transaction() as tx:
            result = await tx.session.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    async def save(self, rhythm: Any, saved_at: datetime) -> None:
        """Save the feed with a rhythm, or with another one."""
        document = json.dumps({"fields": {}} | ({"rhythm": rhythm} if rhythm else {}))
        await self.sql(
            "INSERT INTO feed (id, version, source, entity, is_default, document, saved_at)"
            " VALUES ('f', 1, 'academic', 'course', false, CAST(:document AS jsonb), :at)"
            " ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            document=document,
            at=saved_at,
        )

    async def deliver(self, instant: datetime, channel: str = "rest") -> None:
        """Let a batch of the feed have come."""
        await self.sql(
            "INSERT INTO batch (feed, feed_version, source, entity, mode, channel, finished_at)"
            " VALUES ('f', 1, 'academic', 'course', 'upsert', :channel, :at)",
            channel=channel,
            at=instant,
        )

    async def watch(self, now: datetime) -> None:
        """Hold the feed against its rhythm at an instant."""
        async with self._database.transaction() as tx:
            await watch_feeds(tx, self._dictionary, now)

    async def events(self) -> list[Any]:
        """Return what was published, oldest first."""
        rows = await self.sql("SELECT payload FROM outbox ORDER BY seq")
        return [json.loads(row.payload) for row in rows]

    async def told(self) -> list[tuple[Any, ...]]:
        """Return level, due instant and lateness of what was published."""
        names = ("level", "expected_at", "late_by_seconds")
        return [tuple(each["data"][name] for name in names) for each in await self.events()]


@pytest_asyncio.fixture
async def desk(servers: TestServers, dictionary: Dictionary) -> AsyncIterator[Desk]:
    database = Database(await new_database(servers, "datahub"), "datahub")
    yield Desk(database, dictionary)
    await database.dispose()


def iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def test_each_missed_delivery_is_told_of_once_and_it_clears(desk: Desk) -> None:
    last = at("11-23 08:00")
    day, hour = timedelta(days=1), timedelta(hours=1)
    await desk.save({"every": "24h", "grace": "1h"}, last - day)
    await desk.deliver(last)

    for now in (day, day + hour, day + 2 * hour, 2 * day, 2 * day + hour, 3 * day + hour):
        await desk.watch(last + now)
    missed = await desk.told()
    await desk.deliver(last + 3 * day + 2 * hour)
    for _ in range(2):
        await desk.watch(last + 3 * day + 3 * hour)

    assert missed == [
        ("late", iso(last + day), 3600),
        ("late", iso(last + 2 * day), 3600),
        ("missing", iso(last + 3 * day), 3600),
    ]
    assert await desk.told() == [*missed, ("cleared", iso(last + 3 * day), 7200)]


async def test_a_replay_is_no_delivery_and_a_rhythm_that_went_clears(desk: Desk) -> None:
    last, hour = at("11-23 08:00"), timedelta(hours=1)
    await desk.save("24h", last)
    await desk.deliver(last)

    await desk.watch(last + 25 * hour)
    await desk.deliver(last + 26 * hour, channel="replay")
    await desk.watch(last + 27 * hour)
    late = await desk.told()
    await desk.save(None, last)
    for _ in range(2):
        await desk.watch(last + 28 * hour)

    assert [each[0] for each in late] == ["late"]
    assert [each[0] for each in await desk.told()] == ["late", "cleared"]


async def test_a_retired_feed_is_awaited_no_more(desk: Desk) -> None:
    last, hour = at("11-23 08:00"), timedelta(hours=1)
    await desk.save("24h", last)
    await desk.deliver(last)
    await desk.watch(last + 25 * hour)

    await desk.sql("UPDATE feed SET retired_at = now(), retired_by = 'x', retired_why = 'y'")
    for later in (26, 27, 99):
        await desk.watch(last + later * hour)

    assert [each[0] for each in await desk.told()] == ["late", "cleared"]


async def test_a_feed_that_never_delivered_is_late_from_its_saving_on(desk: Desk) -> None:
    saved = at("11-23 08:00")
    await desk.save("1h", saved)

    await desk.watch(saved + timedelta(minutes=59))
    await desk.watch(saved + timedelta(minutes=61))

    [event] = await desk.events()
    assert event["type"] == "qa.datahub.feed.late.v1"
    assert event["subject"] == "feed/f"
    assert event["data"] == {
        "feed": "f",
        "source": "academic",
        "entity": "course",
        "expected_at": iso(saved + timedelta(hours=1)),
        "last_batch_at": None,
        "late_by_seconds": 60,
        "level": "late",
    }


async def test_the_school_calendar_says_when_a_term_is_over(desk: Desk) -> None:
    for start, end in TERMS:
        await desk.sql(
            "INSERT INTO record_term (key, starts_on, ends_on, version, observed, batch, line)"
            " VALUES (:key, :start, :end, 1, 0, 0, 0)",
            key=start.isoformat(),
            start=start,
            end=end,
        )
    await desk.save("term", at("03-01 08:00"))
    await desk.deliver(at("03-02 08:00"))
    over = datetime(2027, 1, 16, tzinfo=CAMPUS)

    await desk.watch(over - timedelta(seconds=1))
    none = await desk.told()
    await desk.watch(over)

    assert none == []
    assert await desk.told() == [("late", iso(over), 0)]


async def test_one_process_watches_at_a_time(desk: Desk) -> None:
    saved = at("11-23 08:00")
    await desk.save("1h", saved)
    async with desk._database.transaction() as tx:
        assert await lead_watch(tx)
        await desk.watch(saved + timedelta(hours=2))
        meanwhile = await desk.told()
    await desk.watch(saved + timedelta(hours=2))

    assert meanwhile == []
    assert [each[0] for each in await desk.told()] == ["late"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_data_steward_sees_every_feed_at_a_glance(hub: Any, dictionary: Dictionary) -> None:
    feed = await hub.feed("major", {"major_code": None, "name": None, "status": {"from": "status"}})
    await hub.push(
        feed,
        {"major_code": hub.name("M"), "name": "x"},
        {"major_code": hub.name("M"), "status": "odd"},
    )
    last = await hub.push(feed, {"major_code": hub.name("M")}, {"major_code": ""})
    await hub.sql(
        'UPDATE feed SET document = document || \'{"rhythm": "1m"}\' WHERE id = :feed', feed=feed
    )
    await hub.sql(
        "UPDATE batch SET finished_at = now() - interval '5 minutes' WHERE feed = :f", f=feed
    )
    await hub.client.post("/v1/quality/run", json={"entities": ["major"]})

    async def scored() -> Any:
        [found] = [each for each in await hub.get("quality/feeds") if each["feed"] == feed]
        return found if found["quality"]["checked"] else None

    await hub.until(scored)
    async with hub.database.transaction() as tx:
        await watch_feeds(tx, dictionary, await present_instant(tx))
    found = await scored()

    assert (found["source"], found["entity"], found["rhythm"]) == ("academic", "major", "1m")
    assert (found["last_batch"]["batch"], found["last_batch"]["quarantined"]) == (last["batch"], 1)
    assert found["delivery"]["level"] == "missing"
    assert 0 <= found["delivery"]["late_by_seconds"] < 60
    # Two records; that a major has a name is one of the rules that the hub brings along.
    assert found["quality"] == {"checked": 2, "failed": 1, "score": "0.500000"}
    assert {(each["code"], each["rows"]) for each in found["quarantine"]} == {
        ("unknown-code", 1),
        ("missing", 1),
    }
    assert (found["drift"], found["refused"]) == (None, None)
