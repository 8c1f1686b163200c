"""One run of ``helix8 simulate``."""

import asyncio
from collections.abc import Sequence

from helix8.demo.access import NotRunningError
from helix8.demo.campus import today, write
from helix8.demo.college import Delivery
from helix8.demo.portal import RefusedError
from helix8.demo.sending import Teller
from helix8.demo.simulate.channels import file_name, open_channel
from helix8.demo.simulate.wish import Value, Wish, wish_of
from helix8.home import Home
from helix8.progress import Progress, say


def simulate(home: Home, arguments: Sequence[str], value: Value) -> int:
    """Play a system as the command line asks; return the exit code: 1 where a row surprised."""
    wish = wish_of(arguments, home, value, today().date())
    try:
        return asyncio.run(_run(wish))
    except (NotRunningError, RefusedError) as error:
        write(f"{say('未完成', 'not finished')}: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


async def _run(wish: Wish) -> int:
    progress = Progress(write)
    teller = Teller(progress)
    files = rows = dirty = 0
    async with open_channel(wish, progress, teller) as channel:
        for delivery in wish.deliveries():
            progress.note(_declared(delivery))
            await channel.send(delivery)
            files, rows, dirty = files + 1, rows + delivery.rows, dirty + delivery.dirty
    progress.step(
        f"{wish.system}：{files} 份，{rows:,} 行，其中脏 {dirty}；与预期不符 {teller.surprises} 份",
        f"{files} deliveries, {rows:,} rows, {dirty} dirty; {teller.surprises} not as expected",
    )
    if teller.parked:
        progress.note(
            say(
                f"{teller.parked} 行在等父记录（学生、教学班、教师）："
                "送 hr 与 academic，它们便自动入库",
                f"{teller.parked} rows wait for students, classes or staff: play hr and academic",
            )
        )
    return 1 if teller.surprises else 0


def _declared(delivery: Delivery) -> str:
    cases = "，".join(f"{case} ×{count}" for case, count in delivery.cases)
    dirty = f"（脏 dirty {delivery.dirty}：{cases}）" if cases else ""
    return f"{file_name(delivery)}：{delivery.rows:,} 行 rows{dirty}"
