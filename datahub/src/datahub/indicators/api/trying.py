"""What publishing a definition would change, before it takes effect."""

from collections.abc import Sequence
from typing import Any

from datahub.indicators.api.asking import plain
from datahub.indicators.domain.differing import Difference, counted, grouped
from datahub.indicators.domain.masking import HIDDEN, MASKED
from datahub.indicators.domain.measured import Value
from datahub.indicators.usecases.trying import Tried


def told(tried: Tried, limit: int) -> dict[str, Any]:
    """Return what a definition would change: counts, and so many changes, the largest first."""
    moved = [each for each in tried.differences if each.state not in {"same", "left"}]
    return {
        "indicator": tried.indicator.id,
        "version": tried.in_force,
        "next_version": tried.indicator.version,
        "counts": counted(tried.differences),
        "groups": [
            {"kind": kind, "period": period, **counted(some)}
            for (kind, period), some in grouped(tried.differences).items()
        ],
        "changes": _changes(tried, moved[:limit]),
        "dependents": tried.dependents,
    }


def _changes(tried: Tried, some: Sequence[Difference]) -> list[dict[str, Any]]:
    found = []
    for each in some:
        is_hidden = _is_hidden(tried, each)
        found.append(
            {
                "scope": each.scope,
                "period": each.period,
                "state": each.state,
                "before": _value(each.before, is_hidden=is_hidden),
                "after": _value(each.after, is_hidden=is_hidden),
                "difference": None if is_hidden else plain(each.difference),
            }
        )
    return found


def _is_hidden(tried: Tried, each: Difference) -> bool:
    """Whether one of the two values is masked, so that neither may be told."""
    place = (tried.indicator.id, each.scope, each.period)
    sides = [
        (each.before, tried.masks[0], tried.versions.get(place)),
        (each.after, tried.masks[1], tried.indicator.version),
    ]
    rows = [
        (mask, {**_numbers(value), "formula_version": version, **_names(tried, each)})
        for value, mask, version in sides
        if value is not None
    ]
    return any(mask.show(row)["reason"] == MASKED for mask, row in rows)


def _names(tried: Tried, each: Difference) -> dict[str, Any]:
    # Which of its values was typed nobody says here: each may be.
    indicator = tried.indicator
    return {"indicator": indicator.id, "scope": each.scope, "manual": indicator.manual}


def _value(value: Value | None, *, is_hidden: bool) -> dict[str, Any] | None:
    if value is None:
        return None
    hidden = dict.fromkeys(HIDDEN) | {"reason": MASKED} if is_hidden else {}
    return {**_numbers(value), **hidden}


def _numbers(value: Value) -> dict[str, Any]:
    return {
        "value": plain(value.value),
        "numerator": plain(value.numerator),
        "denominator": plain(value.denominator),
        "n": value.n,
        "coverage": plain(value.coverage),
        "reason": value.reason,
    }
