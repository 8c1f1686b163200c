"""Sheets and bundles over REST: templates, filled in or not, and what comes back."""

import asyncio
from typing import Annotated, Any, ClassVar, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.contracts.vocabulary import ScopeKey
from shared.errors import DomainError, ErrorKind
from shared.kit.audit_api import exported
from shared.kit.clock import now
from shared.kit.strict_json import (
    JSON,
    BodyTooLargeError,
    StrictJsonRoute,
    parse_strictly,
    takes_up_to,
)
from shared.kit.strict_request import media_type
from shared.workbooks.writing import XLSX
from target_service.api.acting import actor_of
from target_service.api.saving import READER, Db, Judging, Writer
from target_service.schemas import Key
from target_service.schemas.exchange import Bundle, Family, ImportView
from target_service.usecases import exchanging
from target_service.usecases.inheriting import day_of

TAGS: Final[list[Any]] = ["exchange 导入导出"]
router = APIRouter(route_class=StrictJsonRoute, tags=TAGS)

CSV: Final = "text/csv"
MAX_SHEET: Final = 8 * 1024 * 1024
MAX_BUNDLE: Final = 32 * 1024 * 1024
SPLIT: Final = "按规划或对象分开 (split it, by plan or scope)"
OfPlan = Annotated[Key | None, Query(description="只要这个规划的 · of this plan only")]
OfScope = Annotated[ScopeKey | None, Query(description="只要这个对象的 · of this scope only")]
DryRun = Annotated[bool, Query(alias="dryRun")]
BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
SHEET_BODIES: Final = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {
                "schema": {"type": "string", "description": "首行是字段名 · field names first"},
                "example": "key,title,scope,period,weight\n"
                "pass-2030,提高课程通过率,school/19001,year:2030,1\n",
            },
            XLSX: {**BINARY, "example": "@goals.xlsx"},
        },
    }
}
BUNDLE_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {"$ref": "#/components/schemas/Bundle"},
                "example": {"format": "helix8-bundle", "version": 1, "goals": []},
            }
        },
    }
}


class ExchangeKindError(DomainError):
    """What comes is no file of the kind that is read here."""

    kind: ClassVar = ErrorKind.UNSUPPORTED
    code: ClassVar = "exchange-kind"
    title_zh: ClassVar = "不支持的文件"
    title_en: ClassVar = "No file of that kind"


async def _filled_in(
    request: Request,
    db: Db,
    filled: bool = False,  # noqa: FBT001, FBT002 — a query parameter
) -> None:
    """Put on record that what is there is given out; an empty template is nobody's."""
    if filled:
        await exported(request, db)


@router.get(
    "/templates/{family}",
    summary="填写模板：目标、标准、绑定、任务",
    dependencies=[*READER, Depends(_filled_in)],
    response_class=Response,
    responses={200: {"content": {XLSX: BINARY, CSV: BINARY}}},
)
async def get_template(
    family: Family,
    db: Db,
    form: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx",
    filled: bool = False,  # noqa: FBT001, FBT002 — a query parameter
    plan: OfPlan = None,
    scope: OfScope = None,
) -> Response:
    """A workbook with drop-downs, notes and examples; ``filled``: with what is there.

    Its second rows, hidden, name the fields; so does the first row of a CSV file.
    """
    filling = exchanging.Filling()
    if filled:
        async with db.transaction() as tx:
            filling = await exchanging.filling(tx, family, plan, scope, day_of(now()))
    write = exchanging.write_workbook if form == "xlsx" else exchanging.write_csv
    content = await asyncio.to_thread(write, family, filling)
    headers = {"Content-Disposition": f'attachment; filename="{family}.{form}"'}
    kind = XLSX if form == "xlsx" else f"{CSV}; charset=utf-8"
    return Response(content, media_type=kind, headers=headers)


@router.post("/imports/{family}", summary="按表导入", openapi_extra=SHEET_BODIES)
@takes_up_to(MAX_SHEET, SPLIT)
async def import_sheet(
    family: Family,
    request: Request,
    db: Db,
    rules: Judging,
    caller: Writer,
    dry_run: DryRun = False,  # noqa: FBT002 — a query parameter
) -> ImportView:
    """All rows or none; every fault of all of them by sheet, column and row (``目标!H12``).

    What was exported and not changed is ``unchanged``. Rows may name each other in any order.
    ``dryRun`` does the same, and keeps nothing.
    """
    kind = media_type(request)
    if kind not in {CSV, XLSX}:
        raise _other_kind(kind, f"{CSV}、{XLSX}")
    content = await _receive(request, MAX_SHEET)
    upload = exchanging.Upload(family=family, content=content, is_workbook=kind == XLSX)
    who = exchanging.Writing(actor=actor_of(caller), at=now(), rules=rules)
    async with db.transaction(correlation=request.state.request_id) as tx:
        return await exchanging.import_sheets(tx, upload, who, is_rehearsal=dry_run)


@router.get(
    "/bundle",
    summary="整包导出：标准、目标、绑定及其引用",
    dependencies=[*READER, Depends(exported)],
    response_class=Response,
    responses={200: {"model": Bundle}},
)
async def export_bundle(db: Db, plan: OfPlan = None, scope: OfScope = None) -> Response:
    """One file, the same bytes as long as nothing changes, here and where it is brought in."""
    async with db.transaction() as tx:
        content = await exchanging.export_bundle(tx, plan, scope, day_of(now()))
    headers = {"Content-Disposition": 'attachment; filename="bundle.json"'}
    return Response(content, media_type=JSON, headers=headers)


@router.post("/bundle", summary="整包导入", openapi_extra=BUNDLE_BODY)
@takes_up_to(MAX_BUNDLE, SPLIT)
async def import_bundle(
    request: Request,
    db: Db,
    rules: Judging,
    caller: Writer,
    dry_run: DryRun = False,  # noqa: FBT002 — a query parameter
) -> ImportView:
    """All of it or nothing; every fault by its JSON path.

    Plans, goals and tasks begin as drafts, and so do documents: another person approves them here.
    What rests on a document that is not approved yet waits; bring the bundle in again then.
    """
    kind = media_type(request)
    if kind != JSON:
        raise _other_kind(kind, JSON)
    content = await _receive(request, MAX_BUNDLE)
    given = await asyncio.to_thread(parse_strictly, content)
    who = exchanging.Writing(actor=actor_of(caller), at=now(), rules=rules)
    async with db.transaction(correlation=request.state.request_id) as tx:
        return await exchanging.import_bundle(tx, given, who, is_rehearsal=dry_run)


def _other_kind(kind: str, wanted: str) -> ExchangeKindError:
    return ExchangeKindError(
        f"Content-Type 是 {kind or '空'}，须为 {wanted}",
        f"Content-Type is {kind or 'missing'}, and must be {wanted}",
        fixes=["GET /templates/goals 取得模板 (gives the template)"],
    )


async def _receive(request: Request, most: int) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > most:
            raise BodyTooLargeError(
                f"文件超过 {most >> 20} MiB",
                f"it is larger than {most >> 20} MiB",
                fixes=[SPLIT],
            )
    return bytes(content)
