"""The base of every domain error, and the kinds the edges translate."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar


class ErrorKind(StrEnum):
    """What went wrong, in words that HTTP and the event bus both understand."""

    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    PRECONDITION = "precondition"
    INVALID = "invalid"
    MALFORMED = "malformed"
    FORBIDDEN = "forbidden"
    UNAUTHENTICATED = "unauthenticated"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    TOO_MANY = "too-many"
    UNAVAILABLE = "unavailable"


class DomainError(Exception):
    """A refusal that the caller can understand and act on.

    Subclasses live beside the rule that raises them and set ``kind`` and ``code``.
    ``code`` is part of the API: clients match on it, so it never changes.

    Args:
        zh: what is wrong, in Chinese, for people.
        en: the same in English.
        fields: reasons per JSON path (``$.items[0].weight``), all of them at once.
        fixes: what the caller can do about it, one step each.
        retry_after: seconds after which trying again makes sense.
        location: where what was asked for is now.
    """

    kind: ClassVar[ErrorKind]
    code: ClassVar[str]
    title_zh: ClassVar[str] = ""
    title_en: ClassVar[str] = ""

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        fixes: Sequence[str] = (),
        retry_after: int | None = None,
        location: str | None = None,
    ) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.fields = {path: list(reasons) for path, reasons in (fields or {}).items()}
        self.fixes = list(fixes)
        self.retry_after = retry_after
        self.location = location


class UnavailableError(DomainError):
    """Something the service needs is away for a while: try again, nothing was done."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "unavailable"
    title_zh: ClassVar = "服务暂不可用"
    title_en: ClassVar = "Temporarily unavailable"


class UnknownReferenceError(DomainError):
    """A request names something of another service of which this one has heard nothing."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "reference-unknown"
    title_zh: ClassVar = "引用的内容不存在"
    title_en: ClassVar = "What it refers to does not exist"


def no_such(zh: str, en: str, key: str, like: Sequence[str]) -> str:
    """Return the reason that there is no such thing, and which there are that may be meant."""
    there = f"，已有 {'、'.join(like)}" if like else ""
    return f"没有{zh} {key}{there} (no such {en})"
