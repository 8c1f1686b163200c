"""A web service that answers JSON, read page by page.

With a watermark the service is asked for what is not older than the newest row read; that moves
once a whole run has ended, since pages may come in any order. Within a run the place of the next
page is kept, so that a killed run goes on there.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from datahub.ingest.domain import repeats
from datahub.ingest.domain.exponents import digits_of
from datahub.ingest.domain.feed import Feed
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.domain.reading_json import read_records
from datahub.pulls.domain.position import kept, value_of
from datahub.pulls.domain.pull import MAX_PAGE, HttpSource, Paging
from datahub.pulls.sources import Page, SourceFailedError
from datahub.pulls.sources.guarded import Answer, visiting
from shared.addresses import Receivers

MAX_PAGES: Final = 100_000
_JSON: Final = msgspec.json.Decoder(float_hook=digits_of)
_LONE: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""Half of a character of two, as a text leaves it that was cut to a length; whole ones go first."""


async def read_pages(
    feed: Feed | None,
    source: HttpSource,
    headers: Mapping[str, str],
    receivers: Receivers,
    position: Mapping[str, Any] | None,
    line: int,
) -> AsyncIterator[Page]:
    """Yield the pages of a service from a position on.

    Args:
        feed: reads its records.
        headers: with the secrets in them.
        line: number of the row before the first.

    Raises:
        AddressRefusedError: it leads to an address that may not be connected to.
        SourceFailedError: no answer, or not the one that the pull describes.
    """
    place = dict(position or {})
    since = place.get("since")
    newest = place.get("newest") or since
    where = place.get("next")
    async with visiting(receivers, headers, source.url if source.is_secret else None) as visitor:
        for _ in range(MAX_PAGES):
            address, query = _request(source, since, where)
            answer = await visitor.get(address, query)
            document = _decoded(answer)
            records = _records(document, answer.body, source)
            newest = _newest(records, source, newest)
            where = _next(source.paging, where, answer, document, len(records))
            for chunk, is_last in _chunks(feed, records, line):
                ended = where is None and is_last
                yield Page(chunk, _position(since, newest, where, ended=ended))
            line += len(records)
            if where is None:
                return
    raise SourceFailedError(
        "页数没有尽头",
        "there is no end to its pages",
        fixes=["核对 paging：超出末页时应给出空列表 (behind the last page an empty list is due)"],
    )


def _request(
    source: HttpSource, since: Mapping[str, str] | None, where: Any
) -> tuple[str, dict[str, str]]:
    if source.paging.kind == "link" and where is not None:
        return str(where), {}
    query = dict(source.query)
    if source.since is not None and since is not None:
        query[source.since] = str(value_of(since))
    paging = source.paging
    if paging.size_param is not None and paging.size is not None:
        query[paging.size_param] = str(paging.size)
    if paging.kind in {"page", "offset"} and where is None:
        where = paging.first if paging.kind == "page" else 0
    if where is not None:
        query[paging.param] = str(where)
    return source.url, query


def _next(paging: Paging, where: Any, answer: Answer, document: Any, count: int) -> Any:
    """Return where the next page is; None at the end."""
    match paging.kind:
        case "page" if count and (paging.size is None or count >= paging.size):
            return (paging.first if where is None else where) + 1
        case "offset" if count and count >= (paging.size or 0):
            return (where or 0) + count
        case "cursor":
            following = _at(document, paging.next) or None
        case "link":
            following = answer.next
        case _:
            return None
    if following is not None and following == where:
        raise SourceFailedError(
            "下一页就是本页",
            "its next page is the same page again",
            fixes=["核对 paging.param 与 paging.next，再从头拉取 (check them; run fromStart=true)"],
        )
    return following if count or paging.kind == "link" else None


def _decoded(answer: Answer) -> Any:
    try:
        with suppress(msgspec.DecodeError):
            return _JSON.decode(answer.body)
        return _JSON.decode(_LONE.sub(_marked, answer.body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceFailedError(
            f"答复不是 JSON：{error}",
            f"the answer is not JSON: {error}",
            fixes=["核对地址：登录页、错误页不是接口 (is it the interface, or a page to log in?)"],
        ) from error


def _marked(found: re.Match[bytes]) -> bytes:
    """Mark half a character, which is none, as lost: its record is put aside, no other."""
    return rb"\ufffd" if found["half"] else found[0]


def _records(document: Any, body: bytes, source: HttpSource) -> Sequence[Any]:
    found = _at(document, source.items)
    if not isinstance(found, list):
        where = ".".join(source.items) or "$"
        raise SourceFailedError(
            f"答复的 {where} 不是列表",
            f"{where} of the answer is no list",
            fixes=["在 items 中写明记录所在的路径 (say in items where the records are)"],
        )
    if repeats.is_clear(body, repeats.names_in(document)):
        return found
    return repeats.without_repeating(found, _at(repeats.read_marked(body), source.items))


def _at(document: Any, path: Sequence[str]) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _newest(
    records: Sequence[Any], source: HttpSource, newest: Mapping[str, str] | None
) -> Mapping[str, str] | None:
    if source.watermark is None:
        return None
    seen = [each.get(source.watermark) for each in records if isinstance(each, Mapping)]
    values = [each for each in seen if isinstance(each, str | int)]
    if newest is not None:
        values.append(value_of(newest))
    try:
        return kept(max(values)) if values else newest
    except TypeError as error:
        raise SourceFailedError(
            f"字段 {source.watermark} 有时是数字、有时是文本",
            f"the field {source.watermark} is now a number, now a text",
            fixes=["换一个字段作水位，或不用水位 (another watermark, or none)"],
        ) from error


def _position(
    since: Mapping[str, str] | None, newest: Mapping[str, str] | None, where: Any, *, ended: bool
) -> dict[str, Any] | None:
    if not ended:
        return {"since": since, "newest": newest, "next": where}
    return {"since": newest} if newest is not None else None


def _chunks(feed: Feed | None, records: Sequence[Any], line: int) -> list[tuple[Chunk, bool]]:
    starts = range(0, len(records) or 1, MAX_PAGE)
    chunks = [
        chunk
        for at in starts
        for chunk in read_records(records[at : at + MAX_PAGE], feed, line + at + 1)
    ]
    return [(chunk, chunk is chunks[-1]) for chunk in chunks]
