"""What documents name of each other, and the order in which they can be made."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

Named = tuple[str, str]
"""A family, and a key in it."""

REGISTERS: Final[Mapping[str, str]] = {
    "basis_documents": "basis-documents",
    "value_dimensions": "value-dimensions",
    "object_classes": "object-classes",
}
"""Families that are registers, and the names of these."""

FAMILIES: Final = (
    *REGISTERS,
    *("plans", "goals", "standards", "selectors", "bindings", "tasks"),
)
"""Everything that a bundle holds, each family behind those that it names."""

_ABOVE: Final[Mapping[str, str]] = {"plans": "parent", "goals": "parent", "tasks": "after"}
"""Field by which members of a family name each other."""

_ONE: Final[Mapping[str, Mapping[str, str]]] = {
    "plans": {"parent": "plans"},
    "goals": {"parent": "goals", "plan": "plans"},
    "selectors": {"standard": "standards"},
    "bindings": {"goal": "goals", "standard": "standards"},
}
_MANY: Final[Mapping[str, Mapping[str, str]]] = {
    "plans": {"basis": "basis_documents"},
    "goals": {"basis": "basis_documents", "dimensions": "value_dimensions"},
    "selectors": {"tags": "object_classes"},
    "tasks": {"goals": "goals", "after": "tasks"},
}


def cited(family: str, document: Mapping[str, Any]) -> dict[str, Named]:
    """Return what a document names, by JSON path; what is no register's is named all the same."""
    found: dict[str, Named] = {}
    for name, of in _ONE.get(family, {}).items():
        if document.get(name):
            found[f"$.{name}"] = (of, document[name])
    for name, of in _MANY.get(family, {}).items():
        for at, key in enumerate(document.get(name) or []):
            found[f"$.{name}[{at}]"] = (of, key)
    if family == "standards":
        found |= dict(_cited_by_standard(document))
    return found


def _cited_by_standard(document: Mapping[str, Any]) -> Iterator[tuple[str, Named]]:
    for at, tag in enumerate((document.get("applies_to") or {}).get("tags") or []):
        yield f"$.applies_to.tags[{at}]", ("object_classes", tag)
    for place, each in enumerate(document.get("criteria") or []):
        path = f"$.criteria[{place}]"
        if each.get("basis"):
            yield f"{path}.basis.document", ("basis_documents", each["basis"]["document"])
        for at, one in enumerate(each.get("classes") or []):
            yield f"{path}.classes[{at}].object_class", ("object_classes", one["object_class"])


def in_order(family: str, documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the keys of documents of a family, each behind those that it names.

    Args:
        documents: by key.

    Raises:
        RingError: they name each other in a ring.
    """
    name = _ABOVE.get(family)
    graph = {key: _others(each.get(name or ""), documents) for key, each in documents.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise RingError(list(error.args[1])) from None


def _others(named: Any, documents: Mapping[str, Any]) -> Sequence[str]:
    keys = named if isinstance(named, list) else [named]
    return [key for key in keys if isinstance(key, str) and key in documents]


class RingError(Exception):
    """Documents name each other in a ring."""

    def __init__(self, ring: Sequence[str]) -> None:
        super().__init__(" → ".join(ring))
        self.ring = ring

    @property
    def path(self) -> str:
        """Return the ring in words."""
        return " → ".join(self.ring)


def field_above(family: str) -> str:
    """Return the JSON path of the field by which members of a family name each other."""
    return f"$.{_ABOVE[family]}"
