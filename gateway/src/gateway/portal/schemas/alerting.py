"""What the pages of alerts, rules and silences read of the alert service's answers."""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from gateway.portal.schemas import Alert, CrossedLine, May, Number, Read, Worst
from shared.contracts.vocabulary import PeriodKey, Severity


class Crossed(CrossedLine):
    """The line that a value crossed, in words too."""

    words: str
    words_en: str


class WorstWhole(Worst):
    """The gravest that an alert ever was, and the line it was then beyond."""

    crossed: Crossed | None = None


class LifeStep(Read):
    """A step in the life of an alert."""

    step: str
    at: AwareDatetime
    severity: Severity
    value: Number | None = None
    crossed: Crossed | None = None
    owner: str
    hold_reason: str | None = None
    by: str | None = None
    note: str | None = None
    how: str | None = None
    effect: Number | None = None


Acts = Annotated[May, Field(validation_alias="may")]


class AlertWhole(Alert):
    """An alert with its life, and what the visitor may do."""

    version: int
    state: str
    rule: str
    family: str
    unit: str | None = None
    value_before: Number | None = None
    worst: WorstWhole | None = None
    crossed: Crossed | None
    note: str | None = None
    in_hand: bool = False
    reopened: int = 0
    escalated: int = 0
    supervisor: str | None = None
    effect: Number | None = None
    dismissed_by: str | None = None
    dismissed_reason: str | None = None
    accepted_until: AwareDatetime | None = None
    acts: Acts
    history: tuple[LifeStep, ...] = ()


class Attempt(Read):
    """One attempt to tell somebody."""

    number: int
    at: AwareDatetime
    outcome: str | None = None
    detail: str | None = None


class Unsent(Read):
    """Why something that was told has not arrived."""

    reason: str
    words: str
    until: AwareDatetime | None = None


class Told(Read):
    """Something that was told, or will be, to one receiver."""

    channel: str
    person: str
    number: int
    title: str
    made_at: AwareDatetime
    state: str
    over_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    unsent: Unsent | None = None
    history: tuple[Attempt, ...] = ()


class Untold(Read):
    """Somebody was not told, and why."""

    channel: str
    person: str
    reason: str
    words: str
    by: str = ""
    last_at: AwareDatetime
    until: AwareDatetime | None = None
    over_at: AwareDatetime | None = None


class Waiting(Read):
    """Where an alert waits to be told with others."""

    route: str
    due_at: AwareDatetime


class Telling(Read):
    """Who was told of an alert, and who was not."""

    told: tuple[Told, ...] = ()
    not_told: tuple[Untold, ...] = ()
    waiting: tuple[Waiting, ...] = ()


class Mending(Read):
    """The correction that answers an alert."""

    id: str
    title: str
    state: str
    stage: str = ""
    owner: str | None = None


class Rule(Read):
    """A rule as the list shows it."""

    key: str
    title: str
    title_en: str = ""
    family: str
    severity: Severity
    version: int
    published: int | None = None
    enabled: bool
    shipped: bool = False
    indicators: tuple[str, ...] = ()
    open_alerts: int = 0


class RuleVersion(Read):
    """A version of a rule."""

    version: int
    made_by: str
    made_at: AwareDatetime
    published_by: str | None = None
    published_at: AwareDatetime | None = None


class RuleWhole(Read):
    """A rule with one of its versions."""

    key: str
    version: int
    published: int | None = None
    enabled: bool
    shipped: bool = False
    changed_by: str
    changed_at: AwareDatetime
    document: dict[str, Any]
    words: str
    versions: tuple[RuleVersion, ...] = ()
    states: dict[str, int] = Field(default_factory=dict)

    @property
    def newest(self) -> int:
        """Its newest version."""
        return max((each.version for each in self.versions), default=self.version)


class Cell(Read):
    """A scope and period at which a rule is not in order."""

    scope: str
    period: PeriodKey
    state: str
    detail: str = ""
    since: AwareDatetime | None = None
    cool_until: AwareDatetime | None = None
    changed_at: AwareDatetime


class Lint(Read):
    """What contradicts itself in a rule."""

    holds: bool
    faults: dict[str, list[str]] = Field(default_factory=dict)
    scopes: int = 0


class WouldBe(Read):
    """An alert that a rule would have raised."""

    scope: str
    period: PeriodKey
    severity: Severity
    value: Number | None = None
    raised_at: AwareDatetime
    settled_at: AwareDatetime | None = None
    helped: bool
    lead_hours: float | None = None


class Trial(Read):
    """What a rule would have done in a stretch of history."""

    since: AwareDatetime
    until: AwareDatetime
    signals: int
    raised: int
    settled: int
    held: int
    severities: dict[Severity, int]
    scopes: int
    helped: int
    came_true: float | None = None
    median_lead_hours: float | None = None
    examples: tuple[WouldBe, ...] = ()


class Worth(Read):
    """What the alerts of a rule were worth."""

    name: str
    raised: int
    recovered: int = 0
    corrected: int = 0
    false_alarms: int = 0
    precision: float | None = None
    in_time: float | None = None


class Worths(Read):
    """What alerts were worth, by rule."""

    groups: tuple[Worth, ...] = ()


class Matcher(Read):
    """A condition on a label."""

    label: str
    op: str
    value: str


class Recurrence(Read):
    """When a silence holds again."""

    rule: str
    minutes: int


class Silence(Read):
    """A silence, and how it stands."""

    id: str
    state: str
    matchers: tuple[Matcher, ...]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    recurrence: Recurrence | None = None
    author: str
    reason: str
    expired_by: str | None = None
    silences: int = 0
