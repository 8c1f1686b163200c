"""Who may ask what, and which rows he is told: every operation, by every kind of caller.

``access.toml`` holds what is expected, a row for each operation; it is held against the OpenAPI
documents, and then against the running services. The callers hold their roles as the gateway tells
them in the internal token.
"""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from gateway.access.domain.roles import PERMISSIONS
from gateway.docs.domain.operations import Operation, operations_of
from helix8.keys import SIGNING_KEYS
from helix8.state import load_state
from shared.kit.identity import Caller, TokenSigner
from tests.conftest import Suite, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXPECTED: Final[Mapping[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "access.toml").read_text(encoding="utf-8")
)
SEES: Final[Mapping[str, list[str]]] = EXPECTED["sees"]
SERVICES: Final = ("datahub", "target", "spiral", "alert", "report")
TOGETHER: Final = 16
READERS: Final = ("student", "unit_head", "reader")
"""Who sees himself, who sees some, who sees all: they try out whatever they may read."""


def person(role: str, key: str, *scopes: str) -> Caller:
    """Somebody who holds a role for scopes."""
    return Caller(
        subject=f"person/{key}",
        roles=frozenset({role}),
        scopes=PERMISSIONS[role],
        holds=frozenset((role, scope) for scope in scopes),
    )


CALLERS: Final[Mapping[str, Caller]] = {
    "student": person("student", "XS1", "student/XS1"),
    "teacher": person("teacher", "XT1", "teacher/XT1", "class/XK1"),
    "course_lead": person("course_lead", "XL1", "course/XC1"),
    "major_lead": person("major_lead", "XL2", "major/XM1"),
    "unit_head": person("unit_head", "XL3", "unit/XU1"),
    "other_unit": person("unit_head", "XL4", "unit/XU2"),
    "quality_office": person("quality_office", "XQ", "*"),
    "leader": person("leader", "XP", "*"),
    "reader": Caller(subject="system/reading", scopes=PERMISSIONS["reader"]),
    "other_source": Caller(
        subject="system/hr", scopes=frozenset({"datahub:read", "datahub:write"})
    ),
}
ANONYMOUS: Final = "anonymous"

CODES: Final = ("1", "2")
KINDS: Final = ("unit", "major", "course", "class", "group", "teacher", "student")
LETTERS: Final = dict(zip(KINDS, "UMCKGTS", strict=True))
SEEDED: Final = [f"{kind}/X{LETTERS[kind]}{code}" for code in CODES for kind in KINDS]
OPEN: Final = ("unit",)
"""Kinds of scope whose goals, plans and figures everybody sees."""

PLANNED: Final = ("unit/", "major/", "course/")
"""What has a plan of the year."""


def scopes_of(caller: str, *, opened: Iterable[str] = ()) -> set[str]:
    """Return which of the seeded scopes a caller is told of."""
    seen = SEES[caller]
    return {
        each
        for each in SEEDED
        if seen == ["*"] or each in seen or each.partition("/")[0] in set(opened)
    }


@dataclass(frozen=True, slots=True)
class World:
    """The suite, its operations, and clients of each caller at each service."""

    operations: list[Operation]
    permissions: Mapping[str, list[str]]
    clients: Mapping[tuple[str, str], httpx.AsyncClient]

    async def get(self, caller: str, service: str, path: str, **query: Any) -> httpx.Response:
        """Ask a service as a caller."""
        return await self.clients[caller, service].get(f"/v1/{path}", params=query or None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(suite: Suite) -> AsyncIterator[World]:
    """The suite with two units that have the same of everything."""
    async with httpx.AsyncClient(
        base_url=suite.url, headers=suite.api_key, timeout=60, trust_env=False
    ) as portal:
        await sow(portal)
        merged = (await portal.get("/api/openapi.json")).json()
    state = load_state(suite.home.state)
    assert state is not None
    signer = TokenSigner(json.loads(suite.secret(SIGNING_KEYS)))
    clients = {
        (name, service): httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{state.ports()[service]}",
            auth=_signing(signer, CALLERS.get(name), service),
            timeout=60,
            trust_env=False,
            # A server that refuses before it has read the body closes the connection.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        for name in (*CALLERS, ANONYMOUS)
        for service in SERVICES
    }
    yield World(operations_of(merged), _permissions(merged), clients)
    for each in clients.values():
        await each.aclose()


def _signing(signer: TokenSigner, caller: Caller | None, service: str) -> Any:
    """A token for each request, as the gateway makes them: they last a minute."""

    def sign(request: httpx.Request) -> httpx.Request:
        if caller is not None:
            request.headers["authorization"] = f"Bearer {signer.sign(caller, service)}"
        return request

    return sign


def _permissions(merged: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        each["operationId"]: each.get("x-permissions", [])
        for methods in merged["paths"].values()
        for each in methods.values()
        if "operationId" in each
    }


async def sow(portal: httpx.AsyncClient) -> None:
    """Have two units, and beneath each the same; goals, tasks and cycles of all of them."""
    rows = {
        "org_unit": "org_code,name\n{U},学院{n}\n",
        "staff": "staff_no,name,org_code\n{T},教师{n},{U}\n",
        "major": "major_code,name,org_code\n{M},专业{n},{U}\n",
        "course": "course_code,name,org_code,major_code\n{C},课程{n},{U},{M}\n",
        "teaching_class": "class_no,course_code,term,teacher_no\n{K},{C},2096-2097-1,{T}\n",
        "admin_class": "admin_class_code,name,major_code\n{G},行政班{n},{M}\n",
        "student": "student_no,name,admin_class_code,major_code\n{S},学生{n},{G},{M}\n",
        "enrolment": "class_no,student_no\n{K},{S}\n",
    }
    for entity, text in rows.items():
        head, line, _ = text.split("\n")
        feed = f"access.{entity}"
        fields = {each: {"from": each} for each in head.split(",")}
        document = {"feed": feed, "source": "academic", "entity": entity, "fields": fields}
        await done(portal.put(f"/api/datahub/v1/feeds/{feed}", json=document))
        lines = [line.format(n=code, **{a: f"X{a}{code}" for a in "UMCKGTS"}) for code in CODES]
        answer = await done(
            portal.post(
                f"/api/datahub/v1/batches?feed={feed}",
                content="\n".join([head, *lines, ""]).encode(),
                headers={"content-type": "text/csv"},
            )
        )
        assert answer.json()["quarantined"] == answer.json()["parked"] == 0, answer.text
    for scope in SEEDED:
        about = {"scope": scope, "period": "year:2096", "title": f"关于 {scope}"}
        key = scope.replace("/", "-")
        await done(portal.post("/api/target/v1/goals", json={"key": f"access-{key}", **about}))
        if scope.startswith(PLANNED):
            plan = {"key": f"access-{key}", "kind": "year", **about}
            await done(portal.post("/api/target/v1/plans", json=plan))
        task = {"key": f"access-{key}", "title": about["title"], "scope": scope}
        task |= {"kind": "routine", "system": "generation"}
        await done(portal.post("/api/target/v1/tasks", json=task))
        cycle = {"key": f"access-{key}", "scope": scope, "period": "year:2096"}
        await done(portal.post("/api/spiral/v1/cycles", json=cycle))


async def done(asked: Any) -> httpx.Response:
    """Return an answer that must be a success."""
    answer: httpx.Response = await asked
    assert answer.is_success, answer.text
    return answer


def rows() -> dict[str, Mapping[str, Any]]:
    """Return the expected rows, by ``<service>.<operation>``."""
    return {
        f"{service}.{name}": row
        for service in (*SERVICES, "gateway")
        for name, row in EXPECTED[service].items()
    }


async def test_every_operation_has_its_row_and_needs_what_it_says(world: World) -> None:
    told = {name: {"needs": needs} for name, needs in world.permissions.items()}
    expected = {name: {"needs": row["needs"]} for name, row in rows().items()}
    reads = {f"{each.service}.{each.id}" for each in world.operations if each.method == "GET"}

    assert told == expected
    assert {
        name
        for name, row in rows().items()
        if name in reads and "rows" not in row and not name.startswith("gateway.")
    } == set()


REFUSED: Final = frozenset({"unauthenticated", "forbidden"})


async def test_who_lacks_the_permission_is_refused_and_nobody_else(world: World) -> None:
    gate = asyncio.Semaphore(TOGETHER)
    asked = [
        try_out(world, gate, caller, each)
        for each in world.operations
        if each.service in SERVICES
        for caller in (*CALLERS, ANONYMOUS)
    ]

    assert [each for each in await asyncio.gather(*asked) if each] == []


async def try_out(
    world: World, gate: asyncio.Semaphore, caller: str, operation: Operation
) -> str | None:
    """Ask for an operation as it is documented; return what is wrong with the answer."""
    known = CALLERS.get(caller)
    row = EXPECTED[operation.service][operation.id]
    may = known is not None and (all(known.may(each) for each in row["needs"]) or "by" in row)
    if may and (operation.method != "GET" or caller not in READERS):
        return None  # It would be done, or another one of the same permissions has read it.
    path = operation.target.removeprefix(f"/api/{operation.service}")
    body = next((each for each in operation.bodies if each.example), None)
    async with gate:
        answer = await world.clients[caller, operation.service].request(
            operation.method,
            path,
            content=body.example if body else None,
            headers={"content-type": body.media} if body else {},
        )
    status = answer.status_code
    is_refused = status in {401, 403} and answer.json()["type"].rpartition(":")[2] in REFUSED
    # What he does not see is not there for him, before he is told what he may.
    refusals = {403, 404} if row.get("writes") == "scoped" else {403}
    is_right = not is_refused if may else status in (refusals if known else {401})
    if is_right and status < 500:
        return None
    return f"{caller}: {operation.method} {path} {status}"


async def test_the_gateway_opens_what_is_its_own_to_its_keepers_alone(
    suite: Suite, world: World
) -> None:
    """The key of the demonstration may do all in the services, and operate the gateway; no more."""
    kept = [
        each
        for each in world.operations
        if each.service == "gateway" and EXPECTED["gateway"][each.id]["needs"]
    ]
    found = {}
    async with httpx.AsyncClient(base_url=suite.url, timeout=30, trust_env=False) as client:
        for each in kept:
            asked = (each.method, each.target)
            answers = [await client.request(*asked, headers=it) for it in ({}, suite.api_key)]
            operates = EXPECTED["gateway"][each.id]["needs"][0].startswith("operations:")
            found[each.id] = (answers[0].status_code, (answers[1].status_code == 403) != operates)

    assert found == {each.id: (401, True) for each in kept}


LISTS: Final = {
    "datahub scopes": ("datahub", "scopes", ("unit", "major", "course", "class", "group")),
    "target goals": ("target", "goals", OPEN),
    "target chain": ("target", "chain", OPEN),
    "target plans": ("target", "plans", OPEN),
    "target tasks": ("target", "tasks", ()),
    "spiral cycles": ("spiral", "cycles", ()),
}
"""A list that tells scopes, where it is read, and the kinds of scope that are open in it."""


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_that_of_ones_scopes(world: World, name: str) -> None:
    service, path, opened = LISTS[name]
    await known(world)
    found = {}
    for caller in SEES:
        if not _may_read(caller, service):
            continue
        told = (await world.get(caller, service, path, limit=1000)).json()
        found[caller] = {each["scope"] for each in told} & set(SEEDED)

    there = tuple(PLANNED) if path == "plans" else ("",)
    assert found == {
        caller: {each for each in scopes_of(caller, opened=opened) if each.startswith(there)}
        for caller in found
    }


DOCUMENTS: Final = (
    ("target", "goals/access-{}", OPEN, SEEDED),
    ("target", "tasks/access-{}", (), SEEDED),
    ("target", "plans/access-{}", OPEN, ["major/XM1", "major/XM2", "unit/XU2"]),
    ("target", "goals/access-{}/decomposition", OPEN, ["class/XK1", "class/XK2"]),
    ("target", "goals/access-{}/comments", OPEN, ["course/XC1", "course/XC2"]),
    ("target", "attainments/goal/access-{}/forecast", OPEN, ["major/XM1", "major/XM2"]),
    ("target", "sheets/goal/access-{}", (), ["unit/XU1", "unit/XU2", "teacher/XT1"]),
    ("spiral", "cycles/access-{}", (), ["unit/XU1", "class/XK1", "student/XS1", "student/XS2"]),
    ("spiral", "cycles/access-{}/entries", (), ["course/XC1", "course/XC2"]),
    ("spiral", "diagnoses?cycle=access-{}", (), ["teacher/XT1", "group/XG1", "group/XG2"]),
)
"""Documents, where they are read, the kinds of scope that are open, and of which they are asked."""


async def test_a_document_out_of_sight_is_not_there(world: World) -> None:
    await known(world)

    async def ask(caller: str, service: str, path: str, status: int) -> str | None:
        answer = await world.get(caller, service, path)
        is_right = answer.status_code == status
        return None if is_right else f"{caller}: {path} {answer.status_code}, not {status}"

    asked = [
        ask(
            caller,
            service,
            path.format(scope.replace("/", "-")),
            200 if scope in scopes_of(caller, opened=opened) else 404,
        )
        for caller, (service, path, opened, scopes) in product(SEES, DOCUMENTS)
        if _may_read(caller, service)
        for scope in scopes
    ]

    assert [each for each in await asyncio.gather(*asked) if each] == []


async def test_a_total_counts_what_is_seen_and_nothing_else(world: World) -> None:
    await known(world)
    found, expected = {}, {}
    for caller in (each for each in SEES if SEES[each] != ["*"]):
        listed = await world.get(caller, "spiral", "cycles", limit=1, totalCount="true")
        found[caller] = int(listed.headers["total-count"])
        expected[caller] = len(SEES[caller])

    assert found == expected


RECORDS: Final = {"staff": "teacher", "student": "student"}


async def test_records_of_persons_are_those_of_ones_scopes(world: World) -> None:
    await known(world)
    found: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    for caller, (entity, kind) in product(SEES, RECORDS.items()):
        seen = {each.partition("/")[2] for each in scopes_of(caller) if each.startswith(kind)}
        sown = [f"X{LETTERS[kind]}{code}" for code in CODES]
        listed = (await world.get(caller, "datahub", f"records/{entity}", limit=1000)).json()
        found[f"{caller} {entity}"] = {each["key"] for each in listed} & {*sown}
        expected[f"{caller} {entity}"] = seen
        forms = (f"records/{entity}/{{}}", f"records/{entity}/{{}}/explain")
        for form, key in product((*forms, f"history/{entity}/{{}}"), sown):
            of = form.format(key)
            found[f"{caller} {of}"] = (await world.get(caller, "datahub", of)).status_code
            expected[f"{caller} {of}"] = 200 if key in seen else 404

    assert found == expected


async def test_what_counts_for_a_class_is_seen_by_who_teaches_it(world: World) -> None:
    """And by the student himself; in files and in the change feed as in the list."""
    await known(world)
    mine = {"XK1/XS1"}
    both = mine | {"XK2/XS2"}
    expected = {
        "student": mine,
        "teacher": mine,
        "course_lead": mine,
        "major_lead": mine,
        "unit_head": mine,
        "other_unit": both - mine,
        **dict.fromkeys(("quality_office", "leader", "reader", "other_source"), both),
    }
    found: dict[str, dict[str, set[str]]] = {"list": {}, "export": {}, "feed": {}}
    for caller in SEES:
        listed = (await world.get(caller, "datahub", "records/enrolment", limit=1000)).json()
        file = (await world.get(caller, "datahub", "exports/enrolment")).text
        exported = [json.loads(line) for line in file.splitlines()]
        changed = [each for each in await feed(world, caller) if each["entity"] == "enrolment"]
        for name, items in (("list", listed), ("export", exported), ("feed", changed)):
            found[name][caller] = {each["key"] for each in items} & both

    assert found == dict.fromkeys(found, expected)


async def feed(world: World, caller: str) -> list[dict[str, Any]]:
    """Read the change feed from its beginning to its end."""
    found, after = [], 0
    while True:
        answer = await world.get(caller, "datahub", "changes", after=after, limit=1000)
        found += answer.json()
        looked = int(answer.headers.get("feed-next", 0))
        end = looked or (found[-1]["seq"] if found else 0)
        if end <= after or end >= int(answer.headers["feed-watermark"]):
            return found
        after = end


async def known(world: World) -> None:
    """Wait until the services have heard of all scopes that were sown, and of what lies in them."""
    for service, path in (("target", "goals"), ("spiral", "cycles")):

        async def told(service: str = service, path: str = path) -> set[str]:
            answer = await world.get("unit_head", service, path, limit=1000)
            return {each["scope"] for each in answer.json()}

        await until(told, lambda found: found >= scopes_of("unit_head"))


def _may_read(caller: str, service: str) -> bool:
    return CALLERS[caller].may(f"{service}:read")


async def test_a_write_says_on_whose_things_it_works(world: World) -> None:
    writes = {f"{each.service}.{each.id}" for each in world.operations if each.method != "GET"}
    told = {
        name: row.get("writes")
        for name, row in rows().items()
        if name in writes and not name.startswith("gateway.")
    }

    assert {name for name, how in told.items() if how not in {"scoped", "rules", "all"}} == set()


SOWN: Final = {
    "/api/target/v1/goals/{": OPEN,
    "/api/target/v1/tasks/{": (),
    "/api/target/v1/plans/{": OPEN,
    "/api/spiral/v1/cycles/{": (),
}
"""Families of which each seeded scope has one, ``access-<kind>-<key>``; kinds that are open."""


async def test_a_write_out_of_sight_is_refused_as_a_read_is(world: World) -> None:
    """By every write on a goal, a task, a plan or a cycle: it is not there, and nothing is done."""
    await known(world)
    gate = asyncio.Semaphore(TOGETHER)

    async def ask(caller: str, operation: Operation, path: str) -> str | None:
        async with gate:
            answer = await world.clients[caller, operation.service].request(
                operation.method, path, json={}
            )
        return None if answer.status_code == 404 else f"{caller}: {operation.id} {path} {answer}"

    asked = []
    for operation in world.operations:
        opened = next((k for each, k in SOWN.items() if operation.path.startswith(each)), None)
        if operation.method == "GET" or opened is None:
            continue
        row = EXPECTED[operation.service][operation.id]
        assert row["writes"] == "scoped", operation.id
        for caller in (each for each in SEES if SEES[each] != ["*"]):
            hidden = sorted(set(SEEDED) - scopes_of(caller, opened=opened))
            for scope in (each for each in hidden if each.startswith(("major/", "class/"))):
                key = f"access-{scope.replace('/', '-')}"
                path = operation.path.removeprefix(f"/api/{operation.service}")
                asked.append(
                    ask(caller, operation, path.replace("{key}", key).replace("{number}", "1"))
                )

    assert len(asked) > 100
    assert [each for each in await asyncio.gather(*asked) if each] == []
    # Who sees it is told what is wrong with what he sends, not that it is not there.
    mine = await world.clients["major_lead", "target"].post(
        "/v1/goals/access-major-XM1/comments", json={}
    )
    assert mine.status_code == 422


NAMED: Final[Mapping[str, Mapping[str, Any]]] = {
    "target.put_plan": {"key": "access-named", "scope": "class/XK1"},
    "target.put_task": {"key": "access-named", "scope": "class/XK1"},
    "spiral.record_campaign": {"scope": "class/XK1", "materials": []},
    "spiral.record_survey": {"scope": "class/XK1"},
    "spiral.draft_diagnosis": {"cycle": "access-class-XK1", "goal": "access-class-XK1"},
    "spiral.add_lesson": {"cycle": "access-class-XK1"},
    "spiral.propose_measure": {"cycle": "access-class-XK1"},
    "spiral.make_proposal": {"cycle": "access-class-XK1"},
    "spiral.lower_target": {"cycle": "access-class-XK1", "goal": "access-class-XK1"},
    "spiral.give_advice": {"student": "student/XS1"},
    "report.make_report": {"scope": "class/XK1", "period": "year:2096"},
    "datahub.hand_in": {"scope": "class/XK1", "period": "year:2096"},
}
"""Writes whose path names nothing, and how their body names something of the first unit. Of a
review and of what is unmasked the services' own tests know who may."""


@pytest.mark.parametrize("name", NAMED)
async def test_what_a_body_names_out_of_sight_is_refused(world: World, name: str) -> None:
    await known(world)
    [operation] = [each for each in world.operations if f"{each.service}.{each.id}" == name]
    assert EXPECTED[operation.service][operation.id]["writes"] == "rules"
    example = json.loads(next(each.example for each in operation.bodies if each.example))
    path = operation.path.removeprefix(f"/api/{operation.service}")
    answer = await world.clients["other_unit", operation.service].request(
        operation.method, path, json=example | NAMED[name]
    )
    said = (answer.status_code, answer.json().get("type", "").rpartition(":")[2])

    # A report is about what a hub told of: what one does not see was not told of.
    unseen = {(422, "reference-unknown")} if name == "report.make_report" else set()
    assert said in unseen or said[0] in {403, 404}, said
