"""Every shipped definition is walked from its opening to the next cycle: levels and 制度 alike."""

from typing import Any, Final

from shared.contracts.target import AttainmentChanged
from spiral_service.repository.definitions import shipped

REGULATIONS: Final = {
    "school_self_diagnosis": "学校自我诊改",
    "annual_assessment": "年度考核办法",
    "diagnosis_incentive": "诊改考核激励",
    "internal_control": "学校内控",
    "major_assessed_diagnosis": "专业考核性诊改",
    "course_timely_diagnosis": "课程适时性考核诊改",
    "teacher_realtime_diagnosis": "教师实时性考核诊改",
    "student_self_test": "学生自测诊断",
    "level_reports": "各层面自我诊改质量报告",
}
"""The nine of the engine line (plan M094–M095)."""

PERIODS: Final = {
    "year": ("year:2026", "year:2027"),
    "ayear": ("ayear:2026-2027", "ayear:2027-2028"),
    "term": ("term:2026-2027-1", "term:2026-2027-2"),
    "span": ("span:2026-01-01/2027-01-01", "span:2027-01-01/2028-01-01"),
    "plan": ("plan:2021-2025", "plan:2026-2030"),
}


class Walk:
    """One definition on its way through a cycle."""

    def __init__(self, world: Any, told: Any, name: str, document: Any) -> None:
        said = document["document"]
        kinds, periods = said.get("kinds") or ["class"], said.get("periods") or ["term"]
        self.world, self.told, self.name = world, told, name
        self.scope = f"{kinds[0]}/{name}"
        self.period, self.next_period = PERIODS[periods[0]]
        self.goal, self.key = f"G-{name}", f"{name}-1"
        self.forms = document["form_schemas"]
        self.steps: list[str] = []

    async def ready(self) -> None:
        """Tell of the scope, and of all that gates ask of the other services."""
        await self.world.scope(self.scope)
        at: dict[str, Any] = {"scope": self.scope, "period": self.period}
        item = (
            self.told.attainment()
            .items[0]
            .model_copy(update=at | {"id": f"goal/{self.goal}", "goal": self.goal})
        )
        results = [
            self.told.assessment(subject=self.scope).model_copy(
                update={"id": f"R-{self.name}-{each}", "purpose": each, "period": self.period}
            )
            for each in ("evaluation", "department", "cadre")
        ]
        await self.world.knows(
            self.told.goal(id=self.goal, **at),
            self.told.binding(id=f"B-{self.name}", goal=self.goal, **at),
            self.told.task(
                3, "in_progress", id=f"K-{self.name}", goals=[self.goal], **at_scope(at)
            ),
            AttainmentChanged(items=(item,)),
            *results,
            key=self.scope,
        )

    async def walk(self) -> Any:
        """Go through the gates, never around them, to the end; return the closed cycle."""
        opened = {"key": self.key, "scope": self.scope, "period": self.period}
        cycle = await self.post("cycles", opened | {"definition": self.name}, 201)
        while True:
            self.steps.append(cycle["step"])
            await self.do(cycle)
            if not cycle["next_steps"]:
                return await self.post(f"cycles/{self.key}/closing", {}, 200)
            to = {"to": cycle["next_steps"][0]}
            cycle = await self.post(f"cycles/{self.key}/moves", to, 200)

    async def do(self, cycle: Any) -> None:
        """Do what the lit step asks for, by two persons."""
        lit = next(each for each in cycle["steps"] if each["lit"])
        if lit["form"]:
            said = {"form": lit["form"], "data": filled(self.forms[lit["form"]])}
            await self.post(f"cycles/{self.key}/filings", said, 200)
        checks = {each["check"] for each in lit["gates"]}
        of: dict[str, Any] = {"cycle": self.key}
        if "diagnoses_are_signed" in checks:
            drafted = {"goal": self.goal, "conclusion": "达到标准"}
            await self.twice("diagnoses", of | drafted, "signature", {})
        if "lesson_is_linked" in checks:
            await self.post("lessons", of | {"title": "尽早走访", "text": "两周内走访"}, 201)
        if "proposal_is_made" in checks:
            await self.post("proposals", of | {"title": "家校联系", "text": "建立联系"}, 201)
        if "measures_are_accepted" in checks:
            measure = {"text": "两周内走访", "owner": "teacher/T001"}
            await self.twice("measures", of | measure, "decision", {"accepted": True})

    async def twice(self, path: str, body: Any, then: str, said: Any) -> None:
        """Let one person begin, and another one decide."""
        made = await self.post(path, body, 201)
        answer = await self.world.post_as("person/T009", f"{path}/{made['id']}/{then}", said)
        assert answer.status_code == 200, (self.name, answer.text)

    async def post(self, path: str, body: Any, status: int) -> Any:
        """Return what is answered, which is as expected."""
        answer = await self.world.post(path, body)
        assert answer.status_code == status, (self.name, self.steps, answer.text)
        return answer.json()


def at_scope(at: dict[str, Any]) -> dict[str, Any]:
    return {"scope": at["scope"]}


def filled(schema: Any) -> dict[str, Any]:
    """Return an answer to the JSON Schema of a form."""
    return {name: value_of(each) for name, each in schema["properties"].items()}


def value_of(schema: Any) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kinds = {"number": 1, "integer": 1, "boolean": True}
    if schema["type"] == "array":
        return [value_of(schema["items"])]
    if schema.get("format") == "date":
        return "2026-11-23"
    return kinds.get(schema["type"], "已填写")


async def test_every_definition_is_walked_from_its_opening_to_the_next_cycle(
    world: Any, told: Any
) -> None:
    names = sorted({name for name, _ in shipped()})
    await world.knows(told.standard(), key="S1")
    ends: dict[str, Any] = {}
    for name in names:
        walk = Walk(world, told, name, await world.get(f"definitions/{name}"))
        await walk.ready()
        closed = await walk.walk()
        following = {"key": f"{name}-2", "scope": walk.scope, "period": walk.next_period}
        after = await walk.post("cycles", following | {"definition": name}, 201)
        landing = await world.get("measures/landing", cycle=after["key"])
        ends[name] = (closed["state"], after["state"], closed["forced"], landing["carried"])
        expected = [each["step"] for each in closed["steps"]]
        assert walk.steps == expected, name

    assert set(REGULATIONS) <= set(names)
    assert len(names) == 20
    assert {each[:2] for each in ends.values()} == {("closed", "open")}
    assert all(each[2] == [] for each in ends.values())
    # What has the step improve hands its measure on.
    carried = {name for name, each in ends.items() if each[3] == 1}
    assert carried >= {"school_year", "major_construction", "course_construction", "figure_eight"}
