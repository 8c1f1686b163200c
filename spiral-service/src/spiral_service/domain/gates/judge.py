"""Judge the gates of a step. Source: design "The spiral", steps and gates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shared.errors import DomainError, ErrorKind
from spiral_service.domain.definitions.model import Gate, Step
from spiral_service.domain.gates import CHECKS
from spiral_service.domain.gates.base import Blocker, Facts, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a gate says."""

    gate: Gate
    blockers: Sequence[Blocker]
    roles: Sequence[str]
    """Roles of the definition that can lift it."""

    persons: Sequence[str]
    """Who holds them in this cycle."""

    seen: Sequence[Seen]
    """The facts that it was judged on."""

    @property
    def holds(self) -> bool:
        """Return whether nothing stands in the way."""
        return not self.blockers


class GateBlockedError(DomainError):
    """A gate of the step does not hold."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "gate-blocked"
    title_zh: ClassVar = "环节的放行条件未满足"
    title_en: ClassVar = "A gate of the step does not hold"


def judge(step: Step, facts: Facts, owners: Mapping[str, Sequence[str]]) -> list[Verdict]:
    """Return what each gate of a step says.

    Args:
        owners: who holds each role of the definition in the cycle.
    """
    return [_judge(gate, step, facts, owners) for gate in step.gates]


def refuse_blocked(verdicts: Sequence[Verdict]) -> None:
    """Refuse to leave a step while a gate blocks; everything in the way is named at once.

    Raises:
        GateBlockedError: one does.
    """
    blocking = [each for each in verdicts if not each.holds]
    if not blocking:
        return
    count = sum(len(each.blockers) for each in blocking)
    raise GateBlockedError(
        f"还有 {count} 项未满足：{'；'.join(each.gate.zh for each in blocking)}",
        f"{count} things are in the way: {'; '.join(each.gate.en for each in blocking)}",
        fields={
            f"$.gates.{each.gate.id}": [f"{one.zh} ({one.en})" for one in each.blockers]
            for each in blocking
        },
        fixes=[_fix(each) for each in blocking],
    )


def sentences(verdicts: Sequence[Verdict]) -> list[str]:
    """Return what stands in the way, one sentence each."""
    return [f"{one.zh} ({one.en})" for each in verdicts for one in each.blockers]


def _judge(gate: Gate, step: Step, facts: Facts, owners: Mapping[str, Sequence[str]]) -> Verdict:
    check = CHECKS[gate.check]
    roles = [gate.role] if gate.role else list(step.roles)
    looked_at: list[Any] = [each for name in check.reads for each in getattr(facts, name)]
    return Verdict(
        gate=gate,
        blockers=check.judge(facts, gate.parameters),
        roles=roles,
        persons=sorted({person for role in roles for person in owners.get(role, ())}),
        seen=[Seen(kind=each.kind, key=each.key, version=each.version) for each in looked_at],
    )


def _fix(verdict: Verdict) -> str:
    who = "、".join(verdict.persons) or "、".join(verdict.roles) or "责任人"
    return f"由 {who} 落实“{verdict.gate.zh}” ({who}: {verdict.gate.en})"
