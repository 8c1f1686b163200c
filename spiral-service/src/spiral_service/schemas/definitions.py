"""Definitions over REST, and as the package ships them: the shape; what they mean is linted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from spiral_service.domain.definitions.model import (
    Clock,
    Definition,
    Evidence,
    FieldType,
    Form,
    FormField,
    Gate,
    Named,
    Origin,
    Role,
    RoutineLoop,
    Rung,
    Step,
    Unit,
)
from spiral_service.schemas.examples import DEFINITION

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[list[Id], Field(max_length=20)]
MOST: Final = 40
"""Steps, clocks, roles and the like of one definition."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NamedBody(_Strict):
    """A thing with its names."""

    zh: Text
    en: Text


class RoleBody(NamedBody):
    """Who takes part (角色)."""

    held_by: Annotated[list[Text], Field(min_length=1, max_length=20)]
    """``course_lead`` or ``body/<key>``: the first that anybody holds counts, at the scope or
    else at the nearest one above it."""


class GateBody(NamedBody):
    """What must exist before a step may be left."""

    check: Id | None = None
    """The rule that judges it; the name of the gate where none is given."""

    parameters: Annotated[dict[Id, bool | float | str], Field(max_length=10)] = {}
    role: Id | None = None
    """Who can lift it; the roles of the step where none is given."""


class FieldBody(NamedBody):
    """One thing that a form asks."""

    name: Id
    type: FieldType
    required: bool = True
    choices: Annotated[list[Text], Field(max_length=50)] = []


class FormBody(NamedBody):
    """What a step asks to be filled in."""

    fields: Annotated[list[FieldBody], Field(min_length=1, max_length=50)]


class EvidenceBody(NamedBody):
    """A kind of evidence."""

    media: Annotated[list[Text], Field(min_length=1, max_length=20)]


class StepBody(NamedBody):
    """A step of a loop."""

    step: Id
    phase: Id | None = None
    roles: Names = []
    gates: Names = []
    form: Id | None = None
    evidence: Names = []
    next: Names = []


class ClockBody(NamedBody):
    """Until when a step should be left."""

    clock: Id
    step: Id
    origin: Origin
    amount: Annotated[int, Field(ge=-1000, le=1000)]
    """Negative: before its origin."""

    unit: Unit
    role: str = ""
    """Who is reminded and answers for it."""


class RungBody(_Strict):
    """Who is told when a clock has run out for so long, or is reminded before it does."""

    after: Annotated[int, Field(ge=-1000, le=1000)]
    """Negative: a reminder, so long before."""

    unit: Unit
    role: Id


class LoopBody(NamedBody):
    """The routine loop."""

    inside: Id
    back_to: Names
    steps: Annotated[list[StepBody], Field(max_length=MOST)]


class DefinitionBody(NamedBody):
    """A definition as it is published; its version is given by the service."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [DEFINITION]})

    definition: Id
    basis: Annotated[str, Field(max_length=500)] = ""
    """Clause or rule (制度) that it puts into practice."""

    kinds: Names = []
    """Kinds of scope that it is for; none: any."""

    periods: Names = []
    """Kinds of period that it is for; none: any."""

    beside: bool = False
    """Its cycles run beside the one of their scope and period, as those of a rule (制度) do."""

    start: Id
    phases: Annotated[dict[Id, NamedBody], Field(max_length=MOST)]
    roles: Annotated[dict[Id, RoleBody], Field(max_length=MOST)]
    gates: Annotated[dict[Id, GateBody], Field(max_length=MOST)] = {}
    forms: Annotated[dict[Id, FormBody], Field(max_length=MOST)] = {}
    evidence: Annotated[dict[Id, EvidenceBody], Field(max_length=MOST)] = {}
    steps: Annotated[list[StepBody], Field(min_length=1, max_length=MOST)]
    clocks: Annotated[list[ClockBody], Field(max_length=MOST)] = []
    escalation: Annotated[list[RungBody], Field(max_length=10)] = []
    routine_loop: LoopBody

    def to_rule(self, version: int) -> Definition:
        """Return it as the rules see it; what it names and does not declare is for the lint."""
        phases = _named(self.phases)
        return Definition(
            definition=self.definition,
            version=version,
            zh=self.zh,
            en=self.en,
            basis=self.basis,
            kinds=self.kinds,
            periods=self.periods,
            beside=self.beside,
            start=self.start,
            steps=[self._step(each, phases) for each in self.steps],
            routine_loop=RoutineLoop(
                zh=self.routine_loop.zh,
                en=self.routine_loop.en,
                inside=self.routine_loop.inside,
                back_to=self.routine_loop.back_to,
                steps=[self._step(each, phases) for each in self.routine_loop.steps],
            ),
            phases=phases,
            roles={
                name: Role(id=name, zh=each.zh, en=each.en, held_by=each.held_by)
                for name, each in self.roles.items()
            },
            forms={name: _form(name, each) for name, each in self.forms.items()},
            evidence={
                name: Evidence(id=name, zh=each.zh, en=each.en, media=each.media)
                for name, each in self.evidence.items()
            },
            clocks=[_clock(each) for each in self.clocks],
            escalation=[Rung(**each.model_dump()) for each in self.escalation],
        )

    def _step(self, body: StepBody, phases: Mapping[str, Named]) -> Step:
        said = body.model_dump(exclude={"phase", "gates"})
        unknown = Named(id=body.phase or "", zh="", en="")
        return Step(
            **said,
            phase=phases.get(body.phase, unknown) if body.phase else None,
            gates=[self._gate(name) for name in body.gates],
        )

    def _gate(self, name: str) -> Gate:
        told = self.gates.get(name)
        if told is None:
            return Gate(id=name, zh=name, en=name, check=name)
        return Gate(
            id=name,
            zh=told.zh,
            en=told.en,
            check=told.check or name,
            parameters=told.parameters,
            role=told.role,
        )


def _named(bodies: Mapping[str, NamedBody]) -> dict[str, Named]:
    return {name: Named(id=name, zh=each.zh, en=each.en) for name, each in bodies.items()}


def _form(name: str, body: FormBody) -> Form:
    fields = [FormField(**each.model_dump()) for each in body.fields]
    return Form(id=name, zh=body.zh, en=body.en, fields=fields)


def _clock(body: ClockBody) -> Clock:
    return Clock(id=body.clock, **body.model_dump(exclude={"clock"}))


class DefinitionSummary(BaseModel):
    """A definition as lists show it: its newest version."""

    definition: str
    version: int
    zh: str
    en: str
    basis: str
    kinds: list[str]
    periods: list[str]
    versions: list[int]
    shipped: bool
    """It comes with the product; the college's own versions of it are numbered from 1001."""


class DefinitionView(BaseModel):
    """One version of a definition."""

    definition: str
    version: int
    shipped: bool
    published_by: str | None
    """None of what is shipped."""

    published_at: datetime | None
    document: dict[str, Any]
    """As it can be published again: see ``POST /definitions``."""

    form_schemas: dict[str, dict[str, Any]]
    """By form the JSON Schema of its answers."""


class LintView(BaseModel):
    """What contradicts itself in a document."""

    holds: bool
    faults: dict[str, list[str]]
    """By JSON path."""


class DifferenceView(BaseModel):
    """One place in which two versions are different."""

    path: str
    before: Any
    after: Any


class MigrationBody(_Strict):
    """Put a running cycle on another version of a definition."""

    definition: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9_]*@[1-9][0-9]{0,8}$", examples=["figure_eight@1"])
    ]
    step: Id | None = None
    """Where it shall stand; the step of the same name where none is given."""

    reason: Annotated[str, Field(min_length=2, max_length=500, examples=["学院修订了诊改办法"])]
