"""Checklists of external reviews (复核要点), by province, as data.

Source: plan M004–M005. A file in ``checklists/`` is one; what its words rest on stands in it.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tomllib import loads
from typing import Any, ClassVar, Final

from shared.errors import DomainError, ErrorKind

_HERE: Final = Path(__file__).parents[1] / "checklists"
DEFAULT: Final = "chongqing"


class ChecklistUnknownError(DomainError):
    """There is no such checklist."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "checklist-unknown"
    title_zh: ClassVar = "没有这个省的复核要点"
    title_en: ClassVar = "No such checklist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """What a review looks for, item by item."""

    key: str
    document: dict[str, Any]


@cache
def checklists() -> dict[str, Checklist]:
    """Return the checklists by key."""
    files = sorted(_HERE.glob("*.toml"))
    return {
        each.stem: Checklist(key=each.stem, document=loads(each.read_text(encoding="utf-8")))
        for each in files
    }


def find_checklist(key: str) -> Checklist:
    """Return a checklist.

    Raises:
        ChecklistUnknownError: with those that there are.
    """
    if key not in checklists():
        there = "、".join(checklists())
        raise ChecklistUnknownError(
            f"没有复核要点 {key}，有：{there}",
            f"there is no checklist {key}",
            fields={"$.checklist": [f"可选：{there} (choose one)"]},
            fixes=["GET /api/report/v1/checklists"],
        )
    return checklists()[key]
