"""The report centre: reports, one of them with the work on it, batches and schedules."""

import asyncio
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.domain.refusals import GoneError
from gateway.portal.queries.holes import Found, all_of
from gateway.portal.queries.services import Listed, Services, list_of, names, read_answer, total_of
from gateway.portal.schemas.reports import (
    Batch,
    Checklist,
    Comparison,
    Draft,
    Finding,
    Folder,
    Kind,
    Order,
    Remade,
    Remark,
    Report,
    ReportWhole,
    Schedule,
    TextVersion,
)

SERVICE: Final = "report"
ALIKE: Final = 20
"""Reports of the same object, period and kind: what was made before, the newest first."""

FAILURES: Final = 50
FOLDERS: Final = 400


async def checklists(services: Services) -> list[Checklist]:
    """Return the checklists that a review goes by."""
    return await list_of(services, SERVICE, "checklists", Checklist)


async def kinds(services: Services) -> list[Kind]:
    """Return the kinds of reports that there are."""
    return await list_of(services, SERVICE, "kinds", Kind)


async def reports(services: Services, page: int, **wanted: str | None) -> Listed:
    """Return a page of reports, the newest first.

    Raises:
        RefusedError: they cannot be restricted so.
    """
    first = (page - 1) * ROWS
    answer = await services.find(
        SERVICE, "reports", limit=ROWS, offset=first, totalCount="true", **wanted
    )
    rows = read_answer(TypeAdapter(list[Report]), SERVICE, answer)
    return Listed(rows=rows, total=total_of(answer, first + len(rows)))


async def get_report(services: Services, report: UUID) -> ReportWhole:
    """Return a report with its document.

    Raises:
        RefusedError: there is none of that id.
    """
    answer = await services.find(SERVICE, f"reports/{report}")
    return read_answer(TypeAdapter(ReportWhole), SERVICE, answer)


async def get_draft(services: Services, report: UUID) -> Draft | None:
    """Return the work on a report; None of one from before reports were worked on."""
    try:
        answer = await services.find(SERVICE, f"reports/{report}/draft")
    except GoneError:
        return None
    return read_answer(TypeAdapter(Draft), SERVICE, answer)


async def around(services: Services, one: ReportWhole, draft: Draft | None) -> dict[str, Any]:
    """Return what stands beside a report."""
    path = f"reports/{one.id}"
    alike = {"scope": one.scope, "period": one.period, "kind": one.template}
    parts: dict[str, Found[Any]] = await all_of(
        findings=_findings(services, path, draft),
        remarks=list_of(services, SERVICE, f"{path}/comments", Remark),
        comparison=_comparison(services, path),
        alike=list_of(services, SERVICE, "reports", Report, limit=ALIKE, **alike),
    )
    people = [one.created_by, *(each.by for each in parts["remarks"].value or ())]
    people += [each.settled_by for each in parts["remarks"].value or ()]
    if draft is not None:
        acted = (draft.owner, draft.submitted_by, draft.reviewed_by, draft.issued_by)
        people += [*acted, *draft.signatures.values()]
    return {**parts, "names": await names(services, people)}


async def _findings(services: Services, path: str, draft: Draft | None) -> list[Finding]:
    if draft is None or draft.state not in {"draft", "submitted", "reviewed"}:
        return []
    return await list_of(services, SERVICE, f"{path}/findings", Finding)


async def _comparison(services: Services, path: str) -> Comparison:
    answer = await services.get(SERVICE, f"{path}/comparison")
    return read_answer(TypeAdapter(Comparison), SERVICE, answer)


async def text_versions(services: Services, report: UUID, place: str) -> list[TextVersion]:
    """Return every version of what stood at a place, the newest first."""
    return await list_of(services, SERVICE, f"reports/{report}/texts", TextVersion, place=place)


async def remade(services: Services, report: UUID) -> Remade:
    """Return whether a report that is made again from its own facts is the same."""
    answer = await services.find(SERVICE, f"reports/{report}/remade")
    return read_answer(TypeAdapter(Remade), SERVICE, answer)


async def batches(services: Services, page: int) -> tuple[list[Batch], bool]:
    """Return a page of batches, the newest first, and whether there are more."""
    first = (page - 1) * ROWS
    found = await list_of(services, SERVICE, "batches", Batch, limit=ROWS + 1, offset=first)
    return found[:ROWS], len(found) > ROWS


async def get_batch(services: Services, batch: UUID) -> dict[str, Any]:
    """Return a batch with its folders and what of it was not made.

    Raises:
        RefusedError: there is none of that id.
    """
    answer = await services.find(SERVICE, f"batches/{batch}")
    path = f"batches/{batch}"
    folders, failed = await asyncio.gather(
        list_of(services, SERVICE, f"{path}/folders", Folder),
        list_of(services, SERVICE, f"{path}/orders", Order, state="failed", limit=FAILURES),
    )
    told = {"one": read_answer(TypeAdapter(Batch), SERVICE, answer), "failed": failed}
    return told | {"folders": folders[:FOLDERS], "more_folders": len(folders) > FOLDERS}


async def schedules(services: Services) -> list[Schedule]:
    """Return when reports are ordered without anybody asking."""
    return await list_of(services, SERVICE, "schedules", Schedule)


async def switch(services: Services, key: str, *, on: bool) -> None:
    """Switch a schedule on or off, as it stands now.

    Raises:
        RefusedError: there is none of that key, or somebody changed it just now.
    """
    answer = await services.find(SERVICE, f"schedules/{key}")
    now = read_answer(TypeAdapter(Schedule), SERVICE, answer)
    body = {**now.document, "enabled": on}
    await services.act(SERVICE, f"schedules/{key}", body, expect=now.version, method="PUT")
