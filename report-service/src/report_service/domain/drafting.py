"""What people write into a report, and what is found wrong with it.

Source: screens "Reports" (word limits, problems and causes about half, effect only with evidence,
no forecast words, figures bound to data); limits without a number there are our default.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar, Final

from report_service.domain.document.blocks import canonical, printable
from report_service.domain.document.numbers import (
    FORECAST,
    PRAISE,
    figures_in,
    unbound_figures,
    words_in,
)
from shared.errors import DomainError, ErrorKind

HALF: Final = (0.35, 0.65)
"""Share of causes in what is written on causes and measures."""


class UnknownPlaceError(DomainError):
    """Nobody may write there."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "report-place"
    title_zh: ClassVar = "报告中没有这个填写处"
    title_en: ClassVar = "No such place in the report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong with a draft."""

    code: str
    place: str
    """Where; empty where the whole report is meant."""

    must: bool
    """It has to be mended before the report is issued."""

    zh: str
    en: str


def spans_of(thing: Any) -> Iterator[dict[str, Any]]:
    """Yield every span of a document in JSON types, in reading order."""
    if isinstance(thing, list):
        for each in thing:
            yield from spans_of(each)
    elif isinstance(thing, dict):
        if "text" in thing and "block" not in thing and "number" not in thing:
            yield thing
        else:
            for each in thing.values():
                yield from spans_of(each)


def places_of(document: Mapping[str, Any]) -> dict[str, int]:
    """Return where people may write, and how many characters each place holds."""
    spans = spans_of(document.get("sections", []))
    return {each["place"]: each["limit"] for each in spans if "place" in each}


def with_texts(document: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Return a document with what people wrote in its places, sealed anew."""
    cover = {name: each for name, each in document["cover"].items() if name != "digest"}
    told = {**document, "cover": cover, "sections": _written(document["sections"], texts)}
    cover["digest"] = sha256(canonical(told).encode()).hexdigest()
    return told


def check_texts(document: Mapping[str, Any], texts: Mapping[str, str]) -> None:
    """Refuse texts for places that the document has not.

    Raises:
        UnknownPlaceError: with every such place.
    """
    known = places_of(document)
    unknown = [each for each in texts if each not in known]
    if unknown:
        raise UnknownPlaceError(
            f"没有填写处 {'、'.join(unknown)}",
            f"there is no place {', '.join(unknown)}",
            fields={
                f"$.texts['{each}']": ["不是本报告的填写处 (no place of it)"] for each in unknown
            },
            fixes=["GET /api/report/v1/reports/{report}/draft"],
        )


def findings_of(document: Mapping[str, Any], *, is_stale: bool) -> list[Finding]:
    """Return what is wrong with a draft, in reading order.

    Args:
        is_stale: newer facts are there than the report was made from.
    """
    spans = list(spans_of(document.get("sections", [])))
    known = {each["text"] for each in spans if each.get("kind") == "bound"}
    # What a sentence quotes from its table is bound as well.
    known |= figures_in(
        " ".join(each["text"] for each in spans if each.get("kind", "text") != "typed")
    )
    found = [each for span in spans if "place" in span for each in _of_span(span, known)]
    found += _balance(spans)
    if is_stale:
        found.append(
            Finding(
                code="stale",
                place="",
                must=False,
                zh="报告生成之后又有新数据，可重新生成",
                en="newer facts are there: it can be made anew",
            )
        )
    return found


def _of_span(span: dict[str, Any], known: set[str]) -> Iterator[Finding]:
    place, text = span["place"], span["text"]
    if span.get("kind") == "blank":
        yield Finding(
            code="blank", place=place, must=True, zh="待填写", en="nothing is written yet"
        )
    if span.get("kind") != "typed":
        return
    if len(text) > span["limit"]:
        zh, en = f"{len(text)} 字，上限 {span['limit']} 字", f"{len(text)} characters"
        yield Finding(code="too-long", place=place, must=True, zh=zh, en=en)
    for figure in unbound_figures(text, known):
        zh, en = f"“{figure}”没有数据来源", f"{figure} is bound to no data"
        yield Finding(code="unbound-figure", place=place, must=False, zh=zh, en=en)
    yield from _of_words(place, text)


def _of_words(place: str, text: str) -> Iterator[Finding]:
    is_effect = place.endswith("/effect")
    for word in words_in(text, FORECAST):
        zh, en = f"“{word}”是预测，报告只写已发生的", f"{word} is a forecast"
        yield Finding(code="forecast", place=place, must=is_effect, zh=zh, en=en)
    for word in words_in(text, PRAISE):
        zh, en = f"“{word}”没有说明任何事实", f"{word} states no fact"
        yield Finding(code="praise", place=place, must=False, zh=zh, en=en)
    if is_effect and not unbound_figures(text, ()):
        zh, en = "改进效果没有引用数据", "the effect cites no figure"
        yield Finding(code="effect-without-evidence", place=place, must=False, zh=zh, en=en)


def _balance(spans: list[dict[str, Any]]) -> list[Finding]:
    """Problems and causes take about half of what is written on causes and measures."""
    size = {"cause": 0, "measure": 0}
    for each in spans:
        part = each.get("place", "").rpartition("/")[2]
        if part in size and each.get("kind") == "typed":
            size[part] += len(each["text"])
    whole = sum(size.values())
    if whole < 100 or HALF[0] <= size["cause"] / whole <= HALF[1]:
        return []
    return [
        Finding(
            code="balance",
            place="",
            must=False,
            zh=f"原因分析占 {size['cause'] / whole:.0%}，宜占一半左右",
            en=f"causes take {size['cause'] / whole:.0%} of it; about half is right",
        )
    ]


def _written(thing: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(thing, list):
        return [_written(each, texts) for each in thing]
    if not isinstance(thing, dict):
        return thing
    if (place := thing.get("place")) in texts and place is not None:
        bare = {name: thing[name] for name in ("place", "limit")}
        return {**bare, "kind": "typed", "text": printable(texts[place])}
    return {name: _written(each, texts) for name, each in thing.items()}
