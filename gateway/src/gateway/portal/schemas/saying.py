"""What the portal reads of what people say of measured values, and of the culture of quality."""

from datetime import date

from pydantic import AwareDatetime

from gateway.portal.schemas import EvidenceFile, May, Number, Read


class Statement(Read):
    """What somebody said of a measured value, and what was answered."""

    id: str
    indicator: str
    scope: str
    period: str
    value: Number | None
    state: str
    version: int
    reason: str | None
    by: str
    at: AwareDatetime
    answer: str | None
    answered_by: str | None
    answered_at: AwareDatetime | None
    read_at: AwareDatetime | None
    may: May


class Share(Read):
    """So many of so many."""

    name: str
    zh: str
    en: str
    count: int
    of: int
    rate: Number | None


class Participation(Read):
    """Who took part, when and where."""

    roles: tuple[Share, ...]
    phases: tuple[Share, ...]
    fields: tuple[Share, ...]


class CultureCell(Read):
    """What was found of one level and measure."""

    level: str
    measure: str
    score: Number | None
    respondents: int
    origin: str
    campaigns: int


class CultureIndex(Read):
    """The index of a scope and period, and how it came about."""

    value: Number | None
    survey: Number | None
    use: Number | None
    words: str
    cells: tuple[CultureCell, ...]
    uses: tuple[Share, ...]


class Campaign(Read):
    """Something that was done for the culture of quality."""

    id: str
    scope: str
    level: str
    measure: str
    title: str
    text: str
    held_on: date
    participants: int
    materials: tuple[EvidenceFile, ...]


class Result(Read):
    """Something that quality work brought."""

    kind: str
    title: str
    scope_name: str
    before: str | None
    after: str | None
    at: AwareDatetime


class Wall(Read):
    """What quality work brought, and who cares for it."""

    values: tuple[Share, ...]
    results: tuple[Result, ...]
