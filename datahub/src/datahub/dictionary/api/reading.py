"""Read the dictionary by HTTP: versions, entities, national tables and elements, search."""

from typing import Annotated, Any, ClassVar, Literal

from fastapi import Depends, Path, Query, Request, Response

from datahub.dictionary import queries
from datahub.dictionary.api.known import Known, Versions
from datahub.dictionary.api.parts import Asked, page_of, unchanged
from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.domain.ext_schema import ext_schema, record_schema
from datahub.dictionary.domain.integrity import problems
from datahub.dictionary.domain.national import NationalTable
from datahub.dictionary.domain.privacy import Privacy
from datahub.dictionary.domain.search import KINDS
from datahub.dictionary.schemas import (
    DictionaryOut,
    ElementOut,
    EntityOut,
    EntityWhole,
    FieldOut,
    FoundOut,
    ProblemOut,
    TableOut,
    TableWhole,
    VersionOut,
    VersionWhole,
)
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.identity import require
from shared.kit.paging import Page, page

router = new_router(tags=["dictionary 数据字典"], dependencies=[Depends(require("datahub:read"))])
Paged = Annotated[Page, Depends(page)]
Kind = Literal["entity", "code_set", "table", "field", "element", "code"]


class TableUnknownError(DomainError):
    """The national dictionary has no such table."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "unknown-table"
    title_zh: ClassVar = "没有这张国家标准表"
    title_en: ClassVar = "No such national table"


@router.get("/dictionary", summary="数据字典概况")
async def get_dictionary_overview(db: Db, dictionary: Known) -> DictionaryOut:
    async with db.transaction() as tx:
        rows = await queries.list_versions(tx)
        draft = await queries.draft_revision(tx)
    [current] = [row for row in rows if row["version"] == dictionary.version]
    warnings = [ProblemOut.model_validate(each) for each in problems(dictionary)]
    return DictionaryOut(
        current=VersionOut(**current),
        versions=len(rows),
        counts=_counts(dictionary),
        warnings=warnings,
        draft=draft,
    )


def _counts(dictionary: Dictionary) -> dict[str, int]:
    entities, code_sets = dictionary.entities.values(), dictionary.code_sets.values()
    codes = [code for code_set in code_sets for code in code_set.codes.values()]
    return {
        "entities": len(entities),
        "fields": sum(len(each.fields) for each in entities),
        "ext_fields": sum(len(each.ext) for each in entities),
        "tables": len(dictionary.tables),
        "elements": sum(len(each.elements) for each in dictionary.tables.values()),
        "code_sets": len(code_sets),
        "codes": len(codes),
        "codes_retired": sum(each.retired for each in codes),
        "codes_own": sum(each.own for each in codes),
    }


@router.get("/dictionary/versions", summary="字典版本列表")
async def list_dictionary_versions(response: Response, db: Db, asked: Paged) -> list[VersionOut]:
    async with db.transaction() as tx:
        rows = await queries.list_versions(tx)
    return [VersionOut(**row) for row in page_of(response, asked, rows)]


@router.get("/dictionary/versions/{version}", summary="字典版本及其差异")
async def get_dictionary_version(
    db: Db, version: Annotated[int, Path(ge=1, le=2**31 - 1)]
) -> VersionWhole:
    async with db.transaction() as tx:
        return VersionWhole(**await queries.get_version(tx, version))


@router.get("/dictionary/entities", summary="实体列表")
async def list_entities(
    response: Response,
    dictionary: Asked,
    asked: Paged,
    level: Literal["school", "major", "course", "teacher", "student"] | None = None,
    system: Annotated[str | None, Query(max_length=40)] = None,
) -> list[EntityOut]:
    rows = [
        each
        for each in dictionary.entities.values()
        if (level is None or level in each.levels) and (system is None or system in each.systems)
    ]
    return [
        EntityOut(**_entity(each, dictionary.version)) for each in page_of(response, asked, rows)
    ]


@router.get("/dictionary/entities/{entity}", summary="实体", response_model=EntityWhole)
async def get_entity(request: Request, response: Response, dictionary: Asked, entity: str) -> Any:
    known = dictionary.entity(entity)
    if (same := unchanged(request, response, dictionary)) is not None:
        return same
    return EntityWhole(
        **_entity(known, dictionary.version),
        fields=[FieldOut.model_validate(each) for each in known.fields.values()],
        ext=[FieldOut.model_validate(each) for each in known.ext.values()],
    )


def _entity(entity: Entity, version: int) -> dict[str, Any]:
    plain = ("name", "zh", "en", "key", "systems", "rhythm", "levels", "national", "is_raw")
    return {
        **{name: getattr(entity, name) for name in plain},
        "scope_kind": entity.scope.kind if entity.scope else None,
        "field_count": len(entity.fields),
        "ext_count": len(entity.ext),
        "version": version,
    }


@router.get("/dictionary/entities/{entity}/ext-schema", summary="扩展字段的 JSON Schema")
async def get_ext_schema(dictionary: Asked, entity: str) -> dict[str, Any]:
    return ext_schema(dictionary.entity(entity), dictionary)


@router.get("/dictionary/entities/{entity}/schema", summary="记录的 JSON Schema")
async def get_record_schema(dictionary: Asked, entity: str) -> dict[str, Any]:
    return record_schema(dictionary.entity(entity), dictionary)


@router.get("/dictionary/tables", summary="国家标准数据子类表")
async def list_tables(response: Response, dictionary: Asked, asked: Paged) -> list[TableOut]:
    rows = page_of(response, asked, list(dictionary.tables.values()))
    return [TableOut(**_table(dictionary, each)) for each in rows]


@router.get("/dictionary/tables/{table}", summary="国家标准表及其数据项")
async def get_table(dictionary: Asked, table: str) -> TableWhole:
    known = dictionary.tables.get(table)
    if known is None:
        raise TableUnknownError(
            f"国家标准中没有表 {table}",
            f"the national dictionary has no table {table}",
            fixes=["GET /api/datahub/v1/dictionary/tables"],
        )
    return TableWhole(
        **_table(dictionary, known),
        elements=[ElementOut.model_validate(each) for each in known.elements.values()],
    )


def _table(dictionary: Dictionary, table: NationalTable) -> dict[str, Any]:
    plain = ("name", "no", "zh", "subset", "group", "source", "rhythm", "scope", "page")
    return {
        **{name: getattr(table, name) for name in plain},
        "element_count": len(table.elements),
        "entities": [
            each.name for each in dictionary.entities.values() if table.name in each.national
        ],
    }


@router.get("/dictionary/elements", summary="国家标准数据项")
async def list_elements(
    response: Response,
    dictionary: Asked,
    asked: Paged,
    table: Annotated[str | None, Query(max_length=80)] = None,
    privacy: Privacy | None = None,
) -> list[ElementOut]:
    rows = [
        each
        for known in dictionary.tables.values()
        if table is None or known.name == table
        for each in known.elements.values()
        if privacy is None or each.privacy is privacy
    ]
    return [ElementOut.model_validate(each) for each in page_of(response, asked, rows)]


@router.get("/dictionary/search", summary="检索字典：中文、英文、代码、标识符、拼音首字母")
async def search_dictionary(
    response: Response,
    dictionary: Known,
    dictionaries: Versions,
    asked: Paged,
    q: Annotated[str, Query(min_length=1, max_length=100)],
    kind: Annotated[list[Kind] | None, Query()] = None,
) -> list[FoundOut]:
    index = await dictionaries.index(dictionary)
    rows = index.find(q, frozenset(kind or KINDS))
    return [FoundOut.model_validate(each) for each in page_of(response, asked, rows)]
