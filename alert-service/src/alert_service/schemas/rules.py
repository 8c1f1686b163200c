"""Rules over REST, and as the package ships them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from alert_service.domain.rules import model
from alert_service.domain.rules.model import Family
from alert_service.schemas.common import Instant
from alert_service.schemas.conditions import ConditionBody, Number, Strict
from shared.contracts.vocabulary import ScopeKey, Severity

Kind = Literal["school", "unit", "major", "course", "class", "group", "teacher", "student", "feed"]
Tag = Annotated[str, Field(min_length=1, max_length=80)]
PeriodKind = Literal["day", "week", "month", "term", "ayear", "year", "plan", "span"]
Owner = Annotated[str, Field(pattern=r"^(role|person|teacher|unit|body)/[^\s\x00][^\x00]{0,119}$")]
EXAMPLE: Final[dict[str, Any]] = {
    "title": "课程到课率连续两次低于 85%",
    "title_en": "Attendance of a course below 85 %, twice in a row",
    "family": "attendance",
    "unit": "ratio",
    "scopes": {"kind": "course"},
    "periods": ["week"],
    "condition": {"is": "value", "indicator": "attendance_rate", "op": "<", "value": "0.85"},
    "severity": "yellow",
    "ladder": [
        {
            "severity": "orange",
            "when": {"is": "value", "indicator": "attendance_rate", "op": "<", "value": "0.7"},
        }
    ],
    "times": 2,
    "margin": "0.02",
    "least": {"n": 30},
    "cool_down_hours": 24,
}


class SelectorBody(Strict):
    """Which scopes a rule is about."""

    kind: Kind
    keys: Annotated[tuple[ScopeKey, ...], Field(max_length=500)] = ()
    """These alone; none: every one of the kind."""

    within: Annotated[tuple[ScopeKey, ...], Field(max_length=50)] = ()
    """Only what lies in one of these."""

    tags: Annotated[tuple[Tag, ...], Field(max_length=20)] = ()
    """Only what has one of these: ``core``, ``standing:benchmark``."""

    but: Annotated[tuple[ScopeKey, ...], Field(max_length=200)] = ()
    """Never these, nor what lies in them."""


class LeastBody(Strict):
    """What a value must rest on, or nothing is decided on it."""

    n: Annotated[int, Field(ge=1, le=10**9)] | None = None
    coverage: Annotated[Number, Field(gt=0, le=1)] | None = None
    max_age_days: Annotated[int, Field(ge=1, le=400)] | None = None


class RungBody(Strict):
    """Another colour, where its condition holds too."""

    severity: Severity
    when: ConditionBody


class OwnerBody(Strict):
    """Who answers: whoever answers for the scope, for what is above it, or a fixed one."""

    by: Literal["scope", "above", "fixed"] = "scope"
    kind: Literal["unit", "major", "course", "teacher"] | None = None
    """Of what is above."""

    owner: Owner | None = None
    """The fixed one: ``role/qa_office``, ``person/T001``."""


class RuleBody(Strict):
    """What a rule says; its version is given by the service."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    title: Annotated[str, Field(min_length=2, max_length=200)]
    title_en: Annotated[str, Field(max_length=200)] = ""
    family: Family
    unit: Annotated[str, Field(max_length=40)] | None = None
    """Unit in which its lines are meant; where it is given, its indicators must have it."""

    basis: Annotated[str, Field(max_length=500)] = ""
    """Clause or rule (制度) that it puts into practice."""

    scopes: SelectorBody
    periods: Annotated[tuple[PeriodKind, ...], Field(max_length=8)] = ()
    """Kinds of period that it is for; none: any."""

    condition: ConditionBody
    severity: Severity = Severity.YELLOW
    ladder: Annotated[tuple[RungBody, ...], Field(max_length=4)] = ()
    times: Annotated[int, Field(ge=1, le=10)] = 1
    """New values in a row that must lie beyond (连续次数)."""

    lasting_hours: Annotated[int, Field(ge=0, le=24 * 90)] = 0
    """How long it must hold (持续时长)."""

    margin: Annotated[Number, Field(ge=0)] = Decimal(0)
    """So far beyond the line a value must come back before its alert ends (迟滞)."""

    cool_down_hours: Annotated[int, Field(ge=0, le=24 * 180)] = 0
    least: LeastBody = LeastBody()
    owner: OwnerBody = OwnerBody()

    def to_rule(self, key: str, version: int) -> model.Rule:
        """Return it as the rules see it."""
        chosen = self.scopes
        return model.Rule(
            key=key,
            version=version,
            title=self.title,
            family=self.family,
            selector=model.Selector(
                kind=chosen.kind,
                keys=frozenset(chosen.keys),
                within=frozenset(chosen.within),
                tags=frozenset(chosen.tags),
                but=frozenset(chosen.but),
            ),
            periods=frozenset(self.periods),
            condition=self.condition.to_rule(),
            severity=self.severity,
            ladder=tuple(
                model.Rung(severity=each.severity, when=each.when.to_rule()) for each in self.ladder
            ),
            times=self.times,
            lasting=timedelta(hours=self.lasting_hours),
            margin=self.margin,
            cool_down=timedelta(hours=self.cool_down_hours),
            least=model.Least(**self.least.model_dump()),
            owner=model.OwnerOf(**self.owner.model_dump()),
        )

    def to_document(self) -> dict[str, Any]:
        """Return it as it is kept, and can be put again."""
        return self.model_dump(mode="json", by_alias=True)


class EnabledBody(Strict):
    """Put a rule in force or out of it; its open alerts end with it."""

    enabled: Annotated[bool, Field(examples=[False])]


class PublicationBody(Strict):
    """Put a version of a rule in force; the newest where none is named."""

    version: Annotated[int, Field(ge=1, le=10**6)] | None = None


class RuleFilter(Strict):
    """Which rules are wanted; what is not given does not restrict."""

    family: Family | None = None
    enabled: bool | None = None
    indicator: Annotated[str, Field(max_length=80)] | None = None
    """Rules that read it."""


class RuleSummary(BaseModel):
    """A rule as lists show it: its version in force, else its newest."""

    key: str
    title: str
    title_en: str
    family: str
    severity: Severity
    version: int
    """The newest."""

    published: int | None
    """The one in force when it is enabled."""

    enabled: bool
    shipped: bool
    indicators: list[str]
    open_alerts: int


class VersionView(BaseModel):
    """A version of a rule, without what it says."""

    version: int
    made_by: str
    made_at: datetime
    published_by: str | None
    published_at: datetime | None


class RuleView(BaseModel):
    """A rule with one of its versions."""

    key: str
    version: int
    published: int | None
    enabled: bool
    shipped: bool
    changed_by: str
    changed_at: datetime
    document: dict[str, Any]
    """As it can be put again."""

    words: str
    """What it says, in Chinese."""

    versions: list[VersionView]
    states: dict[str, int]
    """Cells that are not in order, by state: pending, firing, near, cooling, no-data, thin, stale,
    error."""


class RuleLint(BaseModel):
    """What contradicts itself in a rule, and whom it is about."""

    holds: bool
    faults: dict[str, list[str]]
    """By JSON path."""

    scopes: int
    """How many known scopes it is about."""


class CellView(BaseModel):
    """What is remembered of a rule at a scope in a period."""

    scope: str
    period: str
    state: str
    detail: str
    since: datetime | None
    cool_until: datetime | None
    changed_at: datetime


class TrialBody(Strict):
    """A stretch of history, half-open; the last 180 days where none is given."""

    since: Instant | None = None
    until: Instant | None = None
    rule: RuleBody | None = None
    """What it shall say; its newest version where none is given."""


class WouldBe(BaseModel):
    """An alert that the rule would have raised."""

    scope: str
    period: str
    severity: Severity
    value: str | None
    raised_at: datetime
    settled_at: datetime | None
    helped: bool
    lead_hours: float | None
    """Until a graver alert of the scope really came."""


class TrialView(BaseModel):
    """What a rule would have done in a stretch of history."""

    since: datetime
    until: datetime
    signals: int
    """Values and facts that it would have read."""

    raised: int
    settled: int
    held: int
    severities: dict[str, int]
    scopes: int
    helped: int
    """How many came before a graver alert of the same scope that was no false alarm, or were
    settled by a correction with effect."""

    came_true: float | None
    """helped ÷ raised."""

    median_lead_hours: float | None
    examples: list[WouldBe]
    """The gravest and first, at most 50."""
