"""A rule as its form holds it, and a silence: fields that go by the paths of their documents.

A rule that asks for one value beyond a line, with another line for each graver colour, is plain:
its form has a line for each colour. Any other condition is written as JSON.

Source: contract of the alert service; the forms are our default.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, tzinfo
from itertools import pairwise
from typing import Any, Final

from gateway.portal.domain.refusals import InvalidError

Given = Mapping[str, str]

COLOURS: Final = ("blue", "yellow", "orange", "red")
OPERATORS: Final = ("<", "<=", ">", ">=")
PERIODS: Final = ("day", "week", "month", "term", "ayear", "year", "plan", "span")
KINDS: Final = (
    *("school", "unit", "major", "course", "class", "group", "teacher", "student", "feed"),
)
LABELS: Final = (
    *("family", "severity", "rule", "scope", "within", "kind", "level", "indicator", "period"),
    *("owner", "unit"),
)
"""Labels of alerts that the form of a silence offers."""

MATCHERS: Final = 4
"""Conditions that the form of a silence has."""

LINE: Final = "line."
_TEXTS: Final = ("title", "title_en", "family", "unit", "basis", "severity")
_NUMBERS: Final = ("times", "lasting_hours", "margin", "cool_down_hours")
_LEAST: Final = ("n", "coverage", "max_age_days")
_OWNER: Final = ("by", "kind", "owner")
_LISTS: Final = ("keys", "within", "tags", "but")
_WRITTEN: Final = ("condition", "ladder")
_TAG: Final = re.compile(r"\.(indicator|op|periods)\b")


def is_plain(document: Mapping[str, Any]) -> bool:
    """Return whether a form can hold the condition of a rule as a line for each colour."""
    rungs = document.get("ladder") or []
    base = document.get("condition") or {}
    leaves = [base, *(each["when"] for each in rungs)]
    colours = [document.get("severity"), *(each["severity"] for each in rungs)]
    ranks = [COLOURS.index(each) for each in colours if each in COLOURS]
    alike = {(each.get("indicator"), each.get("op"), each.get("periods", 1)) for each in leaves}
    return (
        all(each.get("is") == "value" and isinstance(each["value"], str) for each in leaves)
        and len(alike) == 1
        and base["op"] in OPERATORS
        and all(before < after for before, after in pairwise(ranks))
    )


def filled(document: Mapping[str, Any], *, written: bool) -> dict[str, str]:
    """Return the fields of a form that say what a document says."""
    said: dict[str, Any] = {name: document.get(name) for name in (*_TEXTS, *_NUMBERS)}
    chosen, least, owner = (document.get(name) or {} for name in ("scopes", "least", "owner"))
    said |= {f"scopes.{name}": "\n".join(chosen.get(name) or ()) for name in _LISTS}
    said["scopes.kind"] = chosen.get("kind")
    said |= {f"least.{name}": least.get(name) for name in _LEAST}
    said |= {f"owner.{name}": owner.get(name) for name in _OWNER}
    said |= dict.fromkeys((f"periods.{each}" for each in document.get("periods") or ()), "1")
    rungs = document.get("ladder") or []
    condition = document.get("condition") or {}
    if written:
        said |= {"written": "1", "condition": _pretty(condition)}
        said |= {"ladder": _pretty(rungs) if rungs else None}
    elif condition:
        said |= {
            f"condition.{name}": condition.get(name) for name in ("indicator", "op", "periods")
        }
        said |= {f"{LINE}{each['severity']}": each["when"]["value"] for each in rungs}
        said[f"{LINE}{document['severity']}"] = condition["value"]
    return {name: str(each) for name, each in said.items() if each not in {None, ""}}


def document(given: Given) -> dict[str, Any]:
    """Return the rule that a form says; what was left empty is not said.

    Raises:
        InvalidError: what was written is no JSON; the place is named.
    """
    said: dict[str, Any] = {name: given[name] for name in _TEXTS if name in given}
    said |= {name: given[name] for name in _NUMBERS if name in given}
    said["scopes"] = {"kind": given.get("scopes.kind", "")} | {
        name: given[f"scopes.{name}"].split() for name in _LISTS if f"scopes.{name}" in given
    }
    said["periods"] = [each for each in PERIODS if given.get(f"periods.{each}")]
    for part, names in (("least", _LEAST), ("owner", _OWNER)):
        said[part] = {name: given[f"{part}.{name}"] for name in names if f"{part}.{name}" in given}
    return said | (_read(given) if given.get("written") else _lines(given))


def faults(
    found: Mapping[str, Sequence[str]], given: Given, says: Callable[[str], str]
) -> dict[str, list[str]]:
    """Return what is wrong with a document beside the fields of its form.

    Args:
        says: gives the language that is read of what was said in both.
    """
    told: dict[str, list[str]] = {}
    colours = [each for each in COLOURS if given.get(LINE + each)] or ["yellow"]
    for path, reasons in found.items():
        path_of_rule = path.replace("$.rule.", "$.", 1)
        field = _field(path_of_rule, colours, written=bool(given.get("written")))
        place = path_of_rule.removeprefix("$.")
        for reason in reasons:
            said = f"{place}：{says(reason)}" if field[2:] in _WRITTEN else says(reason)
            told.setdefault(field, []).append(said)
    return told


def spoken(words: str, names: Mapping[str, str]) -> str:
    """Return the words of a rule with the names of what they go by: indicators, kinds."""
    return re.sub(r"[a-z][a-z0-9_]+", lambda found: names.get(found[0], found[0]), words)


def stretch(given: Given, zone: tzinfo) -> dict[str, str]:
    """Return the days that a trial is about, from the first to the end of the last."""
    ends = (("since", time.min), ("until", time(23, 59)))
    return {name: _moment(given[name], at, zone) for name, at in ends if name in given}


def _moment(text: str, at: time, zone: tzinfo) -> str:
    """Return a time of a day; what is no day as it stands: the service refuses it."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        return text
    return datetime.combine(day, at, zone).isoformat()


def silence(given: Given, ends_at: str) -> dict[str, Any]:
    """Return a silence as its form says it: a row without a label is none."""
    rows = [
        {
            "label": given[f"matchers[{index}].label"],
            "op": given.get(f"matchers[{index}].op", "="),
            "value": given.get(f"matchers[{index}].value", ""),
        }
        for index in range(MATCHERS)
        if f"matchers[{index}].label" in given and f"matchers[{index}].value" in given
    ]
    said: dict[str, Any] = {"matchers": rows, "ends_at": ends_at, "reason": given.get("reason", "")}
    if "recurrence.rule" in given:
        minutes = given.get("recurrence.minutes", "")
        said["recurrence"] = {"rule": given["recurrence.rule"], "minutes": minutes}
    return said


def _field(path: str, colours: Sequence[str], *, written: bool) -> str:
    """Return the field that stands for a path of the document."""
    if path == "path.key":
        return "$.key"
    rung = re.match(r"\$\.ladder\[(\d+)\]", path)
    if written:
        head = re.match(r"\$\.(condition|ladder)\b", path)
        return head[0] if head else re.sub(r"\[\d+\].*", "", path)
    if rung:
        number = int(rung[1]) + 1
        return f"$.{LINE}{colours[min(number, len(colours) - 1)]}"
    if path.startswith("$.condition"):
        named = _TAG.findall(path.removeprefix("$.condition"))
        return f"$.condition.{named[-1]}" if named else f"$.{LINE}{colours[0]}"
    return re.sub(r"\[\d+\].*", "", path)


def _lines(given: Given) -> dict[str, Any]:
    """Return condition, colour and ladder: the mildest colour that has a line comes first."""
    leaf = {"is": "value", "indicator": given.get("condition.indicator", "")}
    leaf |= {"op": given.get("condition.op", "<")}
    if "condition.periods" in given:
        leaf["periods"] = given["condition.periods"]
    rungs = [
        {"severity": each, "when": {**leaf, "value": given[LINE + each]}}
        for each in COLOURS
        if LINE + each in given
    ]
    if not rungs:
        return {"condition": {**leaf, "value": ""}, "severity": "yellow"}
    first, *rest = rungs
    return {"condition": first["when"], "severity": first["severity"], "ladder": rest}


def _read(given: Given) -> dict[str, Any]:
    said: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name in _WRITTEN:
        text = given.get(name, "{}" if name == "condition" else "[]")
        try:
            said[name] = json.loads(text)
        except (ValueError, RecursionError) as error:
            at = (getattr(error, "lineno", 1), getattr(error, "colno", 1))
            zh, en = f"第 {at[0]} 行第 {at[1]} 列不是 JSON", f"no JSON at line {at[0]}, {at[1]}"
            wrong[f"$.{name}"] = [f"{zh} ({en})"]
    if wrong:
        raise InvalidError("写的不是 JSON", "what was written is no JSON", fields=wrong)
    return said


def _pretty(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False, indent=2)
