"""What somebody does not see is not there for him, whatever names it."""

from functools import partial
from typing import Any, Final

from sqlalchemy import text

from shared.access.families import MASKED_WORDS, MASKED_ZH
from shared.kit.identity import Caller
from shared.kit.ids import uuid7
from spiral_service.repository.cycles import find_cycle
from spiral_service.repository.diagnoses import _corrections
from spiral_service.repository.facts import load_facts

STRANGER: Final = {
    "may": frozenset({"spiral:read", "spiral:take-part"}),
    "holds": ("teacher", "teacher/T050"),
}
CLASS: Final = "class/AAA-2013J"
IDEA: Final = {"title": "家校联系", "text": "建立家校联系"}


async def test_of_a_cycle_out_of_sight_no_write_tells_more_than_of_none(
    world: Any, told: Any
) -> None:
    """Not who answers for it, which goals it has, nor that it is over."""
    await world.post("cycles", {"key": "hidden", "scope": told.goal().scope, "period": "year:2098"})
    await world.knows(told.goal())
    post = partial(world.post_as, "person/T050", **STRANGER)
    measure = {"text": "走访", "owner": "teacher/T050"}
    asked = {
        "lessons": IDEA,
        "proposals": IDEA,
        "measures": measure,
        "measures/lowered-targets": {"goal": "G1", "reason": "生源变化"},
        "diagnoses": {"goal": "G1", "conclusion": "结论"},
    }

    async def answers(cycle: str) -> list[Any]:
        found = [await post(path, body | {"cycle": cycle}) for path, body in asked.items()]
        act = {"items": [{"step": f"spiral/cycle/{cycle}/1"}]}
        found.append(await post("work-items/acts", act))
        said = [each.json() for each in found]
        statuses = [each.status_code for each in found]
        texts = [
            (each["type"], each["detail"]) if isinstance(each, dict) else each for each in said
        ]
        return [statuses, str(texts).replace(cycle, "-")]

    assert await answers("hidden") == await answers("nowhere")
    assert (await answers("hidden"))[0] == [404, 404, 404, 404, 404, 200]


async def test_a_lesson_out_of_sight_is_not_used_nor_one_for_what_is_out_of_sight(
    world: Any,
) -> None:
    keys = {"hidden": "student/X1", "open": "class/AAA-2013J"}
    await world.scope("student/X1")
    ids = {}
    for key, scope in keys.items():
        await world.post("cycles", {"key": key, "scope": scope, "period": "year:2098"})
        answer = await world.post("lessons", {"cycle": key, **IDEA})
        ids[key] = answer.json()["id"]
    post = partial(world.post_as, "person/T050", **STRANGER)
    use = {"helped": True, "note": "有用"}

    hidden, none = [
        await post(f"lessons/{id_}/uses", use | {"subject": "cycle/open"})
        for id_ in (ids["hidden"], uuid7())
    ]
    unseen, unknown = [
        await post(f"lessons/{ids['open']}/uses", use | {"subject": f"cycle/{each}"})
        for each in ("hidden", "nowhere")
    ]
    used = await world.post(f"lessons/{ids['open']}/uses", use | {"subject": "cycle/hidden"})

    assert (hidden.status_code, none.status_code) == (404, 404)
    assert (unseen.status_code, unknown.status_code) == (422, 422)
    assert unseen.json()["validationErrors"] == unknown.json()["validationErrors"]
    assert used.json()["used"] == 1


async def test_a_record_of_a_cycle_out_of_sight_does_not_tell_which_cycle_it_is_of(
    world: Any,
) -> None:
    await world.post("cycles", {"key": "hidden", "scope": "class/AAA-2013J", "period": "year:2098"})
    measure = {"cycle": "hidden", "text": "走访", "owner": "teacher/T001"}
    made = (await world.post("measures", measure)).json()
    answer = await world.post_as(
        "person/T050", f"measures/{made['id']}/decision", {"accepted": True}, **STRANGER
    )

    assert (answer.status_code, answer.json()["type"]) == (
        404,
        "urn:helix8:problem:record-not-found",
    )
    assert "hidden" not in answer.text


async def test_what_follows_from_care_for_a_student_is_there_for_who_cares_for_him(
    world: Any, fact: Any
) -> None:
    """A correction of a restricted family; others learn that there is one, and no more."""
    await world.post("cycles", {"key": "open", "scope": CLASS, "period": "term:2013-2014-1"})
    await world.tell(fact("raised", 1, family="psychological", title="心理测评异常"))
    facts = await world.facts(1, "correction")
    readers = {
        "leader": ("reader", "*"),
        "counsellor": ("counsellor", CLASS),
        "owner": ("teacher", CLASS),
    }
    seen: dict[str, list[Any]] = {}
    for name, held in readers.items():
        who = "person/T001" if name == "owner" else "person/T050"
        caller = Caller(subject=who, scopes=frozenset({"spiral:read"}), holds=frozenset({held}))
        token = {"authorization": f"Bearer {world.signer.sign(caller, 'spiral')}"}
        get = partial(world.running.client.get, headers=token)
        listed, [cycle] = (
            (await get("/v1/corrections")).json(),
            [(await get("/v1/cycles/open")).json()],
        )
        one = await get(f"/v1/corrections/{facts[0]['data']['correction']}")
        names = [each["title"] for each in cycle["routine_loop"]["corrections"]]
        seen[name] = [len(listed), one.status_code, names, cycle["alerts"][0]["title"]]
    plan = {
        "cause": "external",
        "cause_text": "家庭变故",
        "measure": "心理咨询",
        "due_on": "2099-01-01",
    }
    place = f"corrections/{facts[0]['data']['correction']}"
    planned = await world.post_as("person/T001", f"{place}/plan", plan, holds=("teacher", CLASS))
    async with world.running.app.state.database.transaction() as tx:
        cycle = await find_cycle(tx, "open")
        [blocking] = (await load_facts(tx, cycle)).corrections
        [known] = await _corrections(tx, "open", "withdrawn_rate")
        await tx.session.execute(
            text("UPDATE correction SET how = 'verified', state = 'closed', closed_at = now()")
        )
    wall = await world.get("culture/wall")

    assert planned.json()["plan"]["measure"] == "心理咨询"
    assert [each["data"]["measure"] for each in await world.facts(2, "correction")] == [
        None,
        MASKED_WORDS,
    ]
    assert (blocking.title, known.title, known.measure) == (MASKED_ZH, MASKED_ZH, MASKED_WORDS)
    assert wall["results"] == []
    assert {each["data"]["title"] for each in facts} == {"学生关爱类预警"}
    assert seen == {
        "leader": [0, 404, [], "学生关爱类预警"],
        "counsellor": [1, 200, ["心理测评异常"], "学生关爱类预警"],
        "owner": [1, 200, ["心理测评异常"], "学生关爱类预警"],
    }
