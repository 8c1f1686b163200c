"""What a formula counts, and what it reckons with the counts, in words.

Source: design "Indicators" 3.
"""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.definition import (
    Beneath,
    Count,
    Indicator,
    Input,
    Leg,
    Number,
    Reckoning,
    Result,
    When,
)
from datahub.indicators.domain.formula.others import Known
from datahub.indicators.domain.row import Path, Row
from datahub.indicators.domain.words.rows import (
    RowWords,
    Words,
    bracketed,
    formed,
    holding,
    is_joined,
)

SCOPE_WORDS: Final[Mapping[str, Words]] = {
    "school": Words("学校", "school"),
    "unit": Words("部门", "unit"),
    "major": Words("专业", "major"),
    "course": Words("课程", "course"),
    "class": Words("教学班", "teaching class"),
    "group": Words("行政班", "administrative class"),
    "teacher": Words("教师", "teacher"),
    "student": Words("学生", "student"),
}
HANDED_IN: Final = Words("由人填报，经批准", "handed in, approved")
_PARTS: Final[Mapping[str, Words]] = {
    "value": Words("", ""),
    "numerator": Words("的分子", "the numerator of "),
    "denominator": Words("的分母", "the denominator of "),
}
_HALF: Final = Decimal("0.5")


class Teller:
    """Tells definitions in words.

    Args:
        known: the indicators in force, whose names are told.
    """

    def __init__(self, dictionary: Dictionary, known: Known) -> None:
        self._rows = RowWords(dictionary)
        self._known = known

    def indicator(self, indicator: Indicator) -> Words:
        """Return what an indicator is: its formula in words."""
        top = self.result(indicator, indicator.numerator)
        if indicator.denominator is None:
            return top
        below = self.result(indicator, indicator.denominator)
        if _is_sum(indicator.numerator, {"*", "/", "^"}):
            top = bracketed(top)
        if _is_sum(indicator.denominator, {"^"}):
            below = bracketed(below)
        return Words(f"{top.zh} ÷ {below.zh}", f"{top.en} ÷ {below.en}")

    def result(self, indicator: Indicator, result: Result) -> Words:
        """Return what is reckoned, in words."""
        match result:
            case Number(value):
                return Words(f"{value:f}", f"{value:f}")
            case Count(leg):
                words = self.leg(indicator.legs[leg])
                return Words(f"「{words.zh}」", f"[{words.en}]")
            case Input():
                return self.input(result)
            case Beneath():
                return self._beneath(indicator, result)
            case Reckoning(op, operands):
                parts = [self._part(indicator, op, each) for each in operands]
                return _spaced(formed(op, parts))

    def leg(self, leg: Leg) -> Words:
        """Return what is counted of an entity, in words."""
        which = self.where(leg)
        rows = Words(f"{which.zh}的{leg.entity.zh}" if which.zh else leg.entity.zh, "")
        records = _records(leg.entity.en.lower()) + (f" where {which.en}" if which.en else "")
        if leg.value is None:
            return _spaced(Words(f"{rows.zh}{_counter(leg.entity)}", f"number of {records}"))
        value = self._rows.row(leg.value)
        match leg.aggregate:
            case "count_distinct":
                zh, en = f"{rows.zh}中不同{value.zh}的个数", f"number of different {value.en}"
            case "sum":
                zh, en = f"{rows.zh}的{self._named(leg.value)}合计", f"sum of {value.en}"
            case "percentile" if leg.share == _HALF:
                zh, en = f"{rows.zh}的{self._named(leg.value)}中位数", f"median of {value.en}"
            case "percentile":
                percent = f"{(leg.share or 0) * 100:f}".rstrip("0").rstrip(".")
                zh = f"{rows.zh}的{self._named(leg.value)}第 {percent} 百分位数"
                en = f"percentile {percent} of {value.en}"
            case name:
                word = {"min": ("最小", "least"), "max": ("最大", "greatest")}[name]
                zh, en = f"{rows.zh}的{word[0]}{self._named(leg.value)}", f"{word[1]} {value.en}"
        return _spaced(Words(zh, f"{en} over {records}"))

    def where(self, leg: Leg) -> Words:
        """Return which records are counted; nothing where all are."""
        if leg.where is None:
            return Words("", "")
        words = self._rows.row(leg.where)
        if isinstance(leg.where, Path) and leg.where.kind is Kind.BOOLEAN:
            words = holding(words)
        return _spaced(words)

    def input(self, item: Input) -> Words:
        """Return what is taken of another indicator, in words."""
        known = self._known.get(item.indicator)
        name = Words(item.indicator, item.indicator) if known is None else Words(known.zh, known.en)
        when, part = _when(item.when), _PARTS[item.part]
        return Words(f"{when.zh}《{name.zh}》{part.zh}", f"{part.en}“{name.en}”{when.en}")

    def _beneath(self, indicator: Indicator, item: Beneath) -> Words:
        kind = SCOPE_WORDS[item.kind]
        which = Words("", "")
        if item.where is not None:
            met = self.result(indicator, item.where)
            which = _spaced(Words(f"{met.zh}的", f" where {met.en}"))
        scopes = Words(f"{which.zh}下级{kind.zh}", f"each {kind.en} beneath{which.en}")
        if item.aggregate == "count":
            known = "" if item.value is None else "（有值的）"
            told = "" if item.value is None else " that has a value"
            return Words(f"「{scopes.zh}数{known}」", f"[number of {scopes.en}{told}]")
        assert item.value is not None, "only a count goes without a value"
        value = self.result(indicator, item.value)
        zh, en = _AGGREGATES[item.aggregate]
        return Words(f"「各{scopes.zh}{value.zh}的{zh}」", f"[{en} of {value.en} over {scopes.en}]")

    def _part(self, indicator: Indicator, op: str, part: Result) -> Words:
        words = self.result(indicator, part)
        if isinstance(part, Reckoning) and is_joined(part.op, op):
            return bracketed(words)
        return words

    def _named(self, value: Row) -> str:
        words = self._rows.row(value)
        return words.zh if isinstance(value, Path) else f"（{words.zh}）"


_AGGREGATES: Final[Mapping[str, tuple[str, str]]] = {
    "sum": ("合计", "sum"),
    "min": ("最小值", "least"),
    "max": ("最大值", "greatest"),
    "percentile": ("分位数", "percentile"),
}


_SO_FAR: Final[Mapping[str, Words]] = {
    "parts": Words("本年至今的", " over the year so far"),
    "minimum": Words("本年至今最小的", ", the least of the year so far"),
    "maximum": Words("本年至今最大的", ", the greatest of the year so far"),
    "last": Words("本年至今最近的", ", the last of the year so far"),
}


def _when(when: When) -> Words:
    match when.name:
        case "back" if when.steps == 1:
            return Words("上一周期的", " of the period before")
        case "back":
            return Words(f"往前 {when.steps} 个周期的", f" {when.steps} periods back")
        case "year_before":
            return Words("上年同期的", " of the same period of the year before")
        case "year_to_date":
            return _SO_FAR[when.by]
        case _:
            return Words("", "")


def _is_sum(result: Result, but: Collection[str]) -> bool:
    """Whether a part of a quotient needs brackets, unless it is made by one of some operations."""
    return isinstance(result, Reckoning) and is_joined(result.op, "/") and result.op not in but


def _records(entity: str) -> str:
    """Return what is counted: `score records`, but `records of punishment of a student`."""
    return f"records of {entity}" if " " in entity else f"{entity} records"


def _counter(entity: Entity) -> str:
    """Return the word that stands behind what is counted: 成绩数, but 学生人数."""
    return "人数" if entity.name in {"student", "staff"} else "数"


def _spaced(words: Words) -> Words:
    """Return words with a space between Chinese and a number, and none beside its brackets."""
    return Words(_BESIDE_NUMBERS.sub(" ", _BESIDE_BRACKETS.sub("", words.zh)), words.en)


_BESIDE_BRACKETS: Final = re.compile("(?<=[一-龥]) (?=[（「《])|(?<=[）」》]) (?=[一-龥])")
_BESIDE_NUMBERS: Final = re.compile("(?<=[一-龥」])(?=[0-9])|(?<=[0-9])(?=[一-龥「])")
