"""JSON bodies, read strictly: what the framework would crash on is refused with its place.

Left alone, the framework answers 500 to NaN, 1e999, a lone surrogate and deep nesting, and
lets NUL and duplicate keys through to the database. Source: design "Security".
"""

import json
import math
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from typing_extensions import override

from shared.errors import DomainError, ErrorKind
from shared.kit.idempotency import HEADER, PARAMETER, answer_once, refuse_key, takes_key
from shared.kit.middleware import MAX_JSON_BODY
from shared.kit.strict_request import asked_by, media_type, refuse_unread

JSON: Final = "application/json"
MAX_DEPTH: Final = 32
_INT64: Final = 1 << 63


class MalformedJsonError(DomainError):
    """The body is no JSON that we take."""

    kind: ClassVar = ErrorKind.MALFORMED
    code: ClassVar = "malformed"
    title_zh: ClassVar = "JSON 无法读取"
    title_en: ClassVar = "Malformed JSON"


class BodyTooLargeError(DomainError):
    """The body is larger than this endpoint takes."""

    kind: ClassVar = ErrorKind.TOO_LARGE
    code: ClassVar = "too-large"
    title_zh: ClassVar = "内容过大"
    title_en: ClassVar = "Too large"


class NotJsonError(DomainError):
    """The body is declared as something else than the JSON that the operation reads."""

    kind: ClassVar = ErrorKind.UNSUPPORTED
    code: ClassVar = "unsupported"
    title_zh: ClassVar = "不支持的内容类型"
    title_en: ClassVar = "Unsupported content type"


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes a body may have, and what is done about a larger one."""

    size: int
    fix: str


ORDINARY: Final = Room(
    MAX_JSON_BODY, "大文件请用 POST /batches (POST /batches takes files of any size)"
)


class StrictJsonRequest(Request):
    """A request whose JSON is read strictly and within a limit."""

    room: "Room | None" = None
    """More than an ordinary body may take."""

    @override
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            chunks: list[bytes] = []
            size, room = 0, self.room or ORDINARY
            async for chunk in self.stream():
                size += len(chunk)
                if size > room.size:
                    raise BodyTooLargeError(
                        f"请求体超过 {room.size} 字节",
                        f"the body is larger than {room.size} bytes",
                        fixes=[room.fix],
                    )
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body

    @override
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse_strictly(await self.body())
        return self._json


Plain = Callable[[StrictJsonRequest], Awaitable[Response | None]]
"""Answers a request; None where the framework is to look at it first."""

_PLAIN: Final[dict[Any, Plain]] = {}

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def answered_by(plain: Plain) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint whose plain requests need nothing of the framework.

    It takes half a millisecond to find out what a request holds: much, where one holds a record.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        _PLAIN[endpoint] = plain
        return endpoint

    return mark


_ROOM: Final[dict[Any, Room]] = {}


def takes_up_to(size: int, fix: str) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint whose bodies may be larger than ordinary ones: they hold or are a file.

    Args:
        size: bytes of the body.
        fix: what is done about a larger one.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        _ROOM[endpoint] = Room(size, fix)
        return endpoint

    return mark


class StrictJsonRoute(APIRoute):
    """Route class that reads bodies by `StrictJsonRequest`, and refuses what it would not read.

    The OpenAPI tells beside every operation which permissions it needs.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._needed = sorted(_permissions(self.dependant))
        self._asked = asked_by(self.dependant)
        if self._needed:
            self.openapi_extra = {**(self.openapi_extra or {}), "x-permissions": self._needed}
        self._keeps_answer = self._is_post_without_own_keys() and takes_key(self.endpoint)
        if self._keeps_answer:
            self.openapi_extra = {**(self.openapi_extra or {}), "parameters": [PARAMETER]}

    def _is_post_without_own_keys(self) -> bool:
        return "POST" in (self.methods or ()) and HEADER not in self._asked.headers

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        plain, room = _PLAIN.get(self.endpoint), _ROOM.get(self.endpoint)

        async def strict(request: Request) -> Response:
            read = StrictJsonRequest(request.scope, request.receive)
            read.room = room
            if plain is not None and (answer := await plain(read)) is not None:
                return answer
            refuse_unread(request, self._asked)
            if self.body_field is not None:
                _refuse_other_types(request)
            try:
                if HEADER not in request.headers or not self._is_post_without_own_keys():
                    return await handle(read)
                if not self._keeps_answer:
                    raise refuse_key()
                is_json = self.body_field is not None
                return await answer_once(read, self._needed, handle, is_json=is_json)
            except HTTPException as error:
                # The framework wraps whatever reading a body raises, and loses its reason; in
                # Starlette's exception, of which FastAPI's own is a subclass.
                if isinstance(error.__cause__, DomainError):
                    raise error.__cause__ from None
                raise

        return strict


def _refuse_other_types(request: Request) -> None:
    """Refuse a body that is not declared as JSON; that none is there is told by the model."""
    kind = media_type(request)
    has_body = bool({"content-length", "transfer-encoding"} & {*request.headers.keys()})
    is_empty = request.headers.get("content-length") == "0"
    if not has_body or is_empty or kind == JSON or kind.endswith("+json"):
        return
    given = kind or "∅"
    raise NotJsonError(
        f"内容类型是 {given}，此操作只读 {JSON}",
        f"the content type is {given}; this operation reads {JSON}",
        fields={"header.content-type": [JSON]},
        fixes=[f"Content-Type: {JSON}"],
    )


def _permissions(dependant: Dependant) -> set[str]:
    """Return the permissions that a route asks for, by all that it depends on."""
    own = getattr(dependant.call, "permission", None)
    below = (_permissions(each) for each in dependant.dependencies)
    return set[str]().union({own} if own else (), *below)


def parse_strictly(body: bytes) -> Any:
    """Parse JSON in UTF-8.

    Raises:
        MalformedJsonError: not JSON, NaN or infinite, deeper than 32, duplicate keys, NUL or
            lone surrogates in a text, an integer beyond 64 bits.
    """
    try:
        document = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except UnicodeDecodeError as error:
        raise _malformed(
            f"第 {error.start} 字节不是 UTF-8", f"byte {error.start} is not UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise _malformed(
            f"第 {error.lineno} 行第 {error.colno} 列不是合法的 JSON",
            f"line {error.lineno} column {error.colno}: {error.msg}",
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    _check(document, 0)
    return document


def _malformed(zh: str, en: str) -> MalformedJsonError:
    return MalformedJsonError(zh, en, fields={"$": [f"{zh} ({en})"]})


def _too_deep() -> MalformedJsonError:
    return _malformed(f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _malformed(f"字段 {twice!r} 重复", f"the key {twice!r} occurs twice")
    return document


def _refuse_constant(name: str) -> Any:
    raise _malformed(f"{name} 不是 JSON 数字", f"{name} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -_INT64 <= int(digits) < _INT64:
        raise _malformed("整数超出 64 位", "an integer is beyond 64 bits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _malformed("数字过大", "a number is too large")
    return value


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _too_deep()
    match value:
        case str():
            _check_text(value)
        case dict():
            for name, each in value.items():
                _check_text(name)
                _check(each, depth + 1)
        case list():
            for each in value:
                _check(each, depth + 1)
        case _:
            pass


def _check_text(value: str) -> None:
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _malformed("文本含 NUL 或残缺的代理对", "a text holds NUL or a lone surrogate")
