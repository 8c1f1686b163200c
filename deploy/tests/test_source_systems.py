"""A source system is registered, pushes, reads what it was granted, is cut off: on real NATS."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from nats.aio.client import Client
from pydantic import SecretStr

from datahub.app import create_app
from datahub.settings import Settings
from helix8.accounts import SHIPPED, System, follow, read_systems
from helix8.embedded import Servers
from helix8.errors import StartError
from helix8.probes import reload_broker
from helix8.streams import declare
from shared.contracts.datahub import ScopeChanged
from shared.kit.identity import Caller, TokenSigner
from shared.kit.loops import start_jobs, stop_jobs
from shared.testing import TestServers, connect_by_nkey, new_database

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = 20.0
LIBRARY = {"name_zh": "图书馆系统", "name_en": "Library system", "entities": ["course"]}
SCOPES = "qa.evt.v1.datahub.scope.changed.*"
COURSE = {"source": "library", "entity": "course", "default": True}
COURSE |= {"fields": {"course_code": {"from": "kch"}, "name": {"from": "kcm"}}}


class Desk:
    """A hub whose accounts file is followed, and what a test does with it."""

    def __init__(self, client: AsyncClient, servers: Servers, signer: TokenSigner) -> None:
        self.client = client
        self.servers = servers
        self.signer = signer
        self.let_in: set[str] = set()
        """Public keys that the server knows."""

    async def call(self, method: str, path: str, *, code: int, **more: Any) -> Any:
        """Return the body of an answer of that status."""
        answer = await self.client.request(method, f"/v1/{path}", **more)
        assert answer.status_code == code, answer.text
        return answer.json() if answer.content else None

    async def key(self, system: str, **body: Any) -> Any:
        """Make a key, and return it with its secret."""
        return await self.call("POST", f"source-systems/{system}/keys", code=201, json=body)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    embedded: Servers, signing_keys: tuple[TokenSigner, str], tmp_path_factory: Any
) -> AsyncIterator[Desk]:
    accounts = tmp_path_factory.mktemp("accounts") / "systems.json"
    admin = embedded.nats_passwords["admin"]
    await declare(embedded.nats_url, "admin", admin)
    signer, jwks_url = signing_keys
    given = TestServers(dsn=embedded.postgres_dsn(), nats_url=embedded.nats_url, nats_passwords={})
    app = create_app(
        Settings(
            database_url=await new_database(given, "datahub"),
            nats_url=embedded.nats_url,
            nats_user="datahub",
            nats_password=SecretStr(embedded.nats_passwords["datahub"]),
            jwks_url=jwks_url,
            accounts=accounts,
        )
    )

    async def apply(systems: Any) -> None:
        embedded.broker.rewrite(systems)
        port = int(embedded.nats_url.rpartition(":")[2])
        await reload_broker("127.0.0.1", port, embedded.nats_passwords["monitor"])
        await declare(embedded.nats_url, "admin", admin, [each.id for each in systems])
        running.let_in = {key for each in systems for key in each.nkeys}

    said: list[str] = []
    running = Desk(AsyncClient(), embedded, signer)
    loops = start_jobs({"follow": lambda: follow(accounts, apply, lambda _, en: said.append(en))})
    caller = Caller(subject="person/admin", scopes=frozenset({"*"}))

    def sign(request: Any) -> Any:
        token = signer.sign(caller, "datahub")
        request.headers.setdefault("authorization", f"Bearer {token}")
        return request

    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://hub", auth=sign) as client,
    ):
        running.client = client
        yield running
    await stop_jobs(loops)
    assert said == []


async def until(ask: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(SECONDS):
        while not (answer := await ask()):  # noqa: ASYNC110 - another task answers
            await asyncio.sleep(0.02)
    return answer


async def is_in(key: str, keys: set[str]) -> bool:
    return key in keys


@asynccontextmanager
async def connected(desk: Desk, system: str, made: Any) -> AsyncIterator[tuple[Client, list[str]]]:
    """Connect by an nkey, as soon as the server knows it; the list takes what it refuses."""
    refused: list[str] = []

    async def on_error(error: Exception) -> None:
        refused.append(str(error))

    # The library leaves a socket open where the server refuses it: no trial and error.
    await until(lambda: is_in(made["id"], desk.let_in))
    client = await connect_by_nkey(desk.servers.nats_url, system, made, error_cb=on_error)
    yield client, refused
    await client.close()


async def may(client: Client, refused: list[str], verb: str, subject: str) -> bool:
    """Return whether the server allows an act."""
    refused.clear()
    if verb == "publish":
        await client.publish(subject, b"x")
    else:
        await client.subscribe(subject)
    # The answer to a ping comes after the refusal of what was sent before.
    await client.flush()
    await client.flush()
    return not refused


def message(system: str, number: str, **record: str) -> bytes:
    envelope = {"specversion": "1.0", "id": number, "source": f"urn:campus:{system}"}
    return json.dumps({**envelope, "type": "qa.ingest", "data": record}).encode()


FORBIDDEN = [
    ("publish", "qa.ingest.v1.hr.staff.upsert"),
    ("publish", "qa.ingest.v1.library.staff.upsert"),
    ("publish", "qa.verdict.v1.library"),
    ("publish", "qa.evt.v1.datahub.scope.changed.00"),
    ("publish", "$JS.API.STREAM.PURGE.QA_INGEST_LIBRARY"),
    ("publish", "$JS.API.STREAM.CREATE.MINE"),
    ("publish", "$JS.API.CONSUMER.CREATE.QA_DATA.c"),
    ("publish", "$JS.API.INFO"),
    ("publish", "$JS.ACK.QA_INGEST_HR.c.1.1.1.1.1"),
    ("publish", "$SYS.REQ.SERVER.PING"),
    ("subscribe", "qa.verdict.v1.hr"),
    ("subscribe", "qa.verdict.v1.>"),
    ("subscribe", "qa.ingest.v1.library.>"),
    ("subscribe", SCOPES),
    ("subscribe", "qa.evt.v1.datahub.>"),
    ("subscribe", "_INBOX_integrator-hr.>"),
    ("subscribe", "$SYS.>"),
    ("subscribe", ">"),
]


async def test_the_life_of_a_source_system(desk: Desk) -> None:  # noqa: PLR0915 — one life
    await desk.call("PUT", "source-systems/library", code=201, json=LIBRARY)
    await desk.call(
        "PUT", "feeds/library.course", code=201, json={**COURSE, "feed": "library.course"}
    )
    made = await desk.key("library", note="first")
    assert (made["id"][0], made["seed"][:2]) == ("U", "SU")
    [seen] = (await desk.call("GET", "source-systems/library", code=200))["keys"]
    assert seen == {name: made[name] for name in ("id", "note", "made_by", "made_at")}

    async with connected(desk, "library", made) as (library, refused):
        verdicts = await library.subscribe("qa.verdict.v1.library")
        await pushed(library, "library", "m1", kch="C1", kcm="测量学")
        told = json.loads((await verdicts.next_msg(SECONDS)).data)["data"]["items"]
        assert [(each["message"], each["accepted"]) for each in told] == [("m1", 1)]
        assert refused == []

        assert [each for each in FORBIDDEN if await may(library, refused, *each)] == []

        # Granted, it may read that fact on the connection that it has, and no other one.
        granted = {**LIBRARY, "grants": ["datahub.scope.changed"]}
        await desk.call("PUT", "source-systems/library", code=200, json=granted)
        await until(lambda: may(library, refused, "subscribe", SCOPES))
        assert not await may(library, refused, "subscribe", "qa.evt.v1.datahub.course.changed.*")
        facts = await library.subscribe(SCOPES)
        await pushed(library, "library", "m2", kch="C2", kcm="地籍测量")
        fact = json.loads((await facts.next_msg(SECONDS)).data)
        assert fact["type"] == ScopeChanged.type
        assert [each["scope"] for each in fact["data"]["items"]] == ["course/C2"]

        status = await desk.call("GET", "source-systems/library", code=200)
        assert status["last_seen"] is not None
        assert status["pending"] == 0

        # The next key comes before the last one goes; a third one has to wait.
        second = await desk.key("library")
        refusal = await desk.call("POST", "source-systems/library/keys", code=409, json={})
        assert refusal["type"] == "urn:helix8:problem:source-system-keys"
        async with connected(desk, "library", second) as (other, refused_too):
            assert library.is_connected, "a reload cuts off nobody who is still let in"
            await desk.call("DELETE", f"source-systems/library/keys/{made['id']}", code=204)
            await until(lambda: closed(library))
            assert other.is_connected
            assert await may(other, refused_too, "publish", "qa.ingest.v1.library.course.upsert")

            # Shut off, no key gets in.
            await desk.call(
                "PUT", "source-systems/library", code=200, json={**LIBRARY, "active": False}
            )
            await until(lambda: closed(other))


async def pushed(client: Client, system: str, number: str, **record: str) -> None:
    """Push a record as soon as the system has its stream."""

    async def push() -> bool:
        try:
            await client.jetstream().publish(
                f"qa.ingest.v1.{system}.course.upsert",
                message(system, number, **record),
                headers={"Nats-Msg-Id": number},
            )
        except nats.js.errors.NoStreamResponseError:
            return False
        return True

    await until(push)


async def closed(client: Client) -> bool:
    return not client.is_connected


async def test_one_message_id_of_two_systems_is_two_messages(desk: Desk) -> None:
    for system in ("gate", "card"):
        await desk.call(
            "PUT", f"source-systems/{system}", code=201, json={**LIBRARY, "entities": []}
        )
        document = {**COURSE, "source": system, "feed": f"{system}.course"}
        await desk.call("PUT", f"feeds/{system}.course", code=201, json=document)
        made = await desk.key(system)
        async with connected(desk, system, made) as (client, refused):
            verdicts = await client.subscribe(f"qa.verdict.v1.{system}")
            await pushed(client, system, "same", kch=system, kcm=system)
            [told] = json.loads((await verdicts.next_msg(SECONDS)).data)["data"]["items"]
            assert (told["message"], told["accepted"]) == ("same", 1)
            assert refused == []


async def test_who_was_there_from_the_beginning_gets_in_until_his_password_is_revoked(
    desk: Desk,
) -> None:
    systems = await desk.call("GET", "source-systems", code=200)
    assert {each.id for each in SHIPPED} <= {each["id"] for each in systems}
    client = await nats.connect(
        desk.servers.nats_url,
        user="integrator-hr",
        password=desk.servers.nats_passwords["integrator-hr"],
        inbox_prefix=b"_INBOX_integrator-hr",
        allow_reconnect=False,
    )
    ack = await client.jetstream().publish("qa.ingest.v1.hr.staff.upsert", b"{}")
    assert ack.stream == "QA_INGEST_HR"

    await desk.call("DELETE", "source-systems/hr/keys/password", code=204)
    await until(lambda: closed(client))
    again = await desk.call("DELETE", "source-systems/hr/keys/password", code=404)
    assert again["type"] == "urn:helix8:problem:source-system-key-not-found"


async def test_a_caller_that_is_a_source_system_pushes_for_itself_only(desk: Desk) -> None:
    bound = Caller(subject="system/academic", scopes=frozenset({"datahub:write"}))
    token = {"Authorization": f"Bearer {desk.signer.sign(bound, 'datahub')}"}
    own = {**COURSE, "source": "academic", "feed": "own.course"}
    await desk.call("PUT", "feeds/own.course", code=201, json=own)
    other = {**COURSE, "source": "quality", "feed": "other.course"}
    await desk.call("PUT", "feeds/other.course", code=201, json=other)
    row = {"kch": "C7", "kcm": "制图"}

    push = {"json": row, "headers": token}
    await desk.call("POST", "records/course?source=academic", code=201, **push)
    for path in ("source=quality", "feed=other.course"):
        said = await desk.call("POST", f"records/course?{path}", code=403, **push)
        assert said["type"] == "urn:helix8:problem:foreign-source"
        said = await desk.call(
            "POST",
            f"batches?entity=course&{path}",
            code=403,
            **push | {"headers": {**token, "Content-Type": "application/x-ndjson"}},
        )
        assert said["type"] == "urn:helix8:problem:foreign-source"

    shut = {"name_zh": "质量", "name_en": "Quality", "active": False}
    await desk.call("PUT", "source-systems/quality", code=200, json=shut)
    said = await desk.call("POST", "records/course?source=quality", code=409, json=row)
    assert said["type"] == "urn:helix8:problem:source-system-inactive"


async def test_what_there_is_not_is_refused_by_name(desk: Desk) -> None:
    wrong = {**LIBRARY, "entities": ["books"], "grants": ["datahub.verdict.given", "x"]}
    said = await desk.call("PUT", "source-systems/books", code=422, json=wrong)
    assert set(said["validationErrors"]) == {"$.entities[0]", "$.grants[0]", "$.grants[1]"}
    await desk.call("PUT", "source-systems/Bü", code=422, json=LIBRARY)
    await desk.call("GET", "source-systems/nobody", code=404)
    await desk.call("POST", "source-systems/nobody/keys", code=404, json={})
    taken = await desk.key("survey")
    same = {"public_key": taken["id"]}
    await desk.call("POST", "source-systems/assets/keys", code=409, json=same)
    stale = {"If-Match": '"99"'}
    await desk.call("PUT", "source-systems/assets", code=412, json=LIBRARY, headers=stale)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "HR"},
        {"id": "a.b"},
        {"nkeys": ["SUAAAA"]},
        {"reads": [">"]},
        {"reads": ["qa.verdict.v1.hr"]},
        {"reads": ["qa.evt.v1.datahub.>"]},
        {"entities": ["*"]},
        {"password": "yes"},
        {"more": 1},
    ],
)
async def test_an_accounts_file_cannot_give_more_than_a_source_system_may(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    good = {"id": "hr", "password": True, "nkeys": [], "entities": [], "reads": []}
    file = tmp_path / "accounts.json"
    assert read_systems(file) == SHIPPED
    file.write_text(json.dumps({"systems": [good]}))
    assert read_systems(file) == (System(id="hr", password=True),)

    file.write_text(json.dumps({"systems": [{**good, **wrong}]}))
    with pytest.raises(StartError, match="accounts"):
        read_systems(file)
