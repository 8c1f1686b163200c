"""Every entity of the dictionary leaves as a file, typed as the dictionary types it."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from datahub.dictionary.domain.entity import EXT, Dictionary, Entity, FieldType
from datahub.records.domain.asking import readable

pytestmark = pytest.mark.asyncio(loop_scope="module")

# By type: how PostgreSQL is told a value, and what a reader of CSV, Parquet and its schema sees.
VALUES: dict[FieldType, tuple[str, str, Any, Any]] = {
    FieldType.TEXT: ("'张\"三,'", '张"三,', '张"三,', pl.String),
    FieldType.CODE: ("'011'", "011", "011", pl.String),
    FieldType.ENUM: ("'a'", "a", "a", pl.String),
    FieldType.INTEGER: ("9007199254740993", "9007199254740993", 9007199254740993, pl.Int64),
    FieldType.DECIMAL: ("0.1", "0.1", Decimal("0.1000000000"), pl.Decimal(38, 10)),
    FieldType.BOOLEAN: ("true", "true", True, pl.Boolean),
    FieldType.DATE: ("'2026-10-30'", "2026-10-30", date(2026, 10, 30), pl.Date),
    FieldType.TIMESTAMP: (
        "'2026-10-30T09:21:00.5+08:00'",
        "2026-10-30T01:21:00.5+00:00",
        datetime(2026, 10, 30, 1, 21, 0, 500_000, UTC),
        pl.Datetime("us", "UTC"),
    ),
    FieldType.LIST: (
        "ARRAY['甲\"', 'b,c']",
        '["甲\\"","b,c"]',
        ['甲"', "b,c"],
        pl.List(pl.String),
    ),
}


async def export(hub: Any, entity: str, form: str) -> bytes:
    answer = await hub.client.get(f"/v1/exports/{entity}", params={"format": form})
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


async def fill(hub: Any, entity: Entity) -> list[str]:
    """Write a full record and an empty one; return the names of its open fields."""
    names = [name for name in readable(entity) if name != EXT]
    values = [VALUES[entity.fields[name].type][0] for name in names]
    columns = "".join(f', "{name}"' for name in names)
    for key, fields in (("full", values), ("null", ["NULL"] * len(names))):
        await hub.sql(
            f"INSERT INTO record_{entity.name} (key, version, observed, batch, line{columns})"  # noqa: S608 — names of the dictionary
            f" VALUES ('{key}', 1, 0, 0, 0{''.join(f', {each}' for each in fields)})"
        )
    return names


async def test_every_entity_leaves_as_csv_and_as_parquet_of_its_types(
    hub: Any, dictionary: Dictionary
) -> None:
    seen = set()
    for entity in dictionary.entities.values():
        if entity.is_raw or entity.is_closed:
            continue
        names = await fill(hub, entity)
        kinds = {name: entity.fields[name].type for name in names}

        rows = list(csv.DictReader(io.StringIO((await export(hub, entity.name, "csv")).decode())))
        frame = pl.read_parquet(io.BytesIO(await export(hub, entity.name, "parquet")))

        assert [row["key"] for row in rows] == frame["key"].to_list() == ["full", "null"]
        assert {name: rows[0][name] for name in names} == {
            name: VALUES[kind][1] for name, kind in kinds.items()
        }
        assert {rows[1][name] for name in names} <= {""}
        assert {name: frame.schema[name] for name in names} == {
            name: VALUES[kind][3] for name, kind in kinds.items()
        }
        assert {name: frame[name].to_list() for name in names} == {
            name: [VALUES[kind][2], None] for name, kind in kinds.items()
        }
        seen |= set(kinds.values())
    assert seen >= set(FieldType) - {FieldType.ENUM}


async def test_an_export_of_nothing_has_its_types_too(hub: Any) -> None:
    nobody = {"student_no": "nobody", "format": "parquet"}
    answer = await hub.client.get("/v1/exports/student", params=nobody)

    frame = pl.read_parquet(io.BytesIO(answer.content))

    assert frame.height == 0
    assert frame.schema["enrolled_on"] == pl.Date


async def test_a_long_export_is_written_in_parts_and_loses_no_line(
    hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datahub.records.api.exports.PART", 1_000)
    await hub.sql(
        "INSERT INTO record_course (key, course_code, name, version, observed, batch, line)"
        " SELECT 'L' || n, 'L' || n, repeat('课', 40) || E'\\n' || n, 1, 0, 0, 0"
        "   FROM generate_series(10000, 19999) n"
    )
    query = {"course_code.ge": "L", "course_code.lt": "M", "fields": "name", "format": "parquet"}

    answer = await hub.client.get("/v1/exports/course", params=query)

    frame = pl.read_parquet(io.BytesIO(answer.content))
    assert frame["name"].to_list() == [f"{'课' * 40}\n{n}" for n in range(10_000, 20_000)]
    assert frame["key"].is_sorted()
