"""What the hub has against a value that somebody hands in, or decides on.

Source: design "Indicators" 6.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from shared.errors import DomainError, ErrorKind


class HandingRefusedError(DomainError):
    """What is there does not allow it, or another person has to do it."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "handing-refused"
    title_zh: ClassVar = "没有完成"
    title_en: ClassVar = "Not done"


class HandingInvalidError(HandingRefusedError):
    """What was filled in is wrong."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "handing-invalid"


class HandingGoneError(HandingRefusedError):
    """There is no such value."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "handing-gone"


def refusal(status: int, said: Mapping[str, Any]) -> HandingRefusedError:
    """Return the refusal that the hub's answer tells of."""
    detail = "；".join([str(said.get("detail", status)), *map(str, said.get("fixes", ()))])
    kind = {404: HandingGoneError, 422: HandingInvalidError}.get(status, HandingRefusedError)
    return kind(detail, detail, fields=said.get("validationErrors"))
