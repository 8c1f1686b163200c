"""Which cells of an indicator what was measured anew of others may move.

Source: design "Indicators" 4 (a change measures anew only what depends on it).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from datahub.indicators.domain import periods
from datahub.indicators.domain.definition import Beneath, Grain, Indicator, Input, Item, inputs_of
from datahub.indicators.domain.looking import may_be_seen_from, may_look_at
from datahub.indicators.domain.view import Place

Spot = tuple[str, str]
"""Scope and period."""

Above = Mapping[str, Collection[str]]
"""Scopes right above one."""

Within = Mapping[str, Mapping[str, Sequence[str]]]
"""Scopes right beneath one, by their kind."""


def kind_of(scope: str) -> str:
    """Return the kind of a scope."""
    return scope.partition("/")[0]


def moved_spots(
    indicator: Indicator, grain: Grain, changed: Mapping[str, Iterable[Spot]], above: Above
) -> set[Spot]:
    """Return every cell that may read one that has changed.

    Args:
        changed: cells by their indicator.
    """
    found: set[Spot] = set()
    for item, each in _takes(indicator):
        kind = item.kind if isinstance(item, Beneath) else grain.kind
        for scope, period in changed.get(each.indicator, ()):
            if kind_of(scope) == kind and periods.kind_of(period) == grain.period_kind:
                of = [scope] if isinstance(item, Input) else above.get(scope, ())
                seen_from = may_be_seen_from(each.when, period)
                found |= {
                    (one, when) for one in of if kind_of(one) == grain.kind for when in seen_from
                }
    return found


def places_for(indicator: Indicator, spots: Iterable[Spot], within: Within) -> set[Place]:
    """Return every measured value that cells may have to read, their own included."""
    found: set[Place] = set()
    takes = list(_takes(indicator))
    looked_at: dict[str, list[set[str]]] = {}
    for scope, period in spots:
        found.add((indicator.id, scope, period))
        if period not in looked_at:
            looked_at[period] = [{period, *may_look_at(each.when, period)} for _, each in takes]
        for (item, each), periods_of in zip(takes, looked_at[period], strict=True):
            of = [scope] if isinstance(item, Input) else within.get(scope, {}).get(item.kind, ())
            found.update([(each.indicator, one, when) for one in of for when in periods_of])
    return found


def anchored(
    indicator: Indicator, grain: Grain, said: Mapping[str, Iterable[Spot]], above: Above
) -> set[Spot]:
    """Return the cells that are there: they were before, or what they take was measured.

    Args:
        said: cells by their indicator.
    """
    own: set[tuple[str, bool]] = {(indicator.id, False)}
    kinds: dict[str, set[str]] = {}
    for item, each in _takes(indicator):
        own.add((each.indicator, isinstance(item, Beneath)))
        if isinstance(item, Beneath):
            kinds.setdefault(each.indicator, set()).add(item.kind)
    found: set[Spot] = set()
    for name, is_beneath in own:
        for scope, period in said.get(name, ()):
            if periods.kind_of(period) == grain.period_kind:
                is_one = kind_of(scope) in kinds.get(name, ()) if is_beneath else True
                of = above.get(scope, ()) if is_beneath and is_one else [scope]
                found |= {(one, period) for one in of if kind_of(one) == grain.kind}
    return found


def _takes(indicator: Indicator) -> Iterator[tuple[Input | Beneath, Input]]:
    items: Iterable[Item] = indicator.items
    for item in items:
        if isinstance(item, Input | Beneath):
            yield from ((item, each) for each in inputs_of(item))
