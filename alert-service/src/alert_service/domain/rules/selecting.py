"""Which scopes a rule is about."""

from collections.abc import Mapping
from typing import NamedTuple

from alert_service.domain.rules.model import Selector


class Place(NamedTuple):
    """Where a scope lies, and how it is sorted."""

    above: frozenset[str] = frozenset()
    """Every scope that it lies in."""

    tags: frozenset[str] = frozenset()


Places = Mapping[str, Place]
_NOWHERE = Place()


def asks_places(selector: Selector) -> bool:
    """Return whether more than the scope itself must be known."""
    return bool(selector.within or selector.tags or selector.but)


def selects(selector: Selector, scope: str, places: Places) -> bool:
    """Return whether a scope is among those that a rule is about."""
    is_named = not selector.keys or scope in selector.keys
    if not is_named or not scope.startswith(selector.kind + "/"):
        return False
    return not asks_places(selector) or _lies_well(selector, scope, places.get(scope, _NOWHERE))


def _lies_well(selector: Selector, scope: str, place: Place) -> bool:
    lies_in = place.above | {scope}
    if selector.but & lies_in or (selector.within and not selector.within & lies_in):
        return False
    return not selector.tags or bool(selector.tags & place.tags)
