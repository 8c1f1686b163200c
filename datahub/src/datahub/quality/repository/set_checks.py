"""Rules about a set of rows: one statement for each, which yields its units.

A unit is what a rule counts: a row, a group, or the whole entity. Each has a name, the feeds that
wrote it (rows only), whether it fails (null: the rule says nothing about it), the number that was
looked at, and what is shown of it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from datahub.dictionary.domain.entity import Field, FieldType
from datahub.quality.domain.check import (
    Check,
    CrossTable,
    Freshness,
    NoOverlap,
    Outlier,
    RowCount,
    SameTermLastYear,
    Total,
    Unique,
)
from datahub.quality.domain.expression import Missing
from datahub.quality.domain.rule import Rule
from datahub.quality.repository.row_checks import Statement, counted, shown
from datahub.quality.repository.sql import CAMPUS, Sql, column_of, outcome, records_of, unit_of

_NOTHING: Final = "NULL::jsonb AS seen"
_MAD: Final = "0.6745"
"""Makes the median absolute deviation of a normal distribution its standard deviation."""


def _unique(sql: Sql, rule: Rule, check: Unique) -> str:
    columns = ", ".join(column_of(each) for each in check.over)
    present = " AND ".join(f"{column_of(each)} IS NOT NULL" for each in check.over)
    return (
        f"SELECT {unit_of(rule.entity)} AS unit, r.seen,"
        f" count(*) OVER (PARTITION BY {columns}) > 1 AS x, NULL::numeric AS observed,"
        f" {shown(rule)} AS detail FROM {sql.source()}"
        f" WHERE {sql.where(rule.where)} AND {present}"
    )


def _no_overlap(sql: Sql, rule: Rule, check: NoOverlap) -> str:
    """Held against those before it, and against the one behind it, in the order they begin."""
    begin = f"coalesce({column_of(check.begin)}, '-infinity'::date)"
    end = f"coalesce({column_of(check.end)}, 'infinity'::date)"
    order = f"PARTITION BY {_groups(check.by)} ORDER BY {begin}, r.key"
    before = f"max({end}) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    behind = f"lead({begin}) OVER ({order})"
    return (
        f"SELECT {unit_of(rule.entity)} AS unit, r.seen, coalesce({before} > {begin}, false)"
        f" OR coalesce({behind} < {end}, false) AS x, NULL::numeric AS observed,"
        f" {shown(rule)} AS detail FROM {sql.source()}"
        f" WHERE {sql.where(rule.where)} AND {begin} < {end}{_present_groups(check.by)}"
    )


def _freshness(sql: Sql, rule: Rule, check: Freshness) -> str:
    entity = sql.value(rule.entity.name)
    if check.field is None:
        newest = (
            f"(SELECT b.finished_at FROM batch b WHERE b.entity = {entity}"
            " AND b.finished_at IS NOT NULL AND b.channel <> 'replay' AND b.feed <> ''"
            " ORDER BY b.id DESC LIMIT 1)"
        )
    else:
        where = sql.where(rule.where)
        newest = f"(SELECT max({_end(check.field)}) FROM {sql.source()} WHERE {where})"
    seconds = sql.text(str(int(check.max_age.total_seconds())), "numeric")
    return (
        f"SELECT CAST({entity} AS text) AS unit, {_NOTHING}, age > {seconds} AS x,"
        " round(age) AS observed, jsonb_build_object('newest', newest) AS detail"
        " FROM (SELECT n.newest, greatest(extract(epoch FROM clock_timestamp() - n.newest), 0)"
        f" AS age FROM (SELECT {newest} AS newest) n WHERE n.newest IS NOT NULL) a"
    )


def _end(field: Field) -> str:
    """Return the instant of a date's end: a day is fresh until it is over."""
    if field.type is FieldType.DATE:
        return f"({column_of(field)} + 1)::timestamp AT TIME ZONE {CAMPUS}"
    return column_of(field)


def _row_count(sql: Sql, rule: Rule, check: RowCount) -> str:
    past = (
        "(SELECT q.observed FROM quality_result q JOIN quality_run u ON u.id = q.run"
        f" WHERE q.rule = {sql.value(rule.id)} AND q.feed = '' AND q.observed IS NOT NULL"
        f" AND q.rule_version = {sql.value(rule.version)} AND u.started_at"
        f" <= clock_timestamp() - make_interval(days => {sql.value(check.days)})"
        " ORDER BY q.run DESC LIMIT 1)"
    )
    tests = []
    if check.low is not None:
        tests.append(f"c.rows < {sql.text(str(check.low), 'numeric')}")
    if check.high is not None:
        tests.append(f"c.rows > {sql.text(str(check.high), 'numeric')}")
    if check.max_change is not None:
        change = sql.text(f"{check.max_change:f}", "numeric")
        differs = f"abs(c.rows - c.past) > {change} * c.past"
        # Beside a bound, a count without a past has nothing against it.
        tests.append(f"coalesce({differs}, false)" if tests else differs)
    return (
        f"SELECT CAST({sql.value(rule.entity.name)} AS text) AS unit, {_NOTHING},"
        f" {' OR '.join(tests)} AS x, c.rows AS observed,"
        " jsonb_build_object('rows', c.rows::text, 'before', c.past::text) AS detail"
        f" FROM (SELECT count(*)::numeric AS rows, {past} AS past FROM {sql.source()}"
        f" WHERE {sql.where(rule.where)}) c"
    )


def _cross_table(sql: Sql, _rule: Rule, check: CrossTable) -> str:
    left, right = _totals(sql, check.left), _totals(sql, check.right)
    if check.comparison.is_pair:
        sides = [_present(name, each) for name, each in (("l", check.left), ("r", check.right))]
    else:
        sides = [_value(name, each) for name, each in (("l", check.left), ("r", check.right))]
    return (
        f"SELECT coalesce(l.unit, r.unit) AS unit, {_NOTHING},"
        f" {outcome(check.comparison, *sides)} AS x, NULL::numeric AS observed,"
        " jsonb_build_object('left', l.total::text, 'right', r.total::text) AS detail"
        f" FROM ({left}) l FULL JOIN ({right}) r ON l.unit = r.unit"
    )


def _present(name: str, total: Total) -> str:
    return "true" if total.missing is Missing.NEVER_SKIP else f"{name}.total IS NOT NULL"


def _value(name: str, total: Total) -> str:
    never = total.missing is Missing.NEVER_SKIP
    return f"coalesce({name}.total, 0)" if never else f"{name}.total"


def _totals(sql: Sql, total: Total) -> str:
    rows = records_of(total.entity)
    by = column_of(total.by)
    met = [rows.live, sql.about(total.where), f"{by} IS NOT NULL"]
    return (
        f"SELECT {by}::text AS unit, {_aggregate(total.aggregate, total.field)}"
        f" AS total FROM {rows.table} r WHERE {' AND '.join(met)} GROUP BY 1"
    )


def _aggregate(name: str, field: Field | None) -> str:
    if field is None:
        return "count(*)::numeric"
    if name == "count_distinct":
        return f"count(DISTINCT {column_of(field)})::numeric"
    return f"{name}({column_of(field)}::numeric)"


def _groups(by: Sequence[Field]) -> str:
    return "ARRAY[" + ", ".join(f"{column_of(each)}::text" for each in by) + "]::text[]"


def _present_groups(by: Sequence[Field]) -> str:
    return "".join(f" AND {column_of(each)} IS NOT NULL" for each in by)


def _outlier(sql: Sql, rule: Rule, check: Outlier) -> str:
    threshold = sql.text(f"{check.threshold:f}", "double precision")
    distance = "abs(v.v - s.centre) / s.spread"
    score = distance if check.method == "zscore" else f"{_MAD} * {distance}"
    value = column_of(check.field)
    where = f"{sql.where(rule.where)} AND {value} IS NOT NULL"
    return (
        f"WITH v AS (SELECT {unit_of(rule.entity)} AS key, r.seen, {value}::float8 AS v,"
        f" {_groups(check.by)} AS g FROM {sql.source()} WHERE {where}{_present_groups(check.by)}),"
        f" s AS ({_spread(check)})"
        " SELECT v.key AS unit, v.seen, CASE WHEN s.spread > 0"
        f" AND s.n >= {sql.value(check.minimum_sample)} THEN {score} > {threshold} END AS x,"
        f" NULL::numeric AS observed, {_of_group(check)} AS detail FROM v JOIN s ON s.g = v.g"
    )


def _of_group(check: Outlier) -> str:
    """Return what is shown of a value: it, its group and the centre of that; nothing closed."""
    shown = {each.name: f"v.g[{place}]" for place, each in enumerate(check.by, start=1)}
    if not check.field.is_closed:
        shown |= {
            check.field.name: "v.v::numeric::text",
            "centre": "round(s.centre::numeric, 6)::text",
        }
    keys = ", ".join(f"'{name}'" for name in shown)
    return f"jsonb_object(ARRAY[{keys}]::text[], ARRAY[{', '.join(shown.values())}]::text[])"


def _spread(check: Outlier) -> str:
    if check.method == "zscore":
        return (
            "SELECT g, avg(v) AS centre, stddev_samp(v) AS spread, count(*) AS n FROM v GROUP BY g"
        )
    median = "percentile_cont(0.5) WITHIN GROUP (ORDER BY"
    return (
        f"SELECT v.g, m.centre, {median} abs(v.v - m.centre)) AS spread, count(*) AS n FROM v"
        f" JOIN (SELECT g, {median} v) AS centre FROM v GROUP BY g) m ON m.g = v.g"
        " GROUP BY v.g, m.centre"
    )


_PERIODS: Final = {
    "term": ("^[0-9]{4}-[0-9]{4}-[0-9]$", "|| '-' || substr(v.p, 1, 4) || substr(v.p, 10)"),
    "month": ("^[0-9]{4}-[0-9]{2}$", "|| substr(v.p, 5)"),
}
"""Form of a period, and how the same one of the year before ends."""


def _same_term_last_year(sql: Sql, rule: Rule, check: SameTermLastYear) -> str:
    form, end = _PERIODS[check.period_kind]
    period = _period(check)
    where = f"{sql.where(rule.where)} AND {period} ~ '{form}'{_present_groups(check.by)}"
    return (
        f"WITH v AS (SELECT {_groups(check.by)} AS g, {period} AS p,"
        f" {_aggregate(check.aggregate, check.field)} AS total FROM {sql.source()}"
        f" WHERE {where} GROUP BY 1, 2),"
        f" latest AS (SELECT DISTINCT p FROM v ORDER BY p DESC LIMIT {sql.value(check.latest)})"
        " SELECT array_to_string(v.g || v.p, ' / ') AS unit, NULL::jsonb AS seen,"
        f" CASE WHEN b.total <> 0 THEN abs(v.total - b.total)"
        f" > {sql.text(f'{check.max_change:f}', 'numeric')} * abs(b.total) END AS x,"
        " NULL::numeric AS observed,"
        " jsonb_build_object('now', v.total::text, 'before', b.total::text) AS detail"
        " FROM v JOIN latest ON latest.p = v.p LEFT JOIN v b ON b.g = v.g"
        f" AND b.p = lpad((substr(v.p, 1, 4)::int - 1)::text, 4, '0') {end}"
    )


def _period(check: SameTermLastYear) -> str:
    column = column_of(check.period)
    match check.period.type:
        case FieldType.DATE:
            return f"to_char({column}, 'YYYY-MM')"
        case FieldType.TIMESTAMP:
            return f"to_char({column} AT TIME ZONE {CAMPUS}, 'YYYY-MM')"
        case _:
            return column


_COMPILERS: Final[dict[type[Check], Callable[[Sql, Rule, Any], str]]] = {
    Unique: _unique,
    NoOverlap: _no_overlap,
    Freshness: _freshness,
    RowCount: _row_count,
    CrossTable: _cross_table,
    Outlier: _outlier,
    SameTermLastYear: _same_term_last_year,
}


def units_statement(rule: Rule) -> Statement:
    """Return the units of a rule, checked or not."""
    sql = Sql(records_of(rule.entity))
    return Statement(_COMPILERS[type(rule.check)](sql, rule, rule.check), sql.values)


def count_statement(rule: Rule, feeds: Sequence[str]) -> Statement:
    """Return checked and failed units over all and for each feed, as the scan of rows does."""
    units = units_statement(rule)
    marks = {f"f{number}": feed for number, feed in enumerate(feeds)}
    columns = ["u.x", "u.observed", *(f"u.seen ? :{name} AS s{name[1:]}" for name in marks)]
    return Statement(
        f"SELECT ARRAY[{', '.join(counted('x', len(feeds)))}]::bigint[] AS counts,"
        f" max(observed) AS observed FROM (SELECT {', '.join(columns)} FROM ({units.sql}) u) c",
        {**units.values, **marks},
    )
