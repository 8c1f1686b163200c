"""A college whose people hand values in, and who they are."""

from collections.abc import Callable
from typing import Any

from shared.kit.identity import Caller, TokenSigner

PERIOD = "year:2025"
LINK = "https://survey.example.edu/2025"

EMPLOYERS: dict[str, Any] = {
    "indicator": "employers_content",
    "zh": "用人单位满意度",
    "en": "Employers' satisfaction",
    "unit": "ratio",
    "direction": "higher",
    "basis": "用人单位问卷",
    "manual": True,
    "minimum_sample": 10,
    "scopes": [{"kind": "major", "period": "year"}, {"kind": "school", "period": "year"}],
}
"""Nobody can count it: people hand it in."""

STUDENTS: dict[str, Any] = {
    **{name: EMPLOYERS[name] for name in ("direction", "basis", "manual")},
    "indicator": "students_in_school",
    "zh": "在校生数",
    "en": "Students in school",
    "unit": "count",
    "formula": "count(student where in_school)",
    "scopes": [{"kind": "major", "period": "year"}],
}
"""Counted from records; what is missing may be handed in."""

DERIVED: dict[str, Any] = {
    **{name: EMPLOYERS[name] for name in ("unit", "direction")},
    "indicator": "employers_lost",
    "zh": "不满意比例",
    "en": "Employers that are not content",
    "formula": "1 - [employers_content]",
    "scopes": [{"kind": "major", "period": "year"}],
}


def as_person(keys: tuple[TokenSigner, str], number: int, *may: str) -> dict[str, str]:
    """Return the header of a person who may read, and more; in the scopes that he answers for."""
    scopes = frozenset({"datahub:read", *(f"datahub:{each}" for each in may)})
    caller = Caller(subject=f"person/T{number}", roles=frozenset({"reader"}), scopes=scopes)
    return {"authorization": f"Bearer {keys[0].sign(caller, 'datahub')}"}


def entry(**more: Any) -> dict[str, Any]:
    """Return what somebody hands in for the employers of a major."""
    said = {"indicator": EMPLOYERS["indicator"], "scope": "major/M1", "period": PERIOD}
    return {**said, "numerator": "45", "denominator": "50", "n": 50, "link": LINK, **more}


async def cell_of(hub: Any, indicator: str, scope: str, period: str = PERIOD) -> Any:
    """Return the measured value of a cell once the hub has settled; None where there is none."""
    await hub.settled()
    found = await hub.get("measurements", indicator=indicator, scope=scope, period=period)
    return found[0] if found else None


Header = Callable[..., dict[str, str]]
