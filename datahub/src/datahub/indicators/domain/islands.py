"""Which indicators no system feeds, and which systems feed no indicator: islands.

Source: plan §三 "data islands"; that an entity which an indicator only looks up does not make an
island is our default.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from datahub.indicators.domain.definition import Indicator

State = Literal["delivered", "silent", "no-feed"]
"""``silent``: a feed is there, and no record ever came; ``no-feed``: nobody was to deliver it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """Who delivers the records of one entity."""

    feeds: Sequence[Mapping[str, Any]]
    has_records: bool

    @property
    def state(self) -> State:
        """How it stands with the records."""
        if self.has_records:
            return "delivered"
        return "silent" if self.feeds else "no-feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An entity that an indicator needs, itself or by what it takes."""

    entity: str
    is_counted: bool
    """Its records are counted; else references are only followed to them."""

    by: tuple[str, ...]
    """The indicators whose formulas read it."""


def needs_of(indicator: Indicator, known: Mapping[str, Indicator]) -> list[Need]:
    """Return the entities behind an indicator, by name, those behind what it takes among them."""
    behind = [known[name] for name in sorted(_behind(indicator, known))]
    names = sorted(set().union(*(each.reads for each in behind)))
    return [
        Need(
            entity=name,
            is_counted=any(name in each.entities for each in behind),
            by=tuple(each.id for each in behind if name in each.reads),
        )
        for name in names
    ]


def missing_of(needs: Iterable[Need], supplies: Mapping[str, Supply]) -> dict[str, State]:
    """Return the counted entities of which no record ever came, and how it stands with them."""
    states = {each.entity: supplies[each.entity].state for each in needs if each.is_counted}
    return {name: state for name, state in states.items() if state != "delivered"}


def is_island(needs: Iterable[Need], supplies: Mapping[str, Supply]) -> bool:
    """Return whether no system at all feeds an indicator."""
    counted = [each for each in needs if each.is_counted]
    return len(missing_of(counted, supplies)) == len(counted)


def _behind(indicator: Indicator, known: Mapping[str, Indicator]) -> set[str]:
    found: set[str] = set()
    left = [indicator.id]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += known[name].others
    return found
