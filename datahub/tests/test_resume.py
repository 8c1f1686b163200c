"""An upload that breaks off is gone on with: every line counts once, as if nothing had happened.

Chunks are small here; ``tests/faults`` does the same with whole ones, and kills the process.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import text

from datahub.ingest.api import bodies

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
COURSE = {"course_code": None, "name": None}
CHUNK = 300
ROWS = 700


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_ROWS", CHUNK)


def body_of(code: str) -> str:
    """Return 700 lines: four that are no rows, and keys that come twice."""
    lines = [f"{code}-{number},名" for number in range(ROWS)]
    lines[4] = lines[CHUNK + 7] = lines[ROWS - 3] = "ragged"
    lines[9] = f'{code}-9,"open'
    lines[20] = f"{code}-21,earlier"
    lines[CHUNK + 20] = f"{code}-22,later"
    lines[11:11] = [",", ""]
    lines[CHUNK + 30 : CHUNK + 30] = [",", ""]
    return "course_code,name\n" + "\n".join(lines)


LEDGER = {"created": ROWS - 6, "updated": 1, "rejected": 4, "duplicate": 1}
IN_THE_FIRST_CHUNK = CHUNK - 3


@asynccontextmanager
async def held(hub: Any) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Wait for the turn to write courses, and keep it; yield how to let go."""
    async with hub.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SELECT pg_advisory_lock(814, hashtext('course'))"))

        async def let_go() -> None:
            await connection.execute(text("SELECT pg_advisory_unlock_all()"))

        yield let_go
        await let_go()


async def until_waiting(hub: Any, count: int) -> None:
    async def are_waiting() -> bool:
        [row] = await hub.sql(
            "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND classid = 814"
            " AND NOT granted AND database = (SELECT oid FROM pg_database"
            "  WHERE datname = current_database())"
        )
        return bool(row["n"] == count)

    await hub.until(are_waiting)


@asynccontextmanager
async def stopped_after_its_first_chunk(
    hub: Any, start: Callable[[], Awaitable[Any]]
) -> AsyncIterator["asyncio.Task[Any]"]:
    """Start an upload, and hold what its second chunk needs.

    The turn goes round in the order of asking: it is held, the first chunk asks, we ask again.
    """
    async with AsyncExitStack() as stack:
        async with held(hub) as let_go:
            upload = asyncio.ensure_future(start())
            await until_waiting(hub, 1)
            second = asyncio.ensure_future(stack.enter_async_context(held(hub)))
            await until_waiting(hub, 2)
            await let_go()
        await second
        yield upload


async def push(hub: Any, feed: str, body: str, key: str | None) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    answer: Response = await hub.post(feed, body, kind="text/csv", headers=headers)
    return answer


async def broken_off(hub: Any, feed: str, body: str, key: str | None) -> int:
    """Break an upload off after its first chunk; return its batch."""
    async with stopped_after_its_first_chunk(hub, partial(push, hub, feed, body, key)) as upload:
        [batch] = await hub.get("batches", feed=feed)
        upload.cancel()
        with suppress(asyncio.CancelledError):
            await upload
    assert batch["received"] == CHUNK
    return int(batch["batch"])


async def state_of(hub: Any, batch: int) -> str:
    return str((await hub.get(f"batches/{batch}"))["state"])


async def test_the_same_request_goes_on_as_if_nothing_had_happened(
    hub: Any, ledger: Ledger
) -> None:
    feed, code, other = await hub.feed("course", COURSE), hub.name(), hub.name()
    twin = await hub.feed("course", COURSE)
    batch = await broken_off(hub, feed, body_of(code), "resumed")
    assert await state_of(hub, batch) == "interrupted"

    answer = await push(hub, feed, body_of(code), "resumed")
    again = await push(hub, feed, body_of(code), "resumed")
    whole = await push(hub, twin, body_of(other), "whole")

    assert (answer.status_code, answer.json()["batch"]) == (200, batch)
    assert again.json() == answer.json()
    assert ledger(answer.json()) == LEDGER
    names = {"batch": 0, "feed": "", "feed_version": 1}
    text_of_twin = whole.text.replace(other, code)
    assert answer.json() | names == type(whole)(200, text=text_of_twin).json() | names
    assert [(each["row"], each["code"]) for each in answer.json()["verdicts"]] == [
        (5, "ragged"),
        (10, "ragged"),
        (21, "duplicate-key"),
        (CHUNK + 8, "ragged"),
        (ROWS - 2, "ragged"),
    ]
    stored = await hub.get(f"batches/{batch}")
    assert (stored["state"], ledger(stored)) == ("finished", LEDGER)
    [logged] = await hub.sql(
        "SELECT count(*) AS changes, count(DISTINCT key) AS keys FROM change WHERE key LIKE :key",
        key=f"{code}-%",
    )
    assert logged == {"changes": ROWS - 5, "keys": ROWS - 6}
    assert (await hub.get(f"records/course/{code}-22"))["name"] == "later"
    lines = await hub.sql("SELECT row_no FROM quarantined_row WHERE batch = :b", b=batch)
    assert sorted(each["row_no"] for each in lines) == [5, 10, CHUNK + 8, ROWS - 2]


async def test_while_it_runs_the_same_request_is_told_to_come_back(hub: Any) -> None:
    feed, body = await hub.feed("course", COURSE), body_of(hub.name())
    start = partial(push, hub, feed, body, "running")
    async with stopped_after_its_first_chunk(hub, start) as upload:
        [batch] = await hub.get("batches", feed=feed)
        second = await push(hub, feed, body, "running")
        other = await push(hub, feed, body + "\nx,y", "running")
    first = await upload

    assert (batch["state"], batch["received"], batch["finished_at"]) == ("running", CHUNK, None)
    assert (second.status_code, second.headers["retry-after"]) == (409, "2")
    assert second.json()["type"] == "urn:helix8:problem:request-running"
    assert (other.status_code, other.json()["type"]) == (
        422,
        "urn:helix8:problem:idempotency-key-reused",
    )
    assert first.json()["received"] == ROWS
    assert (await push(hub, feed, body, "running")).json() == first.json()
    assert len(await hub.get("batches", feed=feed)) == 1


async def test_of_two_that_want_to_go_on_one_does(hub: Any, ledger: Ledger) -> None:
    feed, body = await hub.feed("course", COURSE), body_of(hub.name())
    await broken_off(hub, feed, body, "two")

    answers = await asyncio.gather(*(push(hub, feed, body, "two") for _ in range(2)))

    assert sorted(each.status_code for each in answers) == [200, 409]
    [batch] = await hub.get("batches", feed=feed)
    assert (batch["state"], ledger(batch)) == ("finished", LEDGER)


async def test_a_lost_lock_lets_another_take_over_and_nothing_counts_twice(
    hub: Any, ledger: Ledger
) -> None:
    """Who lost his connection to the lock no longer counts as running; the batch itself decides."""
    feed, body = await hub.feed("course", COURSE), body_of(hub.name())
    start = partial(push, hub, feed, body, "lost")
    async with stopped_after_its_first_chunk(hub, start) as first:
        await hub.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE classid = 816"
            " AND locktype = 'advisory' AND database = (SELECT oid FROM pg_database"
            "  WHERE datname = current_database())"
        )
        second = asyncio.create_task(push(hub, feed, body, "lost"))
        await asyncio.sleep(0.2)
    answers = await asyncio.gather(first, second)

    codes = sorted(each.status_code for each in answers)
    assert codes in ([200, 409], [409, 409]), [each.text for each in answers]
    final = await push(hub, feed, body, "lost")
    assert ledger(final.json()) == LEDGER
    [batch] = await hub.get("batches", feed=feed)
    assert (batch["state"], ledger(batch)) == ("finished", LEDGER)


async def test_a_batch_without_a_key_that_broke_off_is_seen_as_such(hub: Any) -> None:
    feed, body = await hub.feed("course", COURSE), body_of(hub.name())

    batch = await broken_off(hub, feed, body, None)

    assert await state_of(hub, batch) == "interrupted"
    assert (await push(hub, feed, body, None)).json()["batch"] != batch
    assert await state_of(hub, batch) == "interrupted"


async def test_what_was_said_between_the_parts_is_newer_than_the_rest(
    hub: Any, ledger: Ledger
) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()
    await broken_off(hub, feed, body_of(code), "newer")
    await hub.push(feed, {"course_code": f"{code}-{ROWS - 1}", "name": "newer"})

    answer = await push(hub, feed, body_of(code), "newer")

    assert ledger(answer.json()) == {**LEDGER, "created": ROWS - 7, "unchanged": 1}
    assert (await hub.get(f"records/course/{code}-{ROWS - 1}"))["name"] == "newer"


async def test_after_its_feed_has_changed_an_upload_cannot_go_on(hub: Any, ledger: Ledger) -> None:
    feed, body = await hub.feed("course", COURSE), body_of(hub.name())
    batch = await broken_off(hub, feed, body, "changed")
    await hub.feed("course", COURSE, feed=feed, ignore=["extra"])

    refused = await push(hub, feed, body, "changed")
    anew = await push(hub, feed, body, "changed-2")

    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:helix8:problem:feed-changed",
    )
    assert "retry-after" not in refused.headers
    assert await state_of(hub, batch) == "interrupted"
    assert ledger(anew.json())["unchanged"] == IN_THE_FIRST_CHUNK


async def test_a_file_that_is_refused_leaves_its_key_free(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name()

    refused = await push(hub, feed, "course_code,nom\nx,y\n", "free")
    taken = await push(hub, feed, f"course_code,name\n{code},y\n", "free")

    assert [refused.status_code, taken.status_code] == [422, 200]
