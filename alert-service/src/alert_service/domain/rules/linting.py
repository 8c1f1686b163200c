"""What contradicts itself in a rule: everything at once, by JSON path.

Whether a condition can ever hold, or always does, is tried on one value between, below, above and
on every line that it names, in every combination with what else it asks. Where there are more than
`_TRIES` of them nothing is said: what was not tried may hold.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from typing import ClassVar, Final

from alert_service.domain.rules.judging import breach_of_line
from alert_service.domain.rules.model import (
    All,
    AnyOf,
    Change,
    Condition,
    Deviation,
    Feed,
    Judged,
    Leaf,
    Not,
    Quality,
    Rule,
    Value,
)
from alert_service.domain.rules.reading import is_plain, leaves_of, leaves_of_rule, read_by
from alert_service.domain.severity import rank_of
from shared.contracts.vocabulary import Operator
from shared.errors import DomainError, ErrorKind

Fault = tuple[str, str]

MOST_SCOPES: Final = 50_000
"""So many scopes a rule may be about. Source: our default."""

MOST_LEAVES: Final = 40
DEEPEST: Final = 6
_TRIES: Final = 5_000
_NOTHING: Final = Decimal(0)
_RANGES: Final[Mapping[str, tuple[int, int | None]]] = {
    "ratio": (0, 1),
    "percent": (0, 100),
    "count": (0, None),
    "hours": (0, None),
    "days": (0, None),
    "money": (0, None),
}
"""Smallest and largest value of a unit, where it has any."""


class FaultyRuleError(DomainError):
    """A rule contradicts itself."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "rule-faulty"
    title_zh: ClassVar = "规则自相矛盾"
    title_en: ClassVar = "The rule contradicts itself"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the indicators that a rule may read."""

    units: Mapping[str, str]
    scopes: int
    """How many scopes the rule is about."""


def refuse_faulty(rule: Rule, unit: str | None, known: Known) -> None:
    """Refuse a rule that contradicts itself.

    Raises:
        FaultyRuleError: it does; everything is named at once.
    """
    faults = by_path(lint(rule, unit, known))
    if faults:
        count = sum(len(each) for each in faults.values())
        raise FaultyRuleError(
            f"规则 {rule.key} 有 {count} 处问题", f"{rule.key} has {count} faults", fields=faults
        )


def by_path(faults: Sequence[Fault]) -> dict[str, list[str]]:
    """Return the reasons by path, in the order in which they were found."""
    found: dict[str, list[str]] = {}
    for path, reason in faults:
        found.setdefault(path, []).append(reason)
    return found


def lint(rule: Rule, unit: str | None, known: Known) -> list[Fault]:
    """Return everything that contradicts itself."""
    if _depth(rule.condition) > DEEPEST or len(leaves_of_rule(rule)) > MOST_LEAVES:
        words = f"条件最多 {DEEPEST} 层、{MOST_LEAVES} 项"
        return [("$.condition", f"{words} (at most {DEEPEST} deep, {MOST_LEAVES} parts)")]
    faults = [*_of_places(rule), *_of_selector(rule, known), *_of_memory(rule), *_of_owner(rule)]
    faults += _of_units(rule, unit, known.units)
    if not faults:
        faults += [*_of_sense(rule, known.units), *_of_ladder(rule, known.units)]
    return faults


def _depth(condition: Condition) -> int:
    match condition:
        case All() | AnyOf():
            return 1 + max(_depth(each) for each in condition.of)
        case Not():
            return 1 + _depth(condition.of)
        case _:
            return 1


def _placed(condition: Condition, path: str) -> Iterator[tuple[str, Leaf]]:
    match condition:
        case All() | AnyOf():
            for number, part in enumerate(condition.of):
                yield from _placed(part, f"{path}.of[{number}]")
        case Not():
            yield from _placed(condition.of, f"{path}.of")
        case _:
            yield path, condition


def _every_leaf(rule: Rule) -> Iterator[tuple[str, Leaf]]:
    yield from _placed(rule.condition, "$.condition")
    for number, rung in enumerate(rule.ladder):
        yield from _placed(rung.when, f"$.ladder[{number}].when")


def _of_places(rule: Rule) -> Iterator[Fault]:
    for path, leaf in _every_leaf(rule):
        match leaf:
            case Value():
                yield from _of_line(path, leaf)
            case Judged():
                asked = (leaf.states, leaf.warning, leaf.overdue, leaf.gap_beyond)
                if not any(each not in (None, frozenset()) for each in asked) and (
                    leaf.forecast_misses is None
                ):
                    yield path, "须说明状态、标志或差距 (name a state, a flag or a gap)"
            case Deviation() if leaf.among == "group" and 0 < len(rule.selector.keys) <= leaf.least:
                yield f"{path}.least", "对象太少，永远无法比较 (too few scopes to compare with)"
            case _:
                pass
        is_feed = rule.selector.kind == "feed"
        if is_feed is not isinstance(leaf, Feed | Quality):
            zh = "对象为 feed 的规则只能且必须用 feed、quality 条件"
            yield (
                path,
                f"{zh} (feed and quality go with scopes of the kind feed, and only with them)",
            )


def _of_line(path: str, leaf: Value) -> Iterator[Fault]:
    count = len(leaf.value)
    if leaf.op is Operator.BETWEEN:
        if count != 2 or leaf.value[0] >= leaf.value[1]:
            yield f"{path}.value", "between 须两个数，先小后大 (two numbers, the smaller one first)"
    elif leaf.op is not Operator.IN and count != 1:
        yield f"{path}.value", f"{leaf.op.value} 须一个数 (one number)"


def _of_selector(rule: Rule, known: Known) -> Iterator[Fault]:
    chosen = rule.selector
    for name in ("keys",):
        wrong = sorted(each for each in chosen.keys if not each.startswith(f"{chosen.kind}/"))
        if wrong:
            yield f"$.scopes.{name}", f"不是 {chosen.kind}：{wrong[0]} (of another kind)"
    if chosen.keys and chosen.keys <= chosen.but:
        yield "$.scopes.but", "全部对象都被排除 (every scope is excluded)"
    if known.scopes > MOST_SCOPES:
        zh = f"适用 {known.scopes} 个对象，最多 {MOST_SCOPES}；请用 within、tags 或 keys 缩小"
        yield (
            "$.scopes",
            f"{zh} (it is about {known.scopes} scopes, at most {MOST_SCOPES}: narrow it)",
        )


def _of_memory(rule: Rule) -> Iterator[Fault]:
    plain = is_plain(rule)
    said = "只适用于单一指标的 value 条件 (only for value conditions of one indicator)"
    if rule.times > 1 and not plain:
        yield "$.times", said
    if not rule.margin:
        return
    if not plain:
        yield "$.margin", said
    elif any(
        isinstance(leaf, Value) and leaf.op in {Operator.EQ, Operator.IN}
        for leaf in leaves_of(rule.condition)
    ):
        yield "$.margin", "= 与 in 没有迟滞 (= and in have no margin)"


def _of_owner(rule: Rule) -> Iterator[Fault]:
    owner = rule.owner
    wanted = {"scope": None, "above": "kind", "fixed": "owner"}[owner.by]
    for name in ("kind", "owner"):
        given = getattr(owner, name) is not None
        if given is not (name == wanted):
            verb = "须给出 (give it)" if name == wanted else "此处不用 (not here)"
            yield f"$.owner.{name}", verb


def _of_units(rule: Rule, unit: str | None, units: Mapping[str, str]) -> Iterator[Fault]:
    for path, leaf in _every_leaf(rule):
        name = read_by(leaf)[1]
        if not name:
            continue
        own = units.get(name)
        if own is None:
            yield f"{path}.indicator", f"没有听说过指标 {name} (no such indicator)"
        elif unit is not None and isinstance(leaf, Value | Change) and own != unit:
            relative = isinstance(leaf, Change) and leaf.relative
            if not relative:
                yield f"{path}.value", f"{name} 的单位是 {own}，不是 {unit} (its unit is {own})"


def _of_sense(rule: Rule, units: Mapping[str, str]) -> Iterator[Fault]:
    found = _tries(rule.condition, units)
    if found == {False}:
        yield "$.condition", "永远不会成立 (it can never hold)"
    elif found == {True}:
        yield "$.condition", "总是成立 (it always holds)"


def _of_ladder(rule: Rule, units: Mapping[str, str]) -> Iterator[Fault]:
    for number, rung in enumerate(rule.ladder):
        path = f"$.ladder[{number}]"
        if rank_of(rung.severity) <= rank_of(rule.severity):
            yield f"{path}.severity", "须重于规则的颜色 (it must be graver than the rule's)"
        if _tries(All(of=(rule.condition, rung.when)), units) == {False}:
            yield f"{path}.when", "与条件同时永远不会成立 (it never holds beside the condition)"


def _tries(condition: Condition, units: Mapping[str, str]) -> set[bool]:
    """Return whether a condition holds, does not hold, or may do either."""
    leaves = list(dict.fromkeys(leaves_of(condition)))
    names = sorted(
        {leaf.indicator for leaf in leaves if isinstance(leaf, Value) and _is_of_now(leaf)}
    )
    free = [leaf for leaf in leaves if not _is_of_now(leaf)]
    spaces: list[Sequence[Decimal | bool]] = [_points(name, leaves, units) for name in names]
    spaces += [(False, True)] * len(free)
    found: set[bool] = set()
    if prod(map(len, spaces)) > _TRIES:
        return {False, True}
    holds = _compile(condition)
    for tried in product(*spaces):
        values = dict(zip(names, tried, strict=False))
        flags = dict(zip(free, tried[len(names) :], strict=True))
        found.add(holds(values, flags))
        if len(found) == 2:
            break
    return found


def _is_of_now(leaf: Leaf) -> bool:
    return isinstance(leaf, Value) and leaf.periods == 1


def _points(name: str, leaves: Sequence[Leaf], units: Mapping[str, str]) -> list[Decimal]:
    lines = {
        line
        for leaf in leaves
        if isinstance(leaf, Value) and leaf.indicator == name
        for line in leaf.value
    }
    low, high = _RANGES.get(units.get(name, ""), (None, None))
    ends = {Decimal(each) for each in (low, high) if each is not None}
    known = sorted(lines | ends)
    between = [(one + other) / 2 for one, other in pairwise(known)]
    points = [*known, *between, known[0] - 1, known[-1] + 1]
    return [
        each for each in points if (low is None or each >= low) and (high is None or each <= high)
    ]


_Try = Callable[[Mapping[str, Decimal | bool], Mapping[Leaf, Decimal | bool]], bool]
"""Whether a condition holds for values of its indicators, and for what else it asks."""


def _compile(condition: Condition) -> _Try:
    match condition:
        case All():
            parts = [_compile(each) for each in condition.of]
            return lambda values, flags: all(part(values, flags) for part in parts)
        case AnyOf():
            parts = [_compile(each) for each in condition.of]
            return lambda values, flags: any(part(values, flags) for part in parts)
        case Not():
            part = _compile(condition.of)
            return lambda values, flags: not part(values, flags)
        case Value() if condition.periods == 1:
            beyond = breach_of_line(condition.op, condition.value, _NOTHING)
            return lambda values, _: beyond(Decimal(values[condition.indicator]))
        case _:
            return lambda _, flags: bool(flags[condition])
