"""Find a page, an object or an indicator by what somebody has typed."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from gateway.portal.domain.navigation import Group
from gateway.portal.domain.owners import short_key
from gateway.portal.domain.words import Words
from gateway.portal.queries.services import Services, list_of
from gateway.portal.schemas import Named
from shared.errors import DomainError

MOST: Final = 8
"""Of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something that was found."""

    path: str
    name: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Things of one kind."""

    word: str
    """Of the kind."""

    hits: Sequence[Hit]
    is_away: bool = False


async def search(
    services: Services, words: Words, groups: Iterable[Group], asked: str
) -> list[Hits]:
    """Return what is found, by kind; a service that is away leaves the others."""
    found = await asyncio.gather(
        _objects(services, words, asked), _indicators(services, words, asked)
    )
    return [each for each in (_pages(words, groups, asked), *found) if each.hits or each.is_away]


def _pages(words: Words, groups: Iterable[Group], asked: str) -> Hits:
    wanted = asked.casefold()
    other = Words("zh" if words.language == "en" else "en")
    hits = [
        Hit(path=place.path, name=words(place.word), hint=words(group.word))
        for group in groups
        for place in group.places
        if any(wanted in spoken(place.word).casefold() for spoken in (words, other))
    ]
    return Hits(word="search-pages", hits=hits[:MOST])


async def _objects(services: Services, words: Words, asked: str) -> Hits:
    try:
        found = await list_of(services, "datahub", "scopes", Named, q=asked, limit=MOST)
    except DomainError:
        return Hits(word="search-objects", hits=[], is_away=True)
    hits = [
        Hit(
            path=f"/profiles?of={quote(each.scope, safe='')}",
            name=each.name,
            hint=" ".join(
                (words.named("kind", each.scope.partition("/")[0]), short_key(each.scope))
            ),
        )
        for each in found
    ]
    return Hits(word="search-objects", hits=hits)


async def _indicators(services: Services, words: Words, asked: str) -> Hits:
    wanted = asked.casefold()
    units = await services.units.get()
    hits = [
        Hit(
            path=f"/bindings?indicator={quote(key)}",
            name=words.pick(one.zh or key, one.en),
            hint=key,
        )
        for key, one in sorted(units.items())
        if any(wanted in text.casefold() for text in (key, one.zh or "", one.en or ""))
    ]
    return Hits(word="search-indicators", hits=hits[:MOST])
