"""Definitions of the spiral: steps, gates and loops as data, checked before they are used.

Source: plan §三(三), figures 2 and 3; design "The spiral".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shared.errors import DomainError, ErrorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A thing with an identifier and its names."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a loop."""

    step: str
    zh: str
    en: str
    phase: Named | None
    """None inside the routine loop, which as a whole lies in the middle phase."""

    gates: tuple[Named, ...]
    """What must exist before the step may be left."""

    next: tuple[str, ...]
    """Steps that may follow; none after the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutineLoop:
    """The inner loop that corrects while the work goes on (常态纠偏)."""

    zh: str
    en: str
    inside: str
    """The step of the stage loop during which it runs."""

    back_to: tuple[str, ...]
    """Steps of the stage loop that a correction may send work back to."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A version of a definition."""

    definition: str
    version: int
    zh: str
    en: str
    start: str
    steps: tuple[Step, ...]
    routine_loop: RoutineLoop

    @property
    def reference(self) -> str:
        """Name and version as one word: ``figure_eight@1``."""
        return f"{self.definition}@{self.version}"


class FaultyDefinitionError(DomainError):
    """A definition contradicts itself."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "definition-faulty"
    title_zh: ClassVar = "定义自相矛盾"
    title_en: ClassVar = "The definition contradicts itself"


class UnknownStepError(DomainError):
    """The definition has no such step."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "step-unknown"
    title_zh: ClassVar = "没有这个环节"
    title_en: ClassVar = "No such step"


class IllegalMoveError(DomainError):
    """No way leads from the one step to the other."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "move-illegal"
    title_zh: ClassVar = "不能这样流转"
    title_en: ClassVar = "No such move"


def read_definition(document: Mapping[str, Any]) -> Definition:
    """Return the definition that a document (TOML or JSON, parsed) describes.

    Raises:
        FaultyDefinitionError: it contradicts itself; all contradictions are named at once.
    """
    phases = _named(document["phases"])
    gates = _named(document["gates"])
    loop = document["routine_loop"]
    faults = [*_undeclared(document["steps"], gates, phases), *_undeclared(loop["steps"], gates)]
    faults += _broken_ways(document["start"], document["steps"])
    faults += _broken_ways(loop["steps"][0]["step"], loop["steps"])
    known = {step["step"] for step in document["steps"]}
    faults += [
        f"no step {step}" for step in (loop["inside"], *loop["back_to"]) if step not in known
    ]
    if faults:
        raise FaultyDefinitionError("；".join(faults), "; ".join(faults), fields={"$": faults})
    return Definition(
        definition=document["definition"],
        version=document["version"],
        zh=document["zh"],
        en=document["en"],
        start=document["start"],
        steps=_steps(document["steps"], gates, phases),
        routine_loop=RoutineLoop(
            zh=loop["zh"],
            en=loop["en"],
            inside=loop["inside"],
            back_to=tuple(loop["back_to"]),
            steps=_steps(loop["steps"], gates, {}),
        ),
    )


def next_steps(definition: Definition, step: str) -> tuple[Step, ...]:
    """Return the steps of the stage loop that may follow ``step``; none after the last one.

    Raises:
        UnknownStepError: the definition has no such step.
    """
    by_name = {each.step: each for each in definition.steps}
    if step not in by_name:
        raise UnknownStepError(
            f"{definition.reference} 没有环节 {step}", f"{definition.reference} has no step {step}"
        )
    return tuple(by_name[name] for name in by_name[step].next)


def check_move(definition: Definition, left: str, entered: str) -> None:
    """Refuse a move that the definition does not know; its gates are another question.

    Raises:
        UnknownStepError: ``left`` is no step of the stage loop.
        IllegalMoveError: no way leads from ``left`` to ``entered``.
    """
    allowed = [step.step for step in next_steps(definition, left)]
    if entered not in allowed:
        raise IllegalMoveError(
            f"环节 {left} 之后不能进入 {entered}",
            f"{entered} does not follow {left}",
            fixes=[f"可进入 {step} (move to {step})" for step in allowed],
        )


def routine_step(open_corrections: int) -> str:
    """Return where the routine loop stands: it corrects while a correction is open."""
    return "correct" if open_corrections else "monitor"


def _named(entries: Mapping[str, Mapping[str, str]]) -> dict[str, Named]:
    return {name: Named(id=name, zh=entry["zh"], en=entry["en"]) for name, entry in entries.items()}


def _steps(
    entries: Sequence[Mapping[str, Any]], gates: Mapping[str, Named], phases: Mapping[str, Named]
) -> tuple[Step, ...]:
    return tuple(
        Step(
            step=entry["step"],
            zh=entry["zh"],
            en=entry["en"],
            phase=phases[entry["phase"]] if phases else None,
            gates=tuple(gates[name] for name in entry["gates"]),
            next=tuple(entry["next"]),
        )
        for entry in entries
    )


def _undeclared(
    entries: Iterable[Mapping[str, Any]],
    gates: Mapping[str, Named],
    phases: Mapping[str, Named] | None = None,
) -> list[str]:
    faults: list[str] = []
    for entry in entries:
        faults += [
            f"{entry['step']}: no gate {name}" for name in entry["gates"] if name not in gates
        ]
        if phases is not None and entry.get("phase") not in phases:
            faults.append(f"{entry['step']}: no phase {entry.get('phase')}")
    return faults


def _broken_ways(start: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ways that lead nowhere and the steps that no way reaches."""
    ways = {entry["step"]: list(entry["next"]) for entry in entries}
    faults = [
        f"{step}: no step {name}" for step, names in ways.items() for name in names
        if name not in ways
    ]  # fmt: skip
    if len(ways) != len(entries):
        faults.append("a step occurs twice")
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        step = waiting.pop()
        if step not in reached:
            reached.add(step)
            waiting += ways.get(step, [])
    faults += [f"{step}: no way leads here" for step in ways if step not in reached]
    return faults + [f"no step {step}" for step in reached - ways.keys() if step == start]
