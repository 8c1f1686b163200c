"""Who holds the roles of a cycle: as posts, bodies, grants and loans are, on the day."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.calendar import CAMPUS
from shared.contracts.datahub import ScopeOwner
from shared.contracts.gateway import RoleGranted, RoleRevoked
from shared.contracts.steps import HubStepOpened
from shared.kit.clock import now

SCOPE, UNIT = "class/AAA-2013J", "unit/U1"
DUE = {"clock": "goal_due", "reason": "因为"}
MAY = frozenset({"spiral:read", "spiral:take-part"})


def owner(role: str, person: str) -> tuple[ScopeOwner, ...]:
    return (ScopeOwner(role=role, person=f"teacher/{person}"),)


async def open_cycle(world: Any) -> None:
    await world.scope(UNIT, owners=owner("unit_head", "T10"))
    await world.scope(SCOPE, 2, owners=owner("class_teacher", "T1"), parents=(UNIT,))
    opened = await world.post("cycles", {"key": "C1", "scope": SCOPE, "period": "year:2098"})
    assert opened.status_code == 201, opened.text


async def held(world: Any, until: Any, **expected: list[str]) -> Any:
    """Wait until these persons, and no others, hold these roles; return the cycle."""

    def holds(cycle: Any) -> bool:
        return all(
            cycle["owners"].get(role, []) == [f"teacher/{each}" for each in persons]
            for role, persons in expected.items()
        )

    return await until(lambda: world.get("cycles/C1"), holds)


async def test_who_leaves_is_replaced_and_a_role_that_nobody_holds_is_told_to_be_vacant(
    world: Any, until: Any
) -> None:
    await open_cycle(world)
    await held(world, until, lead=["T1"], office=["T10"], leader=["T10"])
    await world.scope(SCOPE, 3, owners=owner("class_teacher", "T2"), parents=(UNIT,))
    cycle = await held(world, until, lead=["T2"])
    steps = await world.work_facts("spiral.step", 3)
    left, taken = [
        await world.post_as(f"person/{who}", "cycles/C1/moves", {"to": "standard"}, may=MAY)
        for who in ("T1", "T2")
    ]
    # Nobody answers for the class itself: whoever leads its unit does.
    await world.scope(SCOPE, 4, parents=(UNIT,))
    await held(world, until, lead=["T10"])
    await world.scope(SCOPE, 5, owners=owner("co_teacher", "T3"))
    vacant = await held(world, until, lead=[], leader=[])
    entries = await world.get("cycles/C1/entries")

    assert (cycle["version"], cycle["step"], cycle["vacant"]) == (2, "goal", [])
    assert [(each["step"][-1], each.get("how"), each.get("owners")) for each in steps] == [
        ("1", None, ["teacher/T1"]),
        ("1", "replaced", None),
        ("2", None, ["teacher/T2"]),
    ]
    assert [each.json()["type"] for each in (left, taken)] == [
        "urn:helix8:problem:not-yours",
        "urn:helix8:problem:gate-blocked",
    ]
    assert vacant["vacant"][0].startswith("环节“目标”的“负责人”空缺：在岗位数据或授权中任命（")
    assert [(each["what"], each["by"]) for each in entries[1:]] == [
        ("reassigned", "system/owners")
    ] * 3
    # The state is that of its facts.
    facts = await world.facts(4, "cycle")
    assert facts[1]["data"]["owners_before"]["lead"] == ["teacher/T1"]


async def test_a_loan_makes_somebody_answer_beside_its_lender_while_it_lasts(
    world: Any, until: Any
) -> None:
    await open_cycle(world)
    today = now().astimezone(CAMPUS).date()
    lent = {
        "id": "G1",
        "person": "person/T5",
        "role": "unit_head",
        "scope": UNIT,
        "valid_to": today + timedelta(days=9),
        "origin": "delegation",
        "delegated_by": "person/T10",
    }
    later = lent | {"id": "G2", "person": "person/T6", "valid_from": today + timedelta(days=1)}
    office = {"id": "G3", "person": "person/T7", "role": "quality_office", "scope": None}
    grants = (lent, later, office | {"origin": "grant"})
    await world.tell(*(RoleGranted.model_validate(each) for each in grants), key="G")
    both = await held(world, until, leader=["T10", "T5"], lead=["T1"])
    due = DUE | {"due_at": "2099-01-01T00:00:00Z"}
    allowed = await world.post_as("person/T5", "cycles/C1/deadlines", due, may=MAY)
    async with world.running.app.state.database.transaction() as tx:
        # The next day has come.
        await tx.session.execute(text("UPDATE granted_role SET valid_from = NULL WHERE id = 'G2'"))
        await tx.session.execute(
            text("UPDATE timer SET due_at = now() WHERE kind = 'grant' AND key = 'G2/begin'")
        )
    await held(world, until, leader=["T10", "T5", "T6"])
    await world.tell(*(RoleRevoked.model_validate(each) for each in (lent, later)), key="G")
    await held(world, until, leader=["T10"])
    late = due | {"due_at": "2099-02-01T00:00:00Z"}
    refused = await world.post_as("person/T5", "cycles/C1/deadlines", late, may=MAY)
    # Nearer than whoever holds it everywhere is who leads the unit.
    await world.scope(UNIT, 2)
    away = await held(world, until, office=["T7"], leader=[])
    step = {"step": "datahub/handed-in/1", "kind": "approval", "scope": SCOPE, "link": "/handed-in"}
    step |= {"title_zh": "审批", "title_en": "Approve", "period": None, "role": "leader"}
    step |= {"permission": "datahub:approve", "not_by": "", "opened_at": now(), "due_at": now()}
    await world.tell(HubStepOpened.model_validate(step), key="step")
    assigned = await until(
        lambda: world.work_facts("workitem.assigned"),
        lambda all_: all_[-1]["step"] == step["step"],
    )

    assert both["version"] == 2
    assert allowed.status_code == 200, allowed.text
    assert (refused.status_code, away["state"]) == (403, "open")
    assert assigned[-1]["persons"] == ["teacher/T7"]
