"""Cases that need what was stored before, and some of the others, from HTTP to PostgreSQL."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
FOLDER = Path(__file__).parent / "dirty"


async def save(hub: Any, name: str) -> str:
    """Save a contract of the folder; return its id."""
    document = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    await hub.register(document["source"])
    answer = await hub.client.put(f"/v1/feeds/{name}", json=document)
    assert answer.status_code in {200, 201}, answer.text
    return name


def score(no: str, text: str) -> dict[str, str]:
    return {"xh": no, "kch": "C1", "xnm": "2024", "xqm": "3", "cj": text, "lrsj": ""}


async def test_a_code_means_what_its_source_means_d002(hub: Any) -> None:
    feed, no = await save(hub, "ynu.student"), hub.name()

    await hub.push(feed, {"XH": no, "XBDM": "0"})

    assert (await hub.get(f"records/student/{no}"))["sex"] == "1"


async def test_a_contradiction_is_told_and_nothing_is_overwritten_d014(
    hub: Any, ledger: Ledger
) -> None:
    feed, no = await save(hub, "registry.student"), hub.name()
    row = {"学号": no, "性别": "2", "证件类型": "居民身份证", "证件号码": "500106200310131013"}

    answer = await hub.push(feed, row)

    warning = {
        "row": 1,
        "verdict": "warning",
        "code": "sex-contradicts-id",
        "path": "$.证件号码",
        "message": "性别与身份证号不一致 (contradicts the identity number)",
    }
    assert ledger(answer) == {"created": 1}
    assert (answer["warned"], answer["warnings"]) == (1, [warning])
    assert (answer["warning_codes"], answer["verdicts"]) == ({"sex-contradicts-id": 1}, [])
    batch = await hub.get(f"batches/{answer['batch']}")
    assert {name: batch[name] for name in ("warned", "warning_codes", "warnings")} == {
        name: answer[name] for name in ("warned", "warning_codes", "warnings")
    }
    assert (await hub.get("batches", feed=feed))[0]["warned"] == 1
    assert (await hub.get(f"records/student/{no}"))["sex"] == "2"


async def test_a_rehearsal_tells_the_same_warnings_and_keeps_nothing(hub: Any) -> None:
    feed = await save(hub, "mandatory.student")

    answer = await hub.push(feed, {"学号": hub.name(), "性别": ""}, dryRun=True)

    assert (answer["warned"], answer["warning_codes"]) == (1, {"defaulted": 1})
    assert await hub.get("batches", feed=feed) == []


async def test_of_very_many_warnings_all_are_counted_and_the_first_are_listed(hub: Any) -> None:
    feed, no = await save(hub, "mandatory.student"), hub.name()
    rows = [{"学号": f"{no}-{number}", "性别": ""} for number in range(1200)]

    answer = await hub.push(feed, *rows)

    assert (answer["warned"], answer["warning_codes"]) == (1200, {"defaulted": 1200})
    assert [each["row"] for each in answer["warnings"]] == list(range(1, 1001))
    batch = await hub.get(f"batches/{answer['batch']}")
    assert (batch["warned"], len(batch["warnings"])) == (1200, 1000)


async def test_a_lost_zero_is_given_back_where_the_number_is_known_d069(
    hub: Any, ledger: Ledger
) -> None:
    known = await hub.feed("student", {"student_no": None})
    feed = await save(hub, "zeros.student")
    await hub.push(known, {"student_no": "0202010123"})

    answer = await hub.push(feed, {"学号": "202010123"}, {"学号": "202010124"})

    assert ledger(answer) == {"unchanged": 1, "quarantined": 1}
    assert answer["warning_codes"] == {"zero-restored": 1}
    assert [(each["row"], each["code"]) for each in answer["verdicts"]] == [(2, "lost-zero")]


async def test_what_was_garbled_is_put_aside_with_a_suggestion_d111(hub: Any) -> None:
    feed = await save(hub, "excel.student")

    answer = await hub.push(feed, {"学号": "20210101", "姓名": "閲嶅簡"})

    [row] = await hub.get("quarantine", batch=answer["batch"])
    assert (row["code"], row["raw"]) == ("mojibake", {"学号": "20210101", "姓名": "閲嶅簡"})
    assert "可能是 重庆 " in row["message"]


PAGE = (
    "<table><tr><th>部门<th>工号<th>姓名</tr><tr><td rowspan=2>D1<td>{0}-1<td>甲</tr>"
    "<tr><td>{0}-2<td>乙</tr><tr><td>制表人：丙<td><td></tr></table>"
)


@pytest.mark.parametrize("kind", ["text/html", "application/vnd.ms-excel"])
async def test_a_page_named_xls_is_taken_in_d118_d120(hub: Any, ledger: Ledger, kind: str) -> None:
    feed, no = await save(hub, "sheet.staff"), hub.name()

    answer = (await hub.post(feed, PAGE.format(no).encode("gb18030"), kind=kind)).json()

    assert ledger(answer) == {"created": 2, "rejected": 1}
    assert [(each["row"], each["code"]) for each in answer["verdicts"]] == [(3, "footer-row")]
    second = await hub.get(f"records/staff/{no}-2")
    assert (second["org_code"], second["name"]) == ("D1", "乙")


async def test_a_damaged_xls_is_refused_with_a_way_out(hub: Any) -> None:
    feed = await save(hub, "sheet.staff")

    answer = await hub.post(
        feed, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", kind="application/vnd.ms-excel"
    )

    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:helix8:problem:workbook-refused",
    )
    assert answer.json()["fixes"]


async def test_a_page_without_the_columns_of_the_feed_is_refused(hub: Any) -> None:
    feed = await save(hub, "sheet.staff")

    answer = await hub.post(feed, "<table><tr><td>a<td>b</table>", kind="text/html")

    assert answer.json()["type"] == "urn:helix8:problem:columns-differ"


async def test_a_score_that_changes_late_is_a_new_version_d126(hub: Any, ledger: Ledger) -> None:
    feed, no = await save(hub, "zhengfang.score"), hub.name()
    await hub.have("student", no)
    await hub.have("course", "C1")
    first = await hub.push(feed, score(no, "55"))
    after = int((await hub.client.get("/v1/changes")).headers["Feed-Watermark"])

    late = await hub.push(feed, score(no, "60分"))

    key = f"{no}/C1/2024-2025-1/final/1"
    record = await hub.get(f"records/score/{key}")
    assert (ledger(first), ledger(late)) == ({"created": 1}, {"updated": 1})
    assert (record["version"], record["number"]) == (2, 60)
    await hub.settled()
    versions = [
        each["version"]
        for each in await hub.get("changes", after=max(0, after - 1), limit=1000)
        if each["key"] == key
    ]
    assert versions[-1] == 2


async def test_a_record_that_goes_leaves_a_tombstone_d127(hub: Any, ledger: Ledger) -> None:
    feed = await hub.feed(
        "course",
        {"course_code": None},
        content="full",
        max_vanish_ratio=0.1,
    )
    code = hub.name()
    await hub.push(feed, {"course_code": code})

    gone = await hub.push(feed, {"course_code": code}, mode="delete")

    [row] = await hub.sql(
        "SELECT version, deleted_at IS NOT NULL AS gone FROM record_course WHERE key = :k", k=code
    )
    assert (ledger(gone), row) == ({"deleted": 1}, {"version": 2, "gone": True})
    assert (await hub.client.get(f"/v1/records/course/{code}")).status_code == 404


async def test_a_row_without_its_parent_waits_for_it_d128_d129(hub: Any, ledger: Ledger) -> None:
    enrolments = await hub.feed("enrolment", {"class_no": None, "student_no": None})
    classes = await save(hub, "joined.teaching_class")
    name = hub.name()
    await hub.have("student", "S1")

    early = await hub.push(enrolments, {"class_no": name, "student_no": "S1"})
    [parked] = await hub.get("quarantine", batch=early["batch"])
    await hub.push(classes, {"class": name, "course": "K", "XNXQDM": "2021-2022-2"})

    async def released() -> bool:
        answer = await hub.client.get(f"/v1/records/enrolment/{name}/S1")
        return bool(answer.status_code == 200)

    assert ledger(early) == {"parked": 1}
    assert (parked["verdict"], parked["waits_for"]) == ("parked", [f"teaching_class:{name}"])
    await hub.until(released)


async def test_a_unit_that_is_renamed_stays_the_same_unit_d130(hub: Any, ledger: Ledger) -> None:
    feed, code = await hub.feed("org_unit", {"org_code": None, "name": None}), hub.name()
    await hub.push(feed, {"org_code": code, "name": "软件学院"})

    answer = await hub.push(feed, {"org_code": code, "name": "人工智能学院"})

    record = await hub.get(f"records/org_unit/{code}")
    assert ledger(answer) == {"updated": 1}
    assert (record["key"], record["name"], record["version"]) == (code, "人工智能学院", 2)


# --- what a contract keeps


async def ext_of(hub: Any, code: str) -> Any:
    [row] = await hub.sql("SELECT ext::text FROM record_course WHERE key = :k", k=code)
    return None if row["ext"] is None else json.loads(row["ext"])


async def test_unknown_columns_are_kept_beside_the_record_and_not_shown(
    hub: Any, ledger: Ledger
) -> None:
    one = await hub.feed("course", {"course_code": None}, unknown_fields="ext")
    two = await hub.feed("course", {"course_code": None}, unknown_fields="ext")
    code = hub.name()

    first = await hub.push(
        one, {"course_code": code, "颜色": "红", "x": None}, {"course_code": "z", "x": 1}
    )
    again = await hub.push(one, {"course_code": code, "颜色": "红"})
    await hub.push(two, {"course_code": code, "x": 'a"b'})
    other = await hub.push(one, {"course_code": code})

    assert [ledger(each) for each in (first, again, other)] == [
        {"created": 2},
        {"unchanged": 1},
        {"updated": 1},
    ]
    assert await ext_of(hub, code) == {f"feed/{one}": {}, f"feed/{two}": {"x": 'a"b'}}
    assert "ext" not in await hub.get(f"records/course/{code}")


async def test_what_other_feeds_keep_is_left_alone(hub: Any) -> None:
    keeps = await hub.feed("course", {"course_code": None}, unknown_fields="ext")
    names = await hub.feed("course", {"course_code": None, "name": None})
    code = hub.name()
    await hub.push(keeps, {"course_code": code, "x": "1"})

    await hub.push(names, {"course_code": code, "name": "n"})
    assert await ext_of(hub, code) == {f"feed/{keeps}": {"x": "1"}}
    await hub.push(names, {"course_code": code}, mode="delete")
    await hub.push(names, {"course_code": code, "name": "n"})

    assert await ext_of(hub, code) is None


async def test_every_version_of_a_contract_can_be_read(hub: Any) -> None:
    name = await save(hub, "oea_1.attendance")
    document = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    row = {"class": "C", "student": "S", "date": "2022-01-03", "sections": "1-2"}
    before = await hub.push(name, row)

    await hub.client.put(f"/v1/feeds/{name}", json=document)
    changed = await hub.client.put(
        f"/v1/feeds/{name}", json={**document, "format": {"date_order": "mdy"}}
    )
    after = await hub.push(name, {**row, "date": "8/15/2020"})

    assert changed.json()["version"] == 2
    assert (before["feed_version"], after["feed_version"]) == (1, 2)
    versions = await hub.get(f"feeds/{name}/versions")
    assert [(each["version"], each["document"].get("format")) for each in versions] == [
        (2, {"date_order": "mdy"}),
        (1, None),
    ]
    page = await hub.client.get(f"/v1/feeds/{name}/versions?limit=1&totalCount=true")
    assert (len(page.json()), page.headers["Total-Count"]) == (1, "2")
    assert (await hub.client.get("/v1/feeds/none/versions")).status_code == 404
