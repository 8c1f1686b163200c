"""REST of indicators: definitions, measured values, and where a value comes from."""

from typing import Annotated, Any, ClassVar, Final

from fastapi import Body, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Known, Versions
from datahub.indicators import queries
from datahub.indicators.domain.document import IndicatorInvalidError, parse_indicator
from datahub.indicators.repository import following
from datahub.indicators.usecases import defining
from shared.contracts.vocabulary import PeriodKey, ScopeKey
from shared.errors import DomainError, ErrorKind
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import require
from shared.kit.paging import Page, after_text, answer_page, page

router = new_router(tags=["indicators 指标"])
READ = [Depends(require("datahub:read"))]
WRITE = [Depends(require("datahub:write"))]

EXAMPLE: Final = {
    "indicator": "example_withdrawal_rate",
    "zh": "退选率",
    "en": "Withdrawal rate",
    "unit": "ratio",
    "direction": "lower",
    "basis": "退选人数 ÷ 选课人数",
    "formula": "count(enrolment where final_result = 'withdrawn') / count(enrolment)",
    "scopes": [
        {
            "kind": "class",
            "key": "class_no",
            "period": {"kind": "term", "from": "teaching_class.term"},
        }
    ],
}


class IndicatorNotFoundError(DomainError):
    """No indicator has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "indicator-not-found"
    title_zh: ClassVar = "没有这个指标"
    title_en: ClassVar = "No such indicator"


class MeasurementNotFoundError(DomainError):
    """Nothing was measured for that indicator, scope and period."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "measurement-not-found"
    title_zh: ClassVar = "没有这个测量值"
    title_en: ClassVar = "No such measurement"


@router.put("/indicators/{indicator_id}", summary="发布指标定义", dependencies=WRITE)
async def put_indicator(
    db: Db,
    dictionaries: Versions,
    indicator_id: str,
    document: Annotated[dict[str, Any], Body(examples=[EXAMPLE])],
    expect: Expect,
) -> JSONResponse:
    if document.get("indicator") != indicator_id:
        raise IndicatorInvalidError(
            "路径与内容的指标编号不同",
            "the ids in path and body differ",
            fields={"$.indicator": ["须与路径中的编号相同 (must equal the id in the path)"]},
        )
    async with db.transaction() as tx:
        dictionary = await dictionaries.held(tx)
        indicator, changed = await defining.save_indicator(
            tx, indicator_id, document, dictionary, expect
        )
    return JSONResponse(
        {"indicator": indicator.id, "version": indicator.version, "document": document},
        status_code=201 if changed and indicator.version == 1 else 200,
        headers={
            "Changed": str(changed).lower(),
            "Location": f"/v1/indicators/{indicator.id}",
            "ETag": etag_of(indicator.version),
        },
    )


@router.get("/indicators", summary="指标列表", dependencies=READ)
async def list_indicators(db: Db) -> list[dict[str, Any]]:
    async with db.transaction() as tx:
        return await queries.list_documents(tx)


@router.get(
    "/indicators/{indicator_id}",
    summary="指标定义",
    dependencies=READ,
    response_model=dict[str, Any],
)
async def get_indicator(
    request: Request, response: Response, db: Db, dictionary: Known, indicator_id: str
) -> Any:
    async with db.transaction() as tx:
        row = await following.get_indicator_row(tx, indicator_id)
    if row is None:
        raise IndicatorNotFoundError(f"没有指标 {indicator_id}", f"no indicator {indicator_id}")
    return unless_not_modified(request, response, row.version) or {
        "indicator": row.id,
        "version": row.version,
        "document": row.document,
        "published_at": row.published_at,
        # Since the dictionary was upgraded: it is not measured until it is mended.
        "faults": following.faults_of(row, dictionary),
    }


@router.get("/measurements", summary="测量值", dependencies=READ)
async def list_measurements(
    response: Response,
    db: Db,
    asked: Annotated[Page, Depends(page)],
    indicator: Annotated[str | None, Query(max_length=64)] = None,
    scope: ScopeKey | None = None,
    period: PeriodKey | None = None,
) -> list[dict[str, Any]]:
    which = queries.Which(indicator=indicator, scope=scope, period=period)
    async with db.transaction() as tx:
        rows = await queries.list_measurements(
            tx, which, limit=asked.limit, offset=asked.offset, after=after_text(asked)
        )
        total = await queries.count_measurements(tx, which) if asked.total_count else None
    answer_page(
        response,
        asked,
        total=total,
        next_after=[rows[-1]["id"]] if len(rows) == asked.limit else None,
    )
    return rows


@router.get("/measurements/{cell:path}/explanation", summary="这个数从哪里来", dependencies=READ)
async def explain(db: Db, dictionary: Known, cell: str) -> dict[str, Any]:
    async with db.transaction() as tx:
        found = await queries.get_measurement(tx, cell)
        if found is None:
            raise MeasurementNotFoundError(f"没有测量值 {cell}", f"nothing measured for {cell}")
        document = await queries.get_document(tx, found["indicator"], found["formula_version"])
        assert document is not None
        indicator = parse_indicator(document, dictionary, found["formula_version"])
        return {
            "measurement": found,
            "definition": document,
            "history": await queries.list_history(tx, cell, 20),
            "sources": await queries.list_sources(
                tx, sorted(indicator.entities), found["watermark"]
            ),
        }
