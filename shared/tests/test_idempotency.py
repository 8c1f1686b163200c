"""A request with a key is answered once, and its answer is as sure as its effect."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
import pytest_asyncio
from fastapi import Depends, FastAPI, Request, Response
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel
from sqlalchemy import text

from shared.errors import DomainError, ErrorKind, UnavailableError
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.database import Database
from shared.kit.dead_letters import DeadLetter, store_dead_letters
from shared.kit.idempotency import STEP, Keyed, drop_answers, keep_answer, take_turn, unkeyed
from shared.kit.identity import Caller, current_caller, require
from shared.kit.middleware import RequestMiddleware
from shared.kit.problems import add_problem_handlers
from shared.kit.strict_json import takes_up_to


class Thing(BaseModel):
    """A body."""

    number: int
    name: str = ""


class TooManyError(DomainError):
    """A refusal of these tests."""

    kind = ErrorKind.CONFLICT
    code = "too-many"


@dataclass
class Verifier:
    """Takes the token for the name of a caller, who may write."""

    scopes: frozenset[str] = frozenset({"thing:write"})

    async def verify(self, token: str, request: str, *, writes: bool) -> Caller:  # noqa: ARG002
        """Return the caller."""
        return Caller(subject=token, scopes=self.scopes)


def make_app(database: Database) -> FastAPI:
    app = FastAPI()
    router = new_router()

    @router.post("/things", status_code=201, dependencies=[Depends(require("thing:write"))])
    async def post_thing(response: Response, thing: Thing) -> dict[str, Any]:
        letter = DeadLetter(
            consumer="c",
            stream="s",
            stream_seq=thing.number,
            subject="x",
            reason="r",
            detail=thing.name,
            payload=b"",
            stored_at=datetime(2026, 11, 26, tzinfo=UTC),
        )
        async with database.transaction() as tx:
            await store_dead_letters(tx, [letter])
        async with database.transaction() as tx:
            there = await tx.session.scalar(text("SELECT count(*) FROM dead_letter"))
        if thing.number > 99:
            raise TooManyError("太多", "too many")
        response.headers["Location"] = f"things/{thing.number}"
        return {"there": there}

    @router.post("/secrets")
    @unkeyed
    async def post_secret(_: Annotated[Caller, Depends(current_caller)]) -> dict[str, str]:
        return {"secret": "s"}

    @router.post("/files", dependencies=[Depends(require("thing:write"))])
    @takes_up_to(3 << 20, "smaller")
    async def post_file(request: Request) -> dict[str, int]:
        return {"bytes": sum([len(each) async for each in request.stream()])}

    app.include_router(router)
    add_problem_handlers(app)
    app.add_middleware(RequestMiddleware)
    app.state.database = database
    app.state.verifier = Verifier()
    return app


@pytest_asyncio.fixture
async def client(database: Database) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(make_app(database)), base_url="http://x") as it:
        yield it


async def post(client: AsyncClient, number: int, key: str = "k", **more: Any) -> Any:
    headers = {"authorization": f"Bearer {more.pop('by', 'a')}", "idempotency-key": key}
    return await client.post("/things", json={"number": number, **more}, headers=headers)


async def test_the_same_key_and_body_get_the_stored_answer(client: AsyncClient) -> None:
    first, other = await post(client, 1), await post(client, 2, key="l")
    again = await post(client, 1)

    assert (first.status_code, first.json()) == (201, {"there": 1})
    assert other.json() == {"there": 2}
    assert (again.status_code, again.json()) == (201, {"there": 1})
    assert again.headers["location"] == "things/1"


async def test_a_body_whose_fields_stand_in_another_order_is_the_same(client: AsyncClient) -> None:
    headers = {"authorization": "Bearer a", "idempotency-key": "k"}
    bodies = (b'{"number": 1, "name": "n"}', b'{ "name":"n","number":1 }')
    sent = {"content-type": "application/json", **headers}
    answers = [await client.post("/things", content=each, headers=sent) for each in bodies]

    assert [each.status_code for each in answers] == [201, 201]


async def test_the_same_key_with_another_body_is_refused(client: AsyncClient) -> None:
    await post(client, 1)
    other = await post(client, 2)

    assert other.status_code == 422
    assert other.json()["type"] == "urn:helix8:problem:idempotency-key-reused"


async def test_a_file_with_a_key_is_the_same_byte_by_byte(client: AsyncClient) -> None:
    headers = {"authorization": "Bearer a", "idempotency-key": "k"}
    file = b"%PDF-\xff" * 400_000
    answers = [
        await client.post("/files", content=each, headers=headers) for each in (file, file, b"%PDF")
    ]

    assert [each.status_code for each in answers] == [200, 200, 422]
    assert answers[1].json() == {"bytes": 2_400_000}


async def test_a_key_is_its_callers_own(client: AsyncClient) -> None:
    await post(client, 1, by="a")

    assert (await post(client, 2, by="b")).json() == {"there": 2}


async def test_a_refusal_keeps_no_answer_and_leaves_no_effect(
    client: AsyncClient, database: Database
) -> None:
    refused = await post(client, 100)
    async with database.transaction() as tx:
        left = await tx.session.scalar(text("SELECT count(*) FROM dead_letter"))

    assert (refused.status_code, left) == (409, 0)
    assert (await post(client, 5)).status_code == 201


async def test_the_same_key_at_the_same_time_is_told_to_come_again(
    client: AsyncClient, database: Database
) -> None:
    async with database.transaction() as tx:
        await take_turn(tx, Keyed("a", "k", ""))
        running = await post(client, 1)

    assert running.status_code == 409
    assert running.json()["type"] == "urn:helix8:problem:request-running"
    assert running.headers["retry-after"] == "2"
    assert (await post(client, 1)).status_code == 201


async def test_who_may_no_longer_write_gets_no_stored_answer(client: AsyncClient) -> None:
    await post(client, 1)
    client._transport.app.state.verifier.scopes = frozenset()  # type: ignore[attr-defined]

    assert (await post(client, 1)).status_code == 403


async def test_a_key_is_refused_where_the_answer_must_not_be_kept(client: AsyncClient) -> None:
    headers = {"authorization": "Bearer a", "idempotency-key": "k"}
    answer = await client.post("/secrets", headers=headers)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:helix8:problem:idempotency-key-not-taken"


async def test_a_key_that_is_too_long_is_refused(client: AsyncClient) -> None:
    assert (await post(client, 1, key="k" * 256)).status_code == 422


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


async def keep(database: Database, ages: dict[str, timedelta]) -> None:
    """Have answers of so many keys that were kept so long before noon."""
    async with database.transaction() as tx:
        for key, age in ages.items():
            await keep_answer(tx, Keyed("a", key, ""), {})
            await tx.session.execute(
                text("UPDATE idempotency SET at = :at WHERE key = :key"),
                {"at": NOON - age, "key": key},
            )


async def kept(database: Database) -> list[str]:
    async with database.transaction() as tx:
        return list(await tx.session.scalars(text("SELECT key FROM idempotency ORDER BY key")))


async def test_what_is_refused_and_lived_with_leaves_nothing_beside_the_rest(
    database: Database,
) -> None:
    async with database.as_one():
        await keep(database, {"kept": timedelta()})
        with suppress(TooManyError):
            async with database.transaction() as tx:
                await keep_answer(tx, Keyed("a", "refused", ""), {})
                raise TooManyError("太多", "too many")

    assert await kept(database) == ["kept"]


async def test_a_connection_that_is_lost_inside_of_a_whole_is_told_as_such(
    database: Database,
) -> None:
    with pytest.raises(UnavailableError):
        async with database.as_one(), database.transaction() as tx:
            await tx.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


async def test_an_answer_is_dropped_when_it_is_older_than_it_must_be_kept(
    database: Database,
) -> None:
    day, moment = timedelta(hours=24), timedelta(microseconds=1)
    await keep(database, {"younger": day - moment, "just": day, "older": day + moment})

    async with database.transaction() as tx:
        dropped = await drop_answers(tx, NOON - day)

    assert (dropped, await kept(database)) == (1, ["just", "younger"])


async def test_old_answers_go_in_small_steps_the_oldest_first(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.session.execute(
            text(
                "INSERT INTO idempotency (caller, key, digest, answer, at)"
                " SELECT 'a', n::text, '', '{}', CAST(:noon AS timestamptz)"
                " - make_interval(secs => n) FROM generate_series(1, :rows) n"
            ),
            {"noon": NOON, "rows": STEP + 2},
        )
    steps = []
    for _ in range(3):
        async with database.transaction() as tx:
            steps.append(await drop_answers(tx, NOON - timedelta(seconds=1)))
        left = await kept(database)
        if len(steps) == 1:
            assert sorted(left) == ["1", "2"]

    assert (steps, left) == ([STEP, 1, 0], ["1"])


async def test_a_key_whose_answer_was_dropped_may_be_used_anew(
    client: AsyncClient, database: Database
) -> None:
    await post(client, 1)
    async with database.transaction() as tx:
        await drop_answers(tx, now() + timedelta(seconds=1))

    assert (await post(client, 2)).json() == {"there": 2}


async def test_a_request_that_goes_on_is_as_old_as_its_last_part(database: Database) -> None:
    await keep(database, {"upload": timedelta(days=3)})
    async with database.transaction() as tx:
        await keep_answer(tx, Keyed("a", "upload", ""), {"rows": 2})
        dropped = await drop_answers(tx, NOON - timedelta(days=2))

    assert (dropped, await kept(database)) == (0, ["upload"])
