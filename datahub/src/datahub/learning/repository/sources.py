"""How sources name things: what was saved, else what the package ships; and the known verbs."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Final

from sqlalchemy import select

from datahub.learning.tables import LearningSourceRow
from datahub.locks import Space
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text

_CALIPER: Final = "http://purl.imsglobal.org/vocab/caliper/v1/action#"


class LearningSourceNotFoundError(DomainError):
    """Nobody has said how that source names things."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "learning-source-not-found"
    title_zh: ClassVar = "没有这个学习行为来源"
    title_en: ClassVar = "No such source of learning events"


@dataclass(frozen=True, slots=True)
class SavedSource:
    """The document of a source; version 0 is the one that the package ships."""

    source: str
    version: int
    document: Mapping[str, Any]


async def find(tx: Transaction, source: str, *, lock: bool = False) -> SavedSource | None:
    """Return the document of a source; None where there is none.

    Args:
        lock: two that save the first one take turns.
    """
    if lock:
        await tx.session.execute(text(f"SELECT pg_advisory_xact_lock({Space.LEARNING_SOURCE}, 0)"))
    row = await tx.session.get(LearningSourceRow, source)
    if row is not None:
        return SavedSource(row.source, row.version, row.document)
    shipped = shipped_sources().get(source)
    return SavedSource(source, 0, shipped) if shipped is not None else None


async def get(tx: Transaction, source: str) -> SavedSource:
    """Return the document of a source.

    Raises:
        LearningSourceNotFoundError: there is none.
    """
    found = await find(tx, source)
    if found is None:
        raise LearningSourceNotFoundError(
            f"没有说明 {source} 如何书写学号、教学班与动词",
            f"nobody has said where {source} writes students, classes and verbs",
            fixes=[f"PUT /api/datahub/v1/learning-sources/{source}"],
        )
    return found


async def list_all(tx: Transaction) -> list[SavedSource]:
    """Return the document of every source, by name."""
    rows = await tx.session.scalars(select(LearningSourceRow))
    saved = {row.source: SavedSource(row.source, row.version, row.document) for row in rows}
    shipped = {name: SavedSource(name, 0, each) for name, each in shipped_sources().items()}
    return sorted((shipped | saved).values(), key=lambda each: each.source)


async def save(tx: Transaction, saved: SavedSource) -> None:
    """Store a document."""
    await tx.session.merge(
        LearningSourceRow(source=saved.source, version=saved.version, document=dict(saved.document))
    )
    await tx.session.flush()


@cache
def shipped_sources() -> Mapping[str, Mapping[str, Any]]:
    """Return the documents that the package ships, by source."""
    folder = files("datahub.learning") / "sources"
    return {
        each.name.removesuffix(".toml"): tomllib.loads(each.read_text(encoding="utf-8"))
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    }


@cache
def shipped_verbs() -> Mapping[str, str]:
    """Return the dictionary's verb by every verb that is known, Caliper's also by their IRIs."""
    text_of = (files("datahub.learning") / "verbs.toml").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for verb, names in tomllib.loads(text_of).items():
        for name in names:
            found[name] = verb
            if "/" not in name:
                found[_CALIPER + name] = verb
    return found
