"""The crossing rule: the routine loop may change tasks, never a goal or a standard.

The two loops share design, organise and implement. What is wrong with a goal or a standard is
proposed in the stage loop: to innovate and to improve.
Source: design "The spiral" 1; plan figure 2.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind

_REMEDY: Final = (
    "在阶段改进（创新、改进环节）中提出目标或标准的变更"
    " (propose in the stage loop: innovate and improve change goals and standards)"
)
_MAY_CHANGE: Final = frozenset({"task"})


class CrossingRuleError(DomainError):
    """Something in the routine loop would touch a goal or a standard."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "crossing-rule"
    title_zh: ClassVar = "常态纠偏不能改动目标或标准"
    title_en: ClassVar = "The routine loop never changes a goal or a standard"

    @classmethod
    def to_step(cls, zh: str, en: str) -> "CrossingRuleError":
        """Return the refusal of a move back to a step that the loops do not share."""
        return cls(
            f"常态纠偏不能退回“{zh}”", f"the routine loop never goes back to {en}", fixes=[_REMEDY]
        )


def check_crossing(changes: Sequence[Mapping[str, str]], path: str = "$.changes") -> None:
    """Refuse what a correction would change beside tasks; all of it at once.

    Args:
        changes: ``kind`` and ``key`` of what is to change.

    Raises:
        CrossingRuleError: one of them is no task.
    """
    barred = {
        f"{path}[{at}].kind": [
            f"只能改任务，不能改 {each['kind']} {each['key']} (only tasks, no {each['kind']})"
        ]
        for at, each in enumerate(changes)
        if each["kind"] not in _MAY_CHANGE
    }
    if barred:
        raise CrossingRuleError(
            "纠偏只能调整任务，不能改动目标或标准",
            "a correction may change tasks, never a goal or a standard",
            fields=barred,
            fixes=[_REMEDY],
        )
