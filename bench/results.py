"""What a benchmark found, held against its promise."""

import json
import operator
import os
import platform
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
RELATIONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure."""

    id: str
    value: float
    limit: str = ""
    """The limit it was measured against in the same run, with its own figure."""

    naive: str = ""
    """The naive way, with its own figure."""

    ratio: float | None = None
    note: str = ""


def promises() -> dict[str, dict[str, Any]]:
    """Return what is promised, by id."""
    return tomllib.loads((FOLDER / "promises.toml").read_text(encoding="utf-8"))


def machine() -> str:
    """Name the machine that measured."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def judge(figure: Figure) -> dict[str, Any]:
    """Return a figure as results.json keeps it."""
    promise = promises()[figure.id]
    held = RELATIONS[promise["relation"]]
    document = {
        "value": round(figure.value, 4),
        "unit": promise["unit"],
        "limit": figure.limit,
        "naive": figure.naive,
        "ratio": figure.ratio if figure.ratio is None else round(figure.ratio, 4),
        "promise": f"{promise['relation']} {promise['promise']}",
        "holds": held(figure.value, promise["promise"]),
        "machine": machine(),
        "note": figure.note,
    }
    if "first_step" in promise:
        document["first_step"] = f"{promise['relation']} {promise['first_step']}"
        document["holds_first_step"] = held(figure.value, promise["first_step"])
    return document


def save(figures: list[Figure]) -> dict[str, Any]:
    """Write results.json; what was not measured in this run keeps its last figure."""
    path = FOLDER / "results.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results |= {figure.id: judge(figure) for figure in figures}
    path.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    return results


def show(results: Mapping[str, Any]) -> None:
    """Print the table."""
    for name, each in sorted(results.items()):
        mark = "✓" if each["holds"] else "✗"
        print(
            f"{mark} {name:22} {each['value']:>9} {each['unit']:6} promise {each['promise']:8}"
            f" | limit {each['limit']} | naive {each['naive']} | {each['note']}"
        )
