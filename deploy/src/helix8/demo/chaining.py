"""The chain of goals of the college, handed down and put in force; and its cycles, moved on.

The goals of the school are published, those below them handed on, accepted, signed and published;
at the end of the chain some wait for their owners, so that there is something left to do. A goal
that is no draft any more, and a cycle that has left its first step, are left alone.
"""

from typing import Any, Final
from urllib.parse import quote

from helix8.demo.portal import Portal, RefusedError
from helix8.progress import Progress

GOALS: Final = "/api/target/v1/goals"
CYCLES: Final = "/api/spiral/v1/cycles"
LEVELS: Final = ("school", "major", "course", "teacher", "student")
WAY: Final = ("distribute", "accept", "sign", "publish")
WAITING: Final = {"teacher": ("distribute", "accept"), "student": ("distribute",)}
"""How far goals come at the end of the chain."""

MOVES: Final = 3
"""Steps that a cycle is moved at most: to the design of its tasks, and their distribution."""

WAIVED: Final = "首个诊改周期，往年数据不足"
NOTE: Final = "经集体审议"

Said = dict[str, Any]


async def put_in_force(portal: Portal, progress: Progress) -> None:
    """Hand the goals down, publish them, and move the cycles whose gates hold.

    Raises:
        RefusedError: a step was refused.
    """
    drafts = [each for each in await _goals(portal) if each["state"] == "draft"]
    drafts.sort(key=lambda each: LEVELS.index(each["level"]))
    for goal in drafts:
        await _hand_down(portal, goal)
    moved = [await _move(portal, each) for each in await _cycles(portal)] if drafts else []
    progress.step(
        f"目标链：下达、发布 {len(drafts)} 个目标；{sum(moved)} 个周期向前流转",
        f"chain of goals: {len(drafts)} goals handed down, {sum(moved)} cycles moved on",
    )


async def _goals(portal: Portal) -> list[Said]:
    """Return the goals of the chain of the college; those of its plan have nobody to answer yet."""
    every: list[Said] = (await portal.get(GOALS, limit=1000)).json()
    found = [each for each in every if each["owner"] and each["plan"] is None]
    above = {each["key"] for each in found if each["aim"] and each["parent"] is None}
    chain: list[Said] = []
    while above:
        chain += [each for each in found if each["key"] in above]
        above = {each["key"] for each in found if each["parent"] in above}
    return chain


async def _hand_down(portal: Portal, goal: Said) -> None:
    path = f"{GOALS}/{quote(goal['key'])}"
    way = WAITING.get(goal["level"], WAY) if goal["parent"] else ("publish",)
    for step in way:
        if step == "publish":
            await _waive(portal, path)
        await portal.send(f"{path}/{step}", {"note": NOTE})


async def _waive(portal: Portal, path: str) -> None:
    smart = (await portal.get(path)).json()["smart"]
    for letter in (each["letter"] for each in smart if not each["met"] and not each["waived"]):
        await portal.send(f"{path}/waivers", {"letter": letter, "reason": WAIVED})


async def _cycles(portal: Portal) -> list[str]:
    found = (await portal.get(CYCLES, state="open", limit=1000)).json()
    return [each["key"] for each in found if each["step"] == "goal"]


async def _move(portal: Portal, key: str) -> bool:
    """Move a cycle as long as its gates hold; return whether it moved at all."""
    path = f"{CYCLES}/{quote(key)}"
    for done in range(MOVES):
        cycle = (await portal.get(path)).json()
        if not cycle["may"]["move"]:
            return done > 0
        try:
            await portal.send(f"{path}/moves", {"to": cycle["next_steps"][0], "reason": NOTE})
        except RefusedError:  # a value came in between, and a gate holds no more
            return done > 0
    return True
