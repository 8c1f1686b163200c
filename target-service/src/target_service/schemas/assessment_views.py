"""Answers about assessments."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from target_service.domain.assessing.runs import RunState
from target_service.domain.assessing.scheme import Purpose
from target_service.schemas.common import Spelled, View


class SchemeView(View):
    """A version of an assessment scheme."""

    key: str
    version: int
    title: str
    purpose: Purpose
    kind: str
    document: dict[str, Any]
    author: str
    made_at: datetime
    approved_by: str | None
    """None while it is a draft."""

    approved_at: datetime | None
    withdrawn_at: datetime | None


class RunView(View):
    """A run as it stands."""

    key: str
    version: int
    title: str
    scheme: str
    scheme_version: int
    purpose: Purpose
    kind: str
    period: str
    state: RunState
    opened_by: str
    opened_at: datetime
    computed_at: datetime | None
    objections_until: date | None
    """Last day on which objections are taken."""

    published_by: str | None
    published_at: datetime | None


class RunDetail(RunView):
    """A run, how far it is, and what keeps it from being published."""

    subjects: int
    computed: int
    thin: int
    marks: int
    objections: int
    blockedBy: list[str]  # noqa: N815 — the contract's name
    may: dict[str, bool]
    """``decide``: whether the caller decides, answers objections and publishes; not his own."""


class ResultView(View):
    """How one who is assessed came out."""

    subject: str
    title: str
    points: Spelled
    """0 to 100; None without data."""

    coverage: Spelled
    thin: bool
    vetoed: bool
    place: int | None
    choice: str | None
    grade: str | None
    verdicts: list[str]
    decision: str | None
    decision_reason: str | None
    decided_by: str | None


class LineView(BaseModel):
    """One item of a result: item → rule → what was found → points."""

    item: str
    title: str
    takes: str
    of: str
    weight: str
    rule: dict[str, Any] | None
    value: str | None
    score: str | None
    points: str | None
    vetoes: bool
    short: list[str]
    """Sources that have too few marks."""

    parts: list[dict[str, Any]]
    """Each value with its scope, period, numerator and denominator, and the versions used."""

    before: list[dict[str, Any]]
    tally: dict[str, str] | None
    marks: dict[str, dict[str, Any]] | None
    """Number and mean by source; None where fewer than five would be told."""


class ResultDetail(ResultView):
    """A result explained down to the indicator."""

    run: str
    scheme: str
    scheme_version: int
    stands_for: list[str]
    since: date | None
    until: date | None
    lines: list[LineView]
    reasons: list[dict[str, Any]]


class ObjectionView(View):
    """An objection, and what became of it."""

    number: int
    subject: str
    item: str | None
    reason: str
    raised_by: str
    raised_at: datetime
    upheld: bool | None
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class ActView(View):
    """What somebody did in a run."""

    number: int
    act: str
    by: str
    """Empty where who it was is told to few, as ``detail`` is."""

    at: datetime
    detail: dict[str, Any]


class TakenView(BaseModel):
    """How many were taken."""

    taken: int


class Verification(BaseModel):
    """Whether the results follow from what was kept."""

    same: bool
    differs: list[str]
    """Those assessed whose result does not."""


class DocumentView(BaseModel):
    """A document of a run: a heading, and rows of which every cell is told."""

    document: str
    title_zh: str
    title_en: str
    run: str
    scheme: str
    scheme_version: int
    period: str
    state: RunState
    rows: list[dict[str, Any]]
