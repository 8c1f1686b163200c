"""What no code would look at is refused, by name: query parameters, codings, charsets.

A misspelt ``dry_run`` that is dropped without a word writes, and so does ``dryRun=true`` before a
``dryRun=false``; a compressed body that is read as it lies is garbage. Source: contract "HTTP" 1
(unknown fields are refused by name, never dropped).
"""

import codecs
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from email.message import Message
from typing import Any, ClassVar, Final, TypeVar

from fastapi import Request
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params, request_params_to_args
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import QueryParams

from shared.errors import DomainError, ErrorKind

UNKNOWN_QUERY: Final = "query_unknown"
"""Type of the validation error of a parameter that its path does not know; ``ctx`` has the fix."""

REPEATED_QUERY: Final = "query_repeated"
"""Type of the validation error of a parameter that is given twice and read once."""

UTF8: Final = frozenset({"utf-8", "utf-8-sig", "ascii"})
"""Charsets that are read right as UTF-8."""


class ContentCodingError(DomainError):
    """The body is compressed, or coded in another way."""

    kind: ClassVar = ErrorKind.UNSUPPORTED
    code: ClassVar = "content-coding"
    title_zh: ClassVar = "不支持的内容编码"
    title_en: ClassVar = "Unsupported content coding"


class PreconditionNotTakenError(DomainError):
    """A write with a precondition that the operation does not look at."""

    kind: ClassVar = ErrorKind.PRECONDITION
    code: ClassVar = "precondition-not-taken"
    title_zh: ClassVar = "此操作不比对版本"
    title_en: ClassVar = "No precondition is taken"


class CharsetError(DomainError):
    """The body declares a charset other than the one by which it is read."""

    kind: ClassVar = ErrorKind.UNSUPPORTED
    code: ClassVar = "charset"
    title_zh: ClassVar = "字符集不符"
    title_en: ClassVar = "Another charset is read"


@dataclass(frozen=True, slots=True)
class Asked:
    """The query parameters that a route reads, itself or by what it depends on."""

    names: Sequence[str]
    parts: Sequence[Dependant]
    """Whoever reads some of them."""

    lists: frozenset[str] = frozenset()
    """Names of those that may be given more than once."""

    takes_rest: bool = False
    """A dependency reads every other parameter, and refuses those that it does not know."""

    headers: frozenset[str] = frozenset()
    """Headers that it names."""

    def faults(self, given: QueryParams) -> Sequence[Any]:
        """Return what is wrong with those parameters that are known."""
        return [
            error
            for part in self.parts
            for error in request_params_to_args(part.query_params, given)[1]
        ]


_TAKE_REST: Final[set[Any]] = set()

Dependency = TypeVar("Dependency", bound=Callable[..., Any])


def takes_rest(dependency: Dependency) -> Dependency:
    """Mark a dependency that reads whatever query parameters nobody else does, and refuses some."""
    _TAKE_REST.add(dependency)
    return dependency


def asked_by(dependant: Dependant) -> Asked:
    """Return which query parameters a route reads."""
    parts = [each for each in _with_dependencies(dependant) if each.query_params]
    fields = [
        field
        for part in parts
        for field in get_flat_params(Dependant(query_params=part.query_params))
    ]
    lists = frozenset(
        field.alias for field in fields if field_annotation_is_sequence(field.field_info.annotation)
    )
    takes_rest = any(each.call in _TAKE_REST for each in _with_dependencies(dependant))
    headers = {
        field.alias
        for part in _with_dependencies(dependant)
        for field in get_flat_params(Dependant(header_params=part.header_params))
    }
    names = [field.alias for field in fields]
    return Asked(names, parts, lists, takes_rest, frozenset(headers))


def _with_dependencies(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for each in dependant.dependencies:
        yield from _with_dependencies(each)


def refuse_unread(request: Request, asked: Asked) -> None:
    """Refuse a request that says what a route does not read.

    Raises:
        RequestValidationError: query parameters that are unknown, or given twice though one is
            read, and whatever else is wrong in the query.
        ContentCodingError: ``Content-Encoding`` other than ``identity``.
        CharsetError: JSON in another charset than UTF-8.
        PreconditionNotTakenError: a write with a precondition that nobody would look at.
    """
    _refuse_unread_query(request, asked)
    _refuse_unread_conditions(request, asked)
    given = request.headers.get("content-encoding", "")
    if {coding.strip().lower() for coding in given.split(",")} - {"", "identity"}:
        raise ContentCodingError(
            f"不接受 Content-Encoding: {given}，只接受 identity",
            f"Content-Encoding: {given} is not taken, only identity is",
            fields={"header.content-encoding": ["identity"]},
            fixes=["原样发送，不带 Content-Encoding (send the body as it is, without it)"],
        )
    kind = media_type(request)
    if kind in {"application/json", "application/x-ndjson"} or kind.endswith("+json"):
        refuse_charset(request, UTF8)


def _refuse_unread_conditions(request: Request, asked: Asked) -> None:
    if request.method in {"GET", "HEAD"}:
        return
    unread = sorted({"if-match", "if-none-match"} & {*request.headers.keys()} - asked.headers)
    if unread:
        raise PreconditionNotTakenError(
            f"此操作的对象没有版本，不能用 {'、'.join(unread)}",
            f"what this operation is about has no version: {', '.join(unread)} cannot be met",
            fields={f"header.{name}": ["不接受 (not taken)"] for name in unread},
            fixes=["去掉这个请求头再发 (send it without that header)"],
        )


def media_type(request: Request) -> str:
    """Return the type of a body without its parameters; empty where none is declared."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def refuse_charset(request: Request, read: Collection[str]) -> None:
    """Refuse a body that declares another charset than those that are read right.

    Raises:
        CharsetError: it does.
    """
    declared = _charset_of(request.headers.get("content-type", ""))
    if declared is None or _name_of(declared) in read:
        return
    accepted = sorted(read)
    raise CharsetError(
        f"内容声明为 {declared}，此处按 {'、'.join(accepted)} 读取",
        f"the body is declared as {declared}; it is read as {', '.join(accepted)}",
        fields={"header.content-type": sorted(read)},
        fixes=[f"Content-Type: {media_type(request)}; charset={min(read, key=_rank)}"],
    )


def _charset_of(content_type: str) -> str | None:
    message = Message()
    message["content-type"] = content_type
    return message.get_content_charset()


def _name_of(charset: str) -> str | None:
    try:
        return codecs.lookup(charset).name
    except LookupError:
        return None


def _rank(charset: str) -> tuple[bool, str]:
    """Order charsets by how much of one's own data they hold: ASCII holds the least."""
    return charset == "ascii", charset


def _refuse_unread_query(request: Request, asked: Asked) -> None:
    given = request.query_params
    known = {*asked.names}
    unknown = [] if asked.takes_rest else [name for name in given if name not in known]
    counts = Counter(name for name, _ in given.multi_items())
    repeated = [name for name in known - asked.lists if counts[name] > 1]
    if unknown or repeated:
        errors = [_unknown(name, asked.names) for name in unknown]
        errors += [_repeated(name) for name in sorted(repeated)]
        raise RequestValidationError([*errors, *asked.faults(given)])


def _repeated(name: str) -> dict[str, Any]:
    return {
        "type": REPEATED_QUERY,
        "loc": ("query", name),
        "msg": "Given more than once, and one value is read",
        "input": None,
    }


def _unknown(name: str, names: Sequence[str]) -> dict[str, Any]:
    return {
        "type": UNKNOWN_QUERY,
        "loc": ("query", name),
        "msg": "Unknown query parameter",
        "input": None,
        "ctx": {"fix": _fix(name, names)},
    }


def _fix(name: str, names: Sequence[str]) -> str:
    """Name the parameter that was meant, or all that there are."""
    plain = {each.replace("_", "").lower(): each for each in names}
    close = get_close_matches(name.replace("_", "").lower(), plain, n=1)
    if close:
        return f"写作 {plain[close[0]]} (it is called {plain[close[0]]})"
    if names:
        known = ", ".join(sorted(names))
        return f"可用的查询参数：{known} (known parameters)"
    return "此路径没有查询参数 (this path takes no query parameters)"
