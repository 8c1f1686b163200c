"""Values that people hand in by sheet, and the files of evidence beside them."""

import csv
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
import pytest_asyncio

from datahub.tests.handing import EMPLOYERS, LINK, PERIOD, as_person, cell_of
from datahub.tests.national_college import deliver
from shared.kit import files

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.7 " + bytes(range(256))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = "indicator,scope,period,numerator,denominator,n,link"
NOTHING: list[Any] = []


def line(scope: str, numerator: int) -> str:
    return f"employers_content,{scope},{PERIOD},{numerator},50,50,{LINK}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(hub: Any, signing_keys: Any) -> Any:
    """A hub with six majors, and the headers of two people."""
    await deliver(hub, "school", {"school_code": "S", "name": "示例学校"})
    majors = [f"M{number}" for number in range(1, 7)]
    await deliver(hub, "major", *({"major_code": each, "name": each} for each in majors))
    answer = await hub.client.put("/v1/indicators/employers_content", json=EMPLOYERS)
    assert answer.status_code == 201, answer.text
    await hub.settled()

    async def told() -> bool:
        return len(await hub.get("scopes", kind="major")) == len(majors)

    await hub.until(told)
    hub.writer = as_person(signing_keys, 1, "hand-in", "every-scope")
    hub.head = as_person(signing_keys, 2, "approve", "every-scope")
    return hub


async def send(hub: Any, body: bytes | str, kind: str = "text/csv", **query: Any) -> Any:
    headers = {**hub.writer, "content-type": kind}
    return await hub.client.post("/v1/handed-in-sheet", params=query, content=body, headers=headers)


async def told_of(hub: Any, *lines: str, **query: Any) -> Any:
    answer = await send(hub, "\n".join([HEAD, *lines]), **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_every_row_of_a_sheet_has_its_verdict(desk: Any) -> None:
    rows = [line("major/M1", 45), line("major/NONE", 45), line("major/M1", 40), "x,y,z,a,5,0,"]
    dry = await told_of(desk, *rows, dryRun=True)
    before = await desk.get("handed-in", scope="major/M1")
    told = await told_of(desk, *rows)
    [kept] = await desk.get("handed-in", scope="major/M1")

    assert before == NOTHING
    assert [each["verdict"] for each in dry["rows"]] == [each["verdict"] for each in told["rows"]]
    assert (told["received"], told["entered"], told["rejected"]) == (4, 1, 3)
    assert [(each["row"], list(each["errors"])) for each in told["rows"]] == [
        (2, []),
        (3, ["$.scope"]),
        (4, ["$.period"]),
        (5, ["$.scope", "$.period", "$.numerator", "$.n", "$.indicator"]),
    ]
    assert (kept["id"], kept["state"]) == (told["rows"][0]["id"], "waiting")
    assert kept["value"] == "0.900000"


async def test_a_row_tells_all_its_faults_by_their_cells_and_in_both_languages(desk: Any) -> None:
    told = await told_of(
        desk,
        f"employers_content,major/M6,{PERIOD},abc,0,3,",
        f"employers_content,major/M6,{PERIOD},1,,x,{LINK}",
        "employers_content,major/M6,month:2025-01,1.0000001,2,50,ftp://a",
    )

    assert [each["cells"] for each in told["rows"]] == [
        {
            "2": ["须有佐证文件或链接 (a file of evidence, or a link, is required)"],
            "D2": ["须为十进制数，如 0.875 (a decimal number, such as 0.875)"],
            "E2": ["不能为 0 (not 0)"],
            "F2": ["样本至少 10 (the sample is at least 10)"],
        },
        {
            "C3": ["与第 2 行是同一个值 (the same cell as row 2)"],
            "E3": ["分子与分母须同时填 (both, or neither)"],
            "F3": ["须为整数 (a whole number)"],
        },
        {
            "C4": told["rows"][2]["errors"]["$.period"],
            "D4": ["至多 6 位小数 (at most 6 decimals)"],
            "G4": ["须以 http:// 或 https:// 开头，没有空白 (http:// or https://, without blanks)"],
        },
    ]


async def test_a_sheet_that_comes_again_changes_nothing_and_a_changed_one_revises(
    desk: Any,
) -> None:
    first = await told_of(desk, line("major/M2", 45))
    again = await told_of(desk, line("major/M2", 45))
    other = await told_of(desk, line("major/M2", 44))
    told = await desk.get("handed-in", scope="major/M2")

    assert (first["entered"], again["unchanged"], other["revised"]) == (1, 1, 1)
    assert again["rows"][0]["id"] == first["rows"][0]["id"]
    assert [(each["state"], each["numerator"]) for each in told] == [
        ("replaced", "45"),
        ("waiting", "44"),
    ]


async def test_the_template_comes_back_filled_in(desk: Any) -> None:
    query = {"indicator": "employers_content", "period": PERIOD}
    answer = await desk.client.get("/v1/handed-in-template", params=query)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.active
    head = [each.value for each in sheet[1]]
    scopes = [row[1].value for row in sheet.iter_rows(min_row=2)]
    row = 2 + scopes.index("major/M3")
    for name, value in {"数值": 0.82, "样本数": 61, "佐证链接": LINK}.items():
        sheet.cell(row, 1 + head.index(name), value)
    out = io.BytesIO()
    book.save(out)
    told = (await send(desk, out.getvalue(), XLSX)).json()
    by_row = {each["row"]: each for each in told["rows"]}
    as_csv = await desk.client.get("/v1/handed-in-template", params={**query, "format": "csv"})
    lines = list(csv.reader(io.StringIO(as_csv.text.lstrip("\ufeff"))))

    assert scopes == [*(f"major/M{number}" for number in range(1, 7)), "school/S"]
    assert by_row[row]["verdict"] == "entered"
    assert (told["received"], told["entered"]) == (1, 1)
    assert lines[0] == head
    assert [each[:3] for each in lines[1:]] == [
        ["employers_content", scope, PERIOD] for scope in scopes
    ]


async def test_a_template_is_for_an_indicator_that_is_measured_in_such_periods(desk: Any) -> None:
    answers = [
        await desk.client.get("/v1/handed-in-template", params={"indicator": name, "period": when})
        for name, when in (("no_such", PERIOD), ("employers_content", "month:2025-01"))
    ]

    assert [each.status_code for each in answers] == [422, 422]


async def test_a_wrong_header_and_a_wrong_kind_are_told_with_the_remedy(desk: Any) -> None:
    header = await send(desk, "indicator,scope,scope,colour\n")
    kind = await send(desk, "{}", "application/json")
    empty = await send(desk, "")

    assert header.status_code == 422
    assert list(header.json()["validationErrors"]) == [
        *("$.header.colour", "$.header.period", "$.header.n", "$.header.scope")
    ]
    assert (kind.status_code, kind.json()["type"]) == (415, "urn:helix8:problem:sheet-kind")
    assert empty.status_code == 422


async def test_evidence_is_kept_once_and_given_out_as_it_came(desk: Any) -> None:
    answers = [
        await desk.client.post("/v1/evidence", content=PDF, headers=desk.writer) for _ in range(2)
    ]
    answers.append(await desk.client.post("/v1/evidence", content=PDF))
    digest = hashlib.sha256(PDF).hexdigest()
    got = await desk.client.get(f"/v1/evidence/{digest}", headers=desk.writer)
    head = "indicator,scope,period,numerator,denominator,n,evidence,evidence_name"
    row = f"employers_content,major/M5,{PERIOD},45,50,50,{digest},report.pdf"
    told = (await send(desk, f"{head}\n{row}")).json()
    path = f"/v1/handed-in/{told['rows'][0]['id']}/approval"
    await desk.client.post(path, headers=desk.head)
    value = await cell_of(desk, "employers_content", "major/M5")
    explained = await desk.get(f"measurements/{value['id']}/explanation")
    [said] = explained["handed_in"]

    # Whether another has the file, nobody is told.
    assert [each.status_code for each in answers] == [201, 200, 201]
    assert answers[0].json() == {
        "digest": digest,
        "media_type": "application/pdf",
        "size": len(PDF),
    }
    assert (got.content, got.headers["content-type"]) == (PDF, "application/pdf")
    assert got.headers["content-disposition"].startswith("attachment")
    assert (said["evidence"], said["evidence_name"]) == (digest, "report.pdf")


async def test_a_file_of_no_known_kind_and_one_too_large_are_refused(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def upload(content: bytes) -> Any:
        return await desk.client.post("/v1/evidence", content=content, headers=desk.writer)

    program = await upload(b"MZ\x90\x00\xff")
    monkeypatch.setattr(files, "MAX_FILE", 1 << 20)
    large = await upload(b"%PDF-" + bytes(1 << 20))
    absent = await desk.client.get(f"/v1/evidence/{'0' * 64}")

    assert (program.status_code, program.json()["type"]) == (415, "urn:helix8:problem:file-kind")
    assert (large.status_code, large.json()["type"]) == (413, "urn:helix8:problem:file-too-large")
    assert absent.status_code == 404
    assert absent.json()["type"] == "urn:helix8:problem:file-not-found"


OFFICE = "application/vnd.openxmlformats-officedocument"


def office(*parts: str) -> bytes:
    """Return an Office file that has these parts."""
    file = io.BytesIO()
    with ZipFile(file, "w") as packed:
        for part in parts:
            packed.writestr(part, "")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n..", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("满意度 90 %".encode(), "text/plain"),
        (b"", None),
        (b"PK\x03\x04 broken", None),
        (b"a\x00b", None),
        (b"\x7fELF harmless", None),
        (b"#!/bin/sh\nid", None),
        (b"\xef\xbb\xbf \n<!-- x --><HTML>", None),
        (b"<?xml version='1.0'?><svg/>", None),
        (b"see <Script >", None),
        (b"<!---->" * 200 + b"x", "text/plain"),
        (b"<!-- a --> <!-- b --><p>", None),
        (
            office("word/document.xml").replace(
                b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff"
            ),
            None,
        ),
        (office(*("word/document.xml", *(f"word/{'n' * 9_000}{at}" for at in range(120)))), None),
        (b"3 < 5, a<b", "text/plain"),
        (office("word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
        (office("word/document.xml", "word/vbaProject.bin"), None),
    ],
)
async def test_what_a_file_is_says_its_content(content: bytes, kind: str | None) -> None:
    assert files.media_type_of(content) == kind


@pytest.mark.parametrize(
    ("declared", "kind", "is_taken"),
    [
        (None, "image/png", True),
        ("application/octet-stream", "application/pdf", True),
        ("text/csv; charset=utf-8", "text/plain", True),
        ("application/vnd.ms-excel", "text/plain", True),
        ("application/wps-office.docx", f"{OFFICE}.wordprocessingml.document", True),
        ("application/pdf", "text/plain", False),
        ("text/html", "text/plain", False),
        ("application/x-msdownload", "application/pdf", False),
    ],
)
async def test_a_file_is_what_it_is_said_to_be(
    declared: str | None,
    kind: str,
    is_taken: bool,  # noqa: FBT001
) -> None:
    refused = nullcontext() if is_taken else pytest.raises(files.FileKindError)
    with refused:
        files.check_declared(kind, declared)


async def test_of_a_file_of_500_mib_no_more_is_read_than_one_may_have() -> None:
    read = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(500):
            read += 1
            yield bytes(1 << 20)

    with pytest.raises(files.FileTooLargeError):
        await files.receive(parts(), str(500 << 20))
    assert read == 0
    with pytest.raises(files.FileTooLargeError):
        await files.receive(parts())
    assert read == 51
