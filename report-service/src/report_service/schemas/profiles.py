"""Responses: profiles of objects."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.vocabulary import PeriodKey, ScopeKey


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PointOut(_Told):
    """Where a measured value stands; ``explanation`` leads to its rows."""

    indicator: str
    name: str
    unit: str
    direction: str
    value: str | None
    shown: str
    masked: bool
    state: str | None
    target: dict[str, Any] | None
    standard: dict[str, Any] | None
    median: str | None
    peers: int
    history: list[dict[str, Any]]
    explanation: str | None


class TagOut(_Told):
    """What a rule says of the object, and for what."""

    key: str
    zh: str
    en: str
    because: list[str]


class EventOut(_Told):
    """What happened."""

    at: datetime
    kind: str
    zh: str
    en: str
    """Periods go by their keys."""

    link: str | None


class RadarOut(_Told):
    """Value, standard and median as shares of the target; ``svg`` is drawn already."""

    categories: list[str]
    series: list[dict[str, Any]]
    svg: str
    said: str


class InfluenceOut(_Told):
    """Another indicator that varies together with one that misses its standard; no cause."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)

    indicator: str
    name: str
    factor: str
    factor_name: str
    kind: str
    """Of the objects that were compared: all of the school of this kind."""

    n: int
    """Objects with a value of both."""

    few: bool
    """So few that it says little."""

    r: str
    """Coefficient of correlation (Pearson), −1 to 1."""

    explained_ratio: str
    """Its square: the share of the differences that goes together."""


class ProfileOut(BaseModel):
    """A profile (画像): lines and group, series, tags, events."""

    scope: ScopeKey
    name: str
    level: str
    period: PeriodKey
    as_of: datetime
    """When the newest fact in it was stated."""

    basics: list[dict[str, str]]
    """Lines of ``label text label_en text_en``; periods of the English go by their keys."""

    points: list[PointOut]
    radar: RadarOut | None
    """None of fewer than three points with a target or standard."""

    tags: list[TagOut]
    events: list[EventOut]
    reports: list[dict[str, Any]]
    """The newest ones on the object: ``id number title period``."""
