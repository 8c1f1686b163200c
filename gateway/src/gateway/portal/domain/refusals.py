"""What a service has against something that somebody did on a page.

Source: contract "Problems": every refusal is a problem document, with a place for each fault.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from shared.errors import DomainError, ErrorKind


class RefusedError(DomainError):
    """What is there does not allow it, or another person has to do it."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "act-refused"
    title_zh: ClassVar = "没有完成"
    title_en: ClassVar = "Not done"


class InvalidError(RefusedError):
    """What was filled in is wrong."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "act-invalid"


class GoneError(RefusedError):
    """There is no such thing."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "act-gone"


def refusal(status: int, said: Mapping[str, Any]) -> RefusedError:
    """Return the refusal that a service's answer tells of."""
    detail = "；".join([str(said.get("detail", status)), *map(str, said.get("fixes", ()))])
    kind = {404: GoneError, 422: InvalidError}.get(status, RefusedError)
    return kind(detail, detail, fields=said.get("validationErrors"))
