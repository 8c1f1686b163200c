"""What the portal reads of the hub: feeds, quarantine, dictionary, where a number comes from."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime

from gateway.portal.schemas import Number, PutAside, Rates, Read
from shared.contracts.vocabulary import Level, Severity, VerticalSystem


class LastBatch(Read):
    """The newest batch of a feed."""

    batch: int
    received: int
    quarantined: int = 0
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None


class Score(Read):
    """How good the records of a feed are."""

    checked: int
    failed: int
    score: Number | None = None


class FeedState(Read):
    """A feed, when it last delivered, and how good that was."""

    feed: str
    source: str
    entity: str
    last_batch: LastBatch | None = None
    quarantine: tuple[dict[str, Any], ...] = ()
    quality: Score | None = None
    refused: dict[str, Any] | None = None
    retired_at: AwareDatetime | None = None


class Cause(PutAside):
    """A reason for which rows were put aside."""

    feed: str
    code: str
    path: str
    rows: int
    oldest_at: AwareDatetime


class Reason(Read):
    """What is wrong with a row."""

    code: str
    path: str
    message: str | None = None


class Aside(Read):
    """A row that was put aside."""

    id: int
    feed: str
    batch: int
    row: int | None = None
    raw: Any = None
    verdict: str
    code: str
    path: str | None = None
    message: str | None = None
    reasons: tuple[Reason, ...] = ()
    state: str
    put_aside_at: AwareDatetime
    edits: tuple[Any, ...] | None = None


class System(Read):
    """A source system."""

    id: str
    name_zh: str
    name_en: str | None = None
    active: bool = True
    last_seen: AwareDatetime | None = None
    pending: int = 0


class Hit(Read):
    """Something of the dictionary that was found."""

    kind: str
    id: str
    zh: str
    en: str | None = None
    within: str = ""
    path: str


class FieldOf(Read):
    """A field of an entity."""

    name: str
    type: str
    zh: str
    en: str | None = None
    required: bool = False
    unit: str | None = None
    code_set: str | None = None
    ref: str | None = None
    privacy: str


class Entity(Read):
    """An entity of the dictionary."""

    name: str
    zh: str
    en: str | None = None
    key: tuple[str, ...] = ()
    field_count: int = 0
    fields: tuple[FieldOf, ...] = ()


class Leg(Read):
    """What a number counted."""

    leg: int
    entity: str
    zh: str
    en: str | None = None
    looked_at: int | None = None
    counted: int | None = None
    value: str | None = None
    reason: str | None = None
    rows: str | None = None


class Origin(Read):
    """A batch behind a number."""

    feed: str
    source: str
    entity: str
    batch: int
    records: int
    received_at: AwareDatetime


class Cell(Read):
    """A measured value."""

    indicator: str
    scope: str
    period: str
    value: Number | None = None
    numerator: str | None = None
    denominator: str | None = None
    n: int | None = None
    freshest_at: AwareDatetime | None = None
    measured_at: AwareDatetime | None = None
    formula_version: int | None = None
    reason: str | None = None


class Said(Read):
    """Words in two languages."""

    zh: str
    en: str


class Document(Read):
    """A definition, as far as people read it."""

    zh: str
    en: str | None = None
    unit: str | None = None
    basis: str | None = None


class Explanation(Read):
    """Where a number comes from."""

    measurement: Cell
    definition: Document
    words: Said | None = None
    legs: tuple[Leg, ...] = ()
    sources: tuple[Origin, ...] = ()
    history: tuple["Before", ...] = ()


class Before(Read):
    """What was said before."""

    value: Number | None = None
    n: int | None = None
    measured_at: AwareDatetime


class MatrixCell(Read):
    """Goals, tasks and rates of a vertical system at a level."""

    system: VerticalSystem
    level: Level
    goals: int
    tasks: int
    done: int
    overdue: int
    rates: Rates
    lacks: tuple[str, ...] = ()


class ChainHealth(Read):
    """How sound the chain of goals is."""

    score: Number | None


class Coverage(Read):
    """The matrix of five by five."""

    cells: tuple[MatrixCell, ...]
    untagged: int
    chain: ChainHealth | None = None


class Share(Read):
    """So many of so many."""

    zh: str
    en: str
    count: int
    of: int


class CultureWall(Read):
    """Who cares for quality, who creates it, and how much got better."""

    values: tuple[Share, ...]
    counts: dict[str, int]


class HeatCell(Read):
    """Open alerts of a vertical system at a level."""

    system: VerticalSystem
    level: Level
    open: int
    gravest: Severity | None


class HeatMap(Read):
    """Open alerts over the matrix."""

    cells: tuple[HeatCell, ...]


class Transfer(Read):
    """How many goals of a level were handed on."""

    level: Level
    goals: int
    handed_on: int
    rate: Number | None = None


class Finding(Read):
    """Something about a goal that somebody should look at."""

    rule: str
    subject: str
    title: str
    reason: str


class Span(Read):
    """Days from one to another."""

    starts_on: date
    ends_on: date


class Term(Span):
    """A term."""

    term: str
    exams_start_on: date | None = None


class Week(Span):
    """A week of a term."""

    week: str
    teaching: bool


class Calendar(Read):
    """The school calendar."""

    terms: tuple[Term, ...] = ()
    weeks: tuple[Week, ...] = ()
    warnings: tuple[Said, ...] = ()


class Unit(Read):
    """A unit of the college."""

    org_code: str
    name: str | None = None
    kind: str | None = None
    parent_code: str | None = None
    leader_no: str | None = None


Explanation.model_rebuild()
