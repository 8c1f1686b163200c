"""REST of the national tables: how well they are filled, their rows, their gaps, a file."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from datahub.dictionary.api.parts import page_of
from datahub.dictionary.api.reading import TableUnknownError
from datahub.dictionary.api.seeing import Looks
from datahub.dictionary.domain.national import Element, NationalTable
from datahub.dictionary.repository import load_dictionary
from datahub.national import queries
from datahub.national.domain.checks import may_exceed
from datahub.national.domain.gaps import (
    FAULTS,
    FOREIGN,
    MISSING,
    TOO_LONG,
    Count,
    Place,
    coverage,
    reason_of,
)
from datahub.national.domain.mapping import TableMapping
from datahub.national.queries import Reader
from datahub.national.repository.shipped import load_mappings
from datahub.national.schemas import ElementGapOut, GapsOut, NationalTableOut, ReasonOut
from datahub.records.api.asking import EntityClosedError, json_response
from datahub.records.api.streaming import BOM, Output, stream
from datahub.records.domain.asking import AskingInvalidError
from datahub.records.queries import Window
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.identity import require
from shared.kit.paging import Page, after_text, answer_page, page

router = new_router(
    prefix="/national",
    tags=["national 国家数字基座"],
    dependencies=[Depends(require("datahub:read"))],
)
KINDS: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
NOTHING: Final = Count(0, {})


class TableUnmappedError(DomainError):
    """No entity holds what the table wants."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "national-table-unmapped"
    title_zh: ClassVar = "这张国家标准表还没有来源"
    title_en: ClassVar = "The national table has no source yet"


async def known_table(
    table: Annotated[str, Path(max_length=80, examples=["ODS_KCJBSJ"])],
) -> NationalTable:
    """Return the table that the path names.

    Raises:
        TableUnknownError: the standard has none of that name.
    """
    known = load_dictionary().tables.get(table)
    if known is None:
        raise TableUnknownError(
            f"国家标准中没有表 {table}",
            f"the national dictionary has no table {table}",
            fixes=["GET /api/datahub/v1/national"],
        )
    return known


async def get_counts(request: Request) -> queries.Counts:
    """Return what this process has counted."""
    counts: queries.Counts = request.app.state.national_counts
    return counts


Counted = Annotated[queries.Counts, Depends(get_counts)]
Known = Annotated[NationalTable, Depends(known_table)]


async def open_mapping(table: Known) -> TableMapping:
    """Return how the table of the path is built.

    Raises:
        TableUnmappedError: it is not.
        EntityClosedError: its rows leave the hub as aggregates only.
    """
    mapping = load_mappings().tables.get(table.name)
    if mapping is None:
        need = load_mappings().needs[table.name]
        raise TableUnmappedError(
            f"{table.zh}需要实体 {need}，字典还没有它",
            f"{table.name} needs an entity that the dictionary lacks: {need}",
            fixes=[f"GET /api/datahub/v1/national/{table.name}/gaps"],
        )
    if mapping.is_closed:
        raise EntityClosedError(
            f"{mapping.entity.zh}的记录只能作为汇总离开中台",
            f"records of {mapping.entity.name} leave the hub as aggregates only",
            fixes=[f"GET /api/datahub/v1/national/{table.name}/gaps"],
        )
    return mapping


Open = Annotated[TableMapping, Depends(open_mapping)]


async def chosen_elements(
    table: Known,
    fields: Annotated[
        str | None,
        Query(
            max_length=4000,
            description="逗号分隔的数据项 · elements, by commas",
            examples=["KCH,KCMC"],
        ),
    ] = None,
) -> list[str]:
    """Return the elements that are asked for, all of them where none is.

    Raises:
        AskingInvalidError: the table has no such element.
    """
    if fields is None:
        return list(table.elements)
    names = [each.strip() for each in fields.split(",")]
    if unknown := [each for each in names if each not in table.elements]:
        raise AskingInvalidError(
            f"{table.zh}没有数据项 {', '.join(map(repr, unknown))}",
            f"{table.name} has no element {', '.join(map(repr, unknown))}",
            fields={"query.fields": [f"可用 (there are): {', '.join(table.elements)}"]},
        )
    return list(dict.fromkeys(names))


Chosen = Annotated[list[str], Depends(chosen_elements)]


@router.get("", summary="国家标准表的填报情况 · How well the national tables are filled")
async def list_national_tables(
    response: Response, db: Db, counts: Counted, asked: Annotated[Page, Depends(page)]
) -> list[NationalTableOut]:
    tables = page_of(response, asked, list(load_dictionary().tables.values()))
    async with db.reading() as reader:
        return [
            NationalTableOut(**_told(each, await _count(counts, reader, each))) for each in tables
        ]


@router.get(
    "/{table}",
    summary="国家标准表的行 · Rows of a national table",
    response_model=list[dict[str, str | None]],
)
async def list_national_rows(
    response: Response,
    db: Db,
    mapping: Open,
    chosen: Chosen,
    paging: Annotated[Page, Depends(page)],
    eyes: Looks,
) -> Response:
    seen = await eyes.of(mapping.entity)
    window = Window(limit=paging.limit, offset=paging.offset, after=after_text(paging))
    async with db.reading() as reader:
        answer = await queries.read_page(reader, mapping, chosen, window, seen)
        total = await queries.count_rows(reader, mapping, seen) if paging.total_count else None
    answer_page(
        response, paging, total=total, next_after=None if answer.last is None else [answer.last]
    )
    return json_response(answer.body, response)


@router.get("/{table}/gaps", summary="国家标准表的缺口 · What a national table lacks")
async def list_national_gaps(db: Db, counts: Counted, table: Known, eyes: Looks) -> GapsOut:
    mapping = load_mappings().tables.get(table.name)
    # Keys are named to who sees all of the records.
    named = mapping if mapping and await eyes.of(mapping.entity) is None else None
    async with db.reading() as reader:
        count = await _count(counts, reader, table)
        keys = await queries.first_keys(reader, named, count) if named else {}
    gaps = [_gap(each, mapping, count, keys) for each in table.elements.values()]
    return GapsOut(**_told(table, count), gaps=gaps)


@router.get(
    "/{table}/export",
    summary="导出国家标准表 · A national table as a file",
    response_class=StreamingResponse,
)
async def export_national_table(
    db: Db,
    mapping: Open,
    chosen: Chosen,
    form: Annotated[Literal["csv", "ndjson"], Query(alias="format")] = "csv",
    *,
    eyes: Looks,
) -> StreamingResponse:
    as_json = form == "ndjson"
    seen = await eyes.of(mapping.entity)

    async def copy(reader: Reader, output: Output) -> None:
        await queries.copy_rows(reader, mapping, chosen, output, as_json=as_json, narrowing=seen)

    return StreamingResponse(
        stream(db, copy, start=b"" if as_json else BOM),
        media_type=KINDS[form],
        headers={"Content-Disposition": f'attachment; filename="{mapping.table.name}.{form}"'},
    )


async def _count(counts: queries.Counts, reader: Reader, table: NationalTable) -> Count:
    mapping = load_mappings().tables.get(table.name)
    return await counts.of(reader, mapping) if mapping else NOTHING


def _told(table: NationalTable, count: Count) -> dict[str, Any]:
    mapping = load_mappings().tables.get(table.name)
    found = coverage(table, mapping, count)
    plain = ("no", "zh", "subset", "group", "rhythm", "scope")
    return {
        **{name: getattr(table, name) for name in plain},
        "table": table.name,
        "mapped": mapping is not None,
        "entity": mapping.entity.name if mapping else None,
        "closed": mapping is not None and mapping.is_closed,
        "rows": count.rows,
        "elements": len(table.elements),
        "mandatory": found.mandatory,
        "filled": found.filled,
        "coverage": found.share,
    }


def _gap(
    element: Element,
    mapping: TableMapping | None,
    count: Count,
    keys: Mapping[Place, list[str]],
) -> ElementGapOut:
    value = mapping.values.get(element.field) if mapping else None
    is_reported = mapping is not None and element.field in mapping.open_values
    missing = count.of(element.field, MISSING) if is_reported else count.rows
    reason = reason_of(element, load_mappings(), missing)
    plain = ("zh", "type", "length", "obligation", "code_set", "privacy")
    return ElementGapOut(
        **{name: getattr(element, name) for name in plain},
        element=element.field,
        source=None if value is None else str(value),
        reason=ReasonOut(code=reason.code, zh=reason.zh, en=reason.en) if reason else None,
        missing=missing,
        too_long=count.of(element.field, TOO_LONG),
        foreign_codes=count.of(element.field, FOREIGN),
        may_exceed=value is not None and may_exceed(value, element),
        first_keys={
            fault: keys[element.field, fault] for fault in FAULTS if (element.field, fault) in keys
        },
    )
