"""Guess how a field comes out of its column: codes, formats, splitting; and what must be asked.

Source: ``dirty_cases`` (each form names its case in `parsing` and `cleaning`); our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from datahub.dictionary.domain.entity import Entity, Field, FieldType
from datahub.ingest.domain import identity, parsing
from datahub.ingest.domain.field_document import UNDECIDED
from datahub.ingest.domain.guess_codes import Codes, codes_of
from datahub.ingest.domain.guess_columns import (
    MOST,
    Column,
    is_comma,
    is_money,
)
from datahub.ingest.domain.guess_fit import Known
from datahub.ingest.domain.guess_terms import term_codes
from datahub.ingest.domain.guess_values import MARK, UNIX

_MONTH: Final = r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])$"
_NAMED: Final = r"^[^/]+/[A-Za-z0-9]+$"
_WAN: Final = "万元"
"""In the name of a column of amounts: ten thousands of the yuan that the dictionary counts in."""

_SEPARATORS: Final = ("、", ",", "，", ";", "；", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the sample does not decide."""

    path: str
    zh: str
    en: str
    choices: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Spec:
    """How one field comes out of a column."""

    spec: dict[str, Any]
    codes: Codes | None = None
    questions: list[Question] = field(default_factory=list)


def spec_of(known: Known, entity: Entity, target: Field, column: Column) -> Spec:
    """Return how a field comes out of its column."""
    found = Spec(spec={"from": column.name})
    if column.is_wrapped:
        found.spec["unwrap"] = True
    match target.type:
        case FieldType.CODE | FieldType.ENUM:
            _add_codes(known, entity, target, column, found)
        case FieldType.INTEGER | FieldType.DECIMAL:
            _add_number(target, column, found)
        case FieldType.DATE | FieldType.TIMESTAMP:
            _add_moment(target, column, found)
        case FieldType.BOOLEAN:
            _add_boolean(target, column, found)
        case FieldType.LIST:
            found.spec["split"] = {"sep": _separator(column) or ","}
        case _:
            _add_text(target, column, found)
    return found


def _add_codes(known: Known, entity: Entity, target: Field, column: Column, found: Spec) -> None:
    allowed = known.allowed(target)
    codes = found.codes = codes_of(entity, target, allowed, column, known.vocabulary)
    place = f"$.fields.{target.name}.codes"
    if codes.by_code:
        found.questions.append(
            Question(
                path=place,
                zh=f"{column.name} 的取值恰为标准代码；请确认含义相同（有的学校 0=男、1=女）",
                en=f"the values of {column.name} are codes of the standard: do they mean the same?",
            )
        )
        return
    found.spec["codes"] = {**codes.mapped, **dict.fromkeys(codes.unmapped, UNDECIDED)}
    said = [word for word in column.null_words if word in codes.mapped]
    if said:
        found.spec["null_words"] = [word for word in column.null_words if word not in said]
    if codes.unmapped:
        found.questions.append(
            Question(
                path=place,
                zh=f"{column.name} 有 {len(codes.unmapped)} 个取值待填写代码",
                en=f"{len(codes.unmapped)} values of {column.name} need a code",
                choices=tuple(sorted(allowed))[:100],
            )
        )


def _add_number(target: Field, column: Column, found: Spec) -> None:
    is_whole = target.type is FieldType.INTEGER
    if column.matches(f"{MARK}$"):
        found.spec["strip_suffix"] = MARK
    if is_whole:
        return
    if is_comma(column):
        found.questions.append(
            Question(
                path="$.format.decimal_mark",
                zh=f"{column.name} 像是以逗号作小数点（1,5 即 1.5）；整个文件的小数都如此吗？",
                en=f"{column.name} seems to have a decimal comma (1,5 is 1.5): do all its numbers?",
            )
        )
        return
    if target.unit == "money" and _WAN in f"{column.name}{column.label or ''}":
        found.spec["scale"] = 10_000
    if column.matches("%$"):
        found.spec["parse"] = "percent"
    elif is_money(column):
        found.spec["parse"] = "money"
    elif target.max is not None and target.max <= 1 and _exceeds(column, 1):
        found.spec["parse"] = "percent"
    _add_words(target, column, found)


def _add_words(target: Field, column: Column, found: Spec) -> None:
    """Ask what words among numbers stand for."""
    text = pl.col("text").str.strip_suffix(MARK).str.strip_suffix("%")
    words = [
        value
        for value, _ in column.distinct
        if column_reads(column, text, value) is False and not is_money(column)
    ]
    if words:
        found.spec["codes"] = dict.fromkeys(words, UNDECIDED)
        found.spec["unmapped"] = "keep"
        found.questions.append(
            Question(
                path=f"$.fields.{target.name}.codes",
                zh=f"{column.name} 混有文字 {'、'.join(words[:10])}：各是多少？不填则隔离",
                en=f"words among the numbers of {column.name}: what number is each?",
            )
        )


def column_reads(_column: Column, text: pl.Expr, value: str) -> bool:
    """Whether one value reads as a number."""
    frame = pl.DataFrame({"text": [value]})
    return frame.select(parsing.decimal(text)).item() is not None


def _exceeds(column: Column, limit: float) -> bool:
    number = parsing.decimal(pl.col("text")).cast(pl.Float64, strict=False)
    return column.share(number > limit) > 0


def _add_moment(target: Field, column: Column, found: Spec) -> None:
    is_date = target.type is FieldType.DATE
    dates, instants = column.dates, column.instants
    place = f"$.fields.{target.name}.formats"
    if is_date and dates.choices:
        found.questions.append(
            Question(
                path=place,
                zh=f"{column.name} 的日与月次序不明，样本两种都读得通",
                en=f"the order of day and month in {column.name} is open: either reads the sample",
                choices=dates.choices,
            )
        )
        return
    if is_date and dates.is_mixed:
        found.questions.append(
            Question(
                path=place,
                zh=f"{column.name} 的日期有的日在前、有的月在前，没有一种写法全读得通；请查明",
                en=f"some dates of {column.name} have the day first, others the month: which are"
                " meant? No form reads all of them",
                choices=("%d/%m/%Y", "%m/%d/%Y"),
            )
        )
        return
    chosen = instants if not is_date or instants.share > dates.share else dates
    natural = parsing.DATE_FORMATS if is_date else parsing.TIMESTAMP_FORMATS
    if chosen.formats and not set(chosen.formats) <= set(natural):
        found.spec["formats"] = list(chosen.formats)
    if chosen.share >= 0.5:
        return
    if is_date and column.matches(_MONTH) > MOST:
        found.spec["formats"] = ["%Y%m"]
    elif unix := [word for word, form in UNIX.items() if column.matches(form) > MOST]:
        found.spec["formats"] = unix
    elif column.shares["integer"] > MOST:
        found.questions.append(_from_which_day(target, column))


def _from_which_day(target: Field, column: Column) -> Question:
    # Not proposed: without the day that they start from no row could be read.
    return Question(
        path=f"$.fields.{target.name}.day0",
        zh=f"{column.name} 若是天数，请写 parse = days_after 与起始日 day0",
        en=f"if {column.name} counts days, say parse = days_after and day0, their start",
    )


def _add_boolean(target: Field, column: Column, found: Spec) -> None:
    if column.shares["boolean"] > MOST:
        said = [word for word in column.null_words if word in parsing.FALSE_WORDS]
        if said:
            found.spec["null_words"] = [word for word in column.null_words if word not in said]
        return
    found.spec["codes"] = {value: UNDECIDED for value, _ in column.distinct}
    found.questions.append(
        Question(
            path=f"$.fields.{target.name}.codes",
            zh=f"{column.name} 的取值各是“是”还是“否”？",
            en=f"which values of {column.name} mean yes, and which no?",
            choices=("true", "false"),
        )
    )


def _add_text(target: Field, column: Column, found: Spec) -> None:
    if column.share(identity.uscc(pl.col("text")).is_not_null()) > MOST:
        found.spec["parse"] = "uscc"
    elif target.ref == "term" or target.name == "term":
        mapped, left = term_codes(column)
        if mapped or left:
            found.spec["codes"] = {**mapped, **dict.fromkeys(left, UNDECIDED)}
        if left:
            found.questions.append(
                Question(
                    path=f"$.fields.{target.name}.codes",
                    zh=f"{column.name} 的取值各是哪个学期（如 2026-2027-1）？",
                    en=f"which term (2026-2027-1) is each value of {column.name}?",
                )
            )
    elif target.ref is not None and column.matches(_NAMED) > MOST:
        found.spec["split"] = {"sep": "/", "part": 1}
    elif target.ref is not None and (separator := _separator(column)):
        found.spec["split"] = {"sep": separator, "part": 0}


def _separator(column: Column) -> str | None:
    return next((each for each in _SEPARATORS if column.matches(f".[{each}].")), None)


def without_gaps(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document without what the user has yet to fill."""
    fields = {}
    for name, spec in document["fields"].items():
        codes = spec.get("codes")
        fields[name] = dict(spec)
        if codes is not None:
            decided = {raw: code for raw, code in codes.items() if code != UNDECIDED}
            fields[name]["codes"] = decided
    return {**document, "unknown_fields": "ignore", "fields": fields}
