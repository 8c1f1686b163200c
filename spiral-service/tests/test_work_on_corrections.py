"""People work on corrections: from HTTP to PostgreSQL, events, steps and records."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from shared.calendar import CAMPUS
from shared.contracts.datahub import ScopeOwner
from shared.contracts.target import AttainmentChanged
from shared.kit.clock import now
from shared.kit.identity import Caller, TokenSigner
from shared.kit.loops import start_jobs, stop_jobs
from shared.testing import records_handed_over
from spiral_service.jobs import make_jobs

SCOPE = "class/AAA-2013J"
OWNER, HEAD, OTHER = "person/T001", "person/T10", "person/T9"
MAY = frozenset({"spiral:read", "spiral:take-part"})
NOTHING: list[Any] = []


def day(days: int) -> str:
    return (now().astimezone(CAMPUS).date() + timedelta(days=days)).isoformat()


def a_plan(**more: Any) -> dict[str, Any]:
    plan = {
        "cause": "execution",
        "cause_text": "没有补课",
        "measure": "每周二晚答疑",
        "due_on": day(20),
        "back_to": "organise",
        "changes": [{"kind": "task", "key": "t-1"}],
    }
    return plan | more


class Staff:
    """Who works on corrections, through the front door."""

    def __init__(self, world: Any, signer: TokenSigner) -> None:
        self.world, self.signer = world, signer

    async def ask(
        self, who: str, method: str, path: str, *, version: int | None = None, **more: Any
    ) -> httpx.Response:
        """Send a request as somebody."""
        held = ("unit_head", "unit/U1") if who in {HEAD, OTHER} else ("teacher", SCOPE)
        caller = Caller(subject=who, scopes=MAY, holds=frozenset({held}))
        headers = {"authorization": f"Bearer {self.signer.sign(caller, 'spiral')}"}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        answer: httpx.Response = await self.world.running.client.request(
            method, f"/v1/{path}", headers=headers, **more
        )
        return answer

    async def do(self, who: str, correction: Any, act: str, **body: Any) -> Any:
        """Take a step that must succeed; return the correction."""
        answer = await self.try_to(who, correction, act, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def try_to(self, who: str, correction: Any, act: str, **body: Any) -> httpx.Response:
        """Take a step on the version that is there; return the answer."""
        path = f"corrections/{correction['id']}"
        seen = await self.ask(who, "GET", path)
        return await self.ask(
            who, "POST", f"{path}/{act}", version=seen.json()["version"], json=body
        )

    async def upload(self, who: str, content: bytes = b"%PDF-1.7 minutes") -> dict[str, str]:
        """Upload a file; return how evidence names it."""
        answer = await self.ask(who, "POST", "evidence", content=content)
        assert answer.status_code in {200, 201}, answer.text
        return {"digest": answer.json()["digest"], "name": "纪要.pdf"}

    async def hand_in(self, who: str, correction: Any) -> Any:
        """Upload a file and hand it in."""
        file = await self.upload(who)
        return await self.do(who, correction, "evidence", said="已补课三次", files=[file])

    async def work_of(self, who: str) -> list[tuple[str, str]]:
        """Return the kinds of steps on the work list of somebody."""
        answer = await self.ask(who, "GET", "work-items")
        return [(each["kind"], each["state"]) for each in answer.json()]

    async def measure(self, value: str, seq: int = 9, **more: Any) -> None:
        """Tell of a value that was measured just now."""
        item = {
            "id": "b1",
            "binding": "b1",
            "indicator": "withdrawn_rate",
            "scope": SCOPE,
            "period": "term:2013-2014-1",
            "state": "met_standard",
            "warning": False,
            "attainment": None,
            "coverage": "1",
            "gap": None,
            "value": value,
            "measured_at": now() + timedelta(seconds=1),
            "seq": seq,
        }
        await self.world.tell(AttainmentChanged.model_validate({"items": [item | more]}), key=SCOPE)

    async def remeasured(self, until: Any, correction: Any, value: str) -> Any:
        """Measure, and wait until the correction has heard of it."""
        await self.measure(value)
        path = f"corrections/{correction['id']}"
        return await until(lambda: self.world.get(path), lambda found: found["remeasured"] == value)


@pytest_asyncio.fixture
async def staff(world: Any, signing_keys: tuple[TokenSigner, str]) -> Staff:
    """A class of a unit that T10 and T9 lead; alerts name T001."""
    lead = tuple(ScopeOwner(role="unit_head", person=f"teacher/{each}") for each in ("T10", "T9"))
    await world.scope("unit/U1", owners=lead)
    await world.scope(SCOPE, 2, parents=("unit/U1",))
    return Staff(world, signing_keys[0])


@pytest_asyncio.fixture
async def correction(world: Any, fact: Any, until: Any) -> Any:
    """An open correction of T001."""
    await world.tell(fact("raised", 1))
    [found] = await until(lambda: world.get("corrections"), len)
    return found


def types(facts: list[dict[str, Any]]) -> list[str]:
    return [
        each["type"].removeprefix("qa.spiral.correction.").removesuffix(".v1") for each in facts
    ]


async def test_a_correction_is_planned_evidenced_measured_again_and_verified(
    staff: Staff, correction: Any, world: Any, until: Any
) -> None:
    planned = await staff.do(OWNER, correction, "plan", **a_plan())
    assert (planned["stage"], planned["plan"]["tasks"], planned["cause"]) == (
        "planned",
        ["t-1"],
        "execution",
    )
    assert planned["may"] == {
        "assign": False,
        "plan": True,
        "evidence": True,
        "verify": False,
        "join": False,
        "split": False,
    }
    assert [each[: each.index(" ")] for each in planned["blockedBy"]] == [
        "还没有佐证",
        "退学率：还没有复测值",
    ]
    await staff.hand_in(OWNER, correction)
    await staff.remeasured(until, correction, "0.2")
    closed = await staff.do(HEAD, correction, "verification", effective=True, note="属实")

    assert (closed["state"], closed["how"], closed["stage"]) == ("closed", "verified", "closed")
    assert (closed["value_before"], closed["value_after"], closed["effect"]) == (
        "0.311688",
        "0.2",
        "-0.111688",
    )
    assert closed["blockedBy"] == NOTHING
    assert not any(closed["may"].values())
    told = [(each["what"], each["by"]) for each in closed["history"]]
    assert told == [
        ("raised", None),
        ("planned", OWNER),
        ("evidenced", OWNER),
        ("remeasured", None),
        ("verified", HEAD),
        ("closed", None),
    ]
    facts = await world.facts(6)
    assert types(facts) == ["opened", "planned", "evidenced", "changed", "verified", "closed"]
    assert [each["data"]["version"] for each in facts] == [1, 2, 3, 4, 5, 6]
    verified = facts[4]["data"]
    assert (verified["by"], verified["effect"], verified["alert"]) == (HEAD, "-0.111688", "A1")
    (_, record) = (await records_handed_over(world.running.broker, 3))[-1]
    assert (record["cause"], record["effective"], record["reopened"]) == ("execution", True, 0)


async def test_each_step_is_the_work_of_who_has_to_take_it(
    staff: Staff, correction: Any, until: Any
) -> None:
    async def work() -> list[Any]:
        return [await staff.work_of(who) for who in (OWNER, HEAD)]

    def is_now(owner: list[str], head: list[str]) -> Callable[[Any], bool]:
        wanted = [[(kind, "open") for kind in kinds] for kinds in (owner, head)]
        return lambda found: bool(found == wanted)

    await until(work, is_now(["plan"], []))
    await staff.do(OWNER, correction, "plan", **a_plan())
    await until(work, is_now(["evidence"], []))
    await staff.hand_in(OWNER, correction)
    await until(work, is_now([], ["verification"]))
    await staff.remeasured(until, correction, "0.2")
    await staff.do(HEAD, correction, "verification", effective=True)
    assert await until(work, is_now([], [])) == [[], []]


async def test_without_effect_it_is_planned_anew(
    staff: Staff, correction: Any, world: Any, until: Any
) -> None:
    await staff.do(OWNER, correction, "plan", **a_plan())
    await staff.hand_in(OWNER, correction)
    await staff.remeasured(until, correction, "0.3")
    refused = await staff.try_to(HEAD, correction, "verification", effective=True)
    silent = await staff.try_to(HEAD, correction, "verification", effective=False)

    anew = await staff.do(HEAD, correction, "verification", effective=False, note="仍越线")

    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:helix8:problem:no-effect"
    assert "0.3 仍越线" in refused.json()["detail"]
    assert silent.status_code == 422
    assert (anew["stage"], anew["reopened"], anew["plan"]) == ("assigned", 1, None)
    assert (anew["cause"], anew["remeasured"], anew["evidence"]) == ("execution", None, None)
    told = (await world.facts(5))[-1]
    assert told["type"] == "qa.spiral.correction.reopened.v1"
    assert (told["data"]["reopened"], told["data"]["reason"]) == (1, "仍越线")
    assert (told["data"]["value_after"], told["data"]["effect"]) == ("0.3", "-0.011688")
    assert await until(lambda: staff.work_of(OWNER), len) == [("plan", "open")]


async def test_a_verdict_needs_a_value_that_was_measured_since(
    staff: Staff, correction: Any
) -> None:
    await staff.measure("0.1", seq=1, measured_at=now() - timedelta(minutes=1))
    await staff.do(OWNER, correction, "plan", **a_plan())
    await staff.hand_in(OWNER, correction)

    verdicts = [
        await staff.try_to(HEAD, correction, "verification", effective=effective, note="看不到变化")
        for effective in (True, False)
    ]

    assert [each.status_code for each in verdicts] == [409, 409]
    assert "还没有复测值" in verdicts[0].json()["detail"]
    assert "才到期" in verdicts[1].json()["detail"]


async def test_neither_the_owner_nor_who_planned_it_verifies(
    staff: Staff, correction: Any, until: Any
) -> None:
    await staff.do(HEAD, correction, "assignment", owner="teacher/T10")
    await staff.do(HEAD, correction, "plan", **a_plan())
    await staff.do(OTHER, correction, "assignment", owner="teacher/T001")
    await staff.hand_in(OWNER, correction)
    await staff.remeasured(until, correction, "0.2")

    planner = await staff.try_to(HEAD, correction, "verification", effective=True)
    owner = await staff.try_to(OWNER, correction, "verification", effective=True)
    other = await staff.try_to(OTHER, correction, "verification", effective=True)

    kinds = [answer.json().get("type", "").rpartition(":")[2] for answer in (planner, owner)]
    assert kinds == ["own-work", "not-yours"]
    assert [each.status_code for each in (planner, owner, other)] == [403, 403, 200]


async def test_a_correction_cannot_touch_goals_or_standards(staff: Staff, correction: Any) -> None:
    changes = [{"kind": kind, "key": "K"} for kind in ("task", "goal", "standard", "target")]

    refused = await staff.try_to(OWNER, correction, "plan", **a_plan(changes=changes))

    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (409, "urn:helix8:problem:crossing-rule")
    assert sorted(problem["validationErrors"]) == [f"$.changes[{at}].kind" for at in (1, 2, 3)]
    assert any("阶段改进" in each for each in problem["fixes"])


async def test_a_measure_lies_between_today_and_the_end_of_the_cycle(
    staff: Staff, world: Any, fact: Any, until: Any
) -> None:
    period = f"span:{day(-30)}/{day(30)}"
    cycle = {"key": "NOW", "scope": SCOPE, "period": period}
    await world.running.client.post("/v1/cycles", json=cycle)
    await world.tell(fact("raised", 1, period=period))
    [correction] = await until(lambda: world.get("corrections"), len)
    end = day(29)

    late = await staff.try_to(
        OWNER, correction, "plan", **a_plan(starts_on=day(-1), due_on=day(30))
    )
    inverted = await staff.try_to(
        OWNER, correction, "plan", **a_plan(starts_on=day(5), due_on=day(4))
    )

    assert (late.status_code, inverted.status_code) == (422, 422)
    faults = late.json()["validationErrors"]
    assert sorted(faults) == ["$.due_on", "$.starts_on"]
    assert "周期之内" in faults["$.due_on"][0]
    assert sorted(inverted.json()["validationErrors"]) == ["$.due_on"]
    planned = await staff.do(OWNER, correction, "plan", **a_plan(due_on=end))
    assert planned["work_due_on"] == end


async def test_a_step_on_an_old_version_or_out_of_turn_is_refused(
    staff: Staff, correction: Any
) -> None:
    path = f"corrections/{correction['id']}"
    await staff.do(OWNER, correction, "plan", **a_plan())

    old = await staff.ask(OWNER, "POST", f"{path}/plan", version=1, json=a_plan())
    early = await staff.try_to(HEAD, correction, "verification", effective=True)
    strange = await staff.try_to("person/X", correction, "plan", **a_plan())

    assert (old.status_code, "2" in old.json()["detail"]) == (412, True)
    assert (early.status_code, early.json()["type"]) == (409, "urn:helix8:problem:correction-stage")
    assert strange.status_code == 403


async def test_evidence_is_a_file_of_a_known_kind_that_one_has_uploaded_oneself(
    staff: Staff, correction: Any
) -> None:
    await staff.do(OWNER, correction, "plan", **a_plan())
    program, page = [
        await staff.ask(OWNER, "POST", "evidence", content=content)
        for content in (b"\x7fELF text", b"<!DOCTYPE html><script>")
    ]
    large = await staff.ask(OWNER, "POST", "evidence", content=b"%PDF-" + bytes(51 << 20))
    theirs = await staff.upload(OTHER)

    foreign = await staff.try_to(OWNER, correction, "evidence", said="已补课", files=[theirs])
    none = await staff.try_to(OWNER, correction, "evidence", said="已补课", files=[])
    mine = await staff.hand_in(OWNER, correction)
    more = await staff.do(
        OWNER, correction, "evidence", said="再补一次", files=[await staff.upload(OWNER, b"text")]
    )

    assert [each.status_code for each in (program, page, large)] == [415, 415, 413]
    assert list(foreign.json()["validationErrors"]) == ["$.files[0].digest"]
    assert (foreign.status_code, none.status_code) == (422, 422)
    assert len(mine["evidence"]["files"]) == 1
    assert [each["name"] for each in more["evidence"]["files"]] == ["纪要.pdf", "纪要.pdf"]
    path = f"evidence/{theirs['digest']}"
    read = [(await staff.ask(who, "GET", path)).status_code for who in (HEAD, OWNER, "person/X")]
    assert read == [200, 200, 404]


async def test_who_is_nobody_in_particular_is_replaced_by_somebody(
    staff: Staff, world: Any, fact: Any, until: Any
) -> None:
    await world.tell(fact("raised", 1, owner="role/qa_office"))
    [correction] = await until(lambda: world.get("corrections"), len)
    early = await staff.try_to(HEAD, correction, "plan", **a_plan())
    own = await staff.try_to(OWNER, correction, "assignment", owner="teacher/T001")

    await staff.do(HEAD, correction, "assignment", owner="teacher/T001", note="请牵头")
    await world.tell(fact("merged", 2, owner="role/qa_office", value="0.4"))
    found = await until(
        lambda: world.get(f"corrections/{correction['id']}"), lambda each: each["value"] == "0.4"
    )

    assert correction["stage"] == "opened"
    assert (early.status_code, own.status_code) == (403, 403)
    assert (found["owner"], found["stage"]) == ("teacher/T001", "assigned")


async def test_alerts_of_one_cause_share_a_correction_until_they_are_split(
    staff: Staff, correction: Any, world: Any, fact: Any, until: Any
) -> None:
    await world.tell(fact("raised", 1, alert="A2", indicator="late_rate", title="迟到率"), key="A2")
    found = await until(lambda: world.get("corrections"), lambda all_: len(all_) == 2)
    [second] = [each for each in found if each["alert"] == "A2"]
    assert [each["id"] for each in await world.get("corrections", alert="A2")] == [second["id"]]
    seen = await staff.ask(HEAD, "GET", f"corrections/{correction['id']}")
    assert [(each["id"], each["why_en"]) for each in seen.json()["suggested"]] == [
        (second["id"], "the same scope, period and kind of alert")
    ]

    await staff.do(OWNER, correction, "plan", **a_plan())
    joined = await staff.do(HEAD, second, "join", to=correction["id"], reason="同一批学生缺课")
    twice = await staff.try_to(HEAD, second, "join", to=correction["id"], reason="同一批学生")
    assert sorted(joined["together"]) == sorted([correction["id"], second["id"]])
    assert (joined["stage"], joined["owner"]) == ("planned", "T001")
    assert joined["suggested"] == NOTHING
    assert twice.status_code == 409
    await until(lambda: staff.work_of(OWNER), lambda work: work == [("evidence", "open")])

    await staff.hand_in(OWNER, second)
    await staff.remeasured(until, correction, "0.2")
    part = await staff.try_to(HEAD, correction, "verification", effective=True)
    assert "迟到率：还没有复测值" in part.json()["detail"]
    alone = await staff.do(HEAD, second, "split", reason="原因不同")
    closed = await staff.do(HEAD, correction, "verification", effective=True)

    assert (alone["joined"], alone["stage"], alone["together"]) == (
        None,
        "evidenced",
        [second["id"]],
    )
    assert closed["how"] == "verified"
    again = await staff.try_to(HEAD, second, "split", reason="再分一次")
    assert again.json()["type"] == "urn:helix8:problem:cannot-join"


async def test_what_is_done_with_one_of_a_cause_is_done_with_all(
    staff: Staff, correction: Any, world: Any, fact: Any, until: Any
) -> None:
    await world.tell(fact("raised", 1, alert="A2", indicator="late_rate", title="迟到率"), key="A2")
    found = await until(lambda: world.get("corrections"), lambda all_: len(all_) == 2)
    [second] = [each for each in found if each["alert"] == "A2"]
    await staff.do(HEAD, second, "join", to=correction["id"], reason="同一批学生缺课")

    await staff.do(OWNER, second, "plan", **a_plan())
    await staff.hand_in(OWNER, correction)
    await staff.remeasured(until, correction, "0.2")
    await staff.measure("0.1", indicator="late_rate", id="b2", binding="b2")
    await until(
        lambda: world.get(f"corrections/{second['id']}"), lambda each: each["remeasured"] == "0.1"
    )
    await staff.do(HEAD, second, "verification", effective=True)

    every = await world.get("corrections", state="closed")
    ends = {each["alert"]: (each["how"], each["value_after"]) for each in every}
    assert ends == {"A1": ("verified", "0.2"), "A2": ("verified", "0.1")}
    assert await until(lambda: staff.work_of(HEAD), lambda work: work == NOTHING) == NOTHING


@pytest.mark.parametrize("how", ["false-alarm", "accepted", "carried"])
async def test_an_alert_that_somebody_dismissed_ends_its_correction_without_effect(
    staff: Staff, correction: Any, world: Any, fact: Any, until: Any, how: str
) -> None:
    await world.tell(fact("dismissed", 2, how=how, by=HEAD, reason="已核实"))

    closed = await until(
        lambda: world.get(f"corrections/{correction['id']}"), lambda each: each["state"] == "closed"
    )

    assert (closed["how"], closed["effect"]) == (how, None)
    assert await until(lambda: staff.work_of(OWNER), lambda work: work == NOTHING) == NOTHING
    (_, record) = (await records_handed_over(world.running.broker, 2))[-1]
    assert record["effective"] is None


async def test_a_value_that_came_back_before_any_work_closes_it_as_recovered(
    staff: Staff, correction: Any, world: Any, fact: Any, until: Any
) -> None:
    await world.tell(fact("settled", 2, value="0.2"))

    closed = await until(
        lambda: world.get(f"corrections/{correction['id']}"), lambda each: each["state"] == "closed"
    )
    late = await staff.try_to(OWNER, correction, "plan", **a_plan())

    assert (closed["how"], closed["effect"]) == ("recovered", "-0.111688")
    assert (late.status_code, late.json()["type"]) == (409, "urn:helix8:problem:correction-stage")


async def test_how_corrections_came_out_is_counted_by_cause_scope_and_level(
    staff: Staff, correction: Any, world: Any, fact: Any, until: Any
) -> None:
    await staff.do(OWNER, correction, "plan", **a_plan())
    await world.tell(fact("settled", 9, value="0.2", at=datetime(2026, 11, 25, 8, tzinfo=UTC)))
    later = datetime(2026, 11, 26, 8, tzinfo=UTC)
    await world.tell(fact("raised", 1, alert="A2", raised_at=later, scope=SCOPE))
    await until(lambda: world.get("corrections"), lambda all_: len(all_) == 2)
    await until(lambda: world.get("corrections", state="closed"), len)

    by_cause = await world.get("corrections/statistics")
    [by_scope] = await world.get("corrections/statistics", by="scope", scope=SCOPE)
    [by_level] = await world.get("corrections/statistics", by="level", since="2026-11-26")

    assert by_cause[0] == {
        "key": "execution",
        "name_zh": "执行不力",
        "opened": 1,
        "closed": 1,
        "effective": 1,
        "effect_rate": "1.000000",
        "reopened": 0,
        "days_to_close": "2.00",
        "recurred": 1,
        "recurrence_rate": "1.000000",
    }
    assert (by_cause[1]["key"], by_cause[1]["opened"], by_cause[1]["effect_rate"]) == (
        None,
        1,
        None,
    )
    assert (by_scope["name_zh"], by_scope["opened"], by_scope["recurred"]) == (
        f"名 {SCOPE}",
        2,
        1,
    )
    assert (by_level["key"], by_level["name_zh"], by_level["opened"]) == ("course", "课程", 1)


@pytest.mark.usefixtures("correction")
async def test_corrections_from_before_steps_were_told_get_theirs_once(
    staff: Staff, world: Any, until: Any
) -> None:
    await until(lambda: staff.work_of(OWNER), len)
    async with world.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("TRUNCATE handed_over, told_step, work_item"))

    loops = start_jobs(make_jobs(world.running.app.state.parts))
    found = await until(lambda: staff.work_of(OWNER), len)
    await stop_jobs(loops)

    assert found == [("plan", "open")]
    rows = await world.get("facts", limit=100)
    steps = [each["event"]["type"] for each in rows if ".step." in each["event"]["type"]]
    assert steps == ["qa.spiral.step.opened.v1"] * 2


async def test_people_and_alerts_at_the_same_time_leave_one_state_and_one_step(
    staff: Staff, correction: Any, world: Any, fact: Any, until: Any
) -> None:
    elsewhere = "class/AAA-2014B"
    await world.scope(elsewhere, parents=("unit/U1",))
    await world.tell(fact("raised", 1, alert="A2", scope=elsewhere), key="A2")
    found = await until(lambda: world.get("corrections"), lambda all_: len(all_) == 2)
    [second] = [each for each in found if each["alert"] == "A2"]
    both = (correction, second)

    async def act(who: str, number: int) -> int:
        path = f"corrections/{both[number % 2]['id']}"
        if number % 5:
            body = a_plan(measure=f"第 {number} 版措施")
            return (await staff.ask(who, "POST", f"{path}/plan", json=body)).status_code
        body = {"to": both[(number + 1) % 2]["id"], "reason": "同一批学生"}
        return (await staff.ask(HEAD, "POST", f"{path}/join", json=body)).status_code

    merged = [
        world.tell(
            fact("merged", number, alert=alert, scope=scope, value=f"0.{number + 29}"), key=alert
        )
        for number in range(2, 16)
        for alert, scope in (("A1", SCOPE), ("A2", elsewhere))
    ]
    answers = await asyncio.gather(*(act(OWNER, number) for number in range(20)), *merged)

    # Who waits too long for the others on a busy machine is asked to try again.
    assert {each for each in answers if each is not None} <= {200, 409, 503}
    told = await until(
        lambda: world.get("corrections"), lambda all_: {each["value"] for each in all_} == {"0.44"}
    )
    assert {each["stage"] for each in told} == {"planned"}
    details = [await world.get(f"corrections/{each['id']}") for each in both]
    measures = {each["plan"]["measure"] for each in details}
    [*shared] = {each["joined"] for each in details}
    assert len(shared) == 1
    assert len(measures) == (1 if shared[0] else 2)
    steps = await until(
        lambda: staff.work_of(OWNER),
        lambda work: len(work) == len(measures) and work[0] == ("evidence", "open"),
    )
    assert steps == [("evidence", "open")] * len(measures)


async def test_a_correction_that_waits_is_called_for_up_the_ladder_of_its_definition(
    staff: Staff, correction: Any, until: Any
) -> None:
    world = staff.world
    [step] = await world.work_facts("workitem.assigned")
    due = now() - timedelta(days=60)
    async with world.running.app.state.database.transaction() as tx:
        await tx.session.execute(text("UPDATE told_step SET due_at = :due"), {"due": due})
        await tx.session.execute(
            text("UPDATE timer SET due_at = now() WHERE kind = 'correction-step'")
        )
    [reminded] = await world.work_facts("workitem.reminded")
    told = await world.work_facts("workitem.escalated", 3)
    work = (await staff.ask("person/T10", "GET", "work-items")).json()
    planned = await staff.do(OWNER, correction, "plan", **a_plan())
    await until(lambda: staff.work_of(OWNER), lambda found: found == [("evidence", "open")])

    # Who has the correction is told by the rungs of who leads a cycle; the others by their roles.
    heads = ["teacher/T10", "teacher/T9"]
    assert [(each["rung"], each["role"], each["persons"]) for each in (reminded, *told)] == [
        (1, "lead", ["teacher/T001"]),
        (2, "lead", ["teacher/T001"]),
        (3, "office", heads),
        (4, "leader", heads),
    ]
    assert {each["step"] for each in told} == {step["step"]}
    assert told[0]["link"] == f"/corrections?scope={SCOPE}"
    assert [(each["kind"], each["called"]) for each in work] == [("plan", ["teacher/T001", *heads])]
    # The new step has a deadline of its own, three weeks away: nobody is called for it yet.
    assert planned["stage"] == "planned"
    assert len(await world.work_facts("workitem.escalated", 3)) == 3
