"""Cycles move through gates that are judged on facts of the other services, and close."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.contracts.datahub import ScopeOwner
from shared.kit.identity import Caller, TokenSigner
from spiral_service.usecases.auditing import Finding, rebuild_page

KEY = "AAA/2013-2014-1"
CYCLE = {"key": KEY, "scope": "class/AAA-2013J", "period": "term:2013-2014-1"}
ALL = (
    "standard", "design", "organise", "implement",
    "diagnose", "incentive", "learn", "innovate", "improve",
)  # fmt: skip
MEMBER = frozenset({"spiral:read", "spiral:take-part"})

As = Callable[..., Awaitable[Any]]


@pytest.fixture
def act_as(world: Any, signing_keys: tuple[TokenSigner, str]) -> As:
    """Post as somebody who sees every cycle: may he, is what is asked."""

    async def post(who: str, path: str, body: Any, *, may: frozenset[str] = MEMBER) -> Any:
        caller = Caller(subject=who, scopes=may, holds=frozenset({("reader", "*")}))
        header = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'spiral')}"}
        return await world.running.client.post(f"/v1/{path}", json=body, headers=header)

    return post


async def rebuilt(world: Any) -> list[Finding]:
    async with world.running.app.state.database.transaction() as tx:
        return await rebuild_page(tx, "", [])


def gate_of(cycle: Any) -> Any:
    [lit] = [each for each in cycle["steps"] if each["lit"]]
    return lit["gates"]


async def test_a_gate_says_what_blocks_and_who_can_lift_it(world: Any, told: Any) -> None:
    owner = ScopeOwner(role="class_teacher", person="teacher/T001")
    await world.scope(CYCLE["scope"], seq=2, owners=(owner,))
    cycle = (await world.post("cycles", CYCLE)).json()

    assert cycle["may"] == {
        "move": False,
        "sendBack": False,
        "force": True,
        "close": False,
        "file": False,
        "migrate": True,
        "replan": True,
    }
    assert cycle["blockedBy"] == ["还没有目标 (there is no goal yet)"]
    await world.knows(told.goal(missing=("M", "A")))
    blocked = await world.get(f"cycles/{KEY}")
    refused = await world.post(f"cycles/{KEY}/moves", {"to": "standard"})
    await world.knows(told.goal(2, waived=("A",)))
    moved = await world.post(f"cycles/{KEY}/moves", {"to": "standard"})

    assert gate_of(blocked) == [
        {
            "gate": "goal_is_smart",
            "zh": "目标符合 SMART：指标、基线、目标值、比较符、权重、责任人、期限、上级目标齐备",
            "en": "A SMART goal: indicator, baseline, target, operator, weight, owner, deadline,"
            " parent",
            "check": "goal_is_smart",
            "holds": False,
            "blockers": [
                {
                    "kind": "goal",
                    "key": "G1",
                    "owner": "teacher/T001",
                    "zh": "降低退学率：SMART 未满足 M、A",
                    "en": "G1: SMART.M,A is neither met nor waived",
                }
            ],
            "liftedBy": {"roles": ["lead"], "persons": ["teacher/T001"]},
        }
    ]
    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (409, "urn:helix8:problem:gate-blocked")
    assert list(problem["validationErrors"]) == ["$.gates.goal_is_smart"]
    assert "teacher/T001" in problem["fixes"][0]
    assert (moved.status_code, moved.json()["step"], moved.headers["etag"]) == (
        200,
        "standard",
        '"2"',
    )


async def test_a_cycle_walks_through_every_gate_and_closes(world: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    last = await world.walk(KEY, *ALL)
    unfiled = await world.post(f"cycles/{KEY}/closing", {})
    await world.prepare(KEY, "improve")
    closed = await world.post(f"cycles/{KEY}/closing", {"reason": "学期结束"})

    assert (last["step"], last["next_steps"], unfiled.status_code) == ("improve", [], 409)
    assert (closed.status_code, closed.json()["state"], closed.json()["version"]) == (
        200,
        "closed",
        11,
    )
    assert not any(closed.json()["may"].values())
    again = await world.post(f"cycles/{KEY}/closing", {})
    assert (again.status_code, again.json()["type"]) == (409, "urn:helix8:problem:cycle-closed")
    assert [(each["left"], each["step"]) for each in await world.get(f"cycles/{KEY}/entries")][
        1:3
    ] == [("goal", "standard"), ("standard", "design")]
    [finding] = await rebuilt(world)
    assert finding == Finding(cycle=KEY, facts=11, wrong=[])


@pytest.mark.parametrize(
    ("lacking", "stuck_at", "said"),
    [
        ("goal", "goal", "还没有目标 (there is no goal yet)"),
        ("binding", "standard", "没有绑定已批准的标准"),
        ("task", "design", "没有任务"),
        ("attainment", "diagnose", "没有达成度（无数据）"),
        ("assessment", "incentive", "还没有已发布的考核结果"),
    ],
)
async def test_each_gate_asks_for_its_facts(
    world: Any, lacking: str, stuck_at: str, said: str
) -> None:
    await world.post("cycles", CYCLE)
    await world.ready(but=lacking)
    before = ("goal", *ALL)[: ("goal", *ALL).index(stuck_at) + 1]
    cycle = await world.walk(KEY, *before[1:])
    refused = await world.post(f"cycles/{KEY}/moves", {"to": ALL[len(before) - 1]})

    assert (cycle["step"], refused.status_code) == (stuck_at, 409)
    assert any(said in each for each in cycle["blockedBy"])


async def test_facts_count_in_the_order_of_their_versions(world: Any, told: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.knows(told.goal(3), told.goal(2, missing=("S",)), told.binding(2))
    await world.knows(told.goal(1, withdrawn=True), told.binding(1, standard_version=None))
    fine = await world.walk(KEY, "standard", "design")
    await world.knows(told.goal(4, withdrawn=True))
    gone = await world.get(f"cycles/{KEY}")

    assert fine["step"] == "design"
    assert gone["blockedBy"] == ["还没有目标 (there is no goal yet)"]


async def test_a_move_on_an_old_version_is_refused_with_the_present_one(world: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    await world.walk(KEY, "standard")
    tag = {"if-match": '"1"'}
    refused = await world.running.client.post(
        f"/v1/cycles/{KEY}/moves", json={"to": "design"}, headers=tag
    )

    assert (refused.status_code, refused.json()["detail"]) == (412, "当前版本是 2")


async def test_a_forced_move_needs_a_leader_and_a_reason_and_is_shown_for_ever(
    world: Any, act_as: As
) -> None:
    await world.post("cycles", CYCLE)
    path, body = f"cycles/{KEY}/moves", {"to": "standard", "force": True, "reason": "先行启动"}
    leader = MEMBER | {"spiral:lead"}
    by_member = await act_as("person/T9", path, body)
    unsaid = await act_as("person/T1", path, body | {"reason": ""}, may=leader)
    far = await act_as("person/T1", path, body | {"to": "implement"}, may=leader)
    done = await act_as("person/T1", path, body, may=leader)
    await world.ready()
    later = await world.walk(KEY, "design")

    assert [each.status_code for each in (by_member, unsaid, far, done)] == [403, 422, 409, 200]
    assert by_member.json()["type"] == "urn:helix8:problem:leaders-only"
    [forced] = later["forced"]
    assert forced | {"at": "…"} == {
        "version": 2,
        "what": "forced",
        "left": "goal",
        "step": "standard",
        "by": "person/T1",
        "at": "…",
        "reason": "先行启动",
        "seen": [],
        "lifted": ["还没有目标 (there is no goal yet)"],
        "carried": [],
        "clock": None,
        "was": None,
        "due_at": None,
    }


async def test_a_step_is_taken_by_who_holds_its_role(world: Any, act_as: As) -> None:
    owner = ScopeOwner(role="class_teacher", person="teacher/T001")
    await world.scope(CYCLE["scope"], seq=2, owners=(owner,))
    await world.post("cycles", CYCLE)
    await world.ready()
    path, body = f"cycles/{KEY}/moves", {"to": "standard"}
    other, owner_ = await act_as("person/T9", path, body), await act_as("person/T001", path, body)
    reader = await act_as("person/T001", path, body, may=frozenset({"spiral:read"}))

    assert [other.status_code, owner_.status_code, reader.status_code] == [403, 200, 403]
    assert other.json()["type"] == "urn:helix8:problem:not-yours"


async def test_work_is_sent_back_inside_the_routine_loop_and_never_to_a_goal(world: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    there = await world.walk(KEY, *ALL[:4])
    path = f"cycles/{KEY}/moves"
    unsaid = await world.post(path, {"to": "design"})
    crossing = await world.post(path, {"to": "standard", "reason": "目标过高"})
    back = await world.post(path, {"to": "design", "reason": "任务重做"})
    again = await world.walk(KEY, "organise", "implement", "diagnose")
    late = await world.post(path, {"to": "design", "reason": "太晚"})

    assert (there["in_routine"], there["back_steps"]) == (True, ["design", "organise"])
    assert (unsaid.status_code, unsaid.json()["type"]) == (422, "urn:helix8:problem:reason-missing")
    assert (crossing.status_code, crossing.json()["type"]) == (
        409,
        "urn:helix8:problem:crossing-rule",
    )
    assert "阶段改进" in crossing.json()["fixes"][0]
    assert (back.json()["step"], back.json()["in_routine"]) == ("design", True)
    assert (again["in_routine"], again["back_steps"], late.status_code) == (False, [], 409)
    assert {each["what"] for each in await world.get(f"cycles/{KEY}/entries")} == {
        "opened",
        "moved",
        "sent_back",
    }


async def test_a_cycle_closes_only_when_grave_alerts_are_settled_or_carried_over(
    world: Any, fact: Callable[..., Any]
) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    await world.knows(
        fact("raised", 1, alert="A1", severity="orange"),
        fact("raised", 1, alert="A2", severity="red"),
        fact("raised", 1, alert="A3", severity="yellow"),
    )
    await world.walk(KEY, *ALL)
    await world.prepare(KEY, "improve")
    ready = await world.get(f"cycles/{KEY}")
    path = f"cycles/{KEY}/closing"
    refused = await world.post(path, {})
    strange = await world.post(path, {"carried": [{"alert": "A9", "reason": "不存在"}]})
    await world.knows(fact("settled", 2, alert="A1"))
    carried = [{"alert": "A2", "reason": "需跨学期整改"}]
    closed = await world.post(path, {"carried": carried})

    assert not ready["may"]["close"]
    assert any("A2" in each for each in ready["blockedBy"])
    assert (refused.status_code, len(refused.json()["validationErrors"]["$.carried"])) == (409, 2)
    assert (strange.status_code, list(strange.json()["validationErrors"])) == (
        422,
        ["$.carried[0].alert"],
    )
    assert closed.status_code == 200
    entries = await world.get(f"cycles/{KEY}/entries")
    assert entries[-1]["carried"] == carried
    assert {"kind": "alert", "key": "A1", "version": 2} in entries[-1]["seen"]


async def test_open_corrections_of_a_closed_cycle_go_on_in_the_next(
    world: Any, fact: Callable[..., Any], until: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    await world.knows(fact("raised", 1))
    await until(lambda: world.get("corrections", cycle=KEY), len)
    await world.walk(KEY, *ALL)
    await world.prepare(KEY, "improve")
    closed = await world.post(f"cycles/{KEY}/closing", {})
    [waiting] = await world.get("corrections")
    following = await world.post("cycles", CYCLE | {"key": "next", "period": "term:2013-2014-2"})

    entries = await world.get(f"cycles/{KEY}/entries")
    loops = [
        (await world.get(f"cycles/{KEY}", **asked))["routine_loop"]["open"]
        for asked in ({"asOf": entries[-2]["at"]}, {"asOf": entries[-1]["at"]}, {})
    ]

    assert (closed.status_code, waiting["cycle"]) == (200, None)
    assert following.json()["open_corrections"] == 1
    # As it stood, it was in the cycle that closed.
    assert loops == [1, 0, 0]


async def test_a_cycle_is_shown_as_it_stood(world: Any) -> None:
    opened = (await world.post("cycles", CYCLE)).json()
    await world.ready()
    cycle = await world.walk(KEY, "standard", "design")
    entries = await world.get(f"cycles/{KEY}/entries")
    then = await world.get(f"cycles/{KEY}", asOf=entries[1]["at"])
    at = datetime.fromisoformat(opened["opened_at"]) - timedelta(seconds=1)
    before = await world.running.client.get(f"/v1/cycles/{KEY}", params={"asOf": at.isoformat()})

    assert (cycle["step"], then["step"], then["version"]) == ("design", "standard", 2)
    assert then["as_of"] == entries[1]["at"]
    assert [each["step"] for each in then["steps"] if each["lit"]] == ["standard"]
    assert before.status_code == 404


async def test_what_was_tampered_with_is_found_by_rebuilding(world: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    await world.walk(KEY, "standard")
    async with world.running.app.state.database.transaction() as tx:
        await (await tx.driver()).execute("UPDATE cycle SET step = 'improve'")
    [finding] = await rebuilt(world)

    assert (finding.facts, finding.wrong) == (2, ["step: rebuilt 'standard', stored 'improve'"])
