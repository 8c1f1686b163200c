"""Definitions of the catalogue are published: all of them, or some."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.limits import Limits
from datahub.indicators.repository import following
from datahub.indicators.repository.shipped import Document, NotInCatalogueError, load_catalogue
from datahub.indicators.usecases.defining import Draft, publish
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction

State = Literal["published", "unchanged", "kept", "retired"]
"""``kept`` is a definition of which the college has its own, ``retired`` is measured no more."""


class NotOverriddenError(DomainError):
    """The definition in force is not the college's own of a shipped one."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "not-overridden"
    title_zh: ClassVar = "没有可撤的自有定义"
    title_en: ClassVar = "Nothing to return from"


def choose(indicators: Sequence[str] | None, rows: Sequence[str] | None) -> dict[str, Document]:
    """Return the documents that are named, by id, row or family; all where nothing is.

    Raises:
        NotInCatalogueError: something is named that the catalogue lacks; with each of them.
    """
    shipped = load_catalogue()
    if indicators is None and rows is None:
        return dict(shipped)
    known = {row for document in shipped.values() for row in document["catalogue"]}
    unknown = [each for each in indicators or () if each not in shipped]
    unknown += [each for each in rows or () if not any(row.startswith(each) for row in known)]
    if unknown:
        raise NotInCatalogueError(
            f"指标目录中没有 {'、'.join(unknown)}",
            f"the catalogue has no {', '.join(unknown)}",
            fixes=["GET /api/datahub/v1/catalogue"],
        )
    return {
        name: document
        for name, document in shipped.items()
        if name in (indicators or ())
        or any(row.startswith(each) for row in document["catalogue"] for each in rows or ())
    }


async def publish_shipped(
    tx: Transaction, documents: dict[str, Document], dictionary: Dictionary, limits: Limits
) -> dict[str, State]:
    """Publish definitions of the catalogue; what the college put or retired stays as it is."""
    await following.lock_definitions(tx)
    known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
    states: dict[str, State] = {}
    for name, document in sorted(documents.items(), key=_behind_what_it_takes):
        stored = await following.get_indicator_row(tx, name)
        if stored is not None and stored.origin == "college":
            states[name] = "kept"
            continue
        if stored is not None and stored.retired_on is not None:
            states[name] = "retired"
            continue
        draft = Draft(document, "shipped", stored)
        known[name], changed = await publish(tx, draft, dictionary, known, limits)
        states[name] = "published" if changed else "unchanged"
    return states


async def drop_override(
    tx: Transaction,
    indicator: str,
    dictionary: Dictionary,
    expect: Callable[[int | None], None],
    limits: Limits,
) -> Indicator:
    """Return to the definition of the catalogue; what the college had stays among the versions.

    Raises:
        NotOverriddenError: the definition in force is not the college's own of a shipped one.
        IndicatorNeededError: other definitions take it, and would have no sense.
    """
    await following.lock_definitions(tx)
    stored = await following.get_indicator_row(tx, indicator)
    shipped = load_catalogue().get(indicator)
    expect(stored.version if stored else None)
    if stored is None or shipped is None or stored.origin != "college":
        raise NotOverriddenError(
            f"{indicator} 没有学校自己的定义可撤",
            f"{indicator} has no definition of the college in the place of a shipped one",
            fixes=["GET /api/datahub/v1/indicators?overridden=true"],
        )
    known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
    draft = Draft(shipped, "shipped", stored)
    found, changed = await publish(tx, draft, dictionary, known, limits)
    if not changed:  # the college had put what is shipped: it is shipped again
        stored.origin, stored.departs_from = "shipped", None
    return found


def _behind_what_it_takes(named: tuple[str, Document]) -> tuple[bool, str]:
    name, document = named
    return "[" in document.get("formula", ""), name
