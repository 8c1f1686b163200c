"""Lines: what facts say in words, before a report puts them into sections.

Source: design "Reports" 1.
"""

from dataclasses import dataclass

from report_service.domain.wording import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who answers for something."""

    key: str
    """As its service told it: ``T003``, ``teacher/T003``, ``role/qa_office``."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the basics."""

    label: str
    text: str
    label_en: str
    text_en: str
    """Periods go by their keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalLine:
    """A goal."""

    goal: str
    title: str
    owner: Owner
    target: str
    deadline: str | None
    deadline_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardLine:
    """An indicator held against its limits."""

    binding: str
    title: str
    indicator: str
    indicator_zh: str
    owner: Owner
    target: str
    standard: str
    floor: str
    warning: str
    marks: dict[str, list[str]]
    """Numbers of target, standard and floor as decimal strings, for the figure."""

    current: Figure
    state: str | None
    """None where nobody has judged yet."""

    state_zh: str
    flags: list[str]
    gap: Figure
    attainment: Figure
    coverage: Figure
    rows: int | None
    freshest_at: str | None
    freshest_at_zh: str
    formula_version: int | None
    standard_version: int | None
    reason: str | None
    """Why there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLine:
    """A measured value without a standard."""

    indicator: str
    indicator_zh: str
    current: Figure
    coverage: Figure
    rows: int
    freshest_at: str | None
    freshest_at_zh: str
    formula_version: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """A text that a person writes: nothing is invented for it."""

    text: str | None
    to_fill: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """What an alert was before it eased: the gravest colour it ever had."""

    severity: str
    severity_zh: str
    value: Figure
    line_zh: str
    at_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert."""

    alert: str
    severity: str
    severity_zh: str
    title: str
    owner: Owner
    line: str | None
    """The line it was raised on: ``floor standard warning target``."""

    line_zh: str
    """The same with operator and value: ``预警值 ≥ 22%``."""

    before: Figure
    """The value that raised it."""

    current: Figure
    current_zh: str
    """What the value is: 现值, or 销号时的值, which moves no more."""

    worst: Worst | None
    """None where its present colour is the gravest it ever had."""

    phase: str
    phase_zh: str
    raised_at_zh: str
    due_at_zh: str
    """Until when it must be acknowledged (签收时限)."""

    acknowledged_by: Owner | None
    acknowledged_zh: str
    """Who acknowledged it and when, or how long remains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionLine:
    """A correction, the answer to an alert."""

    correction: str
    alert: str
    severity: str
    severity_zh: str
    title: str
    owner: Owner
    line_zh: str
    worst: Worst | None
    cause: Blank
    measure: Blank
    before: Figure
    current: Figure
    current_zh: str
    after: Figure
    effect: Figure
    state: str
    """``open`` or ``closed``."""

    how: str | None
    """How it was closed: ``recovered``, ``verified``, ``carried``, …"""

    state_zh: str
    cycle: str | None
    cycle_zh: str
    opened_at_zh: str
    due_at_zh: str
    acknowledged_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisLine:
    """A line of the self-diagnosis table: point, result, cause, measure, effect."""

    binding: str
    point: str
    result: str
    state: str | None
    cause: Blank
    measure: Blank
    effect: Blank


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the data behind the report covers, and how fresh it is."""

    bound: int
    with_data: int
    by_state: dict[str, int]
    lowest_coverage: Figure
    oldest_data_at_zh: str
    newest_data_at_zh: str
    manual: list[str]
    """Indicators whose value was typed by hand."""

    remarks: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The facts of one scope and period, as lines with their words."""

    basics: list[Entry]
    goals: list[GoalLine]
    standards: list[StandardLine]
    values: list[ValueLine]
    alerts: list[AlertLine]
    corrections: list[CorrectionLine]
    diagnosis: list[DiagnosisLine]
    statement: Statement
