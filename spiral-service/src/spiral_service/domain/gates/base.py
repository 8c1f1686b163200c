"""Facts of other services that gates are judged on, and what stands in the way.

Source: design "The spiral", steps and gates.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal[
    "goal",
    "binding",
    "task",
    "attainment",
    "assessment",
    "alert",
    "correction",
    "form",
    "diagnosis",
    "lesson",
    "proposal",
    "measure",
    "next_goal",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A fact that was looked at, in the version that it had."""

    kind: str
    key: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Seen):
    """A fact of another service as it was told last."""

    title: str = ""
    owner: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    """What its kind says: see ``usecases.facts``, where events become facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that gates of one cycle are judged on; what is withdrawn or cancelled is not among it."""

    scope: str
    goals: Sequence[Fact] = ()
    bindings: Sequence[Fact] = ()
    tasks: Sequence[Fact] = ()
    attainments: Sequence[Fact] = ()
    assessments: Sequence[Fact] = ()
    alerts: Sequence[Fact] = ()
    corrections: Sequence[Fact] = ()
    """Those of the cycle that are open."""

    forms: Sequence[Fact] = ()
    """What was filed in the cycle."""

    diagnoses: Sequence[Fact] = ()
    lessons: Sequence[Fact] = ()
    proposals: Sequence[Fact] = ()
    measures: Sequence[Fact] = ()
    """Those that were proposed in the cycle, not those that it was handed."""

    next_goals: Sequence[Fact] = ()
    """Later goals of the scope on the indicators of its goals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One thing in the way, by its key."""

    kind: Kind
    key: str
    """Of the thing; the scope where nothing is there at all."""

    zh: str
    en: str
    owner: str = ""
    """Whose it is; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a parameter of a check may be."""

    type: type
    choices: Sequence[str] = ()
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule that gates name."""

    judge: Callable[[Facts, Mapping[str, Any]], list[Blocker]]
    reads: Sequence[str]
    """Fields of `Facts` that it looks at: the audit keeps their versions."""

    parameters: Mapping[str, Parameter] = field(default_factory=dict)


NONE_YET: Final = "还没有"


def none_of(kind: Kind, facts: Facts, zh: str, en: str) -> Blocker:
    """Return that nothing of a kind is there."""
    return Blocker(kind=kind, key=facts.scope, zh=f"{NONE_YET}{zh}", en=f"there is no {en} yet")


def blocks(kind: Kind, fact: Fact, zh: str, en: str) -> Blocker:
    """Return that a fact is not as it should be."""
    name = f"{fact.title or fact.key}"
    return Blocker(
        kind=kind, key=fact.key, owner=fact.owner, zh=f"{name}：{zh}", en=f"{fact.key}: {en}"
    )
