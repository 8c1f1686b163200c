"""The chain of goals of the college, handed down and put in force; and its cycles, moved on.

The goals of the school are published, those below them handed on, accepted, signed and published;
at the end of the chain some wait for their owners, so that there is something left to do; beneath
one course, teacher and student have signed. The goals of the plan that was read get owners first:
the plan names posts. Who leads a cycle moves it by an account of his own. A goal that is no draft
any more, and a cycle that has left its first step, are left alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from typing import Final, TypeVar
from urllib.parse import quote
from zlib import crc32

from helix8.demo.access import OwnSuite
from helix8.demo.loader import TOGETHER
from helix8.demo.person import Person, Said, members
from helix8.demo.portal import Portal, RefusedError
from helix8.progress import Progress

GOALS: Final = "/api/target/v1/goals"
CYCLES: Final = "/api/spiral/v1/cycles"
WAY: Final = ("distribute", "accept", "sign", "publish")
WAITING: Final = {"teacher": ("distribute", "accept"), "student": ("distribute",)}
"""How far goals come at the end of the chain,"""

SIGNED: Final = "course-C0011-pass"
"""but for those beneath this one."""

OWNERS: Final = {"major-course": "T002", "teacher": "T003", "student": "T005"}
"""Who answers for the goals of the plan that was read, by level; the others are the head's."""

HEAD: Final = "T001"

MOVES: Final = 3
"""Steps that a cycle is moved at most: to the design of its tasks, and their distribution."""

WAIVED: Final = {"A": "首个诊改周期，往年数据不足"}
BY_TASKS: Final = "以任务与成果考核，不设指标"
NOTE: Final = "经集体审议"
BEGUN: Final = "平台学期中启用，首个周期的时限顺延"
STAY_LATE: Final = 12
"""One cycle of so many stays overdue."""


_SAID: Final = (
    *("key", "title", "scope", "period", "deadline", "plan", "parent", "kind", "system"),
    *("allocation", "aim"),
)
"""What the plan says of a goal."""

Done = TypeVar("Done")


async def put_in_force(portal: Portal, suite: OwnSuite, progress: Progress, day: date) -> None:
    """Hand the goals down, publish them, and move the cycles whose gates hold.

    Steps that were due before the platform was there are planned anew; a few stay overdue, for
    there is something to see of them, too.

    Raises:
        RefusedError: a step was refused.
    """
    await _give_owners(portal)
    handed = 0
    aimed_at = set()
    for level in await _levels(portal):
        drafts = [each for each in level if each["state"] == "draft"]
        await _together(_hand_down(portal, each) for each in drafts)
        handed += len(drafts)
        aimed_at |= {each["scope"] for each in drafts}
    leads = await _leads(portal) if handed else {}
    led = [lead for (_, scope), lead in leads.items() if lead and scope in aimed_at]
    async with members(suite, led) as people:
        moved = await _together(
            _move(portal, key, people.get(lead)) for (key, _), lead in leads.items()
        )
    late = [key for key, _ in leads if crc32(key.encode()) % STAY_LATE]
    await _together(_plan_anew(portal, each, day) for each in late)
    progress.step(
        f"目标链：下达、发布 {handed} 个目标；{sum(moved)} 个周期向前流转",
        f"chain of goals: {handed} goals handed down, {sum(moved)} cycles moved on",
    )


async def _together(work: Iterable[Awaitable[Done]]) -> list[Done]:
    """Do several things, a few at a time; return what came of each."""
    gate = asyncio.Semaphore(TOGETHER)

    async def one(each: Awaitable[Done]) -> Done:
        async with gate:
            return await each

    return await asyncio.gather(*map(one, work))


async def _give_owners(portal: Portal) -> None:
    every: list[Said] = (await portal.get(GOALS, limit=1000)).json()
    for goal in (each for each in every if not each["owner"]):
        levels = goal["key"].rpartition(".")[2]
        said = {name: goal[name] for name in _SAID}
        await portal.post(GOALS, said | {"owner": OWNERS.get(levels, HEAD)})


async def _levels(portal: Portal) -> list[list[Said]]:
    """Return the goals of the chains of the college, level by level from above."""
    every: list[Said] = (await portal.get(GOALS, limit=1000)).json()
    found = [each for each in every if each["owner"]]
    above = {each["key"] for each in found if each["aim"] and each["parent"] is None}
    levels: list[list[Said]] = []
    while above:
        levels.append([each for each in found if each["key"] in above])
        above = {each["key"] for each in found if each["parent"] in above}
    return levels


async def _hand_down(portal: Portal, goal: Said) -> None:
    path = f"{GOALS}/{quote(goal['key'])}"
    waits = WAITING.get(goal["level"], WAY) if goal["parent"] != SIGNED else WAY
    way = waits if goal["parent"] else ("publish",)
    for step in way:
        if step == "publish":
            await _waive(portal, path)
        await portal.send(f"{path}/{step}", {"note": NOTE})


async def _waive(portal: Portal, path: str) -> None:
    smart = (await portal.get(path)).json()["smart"]
    for letter in (each["letter"] for each in smart if not each["met"] and not each["waived"]):
        reason = WAIVED.get(letter, BY_TASKS)
        await portal.send(f"{path}/waivers", {"letter": letter, "reason": reason})


async def _leads(portal: Portal) -> dict[tuple[str, str], str]:
    """Return by key and scope of a cycle at its first step who leads it; empty for nobody."""
    found = (await portal.get(CYCLES, state="open", limit=1000)).json()
    return {
        (each["key"], each["scope"]): next(iter(each["owners"].get("lead", ())), "")
        for each in found
        if each["step"] == "goal"
    }


async def _move(portal: Portal, key: str, lead: Person | None) -> bool:
    """Move a cycle as long as its gates hold; return whether it moved at all."""
    path = f"{CYCLES}/{quote(key)}"
    say: Callable[[str, Said], Awaitable[Said]] = lead.say if lead else portal.send
    for done in range(MOVES):
        cycle = (await portal.get(path)).json()
        if not cycle["may"]["move"]:
            return done > 0
        try:
            await say(f"{path}/moves", {"to": cycle["next_steps"][0], "reason": NOTE})
        except RefusedError:  # a value came in between, and a gate holds no more
            return done > 0
    return True


async def _plan_anew(portal: Portal, key: str, day: date) -> None:
    """Put off what is overdue of a cycle, by one to four weeks."""
    path = f"{CYCLES}/{quote(key)}"
    until = day + timedelta(days=7 + crc32(key.encode()) % 21)
    for each in (await portal.get(path)).json()["deadlines"]:
        if each["state"] == "overdue":
            said = {"clock": each["clock"], "due_at": f"{until}T18:00:00+08:00", "reason": BEGUN}
            await portal.send(f"{path}/deadlines", said)
