"""What a formula says of one record: fields, over references, and what is made of them.

Source: design "Indicators" 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from datahub.dictionary.domain.entity import Field
from datahub.dictionary.domain.kind import KINDS, Kind

TODAY: Final = "today"
"""The present day on the campus."""

NULL_TEST: Final = "is_null"
"""The one operation that does not need its field."""


@dataclass(frozen=True, slots=True)
class Step:
    """A reference that is followed."""

    field: str
    entity: str
    """To which it leads."""


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A field of the counted entity, or of a record that references lead to."""

    field: Field
    steps: Steps = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the fields that are read on the way, one in each record."""
        return (*(step.field for step in self.steps), self.field.name)

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return KINDS[self.field.type]


@dataclass(frozen=True, slots=True)
class Constant:
    """A fixed key or period."""

    value: str


@dataclass(frozen=True, slots=True)
class School:
    """The college, to which every record belongs."""


@dataclass(frozen=True, slots=True)
class Present:
    """The period that is now: a stock counts for it."""


Place = Path | Constant | School | Present


@dataclass(frozen=True, slots=True)
class Value:
    """A fixed value of a row's expression, in the form in which a field of its kind keeps it."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Something made of values of one row: a sum, a comparison, a condition."""

    op: str
    kind: Kind
    operands: "tuple[Row, ...]"


Row = Path | Value | Operation
"""What is said of one row of the counted entity."""


def needed_paths(row: Row | None) -> Iterator[Path]:
    """Yield the fields without which a row says nothing; a null test does not need its field."""
    match row:
        case Path():
            yield row
        case Operation(op, _, operands) if op != NULL_TEST:
            for each in operands:
                yield from needed_paths(each)
        case _:
            return


def tested_paths(row: Row | None) -> Iterator[Path]:
    """Yield the fields of which it is asked whether there is a value."""
    match row:
        case Operation(op, _, (Path() as asked,)) if op == NULL_TEST:
            yield asked
        case Operation(_, _, operands):
            for each in operands:
                yield from tested_paths(each)
        case _:
            return


def read_paths(row: Row | None) -> Iterator[Path]:
    """Yield every field that is read."""
    match row:
        case Path():
            yield row
        case Operation(_, _, operands):
            for each in operands:
                yield from read_paths(each)
        case _:
            return


def reads_today(row: Row | None) -> bool:
    """Whether an expression is another one tomorrow."""
    match row:
        case Operation(op, _, operands):
            return op == TODAY or any(reads_today(each) for each in operands)
        case _:
            return False
