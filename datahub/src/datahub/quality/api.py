"""REST of quality: rules, what they find, scores over time, the feeds of a data steward."""

from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Final, Literal

from fastapi import Body, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Known
from datahub.dictionary.api.seeing import Looks
from datahub.dictionary.domain.masking import masked
from datahub.quality import queries
from datahub.quality.domain.rule_document import RuleInvalidError, parse_rule
from datahub.quality.repository import evaluating, rules
from datahub.quality.schemas import RunAsked
from datahub.quality.usecases import keeping
from datahub.quality.usecases.evaluating import ask_run
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.clock import CAMPUS, now
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import require
from shared.kit.openapi import also_made
from shared.kit.paging import Page, after_number, after_text, answer_page, page

router = new_router(prefix="/quality", tags=["quality 数据质量"])
READ = [Depends(require("datahub:read"))]
WRITE = [Depends(require("datahub:write"))]
MAX_DAYS = 400

EXAMPLE: Final = {
    "rule": "example.dorm_check.room",
    "entity": "dorm_check",
    "kind": "not_null",
    "zh": "查寝记录有房号",
    "en": "A dormitory check has a room",
    "severity": "warning",
    "field": "room",
}

RuleId = Annotated[str, Path(max_length=160, examples=[EXAMPLE["rule"]])]
Name = Annotated[str | None, Query(max_length=160, pattern="^[^\\x00]*$")]


class UnknownEntitiesError(DomainError):
    """The dictionary has no such entities."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "quality-run-invalid"
    title_zh: ClassVar = "没有这些实体"
    title_en: ClassVar = "No such entities"


class PeriodInvalidError(DomainError):
    """A period that runs backwards, or is too long."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "quality-period"
    title_zh: ClassVar = "时段有误"
    title_en: ClassVar = "The period is wrong"


@router.put("/rules/{rule_id}", summary="保存质量规则", dependencies=WRITE, responses=also_made())
async def put_quality_rule(
    db: Db,
    dictionary: Known,
    rule_id: RuleId,
    document: Annotated[dict[str, Any], Body(examples=[EXAMPLE])],
    expect: Expect,
) -> JSONResponse:
    if document.get("rule") != rule_id:
        raise RuleInvalidError(
            f"路径是 {rule_id}，内容是 {document.get('rule')}",
            f"the path says {rule_id}, the body {document.get('rule')}",
            fields={"$.rule": ["须与路径中的编号相同 (must equal the id in the path)"]},
        )
    async with db.transaction() as tx:
        rule, changed = await keeping.save_rule(tx, rule_id, document, dictionary, expect)
    return JSONResponse(
        {"rule": rule.id, "version": rule.version, "document": document},
        status_code=201 if changed and rule.version == 1 else 200,
        headers={
            "Changed": str(changed).lower(),
            "Location": f"/v1/quality/rules/{rule.id}",
            "ETag": etag_of(rule.version),
        },
    )


@router.get("/rules", summary="质量规则列表", dependencies=READ)
async def list_quality_rules(
    response: Response,
    db: Db,
    asked: Annotated[Page, Depends(page)],
    entity: Name = None,
    kind: Name = None,
) -> list[dict[str, Any]]:
    async with db.transaction() as tx:
        rows = await queries.list_rules(tx, _window(asked), entity, kind)
        total = await queries.count_rules(tx, entity, kind) if asked.total_count else None
    _answer(response, asked, rows, "rule", total)
    return rows


@router.get(
    "/rules/{rule_id}", summary="质量规则", dependencies=READ, response_model=dict[str, Any]
)
async def get_quality_rule(request: Request, response: Response, db: Db, rule_id: RuleId) -> Any:
    async with db.transaction() as tx:
        found = await rules.get_in_force(tx, rule_id)
    return unless_not_modified(request, response, found.version) or {
        "rule": found.id,
        "version": found.version,
        "entity": found.entity,
        "origin": found.origin,
        "document": found.document,
        "saved_at": found.saved_at,
    }


@router.delete("/rules/{rule_id}", summary="删除质量规则", status_code=204, dependencies=WRITE)
async def delete_quality_rule(db: Db, rule_id: RuleId, expect: Expect) -> None:
    async with db.transaction() as tx:
        await keeping.delete_rule(tx, rule_id, expect)


@router.get("/rules/{rule_id}/failures", summary="不合格的记录", dependencies=READ)
async def list_quality_failures(
    response: Response,
    db: Db,
    dictionary: Known,
    rule_id: RuleId,
    asked: Annotated[Page, Depends(page)],
    eyes: Looks,
) -> list[dict[str, Any]]:
    window = _window(asked)
    async with db.transaction() as tx:
        stored = await rules.get_in_force(tx, rule_id)
        rule = parse_rule(stored.document, dictionary, stored.version)
        if await eyes.of(rule.entity) is not None:
            return []
        rows = await evaluating.list_failures(
            tx, rule, limit=window.limit, offset=window.offset, after=window.after
        )
        total = await evaluating.count_failures(tx, rule) if asked.total_count else None
    _answer(response, asked, rows, "unit", total)
    masking = await eyes.masking_of(rule.entity)
    if masking is None:
        return rows
    return [{**row, "values": masked(rule.entity, row["values"], masking.fields)} for row in rows]


@router.get("/rules/{rule_id}/history", summary="规则的历次结果", dependencies=READ)
async def list_quality_history(
    response: Response,
    db: Db,
    rule_id: RuleId,
    asked: Annotated[Page, Depends(page)],
    feed: Annotated[str, Query(max_length=80)] = "",
) -> list[dict[str, Any]]:
    async with db.transaction() as tx:
        await rules.get_in_force(tx, rule_id)
        rows = await queries.list_history(
            tx, rule_id, feed, limit=asked.limit, offset=asked.offset, before=after_number(asked)
        )
        total = await queries.count_history(tx, rule_id, feed) if asked.total_count else None
    _answer(response, asked, rows, "run", total)
    return rows


@router.post("/run", summary="立即评估", status_code=202, dependencies=WRITE)
async def run_quality(db: Db, dictionary: Known, body: RunAsked) -> dict[str, list[str]]:
    unknown = sorted(set(body.entities or ()) - dictionary.entities.keys())
    if unknown:
        raise UnknownEntitiesError(
            f"数据字典没有实体 {'、'.join(unknown)}",
            f"the dictionary has no entities {', '.join(unknown)}",
            fields={"$.entities": [f"{name} 未知 ({name} is unknown)" for name in unknown]},
            fixes=[", ".join(sorted(dictionary.entities))],
        )
    async with db.transaction() as tx:
        return {"entities": await ask_run(tx, body.entities, dictionary)}


@router.get("/results", summary="最近一次的结果", dependencies=READ)
async def list_quality_results(  # noqa: PLR0913, PLR0917 — the query parameters
    response: Response,
    db: Db,
    asked: Annotated[Page, Depends(page)],
    entity: Name = None,
    source: Name = None,
    feed: Name = None,
    status: Literal["passed", "failed", "no_data", "error"] | None = None,
) -> list[dict[str, Any]]:
    which = queries.Which(entity=entity, source=source, feed=feed, status=status)
    async with db.transaction() as tx:
        rows = await queries.list_results(tx, _window(asked), which)
        total = await queries.count_results(tx, which) if asked.total_count else None
    _answer(response, asked, rows, "id", total)
    return rows


@router.get("/scores", summary="质量得分的走势", dependencies=READ)
async def list_quality_scores(  # noqa: PLR0913, PLR0917 — the query parameters
    db: Db,
    entity: Name = None,
    source: Name = None,
    field: Name = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    by: Literal["entity", "source", "field"] = "entity",
) -> list[dict[str, Any]]:
    last = last or now().astimezone(CAMPUS).date()
    first = first or last - timedelta(days=min(30, (last - date.min).days))
    if not 0 <= (last - first).days <= MAX_DAYS:
        raise PeriodInvalidError(
            f"from 不晚于 to，且至多 {MAX_DAYS} 天",
            f"from must not be after to, and at most {MAX_DAYS} days before it",
            fields={"query.from": [f"{first} – {last}"]},
        )
    wanted = queries.Scored(
        entity=entity, source=source, field=field, first=first, last=last, by=by
    )
    async with db.transaction() as tx:
        return await queries.list_scores(tx, wanted)


@router.get("/feeds", summary="数据源一览", dependencies=READ)
async def list_quality_feeds(db: Db) -> list[dict[str, Any]]:
    async with db.transaction() as tx:
        return await queries.list_feeds(tx)


def _window(asked: Page) -> queries.Window:
    return queries.Window(limit=asked.limit, offset=asked.offset, after=after_text(asked))


def _answer(
    response: Response, asked: Page, rows: list[dict[str, Any]], key: str, total: int | None
) -> None:
    after = [rows[-1][key]] if len(rows) == asked.limit else None
    answer_page(response, asked, total=total, next_after=after)
