"""Definitions of indicators: published, listed, read."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Body, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from datahub.dictionary.api import Known, Versions
from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.api.asking import PERSONAL, READ, TAGS
from datahub.indicators.api.trying import told
from datahub.indicators.domain.document import IndicatorInvalidError, IndicatorNotFoundError
from datahub.indicators.domain.limits import Limits
from datahub.indicators.domain.never import never_holding
from datahub.indicators.domain.privacy import class_of
from datahub.indicators.domain.versions import changed_keys, hash_of, is_left
from datahub.indicators.queries import stored
from datahub.indicators.repository import following
from datahub.indicators.repository.shipped import load_catalogue
from datahub.indicators.usecases import defining, publishing, trying
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import Caller, current_caller, require
from shared.kit.openapi import also_made

router = new_router(tags=TAGS)
DryRun = Annotated[
    bool,
    Query(alias="dryRun", description="只试算，不发布 · told what would change, not published"),
]
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


@router.put(
    "/indicators/{indicator_id}",
    summary="发布指标定义",
    dependencies=WRITE,
    responses=also_made(),
)
async def put_indicator(  # noqa: PLR0913, PLR0917 — what a definition is published by
    request: Request,
    db: Db,
    dictionaries: Versions,
    indicator_id: str,
    document: Annotated[dict[str, Any], Body(examples=[EXAMPLE])],
    expect: Expect,
    caller: Annotated[Caller, Depends(current_caller)],
    dry_run: DryRun = False,  # noqa: FBT002 — a query parameter
    limit: Annotated[
        int, Query(ge=1, le=1000, description="试算列出的变化数 · changes listed by a dry run")
    ] = 100,
) -> JSONResponse:
    """A definition is published; with `dryRun` it is told what that would change, and kept nothing.

    A dry run measures the definition on the data that are there, and answers `counts` of cells
    that would be the `same`, `changed`, `appears`, `vanishes`, or `left` with what they say;
    the same in `groups` by kind of scope and period; and `changes`, the largest first.
    `warnings` name comparisons that can never hold, as the dictionary bounds their field.
    """
    if document.get("indicator") != indicator_id:
        raise IndicatorInvalidError(
            "路径与内容的指标编号不同",
            "the ids in path and body differ",
            fields={"$.indicator": ["须与路径中的编号相同 (must equal the id in the path)"]},
        )
    limits: Limits = request.app.state.limits
    if dry_run:
        dictionary = await dictionaries.of(db)
        may = caller.may(PERSONAL)
        async with db.transaction() as tx:
            tried = await trying.try_indicator(
                tx, document, dictionary, expect, limits, sees_persons=may
            )
        return JSONResponse(told(tried, limit))
    async with db.transaction() as tx:
        dictionary = await dictionaries.held(tx)
        indicator, changed = await defining.save_indicator(tx, document, dictionary, expect, limits)
    return JSONResponse(
        {
            "indicator": indicator.id,
            "version": indicator.version,
            "document": document,
            "warnings": never_holding(indicator),
        },
        status_code=201 if changed and indicator.version == 1 else 200,
        headers={
            "Changed": str(changed).lower(),
            "Location": f"/v1/indicators/{indicator.id}",
            "ETag": etag_of(indicator.version),
        },
    )


@router.get("/indicators", summary="指标列表", dependencies=READ)
async def list_indicators(
    db: Db,
    dictionary: Known,
    overridden: Annotated[
        bool | None,
        Query(
            description="只要学校改过的随附指标，并列出随附定义 · shipped ones that were changed"
        ),
    ] = None,
    core: Annotated[
        bool | None, Query(description="只要核心或非核心的 · core ones, or the others")
    ] = None,
) -> list[dict[str, Any]]:
    """`privacy` is the class of what it is made of; null where the dictionary gives it no sense.

    With `overridden` each has the `shipped` document too, the `differences` from it, and whether
    it is another one than the college departed from: `shipped_changed`, with `shipped_differences`.
    """
    async with db.transaction() as tx:
        found = await stored.list_documents(tx)
        classes = {
            each.id: class_of(each) for each in await following.list_indicators(tx, dictionary)
        }
    told = [_listed(each, classes) for each in found]
    if core is not None:
        told = [each for each in told if each["core"] is core]
    return [_beside_shipped(each) for each in told if _is_override(each)] if overridden else told


def _listed(row: dict[str, Any], classes: Mapping[str, Privacy]) -> dict[str, Any]:
    departs_from, shipped = row.pop("departs_from"), load_catalogue().get(row["indicator"])
    is_changed = is_left(departs_from, shipped)
    return {
        **row,
        "core": bool(row["document"].get("core")),
        "privacy": classes.get(row["indicator"]),
        "departs_from": None if departs_from is None else hash_of(departs_from),
        "shipped_changed": is_changed,
        "shipped_differences": changed_keys(departs_from, shipped or {}) if is_changed else [],
    }


def _is_override(row: Mapping[str, Any]) -> bool:
    return row["origin"] == "college" and row["indicator"] in load_catalogue()


def _beside_shipped(row: Mapping[str, Any]) -> dict[str, Any]:
    shipped = load_catalogue()[row["indicator"]]
    return {**row, "shipped": shipped, "differences": changed_keys(shipped, row["document"])}


@router.delete("/indicators/{indicator_id}/override", summary="恢复随附的定义", dependencies=WRITE)
async def delete_override(
    request: Request, db: Db, dictionaries: Versions, indicator_id: str, expect: Expect
) -> dict[str, Any]:
    """The shipped definition is published as the next version; the college's stays readable."""
    limits: Limits = request.app.state.limits
    async with db.transaction() as tx:
        dictionary = await dictionaries.held(tx)
        found = await publishing.drop_override(tx, indicator_id, dictionary, expect, limits)
    return {"indicator": found.id, "version": found.version, "origin": "shipped"}


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
        rows = await following.list_rows(tx) if row else {}
    if row is None:
        raise IndicatorNotFoundError(f"没有指标 {indicator_id}", f"no indicator {indicator_id}")
    found, faults = following.read_all(rows, dictionary)[indicator_id]
    is_measured = not faults and row.parked is None and row.retired_on is None
    told = {
        "indicator": row.id,
        "version": row.version,
        "origin": row.origin,
        "document": row.document,
        "published_at": row.published_at,
        "core": bool(row.document.get("core")),
        "privacy": None if found is None else class_of(found),
        "aggregation": None if found is None else found.aggregation,
        # Since the dictionary was upgraded: it is not measured until it is mended.
        "faults": faults,
        # Since it ran too long, or into a number that is none: until it is published anew.
        "parked": row.parked,
        # Published, and not yet measured by this version: the measurer has not come to it.
        "waiting": row.measured_at is None and is_measured,
        "retired_on": row.retired_on,
        "retired_why": row.retired_why,
    }
    if told["waiting"]:
        # The tag is of its version, which stays when it has been measured.
        response.headers["Cache-Control"] = "no-store"
    if row.parked is not None or row.retired_on is not None:
        return told  # without a tag: that is of its version, which stays when it is taken up again
    return unless_not_modified(request, response, row.version) or told
