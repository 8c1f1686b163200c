"""Kinds of report, and the templates that a college edits."""

from typing import Annotated, Final

from fastapi import Depends, Path, Response

from report_service.api.common import READ, WHOLE, Db, ThePress
from report_service.domain.document.blocks import BRIEFING
from report_service.domain.kinds.kind import Kind
from report_service.domain.kinds.registry import KINDS
from report_service.repository import templates as stored
from report_service.schemas.reports import KindOut, PutTemplate, SectionOut, TemplateOut
from report_service.usecases import templates
from report_service.usecases.filing import MEDIA
from report_service.usecases.rendering.docx.package import default_template
from report_service.usecases.rendering.pdf import default_template as default_typst
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.identity import Caller
from shared.kit.strict_json import takes_up_to

router = new_router(prefix="/kinds", tags=["templates 报告种类与模板"])

MAX_BODY: Final = 14 * 1024 * 1024
"""Bytes of a body: a Word template of 10 MiB as Base64, and a Typst template beside it."""

KindKey = Annotated[str, Path(max_length=100, pattern="^[a-z_]+$", examples=["self_diagnosis"])]


@router.get("", summary="报告种类", dependencies=[READ])
async def list_kinds() -> list[KindOut]:
    return [_told(each) for each in KINDS.values()]


@router.get("/{kind}/templates", summary="模板各版本", dependencies=[READ])
async def list_templates(kind: KindKey, db: Db) -> list[TemplateOut]:
    templates.find_kind(kind)
    async with db.transaction() as tx:
        rows = await stored.templates_of(tx, kind)
        return [TemplateOut.model_validate(each) for each in rows]


@router.post("/{kind}/templates", status_code=201, summary="上传模板的新版本")
@takes_up_to(
    MAX_BODY, "缩小 Word 模板中的图片，至多 10 MiB (make the pictures of the Word template smaller)"
)
async def add_template(
    response: Response,
    kind: KindKey,
    body: PutTemplate,
    db: Db,
    press: ThePress,
    caller: Annotated[Caller, Depends(WHOLE)],
) -> TemplateOut:
    """A report is tried with it first: what makes no file is refused, with the place.

    A Word template has at most 10 MiB.
    """
    known = templates.find_kind(kind)
    async with db.transaction() as tx:
        version = await templates.add_version(tx, press, known, body, caller.subject, now())
        row = await stored.read_template(tx, kind, version)
        response.headers["Location"] = f"templates/{version}"
        return TemplateOut.model_validate(row)


@router.get(
    "/{kind}/docx", summary="随附的 Word 模板", dependencies=[READ], response_class=Response
)
async def get_word_template(kind: KindKey) -> Response:
    templates.find_kind(kind)
    return Response(default_template(is_brief=kind == BRIEFING), media_type=MEDIA["docx"])


@router.get(
    "/{kind}/typst", summary="随附的 Typst 模板", dependencies=[READ], response_class=Response
)
async def get_typst_template(kind: KindKey) -> Response:
    templates.find_kind(kind)
    return Response(default_typst(), media_type="text/plain; charset=utf-8")


def _told(kind: Kind) -> KindOut:
    sections = [
        SectionOut(key=each.key, title=each.title, condition=each.condition)
        for each in kind.sections
    ]
    return KindOut(
        key=kind.key,
        title=kind.title,
        version=kind.version,
        scopes=sorted(kind.scopes),
        output=kind.output,
        sections=sections,
        signers=list(kind.signers),
    )
