"""What stands behind one measured value: its definition, what it counted, what it took.

A value that is kept up to date is counted as the measurer sees the records now; one that is not,
of another version of its definition or of a past period of a stock, as they were when it was
measured. Source: design "Indicators" 3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.counted import Counted
from datahub.indicators.domain.definition import Beneath, Grain, Indicator, Input, Leg, inputs_of
from datahub.indicators.domain.document import IndicatorInvalidError, parse_indicator
from datahub.indicators.domain.editions import edition_of
from datahub.indicators.domain.measure import Measure, Shape
from datahub.indicators.domain.measured import PARKED
from datahub.indicators.domain.present import Now
from datahub.indicators.domain.spots import kind_of, places_for
from datahub.indicators.domain.view import View
from datahub.indicators.domain.words.results import Teller
from datahub.indicators.queries import stored
from datahub.indicators.queries.reading import Reading, Row
from datahub.indicators.repository import above, bounding, counting, following, kept, present
from datahub.indicators.repository import rows as behind_rows
from datahub.indicators.repository.bounding import MeasuringFailedError
from datahub.indicators.repository.rows import Group

MAX_CELLS: Final = 500
"""Of other indicators that one explanation holds. Source: our default."""

BASE: Final = "/api/datahub/v1"


@dataclass(frozen=True, kw_only=True)
class Behind:
    """A measured value, and the definition that made it."""

    cell: Row
    """As the reader sees it."""

    document: Mapping[str, Any]
    indicator: Indicator | None
    """None where the dictionary gives its document no sense any more."""

    faults: Mapping[str, Sequence[str]] = field(default_factory=dict)
    group: Group
    as_of: int
    """Place of the change feed at which its rows are read."""

    @property
    def spot(self) -> tuple[str, str]:
        """Its scope and period."""
        return self.cell["scope"], self.cell["period"]

    @property
    def measures(self) -> list[Measure]:
        """What its legs count for it."""
        if self.indicator is None:
            return []
        scope, period = self.spot
        kind, _, key = period.partition(":")
        now = Now(day=self.group.today, hour=0, school=self.group.key, periods={kind: key})
        grain = _grain(self.indicator, kind_of(scope), kind)
        settled = now.settled([] if grain is None else [grain])
        return [
            Measure.of(leg, each, spot)
            for each in settled
            for leg, spot in zip(self.indicator.legs, each.spots, strict=True)
        ]


async def look_behind(
    reading: Reading, dictionary: Dictionary, cell: str, as_of: int | None = None
) -> Behind | None:
    """Return a measured value and what made it; None where there is no such value.

    Args:
        as_of: place of the change feed at which the rows are read, where somebody says it.
    """
    found = await reading.cell(cell)
    if found is None:
        return None
    name, version = found["indicator"], found["formula_version"]
    document = await stored.get_document(reading.tx, name, version)
    assert document is not None, "a value is of a version that was published"
    indicator, faults = _definition(reading, dictionary, document, version)
    cursor = await following.read_cursor(reading.tx)
    is_kept_up = await _is_kept_up(reading, found, indicator)
    place = as_of or (cursor.last_seq if is_kept_up else found["watermark"])
    measured_on = await behind_rows.campus_day(reading.tx, found["measured_at"])
    today: date = (cursor.day if is_kept_up else None) or measured_on
    return Behind(
        cell=found,
        document=document,
        indicator=indicator,
        faults=faults,
        group=Group(
            key=found["scope"].partition("/")[2],
            period=found["period"].partition(":")[2],
            later=await behind_rows.changed_later(reading.tx, place),
            today=today,
        ),
        as_of=place,
    )


def _definition(
    reading: Reading, dictionary: Dictionary, document: Mapping[str, Any], version: int
) -> tuple[Indicator | None, Mapping[str, Sequence[str]]]:
    """Return a version of a definition as this dictionary reads it, or what is wrong with it."""
    own = reading.indicators.get(document["indicator"])
    edition = own and edition_of(own, version)
    if edition is not None:
        return edition, {}
    try:
        return parse_indicator(document, dictionary, version, reading.indicators), {}
    except IndicatorInvalidError as error:
        return None, error.fields


async def _is_kept_up(reading: Reading, cell: Row, indicator: Indicator | None) -> bool:
    """Whether the measurer follows the rows of a value still."""
    own = reading.indicators.get(cell["indicator"])
    if indicator is None or own is None or own.retired_on is not None:
        return False
    if edition_of(own, indicator.version) is None or cell["reason"] == PARKED:
        return False
    kind, _, key = cell["period"].partition(":")
    grain = _grain(indicator, kind_of(cell["scope"]), kind)
    if grain is None or not grain.is_present:
        return grain is not None
    now = await present.read_present(reading.tx)
    return bool(now.periods.get(kind) == key)


def _grain(indicator: Indicator, scope_kind: str, period_kind: str) -> Grain | None:
    wanted = (scope_kind, period_kind)
    found = (each for each in indicator.grains if (each.kind, each.period_kind) == wanted)
    return next(found, None)


def shapes_of(measures: Iterable[Measure]) -> dict[Shape, list[int]]:
    """Return the places of legs that count among the same rows."""
    found: dict[Shape, list[int]] = {}
    for number, each in enumerate(measures):
        found.setdefault(each.shape, []).append(number)
    return found


async def count_legs(reading: Reading, behind: Behind) -> list[Counted | str]:
    """Return what each leg counted for a value, or why that cannot be told."""
    measures = behind.measures
    names = {each.shape.name for each in measures}
    delivered = await counting.list_delivered(reading.tx, names)
    found: list[Counted | str] = ["not-delivered"] * len(measures)
    for shape, places in shapes_of(measures).items():
        if shape.name in delivered:
            legs = [measures[place].leg for place in places]
            told = await _count(reading, shape, legs, behind.group)
            for place, each in zip(places, told, strict=True):
                found[place] = each
    return found


async def _count(
    reading: Reading, shape: Shape, legs: Sequence[Leg], group: Group
) -> Sequence[Counted | str]:
    try:
        async with bounding.apart(reading.tx):
            return await behind_rows.count_group(reading.tx, shape, legs, group)
    except MeasuringFailedError as error:
        return [error.reason] * len(legs)


@dataclass(slots=True)
class Inputs:
    """Tells what a value took of other indicators, and what these took; so many cells at most."""

    reading: Reading
    dictionary: Dictionary
    left: int = MAX_CELLS

    async def of(self, behind: Behind, depth: int) -> list[dict[str, Any]]:
        """Return what a value took, each item with its cells.

        Args:
            depth: how far to follow what was taken.
        """
        indicator = behind.indicator
        if indicator is None or not indicator.inputs:
            return []
        scope, period = behind.spot
        pairs = await above.list_above(self.reading.tx, beneath=[scope])
        kinds: dict[str, list[str]] = {}
        for one, _ in sorted(pairs):
            kinds.setdefault(kind_of(one), []).append(one)
        places = places_for(indicator, [behind.spot], {scope: kinds})
        said = await kept.read(self.reading.tx, places)
        view = View(scope=scope, period=period, said=said, kinds=kinds, inputs=indicator.inputs)
        teller = Teller(self.dictionary, self.reading.indicators)
        return [
            {
                **teller.result(indicator, item)._asdict(),
                **await self._cells(_ids(item, view), depth),
            }
            for item in indicator.items
            if isinstance(item, Input | Beneath)
        ]

    async def _cells(self, ids: Sequence[str], depth: int) -> dict[str, Any]:
        some = ids[: self.left]
        self.left -= len(some)
        rows = await self.reading.cells(some)
        return {"count": len(ids), "cells": [await self._cell(row, depth) for row in rows]}

    async def _cell(self, row: Row, depth: int) -> dict[str, Any]:
        told = {**row, "explanation": link(row["id"], "explanation")}
        if depth > 1:
            behind = await look_behind(self.reading, self.dictionary, row["id"])
            assert behind is not None, "it was read in the same snapshot"
            told["inputs"] = await self.of(behind, depth - 1)
        return told


def _ids(item: Input | Beneath, view: View) -> list[str]:
    views = [view] if isinstance(item, Input) else view.children(item)
    places = {place for one in views for each in inputs_of(item) for place in one.places(each)}
    return ["|".join(place) for place in sorted(places)]


def link(cell: str, what: str) -> str:
    """Return where more is told of a measured value."""
    return f"{BASE}/measurements/{quote(cell, safe='/:')}/{what}"


def record_link(entity: str, key: str) -> str:
    """Return where a record is read."""
    return f"{BASE}/records/{entity}/{quote(key, safe='')}"
