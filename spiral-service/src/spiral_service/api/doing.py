"""What every act in the stage loop needs, and how it is answered."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.kit.depending import made
from shared.kit.etags import Expect, etag_of
from spiral_service.api.common import Db, SeenDb, TakesPart
from spiral_service.domain.moving import Act
from spiral_service.queries.seeing import seen_cycle
from spiral_service.usecases.moving import Turn


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does something, on which version, in one transaction."""

    request: Request
    response: Response
    db: Db
    seen: SeenDb
    expect: Expect
    actor: TakesPart

    @property
    def turn(self) -> Turn:
        """Return who acts, now, and on which version."""
        act = Act(by=self.actor.subject, at=now())
        return Turn(actor=self.actor, act=act, expect=self.expect)

    async def sees(self, check: Callable[[Transaction], Awaitable[Any]]) -> None:
        """Refuse as a read does what the body names, and what is not there for who acts."""
        if self.seen.sight is not None:
            async with self.seen.transaction() as tx:
                await check(tx)

    async def sees_cycle(self, key: str) -> None:
        """Refuse a cycle that is not there for who acts."""
        await self.sees(lambda tx: seen_cycle(tx, key))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Return the transaction of the act."""
        async with self.db.transaction(correlation=self.request.state.request_id) as tx:
            yield tx

    def created(self, location: str, version: int, *, is_new: bool = True) -> None:
        """Answer 201 with the place of what is new, 200 for what was changed."""
        self.response.headers["ETag"] = etag_of(version)
        if is_new:
            self.response.headers["Location"] = location
        else:
            self.response.status_code = 200


Do = Annotated[Doing, Depends(made(Doing))]
