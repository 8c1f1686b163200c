"""Count several shapes in one scan of their records.

Shapes whose keys start from the same field are grouped by that field first: what its record leads
to is looked up once for each group instead of once for each record, and no record is read again.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from datahub.dictionary.domain.kind import Kind
from datahub.indicators.domain.definition import Leg
from datahub.indicators.domain.measure import Shape
from datahub.indicators.domain.row import Path
from datahub.indicators.repository.counting import columns_of, is_chosen_by_codes
from datahub.indicators.repository.row_sql import RowSql

_PERIOD: Final = '"period?"'
_ROWS: Final = '"rows?"'
"""Columns of the groups, beside the field from which the keys start; no field has such a name."""

Legs = Mapping[Shape, Sequence[Leg]]


def grouped_together(sql: RowSql, legs: Legs) -> list[str]:
    """Return, for each shape, a select of the columns that `counting.grouped` gives.

    Args:
        sql: the statement; it begins with the scan that the selects have in common.
        legs: by shapes that `Shape.start` puts together.
    """
    every: list[Leg] = []
    for each in (leg for some in legs.values() for leg in some):
        if each not in every:
            every.append(each)
    if is_chosen_by_codes(every):
        codes = dict.fromkeys(path for leg in every for path in leg.paths)
        names = {path: f'"code{number}?"' for number, path in enumerate(codes)}
        _scan(sql, legs, [f"{sql.path(path)} AS {name}" for path, name in names.items()], "")
        return [_by_codes(sql, names, shape, some) for shape, some in legs.items()]
    _scan(sql, legs, [], f", {columns_of(sql, every)}")
    return [
        _by_sums(sql, shape, [every.index(leg) for leg in some]) for shape, some in legs.items()
    ]


def _scan(sql: RowSql, shapes: Legs, codes: Sequence[str], columns: str) -> None:
    """Let the statement begin with the groups from which every shape is made."""
    fields = dict.fromkeys(shape.key.names[0] for shape in shapes if isinstance(shape.key, Path))
    shape = next(iter(shapes))
    period = sql.place(shape.period) if _is_cut(shape) else sql.period(*shape.span)
    groups = [f"{period} AS {_PERIOD}", *(f'e."{each}"' for each in fields), *codes]
    sql.begin_with(
        f"SELECT {', '.join(groups)}, count(*) AS {_ROWS}{columns} FROM {sql.source()}"
        f" WHERE e.deleted_at IS NULL AND {period} IS NOT NULL"
        f" GROUP BY {', '.join(map(str, range(1, len(groups) + 1)))}"
    )


def _is_cut(shape: Shape) -> bool:
    """Whether the period is the text of a field, or begins it."""
    return isinstance(shape.period, Path) and shape.period.kind is Kind.TEXT


def _by_codes(sql: RowSql, names: Mapping[Path, str], shape: Shape, legs: Sequence[Leg]) -> str:
    sql.next_part(names)
    return _grouped(sql, shape, columns_of(sql, legs, f"coalesce(sum(e.{_ROWS}) {{}}, 0)::bigint"))


def _by_sums(sql: RowSql, shape: Shape, numbers: Sequence[int]) -> str:
    sql.next_part({})
    columns = (
        f"sum(e.value{number}) AS value{place}, sum(e.rows{number})::bigint AS rows{place},"
        f" sum(e.present{number})::bigint AS present{place}"
        for place, number in enumerate(numbers)
    )
    return _grouped(sql, shape, ", ".join(columns))


def _grouped(sql: RowSql, shape: Shape, columns: str) -> str:
    key, period = sql.place(shape.key), f"e.{_PERIOD}"
    if _is_cut(shape):
        assert isinstance(shape.period, Path)
        sql.names = {**sql.names, shape.period: _PERIOD}
        period = sql.period(shape.period_kind, shape.period)
    return (
        f"SELECT {key} AS key, {period} AS period, sum(e.{_ROWS})::bigint AS base, {columns}"
        f" FROM {sql.source()} WHERE {key} IS NOT NULL GROUP BY 1, 2"
    )
