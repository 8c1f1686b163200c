"""How private an indicator is: as the most private of what it is made of, or more.

Source: design "Data hub" 7; that a definition may say more and never less is our default.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.row import Path


class Made(NamedTuple):
    """Something that an indicator is made of."""

    of: str
    """A field with its entity, or another indicator."""

    privacy: Privacy


def made_of(indicator: Indicator, known: Mapping[str, Indicator]) -> list[Made]:
    """Return the fields and indicators that an indicator is made of, the most private first."""
    found = dict.fromkeys([*_fields(indicator), *_others(indicator, known)])
    return sorted(found, key=lambda each: (-each.privacy.rank, each.of))


def most_private(classes: Iterable[Privacy]) -> Privacy:
    """Return the most private of some classes; `internal` where there are none above it."""
    return max([Privacy.INTERNAL, *classes], key=lambda each: each.rank)


def class_of(indicator: Indicator) -> Privacy:
    """Return the class of an indicator: that of the most private version in force."""
    return most_private(each.privacy for each in indicator.editions)


def _fields(indicator: Indicator) -> Iterator[Made]:
    for number, leg in enumerate(indicator.legs):
        spots = [grain.spots[number] for grain in indicator.grains]
        places = [place for spot in spots for place in (spot.key, spot.period)]
        for path in (*leg.paths, *(each for each in places if isinstance(each, Path))):
            name = ".".join([leg.entity.name, *path.names])
            yield Made(name, path.field.privacy)


def _others(indicator: Indicator, known: Mapping[str, Indicator]) -> Iterator[Made]:
    for name in indicator.others:
        yield Made(f"[{name}]", class_of(known[name]))
