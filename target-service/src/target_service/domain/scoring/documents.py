"""Parameters of scoring rules as data: read with every fault at once, written in one spelling.

``{"rule": "banded_ratio", "qualified": {"op": "<=", "value": "18"}, "limit": …}``
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from decimal import Decimal
from typing import Any, ClassVar, Final

from shared.errors import DomainError, ErrorKind
from target_service.domain.limits import Limit, read_limit, read_number, write_limit, write_number
from target_service.domain.scoring.base import ScoringRule
from target_service.domain.scoring.comparisons import Better, RelativeToBest, RelativeToMean, Step
from target_service.domain.scoring.points import (
    AwardByLevel,
    CountOfLevels,
    Deduction,
    LevelWeightedCount,
    Points,
    SatisfactionIndex,
)
from target_service.domain.scoring.ratios import BandedRatio, CappedRatio
from target_service.domain.units import Faults, faults_of_direction

RULES: Final[tuple[type[Any], ...]] = (
    BandedRatio,
    CappedRatio,
    RelativeToBest,
    RelativeToMean,
    Deduction,
    LevelWeightedCount,
    AwardByLevel,
    SatisfactionIndex,
    CountOfLevels,
)
"""In the order of the design: ① to ⑨."""

_BY_NAME: Final = {rule.name: rule for rule in RULES}
NAMES: Final = tuple(_BY_NAME)


class ScoringFaultsError(DomainError):
    """A scoring rule cannot be meant as it is written."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "scoring-rule"
    title_zh: ClassVar = "评分规则有误"
    title_en: ClassVar = "The scoring rule is wrong"


def read_scoring(document: Mapping[str, Any], *, takes: str | None = None) -> ScoringRule:
    """Return the rule that a document names, with its parameters.

    Args:
        takes: ``value`` or ``tally``: what it will be given; None where that is not known yet.

    Raises:
        ScoringFaultsError: everything that is wrong with it, by JSON path.
    """
    rule, found = _read(document)
    if rule is not None and takes and takes not in rule.takes:
        found.append(("$.rule", _not_for(takes)))
    if rule is not None and takes == "value" and isinstance(rule, Deduction):
        found += _one_kind(rule)
    if rule is None or found:
        raise _refusal(found)
    return rule


def spelled(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document in its one spelling; as it came where it cannot be read."""
    rule, found = _read(document)
    return document if rule is None or found else write_scoring(rule)


def faults_of_scoring(
    document: Mapping[str, Any], path: str, direction: str, *, takes: str = "value"
) -> Faults:
    """Return everything that is wrong with a rule, below a JSON path.

    Args:
        direction: where better lies by the indicator; empty where there is none.
        takes: ``value`` or ``tally``: what it will be given.
    """
    try:
        rule = read_scoring(document, takes=takes)
    except ScoringFaultsError as error:
        return [
            (path + name.removeprefix("$"), reason)
            for name, reasons in error.fields.items()
            for reason in reasons
        ]
    return _against(rule, path, direction)


def _against(rule: ScoringRule, path: str, direction: str) -> Faults:
    """Return that a rule gives more for what the indicator should have less of."""
    found: Faults = []
    own: Any = rule
    for name, value in ((each.name, getattr(own, each.name)) for each in fields(own)):
        if isinstance(value, Limit):
            found += faults_of_direction(f"{path}.{name}", value, direction)
        elif name == "better" and direction in {"higher", "lower"} and value != direction:
            reason = f"与指标的方向相反：应写作 {direction} (of this indicator write {direction})"
            found.append((f"{path}.better", reason))
    if isinstance(rule, Deduction) and direction == "higher":
        reason = "指标越高越好，不能按次扣分 (of this indicator higher is better: deduct nothing)"
        found.append((f"{path}.rule", reason))
    return found


def write_scoring(rule: ScoringRule) -> dict[str, Any]:
    """Return the document of a rule: what `read_scoring` reads, in one spelling."""
    own: Any = rule
    return {"rule": rule.name} | {
        each.name: _plain(getattr(own, each.name)) for each in fields(own)
    }


def _read(document: Mapping[str, Any]) -> tuple[ScoringRule | None, Faults]:
    kind = _BY_NAME.get(str(document.get("rule")))
    if kind is None:
        return None, [("$.rule", f"只有这些规则 (one of): {' '.join(NAMES)}")]
    known = {each.name: each for each in fields(kind)}
    found: Faults = [
        (f"$.{name}", f"没有这个参数，只有 (no such parameter, only): {' '.join(known)}")
        for name in document
        if name not in known and name != "rule"
    ]
    given = {name: _parameter(field, document, found) for name, field in known.items()}
    if found:
        return None, found
    rule: ScoringRule = kind(**{name: each for name, each in given.items() if each is not MISSING})
    return rule, rule.faults()


def _parameter(field: "Field[Any]", document: Mapping[str, Any], found: Faults) -> Any:
    """Return a parameter as the rule takes it; what is wrong is told to ``found``."""
    path = f"$.{field.name}"
    if document.get(field.name) is None:
        if field.default is MISSING:
            found.append((path, "必填 (required)"))
        return MISSING
    return _READERS[field.type](path, document[field.name], found)


def _number(path: str, given: Any, found: Faults) -> Any:
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        found.append((path, "须为十进制数 (a decimal number)"))
        return MISSING
    try:
        return read_number(str(given))
    except ValueError as error:
        found.append((path, str(error)))
        return MISSING


def _limit(path: str, given: Any, found: Faults) -> Any:
    try:
        return read_limit(given)
    except (ValueError, KeyError, TypeError) as error:
        reason = error if isinstance(error, ValueError) else '{"op": ">=", "value": "0.6"}'
        found.append((path, f"须为带比较符的数 (a number with its operator): {reason}"))
        return MISSING


def _points(path: str, given: Any, found: Faults) -> Any:
    if not isinstance(given, Mapping):
        found.append((path, '须为 {"名称": 分值} (an object of points by name)'))
        return MISSING
    return {str(name): _number(f"{path}.{name}", each, found) for name, each in given.items()}


def _steps(path: str, given: Any, found: Faults) -> Any:
    if not isinstance(given, list | tuple) or not all(isinstance(each, Mapping) for each in given):
        found.append((path, '须为 [{"within": "5", "score": "1.8"}] (a list of steps)'))
        return MISSING
    return tuple(
        Step(
            within=_number(f"{path}[{at}].within", each.get("within"), found),
            score=_number(f"{path}[{at}].score", each.get("score"), found),
        )
        for at, each in enumerate(given)
    )


def _words(path: str, given: Any, found: Faults) -> Any:
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        found.append((path, "须为名称的列表 (a list of names)"))
        return MISSING
    return tuple(given)


def _better(path: str, given: Any, found: Faults) -> Any:
    if given not in {"higher", "lower"}:
        found.append((path, "higher 或 (or) lower"))
    return given


_READERS: Final[dict[Any, Callable[[str, Any, Faults], Any]]] = {
    Decimal: _number,
    Limit: _limit,
    Points: _points,
    tuple[Step, ...]: _steps,
    tuple[str, ...]: _words,
    Better: _better,
}
"""By the type of the parameter, as the rule declares it."""


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return write_number(value)
        case Limit():
            return write_limit(value)
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case tuple():
            return [_plain_step(each) if isinstance(each, Step) else each for each in value]
        case _:
            return value


def _plain_step(step: Step) -> dict[str, str]:
    return {"within": write_number(step.within), "score": write_number(step.score)}


def _not_for(takes: str) -> str:
    fitting = " ".join(rule.name for rule in RULES if takes in rule.takes)
    return f"对一个测量值只能用 (for a measured value, one of): {fitting}"


def _one_kind(rule: Deduction) -> Faults:
    if len(rule.deductions) == 1:
        return []
    return [
        ("$.deductions", "测量值即次数，只能有一种 (a measured value counts one kind of event)")
    ]


def _refusal(found: Faults) -> ScoringFaultsError:
    paths: dict[str, list[str]] = {}
    for path, reason in found:
        paths.setdefault(path, []).append(reason)
    named = "、".join(paths)
    return ScoringFaultsError(f"请检查：{named}", f"check {', '.join(paths)}", fields=paths)
