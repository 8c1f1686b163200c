"""Input that breaks careless readers: a clear problem, bounded memory, and a hub that lives."""

import io
import re
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1024 * 1024
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COURSE: dict[str, Any] = {"course_code": None, "name": None}
MEMORY_MIB = 100
"""More than this no input takes, beside what the hub holds anyway."""

Ledger = Callable[[Any], dict[str, int]]


def status(name: str) -> float:
    """Return a figure of this process, in which the hub runs, in MiB."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    [kib] = re.findall(rf"{name}:\s+([0-9]+) kB", text)
    return int(kib) / 1024


def forget_peak() -> float:
    """Let VmHWM begin anew; return what this process holds now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return status("VmRSS")


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def hub_alive(hub: Any, ledger: Ledger) -> AsyncIterator[None]:
    """After each test the hub has taken little memory, and takes the next record in."""
    before = forget_peak()
    yield
    taken = status("VmHWM") - before
    next_one = await hub.push(
        await hub.feed("course", COURSE), {"course_code": hub.name("C"), "name": "x"}
    )
    assert taken < MEMORY_MIB
    assert ledger(next_one) == {"created": 1}


def bomb() -> bytes:
    """A workbook of 200 KiB that unpacks to 200 MiB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", b"<Types/>")
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(200):
                sheet.write(b"0" * MIB)
    return out.getvalue()


async def test_a_zip_bomb_is_refused_before_it_is_unpacked(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)

    answer = await hub.post(feed, bomb(), kind=XLSX, headers={"accept-language": "en"})

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:helix8:problem:workbook-refused")
    assert "it unpacks to more than 100 MiB" in problem["detail"]
    assert problem["fixes"]


async def test_a_formula_that_was_never_calculated_puts_its_row_aside_and_text_is_no_formula(
    hub: Any, ledger: Ledger
) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    book = openpyxl.Workbook()
    sheet: Any = book.active
    rows = [("a", "=1+1"), ("b", "=cmd|' /C calc'!A0"), ("c", "=text")]
    for row in [("course_code", "name"), *((f"{code}{letter}", text) for letter, text in rows)]:
        sheet.append(row)
    sheet["B4"].data_type = "s"
    out = io.BytesIO()
    book.save(out)

    answer = await hub.post(feed, out.getvalue(), kind=XLSX)

    assert ledger(answer.json()) == {"created": 1, "quarantined": 2}
    told = [(each["row"], each["code"], each["path"]) for each in answer.json()["verdicts"]]
    assert told == [(1, "cell-error", "$.name"), (2, "cell-error", "$.name")]
    assert (await hub.get(f"records/course/{code}c"))["name"] == "=text"


async def a_gibibyte(head: bytes, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    for _ in range(1024):
        yield b"x" * MIB
    yield tail


@pytest.mark.timeout(300)
async def test_a_line_of_one_gibibyte_is_refused_alone(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    head, tail = f"course_code,name\n{code}a,A\n{code}b,".encode(), f"\n{code}c,C\n".encode()

    answer = await hub.post(feed, a_gibibyte(head, tail), kind=CSV)

    assert answer.status_code == 200, answer.text
    assert ledger(answer.json()) == {"created": 2, "rejected": 1}
    [verdict] = answer.json()["verdicts"]
    assert (verdict["row"], verdict["code"]) == (2, "line-too-long")


async def test_a_file_of_which_hardly_a_line_can_be_read_is_refused_as_a_whole(hub: Any) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    # A quote that is never closed makes each line that follows a piece of text.
    body = f'course_code,name\n{code}a,A\n{code}b,"' + "text\n" * 21_000

    answer = await hub.post(feed, body, kind=CSV)

    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:helix8:problem:unreadable-file",
    )
    assert answer.json()["fixes"]
    assert await hub.get("quarantine", feed=feed) == []
    assert (await hub.client.get(f"/v1/records/course/{code}a")).status_code == 404


async def test_nul_bytes_put_their_row_aside_and_are_shown_as_a_symbol(
    hub: Any, ledger: Ledger
) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")

    answer = await hub.post(feed, f"course_code,name\n{code}a,A\n{code}b,B\0B\n".encode(), kind=CSV)

    assert ledger(answer.json()) == {"created": 1, "quarantined": 1}
    [row] = await hub.get("quarantine", feed=feed)
    assert (row["code"], row["path"]) == ("control-character", "$.name")
    assert row["raw"]["name"] == "B␀B"


async def test_of_mixed_encodings_the_rows_of_the_other_one_are_refused_and_named(
    hub: Any, ledger: Ledger
) -> None:
    feed, code = await hub.feed("course", COURSE), hub.name("C")
    rows = [f"{code}a,高等数学\n".encode(), f"{code}b,大学英语\n".encode("gb18030")]

    answer = await hub.post(feed, b"course_code,name\n" + b"".join(rows), kind=CSV)

    assert ledger(answer.json()) == {"created": 1, "rejected": 1}
    [verdict] = answer.json()["verdicts"]
    assert (verdict["row"], verdict["code"]) == (2, "undecodable")
    assert "not utf-8, it reads as gb18030" in verdict["message"]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["course_code", "name", "name"], "the header repeats name"),
        (["course_code", "name", *(f"c{n}" for n in range(9_998))], "or 2000 columns"),
    ],
    ids=["a column twice", "ten thousand columns"],
)
async def test_a_header_that_no_feed_can_mean_is_refused_as_a_whole(
    hub: Any, header: list[str], words: str
) -> None:
    feed = await hub.feed("course", COURSE)

    async def lines() -> AsyncIterator[bytes]:
        yield ",".join(header).encode() + b"\n"
        for _ in range(1_000):
            yield ",".join(["x" * 10] * len(header)).encode() + b"\n"

    answer = await hub.post(feed, lines(), kind=CSV, headers={"accept-language": "en"})

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:helix8:problem:unreadable-file")
    assert words in problem["detail"]
    assert await hub.get("batches", feed=feed) == []


async def test_a_batch_that_says_100_rows_and_has_99_is_taken_and_told(
    hub: Any, ledger: Ledger
) -> None:
    feed, mark = await hub.feed("course", COURSE), hub.name("C")

    answer = await hub.push(
        feed, *({"course_code": f"{mark}{n}", "name": "x"} for n in range(99)), declared=100
    )

    assert ledger(answer) == {"created": 99}
    [remark] = answer["remarks"]
    assert (remark["code"], remark["declared"], remark["received"]) == (
        "declared-differs",
        100,
        99,
    )
    assert remark["en"] == "100 rows were declared and 99 came, 1 fewer"


async def test_a_dictionary_that_contradicts_itself_is_refused_with_every_fault(hub: Any) -> None:
    draft = "/v1/dictionary/draft"
    codes = [
        {"code": "1", "zh": "一"},
        {"code": "1", "zh": "壹"},
        {"code": "2", "zh": " "},
        {"code": "3", "zh": "3"},
        {"code": "4", "zh": "四", "retired": True, "successors": ["9"]},
    ]
    document = {"zh": "自相矛盾", "en": "Contradiction", "codes": codes}

    saved = await hub.client.put(f"{draft}/code-sets/own_bad", json=document)
    answer = saved
    if saved.status_code < 400:
        answer = await hub.client.post(f"{draft}/publish", json={"note": ""})
    await hub.client.delete(f"{draft}/code-sets/own_bad")

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:helix8:problem:dictionary-invalid")
    assert len(problem["validationErrors"]) >= 4, problem
