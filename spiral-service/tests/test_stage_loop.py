"""The steps after the work: diagnoses, lessons, proposals and measures, over HTTP."""

from collections.abc import Callable
from functools import partial
from typing import Any

KEY = "AAA/2013-2014-1"
CYCLE = {"key": KEY, "scope": "class/AAA-2013J", "period": "term:2013-2014-1"}
DRAFT = {"cycle": KEY, "goal": "G1", "conclusion": "走访不及时"}
OTHER = "person/T009"
STEPS = (
    "standard", "design", "organise", "implement",
    "diagnose", "incentive", "learn", "innovate", "improve",
)  # fmt: skip
GONE = "00000000-0000-0000-0000-000000000009"


def kind_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:helix8:problem:")


async def walk_out(world: Any, key: str) -> None:
    """Move a cycle along the stage loop to its end, and close it."""
    await world.walk_to(key, "improve")
    await world.prepare(key, "improve")
    closed = await world.post(f"cycles/{key}/closing", {})
    assert closed.status_code == 200, closed.text


async def test_a_diagnosis_starts_from_facts(
    world: Any, fact: Callable[..., Any], until: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.ready(but="attainment")
    await world.knows(fact("raised", 1))
    await until(lambda: world.get("corrections", cycle=KEY), len)
    [empty] = await world.get("diagnoses", cycle=KEY)

    assert (empty["id"], empty["state"], empty["version"]) == (None, "none", 0)
    assert empty["blockedBy"] == [
        "尚未起草 (nobody has drafted it)",
        "没有达成度 (its attainment is not known)",
    ]
    assert empty["may"] == {"draft": True, "contribute": False, "ask": False, "sign": False}
    assert empty["known"]["indicator"] == "withdrawn_rate"
    assert [each["alert"] for each in empty["known"]["alerts"]] == ["A1"]
    [correction] = empty["known"]["corrections"]
    assert (correction["title"], correction["cause"]) == ("退学率", None)
    assert empty["known"]["suggested_cause"] is None


async def test_the_cause_that_corrections_named_is_suggested(
    world: Any, fact: Callable[..., Any], until: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    await world.knows(fact("raised", 1))
    [correction] = await until(lambda: world.get("corrections", cycle=KEY), len)
    path = f"corrections/{correction['id']}"
    plan = {"cause": "resources", "cause_text": "人手不足", "measure": "增派辅导员"}
    planned = await world.post(f"{path}/plan", plan | {"due_on": "2099-12-31"})
    [diagnosis] = await world.get("diagnoses", cycle=KEY)

    assert planned.status_code == 200, planned.text
    assert diagnosis["known"]["suggested_cause"] == "resources"
    assert diagnosis["known"]["causes"] == {"resources": 1}
    assert diagnosis["cause"] is None


async def test_a_diagnosis_is_changed_by_its_drafter_on_the_version_that_he_saw(
    world: Any, told: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.knows(told.goal())
    drafted = await world.post("diagnoses", DRAFT)
    changed = DRAFT | {"cause": "execution"}
    stale = await world.post("diagnoses", changed, **{"if-match": '"7"'})
    again = await world.post("diagnoses", changed, **{"if-match": '"1"'})
    foreign = await world.post_as(OTHER, "diagnoses", DRAFT)

    place = f"diagnoses/{drafted.json()['id']}"
    assert (drafted.status_code, drafted.headers["location"]) == (201, place)
    assert (stale.status_code, again.status_code, again.headers["etag"]) == (412, 200, '"2"')
    assert kind_of(foreign) == (403, "own-draft")


async def test_a_conclusion_is_signed_by_another_with_a_cause_for_a_miss(
    world: Any, told: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.knows(told.goal())
    path = f"diagnoses/{(await world.post('diagnoses', DRAFT)).json()['id']}"
    early = await world.post_as(OTHER, f"{path}/signature", {})
    await world.knows(told.attainment(1, "below_standard"))
    causeless = await world.post_as(OTHER, f"{path}/signature", {})
    await world.post("diagnoses", DRAFT | {"cause": "execution"})
    own = await world.post(f"{path}/signature", {})
    signed = await world.post_as(OTHER, f"{path}/signature", {"note": "同意"})
    after = await world.post("diagnoses", DRAFT)

    assert kind_of(early) == (409, "goal-not-judged")
    assert kind_of(causeless) == (409, "cause-missing")
    assert list(causeless.json()["validationErrors"]) == ["$.cause"]
    assert kind_of(own) == (403, "own-draft")
    assert (signed.status_code, signed.json()["state"], signed.json()["signed_by"]) == (
        200,
        "signed",
        OTHER,
    )
    assert kind_of(after) == (409, "diagnosis-signed")
    steps = [each["data"] for each in await world.facts(3, "step")]
    [opened, closed] = [each for each in steps if each["kind"] == "signature"]
    assert (closed["step"], closed["how"]) == (opened["step"], "signed")
    [event] = await world.facts(1, "diagnosis")
    data = event["data"]
    assert (data["goal"], data["state"], data["cause"], data["signed_by"]) == (
        "G1",
        "below_standard",
        "execution",
        OTHER,
    )


async def test_what_was_known_stays_with_a_signed_diagnosis(world: Any, told: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    await world.prepare(KEY, "diagnose")
    await world.knows(told.attainment(2, "below_floor"))
    [diagnosis] = await world.get("diagnoses", cycle=KEY)

    assert diagnosis["known"]["state"] == "met_standard"
    assert diagnosis["may"] == {"draft": False, "contribute": False, "ask": False, "sign": False}


async def test_many_sources_speak_to_a_diagnosis(world: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    path = f"diagnoses/{(await world.post('diagnoses', DRAFT)).json()['id']}"
    said = [
        {"source": "self", "rating": "90", "text": "基本达到预期"},
        {"source": "student", "speaker": "学生座谈会", "rating": "70", "text": "希望多走访"},
        {"source": "employer", "speaker": "某企业", "text": "暂无评价"},
        {"source": "student", "speaker": "学生座谈会", "rating": "60", "text": "改变了看法"},
    ]
    answers = [await world.post(f"{path}/contributions", each) for each in said]
    wrong = await world.post(f"{path}/contributions", {"source": "rumour", "text": "听说"})
    feigned = await world.post_as(
        OTHER, f"{path}/contributions", said[3], may=frozenset({"spiral:take-part"})
    )
    view = answers[-1].json()

    assert [
        (each["source"], each["speaker"], each["rating"]) for each in view["contributions"]
    ] == [
        ("employer", "某企业", None),
        ("self", view["drafted_by"], "90"),
        ("student", "学生座谈会", "60"),
    ]
    assert (view["rating"], view["rated_weight"], view["version"]) == ("75.000000", "0.40", 5)
    assert wrong.status_code == 422
    # Who holds no role speaks for himself alone, and takes nobody else's word back.
    assert (kind_of(feigned), list(feigned.json()["validationErrors"])) == (
        (403, "not-yours"),
        ["$.speaker"],
    )


async def test_whoever_is_asked_for_his_voice_reads_what_it_is_about_and_no_more(
    world: Any, told: Any, until: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.knows(told.goal())
    await world.scope("student/X1")
    id_ = (await world.post("diagnoses", DRAFT)).json()["id"]
    asked, place = {"source": "student", "persons": ["student/X1"]}, f"voices/{id_}/student"
    may = frozenset({"spiral:read", "spiral:take-part"})
    post = partial(world.post_as, "person/X1", may=may, holds=("student", "student/X1"))
    words = {"rating": "70", "text": "希望多走访"}
    early = await post(place, words)
    # In UTC that day lies before all days.
    wrong = ({"persons": ["student/X9"]}, {"due_at": "0001-01-01T00:00:00+14:00"})
    refused = [await world.post(f"diagnoses/{id_}/voices", asked | each) for each in wrong]
    firm = {"source": "employer", "persons": ["person/E1"]}
    answers = [await world.post(f"diagnoses/{id_}/voices", each) for each in (asked, asked, firm)]
    foreign = [
        await post(f"diagnoses/{id_}/voices", asked),
        await post(f"diagnoses/{id_}/contributions", {"source": "student", **words}),
        await post(f"voices/{id_}/employer", words),
    ]
    spoken = await post(place, words)
    [diagnosis] = await world.get("diagnoses", cycle=KEY)
    await world.knows(told.attainment(1))
    signed = await world.post_as(OTHER, f"diagnoses/{id_}/signature", {})

    assert (early.status_code, [each.status_code for each in foreign]) == (404, [404] * 3)
    faults = [list(each.json()["validationErrors"]) for each in refused]
    assert faults == [["$.persons[0]"], ["$.due_at"]]
    assert [len(each.json()["asked"]) for each in answers] == [1, 1, 2]
    told_him = spoken.json()
    assert (told_him.pop("due_at"), bool(told_him.pop("spoken_at"))) == (
        answers[0].json()["asked"][0]["due_at"],
        True,
    )
    assert told_him == {
        "diagnosis": id_,
        "source": "student",
        "scope": CYCLE["scope"],
        "scope_name": f"名 {CYCLE['scope']}",
        "scope_name_en": None,
        "level": "course",
        "period": CYCLE["period"],
        "goal_title": "降低退学率",
        "rating": "70",
        "text": "希望多走访",
        "may": {"speak": True},
    }
    said = [(each["source"], each["speaker"]) for each in diagnosis["contributions"]]
    assert (said, diagnosis["rating"]) == ([("student", "person/X1")], "70.000000")
    assert (signed.status_code, (await post(place, words)).status_code) == (200, 409)
    # Who has spoken is asked no more; nor who was not heard in time.
    opened, hows = await steps_of(world, until, "spiral/voice/")
    assert (opened, sorted(hows)) == ([("answer", "")] * 2, ["answered", "withdrawn"])


async def test_only_a_goal_of_the_cycle_is_diagnosed(world: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    wrong = await world.post("diagnoses", DRAFT | {"goal": "G9"})
    nowhere = await world.post("diagnoses", DRAFT | {"cycle": "none"})
    gone = await world.post(f"diagnoses/{GONE}/signature", {})

    assert (kind_of(wrong), list(wrong.json()["validationErrors"])) == (
        (422, "reference-unknown"),
        ["$.goal"],
    )
    assert (nowhere.status_code, kind_of(gone)) == (404, (404, "record-not-found"))


async def test_the_incentive_step_shows_results_honours_and_accountability(
    world: Any, told: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.knows(told.assessment())
    [one] = await world.get("incentives", cycle=KEY)

    assert one == {
        "key": f"R1/{CYCLE['scope']}",
        "version": 1,
        "title": "课堂考核",
        "purpose": "evaluation",
        "period": CYCLE["period"],
        "scheme": "C1",
        "kind": "assessment",
        "points": "90",
        "grade": "A",
        "place": 1,
        "verdicts": [],
        "decision": None,
    }


async def test_a_lesson_is_found_suggested_and_its_use_is_counted(world: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    lesson = {"cycle": KEY, "cause": "execution", "indicator": "withdrawn_rate"}
    first = await world.post(
        "lessons", lesson | {"title": "尽早走访", "text": "开学两周内走访学生"}
    )
    await world.post(
        "lessons", lesson | {"title": "缺课", "text": "缺课三次即约谈", "cause": "data"}
    )
    drafted = await world.post("diagnoses", DRAFT | {"cause": "execution"})
    id_ = first.json()["id"]
    use = {"subject": f"diagnosis/{drafted.json()['id']}"}
    await world.post(f"lessons/{id_}/uses", use | {"helped": False})
    used = await world.post(f"lessons/{id_}/uses", use | {"helped": True})
    wrong = await world.post(
        f"lessons/{id_}/uses", {"subject": f"diagnosis/{GONE}", "helped": True}
    )
    bad = await world.post(f"lessons/{id_}/uses", {"subject": "goal/G1", "helped": True})

    async def titles(**only: str) -> list[str]:
        return [each["title"] for each in await world.get("lessons", **only)]

    [suggested] = await world.get(f"lessons/for-diagnosis/{drafted.json()['id']}")
    assert (used.json()["used"], used.json()["helped"]) == (1, 1)
    assert (kind_of(wrong), bad.status_code) == ((422, "reference-unknown"), 422)
    assert (suggested["id"], suggested["why"]) == (id_, ["cause", "indicator", "level"])
    assert await titles() == ["缺课", "尽早走访"]
    assert await titles(q="走访学生") == ["尽早走访"]
    assert await titles(q="约谈缺课") == ["缺课"]
    assert await titles(q="毕业") == []
    assert await titles(cause="data", level="school") == []
    assert await titles(cause="data", indicator="withdrawn_rate") == ["缺课"]
    [learnt, _] = await world.facts(2, "lesson")
    assert learnt["data"]["title"] == "尽早走访"


async def test_a_change_request_changes_no_standard_and_another_decides(
    world: Any, told: Any
) -> None:
    await world.post("cycles", CYCLE)
    said = {"cycle": KEY, "standard": "S1", "title": "提高底线", "text": "底线提高到 0.4"}
    unknown = await world.post("proposals", said)
    await world.knows(told.standard())
    made = await world.post("proposals", said)
    path = f"proposals/{made.json()['id']}/decision"
    own = await world.post(path, {"state": "accepted"})
    foreign = await world.post_as(OTHER, path, {"state": "withdrawn"})
    decided = await world.post_as(OTHER, path, {"state": "accepted", "reason": "下年度执行"})
    late = await world.post_as(OTHER, path, {"state": "rejected"})
    listed = await world.get("proposals", cycle=KEY, kind="change_request")

    assert (kind_of(unknown), list(unknown.json()["validationErrors"])) == (
        (422, "reference-unknown"),
        ["$.standard"],
    )
    assert (made.json()["kind"], made.json()["may"]) == (
        "change_request",
        {"decide": False, "withdraw": True},
    )
    assert (kind_of(own), kind_of(foreign)) == ((403, "own-proposal"), (403, "own-proposal"))
    assert (decided.status_code, decided.headers["etag"]) == (200, '"2"')
    assert (kind_of(late), [each["state"] for each in listed]) == (
        (409, "proposal-decided"),
        ["accepted"],
    )
    submitted, accepted = await world.facts(2, "proposal")
    assert (submitted["data"]["standard"], accepted["data"]["state"]) == ("S1", "accepted")


async def test_an_accepted_measure_goes_into_the_next_cycle_and_is_verified_there(
    world: Any, until: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    body = {"cycle": KEY, "goal": "G1", "text": "开学两周内走访", "owner": "teacher/T001"}
    made = await world.post("measures", body | {"cause": "execution"})
    path = f"measures/{made.json()['id']}"
    own = await world.post(f"{path}/decision", {"accepted": True})
    accepted = await world.post_as(OTHER, f"{path}/decision", {"accepted": True})
    early = await world.post_as(OTHER, f"{path}/verification", {"effective": True, "note": "见效"})
    none = await world.get("measures/landing", cycle=KEY)
    await walk_out(world, KEY)
    following = {"key": "next", "scope": CYCLE["scope"], "period": "term:2013-2014-2"}
    await world.post("cycles", following)
    unverified = await world.get("measures/landing", cycle="next")
    by_owner = await world.post_as(
        "person/T001", f"{path}/verification", {"effective": True, "note": "见效"}
    )
    verified = await world.post_as(
        OTHER, f"{path}/verification", {"effective": True, "note": "退学率下降"}
    )
    landing = await world.get("measures/landing", cycle="next")

    assert kind_of(own) == (403, "own-measure")
    assert (accepted.json()["state"], accepted.json()["blockedBy"]) == (
        "accepted",
        ["等待下一周期开启 (the next cycle is not open yet)"],
    )
    assert kind_of(early) == (409, "measure-state")
    assert (none["carried"], none["rate"]) == (0, None)
    assert (unverified["carried"], unverified["unverified"], unverified["rate"]) == (
        2,
        2,
        "0.000000",
    )
    assert kind_of(by_owner) == (403, "own-measure")
    assert (verified.status_code, verified.json()["state"]) == (200, "effective")
    assert (landing["effective"], landing["unverified"], landing["rate"]) == (1, 1, "0.500000")
    assert landing["words"].startswith("见效 1 ÷ 承接 2 = 0.500000")
    first, second, checked = await world.facts(3, "measure")
    assert {each["data"]["carried_to"] for each in (first, second)} == {"next"}
    assert checked["data"]["effective"] is True
    assert await steps_of(world, until, f"spiral/measure/{made.json()['id']}") == (
        [("approval", "person/admin"), ("verification", "person/T001")],
        ["approved", "verified"],
    )


async def steps_of(world: Any, until: Any, prefix: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the human steps that were told: the kinds and who may not, and how they ended."""

    async def told(kind: str) -> list[Any]:
        return [each for each in await world.work_facts(kind) if each["step"].startswith(prefix)]

    opened = await told("step.opened")
    closed = await until(lambda: told("step.closed"), lambda all_: len(all_) == len(opened))
    return [(each["kind"], each["not_by"]) for each in opened], [each["how"] for each in closed]


async def test_what_a_cycle_left_undone_waits_no_more_but_its_proposals_are_decided_on(
    world: Any, told: Any, until: Any
) -> None:
    await world.post("cycles", CYCLE)
    await world.knows(told.goal())
    drafted = await world.post("diagnoses", DRAFT)
    idea = {"cycle": KEY, "title": "家校联系", "text": "建立家校联系"}
    proposal = await world.post("proposals", idea)
    for step in STEPS:
        forced = {"to": step, "force": True, "reason": "补录往年周期"}
        assert (await world.post(f"cycles/{KEY}/moves", forced)).status_code == 200
    await world.prepare(KEY, "improve")
    closed = await world.post(f"cycles/{KEY}/closing", {})
    signed = await world.post_as(OTHER, f"diagnoses/{drafted.json()['id']}/signature", {})
    [waiting] = await world.get("proposals", cycle=KEY)
    place = f"proposals/{proposal.json()['id']}/decision"
    decided = await world.post_as(OTHER, place, {"state": "accepted"})

    assert (closed.status_code, kind_of(signed)) == (200, (409, "cycle-closed"))
    assert waiting["may"] == {"decide": False, "withdraw": True}
    assert (decided.status_code, decided.json()["state"]) == (200, "accepted")
    assert (await steps_of(world, until, "spiral/diagnosis/"))[1] == ["withdrawn"]
    assert (await steps_of(world, until, "spiral/proposal/"))[1] == ["approved"]


async def test_a_measure_accepted_late_goes_at_once_into_the_open_next_cycle(world: Any) -> None:
    await world.post("cycles", CYCLE)
    body = {"cycle": KEY, "text": "开学两周内走访", "owner": "teacher/T001"}
    made = await world.post("measures", body)
    await world.post(
        "cycles", {"key": "next", "scope": CYCLE["scope"], "period": "term:2013-2014-2"}
    )
    path = f"measures/{made.json()['id']}/decision"
    accepted = await world.post_as(OTHER, path, {"accepted": True})
    again = await world.post_as(OTHER, path, {"accepted": False})

    assert (accepted.json()["state"], accepted.json()["carried_to"]) == ("carried", "next")
    assert kind_of(again) == (409, "measure-state")


async def test_a_closed_cycle_takes_nothing_more(world: Any) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    await walk_out(world, KEY)
    lesson = {"cycle": KEY, "title": "太晚", "text": "周期已经结束"}

    assert kind_of(await world.post("lessons", lesson)) == (409, "cycle-closed")


async def test_who_holds_no_role_of_a_cycle_takes_no_part_in_it(
    world: Any,
) -> None:
    await world.post("cycles", CYCLE)
    await world.ready()
    member = frozenset({"spiral:read", "spiral:take-part"})
    refused = [
        await world.post_as("person/T7", path, body, may=member)
        for path, body in (
            ("diagnoses", DRAFT),
            ("lessons", {"cycle": KEY, "title": "走访", "text": "尽早走访"}),
            ("proposals", {"cycle": KEY, "title": "走访", "text": "尽早走访"}),
            ("measures", {"cycle": KEY, "text": "尽早走访", "owner": "teacher/T7"}),
        )
    ]
    owner = await world.post_as("person/T001", "diagnoses", DRAFT, may=member)

    assert {kind_of(each) for each in refused} == {(403, "not-yours")}
    assert owner.status_code == 201


async def test_a_lower_target_is_explained_before_the_cycle_ends(world: Any, told: Any) -> None:
    await world.post("cycles", CYCLE | {"period": "year:2013"})
    old, new = ({"op": "<=", "value": value, "upper": None} for value in ("0.2", "0.3"))
    await world.knows(
        told.goal(1, period="year:2013", target=old),
        told.goal(1, id="G2", period="year:2014", target=new),
    )
    for step in STEPS:
        forced = {"to": step, "force": True, "reason": "演练"}
        assert (await world.post(f"cycles/{KEY}/moves", forced)).status_code == 200
    await world.prepare(KEY, "improve")
    said = {"cycle": KEY, "goal": "G2", "reason": "生源结构变化"}
    strange = await world.post("measures/lowered-targets", said | {"goal": "G9"})
    blocked = await world.get(f"cycles/{KEY}")
    explained = await world.post("measures/lowered-targets", said)
    free = await world.get(f"cycles/{KEY}")

    assert list(strange.json()["validationErrors"]) == ["$.goal"]
    assert ["新目标低于旧目标" in each for each in blocked["blockedBy"]] == [True]
    assert [each["reason"] for each in explained.json()] == ["生源结构变化"]
    assert (free["blockedBy"], free["may"]["close"]) == ([], True)
