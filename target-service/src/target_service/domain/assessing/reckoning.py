"""From what was found to results: each item, the whole, places, grades and verdicts.

A = Σ w·a ÷ Σ w over the items **with data**, shown with its coverage; below the scheme's minimum
coverage a result is *thin*, has no place and no grade. A veto leaves nothing of the whole.
Everything is exact until it is told, with six decimals.

Source: design "Goals and standards" 5 and 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from target_service.domain.assessing.conditions import (
    TOTAL,
    Facet,
    Reason,
    Verdict,
    decide,
)
from target_service.domain.assessing.found import NOTHING, Found, gather
from target_service.domain.assessing.ranking import Choice, Standing, choose, grade, places
from target_service.domain.assessing.scheme import Item, Scheme, Takes, with_group
from target_service.domain.assessing.sources import Rater, weigh
from target_service.domain.limits import Number
from target_service.domain.scoring import Observed, read_scoring

FULL = 100
"""Points of a whole in which every item is full."""

Findings = Mapping[str, Mapping[str, Found]]
"""By object and item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of a result: what was found, and what it is worth."""

    item: str
    value: Number | None
    score: Fraction | None
    """0 to 1; None without data."""

    points: Fraction | None
    """Score × weight × 100."""

    vetoes: bool
    short: tuple[Rater, ...] = ()
    """Sources that have too few marks."""

    rule: Mapping[str, Any] | None = None
    """As it was used, with the best or the mean of the group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one object came out."""

    subject: str
    points: Fraction | None
    """0 to 100; None without data."""

    coverage: Fraction
    thin: bool
    vetoed: bool
    lines: tuple[Line, ...]
    verdicts: frozenset[Verdict]
    reasons: tuple[Reason, ...]
    place: int | None = None
    choice: Choice | None = None
    grade: str | None = None


def reckon(scheme: Scheme, findings: Findings, consents: frozenset[str]) -> dict[str, Result]:
    """Return the result of each object.

    Args:
        consents: persons who agree to have a place; asked only where the scheme asks it.
    """
    values = {
        item.key: {
            subject: _value(item, of.get(item.key, NOTHING)) for subject, of in findings.items()
        }
        for item in scheme.items
    }
    groups = {key: [v for v in by.values() if v is not None] for key, by in values.items()}
    results = {
        subject: _result(
            scheme,
            subject,
            [
                _line(item, values[item.key][subject], of.get(item.key, NOTHING), groups[item.key])
                for item in scheme.items
            ],
        )
        for subject, of in findings.items()
    }
    return _rank(scheme, results, consents)


def _value(item: Item, found: Found) -> Number | None:
    now = gather(found.parts, item.gather)
    if item.takes is not Takes.PROGRESS:
        return now
    then = gather(found.before, item.gather)
    if now is None or then is None:
        return None
    gained = Fraction(now) - Fraction(then)
    return -gained if item.lower_is_better else gained


def _line(item: Item, value: Number | None, found: Found, group: Sequence[Number]) -> Line:
    score, short = _score(item, value, found, group)
    return Line(
        item=item.key,
        value=value,
        score=score,
        points=None if score is None else score * Fraction(item.weight) * FULL,
        vetoes=item.veto is not None and value is not None and item.veto.holds(value),
        short=short,
        rule=with_group(item.rule, group) if item.rule else None,
    )


def _score(
    item: Item, value: Number | None, found: Found, group: Sequence[Number]
) -> tuple[Fraction | None, tuple[Rater, ...]]:
    if item.takes is Takes.MARKS:
        weighed = weigh(item.sources, found.marks)
        return weighed.score, weighed.short
    if item.rule is not None:
        return _by_rule(item.rule, Observed(value=value, tally=found.tally), group), ()
    return (None if value is None else min(max(Fraction(value), Fraction(0)), Fraction(1))), ()


def _by_rule(
    document: Mapping[str, Any], observed: Observed, group: Sequence[Number]
) -> Fraction | None:
    rule = with_group(document, group)
    score = None if rule is None else read_scoring(rule).score(observed)
    return None if score is None else Fraction(score)


def _result(scheme: Scheme, subject: str, lines: Sequence[Line]) -> Result:
    weights = {item.key: Fraction(item.weight) for item in scheme.items}
    told = [each for each in lines if each.points is not None]
    covered = sum((weights[each.item] for each in told), Fraction())
    whole = sum(weights.values(), Fraction())
    coverage = covered / whole if whole else Fraction(1)
    vetoed = any(each.vetoes for each in lines)
    points = (
        sum((each.points or Fraction() for each in told), Fraction()) / covered if covered else None
    )
    points = Fraction(0) if vetoed and points is not None else points
    thin = coverage < Fraction(scheme.minimum_coverage)
    known: dict[tuple[str, Facet], Number | None] = {(TOTAL, "points"): None if thin else points}
    for line in lines:
        known[line.item, "value"] = line.value
        known[line.item, "points"] = None if line.score is None else line.score * FULL
    verdicts, reasons = decide(scheme.conditions, known)
    return Result(
        subject=subject,
        points=points,
        coverage=coverage,
        thin=thin,
        vetoed=vetoed,
        lines=tuple(lines),
        verdicts=verdicts,
        reasons=tuple(reasons),
    )


def _rank(
    scheme: Scheme, results: Mapping[str, Result], consents: frozenset[str]
) -> dict[str, Result]:
    sound = {
        key: each for key, each in results.items() if each.points is not None and not each.thin
    }
    all_placed = places({key: _standing(scheme, each) for key, each in sound.items()})
    grades = grade(
        scheme.grades, {key: each.points or Fraction() for key, each in sound.items()}, all_placed
    )
    asks = any(each.verdict is Verdict.ELIGIBLE for each in scheme.conditions)
    taking = {
        key: _standing(scheme, each)
        for key, each in sound.items()
        if scheme.ranked
        and not each.vetoed
        and (not asks or Verdict.ELIGIBLE in each.verdicts)
        and (not scheme.opt_in or key in consents)
    }
    placed = places(taking)
    chosen = choose(placed, scheme.quota) if scheme.quota else {}
    return {
        key: _placed(each, placed.get(key), chosen.get(key), grades.get(key))
        for key, each in results.items()
    }


def _placed(result: Result, place: int | None, choice: Choice | None, grade: str | None) -> Result:
    return replace(result, place=place, choice=choice, grade=grade)


def _standing(scheme: Scheme, result: Result) -> Standing:
    scores = {each.item: each.score for each in result.lines}
    return (
        result.points or Fraction(),
        *(scores[key] or Fraction() for key in scheme.tie_break),
    )
