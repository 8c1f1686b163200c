"""A write is refused where what it is about is not there for the writer: by the rule of the reads.

Who may do it is decided by the service's own rules, behind this.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request

from shared.access.sight import closed_to, sight_of
from shared.kit.audit.deeds import SAFE
from shared.kit.database import Database, Transaction
from shared.kit.identity import Caller, current_caller

Check = Callable[[Transaction, str, Caller], Awaitable[None]]
"""Refuses what is not there for the reader of a transaction."""


def within_sight(service: str, name: str, check: Check) -> Callable[..., Awaitable[None]]:
    """Return a dependency that refuses writes out of sight as reads are refused: 404.

    Args:
        name: of the parameter of the path that says what is written to; a route without it is
            let through.
    """

    async def dependency(
        request: Request, caller: Annotated[Caller, Depends(current_caller)]
    ) -> None:
        key: Any = request.path_params.get(name)
        sight, closed = sight_of(caller, service), closed_to(caller)
        if request.method in SAFE or key is None or (sight is None and closed is None):
            return
        database: Database = request.app.state.database
        async with database.seen_as(sight, closed).transaction() as tx:
            await check(tx, str(key), caller)

    return dependency
