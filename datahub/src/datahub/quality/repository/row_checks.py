"""Rules about one row, as expressions of SQL, and the one scan that answers them all.

A rule is an expression of three values: true where the row fails, false where it does not, null
where the rule is not about the row. The same expression is asked of records, of the staged rows
of a batch, and for the list of what fails.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datahub.dictionary.domain.entity import FieldType
from datahub.quality.domain.check import (
    Check,
    CodeSet,
    CrossField,
    Matches,
    NotNull,
    Range,
    Reference,
    Sum,
)
from datahub.quality.domain.rule import Rule
from datahub.quality.repository.sql import Rows, Sql, column_of, unit_of

MAX_RULES: Final = 400
MAX_PATTERNS: Final = 24
"""PostgreSQL keeps 32 compiled patterns; with more in one scan it would compile anew each row."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and its values."""

    sql: str
    values: dict[str, object]


def _not_null(sql: Sql, check: NotNull) -> str:
    return f"{sql.column(check.field)} IS NULL"


def _range(sql: Sql, check: Range) -> str:
    column = sql.column(check.field)
    bounds = {"<": check.low, ">": check.high}
    beyond = [
        f"{column} {sign} {sql.bound(check.field, bound)}"
        for sign, bound in bounds.items()
        if bound is not None
    ]
    return f"({' OR '.join(beyond)})"


def _matches(sql: Sql, check: Matches) -> str:
    return f"{sql.column(check.field)} !~ CAST({sql.value(check.expression)} AS text)"


def _code_set(sql: Sql, check: CodeSet) -> str:
    column = sql.column(check.field)
    codes = sql.texts(check.codes)
    if check.field.type is FieldType.LIST:
        return f"NOT ({column} <@ {codes})"
    return f"NOT ({column} = ANY({codes}))"


def _reference(sql: Sql, check: Reference) -> str:
    return f"CASE WHEN {sql.column(check.field)} IS NOT NULL THEN {sql.is_orphan(check.field)} END"


def _cross_field(sql: Sql, check: CrossField) -> str:
    return sql.compared(check.left, check.comparison, check.right)


def _sum(sql: Sql, check: Sum) -> str:
    parts, whole = sql.side(check.parts), sql.side(check.whole)
    return f"abs(({parts}) - ({whole})) > {sql.text(f'{check.tolerance:f}', 'numeric')}"


_COMPILERS: Final[dict[type[Check], Callable[[Sql, Any], str]]] = {
    NotNull: _not_null,
    Range: _range,
    Matches: _matches,
    CodeSet: _code_set,
    Reference: _reference,
    CrossField: _cross_field,
    Sum: _sum,
}


def fails(sql: Sql, rule: Rule) -> str:
    """Return the expression of a rule about one row."""
    failing = _COMPILERS[type(rule.check)](sql, rule.check)
    return f"CASE WHEN {sql.about(rule.where)} THEN {failing} END" if rule.where else failing


def scans(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Cut rules into as few scans as the server can do."""
    part: list[Rule] = []
    for rule in rules:
        patterns = sum(isinstance(each.check, Matches) for each in part)
        is_pattern = isinstance(rule.check, Matches)
        if len(part) == MAX_RULES or (is_pattern and patterns == MAX_PATTERNS):
            yield part
            part = []
        part.append(rule)
    if part:
        yield part


def count_statement(rows: Rows, rules: Sequence[Rule], feeds: Sequence[str]) -> Statement:
    """Return the one scan that counts, for each rule, checked and failed rows.

    The answer is one array: for each rule checked and failed over all rows, then the same for
    the rows of each feed.
    """
    sql = Sql(rows)
    outcomes = [f"{fails(sql, rule)} AS x{number}" for number, rule in enumerate(rules)]
    marks = [f"{rows.seen} ? {sql.value(feed)} AS s{number}" for number, feed in enumerate(feeds)]
    counts = ", ".join(
        count for number in range(len(rules)) for count in counted(f"x{number}", len(feeds))
    )
    return Statement(
        f"SELECT ARRAY[{counts}]::bigint[] AS counts FROM (SELECT {', '.join([*outcomes, *marks])}"
        f" FROM {sql.source()} WHERE {rows.live} OFFSET 0) u",
        sql.values,
    )


def counted(column: str, feeds: int) -> Iterator[str]:
    """Yield the aggregates of one rule: checked and failed, over all and for each feed."""
    yield f"count({column})"
    yield f"count(*) FILTER (WHERE {column})"
    for feed in range(feeds):
        yield f"count({column}) FILTER (WHERE s{feed})"
        yield f"count(*) FILTER (WHERE {column} AND s{feed})"


def hold_statement(rows: Rows, rules: Sequence[Rule]) -> Statement:
    """Return the one scan of staged rows: for each rule, rows checked and the lines that fail."""
    sql = Sql(rows)
    outcomes = [f"{fails(sql, rule)} AS x{number}" for number, rule in enumerate(rules)]
    counts = ", ".join(
        f"count(x{number}) AS checked{number}, coalesce("
        f"array_agg(line ORDER BY line) FILTER (WHERE x{number}), '{{}}') AS lines{number}"
        for number in range(len(rules))
    )
    return Statement(
        f"SELECT {counts} FROM (SELECT r.h8_line AS line, {', '.join(outcomes)}"
        f" FROM {sql.source()} OFFSET 0) u",
        sql.values,
    )


def units_statement(rows: Rows, rule: Rule) -> Statement:
    """Return the rows that fail, with the open fields that the rule reads, as texts."""
    sql = Sql(rows)
    failing = fails(sql, rule)
    return Statement(
        f"SELECT {unit_of(rule.entity)} AS unit, true AS x, {shown(rule)} AS detail"
        f" FROM {sql.source()}"
        f" WHERE {rows.live} AND ({failing})",
        sql.values,
    )


def shown(rule: Rule) -> str:
    """Return what is shown of a row, as texts: never a closed field."""
    read = [found for name in rule.fields if (found := rule.entity.find(name)) is not None]
    open_ones = [each for each in read if not each.is_closed]
    keys = ", ".join(f"'{each.name}'" for each in open_ones)
    values = ", ".join(f"{column_of(each)}::text" for each in open_ones)
    return f"jsonb_object(ARRAY[{keys}]::text[], ARRAY[{values}]::text[])"
