"""Tasks of the college at different states, so that its one-page sheet has something to show.

The loader's key drafts, issues, accepts and reports; the demonstration's account approves: nobody
approves his own report. A task that is there already is left alone.
"""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from helix8.demo.access import OwnSuite
from helix8.demo.portal import Portal, RefusedError
from helix8.progress import Progress

FILE: Final = Path(__file__).parent / "college" / "tasks.toml"
TASKS: Final = "/api/target/v1/tasks"
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
    for each in new:
        await _bring(portal, each, day)
    reported = [each["key"] for each in new if "progress" in each]
    await _approve(suite, reported)
    progress.step(
        f"任务 {len(tasks)} 项，新增 {len(new)}，批准进展 {len(reported)} 份",
        f"{len(tasks)} tasks, {len(new)} new, {len(reported)} reports approved",
    )


async def _bring(portal: Portal, task: dict[str, Any], day: date) -> None:
    days = {"starts_on": task["starts"], "ends_on": task["ends"]}
    dates = {name: (day + timedelta(days=each)).isoformat() for name, each in days.items()}
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
    address = suite.address()
    async with httpx.AsyncClient(
        base_url=address, headers={"origin": address}, trust_env=False
    ) as person:
        who = {"login": "demo", "password": suite.password()}
        answer = await person.post("/api/gateway/v1/sessions", json=who)
        for each in tasks if answer.is_success else ():
            answer = await person.post(f"{TASKS}/{each}/reports/1/approve")
            if answer.is_error:
                break
    if answer.is_error:
        raise RefusedError(f"{answer.request.url.path}: {answer.status_code} {answer.text[:1000]}")
