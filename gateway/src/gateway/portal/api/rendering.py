"""Templates, static files, and the language of the reader."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from swagger_ui_bundle import swagger_ui_path

from gateway.access.domain.origins import local_path
from gateway.access.schemas import Visitor
from gateway.portal.domain import documents, figure, listing, owners, texts
from gateway.portal.domain.navigation import group_of, groups_for, place_of
from gateway.portal.domain.registering import TIERS
from gateway.portal.domain.terms import TERMS
from gateway.portal.domain.words import Language, Words
from shared.contracts import wording
from shared.contracts.vocabulary import Level
from shared.kit import clock
from shared.kit.problems import retry_after, wants_english

LANGUAGE_COOKIE: Final = "helix8_lang"

MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


SWAGGER: Final = ("swagger-ui.css", "swagger-ui-bundle.js")
"""Of Swagger UI, from its package: nothing comes from elsewhere."""

_OF_SCREENS: Final = ("portal.css", "screens.css")
STYLES: Final = {
    "screens.css": _OF_SCREENS,
    **{name: ("portal.css", name) for name in ("login.css", "docs.css")},
    **{name: (*_OF_SCREENS, name) for name in ("kept.css", "reports.css", "wall.css")},
    **{
        name: (*_OF_SCREENS, "embed-theme.css", name)
        for name in ("embed-figure.css", "embed-frame.css")
    },
}
"""Style sheets that are served as one with those that they build on: a page loads one alone."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file that may be cached for ever, because its name says its content."""

    name: str
    media_type: str
    content: bytes
    packed: bytes
    """The same by gzip, packed once."""


@cache
def static_files() -> dict[str, StaticFile]:
    """Return the static files by their plain name."""
    files: dict[str, StaticFile] = {}
    folder = resources.files("gateway.portal").joinpath("static")
    own = {entry.name: STYLES.get(entry.name, (entry.name,)) for entry in folder.iterdir()}
    contents = {
        name: b"".join(folder.joinpath(each).read_bytes() for each in parts)
        for name, parts in sorted(own.items())
    }
    for name in own:
        if name.endswith(".css"):
            contents[name] = _without_spaces(contents[name])
    contents |= {name: swagger_ui_path.joinpath(name).read_bytes() for name in SWAGGER}
    for name, content in contents.items():
        stem, _, suffix = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"
        packed = gzip.compress(content, mtime=0)
        files[name] = StaticFile(hashed, MEDIA_TYPES[suffix], content, packed)
    return files


def _without_spaces(style: bytes) -> bytes:
    """Return a style sheet without the spaces that people need to read it."""
    packed = re.sub(rb"\s*([{};,])\s*", rb"\1", style)
    return re.sub(rb"(?<=[a-z-]): ", b":", packed).replace(b";}", b"}")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gateway.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "static": lambda name: f"/portal/static/{static_files()[name].name}",
        "periods_near": lambda now: texts.periods_near(now, clock.CAMPUS),
        "clock": lambda moment: texts.clock(moment, clock.CAMPUS),
        "day": lambda moment: texts.day_of(datetime.fromisoformat(moment), clock.CAMPUS),
        "day_before": texts.day_before,
        "count": texts.count_text,
        "share": texts.share_text,
        "matter": texts.matter_text,
        "severities": ("red", "orange", "yellow", "blue"),
        "levels": tuple(Level),
        "pages_of": listing.pages_of,
        "tiers": TIERS,
        "is_used": documents.is_used,
        "terms": TERMS,
        "short_key": owners.short_key,
    }
    environment.filters |= {
        "short": owners.short_key,
        "twice": lambda word: (word, word),
    }
    return environment


def words_of(request: Request) -> Words:
    """Return the words of the reader: by ``?lang=``, the cookie it left, or Accept-Language."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if asked in {"zh", "en"}:
        return Words("en" if asked == "en" else "zh")
    english = wants_english(request.headers.get("accept-language"))
    return Words("en" if english else "zh")


def render(template: str, words: Words, **context: Any) -> Markup:
    """Return a template filled in."""
    now = clock.now()
    common: dict[str, Any] = {
        "t": words,
        "now": now,
        "other": "zh" if words.language == "en" else "en",
        "ago": lambda moment: texts.ago(moment, now, words),
        "day_near": lambda moment: texts.day_near(moment, now, clock.CAMPUS),
        "work_said": lambda item: texts.work_text(
            words.pick(item.title_zh, item.title_en),
            item.scope_name,
            words.pick(item.scope_name, item.scope_name_en),
        ),
        "left": lambda due: texts.left(due, now, words),
        "value": lambda value, unit: wording.value_words(value, unit, words.language),
        "line": lambda line, unit: wording.limit_words(
            line.op, line.value, line.upper, unit, words.language
        ),
        "limit": lambda limit, unit: wording.limit_words(
            limit["op"], limit["value"], limit.get("upper"), unit, words.language
        ),
        "choice": lambda word, value: texts.choice_text(word, value, words),
        "route_name": lambda path: texts.route_text(path, words),
        "says": lambda text: texts.one_language(text, words),
        "periods_in": lambda text: texts.periods_in(text, words),
        "place_in": texts.place_in,
        "period_text": lambda period: texts.period_text(period, words),
    }
    # Safe: every template escapes what it is given.
    return Markup(_environment().get_template(template).render(**common, **context))  # noqa: S704


def eight(lit: figure.Lit, words: Words) -> Markup:
    """Return the figure in both shapes; the style sheet shows the one that fits."""
    # Safe: the figure escapes every text in it.
    return Markup(figure.draw(lit, "wide", words) + figure.draw(lit, "tall", words))  # noqa: S704


def page(
    request: Request, template: str, visitor: Visitor | None, status: int = 200, **context: Any
) -> HTMLResponse:
    """Answer a whole page, and keep the language that the reader chose."""
    words = words_of(request)
    left_at, query = _left(request)
    groups = groups_for(visitor.caller.may if visitor else None)
    group = group_of(groups, request.url.path)
    html = render(
        template,
        words,
        visitor=visitor,
        path=request.url.path,
        left_at=left_at,
        left_as=f"{left_at}?{urlencode(query)}" if query else left_at,
        groups=groups,
        group=group,
        screen=place_of(group, request.url.path),
        query=_query_without_language(query),
        **context,
    )
    headers = {"Cache-Control": "no-store", **retry_after(status)}
    answer = HTMLResponse(html, status_code=status, headers=headers)
    keep_language(request, answer, words.language)
    return answer


def _left(request: Request) -> tuple[str, Mapping[str, str]]:
    """Return path and query of the page that is read; a refused form leaves the one it is on.

    The path of a page that was asked for is empty: a link without one stays there.
    """
    if request.method != "POST":
        return "", request.query_params
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host"):
        return "/", {}
    return local_path(came_from.path or "/"), dict(parse_qsl(came_from.query))


def keep_language(request: Request, answer: HTMLResponse, language: Language) -> None:
    """Remember a language that was asked for by name."""
    if request.query_params.get("lang") == language:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="lax")


def _query_without_language(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if name != "lang"}
