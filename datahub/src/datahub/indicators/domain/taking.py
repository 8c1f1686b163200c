"""Whether what an indicator takes from others is measured where it is needed.

Source: design "Indicators" 4 (whatever a definition says can be measured, or is refused at save).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.asking import is_measured
from datahub.indicators.domain.definition import Beneath, Grain, Indicator, Input, Item, inputs_of
from datahub.indicators.domain.formula.syntax import FormulaError

SCHOOL = "school"


def unmeasured(
    items: Iterable[Item],
    grains: Iterable[Grain],
    known: Mapping[str, Indicator],
    dictionary: Dictionary,
) -> Iterator[FormulaError]:
    """Yield every place of a formula that takes what is not measured for a grain."""
    above = _kinds_above(dictionary)
    for grain, item in product(grains, items):
        kind = item.kind if isinstance(item, Beneath) else grain.kind
        if isinstance(item, Beneath) and grain.kind not in {SCHOOL, *above.get(kind, ())}:
            yield _not_beneath(item, grain)
            continue
        for each in inputs_of(item):
            if not is_measured(known[each.indicator], kind, grain.period_kind):
                yield _not_measured(each, known[each.indicator], kind, grain)


def _not_beneath(item: Beneath, grain: Grain) -> FormulaError:
    return FormulaError(
        item.at,
        f"{item.kind} 不直属于 {grain.kind}，{grain.kind} × {grain.period_kind} 无从汇总",
        f"no {item.kind} lies right beneath a {grain.kind}: nothing to take for"
        f" {grain.kind} × {grain.period_kind}",
    )


def _not_measured(each: Input, indicator: Indicator, kind: str, grain: Grain) -> FormulaError:
    there = "、".join(f"{one.kind} × {one.period_kind}" for one in indicator.grains)
    where = f"{kind} × {grain.period_kind}"
    return FormulaError(
        each.at,
        f"{each.indicator} 不按 {where} 测量，只按 {there}；请先为它加上，或去掉这里的"
        f" {grain.kind} × {grain.period_kind}",
        f"{each.indicator} is not measured for {where}, only for {there}: add it there,"
        f" or leave out {grain.kind} × {grain.period_kind} here",
    )


def _kinds_above(dictionary: Dictionary) -> dict[str, set[str]]:
    """Return, by kind of scope, the kinds right above it."""
    rules = [each.scope for each in dictionary.entities.values() if each.scope is not None]
    return {rule.kind: set(rule.parents) for rule in rules}
