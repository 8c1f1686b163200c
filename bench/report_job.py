"""The batch job in a process of its own, as the service runs it: ``-m bench.report_job URL``.

So that its memory is not that of the bench, which knows every service. Prints the seconds.
"""

import asyncio
import sys
import time
from typing import Final

from report_service.jobs import Maker
from report_service.usecases.orders import Wanted, open_batch
from report_service.usecases.rendering.press import Press
from shared.kit.clock import now
from shared.kit.database import Database

MADE: Final = 1_000
FORMATS: Final = ("docx", "html", "pdf")
MAKERS: Final = 3


async def make(url: str) -> float:
    """Order a report of each of a thousand students, and make them; return the seconds."""
    database, press = Database(url, "report"), Press()
    running = asyncio.create_task(press.run())
    maker = Maker(database, press)
    scopes = tuple(f"student/S{at}" for at in range(1, MADE + 1))
    wanted = Wanted(
        kind="self_diagnosis", period="term:2026-2027-1", scopes=scopes, formats=FORMATS
    )
    async with database.transaction() as tx:
        await open_batch(tx, wanted, "person/bench", now())
    begun = time.perf_counter()
    await asyncio.gather(*[_drain(maker) for _ in range(MAKERS)])
    seconds = time.perf_counter() - begun
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await database.dispose()
    return seconds


async def _drain(maker: Maker) -> None:
    while await maker.make_next():
        pass


if __name__ == "__main__":
    print(asyncio.run(make(sys.argv[1])))
