"""Tasks: from draft to done, by whom, by when; and what is refused, all of it at once."""

import asyncio
import re
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from httpx import Response
from playwright.async_api import async_playwright
from sqlalchemy import text

from shared.contracts.datahub import ScopeOwner
from shared.kit.clock import CAMPUS, now
from shared.kit.identity import Caller, TokenSigner

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.7 minutes"
OWNER, LEAD, OTHER = "person/T001", "person/T002", "person/T003"
TASK = {
    "key": "t1",
    "title": "修订课程标准",
    "kind": "routine",
    "system": "generation",
    "scope": "course/C0001",
    "unit": "unit/U1",
    "owner": "teacher/T001",
    "starts_on": "2026-01-01",
    "ends_on": "2099-12-31",
    "budget": "10000",
}


def today() -> date:
    return now().astimezone(CAMPUS).date()


@dataclass(frozen=True)
class Hall:
    """People who have to do with tasks."""

    desk: Any
    signer: TokenSigner

    async def post(self, path: str, body: Any = None, *, by: str = "", **headers: str) -> Response:
        """Send, as somebody (with what every writer may), else as the administrator."""
        if by:
            caller = Caller(
                subject=by,
                scopes=frozenset({"target:read", "target:write", "target:take-part"}),
                roles=frozenset(),
            )
            headers["authorization"] = f"Bearer {self.signer.sign(caller, 'target')}"
        client = self.desk.running.client
        if isinstance(body, bytes):
            answer: Response = await client.post(f"/v1/{path}", content=body, headers=headers)
        else:
            answer = await client.post(f"/v1/{path}", json=body or None, headers=headers)
        return answer

    async def draft(self, **more: Any) -> dict[str, Any]:
        """Draft a task, or change it."""
        answer = await self.desk.put("tasks", TASK | more)
        assert answer.status_code in {200, 201}, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def do(self, path: str, body: Any = None, *, by: str = "", **headers: str) -> Any:
        """Do what must succeed."""
        answer = await self.post(path, body, by=by, **headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def accepted(self, **more: Any) -> None:
        """Draft a task, issue it, and let its owner accept it."""
        key = more.get("key", "t1")
        await self.draft(**more)
        await self.do(f"tasks/{key}/issue")
        await self.do(f"tasks/{key}/accept", by=OWNER)

    async def facts(self, word: str, count: int) -> list[Any]:
        """Wait until so many facts were published; return them all."""

        async def enough() -> list[Any]:
            found: list[Any] = await self.desk.facts(word)
            return found if len(found) >= count else []

        found: list[Any] = await self.desk.until(enough)
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(shared_desk: Any, signing_keys: tuple[TokenSigner, str]) -> Hall:
    """A unit with a head, a course of it, and somebody who has left."""
    desk, lead = shared_desk, (ScopeOwner(role="unit_head", person="teacher/T002"),)
    told = [
        await desk.scope("unit/U1", seq=2, owners=lead),
        await desk.scope("course/C0001", seq=2, parents=("unit/U1",)),
        await desk.scope("teacher/T003"),
        await desk.scope("teacher/T008"),
        await desk.scope("teacher/T009", gone=True),
    ]
    for each in told:
        await desk.handled(each)
    return Hall(desk, signing_keys[0])


@pytest_asyncio.fixture(loop_scope="module")
async def hall(office: Hall) -> Hall:
    """The same without any task."""
    tables = "outbox, fact, task_note, task_report, task, timer, sheet, evidence_upload, file"
    async with office.desk.running.app.state.database.transaction() as tx:
        await tx.session.execute(text(f"TRUNCATE {tables}"))
        await tx.session.execute(text("TRUNCATE goal, kept_version CASCADE"))
    return office


async def test_a_report_is_decided_on_by_another_who_leads(hall: Hall) -> None:
    draft = await hall.draft()
    assert (draft["state"], draft["level"], draft["may"]["issue"]) == ("draft", "course", True)
    issued = await hall.do("tasks/t1/issue")
    assert (issued["state"], issued["due_at"]) == ("issued", "2100-01-01T00:00:00+08:00")
    refused = await hall.post("tasks/t1/accept", by=OTHER)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:helix8:problem:not-yours")
    assert (await hall.do("tasks/t1/accept", by=OWNER))["state"] == "accepted"

    half = {"progress": "0.5", "said": "初稿完成", "spent": "4000"}
    report = await hall.do("tasks/t1/reports", half, by=OWNER)
    assert (report["number"], report["state"]) == (1, "waiting")
    assert (await hall.desk.get("tasks/t1"))["state"] == "in_progress"
    own = await hall.post("tasks/t1/reports/1/approve", by=OWNER)
    assert (own.status_code, own.json()["type"]) == (403, "urn:helix8:problem:own-report")
    stranger = await hall.post("tasks/t1/reports/1/approve", by=OTHER)
    assert stranger.status_code == 403
    assert (await hall.do("tasks/t1/reports/1/approve", by=LEAD))["state"] == "approved"
    again = await hall.post("tasks/t1/reports/1/approve", by=LEAD)
    assert (again.status_code, again.json()["type"]) == (409, "urn:helix8:problem:task-state")


async def test_what_is_approved_counts_until_the_whole_is(hall: Hall) -> None:
    await hall.accepted()
    half = {"progress": "0.5", "said": "初稿完成", "spent": "4000"}
    await hall.do("tasks/t1/reports", half, by=OWNER)
    await hall.do("tasks/t1/reports/1/approve", by=LEAD)
    middle = await hall.desk.get("tasks/t1")
    assert (middle["progress"], middle["spent"]) == ("0.5", "4000")
    assert (middle["pace"]["executed"], middle["pace"]["is_overspent"]) == ("0.4000", False)
    await hall.do("tasks/t1/reports", {"progress": 1, "said": "定稿"}, by=OWNER)
    await hall.do("tasks/t1/reports/2/approve", by=LEAD)
    done = await hall.desk.get("tasks/t1")
    assert (done["state"], done["done_on"]) == ("done", today().isoformat())
    assert not any(done["may"].values())
    assert [each["what"] for each in done["notes"]] == [
        "report-approved",
        "reported",
        "report-approved",
        "reported",
        "accepted",
        "issued",
        "drafted",
    ]
    words = ("issued", "accepted", "progressed", "done")
    await hall.facts("task.done", 1)
    facts = {word: await hall.desk.facts(f"task.{word}") for word in words}
    assert [len(facts[word]) for word in words] == [1, 1, 2, 1]
    first = facts["progressed"][0]
    assert (first["reported_by"], first["approved_by"]) == (OWNER, LEAD)
    assert (first["progress"], first["budget"], first["spent"]) == ("0.5", "10000", "4000")
    assert [each["executed"] for each in facts["progressed"]] == ["0.4000", "0.4000"]


async def test_a_duty_is_done_when_the_task_that_serves_it_is(hall: Hall) -> None:
    duties = [{"key": "1", "text": "负责年度目标分解"}, {"key": "2", "text": "撰写报告"}]
    body = {"key": "M143", "title": "学校层面工作组", "duties": duties}
    await hall.desk.put("bodies", body)
    said = {"scope": "unit/U1", "owner": "teacher/T001"}
    said |= {"starts_on": "2026-01-01", "ends_on": "2099-12-31"}

    task = (await hall.do("bodies/M143/duties/1/task", said))["key"]
    await hall.do(f"tasks/{task}/issue")
    await hall.do(f"tasks/{task}/accept", by=OWNER)
    open_then = (await hall.desk.get("bodies/M143"))["follows"]
    await hall.do(f"tasks/{task}/reports", {"progress": 1, "said": "分解表已下发"}, by=OWNER)
    await hall.do(f"tasks/{task}/reports/1/approve", by=LEAD)

    assert (open_then["duties_done"], open_then["duties"]) == (0, 2)
    assert (await hall.desk.get("bodies/M143"))["follows"]["duties_done"] == 1
    assert (await hall.do("bodies/M143/duties/1/task", said))["key"] == f"{task}@2"


async def test_every_step_of_a_person_is_told_to_the_work_list(hall: Hall) -> None:
    await hall.accepted()
    await hall.do("tasks/t1/reports", {"progress": "0.2", "said": "一"}, by=OWNER)
    await hall.do("tasks/t1/reports", {"progress": "0.3", "said": "二"}, by=OWNER)
    await hall.do("tasks/t1/reports/2/return", {"reason": "缺少附件"}, by=LEAD)
    returned = (await hall.desk.get("tasks/t1/reports", state="returned"))[0]

    opened, closed = await hall.facts("step.opened", 4), await hall.facts("step.closed", 3)

    told = sorted((each["kind"], each["role"], tuple(each["owners"])) for each in opened)
    assert told == [
        ("acceptance", "owner", ("teacher/T001",)),
        ("approval", "leader", ()),
        ("approval", "leader", ()),
        ("form", "owner", ("teacher/T001",)),
    ]
    assert {each["not_by"] for each in opened if each["kind"] == "approval"} == {OWNER}
    assert [each["how"] for each in closed] == ["accepted", "replaced", "rejected"]
    # What he reports on waits until the task is done.
    [work] = [each for each in opened if each["kind"] == "form"]
    task = await hall.desk.get("tasks/t1")
    assert (work["step"], work["due_at"]) == ("target/task/t1/work/1", task["due_at"])
    assert {each["step"] for each in closed} == {each["step"] for each in opened} - {work["step"]}
    assert (returned["number"], returned["reason"]) == (2, "缺少附件")
    assert (await hall.desk.get("tasks/t1"))["progress"] == "0"


async def test_everything_that_is_wrong_is_told_at_once(hall: Hall) -> None:
    body = TASK | {
        "scope": "course/C9999",
        "owner": "teacher/T009",
        "helpers": [{"who": "teacher/T404"}],
        "goals": ["none"],
        "after": ["t1", "gone"],
        "starts_on": "2026-02-01",
        "ends_on": "2026-01-31",
    }

    answer = await hall.desk.put("tasks", body)

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:helix8:problem:task-invalid")
    assert sorted(problem["validationErrors"]) == [
        "$.after",
        "$.after[1]",
        "$.ends_on",
        "$.goals[0]",
        "$.helpers[0].who",
        "$.owner",
        "$.scope",
    ]
    assert "已离任" in problem["validationErrors"]["$.owner"][0]
    assert (await hall.desk.get("tasks")) == []


async def test_what_is_not_ready_is_not_issued(hall: Hall) -> None:
    bare = {"owner": "", "starts_on": None, "ends_on": None, "kind": "key"}
    draft = await hall.draft(**bare)
    answer = await hall.post("tasks/t1/issue")

    assert (len(draft["blockedBy"]), draft["may"]["issue"]) == (4, False)
    assert sorted(answer.json()["validationErrors"]) == [
        "$.ends_on",
        "$.goals",
        "$.owner",
        "$.starts_on",
    ]


async def test_an_owner_who_left_since_is_refused_when_it_is_issued(hall: Hall) -> None:
    await hall.draft(owner="teacher/T008")
    await hall.desk.handled(await hall.desk.scope("teacher/T008", seq=5, gone=True))

    answer = await hall.post("tasks/t1/issue")

    assert (answer.status_code, list(answer.json()["validationErrors"])) == (422, ["$.owner"])


async def test_a_ring_of_tasks_is_refused_with_its_path(hall: Hall) -> None:
    await hall.draft(key="a")
    await hall.draft(key="b", after=["a"])
    late = await hall.draft(key="c", after=["b"], starts_on="2099-12-31")

    answer = await hall.desk.put("tasks", TASK | {"key": "a", "after": ["c"]})

    assert answer.status_code == 422
    assert "a → c → b → a" in answer.json()["validationErrors"]["$.after"][0]
    assert "b" in late["conflicts"]["$.starts_on"][0]


async def test_a_task_lies_inside_the_days_of_the_goals_that_it_serves(hall: Hall) -> None:
    goal = {"key": "g-day", "title": "期限", "scope": "unit/U1", "period": "year:2096"}
    await hall.desk.put("goals", goal | {"deadline": "2096-06-30"})
    span = {"goals": ["g-day"], "starts_on": "2096-01-01"}

    late = await hall.desk.put("tasks", TASK | span | {"ends_on": "2096-07-01"})
    beyond = await hall.desk.put(
        "tasks", TASK | span | {"starts_on": "2096-07-01", "ends_on": "2096-06-30", "owner": "x"}
    )
    endless = await hall.desk.put(
        "tasks", TASK | {"goals": ["g-day"], "starts_on": "2096-07-01", "ends_on": None}
    )
    await hall.draft(**span, ends_on="2096-06-30")
    earlier = await hall.desk.put("goals", goal | {"deadline": "2096-06-29"})
    await hall.draft(**span, ends_on="2096-06-29")
    then = await hall.desk.put("goals", goal | {"deadline": "2096-06-29"})

    assert (late.status_code, late.json()["type"]) == (422, "urn:helix8:problem:task-invalid")
    assert late.json()["validationErrors"] == {
        "$.ends_on": [
            (
                "2096-07-01 结束，晚于目标“期限”（g-day）的止日 2096-06-30"
                " (it ends after 2096-06-30, where its goal ends)"
            )
        ]
    }
    assert set(endless.json()["validationErrors"]) == {"$.starts_on"}
    assert beyond.status_code == 422
    assert earlier.status_code == 422
    assert list(earlier.json()["validationErrors"]) == ["$.deadline"]
    assert "t1（2096-06-30）" in earlier.json()["validationErrors"]["$.deadline"][0]
    assert then.json()["deadline"] == "2096-06-29"
    # What runs already may be planned anew beyond its goal, with a reason, and says so.
    await hall.do("tasks/t1/issue")
    anew = await hall.draft(**span, ends_on="2096-07-15", reason="教材延期")
    assert set(anew["conflicts"]) == {"$.ends_on"}
    named = await hall.desk.put("goals", goal | {"deadline": "2096-06-29", "title": "改名"})
    assert named.status_code == 200


async def test_a_running_deadline_changes_with_a_reason_that_is_kept(hall: Hall) -> None:
    await hall.accepted()
    later = TASK | {"ends_on": "2100-06-30"}

    silent = await hall.desk.put("tasks", later)
    told = await hall.desk.put("tasks", later | {"reason": "教材延期"})

    assert list(silent.json()["validationErrors"]) == ["$.reason"]
    assert (told.status_code, told.json()["state"]) == (200, "accepted")
    note = told.json()["notes"][0]
    assert (note["what"], note["reason"]) == ("changed", "教材延期")
    assert note["changes"] == {"ends_on": ["2099-12-31", "2100-06-30"]}
    facts = await hall.facts("task.issued", 2)
    assert [(each["ends_on"], each["reason"]) for each in facts] == [
        ("2099-12-31", None),
        ("2100-06-30", "教材延期"),
    ]


async def test_another_owner_has_to_accept_anew(hall: Hall) -> None:
    await hall.accepted()

    moved = await hall.draft(owner="teacher/T003", reason="调岗")
    refused = await hall.post("tasks/t1/accept", by=OWNER)
    accepted = await hall.do("tasks/t1/accept", by=OTHER)

    assert (moved["state"], refused.status_code, accepted["state"]) == ("issued", 403, "accepted")


async def test_who_changes_an_older_version_is_told_the_present_one(hall: Hall) -> None:
    await hall.draft()
    await hall.draft(title="二")

    stale = await hall.desk.put("tasks", TASK | {"title": "三"}, **{"If-Match": '"1"'})
    step = await hall.post("tasks/t1/issue", **{"If-Match": '"1"'})
    same = await hall.desk.put("tasks", TASK | {"title": "二"})

    assert (stale.status_code, step.status_code) == (412, 412)
    assert (same.headers["changed"], same.headers["etag"]) == ("false", '"2"')


async def test_a_task_is_overdue_by_the_clock_and_once(hall: Hall) -> None:
    await hall.accepted(ends_on=today().isoformat())
    assert (await hall.desk.get("tasks", overdue="true")) == []
    async with hall.desk.running.app.state.database.transaction() as tx:
        soon = now() + timedelta(seconds=1)
        await tx.session.execute(text("UPDATE task SET due_at = :at"), {"at": soon})
        await tx.session.execute(text("UPDATE timer SET due_at = :at"), {"at": soon})

    [fact] = await hall.desk.until(lambda: hall.desk.facts("task.overdue"))
    await asyncio.sleep(1.2)

    assert (fact["id"], fact["state"]) == ("t1", "accepted")
    assert datetime.fromisoformat(fact["due_at"]) <= datetime.fromisoformat(fact["at"])
    assert len(await hall.desk.facts("task.overdue")) == 1
    assert [each["key"] for each in await hall.desk.get("tasks", overdue="true")] == ["t1"]
    summary = await hall.desk.get("tasks/summary")
    assert (summary["overdue"], summary["states"]["accepted"], summary["total"]) == (1, 1, 1)
    await hall.draft(reason="延期", ends_on="2099-01-01")
    assert (await hall.desk.get("tasks/t1"))["overdue"] is False


async def test_a_service_task_is_due_by_working_hours(hall: Hall) -> None:
    wrong = await hall.desk.put("tasks", TASK | {"sla_hours": 8})
    await hall.draft(sla_hours=8, ends_on=None, starts_on=None)
    issued = await hall.do("tasks/t1/issue")

    assert list(wrong.json()["validationErrors"]) == ["$.ends_on"]
    due = datetime.fromisoformat(issued["due_at"]).astimezone(CAMPUS)
    # Eight hours of work are a whole working day: without a calendar, of 8–12 and 14–18.
    assert (due.isoweekday() <= 5, due.date().isoformat()) == (True, issued["ends_on"])
    assert 8 <= due.hour <= 18
    assert timedelta(hours=8) <= due - now() + timedelta(minutes=1) <= timedelta(days=5)


async def test_what_is_reported_done_shows_what_was_made(hall: Hall) -> None:
    owed = [{"kind": "document", "title": "课程标准"}]
    await hall.accepted(deliverables=owed, qualitative=True)
    file = await hall.do("evidence", PDF, by=OWNER)
    foreign = await hall.do("evidence", b"%PDF-1.7 other", by=OTHER)
    whole = {"progress": 1, "said": "完成", "as_of": "2099-01-01"}

    bare = await hall.post("tasks/t1/reports", whole, by=OWNER)
    named = [{"digest": foreign["digest"], "name": "a.pdf"}]
    stolen = await hall.post(
        "tasks/t1/reports", {"progress": "0.1", "said": "无", "evidence": named}, by=OWNER
    )
    named = [{"digest": file["digest"], "name": "纪要.pdf"}]
    good = {"progress": 1, "said": "完成", "light": "green", "evidence": named}
    await hall.do("tasks/t1/reports", good, by=OWNER)

    assert sorted(bare.json()["validationErrors"]) == ["$.as_of", "$.evidence", "$.light"]
    assert sorted(stolen.json()["validationErrors"]) == ["$.evidence[0]", "$.light"]
    for who, status in ((LEAD, 200), (OTHER, 404), (OWNER, 200)):
        caller = Caller(subject=who, scopes=frozenset({"target:read"}))
        headers = {"authorization": f"Bearer {hall.signer.sign(caller, 'target')}"}
        path = f"/v1/evidence/{file['digest']}"
        answer = await hall.desk.running.client.get(path, headers=headers)
        assert answer.status_code == status
    assert answer.content == PDF
    assert "attachment" in answer.headers["content-disposition"]


async def test_a_cancelled_task_waits_for_nobody(hall: Hall) -> None:
    await hall.accepted()
    await hall.do("tasks/t1/reports", {"progress": "0.2", "said": "一"}, by=OWNER)

    bare = await hall.post("tasks/t1/cancel", {"reason": ""})
    cancelled = await hall.do("tasks/t1/cancel", {"reason": "并入另一任务"})
    late = await hall.post("tasks/t1/reports/1/approve", by=LEAD)

    assert bare.status_code == 422
    assert (cancelled["state"], late.status_code) == ("cancelled", 409)
    assert [each["reason"] for each in await hall.facts("task.cancelled", 1)] == ["并入另一任务"]
    ends = [each["how"] for each in await hall.facts("step.closed", 3)]
    assert ends == ["accepted", "withdrawn", "withdrawn"]


async def test_tasks_are_listed_and_covered_by_system_and_level(hall: Hall) -> None:
    await hall.draft(key="a")
    await hall.draft(key="b", scope="major/M1", system="support", helpers=[{"who": "teacher/T003"}])
    short = [{"kind": "people", "what": "教师", "needed": 3, "available": 2, "unit": "人"}]
    last = await hall.draft(key="c", scope="unit/U1", system="support", resources=short)

    goal = {"key": "g1", "title": "服务", "scope": "unit/U1", "period": "year:2096"}
    await hall.desk.put("goals", goal | {"system": "support"})
    cover = await hall.desk.get("coverage")
    found = await hall.desk.get("tasks", scope="major/M1")
    assert (await hall.desk.get("tasks", goal="g-whole")) == []
    page = await hall.desk.running.client.get(
        "/v1/tasks", params={"limit": 2, "totalCount": "true"}
    )

    assert {(each["system"], each["level"]) for each in cover["cells"] if each["tasks"]} == {
        ("generation", "course"),
        ("support", "major"),
        ("support", "school"),
    }
    lacks = {(each["system"], each["level"]): each["lacks"] for each in cover["empty"]}
    assert (len(cover["cells"]), len(lacks)) == (25, 24)
    assert (lacks["support", "major"], lacks["decision", "school"]) == (
        ["goals"],
        ["goals", "tasks"],
    )
    assert [each["key"] for each in found] == ["b"]
    assert (page.headers["total-count"], len(page.json())) == ("3", 2)
    assert [Decimal(each["needed"]) for each in last["shortages"]] == [3]
    summary = await hall.desk.get("tasks/summary")
    assert (summary["budget"], summary["spent"]) == ("30000", "0")
    assert [(each["task"], each["what"]) for each in summary["shortages"]] == [("c", "教师")]


GOAL = {"scope": "unit/U1", "period": "year:2026", "owner": "T002"}
PART = GOAL | {"key": "g-part", "title": "一门", "parent": "g-whole"}


@pytest_asyncio.fixture(loop_scope="module")
async def sheet(hall: Hall) -> Hall:
    """Two goals, one beneath the other; a task of each, one of them half done."""
    await hall.desk.put("goals", GOAL | {"key": "g-whole", "title": "全部课程达标"})
    await hall.desk.put("goals", PART)
    span = {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    await hall.accepted(goals=["g-part"], **span)
    await hall.do("tasks/t1/reports", {"progress": "0.5", "said": "一半", "spent": 3000}, by=OWNER)
    await hall.do("tasks/t1/reports/1/approve", by=LEAD)
    await hall.draft(key="t2", title="另一项", goals=["g-whole"], **span)
    return hall


async def ask(hall: Hall, named: str, **query: str) -> Response:
    return await hall.desk.running.client.get(f"/v1/sheets/{named}", params=query)


async def test_a_sheet_tells_what_its_tasks_tell_now(sheet: Hall) -> None:
    goal = (await ask(sheet, "goal/g-whole")).json()
    bare = (await ask(sheet, "g-whole")).json()
    unit = (await ask(sheet, "unit/U1", lang="en")).json()
    none = await ask(sheet, "goal/none")

    assert goal == bare
    assert (goal["key"], goal["title"], goal["leader"]) == ("goal/g-whole", "全部课程达标", "T002")
    assert [each["key"] for each in goal["objectives"]] == ["g-part", "g-whole"]
    assert [each["objectives"] for each in goal["tasks"]] == [[0], [1]]
    assert [each["fill"] for each in goal["tasks"][0]["circles"]] == ["full"] * 6 + ["empty"] * 6
    assert goal["costs"][0] == {"label": "合计", "planned": "20000", "actual": "3000"}
    assert unit["key"] == "unit/U1"
    assert unit["summary"][0].startswith("2 tasks: 0 done")
    assert (none.status_code, none.json()["type"]) == (404, "urn:helix8:problem:no-sheet")


async def test_what_is_missing_for_a_goal_is_told_with_its_money(sheet: Hall) -> None:
    """Of the tasks that serve it, and what lies beneath it; not of what is cancelled."""
    days = {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    short = [{"kind": "things", "what": "工位", "needed": 40, "available": 32, "unit": "个"}]
    enough = [{"kind": "people", "what": "教师", "needed": 2, "available": 2}]
    await sheet.draft(key="t3", title="实训", goals=["g-part"], resources=short + enough, **days)
    await sheet.draft(key="t4", title="旧项目", goals=["g-whole"], resources=short, **days)
    await sheet.do("tasks/t4/cancel", {"reason": "并入实训"})

    whole = await sheet.desk.get("tasks/summary", sheet="goal/g-whole")
    own = await sheet.desk.get("tasks/summary", goal="g-whole")

    lacking = [(each["task"], each["what"]) for each in whole["shortages"]]
    assert lacking == [("t3", "工位")]
    assert (whole["budget"], whole["spent"]) == ("30000", "3000")
    assert (own["budget"], own["shortages"]) == ("10000", [])


async def test_a_sheet_of_an_earlier_day_knows_nothing_that_came_later(sheet: Hall) -> None:
    before = (await ask(sheet, "unit/U1", asOf="2026-03-01")).json()

    assert before["as_of"] == "2026-03-01"
    assert before["tasks"][0]["progress"] == "0"
    assert before["costs"][0]["actual"] == "0"


async def test_a_sheet_of_an_earlier_day_has_the_titles_and_dates_of_that_day(sheet: Hall) -> None:
    desk, yesterday = sheet.desk, today() - timedelta(days=1)
    # What follows is done today; the first of it is made yesterday's.
    await desk.put("goals", PART | {"title": "二门"})
    later = {"ends_on": "2027-03-31", "budget": "500", "reason": "顺延"}
    await sheet.draft(title="改名", goals=["g-part"], starts_on="2026-01-01", **later)
    async with desk.running.app.state.database.transaction() as tx:
        back = "SET {0} = {0} - interval '1 day'"
        for table, column in (("kept_version", "replaced_at"), ("task_note", "at")):
            await tx.session.execute(text(f"UPDATE {table} {back.format(column)}"))
        await tx.session.execute(text(f"UPDATE goal {back.format('updated_at')}"))
        made = {"made": '{"updated_at": "2026-01-01T00:00Z"}'}
        set_made = "UPDATE kept_version SET document = document || CAST(:made AS jsonb)"
        await tx.session.execute(text(set_made), made)
    await desk.put("goals", PART | {"title": "三门"})
    await sheet.draft(title="再改", goals=["g-part"], starts_on="2026-02-01", **later)

    told = {
        day: (await ask(sheet, "goal/g-part", asOf=day.isoformat())).json()
        for day in (yesterday - timedelta(days=1), yesterday, today())
    }
    goals = [(await desk.get("goals/g-part", asOf=day.isoformat()))["title"] for day in told]

    assert [(each["title"], each["objectives"][0]["title"]) for each in told.values()] == [
        *(("一门", "一门"), ("二门", "二门"), ("三门", "三门")),
    ]
    assert [
        (task["title"], task["starts_on"], task["ends_on"])
        for task in (each["tasks"][0] for each in told.values())
    ] == [
        ("修订课程标准", "2026-01-01", "2026-12-31"),
        ("改名", "2026-01-01", "2027-03-31"),
        ("再改", "2026-02-01", "2027-03-31"),
    ]
    assert [each["costs"][0]["planned"] for each in told.values()] == ["10000", "500", "500"]
    assert goals == ["一门", "二门", "三门"]


async def test_people_write_on_a_sheet_and_order_its_tasks(sheet: Hall) -> None:
    client = sheet.desk.running.client
    words = {"title": "攻坚表", "leader": "teacher/T001", "tasks": ["t2", "t1"], "forecast": "加班"}
    first = await client.put("/v1/sheets/unit/U1", json=words)
    stale = await client.put("/v1/sheets/unit/U1", json=words, headers={"If-Match": '"9"'})
    again = await client.put("/v1/sheets/unit/U1", json=words, headers={"If-Match": '"1"'})
    told = (await ask(sheet, "unit/U1")).json()

    assert (first.status_code, stale.status_code, again.status_code) == (201, 412, 200)
    assert (again.headers["changed"], again.headers["etag"]) == ("false", '"1"')
    assert (told["title"], told["leader"]) == ("攻坚表", "名 teacher/T001")
    assert [each["key"] for each in told["tasks"]] == ["t2", "t1"]
    assert told["forecast"][-1] == "加班"
    assert (await sheet.desk.get("sheet-definitions/unit/U1"))["tasks"] == ["t2", "t1"]


async def test_a_sheet_has_four_forms_and_a_tag_of_what_it_shows(sheet: Hall) -> None:
    client = sheet.desk.running.client
    forms = {form: await ask(sheet, "unit/U1", **{"as": form}) for form in ("svg", "html", "pdf")}
    types = [each.headers["content-type"].partition(";")[0] for each in forms.values()]
    tag = forms["svg"].headers["etag"]
    path, headers = "/v1/sheets/unit/U1?as=svg", {"If-None-Match": tag}
    same = await client.get(path, headers=headers)
    large = await client.get(f"{path}&size=A3", headers=headers)
    await sheet.draft(key="t2", title="改了名", goals=["g-whole"], ends_on="2026-12-31")
    other = await client.get(path, headers=headers)

    assert types == ["image/svg+xml", "text/html", "application/pdf"]
    assert [same.status_code, large.status_code, other.status_code] == [304, 200, 200]
    assert forms["pdf"].content.startswith(b"%PDF-")
    assert forms["pdf"].content.count(b"/Type/Pages/Count 1/") == 1
    assert all(
        "default-src 'none'" in each.headers["content-security-policy"] for each in forms.values()
    )


@pytest.mark.needs("chromium")
async def test_the_page_prints_on_exactly_one_sheet_of_paper(sheet: Hall) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    pages = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for size in ("A3", "A4"):
            page = await browser.new_page()
            answer = await ask(sheet, "unit/U1", **{"as": "html", "size": size})
            await page.set_content(answer.text)
            pages[size] = await page.pdf(prefer_css_page_size=True, print_background=True)
        await browser.close()

    assert {size: counted(pdf) for size, pdf in pages.items()} == {
        "A3": [(1191, 842)],
        "A4": [(842, 595)],
    }


def counted(pdf: bytes) -> list[tuple[int, int]]:
    """Return the sizes of the pages of a PDF, in points."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", pdf)
    return [(round(float(wide)), round(float(high))) for wide, high in boxes]
