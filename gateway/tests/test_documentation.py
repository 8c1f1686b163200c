"""``/docs`` and ``/events``: every operation and every event can be read, with an example."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.docs.domain.events import event_pages, sample_of
from gateway.docs.domain.operations import Operation, operations_of
from gateway.docs.domain.pushes import push_pages
from gateway.docs.domain.schemas import Reader, Row
from gateway.docs.queries import merge
from shared.contracts.base import Envelope
from shared.contracts.catalogue import published_events
from shared.contracts.ingest import PUSHED

RELEASED = Path(__file__).parents[2] / "shared" / "released" / "http"
DOCUMENTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in RELEASED.glob("*.json")
}
MERGED = merge(DOCUMENTS)
OPERATIONS = operations_of(MERGED)


def find(service: str, name: str) -> Operation:
    [found] = [each for each in OPERATIONS if (each.service, each.id) == (service, name)]
    return found


def test_every_operation_is_told_in_both_languages_and_has_an_example() -> None:
    assert len(OPERATIONS) == sum(len(each) for each in MERGED["paths"].values())
    assert [
        each.path
        for each in OPERATIONS
        if not (each.zh and each.en and each.tag and each.answers) or "{" in each.target
    ] == []
    assert [each.path for each in OPERATIONS if each.zh.isascii() or not each.en.isascii()] == []
    assert [
        each.path for each in OPERATIONS for body in each.bodies if body.example in {None, "null"}
    ] == []


def test_an_operation_is_called_as_its_example_shows() -> None:
    assert find("spiral", "open_cycle").curl("http://hub:8800") == (
        "curl -X POST http://hub:8800/api/spiral/v1/cycles \\\n"
        '  -H "Authorization: Bearer $KEY" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        "  --data-binary '{\n"
        '  "definition": "figure_eight",\n'
        '  "key": "2026-2027-1/course/C0001",\n'
        '  "period": "term:2026-2027-1",\n'
        '  "scope": "course/C0001"\n'
        "}'"
    )
    push = find("datahub", "post_batch")
    assert push.target == "/api/datahub/v1/batches?source=student_affairs&entity=dorm_check"
    assert [body.media for body in push.bodies][:2] == ["application/x-ndjson", "text/csv"]
    assert "Authorization" not in find("gateway", "sign_in").curl("")


def test_an_operation_tells_which_permission_it_needs() -> None:
    assert find("datahub", "put_pull").permissions == ["datahub:pull"]
    assert find("gateway", "make_account").permissions == ["gateway:write"]
    assert find("gateway", "sign_in").permissions == ()
    mute = [each.path for each in OPERATIONS if not each.permissions and each.service != "gateway"]
    assert mute == []


@pytest.mark.parametrize(
    ("service", "name", "address"),
    [
        ("datahub", "post_record", "/api/datahub/v1/records/dorm_check?source=student_affairs"),
        ("datahub", "get_code_set", "/api/datahub/v1/code-sets/gbt_2261_1"),
        ("datahub", "get_table", "/api/datahub/v1/dictionary/tables/ODS_KCJBSJ"),
        (
            "datahub",
            "get_trend",
            "/api/datahub/v1/trend?indicator=course_pass_rate&scope=course%2FC0001&periodKind=term",
        ),
        (
            "datahub",
            "list_trace",
            "/api/datahub/v1/trace?of=request%2F01a213d0-f74b-769f-b905-86157c56be91",
        ),
        ("datahub", "search_dictionary", "/api/datahub/v1/dictionary/search?q=%E5%AD%A6%E5%8F%B7"),
    ],
)
def test_an_example_names_what_there_is(service: str, name: str, address: str) -> None:
    assert find(service, name).target == address


def test_no_body_of_an_example_is_empty_that_must_not_be() -> None:
    empty = {each.id for each in OPERATIONS if each.bodies and each.bodies[0].example == "{}"}
    assert "run_quality" in empty, "all entities"
    assert empty == {"run_quality", "replay_letter", "publish_rule"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["open_cycle"], {"open_cycle"}),
        (["规划", "周期", "post"], {"decide_cycle_proposal"}),
        (["CYCLE-PROPOSALS", "number"], {"decide_cycle_proposal"}),
        (["CYCLES", "closing"], {"close_cycle"}),
        (["no", "such", "operation"], set()),
    ],
)
def test_a_search_finds_what_holds_every_word(words: list[str], found: set[str]) -> None:
    spiral = [each for each in OPERATIONS if each.service == "spiral"]

    assert {each.id for each in spiral if each.matches(words)} == found


SCHEMA: dict[str, Any] = {
    "$defs": {
        "Limit": {
            "type": "object",
            "description": "A  value with\nits operator.",
            "properties": {"op": {"enum": [">", "<"]}, "value": {"type": "string"}},
            "required": ["op"],
        }
    },
    "type": "object",
    "required": ["key"],
    "properties": {
        "key": {"type": "string", "maxLength": 40, "pattern": "^C"},
        "count": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": 3},
        "target": {"$ref": "#/$defs/Limit"},
        "warning": {"anyOf": [{"$ref": "#/$defs/Limit"}, {"type": "null"}], "default": None},
        "items": {"type": "array", "items": {"type": "object", "properties": {"at": {}}}},
        "names": {"type": "object", "additionalProperties": {"properties": {"zh": {}}}},
    },
}


def test_a_schema_is_told_field_by_field_and_no_shape_twice() -> None:
    said = Reader(SCHEMA).rows(SCHEMA)

    assert [(each.path, each.type, each.note) for each in said] == [
        ("key", "string", "length ≤ 40 · /^C/"),
        ("count", "integer | null", "≥ 1 · = 3"),
        ("target", "object", "A value with its operator."),
        ("target.op", '">" | "<"', ""),
        ("target.value", "string", ""),
        ("warning", "object | null", "↑ target"),
        ("items", "object[]", ""),
        ("items[].at", "any", ""),
        ("names", "object", ""),
        ("names.<name>.zh", "any", ""),
    ]
    assert said[0] == Row(path="key", type="string", required=True, note=said[0].note)
    assert [each.path for each in said if each.required] == ["key", "target.op"]


def test_an_example_holds_what_is_required_and_what_is_worth_showing() -> None:
    assert Reader(SCHEMA).example(SCHEMA) == {"key": "C0001", "count": 1}
    wanted = {**SCHEMA, "required": ["key", "target"]}
    assert Reader(wanted).example(wanted)["target"] == {"op": ">", "value": "0.810000"}


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    tree: dict[str, Any] = {
        "$defs": {"Tree": {"properties": {"parts": {"items": {"$ref": "#/$defs/Tree"}}}}},
        "$ref": "#/$defs/Tree",
    }

    assert [each.path for each in Reader(tree).rows(tree)] == ["parts", "parts[].parts"]


@pytest.mark.parametrize("kind", sorted(published_events()))
def test_an_event_is_told_with_an_example_that_is_one(kind: str) -> None:
    [page] = [each for each in event_pages() if each.type == kind]
    event = published_events()[kind]
    document = json.loads(page.example)

    envelope = Envelope.model_validate(document)
    read = event.model_validate(envelope.data)
    assert read == sample_of(event)
    assert envelope.type == read.event_type()
    assert document["dataschema"] == f"urn:helix8:schema:{read.event_type()}"
    assert page.address.startswith(page.subjects.partition("<")[0].removesuffix("*"))
    assert set(json.loads(read.model_dump_json())) >= {
        row.path for row in page.rows if "." not in row.path and "[" not in row.path
    }
    assert page.en
    assert not page.zh.isascii()


@pytest.mark.parametrize("op", list(PUSHED))
def test_a_push_is_told_with_examples_that_are_taken(op: str) -> None:
    [page] = [each for each in push_pages() if each.op == op]
    documents = [json.loads(each) for each in page.examples]

    for document in documents:
        envelope = Envelope.model_validate(document)
        PUSHED[op].model_validate(envelope.data)
    assert page.address == f"qa.ingest.v1.academic.course.{op}"
    assert page.stream == "QA_INGEST_<SYSTEM>"
    assert {row.path for row in page.rows} >= {"feed"}


async def test_the_events_begin_with_what_an_integrator_pushes(anyone: httpx.AsyncClient) -> None:
    page = (await anyone.get("/events")).text

    first = page.index("qa.ingest.v1.&lt;system&gt;.&lt;entity&gt;.upsert")
    assert first < page.index("qa.datahub.entity.changed.v1") or "entity.changed" not in page
    assert "qa.ingest.v1.&lt;system&gt;.&lt;entity&gt;.snapshot-end" in page
    assert "&#34;records&#34;: [" in page


async def test_everybody_reads_the_operations_of_the_gateway_itself(
    gateway: Any, anyone: httpx.AsyncClient
) -> None:
    page = (await anyone.get("/docs/gateway")).text

    for told in (
        "登录",
        "Sign in",
        "/api/gateway/v1/sessions",
        "password",
        "gateway:write",
        f"curl -X POST {gateway.url}/api/gateway/v1/sessions",
        "urn:helix8:problem:account-taken",
        "urn:helix8:problem:unauthenticated",
    ):
        assert told in page, told
    assert "<script" not in page
    english = (await anyone.get("/docs/gateway?lang=en")).text
    assert "Kinds of refusal" in english


async def test_the_list_of_operations_says_which_service_is_away(
    anyone: httpx.AsyncClient,
) -> None:
    listed = await anyone.get("/docs")
    away = await anyone.get("/docs/spiral")
    nobody = await anyone.get("/docs/nobody")

    assert 'href="/docs/gateway#make_key"' in listed.text
    assert listed.text.count("暂不可用") == 5
    assert (away.status_code, nobody.status_code) == (503, 404)
    assert (away.headers["retry-after"], nobody.headers.get("retry-after")) == ("2", None)
    assert "螺旋服务没有应答" in away.text


async def test_a_search_that_finds_nothing_offers_the_way_back(anyone: httpx.AsyncClient) -> None:
    evil = '"><script>alert(1)</script>'

    found = (await anyone.get("/docs", params={"q": "sessions"})).text
    nothing = (await anyone.get("/docs", params={"q": evil})).text

    assert found.count('<li><a href="/docs/') == 5
    assert "没有符合条件的记录" in nothing
    assert "<script>alert" not in nothing


async def test_every_event_can_be_read_by_everybody(anyone: httpx.AsyncClient) -> None:
    page = await anyone.get("/events")

    assert page.status_code == 200
    for kind in published_events():
        assert f'id="{kind}"' in page.text, kind
    for told in ("qa.evt.v1.alert.alert.raised.*", "QA_EVT", "预警发生", "partitionkey"):
        assert told in page.text, told
    assert len(page.content) < 6_000 * len(published_events())


async def test_one_openapi_document_of_every_service_that_answers(
    anyone: httpx.AsyncClient,
) -> None:
    found = (await anyone.get("/api/openapi.json")).json()
    assert "/api/gateway/v1/sessions" in found["paths"]
    operation = found["paths"]["/api/gateway/v1/sessions"]["post"]
    assert operation["operationId"] == "gateway.sign_in"
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["$ref"] == "#/components/schemas/gateway.SignIn"
    assert "gateway.SignIn" in found["components"]["schemas"]
    refused = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
    assert refused["$ref"] == "#/components/schemas/gateway.Problem"
    assert "gateway.HTTPValidationError" not in found["components"]["schemas"]


def test_every_reference_leads_somewhere_and_every_schema_has_a_name_of_its_own() -> None:
    schemas = MERGED["components"]["schemas"]
    start = "#/components/schemas/"

    def referred(value: Any) -> set[str]:
        match value:
            case dict():
                return set().union(*map(referred, value.values()))
            case list():
                return set().union(*map(referred, value))
            case str() if value.startswith(start):
                return {value.removeprefix(start)}
            case _:
                return set()

    assert len(referred(MERGED)) > 300
    assert referred(MERGED) - set(schemas) == set()
    assert {each["title"] for each in schemas.values()} == set(schemas)


async def test_what_everybody_may_read_is_packed_once_and_sent_once(
    anyone: httpx.AsyncClient,
) -> None:
    url = "/api/openapi.json"
    plain = await anyone.get(url, headers={"accept-encoding": "identity"})
    packed = await anyone.get(url, headers={"accept-encoding": "br, gzip"})
    again = await anyone.get(url, headers={"if-none-match": plain.headers["etag"]})

    assert plain.json() == packed.json()
    assert plain.headers["cache-control"] == "public, max-age=5"
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    assert (again.status_code, again.content) == (304, b"")
    assert "ratelimit" in plain.headers
