"""What a definition is for. Source: design "The spiral" 2."""

from typing import ClassVar

from shared.errors import DomainError, ErrorKind
from spiral_service.domain.definitions.model import Definition


class UnsuitedError(DomainError):
    """A definition is for scopes or periods of other kinds."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "definition-unsuited"
    title_zh: ClassVar = "定义不适用于该对象或周期"
    title_en: ClassVar = "The definition is not for that scope or period"


def check_suits(definition: Definition, scope: str, period: str) -> None:
    """Refuse a scope or a period that a definition is not for; both are told at once.

    Raises:
        UnsuitedError: it is not for one of them.
    """
    wanted = {
        "$.scope": (definition.kinds, scope.partition("/")[0]),
        "$.period": (definition.periods, period.partition(":")[0]),
    }
    faults = {
        path: [f"{definition.reference} 只用于 {' '.join(kinds)} (only for these kinds)"]
        for path, (kinds, kind) in wanted.items()
        if kinds and kind not in kinds
    }
    if faults:
        raise UnsuitedError(
            f"{definition.reference} 不适用于 {scope}、{period}",
            f"{definition.reference} is not for {scope} and {period}",
            fields=faults,
        )
