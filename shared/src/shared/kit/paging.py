"""The two styles of paging, never mixed: ``limit/offset`` and ``pageSize/pageToken``."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

import msgspec
from fastapi import Query, Request, Response

from shared.errors import DomainError, ErrorKind

MAX_PAGE: Final = 1000
_PLACES: Final = frozenset({"pageSize", "pageToken"})
"""Parameters that say where in an answer one is, not what is asked."""

INT64: Final = 2**63 - 1
"""What PostgreSQL takes as a bigint; a larger number is refused at the door."""


class MixedPagingError(DomainError):
    """Both styles of paging were asked for at once."""

    kind: ClassVar = ErrorKind.MALFORMED
    code: ClassVar = "paging-mixed"
    title_zh: ClassVar = "分页方式混用"
    title_en: ClassVar = "Paging styles mixed"


class PageTokenError(DomainError):
    """A page token that this service did not give, or gave for another question."""

    kind: ClassVar = ErrorKind.MALFORMED
    code: ClassVar = "page-token"
    title_zh: ClassVar = "分页标记无效"
    title_en: ClassVar = "Unknown page token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What page a caller wants."""

    limit: int
    offset: int
    total_count: bool
    after: list[Any] | None
    """Sort values of the last row of the page before; None on the first page."""

    by_token: bool
    """The caller pages by token: answer with one when there is more."""

    question: str
    """What is asked, path and filters and order: a token is good for the same question only."""


async def page(
    request: Request,
    limit: Annotated[int | None, Query(ge=1, le=MAX_PAGE)] = None,
    offset: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
    total_count: Annotated[bool | None, Query(alias="totalCount")] = None,
    page_size: Annotated[int | None, Query(alias="pageSize", ge=1, le=MAX_PAGE)] = None,
    page_token: Annotated[str | None, Query(alias="pageToken", max_length=2000)] = None,
) -> Page:
    """Read the paging parameters of a request.

    Raises:
        MixedPagingError: both styles at once.
        PageTokenError: the token is not one of ours, or was given for another question.
    """
    by_offset = limit is not None or offset is not None or total_count is not None
    by_token = page_size is not None or page_token is not None
    if by_offset and by_token:
        raise MixedPagingError(
            "limit/offset 与 pageSize/pageToken 只能用一种",
            "use limit/offset or pageSize/pageToken, not both",
        )
    question = question_of(request.url.path, request.query_params.multi_items())
    return Page(
        limit=(page_size if by_token else limit) or 50,
        offset=offset or 0,
        total_count=bool(total_count),
        after=decode_token(page_token, question) if page_token else None,
        by_token=by_token,
        question=question,
    )


def question_of(path: str, query: Iterable[tuple[str, str]]) -> str:
    """Return a short digest of what is asked, whatever page of the answer is wanted."""
    asked = sorted(pair for pair in query if pair[0] not in _PLACES)
    return hashlib.sha256(msgspec.json.encode([path, asked])).hexdigest()[:16]


def encode_token(after: list[Any], question: str) -> str:
    """Return the opaque token of the page after the row with these sort values."""
    return base64.urlsafe_b64encode(msgspec.json.encode([question, after])).decode().rstrip("=")


def decode_token(token: str, question: str) -> list[Any]:
    """Return the sort values inside a token.

    Raises:
        PageTokenError: it is not one of ours, or was given for another question.
    """
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        asked, after = msgspec.json.decode(raw, type=tuple[str, list[Any]])
    except (binascii.Error, ValueError, RecursionError, msgspec.DecodeError) as error:
        raise _unknown_token() from error
    if asked != question:
        raise PageTokenError(
            "pageToken 属于另一个问题：路径、筛选与排序须与取得它时相同",
            "the pageToken belongs to another question: path, filters and order must be the same",
            fields={"query.pageToken": ["属于另一个问题 (of another question)"]},
            fixes=["去掉 pageToken，从第一页读起 (leave it out and begin with the first page)"],
        )
    return after


def answer_page(
    response: Response, wanted: Page, *, total: int | None, next_after: list[Any] | None
) -> None:
    """Set the paging headers of an answer."""
    if total is not None:
        response.headers["Total-Count"] = str(total)
    if wanted.by_token and next_after is not None:
        response.headers["Next-Page-Token"] = encode_token(next_after, wanted.question)


def after_number(wanted: Page) -> int | None:
    """Return the number that the page token holds; None on the first page.

    Raises:
        PageTokenError: it holds something else.
    """
    match wanted.after:
        case None:
            return None
        case [int(number)] if not isinstance(number, bool) and abs(number) <= INT64:
            return number
        case _:
            raise _unknown_token()


def after_text(wanted: Page) -> str | None:
    """Return the text that the page token holds; None on the first page.

    Raises:
        PageTokenError: it holds something else.
    """
    match wanted.after:
        case None:
            return None
        case [str(text)] if "\0" not in text:
            return text
        case _:
            raise _unknown_token()


def _unknown_token() -> PageTokenError:
    return PageTokenError("pageToken 不是本服务给出的", "this service did not give that pageToken")
