"""Values that people of the college hand in: some are approved by another person, one waits.

The loader's key enters them, and the demonstration's account approves: nobody approves his own. A
second load enters nothing again, and approves what a first one left.
"""

from pathlib import Path
from typing import Any, Final

from helix8.demo.access import OwnSuite
from helix8.demo.person import another
from helix8.demo.portal import Portal, RefusedError
from helix8.progress import Progress

FOLDER: Final = Path(__file__).parent / "college" / "handed"
ENTRIES: Final = "/api/datahub/v1/handed-in"


async def hand_in(portal: Portal, suite: OwnSuite, progress: Progress) -> None:
    """Hand in what the college has, and approve what is to be approved.

    Raises:
        RefusedError: a row was refused, or an approval.
    """
    approved = await _send(portal, "approved.csv")
    waiting = await _send(portal, "waiting.csv")
    found = (await portal.get(ENTRIES, state="waiting", limit=200)).json()
    due = [each["id"] for each in found if each["id"] in approved]
    await _approve(suite, due)
    sent, now, left = len(approved | waiting), len(due), len(waiting)
    progress.step(
        f"人工填报 {sent} 个值，批准 {now} 个，待批准 {left} 个",
        f"{sent} values handed in, {now} approved now, {left} to be approved",
    )


async def _send(portal: Portal, file: str) -> set[str]:
    """Send a sheet; return the ids of its entries."""
    body = (FOLDER / file).read_bytes()
    told: dict[str, Any] = await portal.push(body, "text/csv", {}, door="handed-in-sheet")
    if told["rejected"]:
        raise RefusedError(f"{file}: {told['rows']}")
    return {each["id"] for each in told["rows"]}


async def _approve(suite: OwnSuite, entries: list[str]) -> None:
    """Approve entries as the person of the demonstration."""
    async with another(suite) as person:
        for each in entries:
            await person.say(f"{ENTRIES}/{each}/approval")
