"""What another release of the catalogue means for the definitions of a college.

What is shipped no more is retired rather than left dangling; where the college has its own in the
place of a shipped one that has changed, that is told. Source: design "Indicators" 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.versions import changed_keys, is_left
from datahub.indicators.repository import defined, following, present
from datahub.indicators.repository.shipped import Document, load_catalogue
from datahub.indicators.usecases.defining import tell
from datahub.indicators.usecases.retiring import needing
from shared.kit.database import Transaction

GONE: Final = "随附目录已不含此指标 (the catalogue that is shipped has it no more)"


@dataclass(frozen=True, slots=True)
class Release:
    """What was found of a release."""

    retired: list[str] = field(default_factory=list)
    """Shipped before, and no more."""

    needed: dict[str, list[str]] = field(default_factory=dict)
    """The same, but others take them: they are measured on."""

    departed: dict[str, list[str]] = field(default_factory=dict)
    """Definitions of the college, with the keys in which the shipped one has changed since."""


async def follow_release(
    tx: Transaction, dictionary: Dictionary, shipped: Mapping[str, Document] | None = None
) -> Release:
    """Retire what is shipped no more; return that, and where a shipped one has changed.

    Args:
        shipped: the catalogue; that of the package unless given.
    """
    shipped = load_catalogue() if shipped is None else shipped
    await following.lock_definitions(tx)
    rows = {name: versions[0] for name, versions in (await following.list_rows(tx)).items()}
    found = Release(departed=_departed(rows, shipped))
    gone = [
        name
        for name, row in rows.items()
        if row.origin == "shipped" and name not in shipped and row.retired_on is None
    ]
    await _retire(tx, dictionary, gone, found)
    return found


async def _retire(
    tx: Transaction, dictionary: Dictionary, gone: Sequence[str], found: Release
) -> None:
    today = (await present.read_present(tx)).day
    in_order = [each.id for each in await following.list_indicators(tx, dictionary)]
    # What takes others comes first: so they are needed no more.
    for name in sorted(gone, key=lambda each: _place(in_order, each), reverse=True):
        known = {each.id: each for each in await following.list_indicators(tx, dictionary)}
        row = await following.get_indicator_row(tx, name)
        if needs := needing(name, known):
            found.needed[name] = needs
        elif row is not None:
            await defined.retire(tx, row, today, GONE)
            tell(tx, row, known.get(name))
            found.retired.append(name)


def _place(in_order: Sequence[str], name: str) -> int:
    return in_order.index(name) if name in in_order else -1


def _departed(rows: Mapping[str, Any], shipped: Mapping[str, Document]) -> dict[str, list[str]]:
    return {
        name: [each["key"] for each in changed_keys(row.departs_from, shipped[name])]
        for name, row in rows.items()
        if is_left(row.departs_from, shipped.get(name))
    }
