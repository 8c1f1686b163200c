"""The work list: a human step is on it from when it opens until it closes, for who may do it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.datahub import ScopeOwner
from shared.contracts.steps import HubStepClosed, HubStepOpened, ReportStepOpened, TargetStepOpened
from shared.kit.identity import Caller, TokenSigner

OPENED = datetime(2026, 11, 23, 8, tzinfo=UTC)
APPROVE = frozenset({"spiral:read", "datahub:approve"})
NOTHING: list[Any] = []


def opened(number: int = 1, **more: Any) -> HubStepOpened:
    said = {
        "step": f"datahub/handed-in/{number}",
        "kind": "approval",
        "scope": "major/M1",
        "link": f"/handed-in/{number}",
        "title_zh": "审批填报：用人单位满意度",
        "title_en": "Approve a value: Employers",
        "period": "year:2025",
        "role": "leader",
        "permission": "datahub:approve",
        "not_by": "person/T11",
        "opened_at": OPENED,
        "due_at": OPENED.replace(year=2098, day=30 - number),
    }
    return HubStepOpened.model_validate(said | more)


def closed(number: int = 1) -> HubStepClosed:
    return HubStepClosed(
        step=f"datahub/handed-in/{number}",
        kind="approval",
        scope="major/M1",
        link=f"/handed-in/{number}",
        how="approved",
        by="person/T10",
    )


@pytest.fixture
def work(world: Any, signing_keys: tuple[TokenSigner, str]) -> Any:
    """Ask for the work of somebody."""

    async def ask(who: str, *more: str, may: frozenset[str] = APPROVE, **query: Any) -> Any:
        caller = Caller(subject=who, scopes=may | frozenset(more))
        header = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'spiral')}"}
        answer = await world.running.client.get("/v1/work-items", params=query, headers=header)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


async def college(world: Any) -> None:
    """A major of a unit, who leads them, and who leads another unit."""
    lead = {"major/M1": ("major_lead", "T11"), "unit/U1": ("unit_head", "T10")}
    lead |= {"unit/U2": ("unit_head", "T20"), "school/S": ("school_leader", "T1")}
    for scope, (role, person) in lead.items():
        owners = (ScopeOwner(role=role, person=f"teacher/{person}"),)
        parents = ("unit/U1",) if scope == "major/M1" else ()
        await world.scope(scope, owners=owners, parents=parents)


async def test_a_step_is_the_work_of_those_who_may_do_it(world: Any, work: Any, until: Any) -> None:
    await college(world)
    await world.tell(opened(), key="datahub/handed-in/1")
    [found] = await until(lambda: work("person/T10"), lambda all_: len(all_) == 1)
    others = {
        who: len(await work(who)) for who in ("person/T11", "person/T20", "person/T1", "system/T10")
    }
    quality = await work("person/Q1", "datahub:every-scope")
    own = await work("person/T11", "datahub:every-scope")
    without = await work("person/T10", may=frozenset({"spiral:read"}))
    every = await work("person/Q2", "spiral:every-scope", mine="false")
    out_of_sight = await work("person/Q2", mine="false")

    assert found == {
        "step": "datahub/handed-in/1",
        "service": "datahub",
        "kind": "approval",
        "title_zh": "审批填报：用人单位满意度",
        "title_en": "Approve a value: Employers",
        "scope": "major/M1",
        "scope_name": "名 major/M1",
        "scope_name_en": None,
        "level": "major",
        "period": "year:2025",
        "link": "/handed-in/1",
        "opened_at": "2026-11-23T08:00:00Z",
        "due_at": "2098-11-29T08:00:00Z",
        "overdue_since": None,
        "called": [],
        "state": "open",
        "how": None,
        "closed_by": None,
        "closed_at": None,
    }
    assert others == {"person/T11": 0, "person/T20": 0, "person/T1": 1, "system/T10": 0}
    found_by = [len(each) for each in (quality, own, without, every, out_of_sight)]
    assert found_by == [1, 0, 0, 1, 0]


async def test_a_closed_step_is_off_the_list_and_does_not_come_back(
    world: Any, work: Any, until: Any
) -> None:
    await college(world)
    key = "datahub/handed-in/1"
    # Of the third it is told only later that it had opened.
    await world.tell(closed(3), key=key)
    await world.tell(opened(), closed(), opened(), opened(3), opened(2), key=key)
    [left] = await until(
        lambda: work("person/T10"), lambda all_: [each["step"][-1] for each in all_] == ["2"]
    )
    [done] = await work("person/T10", state="closed")

    assert left["state"] == "open"
    assert (done["step"], done["how"], done["closed_by"]) == (key, "approved", "person/T10")
    assert done["closed_at"] == "2026-11-23T08:00:00Z"


async def test_a_draft_of_the_report_service_is_work_of_its_owner(
    world: Any, work: Any, until: Any
) -> None:
    await college(world)
    step = "report/R1/draft"
    draft = ReportStepOpened(
        step=step,
        kind="form",
        scope="major/M1",
        link="/api/report/v1/reports/R1/html",
        title_zh="编制专业自我诊改报告",
        title_en="Write the report",
        period="year:2026",
        role="owner",
        permission="report:take-part",
        not_by="",
        owners=("teacher/T11",),
        opened_at=OPENED,
        due_at=OPENED.replace(year=2098),
    )
    await world.tell(draft, key=step)
    asked = {"service": "report"}
    [found] = await until(
        lambda: work("person/T11", "report:take-part", **asked), lambda all_: len(all_) == 1
    )
    others = await work("person/T20", "report:take-part", **asked)

    assert (found["step"], found["title_zh"]) == (step, "编制专业自我诊改报告")
    assert others == []


async def test_the_first_due_comes_first_page_by_page(world: Any, work: Any, until: Any) -> None:
    await college(world)
    await world.tell(*(opened(each) for each in (1, 2, 3)), key="datahub/handed-in/1")
    await until(lambda: work("person/T10"), lambda all_: len(all_) == 3)
    whole = await work("person/T10")
    part = await work("person/T10", limit=1, offset=1)
    elsewhere = await work("person/T10", scope="major/M2")

    assert [each["step"][-1] for each in whole] == ["3", "2", "1"]
    assert part == whole[1:2]
    assert elsewhere == NOTHING


async def test_a_step_of_owners_is_theirs_and_that_of_who_leads_their_unit(
    world: Any, work: Any, until: Any
) -> None:
    await college(world)
    said = opened().model_dump() | {"kind": "acceptance", "role": "owner", "not_by": ""}
    said |= {"permission": "target:take-part", "owners": ("teacher/T11", "unit/U2")}
    await world.tell(TargetStepOpened.model_validate(said), key="goal")
    may = frozenset({"spiral:read", "target:take-part"})

    await until(lambda: work("person/T11", may=may), lambda all_: len(all_) == 1)
    others = {who: len(await work(f"person/{who}", may=may)) for who in ("T20", "T10", "T1")}

    # T1 leads the school, T10 the unit of the scope; it waits for neither.
    assert others == {"T20": 1, "T10": 0, "T1": 0}

    said |= {"step": "target/goal/2", "owners": ("student/20240001",), "scope": "student/20240001"}
    await world.tell(TargetStepOpened.model_validate(said), key="goal")
    await until(lambda: work("person/20240001", may=may), lambda all_: len(all_) == 1)
    [seen] = await work("person/20240001", may=may, mine="false")
    assert seen["scope"] == "student/20240001"


async def test_whoever_a_step_is_of_is_told_when_it_opens_is_overdue_and_is_done(
    world: Any,
) -> None:
    await college(world)
    late = opened(1, due_at=OPENED.replace(year=2025), not_by="person/T10")
    alone = opened(3, due_at=OPENED.replace(year=2098), scope="feed/HR")
    await world.tell(
        late, opened(2, due_at=OPENED.replace(year=2098)), alone, key="datahub/handed-in/1"
    )
    assigned = await world.work_facts("workitem.assigned", 3)
    [overdue] = await world.work_facts("workitem.overdue")
    await world.tell(closed(1), key="datahub/handed-in/1")
    [done] = await world.work_facts("workitem.done")

    # The head of the unit does not decide on what he entered himself; what lies in nothing that
    # anybody leads is for who leads the college.
    told = {each["step"][-1]: each["persons"] for each in assigned}
    assert told == {"1": NOTHING, "2": ["teacher/T10"], "3": ["teacher/T1"]}
    assert (overdue["step"][-1], overdue["overdue_since"]) == ("1", "2025-11-23T08:00:00Z")
    assert (done["step"][-1], done["how"], done["by"]) == ("1", "approved", "person/T10")


async def test_work_is_found_by_kind_service_and_date_and_counted(world: Any, work: Any) -> None:
    await college(world)
    said = opened(2, due_at=OPENED.replace(year=2098)).model_dump() | {"kind": "acceptance"}
    said |= {"step": "target/goal/2", "permission": "datahub:approve"}
    await world.tell(
        opened(1, due_at=OPENED.replace(year=2025)),
        TargetStepOpened.model_validate(said),
        key="datahub/handed-in/1",
    )
    await world.work_facts("workitem.overdue")
    found = {
        name: [each["step"] for each in await work("person/T10", **query)]
        for name, query in {
            "all": {},
            "overdue": {"overdue": "true"},
            "in time": {"overdue": "false"},
            "kind": {"kind": "acceptance"},
            "service": {"service": "datahub"},
            "week": {"due": "week"},
        }.items()
    }
    counts = await world.get("work-items/counts", mine=False)

    one, two = "datahub/handed-in/1", "target/goal/2"
    assert found == {
        "all": [one, two],
        "overdue": [one],
        "in time": [two],
        "kind": [two],
        "service": [one],
        "week": [one],
    }
    assert counts == {
        "open": 2,
        "overdue": 1,
        "today": 1,
        "week": 1,
        "by_kind": {"approval": 1, "acceptance": 1},
        "by_service": {"datahub": 1, "target": 1},
    }


async def test_several_steps_are_done_at_once_each_for_itself(world: Any) -> None:
    for key in ("C1", "C2"):
        scope = f"major/{key}"
        await world.scope(scope)
        await world.post("cycles", {"key": key, "scope": scope, "period": "year:2098"})
    forced = {"to": "standard", "force": True, "reason": "已审定"}
    for to in ("standard", "design", "organise", "implement", "diagnose", "incentive", "learn"):
        assert (await world.post("cycles/C2/moves", forced | {"to": to})).status_code == 200
    await world.prepare("C2", "learn")
    await world.tell(opened(), key="datahub/handed-in/1")
    await world.work_facts("workitem.assigned", 10)
    steps = ["spiral/cycle/C1/1", "spiral/cycle/C2/8", "spiral/cycle/C2/7", "datahub/handed-in/1"]
    items = [{"step": each} for each in steps] + [{"step": "spiral/cycle/C2/8", "version": 1}]
    answer = await world.post("work-items/acts", {"items": [*items[4:], *items[:4]]})

    assert answer.status_code == 200
    assert [(each["done"], each["code"], each["link"]) for each in answer.json()] == [
        (False, "version-conflict", "/cycles/C2"),
        (False, "gate-blocked", "/cycles/C1"),
        (True, None, "/cycles/C2"),
        (False, "step-done", "/cycles/C2"),
        (False, "elsewhere", "/handed-in/1"),
    ]
    assert (await world.get("cycles/C2"))["step"] == "innovate"
