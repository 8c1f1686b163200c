"""The documents of a data package as the services take them: feeds, indicators, goals, cycles.

A package keeps them as TOML. A binding there names its tiers in full; here the tiers that all
bindings of an indicator on a level share become a standard of their own, which is how a college
approves them, and the binding refers to it.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from shared.contracts.vocabulary import LEVEL_ZH, level_of

Document = dict[str, Any]

REGISTERS: Final = {
    "basis-documents": "依据文件",
    "bodies": "机构",
    "value-dimensions": "价值维度",
    "risks": "风险",
    "processes": "工作流程",
    "readiness": "复核准备",
    "resolutions": "会议决议",
}
"""Registers of the target service that a package may fill, in the order in which they cite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains:
    """What is aimed at and owed, and the cycles that carry the work."""

    plans: tuple[Document, ...]
    goals: tuple[Document, ...]
    standards: tuple[Document, ...]
    bindings: tuple[Document, ...]
    cycles: tuple[Document, ...]
    registers: Mapping[str, tuple[Document, ...]]
    """Entries by register."""


def read_folder(folder: Path) -> list[Document]:
    """Return every TOML document of a folder, by file name."""
    return [_read(file) for file in sorted(folder.glob("*.toml"))]


def read_chains(files: Iterable[Path], names: Mapping[str, Document], day: date) -> Chains:
    """Read goals and bindings.

    Args:
        files: TOML with ``[[bindings]]``, ``[[goals]]`` and ``[[plans]]``.
        names: definition of each indicator, for the titles of standards.
        day: fills ``{month}`` and ``{year}`` of a period.
    """
    tables = [_read(file) for file in files]
    bindings = [_on(each, day) for table in tables for each in table.get("bindings", ())]
    goals = [_goal(_on(each, day)) for table in tables for each in table.get("goals", ())]
    parents = {each.get("parent") for each in goals}
    for each in goals:
        if each["key"] in parents:
            each["allocation"] = "weighted"
    standards = _standards(bindings, names)
    return Chains(
        plans=tuple(each for table in tables for each in table.get("plans", ())),
        goals=tuple(goals),
        standards=tuple(standards.values()),
        bindings=tuple(_binding(each, goals, standards) for each in bindings),
        cycles=tuple(_cycles(bindings)),
        registers={
            name: tuple(each for table in tables for each in table.get(name, ()))
            for name in REGISTERS
        },
    )


def _read(file: Path) -> Document:
    with file.open("rb") as stream:
        return tomllib.load(stream)


def _on(document: Document, day: date) -> Document:
    period = document["period"].format(month=f"{day:%Y-%m}", year=f"{day:%Y}")
    return {**document, "period": period}


def _goal(document: Document) -> Document:
    """Join value and operator of the target."""
    given = {name: value for name, value in document.items() if name != "op"}
    return {**given, "target": {"op": document["op"], "value": document["target"]}}


def by_depth(goals: Sequence[Document]) -> list[list[Document]]:
    """Return the goals without a parent, then those below them, and so on."""
    parent_of = {each["key"]: each.get("parent") for each in goals}

    def depth(key: str) -> int:
        parent = parent_of.get(key)
        return 0 if parent is None else 1 + depth(parent)

    levels: dict[int, list[Document]] = {}
    for each in goals:
        levels.setdefault(depth(each["key"]), []).append(each)
    return [levels[level] for level in sorted(levels)]


def _standard_key(binding: Document) -> str:
    return f"{binding['indicator']}.{level_of(binding['scope']).value}"


def _standards(bindings: Sequence[Document], names: Mapping[str, Document]) -> dict[str, Document]:
    """Return a standard for each indicator and level whose bindings owe one and the same."""
    tiers: dict[str, list[Document]] = {}
    for each in bindings:
        tiers.setdefault(_standard_key(each), []).append(each)
    return {
        key: _standard(key, same[0], names[same[0]["indicator"]])
        for key, same in tiers.items()
        if all(each["tiers"] == same[0]["tiers"] for each in same)
    }


def _standard(key: str, binding: Document, indicator: Document) -> Document:
    level = LEVEL_ZH[level_of(binding["scope"])]
    return {
        "key": key,
        "title": f"{level}层面“{indicator['zh']}”标准",
        "indicator": binding["indicator"],
        "basis": indicator.get("basis"),
        "tiers": binding["tiers"],
    }


def _binding(
    binding: Document, goals: Sequence[Document], standards: Mapping[str, Document]
) -> Document:
    key = _standard_key(binding)
    cell = ("indicator", "scope", "period")
    goal = next(
        (each["key"] for each in goals if all(each.get(part) == binding[part] for part in cell)),
        None,
    )
    if key not in standards:
        return {**binding, "goal": goal}
    own = {name: value for name, value in binding.items() if name != "tiers"}
    return {**own, "goal": goal, "standard": key}


def _cycles(bindings: Sequence[Document]) -> Iterable[Document]:
    """Yield one cycle a scope, on the longest of its periods: a month lies inside its term."""
    periods: dict[str, set[str]] = {}
    for each in bindings:
        periods.setdefault(each["scope"], set()).add(each["period"])
    for scope, found in periods.items():
        period = min(found, key=_shortness)
        yield {"key": f"{period.partition(':')[2]}/{scope}", "scope": scope, "period": period}


def _shortness(period: str) -> tuple[int, str]:
    kinds = ("plan", "ayear", "year", "term", "span", "month", "week", "day")
    return kinds.index(period.partition(":")[0]), period
