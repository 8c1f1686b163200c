"""The one-page sheet, and the tasks that stand on it."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.refusals import RefusedError
from gateway.portal.queries.services import Services, list_of, read_answer
from gateway.portal.schemas import Named
from gateway.portal.schemas.goals import Money, Task, TaskWhole

TASKS_SHOWN: Final = 200


async def school(services: Services) -> str:
    """Return the school; empty while the hub knows none."""
    found = await list_of(services, "datahub", "scopes", Named, kind="school", limit=1)
    return found[0].scope if found else ""


async def sheet(services: Services, of: str) -> tuple[bool, list[Task]]:
    """Return whether there is a sheet of something, and the tasks on it."""
    if not of:
        return False, []
    with suppress(RefusedError):
        await services.find("target", f"sheet-definitions/{quote(of)}")
        answer = await services.find("target", "tasks", limit=TASKS_SHOWN, sheet=of)
        return True, read_answer(TypeAdapter(list[Task]), "target", answer)
    return False, []


async def money(services: Services, of: str) -> Money | None:
    """Return what the tasks on a sheet cost and lack; None where there is no sheet."""
    with suppress(RefusedError):
        answer = await services.find("target", "tasks/summary", sheet=of)
        return read_answer(TypeAdapter(Money), "target", answer)
    return None


async def get_task(services: Services, key: str) -> TaskWhole:
    """Return a task.

    Raises:
        RefusedError: there is none of that key.
    """
    answer = await services.find("target", f"tasks/{quote(key)}")
    return read_answer(TypeAdapter(TaskWhole), "target", answer)


def report_of(given: Mapping[str, str]) -> dict[str, Any]:
    """Return a report on a task as its service takes it; progress is filled in as a percentage."""
    said: dict[str, Any] = {name: given[name] for name in ("said", "spent") if name in given}
    if digest := given.get("evidence"):
        said["evidence"] = [{"digest": digest, "name": given.get("evidence_name", "")}]
    progress = given.get("progress", "")
    try:
        said["progress"] = format(Decimal(progress) / 100, "f")
    except InvalidOperation:
        said["progress"] = progress
    return said
