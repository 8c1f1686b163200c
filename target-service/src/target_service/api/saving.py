"""What the resources share: who may, which database, how a write and a list are answered."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from shared.access.sight import sight_of
from shared.kit.clock import now
from shared.kit.database import Database, Transaction
from shared.kit.depending import made
from shared.kit.etags import Expect, etag_of
from shared.kit.identity import Caller, current_caller, require
from shared.kit.known import wait_until_known
from shared.kit.paging import Page, answer_page, page
from target_service import usecases
from target_service.api.acting import TakesPart, actor_of, get_actor
from target_service.domain.judge import Rules
from target_service.domain.standing import Actor
from target_service.queries import Listed
from target_service.schemas import Indicator, Key
from target_service.schemas.common import Day, Text
from target_service.usecases import Precondition, Turn
from target_service.usecases.tasks.telling import Act


async def get_seen_database(
    request: Request, caller: Annotated[Caller, Depends(current_caller)]
) -> Database:
    """Return the database that the service opened, as far as the caller sees it."""
    database: Database = request.app.state.database
    return database.seen_as(sight_of(caller, "target"))


async def get_database(
    request: Request, seen: Annotated[Database, Depends(get_seen_database)]
) -> Database:
    """Return the database: of who reads as far as he sees it; who writes has rules of his own."""
    database: Database = request.app.state.database
    return seen if request.method == "GET" else database


async def get_rules(request: Request) -> Rules:
    """Return what the college decides about judging."""
    rules: Rules = request.app.state.rules
    return rules


Db = Annotated[Database, Depends(get_database)]
SeenDb = Annotated[Database, Depends(get_seen_database)]
Judging = Annotated[Rules, Depends(get_rules)]
Writer = Annotated[Caller, Depends(require("target:write"))]
WRITER = [Depends(require("target:write"))]
READER = [Depends(require("target:read"))]
Wanted = Annotated[Page, Depends(page)]
KeyPath = Annotated[Key, Path()]
Withdraw = Callable[[Transaction, str, Turn, str, Rules], Awaitable[None]]
Body = TypeVar("Body")
Row = TypeVar("Row")
View = TypeVar("View")
Done = Awaitable[usecases.Put[Row]]
Put = Callable[[Transaction, Body, Precondition, datetime, Rules], Done[Row]]
AsOf = Annotated[
    Day | None,
    Query(alias="asOf", description="当日结束时的判定 · as it stood at the end of that day"),
]
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
            self.answer(collection, done)
            return view(done.row)

    def answer(self, collection: str, put: usecases.Put[Any]) -> None:
        """Tell in the headers what an upsert did."""
        headers = self.response.headers
        headers["ETag"] = etag_of(put.row.version)
        headers["Changed"] = "true" if put.changed else "false"
        if put.created:
            # Relative to the request, so that it is right behind the gateway too.
            headers["Location"] = f"{collection}/{quote(put.row.key, safe='@:')}"
        else:
            self.response.status_code = 200


Saves = Annotated[Saving, Depends(made(Saving))]


@dataclass(frozen=True, slots=True)
class SavingOwn(Saving):
    """An upsert that is also open to who takes part, for what is his own, of what he sees."""

    db: SeenDb
    caller: TakesPart

    @property
    def own(self) -> Actor | None:
        """Return who may write none but his own; None of who may write all."""
        return None if self.caller.may("target:write") else actor_of(self.caller)


SavesOwn = Annotated[SavingOwn, Depends(made(SavingOwn))]


@dataclass(frozen=True, slots=True)
class Acting:
    """What every step of a person needs, and how it is answered."""

    request: Request
    response: Response
    db: Db
    rules: Judging
    expect: Expect
    actor: Annotated[Actor, Depends(get_actor)]

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Return the one transaction of the step."""
        return self.db.transaction(correlation=self.request.state.request_id)

    def turn(self) -> Turn:
        """Return who acts, now."""
        return Turn(self.actor, now(), self.expect)

    def act(self) -> Act:
        """Return who acts on a task, now."""
        return Act(self.actor, now())

    def answer(self, version: int) -> None:
        """Tell the version that stands then."""
        self.response.headers["ETag"] = etag_of(version)


Acts = Annotated[Acting, Depends(made(Acting))]


def add_withdrawal(
    router: APIRouter, tag: str, summary: str, withdraw: Withdraw, told: str
) -> None:
    """Answer DELETE of one thing of a collection."""

    async def handle(
        key: KeyPath,
        saving: Saves,
        reason: Annotated[Text, Query(max_length=2000, description="理由 · why")] = "",
    ) -> None:
        async with saving.db.transaction(correlation=saving.request.state.request_id) as tx:
            turn = Turn(actor_of(saving.caller), now(), saving.expect)
            await withdraw(tx, key, turn, reason, saving.rules)

    collection = tag.partition(" ")[0]
    router.delete(
        f"/{collection}/{{key:path}}",
        status_code=204,
        summary=summary,
        description=told,
        tags=[tag],
        name=withdraw.__name__,
    )(handle)


async def hear_of(db: Database, scope: str | None, indicator: str | None) -> None:
    """Wait a little for a scope and an indicator of which the hub may be telling just now."""
    await wait_until_known(db, lambda tx: usecases.knows(tx, scope, indicator))


def answer_list(response: Response, wanted: Page, listed: Listed[Any]) -> list[Any]:
    """Return the items of a page; its headers tell of the others."""
    answer_page(response, wanted, total=listed.total, next_after=listed.next_after)
    return listed.items
