"""What the portal reads of profiles and of what was judged."""

from typing import Any

from pydantic import AwareDatetime

from gateway.portal.schemas import Number, Read
from gateway.portal.schemas.goals import Limit
from shared.contracts.vocabulary import PeriodKey, ScopeKey, State


class Past(Read):
    """A value of an earlier period."""

    period: PeriodKey
    value: Number | None


class Point(Read):
    """Where a measured value stands."""

    indicator: str
    name: str
    unit: str
    value: Number | None
    masked: bool
    state: State | None
    target: Limit | None
    standard: Limit | None
    median: Number | None
    peers: int
    history: tuple[Past, ...]
    explanation: str | None


class Tag(Read):
    """What a rule says of the object, and for what."""

    key: str
    zh: str
    en: str
    because: tuple[str, ...]


class Event(Read):
    """What happened."""

    at: AwareDatetime
    kind: str
    zh: str
    en: str = ""
    link: str | None


class Radar(Read):
    """Shares of the target by axis."""

    categories: tuple[str, ...]
    series: tuple[dict[str, Any], ...]


class Basic(Read):
    """A line about the object."""

    label: str
    text: str
    label_en: str = ""
    text_en: str = ""


class MadeReport(Read):
    """A report on the object."""

    id: str
    title: str
    number: str
    period: PeriodKey


class Profile(Read):
    """A profile."""

    scope: ScopeKey
    name: str
    level: str
    period: PeriodKey
    as_of: AwareDatetime
    basics: tuple[Basic, ...]
    points: tuple[Point, ...]
    radar: Radar | None
    tags: tuple[Tag, ...]
    events: tuple[Event, ...]
    reports: tuple[MadeReport, ...]


class Influence(Read):
    """An indicator that varies together with one that misses its standard."""

    indicator: str
    name: str
    factor: str
    factor_name: str
    kind: str
    n: int
    few: bool
    r: Number
    explained_ratio: Number


class Judgement(Read):
    """A cell that was judged."""

    period: PeriodKey
    scope: ScopeKey
