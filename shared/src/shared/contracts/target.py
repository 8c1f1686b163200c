"""Events that the target service publishes."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event, Model
from shared.contracts.vocabulary import AlertFrom, Level, Operator, PeriodKey, ScopeKey, State


class Limit(Model):
    """A value with its own operator (目标值、标准值、预警值), as a decimal string."""

    op: Operator
    value: str
    upper: str | None = None
    """Upper end, for ``between`` only."""


class BindingChanged(Event):
    """An indicator bound to a scope got, or changed, its target, standard or warning."""

    type: ClassVar[str] = "qa.target.binding.changed.v1"

    id: str
    version: int
    indicator: str
    scope: ScopeKey
    period: PeriodKey
    title: str
    target: Limit | None
    tiers: dict[str, Limit]
    """Standard tiers by name: floor, qualified, good, benchmark."""

    warning: Limit | None
    alert_from: AlertFrom
    owner: str
    """Person who answers for the value."""

    goal: str | None = None
    """The goal that it measures."""

    standard: str | None = None
    standard_version: int | None = None
    withdrawn: bool = False
    """It judges no more, until the same key is put anew."""


class GoalFact(Event):
    """What every fact about a goal (目标) carries."""

    id: str
    version: int
    scope: ScopeKey
    period: PeriodKey
    title: str
    owner: str
    indicator: str | None
    target: Limit | None
    deadline: str | None
    """Last day of the goal, ISO date."""

    parent: str | None = None
    """Goal that it is a part of."""

    state: str = "draft"
    """Where it stands: draft, distributed, negotiating, accepted, signed, published."""

    missing: tuple[str, ...] = ()
    """Letters of SMART that it neither meets nor has waived."""

    waived: tuple[str, ...] = ()
    """Letters of SMART that were waived, with a reason."""

    by: str = ""
    """Who did it."""

    note: str = ""
    """Why, in his words."""


class GoalDistributed(GoalFact):
    """A goal (目标) was handed on to its owner."""

    type: ClassVar[str] = "qa.target.goal.distributed.v1"


class GoalAccepted(GoalFact):
    """The owner of a goal (目标) took it over."""

    type: ClassVar[str] = "qa.target.goal.accepted.v1"


class GoalNegotiated(GoalFact):
    """The owner of a goal (目标) asked for something else; the note says what."""

    type: ClassVar[str] = "qa.target.goal.negotiated.v1"


class GoalSigned(GoalFact):
    """A goal (目标) that its owner accepted was signed."""

    type: ClassVar[str] = "qa.target.goal.signed.v1"


class GoalPublished(GoalFact):
    """A goal (目标) came into force."""

    type: ClassVar[str] = "qa.target.goal.published.v1"


class GoalRevised(GoalFact):
    """The content of a goal (目标) that was no draft any more was changed."""

    type: ClassVar[str] = "qa.target.goal.revised.v1"


class GoalDecomposed(GoalFact):
    """A goal (目标) was divided among its children."""

    type: ClassVar[str] = "qa.target.goal.decomposed.v1"

    children: tuple[str, ...]
    """Keys of all its children."""


class GoalWithdrawn(GoalFact):
    """A goal (目标) that nothing used was withdrawn."""

    type: ClassVar[str] = "qa.target.goal.withdrawn.v1"


class StandardFact(Event):
    """What every fact about a standard (标准) carries."""

    id: str
    version: int
    title: str
    effective_from: str


class StandardApproved(StandardFact):
    """A version of a standard (标准) took effect."""

    type: ClassVar[str] = "qa.target.standard.approved.v1"


class StandardWithdrawn(StandardFact):
    """A standard (标准) that nothing used was withdrawn, with every version up to this one."""

    type: ClassVar[str] = "qa.target.standard.withdrawn.v1"


class BodyMember(Model):
    """A member of a body: a person, or whoever holds a post."""

    party: str
    """``person/T001``, a scope, or a post in words."""

    place: Literal["head", "deputy", "member"]
    since: str | None = None
    until: str | None = None
    """The last day, ISO date."""


class BodyDuty(Model):
    """A duty of a body."""

    key: str
    text: str


class BodyResponsibility(Model):
    """What a party does about a duty: responsible, accountable, consulted, informed."""

    duty: str
    party: str
    part: Literal["R", "A", "C", "I"]


class BodyChanged(Event):
    """A body of the plan (机构, M140–M149) was appointed, changed or dissolved."""

    type: ClassVar[str] = "qa.target.body.changed.v1"

    id: str
    version: int
    title: str
    since: str | None
    until: str | None
    """The last day, ISO date."""

    members: tuple[BodyMember, ...]
    duties: tuple[BodyDuty, ...]
    matrix: tuple[BodyResponsibility, ...]
    withdrawn: bool = False


class CycleProposal(Model):
    """A rhythm of diagnosis that a plan sets for a level; whoever keeps cycles may open them."""

    level: Level
    rhythm: str
    """``year``, ``ayear``, ``term``, ``month``, ``construction`` or ``appointment``."""

    warning_only: bool
    """It only warns in this rhythm (预警周期)."""

    words: str
    """As the plan says it."""


class PlanImported(Event):
    """A plan (规划) was brought in from its file, or a corrected file was."""

    type: ClassVar[str] = "qa.target.plan.imported.v1"

    id: str
    version: int
    title: str
    number: str | None
    """文号."""

    scope: ScopeKey
    period: PeriodKey
    cycles: tuple[CycleProposal, ...]
    findings: int
    """How many things a careful reader found in it."""


class Attainment(Model):
    """How a binding stands on its measured value, or a goal on its parts (达成).

    What has a default is left out where it is as that says.
    """

    id: str
    """The key of the binding; of a goal ``goal/<key>``."""

    binding: str | None
    """None where a goal is meant."""

    goal: str | None = None
    """The goal that is meant, or that the binding carries."""

    indicator: str | None
    """None of a goal that names none."""

    scope: ScopeKey
    period: PeriodKey
    state: State
    warning: bool
    """The warning value was passed."""

    overdue: bool = False
    """The deadline of its goal, or else its period, is over, and the target is not met."""

    thin: bool = False
    """Too small a share of the rows was there; the target cannot be met."""

    stale: bool = False
    """The newest batch behind the value is older than the running period allows."""

    attainment: str | None
    """Ratio of the target that is reached, at most 1; None without data or target."""

    coverage: str | None
    value: str | None
    numerator: str | None = None
    denominator: str | None = None
    gap: str | None
    """|value − standard| when the standard is missed, in the indicator's unit."""

    relative_gap: str | None = None
    """Gap ÷ |standard|; the gap itself where the standard is 0."""

    forecast: str | None = None
    """Where pace brings it by the deadline, as of this judgement: of a binding its value, of a goal
    its attainment; None where no baseline tells where it began."""

    standard_version: int | None = None
    formula_version: int | None = None
    measured_at: AwareDatetime | None = None
    seq: int
    """Grows with every judgement of this binding or goal; a larger one is newer."""


class AttainmentChanged(Event):
    """Judgements that differ from the ones before."""

    type: ClassVar[str] = "qa.target.attainment.changed.v1"

    items: tuple[Attainment, ...]


class AssessedResult(Model):
    """How one who is assessed came out; not of persons."""

    subject: str
    """A scope, or ``team/…``."""

    title: str
    points: str | None
    """0 to 100; None without data."""

    coverage: str | None
    thin: bool
    vetoed: bool
    place: int | None
    choice: str | None
    """``chosen tied not_chosen`` within a quota."""

    grade: str | None
    verdicts: tuple[str, ...]
    """``eligible nominated yellow red``."""

    decision: str | None
    """``confirmed declined``: what people decided."""


class AssessmentPublished(Event):
    """The results of an assessment run (考核结果) were published, and are frozen."""

    type: ClassVar[str] = "qa.target.assessment.published.v1"

    id: str
    version: int
    title: str
    scheme: str
    scheme_version: int
    purpose: str
    """``department cadre selection evaluation honour progress adjustment``."""

    kind: str
    """Kind of those assessed."""

    period: PeriodKey
    count: int
    """How many were assessed."""

    part: int
    parts: int
    """A run of many is told in several events."""

    items: tuple[AssessedResult, ...]
    """None of persons: their results are read one by one, by who may."""
