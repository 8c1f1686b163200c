"""Roles of posts, bodies, grants and delegation: with the token, told as events, on record."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from gateway.audit.jobs import seal_all
from gateway.roles.domain.deriving import holds_on
from shared.contracts.base import Envelope, Event
from shared.contracts.datahub import ScopeChanged, ScopeItem, ScopeOwner
from shared.contracts.gateway import AuditSealed, RoleGranted, RoleRevoked
from shared.contracts.target import BodyChanged, BodyMember
from shared.kit.database import Database
from shared.testing import TestServers, connect_as, empty_streams

BASE = "/api/gateway/v1"
PASSWORD = "the right password"
TODAY = datetime.now(UTC).date()  # noqa: TID251 — a test


@pytest.fixture(scope="module")
def broker_for_gateway(servers: TestServers) -> TestServers:
    """Servers whose streams are empty."""

    async def empty() -> None:
        client = await connect_as(servers, "admin")
        await empty_streams(client.jetstream())
        await client.close()

    asyncio.run(empty())
    return servers


@pytest.fixture
async def bus(servers: TestServers) -> AsyncIterator[Client]:
    client = await connect_as(servers, "admin")
    yield client
    await client.close()


async def tell(bus: Client, service: str, event: Event, key: str) -> None:
    """State a fact as a service does."""
    envelope = Envelope(
        id=str(uuid4()),
        source=f"urn:helix8:{service}",
        type=event.event_type(),
        time=datetime.now(UTC),  # noqa: TID251
        partitionkey=key,
        correlationid="told-by-a-test",
        data=event.model_dump(mode="json"),
    )
    await bus.jetstream().publish(event.address(key), envelope.model_dump_json().encode())


def scope(name: str, *owners: tuple[str, str], seq: int, **more: Any) -> ScopeChanged:
    item = ScopeItem(
        scope=name,
        name_zh=f"名称 {name}",
        owners=tuple(ScopeOwner(role=role, person=person) for role, person in owners),
        seq=seq,
        **more,
    )
    return ScopeChanged(items=(item,))


def body(version: int, *members: tuple[str, str], **more: Any) -> BodyChanged:
    return BodyChanged(
        id="body-1",
        version=version,
        title="诊改工作领导小组",
        since=None,
        until=more.pop("until", None),
        members=tuple(BodyMember(party=party, place=place) for party, place in members),  # type: ignore[arg-type]
        duties=(),
        matrix=(),
        **more,
    )


async def person(gateway: Any, demo: httpx.AsyncClient, number: str) -> httpx.AsyncClient:
    """Return the browser of somebody whose account gives no more than reading."""
    account = {
        "login": number,
        "subject": f"person/{number}",
        "name": number,
        "password": PASSWORD,
        "roles": ["reader"],
    }
    await demo.post(f"{BASE}/accounts", json=account)
    client: httpx.AsyncClient = gateway.browser()
    answer = await client.post(f"{BASE}/sessions", json={"login": number, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return client


async def held(client: httpx.AsyncClient) -> set[tuple[str, str | None, str]]:
    me = (await client.get(f"{BASE}/me")).json()
    return {(each["role"], each["scope"], each["origin"]) for each in me["held"]}


async def until_held(client: httpx.AsyncClient, *wanted: tuple[str, str | None, str]) -> None:
    """Wait until somebody holds these roles beside that of his account, and no others."""
    async with asyncio.timeout(10):
        while await held(client) != {("reader", None, "account"), *wanted}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def told(bus: Client) -> list[tuple[str, dict[str, Any]]]:
    """Return what the gateway has said of roles, oldest first."""
    js = bus.jetstream()
    subscription = await js.pull_subscribe("qa.evt.v1.gateway.role.>", stream="QA_EVT")
    found: list[tuple[str, dict[str, Any]]] = []
    while True:
        try:
            messages = await subscription.fetch(100, timeout=0.3)
        except TimeoutError:
            break
        for message in messages:
            await message.ack()
            document = json.loads(message.data)
            found.append((document["type"], document["data"]))
    await subscription.unsubscribe()
    return found


async def test_a_post_gives_a_role_where_it_is_while_it_lasts_and_services_are_told_where(
    gateway: Any, demo: httpx.AsyncClient, bus: Client
) -> None:
    client = await person(gateway, demo, "T101")
    head = ("unit_head", "teacher/T101")
    await tell(
        bus, "datahub", scope("unit/XX1", head, ("system_owner", "teacher/T101"), seq=1), "a"
    )
    await tell(bus, "datahub", scope("teacher/T101", ("self", "teacher/T101"), seq=1), "b")
    over = (TODAY - timedelta(days=2)).isoformat()
    await tell(
        bus,
        "datahub",
        scope("course/C1", ("course_lead", "teacher/T101"), seq=1, valid_to=over),
        "c",
    )
    await until_held(client, ("unit_head", "unit/XX1", "post"), ("teacher", "teacher/T101", "self"))
    await client.get("/api/target/v1/count")
    caller = gateway.services["target"].seen[-1].caller
    assert caller.roles == {"reader", "unit_head", "teacher"}
    assert caller.holds == {
        *(("reader", "*"), ("unit_head", "unit/XX1"), ("teacher", "teacher/T101")),
    }
    assert caller.may("target:approve")

    # An older word changes nothing; the newer takes the post away.
    await tell(bus, "datahub", scope("unit/XX1", seq=3), "a")
    await tell(bus, "datahub", scope("unit/XX1", head, seq=2), "a")
    await until_held(client, ("teacher", "teacher/T101", "self"))
    facts = [(kind, fact) for kind, fact in await told(bus) if fact["scope"] == "unit/XX1"]
    assert [kind for kind, _ in facts] == [RoleGranted.type, RoleRevoked.type]
    assert facts[0][1] == facts[1][1]
    assert {name: facts[0][1][name] for name in ("person", "role", "origin", "delegated_by")} == {
        "person": "person/T101",
        "role": "unit_head",
        "origin": "post",
        "delegated_by": None,
    }
    entries = (await demo.get(f"{BASE}/audit?about=person/T101&kind=role-revoked")).json()
    assert [(each["actor"], each["by"], each["detail"]["scope"]) for each in entries] == [
        ("system/datahub", "event", "unit/XX1")
    ]
    await client.aclose()


async def test_a_body_gives_what_an_administrator_said_to_persons_and_to_those_who_lead(
    gateway: Any, demo: httpx.AsyncClient, bus: Client
) -> None:
    named, leading = await person(gateway, demo, "T201"), await person(gateway, demo, "T202")
    await tell(bus, "target", body(1, ("person/T201", "head"), ("unit/XX2", "member")), "body-1")
    async with asyncio.timeout(10):
        while not (await demo.get(f"{BASE}/bodies")).json():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert await held(named) == {("reader", None, "account")}

    rules = [
        {"place": "head", "role": "leader", "scope": "school/14365"},
        {"place": "member", "role": "body_member", "scope": None},
    ]
    refused = await named.post(f"{BASE}/bodies/body-1/rules", json={"rules": rules})
    said = await demo.post(f"{BASE}/bodies/body-1/rules", json={"rules": rules})
    unknown = await demo.post(f"{BASE}/bodies/none/rules", json={"rules": rules})
    assert [each.status_code for each in (refused, said, unknown)] == [403, 204, 404]
    await until_held(named, ("leader", "school/14365", "body"))

    # Who leads the unit comes after the body was told; who leaves the body goes.
    post = ("unit_head", "unit/XX2", "post")
    await tell(bus, "datahub", scope("unit/XX2", ("unit_head", "teacher/T202"), seq=1), "x")
    await until_held(leading, post, ("body_member", None, "body"))
    await tell(bus, "target", body(2, ("unit/XX2", "member")), "body-1")
    await until_held(named)
    await tell(bus, "target", body(3, ("unit/XX2", "member"), withdrawn=True), "body-1")
    await until_held(leading, post)
    await named.aclose()
    await leading.aclose()


async def test_a_role_is_lent_for_a_time_never_lent_on_and_ends_with_what_it_was_lent_from(
    gateway: Any, demo: httpx.AsyncClient, bus: Client
) -> None:
    owner, other = await person(gateway, demo, "T301"), await person(gateway, demo, "T302")
    await tell(bus, "datahub", scope("unit/XX3", ("unit_head", "teacher/T301"), seq=1), "x")
    await until_held(owner, ("unit_head", "unit/XX3", "post"))
    loan = {
        "to": "person/T302",
        "role": "unit_head",
        "scope": "unit/XX3",
        "valid_to": (TODAY + timedelta(days=7)).isoformat(),
        "reason": "出国访学",
    }
    wrong = {**loan, "to": "person/T301", "valid_to": "2020-01-01"}
    faults = await owner.post(f"{BASE}/delegations", json=wrong)
    assert (faults.status_code, sorted(faults.json()["validationErrors"])) == (
        *(422, ["$.to", "$.valid_to"]),
    )
    beyond = await owner.post(f"{BASE}/delegations", json={**loan, "scope": "unit/JWC"})
    admin = await owner.post(f"{BASE}/delegations", json={**loan, "role": "admin"})
    assert (beyond.status_code, admin.status_code) == (403, 422)

    lent = await owner.post(f"{BASE}/delegations", json=loan)
    twice = await owner.post(f"{BASE}/delegations", json=loan)
    assert (lent.status_code, twice.status_code) == (201, 409)
    await until_held(other, ("unit_head", "unit/XX3", "delegation"))
    on = await other.post(f"{BASE}/delegations", json={**loan, "to": "person/T303"})
    assert on.json()["type"] == "urn:helix8:problem:role-not-yours"

    await tell(bus, "datahub", scope("unit/XX3", seq=2), "x")
    await until_held(owner)
    await until_held(other)
    await tell(bus, "datahub", scope("unit/XX3", ("unit_head", "teacher/T301"), seq=3), "x")
    await until_held(other, ("unit_head", "unit/XX3", "delegation"))
    grant = lent.json()["id"]
    assert (await demo.delete(f"{BASE}/delegations/{uuid4()}")).status_code == 404
    assert (await other.delete(f"{BASE}/delegations/{grant}")).status_code == 204
    await until_held(other)
    delegated = [fact for _, fact in await told(bus) if fact["origin"] == "delegation"]
    assert {fact["delegated_by"] for fact in delegated} == {"person/T301"}
    assert len(delegated) == 2
    await owner.aclose()
    await other.aclose()


async def test_a_write_with_a_key_is_done_once_and_one_with_a_secret_takes_none(
    demo: httpx.AsyncClient,
) -> None:
    grant = {"person": "person/T601", "role": "reader", "reason": "代理"}
    headers = {"idempotency-key": "grant-1"}
    first, again = [await demo.post(f"{BASE}/grants", json=grant, headers=headers) for _ in "12"]
    other = await demo.post(f"{BASE}/grants", json=grant | {"reason": "别的"}, headers=headers)
    secret = await demo.post(f"{BASE}/accounts", json={}, headers=headers)

    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert len((await demo.get(f"{BASE}/grants?person=person/T601")).json()) == 1
    assert [each.json()["type"].rpartition(":")[2] for each in (other, secret)] == [
        "idempotency-key-reused",
        "idempotency-key-not-taken",
    ]


async def test_a_visitor_switches_between_his_roles_with_a_new_cookie_and_the_portal_does_too(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    client = await person(gateway, demo, "T401")
    for role, where in (("unit_head", "unit/XX4"), ("quality_office", None)):
        grant = {"person": "person/T401", "role": role, "scope": where, "reason": "代理"}
        made = await demo.post(f"{BASE}/grants", json=grant)
        assert made.status_code == 201, made.text
    await until_held(client, ("unit_head", "unit/XX4", "grant"), ("quality_office", None, "grant"))
    stolen = dict(client.cookies)
    chosen = await client.post(f"{BASE}/me/role", json={"role": "unit_head", "scope": "unit/XX4"})
    assert chosen.status_code == 200, chosen.text
    assert (chosen.json()["roles"], chosen.json()["acting"]["role"]) == (["unit_head"], "unit_head")
    assert "datahub:every-scope" not in chosen.json()["scopes"]
    await client.get("/api/datahub/v1/count")
    assert gateway.services["datahub"].seen[-1].caller.holds == {("unit_head", "unit/XX4")}
    async with gateway.browser(cookies=stolen) as thief:
        assert (await thief.get(f"{BASE}/me")).status_code == 401

    page = (await client.get("/account", headers={"accept": "text/html"})).text
    assert "部门负责人" in page
    form = {"role": "quality_office", "scope": ""}
    assert (await client.post("/portal/role", data=form)).status_code == 303
    assert (await client.get(f"{BASE}/me")).json()["roles"] == ["quality_office"]
    not_his = await client.post(f"{BASE}/me/role", json={"role": "admin"})
    assert not_his.json()["type"] == "urn:helix8:problem:role-not-held"
    everything = await client.post(f"{BASE}/me/role", json={})
    assert everything.json()["roles"] == ["quality_office", "reader", "unit_head"]

    # A role that is taken back is acted in no more.
    await client.post(f"{BASE}/me/role", json={"role": "quality_office"})
    listed = (await demo.get(f"{BASE}/grants?person=person/T401&role=quality_office")).json()
    assert (await demo.delete(f"{BASE}/grants/{listed[0]['id']}")).status_code == 204
    me = (await client.get(f"{BASE}/me")).json()
    assert (me["roles"], me["acting"]) == (["reader", "unit_head"], None)
    await client.aclose()


async def test_sessions_are_listed_ended_one_by_one_and_all_at_once(
    gateway: Any, demo: httpx.AsyncClient
) -> None:
    one, two = await person(gateway, demo, "T501"), await person(gateway, demo, "T501")
    other = await person(gateway, demo, "T502")
    listed = (await two.get(f"{BASE}/sessions")).json()
    assert [each["current"] for each in listed].count(True) == 1
    first = next(each["id"] for each in listed if not each["current"])
    assert (await other.delete(f"{BASE}/sessions/{first}")).status_code == 404
    assert (await other.get(f"{BASE}/sessions?person=person/T501")).status_code == 403
    assert (await two.delete(f"{BASE}/sessions/{first}")).status_code == 204
    assert (
        (await one.get(f"{BASE}/me")).status_code,
        (await two.get(f"{BASE}/me")).status_code,
    ) == (*(401, 200),)
    seen = (await demo.get(f"{BASE}/sessions?person=person/T501")).json()
    assert [each["subject"] for each in seen] == ["person/T501"]
    gone = await two.post("/portal/sessions/end-all")
    assert (gone.status_code, (await two.get(f"{BASE}/me")).status_code) == (303, 401)
    assert (await demo.delete(f"{BASE}/accounts/T502")).status_code == 204
    assert (await other.get(f"{BASE}/me")).status_code == 401
    for client in (one, two, other):
        await client.aclose()


def test_a_validity_holds_its_last_day() -> None:
    first, last = date(2026, 9, 1), date(2027, 1, 31)
    days = [date(2026, 8, 31), first, last, date(2027, 2, 1)]
    assert [holds_on(day, first, last) for day in days] == [False, True, True, False]
    assert holds_on(first, None, None)


async def told_last(bus: Client) -> dict[str, Any]:
    """Return what was told last of the audit; nothing where none was told yet."""
    with suppress(NotFoundError):
        message = await bus.jetstream().get_last_msg("QA_EVT", AuditSealed.subjects())
        return dict(json.loads(message.data or b"")["data"])
    return {}


async def test_how_far_the_audit_is_sealed_is_told_on_the_bus_where_it_cannot_be_cut_off(
    gateway: Any, demo: httpx.AsyncClient, bus: Client
) -> None:
    database = Database(gateway.environment["GATEWAY_DATABASE_URL"], "gateway")
    await seal_all(database)
    await database.dispose()
    [block] = (await demo.get(f"{BASE}/audit/blocks?limit=1")).json()
    async with asyncio.timeout(10):
        # The gateway seals too: a newer block may have been told meanwhile.
        while (fact := await told_last(bus)).get("block", 0) < block["number"]:  # noqa: ASYNC110 — a process tells
            await asyncio.sleep(0.05)
    sealed = (await demo.get(f"{BASE}/audit/blocks?limit=20")).json()
    [block] = [each for each in sealed if each["number"] == fact["block"]]
    assert fact == {
        "block": block["number"],
        "entries": block["entries"],
        "last_seq": block["last_seq"],
        "digest": block["digest"],
    }
