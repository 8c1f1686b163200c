"""Tasks of the college at different states, so that its one-page sheet has something to show.

The loader's key drafts, issues, accepts and reports; the demonstration's account approves: nobody
approves his own report. A task that is there already is left alone.
"""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from helix8.demo.access import OwnSuite
from helix8.demo.person import another
from helix8.demo.portal import Portal
from helix8.progress import Progress

FILE: Final = Path(__file__).parent / "college" / "tasks.toml"
TASKS: Final = "/api/target/v1/tasks"
GOALS: Final = "/api/target/v1/goals"
_OWN: Final = frozenset({"starts", "ends", "state", "progress", "spent", "light"})
"""What the file says beside a task itself: days from the load, and how far it is."""

_EVIDENCE: Final = "会议纪要：成果已经评审通过。\n"


async def do_tasks(portal: Portal, suite: OwnSuite, progress: Progress, day: date) -> None:
    """Bring the tasks to their states, and let another person approve what was reported.

    Raises:
        RefusedError: a task was refused, or an approval.
    """
    tasks = tomllib.loads(FILE.read_text(encoding="utf-8"))["tasks"]
    there = {each["key"] for each in (await portal.get(TASKS, limit=1000)).json()}
    new = [each for each in tasks if each["key"] not in there]
    last = {each["key"]: each["deadline"] for each in (await portal.get(GOALS, limit=1000)).json()}
    for each in new:
        await _bring(portal, each, _days(each, day, [last[goal] for goal in each["goals"]]))
    reported = [each["key"] for each in new if "progress" in each]
    await _approve(suite, reported)
    progress.step(
        f"任务 {len(tasks)} 项，新增 {len(new)}，批准进展 {len(reported)} 份",
        f"{len(tasks)} tasks, {len(new)} new, {len(reported)} reports approved",
    )


def _days(task: dict[str, Any], day: date, last: list[str | None]) -> dict[str, str]:
    """Return when a task starts and ends: no later than the goals that it serves."""
    days = {"starts_on": task["starts"], "ends_on": task["ends"]}
    ends = [each for each in last if each]
    return {
        name: min([(day + timedelta(days=each)).isoformat(), *ends]) for name, each in days.items()
    }


async def _bring(portal: Portal, task: dict[str, Any], dates: dict[str, str]) -> None:
    said = {name: value for name, value in task.items() if name not in _OWN}
    path = f"{TASKS}/{task['key']}"
    await portal.post(TASKS, said | dates)
    if task.get("state") == "draft":
        return
    await portal.step(f"{path}/issue")
    if task.get("state") == "issued":
        return
    await portal.step(f"{path}/accept")
    report: dict[str, Any] = {
        name: task[name] for name in ("progress", "spent", "light") if name in task
    }
    report["said"] = f"{task['title']}：完成 {float(task['progress']):.0%}"
    if task["progress"] == "1":
        report["evidence"] = [await _upload(portal)]
    await portal.post(f"{path}/reports", report)


async def _upload(portal: Portal) -> dict[str, str]:
    file = await portal.upload("/api/target/v1/evidence", _EVIDENCE.encode())
    return {"digest": file["digest"], "name": "会议纪要.txt"}


async def _approve(suite: OwnSuite, tasks: list[str]) -> None:
    """Approve the first report of each task as the person of the demonstration."""
    async with another(suite) as person:
        for each in tasks:
            await person.say(f"{TASKS}/{each}/reports/1/approve")
