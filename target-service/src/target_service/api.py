"""REST API of the target service: open the transaction, call one function, answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from shared.contracts.vocabulary import ScopeKey
from shared.kit.clock import now
from shared.kit.database import Database, Transaction
from shared.kit.etags import Expect, etag_of, unless_not_modified
from shared.kit.identity import Caller, require
from shared.kit.known import wait_until_known
from shared.kit.paging import Page, answer_page, page
from shared.kit.strict_json import StrictJsonRoute
from target_service import queries, usecases
from target_service.domain.judge import Rules
from target_service.queries import Listed
from target_service.schemas import (
    AttainmentFilter,
    AttainmentSummary,
    AttainmentView,
    BindingBody,
    BindingDetail,
    BindingView,
    GoalBody,
    GoalDetail,
    GoalView,
    Indicator,
    Key,
    StandardBody,
    StandardView,
)
from target_service.usecases import Precondition

router = APIRouter(route_class=StrictJsonRoute)


def get_database(request: Request) -> Database:
    """Return the database that the service opened."""
    database: Database = request.app.state.database
    return database


async def get_rules(request: Request) -> Rules:
    """Return what the college decides about judging."""
    rules: Rules = request.app.state.rules
    return rules


Db = Annotated[Database, Depends(get_database)]
Judging = Annotated[Rules, Depends(get_rules)]
Writer = Annotated[Caller, Depends(require("target:write"))]
WRITER = [Depends(require("target:write"))]
READER = [Depends(require("target:read"))]
Wanted = Annotated[Page, Depends(page)]
KeyPath = Annotated[Key, Path()]
Withdraw = Callable[[Transaction, str, Precondition, datetime], Awaitable[None]]
Body = TypeVar("Body")
Row = TypeVar("Row")
View = TypeVar("View")
Done = Awaitable[usecases.Put[Row]]
Put = Callable[[Transaction, Body, Precondition, datetime, Rules], Done[Row]]
OfScope = Annotated[ScopeKey | None, Query()]
OfIndicator = Annotated[Indicator | None, Query()]


@dataclass(frozen=True, slots=True)
class Saving:
    """What every upsert needs, and how it is answered."""

    request: Request
    response: Response
    db: Db
    rules: Judging
    expect: Expect
    caller: Writer

    async def save(
        self, collection: str, body: Body, put: Put[Body, Row], view: Callable[[Row], View]
    ) -> View:
        """Do it in one transaction; return what stands then."""
        async with self.db.transaction(correlation=self.request.state.request_id) as tx:
            done = await put(tx, body, self.expect, now(), self.rules)
            self._answer(collection, done)
            return view(done.row)

    def _answer(self, collection: str, put: usecases.Put[Any]) -> None:
        headers = self.response.headers
        headers["ETag"] = etag_of(put.row.version)
        headers["Changed"] = "true" if put.changed else "false"
        if put.created:
            # Relative to the request, so that it is right behind the gateway too.
            headers["Location"] = f"{collection}/{quote(put.row.key, safe='@:')}"
        else:
            self.response.status_code = 200


Saves = Annotated[Saving, Depends()]


def _add_withdrawal(tag: str, summary: str, withdraw: Withdraw, told: str) -> None:
    async def handle(key: KeyPath, request: Request, db: Db, expect: Expect) -> None:
        async with db.transaction(correlation=request.state.request_id) as tx:
            await withdraw(tx, key, expect, now())

    collection = tag.partition(" ")[0]
    router.delete(
        f"/{collection}/{{key:path}}",
        status_code=204,
        summary=summary,
        description=told,
        tags=[tag],
        dependencies=WRITER,
        name=withdraw.__name__,
    )(handle)


@router.post("/goals", status_code=201, summary="目标：新建或修改", tags=["goals 目标"])
async def put_goal(body: GoalBody, saving: Saves) -> GoalView:
    await _hear_of(saving.db, body.scope, body.indicator)
    return await saving.save("goals", body, usecases.put_goal, GoalView.model_validate)


@router.get("/goals", summary="目标列表", tags=["goals 目标"], dependencies=READER)
async def list_goals(
    response: Response,
    db: Db,
    wanted: Wanted,
    scope: OfScope = None,
    indicator: OfIndicator = None,
) -> list[GoalView]:
    async with db.transaction() as tx:
        listed = await queries.list_goals(tx, wanted, scope=scope, indicator=indicator)
    return _answer_list(response, wanted, listed)


@router.get("/goals/{key:path}", summary="目标及其达成", tags=["goals 目标"], dependencies=READER)
async def get_goal(key: KeyPath, db: Db, response: Response) -> GoalDetail:
    async with db.transaction() as tx:
        goal = await queries.get_goal(tx, key)
    # No 304: the attainments inside change without a new version of the goal.
    response.headers["ETag"] = etag_of(goal.version)
    return goal


@router.post("/standards", status_code=201, summary="标准：批准新版本", tags=["standards 标准"])
async def put_standard(body: StandardBody, saving: Saves) -> StandardView:
    await _hear_of(saving.db, None, body.indicator)
    put = partial(usecases.put_standard, approver=saving.caller.subject)
    return await saving.save("standards", body, put, StandardView.model_validate)


@router.get("/standards", summary="标准列表", tags=["standards 标准"], dependencies=READER)
async def list_standards(
    response: Response, db: Db, wanted: Wanted, indicator: OfIndicator = None
) -> list[StandardView]:
    async with db.transaction() as tx:
        listed = await queries.list_standards(tx, wanted, indicator=indicator)
    return _answer_list(response, wanted, listed)


@router.get(
    "/standards/{key:path}",
    summary="标准的一个版本",
    tags=["standards 标准"],
    dependencies=READER,
    response_model=StandardView,
)
async def get_standard(
    key: KeyPath,
    db: Db,
    request: Request,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Any:
    async with db.transaction() as tx:
        standard = await queries.get_standard(tx, key, version)
    if standard.withdrawn_at:
        return standard
    return unless_not_modified(request, response, standard.version) or standard


@router.post("/bindings", status_code=201, summary="绑定：新建或修改", tags=["bindings 绑定"])
async def put_binding(body: BindingBody, saving: Saves) -> BindingView:
    await wait_until_known(saving.db, lambda tx: usecases.knows_what_is_bound(tx, body))
    return await saving.save("bindings", body, usecases.put_binding, queries.read_binding)


@router.get("/bindings", summary="绑定列表", tags=["bindings 绑定"], dependencies=READER)
async def list_bindings(
    response: Response,
    db: Db,
    wanted: Wanted,
    scope: OfScope = None,
    indicator: OfIndicator = None,
) -> list[BindingView]:
    async with db.transaction() as tx:
        listed = await queries.list_bindings(tx, wanted, scope=scope, indicator=indicator)
    return _answer_list(response, wanted, listed)


@router.get(
    "/bindings/{key:path}", summary="绑定及其达成", tags=["bindings 绑定"], dependencies=READER
)
async def get_binding(key: KeyPath, db: Db, response: Response) -> BindingDetail:
    async with db.transaction() as tx:
        binding = await queries.get_binding(tx, key)
    response.headers["ETag"] = etag_of(binding.version)
    return binding


_add_withdrawal(
    "goals 目标",
    "目标：撤回",
    usecases.withdraw_goal,
    "Only where no binding uses it (409 in-use names them); it stays readable by its key.",
)
_add_withdrawal(
    "standards 标准",
    "标准：撤回",
    usecases.withdraw_standard,
    "With all its versions, only where no binding uses it (409 in-use names them).",
)
_add_withdrawal(
    "bindings 绑定",
    "绑定：撤回",
    usecases.withdraw_binding,
    "It judges no more, its open alert ends (withdrawn); the same key may be put anew.",
)


@router.get("/attainments", summary="达成列表", tags=["attainments 达成"], dependencies=READER)
async def list_attainments(
    response: Response, db: Db, wanted: Wanted, only: Annotated[AttainmentFilter, Query()]
) -> list[AttainmentView]:
    async with db.transaction() as tx:
        listed = await queries.list_attainments(tx, wanted, only)
    return _answer_list(response, wanted, listed)


@router.get(
    "/attainments/summary",
    summary="各层面达成概况",
    tags=["attainments 达成"],
    dependencies=READER,
)
async def summarise_attainments(db: Db) -> AttainmentSummary:
    async with db.transaction() as tx:
        return await queries.summarise_attainments(tx)


async def _hear_of(db: Database, scope: str | None, indicator: str | None) -> None:
    """Wait a little for a scope and an indicator of which the hub may be telling just now."""
    await wait_until_known(db, lambda tx: usecases.knows(tx, scope, indicator))


def _answer_list(response: Response, wanted: Page, listed: Listed[Any]) -> list[Any]:
    answer_page(response, wanted, total=listed.total, next_after=listed.next_after)
    return listed.items
