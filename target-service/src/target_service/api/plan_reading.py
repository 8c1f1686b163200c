"""Plans from files: read and looked through; and the workbook in which one is filled in."""

import asyncio
import tempfile
from typing import Annotated, ClassVar, Final

from fastapi import APIRouter, Query, Request, Response

from shared.contracts.vocabulary import ScopeKey
from shared.errors import DomainError, ErrorKind
from shared.kit.clock import now
from shared.kit.idempotency import unkeyed
from shared.kit.strict_json import BodyTooLargeError, StrictJsonRoute, takes_up_to
from shared.kit.strict_request import media_type
from shared.workbooks.writing import XLSX
from target_service import queries, usecases
from target_service.api.acting import actor_of
from target_service.api.saving import READER, Db, Judging, KeyPath, Writer, hear_of
from target_service.domain.plan_document.document import PlanDocument
from target_service.schemas.plan_reading import PlanImport, PlanImportKept, PlanReading
from target_service.usecases.plan_files import read_plain, read_workbook, read_yaml
from target_service.usecases.plan_importing import Importing
from target_service.usecases.plan_reading import look_through
from target_service.usecases.plan_template import write_template

router = APIRouter(route_class=StrictJsonRoute, tags=["plans 规划"])

MAX_BYTES: Final = 4 * 1024 * 1024
TEXT: Final = "text/plain"
YAML: Final = "application/yaml"
EXAMPLE: Final = """title: 示例学院质量提升方案
number: 示例院发〔2026〕1号
schedule:
  - {system: 教师层面, task: 两链打造, content: 教师发展标准, lead: 组织人事部,
     undertakers: 组织人事部, deliverable: 标准文本, start: 2026.03, end: 2026.08}
  - {task: 诊改运行, content: 自我诊改, deliverable: 诊改报告, start: 2026.09, end: 持续}
"""
BODIES: Final = {
    "requestBody": {
        "required": True,
        "content": {
            YAML: {"schema": {"type": "string"}, "example": EXAMPLE},
            TEXT: {
                "schema": {"type": "string", "description": "学校的文件 · the college's own text"},
                "example": "工作任务\t主要内容\t开始时间\t完成时间\n"
                "诊改运行\t自我诊改\t2026.09\t持续\n",
            },
            XLSX: {"schema": {"type": "string", "format": "binary"}, "example": "@plan.xlsx"},
        },
    }
}


class PlanKindError(DomainError):
    """What comes is no file that a plan is read from."""

    kind: ClassVar = ErrorKind.UNSUPPORTED
    code: ClassVar = "plan-file-kind"
    title_zh: ClassVar = "不是规划文件"
    title_en: ClassVar = "No file of a plan"


@router.post(
    "/plans/lint",
    summary="规划：读取并检查",
    dependencies=READER,
    openapi_extra=BODIES,
)
@unkeyed
async def lint_plan(request: Request, db: Db) -> PlanReading:
    """What was read, each with its line, and what a careful reader finds; nothing is kept."""
    document = await receive_plan(request)
    async with db.transaction() as tx:
        return await look_through(tx, document)


@router.post("/plans/import", summary="规划：导入", openapi_extra=BODIES)
@takes_up_to(MAX_BYTES, "分成几份规划 (split it)")
async def import_plan(
    request: Request,
    db: Db,
    rules: Judging,
    caller: Writer,
    scope: Annotated[
        ScopeKey | None, Query(description="学校 · the school", examples=["school/19001"])
    ] = None,
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,  # noqa: FBT002
) -> PlanImport:
    """Plan, goals, tasks, bodies and basis documents, all or nothing; cycles are proposed.

    The same file again changes nothing; a corrected one changes what it says otherwise, and leaves
    what people changed. ``dryRun`` does the same, and keeps nothing.
    """
    document = await receive_plan(request)
    if scope:
        await hear_of(db, scope, None)
    who = Importing(actor=actor_of(caller), at=now(), rules=rules, scope=scope)
    async with db.transaction(correlation=request.state.request_id) as tx:
        return await usecases.import_plan(tx, document, who, is_rehearsal=dry_run)


@router.get(
    "/plans/template",
    summary="规划：填写模板",
    dependencies=READER,
    response_class=Response,
    responses={200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_plan_template() -> Response:
    """A workbook with drop-downs and notes; its second rows, hidden, name the fields."""
    headers = {"Content-Disposition": 'attachment; filename="plan-template.xlsx"'}
    return Response(write_template(), media_type=XLSX, headers=headers)


@router.get("/plans/{key:path}/import", summary="规划：导入时读到的内容", dependencies=READER)
async def get_plan_import(key: KeyPath, db: Db) -> PlanImportKept:
    """What the reader read of its last file, with lines and findings, and what it became."""
    async with db.transaction() as tx:
        return await queries.get_import(tx, key)


async def receive_plan(request: Request) -> PlanDocument:
    """Return the plan that a request brings.

    Raises:
        PlanKindError: its content type is another one.
        BodyTooLargeError: it is too large.
        UnreadablePlanError: it cannot be read.
    """
    kind = media_type(request)
    if kind not in {TEXT, YAML, XLSX}:
        raise PlanKindError(
            f"不支持 {kind or '未写明的类型'}，请用 {TEXT}、{YAML} 或 {XLSX}",
            f"{kind or 'no type'} is not read, but {TEXT}, {YAML} and {XLSX}",
            fixes=["Word 文件请另存为纯文本 (save a Word file as plain text)"],
        )
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BYTES:
            raise BodyTooLargeError(
                f"文件超过 {MAX_BYTES >> 20} MiB", f"it is larger than {MAX_BYTES >> 20} MiB"
            )
    # Four megabytes of YAML take half a minute, and others wait for an answer.
    if kind == TEXT:
        return await asyncio.to_thread(read_plain, bytes(content))
    if kind == YAML:
        return await asyncio.to_thread(read_yaml, bytes(content))
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return await read_workbook(file)
