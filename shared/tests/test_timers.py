"""Timers: set with a change, taken with its effect, once, never early."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.timers import run_timers, see_due, set_timers, take_due, take_seen

PAST = datetime(2020, 1, 1, tzinfo=UTC)


async def due(database: Database, kind: str = "look") -> list[str]:
    async with database.transaction() as tx:
        taken = await take_due(tx, kind)
    return taken.keys if taken else []


async def test_what_is_due_is_taken_once_and_what_is_not_stays(database: Database) -> None:
    async with database.transaction() as tx:
        later = now() + timedelta(hours=1)
        await set_timers(tx, "look", {"b": PAST, "a": PAST, "later": later})
        await set_timers(tx, "other", {"c": PAST})

    assert [await due(database), await due(database)] == [["a", "b"], []]
    assert await due(database, "other") == ["c"]


async def test_a_timer_is_set_anew_or_not_again(database: Database) -> None:
    later = now() + timedelta(hours=1)
    async with database.transaction() as tx:
        await set_timers(tx, "look", {"a": later, "b": PAST, "c": PAST})
        await set_timers(tx, "look", {"a": PAST, "b": None, "c": later})

    assert await due(database) == ["a"]


async def test_a_timer_whose_effect_failed_comes_back(database: Database) -> None:
    async with database.transaction() as tx:
        await set_timers(tx, "look", {"a": PAST})

    async def fail() -> None:
        async with database.transaction() as tx:
            assert await take_due(tx, "look")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await due(database) == ["a"]


async def test_two_replicas_do_not_take_the_same_timer(database: Database) -> None:
    async with database.transaction() as tx:
        await set_timers(tx, "look", {"a": PAST, "b": PAST + timedelta(days=1)})
    async with database.transaction() as mine, database.transaction() as other:
        first = await take_due(mine, "look", limit=1)
        second = await take_due(other, "look")

    assert first is not None
    assert second is not None
    assert (first.keys, second.keys) == (["a"], ["b"])


async def test_what_is_seen_is_taken_later_but_not_what_was_set_anew(database: Database) -> None:
    async with database.transaction() as tx:
        await set_timers(tx, "look", dict.fromkeys("abc", PAST))
    async with database.transaction() as tx:
        seen = await see_due(tx, "look")
        assert seen is not None
        async with database.transaction() as other:
            await set_timers(other, "look", {"a": PAST + timedelta(days=1), "b": None})
        await take_seen(tx, "look", seen)

    assert seen.keys == ["a", "b", "c"]
    assert await due(database) == ["a"]


async def test_a_timer_fires_soon_after_it_is_due_and_never_before(database: Database) -> None:
    fired: list[tuple[str, datetime]] = []

    async def work() -> bool:
        async with database.transaction() as tx:
            taken = await take_due(tx, "look")
        fired.extend((key, taken.at) for key in taken.keys) if taken else None
        return taken is not None

    async with database.transaction() as tx:
        at: datetime = await tx.session.scalar(text("SELECT clock_timestamp()"))
        wanted = {"old": PAST, "soon": at + timedelta(seconds=0.3)}
        await set_timers(tx, "look", wanted)
    loop = asyncio.create_task(run_timers(database, "look", work))
    try:
        async with asyncio.timeout(20):
            while len(fired) < 2:  # noqa: ASYNC110 — the loop under test runs beside
                await asyncio.sleep(0.01)
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    assert [key for key, _ in fired] == ["old", "soon"]
    assert all(told >= wanted[key] for key, told in fired)
