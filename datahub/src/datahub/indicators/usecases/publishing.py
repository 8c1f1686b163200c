"""Definitions of the catalogue are published: all of them, or some."""

from collections.abc import Sequence
from typing import Literal

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.repository import following
from datahub.indicators.repository.shipped import Document, NotInCatalogueError, load_catalogue
from datahub.indicators.usecases.defining import publish
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
    tx: Transaction, documents: dict[str, Document], dictionary: Dictionary
) -> dict[str, State]:
    """Publish definitions of the catalogue; one that the college put itself stays as it is."""
    states: dict[str, State] = {}
    for name, document in sorted(documents.items()):
        present = await following.get_indicator_row(tx, name, lock=True)
        if present is not None and present.origin == "college":
            states[name] = "kept"
            continue
        _, changed = await publish(tx, present, document, dictionary, "shipped")
        states[name] = "published" if changed else "unchanged"
    return states
