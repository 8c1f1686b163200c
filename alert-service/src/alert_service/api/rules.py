"""Rules of the college: list, put, publish, put in force, check, try on history."""

from typing import Annotated, Final, Literal

from fastapi import Depends, Path, Query, Request, Response

from alert_service.api.edge import Clock, Db, Reader, SeenDb, Writer, right_of
from alert_service.queries import rules as queries
from alert_service.schemas.rules import (
    CellView,
    EnabledBody,
    PublicationBody,
    RuleBody,
    RuleFilter,
    RuleLint,
    RuleSummary,
    RuleView,
    TrialBody,
    TrialView,
)
from alert_service.usecases import rules as usecases
from shared.kit.app import new_router
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller, require
from shared.kit.openapi import also_made

READ: Final = Depends(require("alert:read"))
Key = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9-]{1,59}$",
        examples=["attendance-course-low"],
        description="规则编号",
    ),
]
Version = Annotated[int | None, Query(ge=1, le=10**6)]
CellState = Literal["pending", "firing", "near", "cooling", "no-data", "thin", "stale", "error"]

router = new_router(prefix="/rules", tags=["rules 预警规则"])


@router.get("", summary="规则列表")
async def list_rules(
    db: Db, caller: Reader, only: Annotated[RuleFilter, Query()]
) -> list[RuleSummary]:
    """Shipped ones and the college's own; each in its version in force, else its newest."""
    async with db.transaction() as tx:
        return await queries.list_rules(tx, only, right_of(caller))


@router.post("/lint", summary="检查规则：不保存", dependencies=[READ])
async def lint_rule(body: RuleBody, db: SeenDb) -> RuleLint:
    """Everything that contradicts itself, by JSON path, and how many of your scopes it is about."""
    async with db.transaction() as tx:
        return await usecases.lint_rule(tx, "new", body)


@router.get("/{key}", summary="规则及其版本")
async def get_rule(
    key: Key, response: Response, db: Db, caller: Reader, version: Version = None
) -> RuleView:
    """One version, the newest where none is named. Its document can be put again."""
    async with db.transaction() as tx:
        return await _view(tx, response, key, version, caller)


@router.put(
    "/{key}",
    summary="新建规则或其下一版本（发布后生效）",
    responses=also_made(RuleView),
)
async def put_rule(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    key: Key,
    body: RuleBody,
    request: Request,
    response: Response,
    db: Db,
    expect: Expect,
    caller: Writer,
) -> RuleView:
    """It is in force once it is published; the newest version said again changes nothing."""
    async with db.transaction(correlation=request.state.request_id) as tx:
        done = await usecases.put_rule(tx, key, body, expect, caller.subject, now())
        view = await _view(tx, response, key, done.version, caller)
    response.headers["Changed"] = "true" if done.changed else "false"
    if done.created:
        response.status_code = 201
        response.headers["Location"] = f"rules/{key}"
    return view


@router.delete("/{key}", summary="删除从未发布的规则", status_code=204)
async def drop_rule(key: Key, request: Request, db: Db, expect: Expect, _: Writer) -> None:
    """One that was published can only be put out of force: what it raised stays explained."""
    async with db.transaction(correlation=request.state.request_id) as tx:
        await usecases.drop_rule(tx, key, expect)


@router.post("/{key}/publication", summary="发布规则版本")
async def publish_rule(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    key: Key,
    body: PublicationBody,
    request: Request,
    response: Response,
    db: Db,
    expect: Expect,
    caller: Writer,
) -> RuleView:
    """Everything that is known is judged by it anew; the first publication puts it in force."""
    async with db.transaction(correlation=request.state.request_id) as tx:
        changed = await usecases.publish_rule(tx, key, body.version, expect, caller.subject, now())
        view = await _view(tx, response, key, body.version, caller)
    response.headers["Changed"] = "true" if changed else "false"
    return view


@router.put("/{key}/enabled", summary="启用或停用规则；停用时其预警随之结束")
async def enable_rule(  # noqa: PLR0913, PLR0917 — the parameters of the contract
    key: Key,
    body: EnabledBody,
    request: Request,
    response: Response,
    db: Db,
    expect: Expect,
    caller: Writer,
) -> RuleView:
    async with db.transaction(correlation=request.state.request_id) as tx:
        changed = await usecases.enable_rule(
            tx, key, expect, caller.subject, now(), enabled=body.enabled
        )
        view = await _view(tx, response, key, None, caller)
    response.headers["Changed"] = "true" if changed else "false"
    return view


@router.get("/{key}/cells", summary="规则下未处于正常状态的对象与周期")
async def list_rule_cells(
    key: Key,
    db: Db,
    caller: Reader,
    state: Annotated[CellState | None, Query()] = None,
    most: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[CellView]:
    """What is pending, firing, cooling down, or cannot be told, and why."""
    async with db.transaction() as tx:
        return await queries.list_cells(tx, key, state, most, right_of(caller))


@router.post("/{key}/trial", summary="在历史上试算规则：不保存、不预警")
async def try_rule(
    key: Key,
    body: TrialBody,
    db: Db,
    caller: Writer,
    hours: Clock,
) -> TrialView:
    """How many alerts it would have raised, and how many would have helped."""
    async with db.transaction() as tx:
        return await queries.try_on_history(tx, key, body, now(), hours, right_of(caller))


async def _view(
    tx: Transaction, response: Response, key: str, version: int | None, caller: Caller
) -> RuleView:
    view, counter = await queries.get_rule(tx, key, version, right_of(caller))
    response.headers["ETag"] = etag_of(counter)
    return view
