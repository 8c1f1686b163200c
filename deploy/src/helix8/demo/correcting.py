"""Some corrections of the college are planned by those who own them; the others wait for theirs.

Where one is planned already, all of them are left alone.
"""

from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

from helix8.demo.access import OwnSuite
from helix8.demo.college import College
from helix8.demo.person import Said, members
from helix8.demo.portal import Portal
from helix8.progress import Progress

SPIRAL: Final = "/api/spiral/v1"
PLANNED: Final = 3
DAYS: Final = timedelta(days=21)
PLAN: Final = {
    "cause": "execution",
    "cause_text": "阶段检查后没有及时安排补课和答疑",
    "measure": "每周安排一次答疑和补测，每两周通报一次进度",
}


async def correct(
    portal: Portal, suite: OwnSuite, progress: Progress, college: College, day: date
) -> None:
    """Let owners plan the first corrections that are theirs.

    Raises:
        RefusedError: a plan was refused.
    """
    open_now = (await portal.get(f"{SPIRAL}/corrections", state="open", limit=1000)).json()
    known = {each.no: f"teacher/{each.no}" for each in college.staff}
    own = [each for each in open_now if each["owner"].removeprefix("teacher/") in known]
    is_new = all(each["stage"] == "assigned" for each in own)
    chosen = [each for each in own if each["cycle"]][:PLANNED] if is_new else []
    owners = {each["id"]: known[each["owner"].removeprefix("teacher/")] for each in chosen}
    async with members(suite, owners.values()) as people:
        for each in chosen:
            cycle = (await portal.get(f"{SPIRAL}/cycles/{quote(each['cycle'])}")).json()
            said = PLAN | {"due_on": _due(cycle, day)}
            await people[owners[each["id"]]].say(f"{SPIRAL}/corrections/{each['id']}/plan", said)
    progress.step(
        f"纠偏 {len(open_now)} 项，责任人已定措施 {len(chosen)} 项",
        f"{len(open_now)} corrections, {len(chosen)} planned now",
    )


def _due(cycle: Said, day: date) -> str:
    """Return until when a measure is carried out: in the days of its cycle, while they run."""
    due = day + DAYS
    if cycle["ends_on"]:
        last = date.fromisoformat(cycle["ends_on"]) - timedelta(days=1)
        due = min(due, last) if day <= last else due
    return due.isoformat()
