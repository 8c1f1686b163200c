"""Sheets and bundles: what was exported changes nothing, and what is wrong is told all at once."""

import csv
import io
import json
from typing import Any

import openpyxl
import pytest
import pytest_asyncio
from httpx import Response
from sqlalchemy import text

from shared.kit.identity import Caller
from shared.workbooks.writing import XLSX
from target_service.domain.exchanging.cells import cells_of, overlaid, place_of
from target_service.domain.exchanging.citing import RingError, in_order
from target_service.domain.exchanging.columns import GOALS, SHEETS, TASKS
from target_service.domain.exchanging.examples import EXAMPLES

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERIOD = "term:2096-2097-1"
OWN = (
    *("kept_version", "attainment", "binding", "selector", "standard", "task_note", "task"),
    *("goal_comment", "goal", "plan", "register_entry"),
)


@pytest_asyncio.fixture(loop_scope="module", name="college")
async def _college(shared_desk: Any) -> Any:
    """An empty college: scopes and indicators are known, and nothing else is there."""
    await empty(shared_desk)
    return shared_desk


async def empty(desk: Any) -> None:
    async with desk.running.app.state.database.transaction() as tx:
        await tx.session.execute(text(f"TRUNCATE {', '.join(OWN)} CASCADE"))


def as_person(desk: Any, person: str, *roles: str) -> dict[str, str]:
    scopes = frozenset({"target:read", "target:write", "target:approve"})
    caller = Caller(subject=f"person/{person}", scopes=scopes, roles=frozenset(roles))
    return {"Authorization": f"Bearer {desk.signer.sign(caller, 'target')}"}


async def fill(desk: Any) -> None:
    """Put a plan with a goal divided by weight, lines, a document, a selector, bindings, tasks."""

    async def put(collection: str, **body: Any) -> None:
        answer = await desk.put(collection, body)
        assert answer.status_code == 201, answer.text

    await put("basis-documents", key="moe-2015-2", title="诊改通知", clauses=[{"key": "二"}])
    await put("plans", key="p", title="规划", kind="special", period="year:2096", scope="unit/U1")
    root = {"key": "root", "title": "提高通过率", "scope": "unit/U1", "period": "year:2096"}
    await put(
        "goals",
        **root,
        plan="p",
        basis=["moe-2015-2"],
        indicator="pass_rate",
        target={"op": ">=", "value": "0.8"},
        trajectory=[{"period": "year:2095", "value": "0.7"}],
    )
    children = [
        {**root, "key": f"c{at}", "weight": weight, "plan": "p", "indicator": None}
        for at, weight in enumerate(("0.3", "0.7"))
    ]
    answer = await desk.put(
        "goals/root/decompose", {"allocation": "weighted", "children": children}
    )
    assert answer.status_code == 200, answer.text
    tiers = {"floor": {"op": ">=", "value": "0.5"}, "qualified": {"op": ">=", "value": "0.6"}}
    await put("standards", key="line", title="线", indicator="pass_rate", tiers=tiers)
    criterion = {"indicator": "mean_score", "tiers": {"qualified": {"op": ">=", "value": "60"}}}
    cited = {**criterion, "basis": {"document": "moe-2015-2", "clause": "二"}}
    document = {"key": "doc", "title": "专业标准", "kind": "major", "scope": "unit/U1"}
    await put("standards", **document, criteria=[cited])
    await approve_document(desk)
    cell = {"period": PERIOD, "title": "均分"}
    await put("selectors", key="s", indicator="mean_score", kind="major", standard="doc", **cell)
    await put(
        "bindings",
        indicator="pass_rate",
        scope="course/C0001",
        standard="line",
        target={"op": "between", "value": "0.8", "upper": "0.9"},
        warning={"op": "<", "value": "0.7"},
        period=PERIOD,
        title="通过率",
    )
    task = {"title": "任务", "kind": "plan", "system": "support", "scope": "unit/U1"}
    await put("tasks", **task, key="t1", goals=["root"], budget="100.50")
    late = {"after": ["t1"], "helpers": [{"who": "teacher/T001", "role": "C"}]}
    await put("tasks", **task, key="a2", **late, starts_on="2096-09-01", ends_on="2096-12-31")


async def approve_document(desk: Any) -> None:
    approver = as_person(desk, "T002", "quality_office")
    said = await desk.put("standards/doc/decision", {"decision": "approve"}, **approver)
    assert said.status_code == 200, said.text


async def template(desk: Any, family: str, **query: Any) -> Any:
    query = {"filled": "true", **query}
    answer = await desk.running.client.get(f"/v1/templates/{family}", params=query)
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content))


async def send(desk: Any, family: str, book: Any, **query: Any) -> Response:
    out = io.BytesIO()
    book.save(out)
    return await upload(desk, f"imports/{family}", out.getvalue(), XLSX, **query)


async def upload(desk: Any, path: str, content: bytes, kind: str, **query: Any) -> Response:
    headers = {"Content-Type": kind, **query.pop("headers", {})}
    answer: Response = await desk.running.client.post(
        f"/v1/{path}", content=content, headers=headers, params=query
    )
    return answer


def counts(answer: Response) -> tuple[int, int, int]:
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return said["created"], said["changed"], said["unchanged"]


def at(sheet: Any, code: str, row: int) -> Any:
    """Return the cell of a field."""
    return sheet.cell(row, [each.value for each in sheet[2]].index(code) + 1)


def row_of(sheet: Any, **said: str) -> list[str]:
    return [said.get(each.value, "") for each in sheet[2]]


async def test_what_was_exported_changes_nothing(college: Any) -> None:
    await fill(college)
    for family, rows in {"goals": 3, "standards": 2, "bindings": 1, "tasks": 2}.items():
        book = await template(college, family)
        assert counts(await send(college, family, book)) == (0, 0, rows), family
        plain = await college.running.client.get(
            f"/v1/templates/{family}", params={"format": "csv", "filled": "true"}
        )
        again = await upload(college, f"imports/{family}", plain.content, "text/csv")
        assert counts(again) == (0, 0, rows), family


async def test_a_template_has_headings_hidden_codes_drop_downs_notes_and_examples(
    college: Any,
) -> None:
    book = await template(college, "goals", filled="false")
    assert book.sheetnames == ["说明", "目标", "示例 目标"]
    sheet = book["目标"]
    assert sheet.max_row == 2
    assert sheet["B1"].value == "编号 · key"
    assert sheet.row_dimensions[2].hidden
    assert sheet.column_dimensions["A"].hidden
    assert sheet["A2"].value == "version"
    lists = [each.formula1 for each in sheet.data_validations.dataValidation]
    assert '"按数量,按权重,平均,同底线"' in lists
    assert book["示例 目标"]["B2"].value == "pass-2030"


async def test_what_is_wrong_in_500_rows_is_told_at_once_and_nothing_is_kept(
    college: Any,
) -> None:
    book = await template(college, "goals", filled="false")
    sheet = book["目标"]
    for number in range(500):
        said = {"key": f"g{number}", "title": "目标", "scope": "unit/U1", "period": "year:2096"}
        # Each stands before its parent; two of them name one that cannot be.
        said["parent"] = f"g{number + 1}" if number < 20 else ""
        sheet.append(row_of(sheet, **said))
    cells = {
        # What can be read of a row is looked at although its kind is none.
        ("kind", 13): ("每日", "日常"),
        ("owner", 13): ("teacher/NONE", "teacher/T001"),
        ("scope", 203): ("course/NONE", "course/C0001"),
        ("period", 403): ("span:2096-12-01/2096-01-01", "year:2096"),
        ("owner", 403): ("teacher/NONE", "teacher/T001"),
    }
    for place, (wrong, _) in cells.items():
        at(sheet, *place).value = wrong
    at(sheet, "target.op", 303).value = ">="
    answer = await send(college, "goals", book)
    assert answer.status_code == 422
    said = answer.json()
    assert said["type"] == "urn:helix8:problem:import-refused"
    named = {f"目标!{at(sheet, *place).coordinate}" for place in cells}
    assert set(said["validationErrors"]) == named | {"目标!I303"}
    assert said["validationErrors"]["目标!I303"] == ["必填 (Field required)"]
    assert "course/NONE" in said["validationErrors"]["目标!D203"][0]
    assert await college.get("goals") == []
    for place, (_, right) in cells.items():
        at(sheet, *place).value = right
    at(sheet, "target.value", 303).value = 0.5
    assert counts(await send(college, "goals", book)) == (500, 0, 0)
    assert counts(await send(college, "goals", book)) == (0, 0, 500)
    # Those that were brought in together stand where one after another would.
    async with college.running.app.state.database.transaction() as tx:
        rows = await tx.session.execute(
            text(
                "SELECT goal, depth, child_weight FROM goal_attainment"
                " WHERE goal IN ('g0', 'g7', 'g20', 'g400') ORDER BY depth DESC, goal"
            )
        )
        assert [tuple(row) for row in rows] == [
            ("g0", 20, 0),
            ("g7", 13, 1_000_000),
            ("g20", 0, 1_000_000),
            ("g400", 0, 0),
        ]


async def test_a_row_that_somebody_changed_since_is_refused(college: Any) -> None:
    await fill(college)
    book = await template(college, "bindings")
    body = await college.get(f"bindings/pass_rate@course/C0001@{PERIOD}")
    names = ("indicator", "scope", "period", "standard", "target", "tiers", "warning")
    said = {name: body[name] for name in names}
    changed = await college.put("bindings", {**said, "title": "他人所改"})
    assert changed.status_code == 200
    assert counts(await send(college, "standards", await template(college, "standards"))) == (
        0,
        0,
        2,
    )
    sheet = book["绑定"]
    at(sheet, "title", 3).value = "我所改"
    answer = await send(college, "bindings", book)
    assert list(answer.json()["validationErrors"]) == ["绑定!A3"]
    assert "现为第 2 版" in answer.json()["validationErrors"]["绑定!A3"][0]
    at(sheet, "title", 3).value = "他人所改"
    assert counts(await send(college, "bindings", book)) == (0, 0, 1)


async def test_weights_of_children_change_together_and_a_ring_is_named(college: Any) -> None:
    await fill(college)
    book = await template(college, "goals", scope="unit/U1")
    sheet = book["目标"]
    keys = {at(sheet, "key", row).value: row for row in range(3, 6)}
    at(sheet, "weight", keys["c0"]).value = "0.5"
    answer = await send(college, "goals", book)
    assert list(answer.json()["validationErrors"]) == [f"目标!L{keys['c0']}"]
    at(sheet, "weight", keys["c1"]).value = "0.5"
    assert counts(await send(college, "goals", book)) == (0, 2, 1)
    book = await template(college, "goals", plan="p")
    at(book["目标"], "parent", keys["root"]).value = "c1"
    answer = await send(college, "goals", book)
    [reasons] = answer.json()["validationErrors"].values()
    assert "root" in reasons[0]
    assert "c1" in reasons[0]


async def test_criteria_are_changed_by_their_rows_and_a_document_waits_again(college: Any) -> None:
    await fill(college)
    book = await template(college, "standards")
    sheet = book["指标项"]
    at(sheet, "tiers.qualified.value", 3).value = "65"
    sheet.append(row_of(sheet, standard="none", indicator="papers"))
    answer = await send(college, "standards", book)
    assert list(answer.json()["validationErrors"]) == ["指标项!A4"]
    sheet.delete_rows(4)
    answer = await send(college, "standards", book)
    assert [(each["key"], each["change"], each["state"]) for each in answer.json()["items"]] == [
        ("doc", "changed", "draft"),
        ("line", "unchanged", "approved"),
    ]
    [criterion] = (await college.get("standards/doc"))["criteria"]
    assert criterion["tiers"]["qualified"]["value"] == "65"
    assert criterion["basis"] == {"document": "moe-2015-2", "clause": "二"}


async def test_a_csv_of_some_columns_leaves_the_others_as_they_are(college: Any) -> None:
    await fill(college)
    lines = io.StringIO()
    csv.writer(lines).writerows([["key", "budget"], ["t1", "200"], ["t9", "1"]])
    answer = await upload(college, "imports/tasks", lines.getvalue().encode(), "text/csv")
    assert set(answer.json()["validationErrors"]) == {"A3"}
    one = b"key,budget\nt1,200\n"
    assert counts(await upload(college, "imports/tasks", one, "text/csv")) == (0, 1, 0)
    task = await college.get("tasks/t1")
    assert (task["budget"], task["goals"]) == ("200", ["root"])
    for content in (b"key,colour\na,b\n", b"", b"key,title\na\0,b\n", b"title\nx\n"):
        refused = await upload(college, "imports/tasks", content, "text/csv")
        assert list(refused.json()["validationErrors"]) == ["A1"]
    for ended in (one.replace(b"\n", b"\r"), one.replace(b"\n", b"\r\n")):
        assert counts(await upload(college, "imports/tasks", ended, "text/csv")) == (0, 0, 1)
    row_3 = {"A3": b'key,budget\nt1,200\n"' + b"t2,1\n" * 30_000, "A20003": b"key\n" * 20_003}
    for place, content in row_3.items():
        refused = await upload(college, "imports/tasks", content, "text/csv")
        assert list(refused.json()["validationErrors"]) == [place]
    long = b"key,version\nt1," + b"9" * 5_000
    refused = await upload(college, "imports/tasks", long, "text/csv")
    assert list(refused.json()["validationErrors"]) == ["B2"]
    other = await upload(college, "imports/tasks", b"{}", "application/json")
    assert other.status_code == 415


async def test_a_bundle_is_the_same_bytes_wherever_it_was_brought_in(college: Any) -> None:
    await fill(college)
    first = await exported(college)
    assert await exported(college) == first
    bundle = json.loads(first)
    assert {name: len(each) for name, each in bundle.items() if isinstance(each, list)} == {
        "basis_documents": 1,
        "value_dimensions": 0,
        "object_classes": 0,
        "plans": 1,
        "goals": 3,
        "standards": 2,
        "selectors": 1,
        "bindings": 1,
        "tasks": 2,
    }
    assert counts(await bring(college, first)) == (0, 0, 11)
    of_plan = await exported(college, plan="p")
    assert [each["key"] for each in json.loads(of_plan)["tasks"]] == ["t1"]
    await empty(college)
    rehearsed = await bring(college, first, dryRun="true")
    assert counts(rehearsed) == (10, 0, 0)
    assert counts(await bring(college, of_plan)) == (6, 0, 0)
    assert await exported(college) == of_plan
    office = as_person(college, "T003", "quality_office")
    drafted = await bring(college, first, headers=office)
    # Whatever the bundle says, whoever brings a document in does not approve it alone.
    assert counts(drafted) == (4, 0, 6)
    told = {each["key"]: each for each in drafted.json()["items"]}
    assert [told[key]["state"] for key in ("doc", "root")] == ["draft", "draft"]
    assert (told["s"]["change"], told["s"]["waits_for"], told["s"]["version"]) == (
        *("waiting", "doc", None),
    )
    alone = await college.put("standards/doc/decision", {"decision": "approve"}, **office)
    assert alone.status_code == 403
    await approve_document(college)
    done = await bring(college, first)
    assert counts(done) == (1, 0, 10)
    assert await exported(college) == first


async def test_what_is_wrong_in_a_bundle_is_told_by_its_json_path(college: Any) -> None:
    await fill(college)
    bundle = json.loads(await exported(college))
    await empty(college)
    bundle["goals"][0]["scope"] = "unit/NONE"
    bundle["bindings"][0]["colour"] = "red"
    bundle["tasks"][0]["ends_on"] = "2096-01-01"
    writer = as_person(college, "T001")
    answer = await bring(college, json.dumps(bundle).encode(), headers=writer)
    assert answer.status_code == 422
    places = sorted(answer.json()["validationErrors"])
    assert places == [
        "$.bindings[0].colour",
        "$.goals[0].scope",
        "$.tasks[0].ends_on",
    ]
    assert await college.get("standards") == []
    goal = {**bundle["goals"][0], "basis": 5, "parent": {"key": "root"}}
    one = json.dumps({"format": "helix8-bundle", "version": 1, "goals": [goal]}).encode()
    places = sorted((await bring(college, one)).json()["validationErrors"])
    assert {"$.goals[0].basis", "$.goals[0].parent", "$.goals[0].scope"} <= {*places}
    for content in (b"[]", b'{"goals": 1}', b'{"goals": [{"key": 1}]}'):
        assert (await bring(college, content)).status_code == 422


async def exported(desk: Any, **query: str) -> bytes:
    answer = await desk.running.client.get("/v1/bundle", params=query)
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


async def bring(desk: Any, content: bytes, **query: Any) -> Response:
    return await upload(desk, "bundle", content, "application/json", **query)


@pytest.mark.parametrize("family", list(SHEETS))
async def test_an_example_is_what_its_cells_mean(family: str) -> None:
    columns = SHEETS[family][0].columns
    for example in EXAMPLES[family]:
        plain = {name: said for name, said in example.items() if name != "criteria"}
        assert overlaid({}, cells_of(example, columns), columns) == plain


async def test_only_cells_that_differ_are_taken_and_an_empty_one_takes_the_field_away() -> None:
    present = {"key": "t", "title": " 两 ", "qualitative": True, "budget": "1.50", "unknown": [1]}
    cells = cells_of(present, TASKS.columns)
    assert cells["qualitative"] == "是"
    assert overlaid(present, cells, TASKS.columns) == present
    cells |= {"budget": "", "deliverables": "报告 报告 一\n方案 方案"}
    assert overlaid(present, cells, TASKS.columns) == {
        "key": "t",
        "title": " 两 ",
        "qualitative": True,
        "unknown": [1],
        "deliverables": [
            {"kind": "report", "title": "报告 一"},
            {"kind": "scheme", "title": "方案"},
        ],
    }
    limit = {"target": {"op": "between", "value": "1", "upper": "2"}}
    cells = {"target.op": ">=", "target.upper": ""}
    assert overlaid(limit, cells, GOALS.columns) == {"target": {"op": ">=", "value": "1"}}


async def test_a_place_is_the_cell_of_the_field_or_of_the_first_part_of_it() -> None:
    places = {"key": "B3", "target.op": "H3", "target.value": "I3", "goals": "L3"}
    asked = ["$.target", "$.target.value", "$.goals[2]", "$.nothing", "$"]
    assert [place_of(places, each, "key") for each in asked] == ["H3", "I3", "L3", "B3", "B3"]


async def test_what_names_another_one_comes_behind_it() -> None:
    tasks = {"a": {"after": ["b", "x"]}, "b": {"after": []}}
    assert in_order("tasks", tasks) == ["b", "a"]
    with pytest.raises(RingError) as ring:
        in_order("goals", {"a": {"parent": "b"}, "b": {"parent": "a"}})
    assert set(ring.value.ring) == {"a", "b"}
