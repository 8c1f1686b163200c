"""Documents of standards: a draft, another person's approval, versions, classes, the next tier."""

from typing import Any

from httpx import Response

from shared.contracts.datahub import ScopeOwner
from shared.kit.identity import Caller

CRITERION = {
    "indicator": "pass_rate",
    "tiers": {
        "qualified": {"op": ">=", "value": "0.8"},
        "good": {"op": ">=", "value": "0.9"},
    },
    "classes": [
        {
            "object_class": "standing:benchmark",
            "tiers": {"qualified": {"op": ">=", "value": "0.85"}},
            "warning": {"op": "<", "value": "0.87"},
        }
    ],
    "source": "provincial",
    "scoring": {"rule": "relative_to_best", "best": "0.96"},
}
DOCUMENT = {
    "key": "major-standard",
    "kind": "major",
    "title": "专业标准",
    "scope": "unit/U1",
    "sections": [{"title": "总则", "text": "本标准适用于全部专业。"}],
    "criteria": [CRITERION],
    "effective_from": "2026-09-01",
}
TERM = "term:2096-2097-1"


async def decide(  # noqa: PLR0917 — who says what of which
    desk: Any,
    signing_keys: Any,
    key: str,
    subject: str,
    roles: frozenset[str] = frozenset(),
    decision: str = "approve",
    reason: str | None = None,
) -> Response:
    """Decide on a draft as somebody who may approve."""
    caller = Caller(subject=subject, roles=roles, scopes=frozenset({"target:approve"}))
    token = signing_keys[0].sign(caller, "target")
    body = {"decision": decision} | ({"reason": reason} if reason else {})
    return await desk.running.client.post(
        f"/v1/standards/{key}/decision", json=body, headers={"authorization": f"Bearer {token}"}
    )


async def test_a_document_waits_for_another_person(desk: Any, signing_keys: Any) -> None:
    owners = (ScopeOwner(role="unit_head", person="teacher/T001"),)
    await desk.handled(await desk.scope("unit/U1", 2, owners=owners))

    made = await desk.put("standards", DOCUMENT)
    assert (made.status_code, made.json()["state"], made.json()["author"]) == (
        201,
        "draft",
        "person/admin",
    )
    binding = {
        "key": "b",
        "title": "通过率",
        "indicator": "pass_rate",
        "scope": "major/M1",
        "period": TERM,
        "standard": "major-standard",
    }
    refused = await desk.put("bindings", binding)
    assert list(refused.json()["validationErrors"]) == ["$.standard"]

    answers = [
        await decide(desk, signing_keys, "major-standard", "person/admin"),
        await decide(desk, signing_keys, "major-standard", "person/T002"),
        await decide(desk, signing_keys, "major-standard", "system/academic"),
        await decide(desk, signing_keys, "major-standard", "person/T001", decision="reject"),
    ]
    assert [each.status_code for each in answers] == [403, 403, 403, 422]
    sent_back = await decide(
        desk, signing_keys, "major-standard", "person/T001", decision="reject", reason="太松"
    )
    assert (sent_back.json()["state"], sent_back.json()["reason"]) == ("rejected", "太松")
    none = await decide(desk, signing_keys, "major-standard", "person/T001")
    assert none.status_code == 409

    await desk.put("standards", DOCUMENT | {"approver": "person/T009"})
    named = [
        await decide(desk, signing_keys, "major-standard", who, frozenset({"quality_office"}))
        for who in ("person/T002", "person/T009")
    ]
    assert [each.status_code for each in named] == [403, 200]
    assert (named[1].json()["approved_by"], named[1].json()["version"]) == ("person/T009", 2)

    made = await desk.put("bindings", binding)
    assert made.json()["tiers_in_force"] == CRITERION["tiers"] | {
        name: {"upper": None, **limit} for name, limit in CRITERION["tiers"].items()
    }

    async def both() -> Any:
        found = await desk.facts("step.closed")
        return found if len(found) == 2 else None

    closed = await desk.until(both)
    opened = await desk.facts("step.opened")
    assert [each["step"] for each in opened] == [
        "target/standard/major-standard@1",
        "target/standard/major-standard@2",
    ]
    assert [each["how"] for each in closed] == ["rejected", "approved"]

    # Its object becomes a benchmark: other lines hold, without a new version.
    await desk.handled(await desk.scope("major/M1", 2, tags=("standing:benchmark",)))
    binding = await desk.get("bindings/b")
    assert binding["object_class"] == "standing:benchmark"
    assert binding["tiers_in_force"]["qualified"]["value"] == "0.85"
    assert binding["warning_in_force"]["value"] == "0.87"


async def test_everything_wrong_in_a_document_is_told_at_once(desk: Any) -> None:
    bad = {
        "key": "bad",
        "kind": "course_teaching",
        "title": "课程教学标准",
        "scope": "course/NONE",
        "tiers": {"qualified": {"op": ">=", "value": "0.8"}},
        "criteria": [
            CRITERION | {"weight": "0.33333"},
            CRITERION | {"weight": "0.33333"},
            {
                "indicator": "nothing",
                "weight": "0.33333",
                "tiers": {
                    "floor": {"op": ">=", "value": "0.8"},
                    "good": {"op": ">=", "value": "0.7"},
                },
                "basis": {"document": "M099"},
            },
        ],
    }

    refused = await desk.put("standards", bad)

    assert refused.status_code == 422
    assert list(refused.json()["validationErrors"]) == [
        "$.tiers",
        "$.criteria[1].indicator",
        "$.criteria[2].tiers.good",
        "$.criteria[2].weight",
        "$.criteria[2].indicator",
        "$.scope",
        "$.criteria[2].basis.document",
    ]

    line = {"key": "l", "title": "线", "tiers": {"qualified": {"op": ">=", "value": "0.8"}}}
    await desk.put("standards", line | {"effective_from": "2026-09-01"})
    tighter = {"tiers": {"qualified": {"op": ">=", "value": "0.9"}}}
    early = await desk.put("standards", line | tighter | {"effective_from": "2026-08-31"})
    assert list(early.json()["validationErrors"]) == ["$.effective_from"]
    same_day = await desk.put("standards", line | tighter | {"effective_from": "2026-09-01"})
    assert same_day.status_code == 200
    compared = await desk.get("standards/l/compare", **{"from": 1, "to": 2})
    assert [(each["change"], each["lines"]) for each in compared["criteria"]] == [
        (
            "tightened",
            [
                {
                    "line": "tiers.qualified",
                    "change": "tightened",
                    "before": ">= 0.8",
                    "after": ">= 0.9",
                }
            ],
        )
    ]


async def test_a_training_plan_is_linted_and_its_requirements_are_attained(
    desk: Any, signing_keys: Any
) -> None:
    courses = [
        {"code": "C1", "title": "语文", "hours": "650", "nature": "public_basic"},
        {"code": "C2", "title": "选修", "hours": "260", "nature": "major_extension"},
        {
            "code": "C9",
            "title": "实习",
            "hours": "1690",
            "practice_hours": "1300",
            "nature": "practice",
        },
    ]
    plan = {
        "courses": courses,
        "requirements": [{"key": "1", "title": "职业素养"}],
        "support": [
            {"requirement": "1", "course": "C1", "weight": "0.75"},
            {"requirement": "1", "course": "C2", "weight": "0.25"},
        ],
        "support_indicator": "pass_rate",
    }
    body = {
        "key": "plan",
        "kind": "training_plan",
        "title": "人才培养方案",
        "scope": "major/M1",
        "plan": plan,
    }
    assert (await desk.put("standards", body)).status_code == 201
    office = frozenset({"quality_office"})

    refused = await decide(desk, signing_keys, "plan", "person/T001", office)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:helix8:problem:training-plan-lint",
    )
    lint = await desk.get("standards/plan/lint")
    assert [each["rule"] for each in lint["findings"]] == ["electives"]
    assert lint["figures"] == {
        "hours": "2600",
        "practice": "0.500000",
        "public_basic": "0.250000",
        "elective": "0.000000",
    }
    approved = await decide(desk, signing_keys, "plan", "person/T001", office, reason="试点")
    assert (approved.json()["state"], approved.json()["reason"]) == ("approved", "试点")
    courses[1]["elective"] = True
    await desk.put("standards", body)
    assert (await decide(desk, signing_keys, "plan", "person/T001", office)).status_code == 200

    await desk.handled(await desk.measure("0.8", 1, scope="course/C1"))
    found = await desk.get("standards/plan/support", period=TERM)
    (requirement,) = found["requirements"]
    assert (requirement["attainment"], requirement["coverage"], requirement["thin"]) == (
        "0.800000",
        "0.750000",
        False,
    )


async def test_what_is_missing_for_the_next_tier(desk: Any, signing_keys: Any) -> None:
    await desk.put("standards", DOCUMENT | {"applies_to": {"kind": "course", "tags": ["core"]}})
    office = frozenset({"quality_office"})
    await decide(desk, signing_keys, "major-standard", "person/T002", office)
    await desk.put("standards", {**DOCUMENT, "key": "next-title", "criteria": [CRITERION]})
    await decide(desk, signing_keys, "next-title", "person/T002", office)
    await desk.scope("course/C1", 2, tags=("core",))
    values = [("course/C1", "0.85"), ("course/C2", "0.7"), ("course/C0001", "0.9")]
    for place, (scope, value) in enumerate(values):
        await desk.measure(value, place + 1, scope=scope)
    told = await desk.measure("0.6", 9, scope="course/C0002")
    await desk.handled(told)

    async def known() -> Any:
        found = await desk.get("scopes/course/C1/next-tier")
        return found["criteria"]

    (found,) = await desk.until(known)
    assert {name: found[name] for name in ("value", "reached", "next", "missing", "peers")} == {
        "value": "0.85",
        "reached": "qualified",
        "next": "good",
        "missing": "0.050000",
        "peers": 3,
    }
    assert (found["peer_median"], found["standard"]) == (None, "major-standard")
    other = await desk.get("scopes/course/C2/next-tier")
    assert other["criteria"] == []
    of_all = {**DOCUMENT, "key": "all-courses", "applies_to": {"kind": "course"}}
    await desk.put("standards", of_all)
    await decide(desk, signing_keys, "all-courses", "person/T002", office)
    for scope, standard in (("course/C1", "major-standard"), ("course/C2", "all-courses")):
        found = await desk.get(f"scopes/{scope}/next-tier")
        assert [each["standard"] for each in found["criteria"]] == [standard]
    asked = await desk.get("scopes/course/C2/next-tier", standard="next-title")
    assert (asked["reached"], asked["criteria"][0]["missing"]) == (None, "0.100000")


async def test_a_teacher_is_told_what_is_missing_by_his_title_and_track(
    desk: Any, signing_keys: Any
) -> None:
    """Of two that hold for him that for more tags; and what the next title asks of him."""
    lines = {
        "lecturers": (["title:lecturer"], "2"),
        "lecturers-teaching": (["title:lecturer", "track:teaching"], "1"),
        "professors": (["title:associate-professor"], "4"),
    }
    for key, (tags, value) in lines.items():
        criterion = {"indicator": "papers", "tiers": {"qualified": {"op": ">=", "value": value}}}
        document = {"key": key, "kind": "teacher_development", "title": key, "scope": "unit/U1"}
        more = {"applies_to": {"kind": "teacher", "tags": tags}, "criteria": [criterion]}
        assert (await desk.put("standards", document | more)).status_code == 201
        office = frozenset({"quality_office"})
        await decide(desk, signing_keys, key, "person/T002", office)
    for person, track in (("T001", "teaching"), ("T002", "research")):
        tags = ("title:lecturer", f"track:{track}")
        await desk.handled(await desk.scope(f"teacher/{person}", 2, tags=tags))
        told = await desk.measure("1", 1, indicator="papers", scope=f"teacher/{person}")
        await desk.handled(told)

    async def missing(person: str, **asked: str) -> tuple[str, str | None, str | None]:
        found = await desk.get(f"scopes/teacher/{person}/next-tier", **asked)
        [line] = found["criteria"]
        return line["standard"], line["reached"], line["missing"]

    assert await missing("T001") == ("lecturers-teaching", "qualified", None)
    assert await missing("T002") == ("lecturers", None, "1.000000")
    assert await missing("T001", standard="professors") == ("professors", None, "3.000000")
