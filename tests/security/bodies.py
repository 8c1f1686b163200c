"""Bodies that break services which read them carelessly."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
FIVE_MEGABYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """Something to send."""

    name: str
    content: bytes
    media: str = JSON
    chunked: bool = False
    """Sent in pieces, without a declared length."""

    def sent(self) -> bytes | AsyncIterator[bytes]:
        """Return what an HTTP client sends."""
        return _pieces(self.content) if self.chunked else self.content


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, max(len(content), 1), 65_536):
        yield content[start : start + 65_536]


def _deep(levels: int) -> bytes:
    return b'{"key":' + b"[" * levels + b"]" * levels + b"}"


MALFORMED = (
    Body("900 deep", _deep(900)),
    Body("100,000 deep", _deep(100_000)),
    Body("100,000 deep and open", b'{"key":' * 100_000),
    Body("NaN", b'{"key": NaN}'),
    Body("minus infinity", b'{"key": -Infinity}'),
    Body("1e999", b'{"key": 1e999}'),
    Body("ten to the 400", b'{"key": 1' + b"0" * 400 + b"}"),
    Body("lone surrogate", b'{"key": "\\ud800"}'),
    Body("lone surrogate in a key", b'{"\\udfff": 1}'),
    Body("NUL in a text", b'{"key": "a\\u0000b"}'),
    Body("NUL in a key", b'{"a\\u0000b": 1}'),
    Body("a key twice", b'{"key": 1, "key": 2}'),
    Body("UTF-16", '{"key": "学"}'.encode("utf-16")),
    Body("GB 18030", '{"key": "学"}'.encode("gb18030")),
    Body("half of it", b'{"key": "a'),
    Body("nothing", b""),
    Body("nothing in pieces", b"", chunked=True),
    Body("null", b"null"),
    Body("an array", b'[{"key": "a"}]'),
    Body("a text", b'"key"'),
    Body("false", b"false"),
    Body("text/plain", b'{"key": "a"}', media="text/plain"),
    Body("a form", b"key=a&key=b", media="application/x-www-form-urlencoded"),
    Body("no media type at all", b'{"key": "a"}', media=""),
    Body("a media type that is none", b'{"key": "a"}', media=";;=/"),
)
"""No operation takes any of these."""

LARGE = (
    Body("5 MB of text", b'{"key": "' + b"a" * FIVE_MEGABYTES + b'"}'),
    Body("5 MB in pieces", b'{"key": "' + b"a" * FIVE_MEGABYTES + b'"}', chunked=True),
)
"""The same of these. How large a body may be is one rule of a service, whatever the operation."""

VALUES: tuple[Any, ...] = (
    None,
    False,
    -1,
    2**63 - 1,
    1e308,
    "",
    "a" * 5000,
    "٣",
    "\u202e\ufeff😀",
    "../../etc",
    "9999-99-99",
    "1e400",
    [],
    {},
    [None],
    {"": ""},
    {"a": {"b": []}},
)
"""What may stand where something else is expected."""

LEFT_OUT = object()


def mutations(
    document: dict[str, Any] | list[Any], more: Iterable[str] = (), *, every: int = 1
) -> Iterator[Body]:
    """Yield a document with values in each place, and with each place left out.

    Args:
        more: fields that the document may have and does not show.
        every: 1 puts each value in each place; 3 every third, in the next place the next ones.
    """
    more = (*more, "nobody knows this") if isinstance(document, dict) else ()
    places = [*_places(document), *((name,) for name in more)]
    for number, place in enumerate(places):
        for value in VALUES[number % every :: every]:
            yield _mutation(document, place, value)
    for place in list(_places(document)):
        yield _mutation(document, place, LEFT_OUT)


def _mutation(document: Any, place: tuple[Any, ...], value: Any) -> Body:
    changed = deepcopy(document)
    *parents, last = place
    inner = changed
    for each in parents:
        inner = inner[each]
    if value is LEFT_OUT:
        del inner[last]
    else:
        inner[last] = value
    name = f"{'.'.join(map(str, place))} = {value!r:.40}"
    return Body(name, json.dumps(changed, ensure_ascii=False).encode())


def _places(document: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    names: Any = document if isinstance(document, dict) else range(len(document))
    for name in names:
        yield (*before, name)
        if isinstance(document[name], dict | list):
            yield from _places(document[name], (*before, name))
