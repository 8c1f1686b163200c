"""A measure: one leg, counted for one kind of scope and period; indicators share them.

Source: design "Indicators" 2 and 4.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from typing_extensions import override

from datahub.dictionary.domain.entity import Entity
from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.definition import Grain, Leg, Spot
from datahub.indicators.domain.row import Constant, Operation, Path, Place, Row, Value

_ADDED_UP: Final = frozenset({"count", "count_distinct", "sum"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What is counted together: one entity, one place of the key, one place of the period."""

    entity: Entity = field(compare=False)
    name: str
    key: Place
    period_kind: str
    period: Place

    @property
    def span(self) -> tuple[str, Place]:
        """Kind of the period, and its place."""
        return self.period_kind, self.period

    @property
    def start(self) -> tuple[str, str | None, object]:
        """Return what shapes have in common that are best counted in one scan.

        The entity, the field from which the key starts (None where all have one key), and the
        period: years of a term are made of its terms.
        """
        field = self.key.names[0] if isinstance(self.key, Path) else None
        is_text = isinstance(self.period, Path) and self.period.kind is Kind.TEXT
        return self.name, field, self.period if is_text else self.span

    @property
    def paths(self) -> list[Path]:
        """Fields that decide to which group a row belongs."""
        return [each for each in (self.key, self.period) if isinstance(each, Path)]


@dataclass(frozen=True)
class Measure:
    """A leg, and the shape by which it is counted. Equal where their ids are."""

    shape: Shape
    leg: Leg

    @classmethod
    def of(cls, leg: Leg, grain: Grain, spot: Spot) -> "Measure":
        """Return the measure of a leg for a grain that is settled."""
        shape = Shape(leg.entity, leg.entity.name, spot.key, grain.period_kind, spot.period)
        return cls(shape, leg)

    @cached_property
    def id(self) -> str:
        """Identify it by what it says, across processes and versions of definitions."""
        shape, leg = self.shape, self.leg
        said = (
            *(shape.name, _place(shape.key), shape.period_kind, _place(shape.period)),
            *(leg.aggregate, _row(leg.value), _row(leg.where), str(leg.share)),
        )
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:20]

    @property
    def adds_up(self) -> bool:
        """Whether what changed rows add and take away can be added to what was counted."""
        return self.leg.aggregate in _ADDED_UP

    @property
    def paths(self) -> set[Path]:
        """Every field that it reads."""
        return {*self.leg.paths, *self.shape.paths}

    @cached_property
    def reads(self) -> frozenset[str]:
        """Entities whose records it reads: the one that is counted, and those it refers to."""
        steps = (step.entity for path in self.paths for step in path.steps)
        return frozenset({self.shape.name, *steps})

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measure) and other.id == self.id

    @override
    def __hash__(self) -> int:
        return hash(self.id)


def _place(place: Place) -> str:
    assert isinstance(place, Path | Constant), "what is of the present was settled before"
    return f"={place.value}" if isinstance(place, Constant) else _row(place)


def _row(row: Row | None) -> str:
    match row:
        case None:
            return ""
        case Path():
            return ".".join(row.names)
        case Value(kind, text):
            return f"{kind}:{text!r}"
        case Operation(op, _, operands):
            return f"{op}({', '.join(_row(each) for each in operands)})"
