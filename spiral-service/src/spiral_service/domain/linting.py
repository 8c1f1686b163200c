"""What contradicts itself in a definition: all of it at once, by JSON path.

A definition that passes can be walked from its first step to an end, every gate of it can hold,
and every clock has somebody to remind.
Source: design "The spiral" 5; what is looked for beyond it is our default.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from shared.contracts.vocabulary import OWNER_ROLE_ZH
from shared.errors import DomainError, ErrorKind
from spiral_service.domain.definitions.model import Definition, Gate, Rung, Step, Unit
from spiral_service.domain.gates import CHECKS
from spiral_service.domain.gates.base import Parameter

Fault = tuple[str, str]
"""JSON path and reason."""

KINDS = ("school", "unit", "major", "course", "class", "group", "teacher", "student")
"""Kinds of scope that a cycle can be about."""

_HOURS: Mapping[Unit, tuple[int, int]] = {
    "working_hour": (1, 6),
    "calendar_day": (24, 24),
    "working_day": (24, 48),
    "teaching_day": (24, 48),
    "teaching_week": (120, 240),
}
"""How many hours of the clock a unit lasts, at least and at most; holidays aside. Source: ours."""

_ONWARDS = "工作小时只能向后计"
PERIODS = ("week", "month", "term", "ayear", "year", "plan", "span")


class FaultyDefinitionError(DomainError):
    """A definition contradicts itself."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "definition-faulty"
    title_zh: ClassVar = "定义自相矛盾"
    title_en: ClassVar = "The definition contradicts itself"


def refuse_faulty(definition: Definition) -> None:
    """Refuse a definition that contradicts itself.

    Raises:
        FaultyDefinitionError: it does; everything is named at once.
    """
    faults = by_path(lint(definition))
    if faults:
        name = definition.definition
        count = sum(len(each) for each in faults.values())
        raise FaultyDefinitionError(
            f"定义 {name} 有 {count} 处自相矛盾",
            f"{name} contradicts itself in {count} places",
            fields=faults,
        )


def by_path(faults: Sequence[Fault]) -> dict[str, list[str]]:
    """Return the reasons by path, in the order in which they were found."""
    found: dict[str, list[str]] = {}
    for path, reason in faults:
        found.setdefault(path, []).append(reason)
    return found


def lint(definition: Definition) -> list[Fault]:
    """Return every fault of a definition."""
    return [
        *_whole(definition),
        *_roles(definition),
        *_ways("$.steps", definition.start, definition.steps),
        *_steps("$.steps", definition, definition.steps),
        *_routine(definition),
        *_clocks(definition),
        *_ladder(definition),
    ]


def _whole(definition: Definition) -> Iterator[Fault]:
    for name, known in (("kinds", KINDS), ("periods", PERIODS)):
        for at, each in enumerate(getattr(definition, name)):
            if each not in known:
                yield f"$.{name}[{at}]", f"{' '.join(known)} 之一 (one of these)"
    if definition.find(definition.start) is None:
        yield "$.start", f"没有环节 {definition.start} (no such step)"


def _roles(definition: Definition) -> Iterator[Fault]:
    for name, role in definition.roles.items():
        for at, each in enumerate(role.held_by):
            if each not in OWNER_ROLE_ZH and not each.startswith("body/"):
                known = " ".join(OWNER_ROLE_ZH)
                yield (
                    f"$.roles.{name}.held_by[{at}]",
                    f"没有角色 {each}，可用 {known} 或 body/… (no such role)",
                )


def _ways(path: str, start: str, steps: Sequence[Step]) -> Iterator[Fault]:
    ways = {each.step: list(each.next) for each in steps}
    reached = _reached(start, ways)
    ends = {step for step, following in ways.items() if not following}
    back = {step: [each for each, names in ways.items() if step in names] for step in ways}
    can_end = set().union(*(_reached(end, back) for end in ends)) if ends else set()
    seen: set[str] = set()
    for at, each in enumerate(steps):
        if each.step in seen:
            yield f"{path}[{at}].step", f"{each.step} 写了两次 (given twice)"
        seen.add(each.step)
        for place, name in enumerate(each.next):
            if name not in ways:
                yield f"{path}[{at}].next[{place}]", f"没有环节 {name} (no such step)"
        if each.step not in reached:
            yield f"{path}[{at}]", f"没有路径到达 {each.step} (no way leads here)"
        elif each.step not in can_end:
            yield (
                f"{path}[{at}].next",
                f"从 {each.step} 走不到终点：环路没有出口 (loop without exit)",
            )


def _reached(start: str, ways: Mapping[str, Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        step = waiting.pop()
        if step not in reached:
            reached.add(step)
            waiting += ways.get(step, [])
    return reached & ways.keys()


def _steps(path: str, definition: Definition, steps: Sequence[Step]) -> Iterator[Fault]:
    before = _asked_before(definition)
    for at, step in enumerate(steps):
        here = f"{path}[{at}]"
        if step.phase is not None and step.phase.id not in definition.phases:
            yield f"{here}.phase", f"没有阶段 {step.phase.id} (no such phase)"
        yield from _unknown(f"{here}.roles", step.roles, definition.roles, "角色", "role")
        yield from _unknown(f"{here}.evidence", step.evidence, definition.evidence, "佐证", "kind")
        if step.form is not None and step.form not in definition.forms:
            yield f"{here}.form", f"没有表单 {step.form} (no such form)"
        for place, gate in enumerate(step.gates):
            asked = before.get(step.step, set(definition.forms))
            yield from _gate(f"{here}.gates[{place}]", gate, definition, asked)


def _gate(path: str, gate: Gate, definition: Definition, asked: Collection[str]) -> Iterator[Fault]:
    check = CHECKS.get(gate.check)
    if gate.role is not None and gate.role not in definition.roles:
        yield path, f"没有角色 {gate.role} (no such role)"
    if check is None:
        yield path, f"没有放行条件 {gate.check}，可用 {' '.join(CHECKS)} (no such gate)"
        return
    for name in gate.parameters.keys() - check.parameters.keys():
        yield path, f"{gate.check} 没有参数 {name} (no such parameter)"
    for name, parameter in check.parameters.items():
        reason = _fault_of(parameter, gate.parameters.get(name))
        if reason:
            yield path, f"{name}：{reason}"
    form = gate.parameters.get("form")
    if isinstance(form, str) and "form" in check.parameters and form not in asked:
        yield path, f"到此为止没有环节要求填写 {form}：永远不能满足 (it can never hold)"


def _fault_of(parameter: Parameter, value: Any) -> str | None:
    if value is None:
        return "必须给出 (must be given)" if parameter.required else None
    if not isinstance(value, parameter.type) or (parameter.type is not bool and value is True):
        return f"应为 {parameter.type.__name__} (wrong type)"
    if parameter.choices and value not in parameter.choices:
        return f"{' '.join(parameter.choices)} 之一，否则永远不能满足 (it can never hold)"
    return None


def _asked_before(definition: Definition) -> dict[str, set[str]]:
    """Return by step the forms that are asked for there, or on a way that leads there."""
    ways = {each.step: list(each.next) for each in definition.steps}
    forms = {each.step: each.form for each in definition.steps if each.form}
    return {
        step: {form for other, form in forms.items() if step in _reached(other, ways)}
        for step in ways
    }


def _routine(definition: Definition) -> Iterator[Fault]:
    loop = definition.routine_loop
    if definition.find(loop.inside) is None:
        yield "$.routine_loop.inside", f"没有环节 {loop.inside} (no such step)"
    for at, step in enumerate(loop.back_to):
        path = f"$.routine_loop.back_to[{at}]"
        if definition.find(step) is None:
            yield path, f"没有环节 {step} (no such step)"
        elif step in {"goal", "standard"}:
            yield path, "常态纠偏不能退回目标或标准 (the routine loop never goes back there)"
    if not loop.steps:
        yield "$.routine_loop.steps", "常态纠偏没有环节 (it has no steps)"
        return
    yield from _ways("$.routine_loop.steps", loop.steps[0].step, loop.steps)
    yield from _steps("$.routine_loop.steps", definition, loop.steps)


def _clocks(definition: Definition) -> Iterator[Fault]:
    ids = [each.id for each in definition.clocks]
    for at, clock in enumerate(definition.clocks):
        path = f"$.clocks[{at}]"
        if clock.id in ids[:at]:
            yield f"{path}.clock", f"{clock.id} 写了两次 (given twice)"
        if not clock.role:
            yield f"{path}.role", "时钟没有责任角色 (a clock without an owner)"
        elif clock.role not in definition.roles:
            yield (
                f"{path}.role",
                f"没有角色 {clock.role}：时钟没有责任人 (a clock without an owner)",
            )
        if definition.find(clock.step) is None:
            yield f"{path}.step", f"没有环节 {clock.step} (no such step)"
        if clock.unit == "working_hour" and clock.amount < 0:
            yield f"{path}.amount", f"{_ONWARDS} (working hours count onwards only)"
        if clock.origin == "step_entered" and clock.amount <= 0:
            yield f"{path}.amount", "从进入环节起算须大于 0 (more than 0 after a step was entered)"


def _ladder(definition: Definition) -> Iterator[Fault]:
    for at, rung in enumerate(definition.escalation):
        if rung.role not in definition.roles:
            yield f"$.escalation[{at}].role", f"没有角色 {rung.role} (no such role)"
        if rung.unit == "working_hour" and rung.after < 0:
            yield f"$.escalation[{at}].after", f"{_ONWARDS} (working hours count onwards only)"
        below = definition.escalation[:at]
        if any(_is_before(rung, each) for each in below):
            yield f"$.escalation[{at}].after", "须晚于下面各级 (later than the rungs before)"


def _is_before(rung: Rung, lower: Rung) -> bool:
    """Return whether a rung comes no later than a lower one; of another unit, whatever the week."""
    if rung.unit == lower.unit:
        return rung.after <= lower.after
    latest = max(rung.after * each for each in _HOURS[rung.unit])
    return latest < min(lower.after * each for each in _HOURS[lower.unit])


def _unknown(
    path: str, names: Sequence[str], known: Collection[str], zh: str, en: str
) -> Iterator[Fault]:
    for at, name in enumerate(names):
        if name not in known:
            yield f"{path}[{at}]", f"没有{zh} {name} (no such {en})"
