"""The crossing rule: the two loops share design, organise and implement, and nothing else.

The routine loop may change tasks, never a goal or a standard; only the stage loop may.
Source: design "The spiral" 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from shared.errors import DomainError, ErrorKind

ChangedKind = Literal["task", "goal", "standard", "target"]
_REMEDY: Final = (
    "在阶段改进的创新、改进环节提出 (propose it in the stage loop: steps innovate and improve)"
)
_ZH: Final = {"goal": "目标", "standard": "标准", "target": "目标值"}


class CrossingRuleError(DomainError):
    """The routine loop would change what only the stage loop may."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "crossing-rule"
    title_zh: ClassVar = "常态纠偏不能改变目标或标准"
    title_en: ClassVar = "The routine loop cannot change a goal or a standard"

    @classmethod
    def to_step(cls, zh: str, en: str) -> "CrossingRuleError":
        """Return the refusal of a move back to a step that the loops do not share."""
        return cls(
            f"常态纠偏不能退回“{zh}”", f"the routine loop never goes back to {en}", fixes=[_REMEDY]
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What a measure changes."""

    kind: ChangedKind
    key: str


def check_crossing(changes: Sequence[Change]) -> None:
    """Refuse a measure of the routine loop that changes more than tasks.

    Raises:
        CrossingRuleError: with all that it may not change.
    """
    fields = {
        f"$.changes[{at}].kind": [_reason(each)]
        for at, each in enumerate(changes)
        if each.kind != "task"
    }
    if fields:
        raise CrossingRuleError(
            "纠偏只能调整任务，不能改变目标、目标值或标准",
            "a correction changes tasks alone, never a goal, a target or a standard",
            fields=fields,
            fixes=[
                "去掉这些变更，只调整任务 (leave these out and change tasks alone)",
                _REMEDY,
            ],
        )


def _reason(change: Change) -> str:
    zh = f"{_ZH[change.kind]} {change.key} 只能在阶段改进中变更"
    return f"{zh} (a {change.kind} is changed in the stage loop only)"
