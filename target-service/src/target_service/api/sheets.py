"""The one-page sheet (一页纸) over REST: JSON, SVG, HTML for printing, PDF."""

import asyncio
from dataclasses import asdict
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from fastapi import Path, Query, Request, Response

from shared.kit.app import new_router
from shared.kit.etags import etag_of, unless_not_modified
from shared.kit.openapi import also_made
from shared.kit.problems import wants_english
from target_service.api.printing import pdf_of
from target_service.api.saving import READER, Acts, Db
from target_service.api.seen import OF_A_SHEET
from target_service.api.tasks import today
from target_service.domain.sheets.document import Language, Sheet
from target_service.domain.sheets.drawing import Size, draw
from target_service.domain.sheets.page import page_of
from target_service.queries import sheets as queries
from target_service.schemas.common import Key
from target_service.schemas.sheets import Form, SheetBody, SheetDefinition, SheetWish
from target_service.usecases.sheets import put_sheet as write_sheet

TAGS: Final = ["sheets 一页纸"]
router = new_router(tags=TAGS, dependencies=OF_A_SHEET)

Of = Annotated[
    Key,
    Path(
        description="诊改对象，或 plan/<规划>、goal/<目标> · a scope, plan/<key> or goal/<key>",
        examples=["school/19001"],
    ),
]

_MEDIA: Final[dict[Form, str]] = {
    "json": "application/json",
    "svg": "image/svg+xml",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
_CLOSED: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            media.partition(";")[0]: {"schema": {"type": "object" if form == "json" else "string"}}
            for form, media in _MEDIA.items()
        }
    }
}


@router.get("/sheet-definitions/{of:path}", summary="一页纸：人工内容", dependencies=READER)
async def get_sheet_definition(of: Of, db: Db, response: Response) -> SheetDefinition | None:
    """What people wrote on it; null while nobody has."""
    async with db.transaction() as tx:
        _, row = await queries.get_definition(tx, of)
    if row is not None:
        response.headers["ETag"] = etag_of(row.version)
    return SheetDefinition.model_validate(row) if row else None


@router.get(
    "/sheets/{of:path}",
    summary="一页纸项目管理表",
    dependencies=READER,
    response_class=Response,
    responses=ANSWERS,
)
async def get_sheet(
    of: Of,
    db: Db,
    request: Request,
    wish: Annotated[SheetWish, Query()],
) -> Response:
    """Live, one page of paper. The ``ETag`` is that of what it shows; ``asOf`` a campus date."""
    english = wants_english(request.headers.get("accept-language"))
    language: Language = wish.lang or ("en" if english else "zh")
    day = wish.as_of or today()
    async with db.transaction() as tx:
        sheet = await queries.get_sheet(tx, of, day, language)
    content = msgspec.json.encode(asdict(sheet), enc_hook=_spell)
    answer = Response(media_type=_MEDIA[wish.form])
    digest = sha256(content + f"{wish.form} {wish.size}".encode()).hexdigest()[:32]
    if unchanged := unless_not_modified(request, answer, digest):
        return unchanged
    return await _answer(sheet, wish.form, wish.size, (content, answer.headers["ETag"]))


@router.put(
    "/sheets/{of:path}",
    summary="一页纸：改写标题、负责人、次序与说明",
    responses=also_made(SheetDefinition),
)
async def put_sheet(of: Of, body: SheetBody, acting: Acts) -> SheetDefinition:
    """What is empty follows from goals and tasks; ``ETag`` of ``sheet-definitions``."""
    async with acting.transaction() as tx:
        put = await write_sheet(tx, of, body, acting.expect, acting.act())
        acting.answer(put.row.version)
        acting.response.headers["Changed"] = "true" if put.changed else "false"
        acting.response.status_code = 201 if put.created else 200
        return SheetDefinition.model_validate(put.row)


async def _answer(sheet: Sheet, form: Form, size: Size, made: tuple[bytes, str]) -> Response:
    content, tag = made
    policy = _CLOSED
    if form == "html":
        page, style = page_of(sheet, size)
        content, policy = page.encode(), f"{_CLOSED}; style-src 'sha256-{style}'"
    elif form == "svg":
        content = draw(sheet, size).encode()
    elif form == "pdf":
        lang = sheet.language
        figure = draw(sheet, size)
        content = await asyncio.to_thread(pdf_of, figure, size, sheet.title, sheet.as_of, lang)
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Language",
    }
    if form == "pdf":
        name = quote(f"{sheet.title}-{sheet.as_of}.pdf", safe="")
        headers["Content-Disposition"] = f"inline; filename*=UTF-8''{name}"
    return Response(content, media_type=_MEDIA[form], headers=headers)


def _spell(value: object) -> object:
    """Return a number as a decimal string without exponent."""
    assert isinstance(value, Decimal)
    return format(value, "f")
