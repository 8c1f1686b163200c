"""What a guess from a sample answers."""

from typing import Any

from pydantic import BaseModel


class DamageOut(BaseModel):
    """What a spreadsheet or a wrong encoding did to some values."""

    kind: str
    rows: int
    example: str


class CandidateOut(BaseModel):
    """What else it might be."""

    name: str
    score: float


class ColumnOut(BaseModel):
    """What a column of the sample holds, and which field it may be."""

    name: str
    label: str | None
    kind: str
    """``integer decimal percent money boolean date timestamp term code text empty`` or
    ``id-number phone email``."""

    filled: float
    null_words: list[str]
    damage: list[DamageOut]
    values: list[str]
    """The most frequent ones; masked where they look like what belongs to a person."""

    masked: bool
    distinct: int
    """At most 200."""

    fields: list[str]
    score: float
    why: str
    others: list[CandidateOut]


class CodesOut(BaseModel):
    """What the values of a column may stand for."""

    field: str
    column: str
    coverage: float
    """Share of the rows with a value whose code is known, 0 to 1."""

    mapped: dict[str, str]
    unmapped: dict[str, int]
    """Rows by value; their codes stand as ``?`` in the document, which is refused as a feed."""


class QuestionOut(BaseModel):
    """What the sample does not decide; ``path`` is its place in the document."""

    path: str
    zh: str
    en: str
    choices: list[str]


class ReasonOut(BaseModel):
    """Why rows of the sample would be put aside."""

    code: str
    path: str
    rows: int


class CoverageOut(BaseModel):
    """How much of the sample the proposal explains, and what it makes of its rows."""

    columns: int
    columns_mapped: int
    required_missing: list[str]
    rows: int
    rows_good: int
    reasons: list[ReasonOut]
    faults: dict[str, list[str]]
    """What keeps the proposal from being a feed, codes that stand as ``?`` aside."""


class GuessOut(BaseModel):
    """A proposed feed contract, and why: correct it, then ``PUT /feeds/{id}``."""

    document: dict[str, Any]
    entity: str
    entities: list[CandidateOut]
    columns: list[ColumnOut]
    codes: list[CodesOut]
    questions: list[QuestionOut]
    coverage: CoverageOut
