"""Rows on their way into a staging table: few by a statement, many by COPY."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import polars as pl

from datahub.dictionary.domain.entity import EXT
from datahub.ingest.domain.columns import KEY, RAW
from datahub.ingest.domain.leaving_out import LEFT_OUT
from datahub.ingest.domain.reading import LINE
from datahub.ingest.domain.summing import WEIGHT

FEW: Final = 500
"""Below this, rows are staged by a statement that the connection knows: to copy them in takes
three times as long."""

OBSERVED: Final = "#observed"

PLUMBING: Final = {
    KEY: "h8_key",
    LINE: "h8_line",
    OBSERVED: "h8_observed",
    WEIGHT: "h8_weight",
    RAW: "h8_raw",
    LEFT_OUT: "h8_left_out",
}
"""Columns of a staging table that are no fields, by those of the mapped rows."""

PLUMBING_TYPES: Final = {
    "h8_key": "text",
    "h8_line": "bigint",
    "h8_observed": "bigint",
    "h8_weight": "int",
    "h8_raw": "jsonb",
    "h8_left_out": "text[]",
    EXT: "jsonb",
}
PLUMBING_COLUMNS: Final = ", ".join(f"{name} {kind}" for name, kind in PLUMBING_TYPES.items())


async def fill(
    connection: "asyncpg.Connection[Any]", stage: str, rows: pl.DataFrame, types: Mapping[str, str]
) -> None:
    """Stage rows; the server reads the same texts in the same way, however they come.

    Args:
        types: SQL type of each column that is a field.
    """
    columns = [PLUMBING.get(name, name) for name in rows.columns]
    if rows.height < FEW:
        texts = [each.cast(pl.String).to_list() for each in rows]
        await connection.execute(_insert(stage, columns, {**types, **PLUMBING_TYPES}), *texts)
        return
    body = io.BytesIO()
    rows.write_csv(body, include_header=False)
    body.seek(0)
    await connection.copy_to_table(stage, source=body, columns=columns, format="csv")


def _insert(stage: str, columns: Sequence[str], types: Mapping[str, str]) -> str:
    """Return the statement that stages texts; a parameter holds those of one column."""
    values = ", ".join(f'CAST(r."{name}" AS {types[name]})' for name in columns)
    arrays = ", ".join(f"${place}::text[]" for place in range(1, len(columns) + 1))
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{stage}" ({names}) SELECT {values} FROM unnest({arrays}) AS r ({names})'
