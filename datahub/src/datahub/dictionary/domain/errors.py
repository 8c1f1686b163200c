"""What a dictionary does not hold. Source: contract "Errors"."""

from typing import ClassVar

from shared.errors import DomainError, ErrorKind


class EntityUnknownError(DomainError):
    """The dictionary has no such entity."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "unknown-entity"
    title_zh: ClassVar = "没有这个实体"
    title_en: ClassVar = "No such entity"


class CodeSetUnknownError(DomainError):
    """The dictionary has no such code set."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "unknown-code-set"
    title_zh: ClassVar = "没有这个代码集"
    title_en: ClassVar = "No such code set"
