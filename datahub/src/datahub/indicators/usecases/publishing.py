"""Definitions of the catalogue are published: all of them, or some."""

from collections.abc import Sequence
from typing import Literal

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.limits import Limits
from datahub.indicators.repository import following
from datahub.indicators.repository.shipped import Document, NotInCatalogueError, load_catalogue
from datahub.indicators.usecases.defining import Draft, publish
from shared.kit.database import Transaction

State = Literal["published", "unchanged", "kept"]
"""``kept`` is a definition of which the college has its own."""


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
    """Publish definitions of the catalogue; one that the college put itself stays as it is."""
    await following.lock_definitions(tx)
    known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
    states: dict[str, State] = {}
    for name, document in sorted(documents.items(), key=_behind_what_it_takes):
        stored = await following.get_indicator_row(tx, name)
        if stored is not None and stored.origin == "college":
            states[name] = "kept"
            continue
        draft = Draft(document, "shipped", stored)
        known[name], changed = await publish(tx, draft, dictionary, known, limits)
        states[name] = "published" if changed else "unchanged"
    return states


def _behind_what_it_takes(named: tuple[str, Document]) -> tuple[bool, str]:
    name, document = named
    return "[" in document.get("formula", ""), name
