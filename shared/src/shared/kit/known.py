"""What a service knows of other services' things by their events: wait for one, name its like.

A caller may name a thing in the moment after it was made: its event is on the way then. So an
edge waits a little before its use case decides that there is no such thing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from difflib import SequenceMatcher
from heapq import nlargest
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from shared.kit.database import Database, Transaction

PATIENCE_SECONDS: Final = 3.0
"""How long an event may be on its way. Source: our default."""

PAUSE_SECONDS: Final = 0.05
_NEIGHBOURS: Final = 300
_NAMED: Final = 3

Column = InstrumentedAttribute[str]


async def wait_until_known(
    database: Database, is_known: Callable[[Transaction], Awaitable[bool]]
) -> None:
    """Return when something is known, or when patience is over: the use case decides then.

    Every look is a transaction of its own, so that nothing is held while waiting.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + PATIENCE_SECONDS
    while True:
        async with database.transaction() as tx:
            if await is_known(tx):
                return
        if clock() > end:
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def names_like(
    tx: Transaction,
    columns: tuple[Column, Column],
    asked: str,
    *,
    among: ColumnElement[bool],
    prefix: str = "",
) -> list[str]:
    """Return up to three things, most like what was asked for first: ``C0011（高等数学）``.

    Args:
        columns: key and name.
        asked: a key that is not there, or what somebody took for one.
        among: which rows may be named.
        prefix: beginning that their keys share and that says nothing.
    """
    key, name = columns
    query = select(key, name).where(key.startswith(prefix, autoescape=True), among)
    wanted = asked.removeprefix(prefix)
    found: dict[str, str] = {}
    # The neighbours in the order of keys, and whoever has that name: not a whole large table.
    for each in (
        query.where(key >= asked).order_by(key).limit(_NEIGHBOURS),
        query.where(key < asked).order_by(key.desc()).limit(_NEIGHBOURS),
        query.where(name == wanted).limit(_NAMED),
    ):
        found |= {row[0]: row[1] for row in await tx.session.execute(each)}

    def likeness(pair: tuple[str, str]) -> float:
        own = pair[0].removeprefix(prefix)
        return max(SequenceMatcher(None, wanted, text).ratio() for text in (own, pair[1]))

    return [f"{own}（{called}）" for own, called in nlargest(_NAMED, found.items(), likeness)]
