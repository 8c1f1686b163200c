"""A running hub, and a desk from which tests speak to it."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient, Response
from nats.aio.client import Client
from pydantic import SecretStr
from sqlalchemy import text

from datahub.app import create_app
from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import load_dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.document import parse_indicator
from datahub.settings import Settings
from datahub.tests.dictionary_desk import DRAFT
from datahub.tests.measuring import PASS_RATE
from datahub.tests.national_college import RECORDS, deliver
from shared.contracts.streams import SOURCE_SYSTEMS
from shared.kit.database import Database
from shared.kit.identity import Caller, TokenSigner
from shared.testing import (
    TestServers,
    connect_as,
    drop_database,
    empty_streams,
    new_database,
)

PATIENCE_SECONDS = 30.0
NDJSON = "application/x-ndjson"
PARENTS = {
    "student": ("student_no",),
    "staff": ("staff_no",),
    "major": ("major_code",),
    "course": ("course_code",),
    "teaching_class": ("class_no", "course_code", "term"),
    "assignment": ("assignment_no", "class_no"),
}
"""Key of entities to which records belong, and what else they must say."""


class Hub:  # noqa: PLR0904 — the whole of what tests do to a hub
    """What a test does to the hub, from outside."""

    def __init__(
        self, client: AsyncClient, database: Database, integrator: Client, nats: Client
    ) -> None:
        self.client = client
        self.database = database
        self.integrator = integrator
        self.nats = nats
        self._numbers = itertools.count(1)

    def name(self, word: str = "t") -> str:
        """Return a name that no other test of this hub uses."""
        return f"{word}{next(self._numbers):03}"

    async def register(self, source: str) -> None:
        """Make a source system known that the installation does not make."""
        if source not in SOURCE_SYSTEMS:
            named = {"name_zh": source, "name_en": source}
            answer = await self.client.put(f"/v1/source-systems/{source}", json=named)
            assert answer.status_code in {200, 201}, answer.text

    async def feed(self, entity: str, fields: Mapping[str, Any], **more: Any) -> str:
        """Save a feed, and return its id."""
        document = {
            "feed": self.name("feed"),
            "source": "academic",
            "entity": entity,
            "fields": {
                name: {"from": name} if spec is None else spec for name, spec in fields.items()
            },
            **more,
        }
        await self.register(str(document["source"]))
        answer = await self.client.put(f"/v1/feeds/{document['feed']}", json=document)
        assert answer.status_code in {200, 201}, answer.text
        return str(document["feed"])

    async def post(
        self,
        feed: str,
        body: bytes | str,
        *,
        kind: str = NDJSON,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Response:
        """Push a body, and return the answer whatever it is."""
        return await self.client.post(
            "/v1/batches",
            params={"feed": feed, **query},
            content=body,
            headers={"content-type": kind, **(headers or {})},
        )

    async def push(self, feed: str, *rows: Mapping[str, Any], **query: Any) -> dict[str, Any]:
        """Push records, and return the answer, whose ledger must balance."""
        body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        answer = await self.post(feed, body, **query)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        assert document["received"] == sum(fates(document).values())
        return document

    async def have(self, entity: str, *keys: str) -> str:
        """Have records to which others belong; return the key of the first."""
        field, *others = PARENTS[entity]
        fields = {field: None} | {each: {"constant": "2026-2027-1"} for each in others}
        await self.push(await self.feed(entity, fields), *({field: key} for key in keys))
        return keys[0]

    async def get(self, path: str, **query: Any) -> Any:
        """Return the body of an answer that must be 200."""
        answer = await self.client.get(f"/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement."""
        async with self.database.transaction() as tx:
            result = await tx.session.execute(text(statement), values)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []

    async def until(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask until the answer is truthy; a test that waits for nothing fails."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (answer := await ask()):  # noqa: ASYNC110 — another task answers
                await asyncio.sleep(0.02)
        return answer

    async def settled(self) -> None:
        """Wait until every change is numbered, measured and published."""
        await self.until(self._is_settled)

    async def pulled(self, feed: str, **query: Any) -> dict[str, Any]:
        """Run the pull of a feed, and return its state when the run has ended."""
        before = (await self.get(f"feeds/{feed}/pull"))["last_finished_at"]
        answer = await self.client.post(f"/v1/feeds/{feed}/pull/run", params=query)
        assert answer.status_code == 202, answer.text

        async def ended() -> Any:
            state = await self.get(f"feeds/{feed}/pull")
            return state if state["last_finished_at"] != before else None

        state: dict[str, Any] = await self.until(ended)
        return state

    async def _is_settled(self) -> bool:
        [row] = await self.sql(
            "SELECT NOT EXISTS (SELECT FROM change_set WHERE first_seq IS NULL)"
            " AND (SELECT last_seq FROM watermark) = (SELECT last_seq FROM measure_cursor)"
            " AND NOT EXISTS (SELECT FROM indicator WHERE measured_at IS NULL AND parked IS NULL"
            " AND retired_on IS NULL)"
            " AND NOT EXISTS (SELECT FROM handed_due)"
            " AND NOT EXISTS (SELECT FROM outbox) AS settled"
        )
        return bool(row["settled"])

    async def send(
        self,
        entity: str,
        data: Any,
        *,
        op: str = "upsert",
        event_id: str | None = None,
        message_id: str | None = None,
        **more: Any,
    ) -> str:
        """Push as the academic office does, over NATS; return the id of the event."""
        event_id = event_id or str(uuid4())
        envelope = {
            "specversion": "1.0",
            "id": event_id,
            "source": "urn:campus:academic",
            "type": "qa.ingest",
            "data": data,
            **more,
        }
        body = json.dumps(envelope).encode()
        await self.send_raw(entity, body, op=op, message_id=message_id or event_id)
        return event_id

    async def send_raw(
        self,
        entity: str,
        body: bytes,
        *,
        op: str = "upsert",
        message_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Publish bytes as the academic office does."""
        await self.integrator.jetstream().publish(
            f"qa.ingest.v1.academic.{entity}.{op}",
            body,
            headers={"Nats-Msg-Id": message_id, **(headers or {})},
        )

    async def facts(self, stream: str = "QA_DATA") -> list[Any]:
        """Return every event of a stream, oldest first."""
        js = self.nats.jetstream()
        state = (await js.stream_info(stream)).state
        messages = [
            await js.get_msg(stream, seq)
            for seq in range(max(1, state.first_seq), state.last_seq + 1)
        ]
        return [json.loads(each.data or b"null") for each in messages]

    async def batch_of(self, feed: str) -> dict[str, Any]:
        """Wait for the first finished batch of a feed."""

        async def finished() -> dict[str, Any] | None:
            batches = await self.get("batches", feed=feed)
            return batches[-1] if batches and batches[-1]["finished_at"] else None

        found: dict[str, Any] = await self.until(finished)
        return found


FATES = (
    *("created", "updated", "deleted", "unchanged"),
    *("quarantined", "parked", "rejected", "duplicate"),
)


def fates(document: Mapping[str, Any]) -> dict[str, int]:
    """Return the fates of a ledger that any row had."""
    return {name: document[name] for name in FATES if document[name]}


@pytest.fixture(scope="session")
def dictionary() -> Dictionary:
    """The dictionary that is shipped."""
    return load_dictionary()


@asynccontextmanager
async def run_hub(
    servers: TestServers, keys: tuple[TokenSigner, str], **more: Any
) -> AsyncIterator[Hub]:
    """Run a hub on an empty database and empty streams, with more settings."""
    signer, jwks_url = keys
    admin = await connect_as(servers, "admin")
    await empty_streams(admin.jetstream())
    settings = Settings(
        database_url=await new_database(servers, "datahub"),
        nats_url=servers.nats_url,
        nats_user="datahub" if servers.nats_passwords else "",
        nats_password=SecretStr(servers.nats_passwords.get("datahub", "")),
        jwks_url=jwks_url,
        **more,
    )
    app = create_app(settings)
    caller = Caller(subject="person/admin", scopes=frozenset({"*"}))

    def sign(request: Any) -> Any:
        token = signer.sign(caller, "datahub")
        request.headers.setdefault("authorization", f"Bearer {token}")
        return request

    integrator = await connect_as(servers, "integrator-academic")
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://datahub", auth=sign) as client,
    ):
        yield Hub(client, app.state.database, integrator, admin)
    await integrator.close()
    await admin.close()
    await drop_database(servers, settings.database_url)


@pytest.fixture(scope="module")
def run(
    servers: TestServers, signing_keys: tuple[TokenSigner, str]
) -> Callable[..., AbstractAsyncContextManager[Hub]]:
    """Run a hub with more settings."""
    return partial(run_hub, servers, signing_keys)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(
    request: pytest.FixtureRequest, servers: TestServers, signing_keys: tuple[TokenSigner, str]
) -> AsyncIterator[Hub]:
    """One running hub for the tests of a module, with its ``SETTINGS``; each uses own names."""
    async with run_hub(servers, signing_keys, **getattr(request.module, "SETTINGS", {})) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def desk(hub: Any) -> AsyncIterator[Any]:
    """A hub without a draft."""
    yield hub
    await hub.client.delete(DRAFT)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any) -> Any:
    """A hub that knows a small college."""
    for entity, rows in RECORDS.items():
        await deliver(hub, entity, *rows)
    return hub


@pytest.fixture
def pass_rate(dictionary: Dictionary) -> Indicator:
    """An indicator that the tests of measuring share."""
    return parse_indicator(PASS_RATE, dictionary, 1)


@pytest.fixture(scope="session")
def ledger() -> Callable[[Mapping[str, Any]], dict[str, int]]:
    """Return the fates of a ledger that any row had."""
    return fates


Rows = Sequence[Mapping[str, Any]]
