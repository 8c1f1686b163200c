"""Many reports are one job: each once, all as of one moment, with a list of what failed."""

import json
from base64 import b64decode
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import docx
import pytest
from sqlalchemy import text

from report_service.jobs import Maker
from report_service.usecases.archiving import archive, as_table
from shared.kit.clock import now
from shared.kit.loops import stop_jobs

STUDENTS = ("S001", "S002", "S003", "S䶮04")


async def sow(world: Any, told: Any) -> None:
    """Tell of a class with four students, of whom one has no data."""
    await world.tell(told.indicator(), told.scope(scope="group/G1", name_zh="工测2401班"))
    for at, key in enumerate(STUDENTS):
        scope = f"student/{key}"
        person = {"scope": scope, "name_zh": f"学生{key}/甲", "parents": ["group/G1"]}
        await world.tell(told.scope(**person), key=scope)
        if at < 3:
            place = {"id": f"M{key}", "scope": scope}
            await world.tell(told.measured(7, f"0.2{at}", **place), key=scope)
    await world.settle()


async def finished(world: Any, path: str) -> dict[str, Any]:
    """Return a batch once nothing of it waits."""

    async def ask() -> dict[str, Any]:
        told: dict[str, Any] = (await world.running.client.get(path)).json()
        return told

    return await world.until(ask, lambda batch: batch["finished_at"] is not None)


async def delivered_with(world: Any, files: dict[str, bytes]) -> None:
    """Some files go along with what is told, as they are."""

    async def ask() -> list[Any]:
        facts = await world.running.client.get("/v1/facts", params={"type": "report.delivered"})
        return [each["event"]["data"] for each in facts.json()]

    [told] = await world.until(ask, bool)
    sent = {each["name"]: each for each in told["files"]}
    assert len(sent) == 3
    for name, content in files.items():
        file = sent[name]
        assert b64decode(file["content"]) == content
        assert (file["media_type"], file["sha256"]) == (
            "application/pdf",
            sha256(content).hexdigest(),
        )


async def test_a_batch_makes_each_report_once_and_says_what_failed(  # noqa: PLR0915 — one way
    world: Any, told: Any
) -> None:
    await sow(world, told)
    client = world.running.client
    wish = {"period": "term:2013-2014-1", "of": "student", "formats": ["docx", "html", "pdf"]}
    opened = await client.post("/v1/batches", json=wish | {"within": "group/G1", "title": "一班"})
    assert (opened.status_code, opened.json()["total"]) == (202, 4), opened.text
    path = f"/v1/{opened.headers['location']}"
    # What is stated since is not in it: all of them are as of one moment.
    later = told.measured(9, "0.99", id="MS001", scope="student/S001")
    await world.tell(later, key="student/S001", at=now())

    batch = await finished(world, path)

    assert (batch["done"], batch["failed"], batch["waiting"], batch["state"]) == (3, 1, 0, "done")
    [failed] = (await client.get(f"{path}/orders", params={"state": "failed"})).json()
    assert (failed["scope"], failed["code"]) == ("student/S䶮04", "report-without-data")
    [folder] = (await client.get(f"{path}/folders")).json()
    assert folder == {"folder": "工测2401班 G1", "total": 4, "done": 3, "failed": 1}
    sent = await client.get(f"{path}/zip")
    again = await client.get(f"{path}/zip", params={"folder": "工测2401班 G1"})
    assert sent.content == again.content
    zipped = ZipFile(BytesIO(sent.content))
    assert zipped.testzip() is None
    named = "工测2401班 G1/S001 学生S001_甲 学生自我诊改报告"
    assert {each for each in zipped.namelist() if "S001" in each} == {
        f"{named}.docx",
        f"{named}.html",
        f"{named}.pdf",
    }
    assert len(zipped.namelist()) == 3 * 3 + 1
    listed = zipped.read("失败清单.csv").decode("utf-8-sig")
    assert "工测2401班 G1,student/S䶮04,report-without-data" in listed
    word = docx.Document(BytesIO(zipped.read(f"{named}.docx")))
    assert "20%" in "".join(cell.text for table in word.tables for cell in table._cells)
    missing = await client.get(f"{path}/zip", params={"folder": "没有"})
    assert (missing.status_code, missing.json()["type"]) == (
        404,
        "urn:helix8:problem:folder-unknown",
    )

    told_of = {"formats": ["pdf"], "deliver": {"channels": ["qa-mail"], "attach": True}}
    second = (await client.post("/v1/batches", json=wish | {"within": "group/G1"} | told_of)).json()
    await finished(world, f"/v1/batches/{second['id']}")
    files = ZipFile(BytesIO((await client.get(f"/v1/batches/{second['id']}/zip")).content))
    await delivered_with(world, {f"{named.partition('/')[2]}.pdf": files.read(f"{named}.pdf")})
    listed = await client.get("/v1/reports", params={"totalCount": True, "limit": 1})
    # Of the one of which something else was stated meanwhile there is a second report.
    assert listed.headers["total-count"] == "4"

    retried = (await client.post(f"{path}/retry")).json()
    assert (retried["waiting"], retried["state"]) == (1, "running")
    assert (await finished(world, path))["failed"] == 1
    dropped = await client.delete(path)
    assert (dropped.status_code, (await client.get(path)).status_code) == (204, 404)


async def test_a_batch_is_over_though_another_waits_behind_it(world: Any, told: Any) -> None:
    await sow(world, told)
    client, parts = world.running.client, world.running.app.state.parts
    await stop_jobs([each for each in parts.loops if each.name.startswith("orders-")])
    wish = {"period": "term:2013-2014-1", "formats": ["json"]}
    first, second = [
        (await client.post("/v1/batches", json=wish | more)).json()["id"]
        for more in ({"scopes": ["student/S001"]}, {"of": "student"})
    ]
    maker = Maker(parts.database, parts.state["press"])

    assert [await maker.make_next() for _ in range(2)] == [True, True]

    ends = [(await client.get(f"/v1/batches/{each}")).json() for each in (first, second)]
    assert [(each["finished_at"] is not None, each["waiting"]) for each in ends] == [
        (True, 0),
        (False, 3),
    ]


async def test_an_order_that_always_takes_too_long_fails_and_holds_nobody_up(
    world: Any, told: Any
) -> None:
    await sow(world, told)
    client, parts = world.running.client, world.running.app.state.parts
    await stop_jobs([each for each in parts.loops if each.name.startswith("orders-")])
    wish = {"period": "term:2013-2014-1", "formats": ["json"], "scopes": ["student/S001"]}
    batch = (await client.post("/v1/batches", json=wish)).json()["id"]
    slow = (
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'canceling statement' USING ERRCODE = '57014'; END $$"
    )
    at_reports = "CREATE TRIGGER slow BEFORE INSERT ON report FOR EACH ROW EXECUTE FUNCTION slow()"
    async with parts.database.transaction() as tx:
        await tx.session.execute(text(slow))
        await tx.session.execute(text(at_reports))
    try:
        made = await Maker(parts.database, parts.state["press"]).make_next()
    finally:
        async with parts.database.transaction() as tx:
            await tx.session.execute(text("DROP FUNCTION slow CASCADE"))

    [order] = (await client.get(f"/v1/batches/{batch}/orders")).json()
    assert (made, order["state"], order["code"]) == (True, "failed", "report-too-slow")


async def test_who_pauses_while_an_archive_is_sent_holds_no_connection(
    world: Any, told: Any
) -> None:
    await sow(world, told)
    database = world.running.app.state.parts.database
    wish = {"period": "term:2013-2014-1", "formats": ["json"], "scopes": ["student/S001"]}
    opened = await world.running.client.post("/v1/batches", json=wish)
    batch = await finished(world, f"/v1/{opened.headers['location']}")

    sent = archive(database, UUID(batch["id"]), None)
    start = await anext(sent)
    async with database.transaction() as tx:
        held = await tx.session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                " AND datname = current_database() AND query LIKE '%produced%'"
            )
        )
    rest = [part async for part in sent]

    assert held == 0
    assert len(ZipFile(BytesIO(b"".join([start, *rest]))).namelist()) == 1


async def test_a_batch_of_nothing_and_of_unknown_objects_is_refused(world: Any, told: Any) -> None:
    await sow(world, told)
    client, period = world.running.client, {"period": "term:2013-2014-1"}
    for wish, place in (
        ({"of": "major"}, "$.of"),
        ({"scopes": ["student/S001", "student/NONE"]}, "$.scopes[1]"),
        ({"of": "student", "kind": "annual_quality"}, "$.kind"),
        ({"of": "student", "template_version": 1002}, "$.template_version"),
        ({"of": "student", "formats": ["xlsx"]}, "$.formats[0]"),
    ):
        refused = await client.post("/v1/batches", json=period | wish)
        assert (refused.status_code, list(refused.json()["validationErrors"])) == (422, [place])
    both = await client.post("/v1/batches", json=period | {"of": "student", "scopes": ["unit/U1"]})
    assert (both.status_code, "scopes" in both.text) == (422, True)
    async with world.running.app.state.database.transaction() as tx:
        # More than a statement of the database takes values.
        await tx.session.execute(
            text(
                "INSERT INTO scope (scope, name_zh, parents, owners, tags, gone, version, at)"
                " SELECT 'student/N' || n, '学生', '{group/G1}', '[]', '{}', false, 1, now()"
                " FROM generate_series(1, 33000) AS n"
            )
        )
    large = await client.post("/v1/batches", json=period | {"of": "student", "within": "group/G1"})
    assert (large.status_code, list(large.json()["validationErrors"])) == (422, ["$.within"])


async def test_a_cycle_that_comes_to_its_diagnosis_opens_the_draft_of_its_lead(
    world: Any, told: Any
) -> None:
    await told.everything(world)
    cycle = told.cycle().model_dump(mode="json") | {
        "version": 2,
        "step": "diagnose",
        "left": "implement",
        "owners": {"lead": ["teacher/T001"]},
        "step_due_at": "2026-12-07T10:00:00Z",
    }
    moved = world.event("CycleMoved", cycle)
    await world.tell(moved, moved)

    def drafts(facts: list[Any]) -> list[Any]:
        return [each for each in facts if each["event"]["type"] == "qa.report.step.opened.v1"]

    async def ask() -> list[Any]:
        return drafts((await world.running.client.get("/v1/facts")).json())

    [opened] = await world.until(ask, bool)
    step = opened["event"]["data"]
    assert (step["kind"], step["owners"], step["due_at"]) == (
        "form",
        ["teacher/T001"],
        "2026-12-07T10:00:00Z",
    )
    assert step["title_zh"] == "编制社会科学导论课程自我诊改报告"
    [report] = (await world.running.client.get("/v1/reports")).json()
    draft = (await world.running.client.get(f"/v1/reports/{report['id']}/draft")).json()
    assert (draft["cycle"], draft["owner"], draft["due_at"]) == (
        "C1",
        "teacher/T001",
        "2026-12-07T10:00:00Z",
    )
    await put_off(world, cycle, report["id"])
    draft["due_at"] = "2026-12-14T10:00:00Z"
    # Newer facts make another draft, which goes on where the first one was.
    client, path = world.running.client, f"/v1/reports/{report['id']}"
    await client.put(f"{path}/texts", json={"texts": {"conclusion": "已达标准。"}})
    await world.tell(told.measured(20, "0.2"), told.judged(9, "met_standard", "0.2"))
    newer = (await world.make()).json()
    went_on = (await client.get(f"/v1/reports/{newer['id']}/draft")).json()
    assert (went_on["texts"], went_on["due_at"]) == ({"conclusion": "已达标准。"}, draft["due_at"])
    assert (went_on["cycle"], went_on["owner"]) == ("C1", "teacher/T001")
    old = (await client.get(f"{path}/draft")).json()
    assert (old["state"], old["superseded_by"]) == ("replaced", newer["id"])
    await goes_over(world, cycle, newer["id"])
    await of_nothing_yet(world, told, cycle)
    async with world.running.app.state.database.transaction() as tx:
        rows = await tx.session.execute(
            text("SELECT state, schedule FROM ordered WHERE cycle='C1'")
        )
        assert [tuple(each) for each in rows] == [("done", "cycle-diagnosis")]


async def goes_over(world: Any, cycle: dict[str, Any], report: str) -> None:
    """Another leads the cycle, and the draft is his."""
    now_ = {"version": 4, "left": "diagnose", "owners": {"lead": ["teacher/T002"]}}
    before = {"owners_before": cycle["owners"]}
    await world.tell(world.event("CycleReassigned", cycle | now_ | before))

    async def ask() -> Any:
        return (await world.running.client.get(f"/v1/reports/{report}/draft")).json()["owner"]

    await world.until(ask, lambda owner: owner == "teacher/T002")


async def of_nothing_yet(world: Any, told: Any, cycle: dict[str, Any]) -> None:
    """A draft of which nothing is known is told beside its schedule, and made when something is."""
    scope, client = "class/P9", world.running.client
    await world.tell(told.scope(scope=scope), key=scope)
    other = cycle | {"cycle": "C2", "scope": scope}
    await world.tell(world.event("CycleMoved", other), key=scope)

    async def failure() -> Any:
        return (await client.get("/v1/schedules/cycle-diagnosis")).json()["failure"]

    said = await world.until(failure, bool)
    assert said.startswith(f"{scope}：")
    await world.tell(told.measured(30, "0.2", id="P9", scope=scope), key=scope)
    await world.settle()
    await world.tell(world.event("CycleMoved", other | {"version": 3}), key=scope)
    await world.until(failure, lambda failure: failure is None)
    [report] = (await client.get("/v1/reports", params={"scope": scope})).json()
    assert report["due_at"] is not None


async def put_off(world: Any, cycle: dict[str, Any], report: str) -> None:
    """Plan the step of a cycle anew: its draft is due then, on the work list too."""
    client = world.running.client
    later = {"version": 3, "step_due_at": "2026-12-14T10:00:00Z", "by": "person/lead"}
    await world.tell(world.event("CycleReplanned", cycle | later))

    async def ask() -> Any:
        return (await client.get(f"/v1/reports/{report}/draft")).json()["due_at"]

    await world.until(ask, lambda due: due == "2026-12-14T10:00:00Z")

    async def steps() -> list[Any]:
        facts = (await client.get("/v1/facts")).json()
        found = [each["event"] for each in facts]
        return [each for each in found if each["type"].startswith("qa.report.step")]

    first, closed, again = await world.until(steps, lambda found: len(found) == 3)
    assert closed["data"] | {"how": "replaced"} == closed["data"]
    assert closed["data"]["step"] == first["data"]["step"] != again["data"]["step"]
    assert (again["data"]["due_at"], again["data"]["owners"]) == (
        "2026-12-14T10:00:00Z",
        ["teacher/T001"],
    )


async def test_a_schedule_orders_a_batch_on_its_day_and_tells_of_it(world: Any, told: Any) -> None:
    await sow(world, told)
    client = world.running.client
    plan = {
        "title": "学期末",
        "scopes": ["student/S001", "student/S002"],
        "starts_at": "2026-11-20T08:00:00+08:00",
        "rule": "FREQ=DAILY",
        "period": "year",
        "formats": ["html"],
        "deliver": {"channels": ["qa-mail"], "persons": ["role/quality_office"]},
    }
    kept = await client.put("/v1/schedules/term-end", json=plan)
    assert (kept.status_code, kept.json()["next_at"] is not None) == (201, True), kept.text
    async with world.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("UPDATE timer SET due_at = clock_timestamp()"))

    async def ask() -> dict[str, Any]:
        told: dict[str, Any] = (await client.get("/v1/schedules/term-end")).json()
        return told

    ran = await world.until(ask, lambda schedule: schedule["batch"] is not None)
    batch = await finished(world, f"/v1/batches/{ran['batch']}")
    assert (batch["schedule"], batch["total"], batch["failed"]) == ("term-end", 2, 2)

    async def told_of() -> list[Any]:
        facts = (await client.get("/v1/facts", params={"type": "report.delivered"})).json()
        return [each["event"]["data"] for each in facts]

    [delivered] = await world.until(told_of, bool)
    assert (delivered["channels"], delivered["persons"]) == (["qa-mail"], ["role/quality_office"])
    assert delivered["lines"] == ["共 2 份，已生成 0 份，失败 2 份"]
    for wish, said in (
        ({"rule": "FREQ=SECONDLY"}, "FREQ"),
        ({"steps": ["diagnose"]}, "steps"),
        ({"scopes": []}, "scopes"),
    ):
        refused = await client.put("/v1/schedules/other", json=plan | wish)
        assert (refused.status_code, said in refused.text) == (422, True)


@pytest.mark.parametrize("few", [False, True])
async def test_a_profile_masks_small_groups(world: Any, told: Any, few: bool) -> None:  # noqa: FBT001
    await told.everything(world)
    count = 3 if few else 5
    for at in range(count):
        scope = f"class/P{at}"
        await world.tell(told.measured(7, f"0.3{at}", id=f"P{at}", scope=scope), key=scope)
    await world.tell(told.measured(8, "0.31", n=3 if few else 300))
    await world.settle()
    asked = {"scope": "class/AAA-2013J", "period": "term:2013-2014-1"}

    profile = (await world.running.client.get("/v1/profile", params=asked)).json()

    [point] = profile["points"]
    expected = (None, True, None, 0) if few else ("0.31", False, "0.31", 6)
    assert (point["value"], point["masked"], point["median"], point["peers"]) == expected
    assert point["target"] == {"op": "<=", "value": "0.15", "upper": None}
    kinds = [each["kind"] for each in profile["events"]]
    assert kinds.count("alert") == 2
    assert [each["key"] for each in profile["tags"]] == ([] if few else ["all_met"])


async def test_a_review_package_follows_every_point_and_is_the_same_again(
    world: Any, told: Any
) -> None:
    await told.everything(world)
    await world.settle()
    client = world.running.client
    asked = {"scope": "class/AAA-2013J", "as_of": "2030-01-01T00:00:00Z", "draw": "2"}

    sent = await client.get("/v1/review-package", params=asked)
    again = await client.get("/v1/review-package", params=asked)

    assert (sent.status_code, sent.content == again.content) == (200, True)
    zipped = ZipFile(BytesIO(sent.content))
    manifest = json.loads(zipped.read("manifest.json"))
    assert manifest["period"] == "term:2013-2014-1"
    assert manifest["files"] == {
        each: sha256(zipped.read(each)).hexdigest()
        for each in zipped.namelist()
        if each != "manifest.json"
    }
    assert as_table([["=1+1", None, 3]]).decode("utf-8-sig") == "'=1+1,,3\r\n"
    [trace] = json.loads(zipped.read("traces.json"))
    chain = {link["step"]: link["texts"] for link in trace["links"]}
    assert list(chain) == ["goal", "standard", "task", "value", "alert", "measure", "effect"]
    assert chain["standard"] == ["合格 ≤ 25%"]
    assert chain["task"] == []
    assert chain["effect"] == ["自行恢复，由31.17%到24%，变化−7.17个百分点"]
    page = zipped.read("index.html").decode()
    assert "http" not in page.replace("http-equiv", "")
    assert page.count('<span class="missing">缺</span>') == 1
    assert json.loads(zipped.read("checklist.json"))["key"] == "chongqing"
    other = await client.get("/v1/review-package", params=asked | {"checklist": "national"})
    with ZipFile(BytesIO(other.content)) as switched:
        assert json.loads(switched.read("checklist.json"))["key"] == "national"
    listed = (await client.get("/v1/checklists")).json()
    assert [each["key"] for each in listed] == ["chongqing", "national"]
    assert "渝高职诊改〔2019〕2号" in listed[0]["basis"]
    unknown = await client.get("/v1/review-package", params=asked | {"checklist": "nowhere"})
    assert list(unknown.json()["validationErrors"]) == ["$.checklist"]
