"""A report is written, checked, reviewed by another, signed, issued, superseded, and made again."""

from asyncio import gather
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from os import urandom
from typing import Any
from zipfile import ZipFile

import docx
import pytest

from report_service.usecases.rendering.docx.package import default_template, packed
from shared.kit.identity import Caller, TokenSigner
from shared.kit.ids import uuid7
from shared.kit.sql import text
from shared.testing import Keys

MEBIBYTE = 1 << 20
LATER = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.fixture
def other(signing_keys: Keys) -> dict[str, str]:
    """The headers of another person who may do everything."""
    signer: TokenSigner = signing_keys[0]
    caller = Caller(subject="person/other", scopes=frozenset({"*"}))
    return {"authorization": f"Bearer {signer.sign(caller, 'report')}"}


async def missed(world: Any, told: Any) -> str:
    """Make the report of a class that misses its standard; return its path."""
    await told.everything(world)
    await world.tell(told.measured(8, "0.31"), told.judged(3, "below_standard", "0.31"))
    return f"/v1/reports/{(await world.make()).json()['id']}"


async def write_what_is_asked_for(client: Any, path: str) -> None:
    early = await client.post(f"{path}/submission")
    assert (early.status_code, early.json()["type"]) == (409, "urn:helix8:problem:report-not-ready")
    assert set(early.json()["validationErrors"]) == {
        f"$.texts['{each}']"
        for each in ("diagnosis/B1/cause", "diagnosis/B1/measure", "conclusion", "next")
    }
    texts = {
        "diagnosis/B1/cause": "实训工位不足，预计明年 37% 的班级受影响",
        "diagnosis/B1/measure": "增设实训工位",
        "conclusion": "现值为 31%，未达到标准。",
        "next": "退学率降到 15% 以内",
    }
    written = await client.put(f"{path}/texts", json={"texts": texts})
    assert (written.status_code, written.json()["version"]) == (200, 2)
    again = {"json": {"texts": {"conclusion": "现值为 31%。"}}, "headers": {"If-Match": '"2"'}}
    both = await gather(*(client.put(f"{path}/texts", **again) for _ in range(2)))
    assert sorted(each.status_code for each in both) == [200, 412]
    versions = (await client.get(f"{path}/texts", params={"place": "conclusion"})).json()
    assert [each["text"] for each in versions] == ["现值为 31%。", "现值为 31%，未达到标准。"]
    findings = (await client.get(f"{path}/findings")).json()
    assert [(each["code"], each["place"], each["must"]) for each in findings] == [
        ("unbound-figure", "diagnosis/B1/cause", False),
        ("forecast", "diagnosis/B1/cause", False),
    ]
    unknown = await client.put(f"{path}/texts", json={"texts": {"somewhere": "x"}})
    assert list(unknown.json()["validationErrors"]) == ["$.texts['somewhere']"]


async def is_signed_and_sent_back(client: Any, path: str, other: dict[str, str]) -> None:
    """Who signed other words has not signed these; what no file can hold stands there as a mark."""
    signature, role = f"{path}/signature", {"role": "主管领导"}
    stranger = await client.post(signature, json={"role": "门卫"}, headers=other)
    assert (stranger.status_code, list(stranger.json()["validationErrors"])) == (422, ["$.role"])
    signed = (await client.post(signature, json=role, headers=other)).json()
    await client.post(f"{path}/review", json={"approve": False, "reason": "补充"}, headers=other)
    unsigned = (await client.put(f"{path}/texts", json={"texts": {"next": "改\uffff进"}})).json()
    assert (list(signed["signatures"]), unsigned["signatures"]) == (["主管领导"], {})


async def stands_as_issued(world: Any, path: str, files: dict[str, str]) -> None:
    """A reviewer is given the files as issued, and the page keeps its style when ours changes."""
    for worker in world.running.app.state.parts.state["press"]._idle:
        worker.process.kill()  # as a system without memory does
        await worker.process.wait()
    asked = {"scope": "class/AAA-2013J", "as_of": "2030-01-01T00:00:00Z", "draw": "0"}
    packed_ = await world.running.client.get("/v1/review-package", params=asked)
    zipped = ZipFile(BytesIO(packed_.content))
    for kind, digest in files.items():
        assert sha256(zipped.read(f"issued.{kind}")).hexdigest() == digest
    async with world.running.app.state.database.transaction() as tx:
        was = {"was": b"<style>p{}</style>"}
        change = "UPDATE rendition SET content = :was WHERE format = 'html'"
        await tx.session.execute(text(change), was)
    policy = (await world.running.client.get(f"{path}/html")).headers["content-security-policy"]
    assert b64encode(sha256(b"p{}").digest()).decode() in policy


async def test_a_report_goes_from_draft_to_issued_and_its_files_stay(
    world: Any, told: Any, other: dict[str, str]
) -> None:
    client, path = world.running.client, await missed(world, told)
    draft = (await client.get(f"{path}/draft")).json()
    assert (draft["state"], draft["places"]["diagnosis/B1/cause"]) == ("draft", 200)

    await write_what_is_asked_for(client, path)
    submitted = await client.post(f"{path}/submission")
    assert submitted.json().get("state") == "submitted", submitted.text
    own = await client.post(f"{path}/review", json={"approve": True})
    assert own.json()["type"] == "urn:helix8:problem:own-report"
    await is_signed_and_sent_back(client, path, other)
    assert (await client.post(f"{path}/submission")).json()["state"] == "submitted"
    await client.post(f"{path}/review", json={"approve": True}, headers=other)
    await client.post(f"{path}/signature", json={"role": "主管领导"}, headers=other)
    answer = await client.post(f"{path}/issue", headers=other)
    issued = answer.json()
    assert answer.status_code == 200, answer.text

    assert (issued["state"], issued["signatures"]) == ("issued", {"主管领导": "person/other"})
    for kind in ("docx", "html", "json", "pdf"):
        file = await client.get(f"{path}/{kind}")
        assert sha256(file.content).hexdigest() == issued["files"][kind]
        assert file.headers["etag"] == f'"{issued["files"][kind]}"'
    word = docx.Document(BytesIO((await client.get(f"{path}/docx")).content))
    assert "现值为 31%。" in [each.text for each in word.paragraphs]
    await stands_as_issued(world, path, issued["files"])
    closed = await client.put(f"{path}/texts", json={"texts": {"conclusion": "x"}})
    assert (closed.status_code, closed.json()["type"]) == (409, "urn:helix8:problem:report-state")
    number = (await client.get(path)).json()["number"]
    [verified] = (await client.get(f"/v1/verifications/{number}")).json()
    assert (verified["state"], verified["files"]) == ("issued", issued["files"])
    facts = [each["event"]["type"].split(".", 1)[1] for each in await world.facts(10)]
    assert facts == [
        "report.report.opened.v1",
        "report.step.opened.v1",
        "report.step.closed.v1",
        "report.report.reviewed.v1",
        "report.step.opened.v1",
        "report.step.closed.v1",
        "report.report.reviewed.v1",
        # Reviewed, it waits to be signed and issued.
        "report.step.opened.v1",
        "report.step.closed.v1",
        "report.report.issued.v1",
    ]


async def test_a_report_is_made_again_as_of_a_moment_though_everything_changed_since(
    world: Any, told: Any
) -> None:
    client, path = world.running.client, await missed(world, told)
    first = (await client.get(path)).json()
    published = told.indicator().model_copy(update={"version": 2, "name_zh": "流失率"})
    await world.tell(published, told.measured(9, "0.5", formula_version=2), at=LATER)
    await world.tell(
        told.judged(4, "below_floor", "0.5"), told.binding(version=2, title="新"), at=LATER
    )

    now = (await world.make()).json()
    then = await world.make(as_of=(LATER - timedelta(hours=1)).isoformat())

    assert now["digest"] != first["digest"]
    assert (then.status_code, then.json()["id"], then.json()["digest"]) == (
        200,
        first["id"],
        first["digest"],
    )
    remade = (await client.get(f"{path}/remade")).json()
    assert (remade["same"], remade["again"]) == (True, first["digest"])
    assert (
        told.cells((await client.get(path)).json()["content"], "standards")["current"][0] == "31%"
    )


def with_logo(content: bytes) -> bytes:
    """Return the shipped Word template with a picture."""
    zipped = ZipFile(BytesIO(default_template()))
    parts = {each: zipped.read(each) for each in zipped.namelist()}
    return packed(parts | {"word/media/logo.png": content})


async def test_a_template_is_tried_before_it_is_kept_and_makes_reports(
    world: Any, told: Any
) -> None:
    await told.everything(world)
    client, path = world.running.client, "/v1/kinds/self_diagnosis/templates"
    loop = {"title": "坏", "typst": "#while true {}"}
    broken = {"title": "坏", "docx": b64encode(packed({"a": b"b"})).decode()}
    short = {
        "title": "简",
        "sections": ["standards"],
        "docx": b64encode(default_template()).decode(),
    }

    for wish in (broken, loop):
        refused = await client.post(path, json=wish)
        assert (refused.status_code, refused.json()["type"]) == (
            422,
            "urn:helix8:problem:report-template",
        )
    unknown = await client.post(path, json=short | {"sections": ["nothing"]})
    assert list(unknown.json()["validationErrors"]) == ["$.sections"]
    large = short | {"docx": b64encode(with_logo(urandom(10 * MEBIBYTE - 40_000))).decode()}
    kept = await client.post(path, json=large)
    assert (kept.status_code, kept.json()["version"]) == (201, 1001), kept.text
    for picture, code, said in (
        (urandom(10 * MEBIBYTE), 422, "10 MiB"),
        (urandom(12 * MEBIBYTE), 413, "10 MiB"),
        (bytes(100 * MEBIBYTE), 422, "100 MiB"),
    ):
        wish = short | {"docx": b64encode(with_logo(picture)).decode()}
        refused = await client.post(path, json=wish)
        assert (refused.status_code, said in refused.text) == (code, True), refused.text
    report = (await world.make(template_version=1001)).json()
    content = (await client.get(f"/v1/reports/{report['id']}")).json()["content"]

    assert [each["title"] for each in content["sections"]] == ["一、标准达成情况"]
    missing = await world.make(template_version=1002)
    assert list(missing.json()["validationErrors"]) == ["$.template_version"]
    wrong = await world.make(kind="annual_quality")
    assert list(wrong.json()["validationErrors"]) == ["$.kind"]
    both = await gather(*(client.post(path, json=short) for _ in range(2)))
    assert sorted(each.json()["version"] for each in both) == [1002, 1003]


async def test_a_report_that_everybody_reads_is_worked_on_by_who_answers_for_it(
    world: Any, told: Any, signing_keys: Keys
) -> None:
    client, path = world.running.client, await missed(world, told)
    await world.tell(told.scope(9, scope="unit/U1"))
    async with world.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("UPDATE report SET scope = 'unit/U1'"))
        await tx.session.execute(text("UPDATE work SET scope = 'unit/U1'"))

    def head_of(unit: str) -> dict[str, str]:
        caller = Caller(
            subject="person/T050",
            roles=frozenset({"unit_head"}),
            scopes=frozenset({"report:read", "report:take-part", "report:approve"}),
            holds=frozenset({("unit_head", unit)}),
        )
        return {"authorization": f"Bearer {signing_keys[0].sign(caller, 'report')}"}

    texts = {"texts": {"conclusion": "现值为 31%。"}}
    acts = [
        ("PUT", f"{path}/texts", texts),
        ("POST", f"{path}/submission", None),
        ("POST", f"{path}/review", {"approve": True}),
        ("POST", f"{path}/signature", {"role": "主管领导"}),
        ("POST", f"{path}/issue", None),
        ("POST", f"{path}/comments/{uuid7()}/settlement", None),
        ("POST", "/v1/reports", {"scope": "unit/U1", "period": "term:2013-2014-1"}),
    ]
    read = await client.get(f"{path}/draft", headers=head_of("unit/U2"))
    refused = [
        await client.request(method, at, json=body, headers=head_of("unit/U2"))
        for method, at, body in acts
    ]
    written = await client.put(f"{path}/texts", json=texts, headers=head_of("unit/U1"))

    assert (read.status_code, set(read.json()["may"].values())) == (200, {False})
    assert [each.json()["type"].rpartition(":")[2] for each in refused] == (
        ["report-elsewhere"] * len(acts)
    )
    assert (written.status_code, written.json()["may"]["submit"]) == (200, True)
