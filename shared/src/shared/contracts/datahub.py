"""Events that the data hub publishes."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import AwareDatetime
from typing_extensions import override

from shared.contracts.base import Event, Model
from shared.contracts.school_calendar import SchoolCalendar
from shared.contracts.vocabulary import PeriodKey, ScopeKey


class RecordChange(Model):
    """One record of one entity changed; personal values stay in the hub."""

    seq: int
    """Place in the change feed: dense, and in commit-visible order."""

    key: str
    """Natural key of the record."""

    previous_key: str | None = None
    """Of a ``rekey``: the key that it had. It is told in the partitions of both keys."""

    op: Literal["upsert", "delete", "rekey"]
    version: int
    """Counter of the record, for ETags and for ignoring what is older."""

    fields: tuple[str, ...]
    """Names of the fields that changed; empty when the record is new."""


class RecordsChanged(Event):
    """Records of one entity changed in one commit: the part of them in one partition."""

    type: ClassVar[str] = "qa.datahub.entity.changed.v1"
    """``entity`` stands for the entity's name: ``qa.datahub.enrolment.changed.v1``."""

    entity: str
    seq_from: int
    seq_to: int
    """First and last ``seq`` of the commit, whose other items lie in other partitions."""

    batch: int
    source: str
    items: tuple[RecordChange, ...]

    @override
    @classmethod
    def subjects(cls) -> str:
        return "qa.evt.v1.datahub.<entity>.changed.*"

    @override
    def event_type(self) -> str:
        return f"qa.datahub.{self.entity}.changed.v1"


class ScopeOwner(Model):
    """A person who answers for a scope in a role."""

    role: str
    """``class_teacher``, ``course_lead``, ``major_lead``, ``unit_head``, ``counsellor``, …: the
    words of the dictionary, see ``shared.contracts.vocabulary.OWNER_ROLE_ZH``."""

    person: str
    """A member of staff, ``teacher/T001``."""


class ScopeItem(Model):
    """A scope (诊改对象) as it stands now."""

    scope: ScopeKey
    name_zh: str
    name_en: str | None = None
    parents: tuple[ScopeKey, ...] = ()
    owners: tuple[ScopeOwner, ...] = ()
    tags: tuple[str, ...] = ()
    """``name:value`` of what sorts scopes of a kind (``standing:benchmark`` of a major), the name
    alone where it is a yes (``core`` of a course)."""

    valid_from: str | None = None
    valid_to: str | None = None
    gone: bool = False
    """The record behind the scope was deleted."""

    seq: int
    """Of two items on one scope the larger is the newer. It is the place in the change feed of the
    change that the item comes from, or larger."""


class ScopeChanged(Event):
    """Scopes appeared, changed or went: every service keeps its own table from this."""

    type: ClassVar[str] = "qa.datahub.scope.changed.v1"
    items: tuple[ScopeItem, ...]


class CalendarChanged(Event, SchoolCalendar):
    """The school calendar changed; it is told as a whole."""

    type: ClassVar[str] = "qa.datahub.calendar.changed.v1"


class MeasuredValue(Model):
    """A measured value (状态数据). Numbers are decimal strings: nothing is lost on the way."""

    id: str
    """Identifies the cell: indicator, scope and period."""

    indicator: str
    scope: ScopeKey
    period: PeriodKey
    value: str | None
    """None means no value, never 0; ``reason`` says why."""

    numerator: str | None
    denominator: str | None
    n: int
    """Rows the value rests on."""

    coverage: str
    """Share of the rows it needs that had what it needs, a ratio from 0 to 1."""

    freshest_at: AwareDatetime | None
    """When the newest batch it used came in."""

    manual: bool = False
    formula_version: int
    reason: str | None = None
    seq: int
    """Watermark of the change feed that the value includes; a larger one is newer."""


class IndicatorMeasured(Event):
    """Cells of one indicator have a new value."""

    type: ClassVar[str] = "qa.datahub.indicator.measured.v1"
    items: tuple[MeasuredValue, ...]
    measured_at: AwareDatetime | None = None
    """When, as the hub's history says it; None of events from before it was told."""


class MeasuredFor(Model):
    """One kind of cell that an indicator is measured for."""

    scope: str
    """Kind of scope: ``course``."""

    period: str
    """Kind of period: ``term``."""


class IndicatorPublished(Event):
    """A version of an indicator's definition took effect, was retired, or is measured again.

    Retirement is no version: it is told by the same one.
    """

    type: ClassVar[str] = "qa.datahub.indicator.published.v1"
    indicator: str
    version: int
    name_zh: str
    name_en: str
    unit: str
    direction: Literal["higher", "lower", "band"]
    measured_for: tuple[MeasuredFor, ...] = ()
    """Every kind of cell that it has values for; empty where it was not told."""

    core: bool = False
    """It is measured and told before others."""

    retired_on: date | None = None
    """Since then it is measured no more; its values stay."""


class IndicatorParked(Event):
    """A definition cannot be measured: it was put aside until it is published anew."""

    type: ClassVar[str] = "qa.datahub.indicator.parked.v1"
    indicator: str
    version: int
    reason: Literal["too-slow", "fails"]
    detail: str
    """Where in the formula, and what to do about it."""


class QuarantineGrew(Event):
    """Rows of a batch were put aside with a reason."""

    type: ClassVar[str] = "qa.datahub.quarantine.grew.v1"
    batch: int
    source: str
    entity: str
    rows: int
    causes: dict[str, int]
    """Number of rows per reason code; a row counts under each of its reasons."""


class FeedLate(Event):
    """A delivery that a feed's rhythm expects has not come; or it has come after all."""

    type: ClassVar[str] = "qa.datahub.feed.late.v1"
    feed: str
    source: str
    entity: str
    expected_at: AwareDatetime
    """When the delivery was due; told once for each."""

    last_batch_at: AwareDatetime | None
    """When the newest delivery came; None when none ever did."""

    late_by_seconds: int
    level: Literal["late", "missing", "cleared"]
    """``missing`` from the third in a row on; ``cleared`` when one has come."""


class FailedRule(Model):
    """A quality rule that rows of a feed do not meet."""

    rule: str
    severity: Literal["info", "warning", "error"]
    name_zh: str
    name_en: str
    checked: int
    failed: int


class FeedQualityFailed(Event):
    """Records of a feed fail rules: a batch was held back, or more records fail than before."""

    type: ClassVar[str] = "qa.datahub.feed.quality_failed.v1"
    feed: str
    source: str
    entity: str
    batch: int | None
    """None where a batch was refused as a whole, and so has no number."""

    rules: tuple[FailedRule, ...]
    failed: int
    """Sum over the rules; a record that fails two counts twice."""

    checked: int
    gate: Literal["block", "warn"]
    """``block``: the rows did not take effect. ``warn``: they did."""


class ShapeChange(Model):
    """A column whose values are written otherwise than before."""

    before: str
    now: str
    """``int``, ``decimal``, ``date-iso``, ``date-slash`` (year first), ``date-dmy``, ``date-mdy``,
    ``date-either`` (no part over 12 tells which), ``timestamp``, ``text``."""


class FeedDrifted(Event):
    """A batch of a feed is written otherwise than the one before it."""

    type: ClassVar[str] = "qa.datahub.feed.drifted.v1"
    feed: str
    source: str
    entity: str
    batch: int
    added: tuple[str, ...]
    """Columns that hold values now, and did not before."""

    missing: tuple[str, ...]
    """Columns that were filled before, and hold nothing now."""

    type_changed: dict[str, ShapeChange]


Fate = Literal["quarantined", "parked", "rejected", "duplicate"]


class RowFate(Model):
    """What became of a row that is not simply in the records."""

    row: int
    """Number of the record in its message, from 1."""

    verdict: Fate
    code: str
    path: str
    message: str


class MessageVerdict(Model):
    """What became of one ingested message."""

    message: str
    """``id`` of the message; empty when it could not be read."""

    source: str = ""
    """``source`` of the message, within which its id is unique; empty when it could not be read."""

    stream_seq: int
    batch: int | None
    received: int
    accepted: int
    """Records that are in the hub as they should be: created, updated, deleted or unchanged."""

    rows: tuple[RowFate, ...] = ()


class VerdictGiven(Event):
    """The hub's answer to what a source system pushed, on ``qa.verdict.v1.<system>``."""

    type: ClassVar[str] = "qa.datahub.verdict.given.v1"

    system: str
    items: tuple[MessageVerdict, ...]

    @override
    @classmethod
    def subjects(cls) -> str:
        return "qa.verdict.v1.<system>"

    @override
    def address(self, key: str) -> str:
        return f"qa.verdict.v1.{self.system}"
