"""How a kind of document of the target service is described: fields, filters, steps, rights.

Source: contract of the target service; which page has what is our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.portal.domain.documents import Part

WRITE: Final = "target:write"
TAKE_PART: Final = "target:take-part"
APPROVE: Final = "target:approve"

SCOPE_KINDS: Final = ("school", "unit", "major", "course", "class", "group", "teacher", "student")
PERIOD_KINDS: Final = ("day", "week", "month", "term", "ayear", "year", "plan", "span")
LEVELS: Final = ("school", "major", "course", "teacher", "student")
TIERS: Final = ("floor", "qualified", "good", "benchmark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody does to one of them, at a path below it."""

    name: str
    needs: tuple[str, ...] = (APPROVE,)
    """Permissions of which one is enough."""

    states: tuple[str, ...] = ()
    """In which states it is offered; none: in each."""

    takes: tuple[str, ...] = ()
    """Fields of its form."""

    says: tuple[tuple[str, Any], ...] = ()
    """What its form says by itself."""

    path: str = ""
    """Its path, where it is not its name."""

    is_grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Documents of one kind."""

    name: str
    """As the service calls them: their path."""

    page: str
    """Path of the page that lists them."""

    parts: tuple[Part, ...]
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What they can be restricted by; no choices: any text."""

    steps: tuple[Step, ...] = ()
    writes: tuple[str, ...] = (WRITE,)
    """Permissions of which one is enough to write."""

    state: str = ""
    """The field that says how it stands."""

    has_versions: bool = True
    is_wrapped: bool = False
    """The service answers what was sent below ``document``."""

    is_changed: bool = True
    """It can be written again under its key."""

    withdrawal: str = "plain"
    """How it is taken back: ``plain``, with a ``reason``, or not at all (empty)."""

    def part(self, name: str) -> Part | None:
        """Return a part by its name."""
        return next((each for each in self.parts if each.name == name), None)

    def step(self, name: str) -> Step | None:
        """Return a step by its name."""
        return next((each for each in self.steps if each.name == name), None)


def part(name: str, kind: Any = "line", *, word: str = "", **more: Any) -> Part:
    """Return a part that goes by the last name of its path, where it has no word of its own."""
    return Part(name=name, word=f"d-{word or name.rpartition('.')[2]}", kind=kind, **more)


def key(example: str = "") -> Part:
    """Return the key, under which a document stays."""
    return part("key", needed=True, fixed=True, example=example)


TITLE: Final = part("title", needed=True)
SCOPE: Final = part("scope", "scope", needed=True, example="school/19001")
PERIOD: Final = part("period", needed=True, example="year:2026")
BASIS: Final = (
    part("basis.document", word="document"),
    part("basis.clause", word="clause"),
)
