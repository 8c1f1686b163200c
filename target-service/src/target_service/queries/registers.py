"""Read models of the registers: entries, with what follows from them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from shared.access.rules import Kind
from shared.access.sight import narrowed
from shared.kit.database import Transaction
from shared.kit.paging import Page
from shared.kit.sql import text
from target_service.domain.accounting import open_findings
from target_service.domain.attainment import rounded
from target_service.domain.basis import discrepancies
from target_service.domain.duties import BODIES, PROCESSES, number_of, prefix_of, stem_of
from target_service.domain.readiness import score
from target_service.domain.risks import colour_of_risk, level_of_risk
from target_service.domain.tasks import TaskState
from target_service.queries.pages import Listed, page_of
from target_service.repository.chain import not_found
from target_service.schemas.accounting import InternalControlBody
from target_service.schemas.registers import (
    BasisDocumentBody,
    BodyBody,
    EntryView,
    ProcessBody,
    ReadinessBody,
    RiskBody,
)
from target_service.tables import RegisterEntryRow, TaskRow


async def list_entries(
    tx: Transaction, register: str, wanted: Page, today: date
) -> Listed[EntryView]:
    """Return the entries of a register that are not withdrawn, in the order of their keys."""
    query = select(RegisterEntryRow).where(
        RegisterEntryRow.register == register,
        RegisterEntryRow.newest,
        RegisterEntryRow.withdrawn_at.is_(None),
    )
    rows, total, after = await page_of(tx, query, RegisterEntryRow.key, wanted)
    items = [await view_entry(tx, row.RegisterEntryRow, today) for row in rows]
    return Listed(items=items, total=total, next_after=after)


async def get_entry(
    tx: Transaction, register: str, key: str, version: int | None, today: date
) -> EntryView:
    """Return a version of an entry, the newest when none is named.

    Raises:
        NotFoundError: there is no such version.
    """
    which = RegisterEntryRow.newest if version is None else RegisterEntryRow.version == version
    row = await tx.session.scalar(
        select(RegisterEntryRow).where(
            RegisterEntryRow.register == register, RegisterEntryRow.key == key, which
        )
    )
    if row is None:
        raise not_found("登记", "entry", f"{key}@{version}" if version else key)
    return await view_entry(tx, row, today)


async def view_entry(tx: Transaction, row: RegisterEntryRow, today: date) -> EntryView:
    """Return an entry as answers show it."""
    said = {"key": row.key, "title": row.title, **row.document}
    follows: Mapping[str, Any] = {}
    match row.register:
        case "basis-documents":
            basis = BasisDocumentBody.model_validate(said)
            found = discrepancies(basis.number, basis.cited_as, basis.issued_on)
            follows = {"discrepancies": found}
        case "bodies":
            follows = await _of_body(tx, BodyBody.model_validate(said), today)
        case "processes":
            follows = await _of_process(tx, ProcessBody.model_validate(said))
        case "risks":
            follows = await _of_risk(tx, RiskBody.model_validate(said))
        case "readiness":
            follows = _of_readiness(ReadinessBody.model_validate(said), today)
        case "internal-controls":
            follows = _of_controls(InternalControlBody.model_validate(said), today)
        case _:
            pass
    view = EntryView.model_validate(row)
    return view.model_copy(update={"follows": dict(follows)})


def _of_controls(checklist: InternalControlBody, today: date) -> dict[str, Any]:
    waiting = open_findings([each.to_rule() for each in checklist.controls])
    return {
        "open": [each.key for each in waiting],
        "overdue": [each.key for each in waiting if each.due_on and each.due_on < today],
    }


async def _of_body(tx: Transaction, body: BodyBody, today: date) -> dict[str, Any]:
    tasks = await _serving(tx, BODIES, body.key, [each.key for each in body.duties])
    # A duty is done where that is written, or where the newest task that serves it is.
    newest = {each["duty"]: each["state"] for each in tasks}
    return {
        "duties_done": sum(
            each.done_on is not None or newest.get(each.key) == TaskState.DONE
            for each in body.duties
        ),
        "duties": len(body.duties),
        "tasks": tasks,
        "members_today": [
            each.party
            for each in body.members
            if (each.since or today) <= today <= (each.until or today)
        ],
    }


async def _of_process(tx: Transaction, process: ProcessBody) -> dict[str, Any]:
    numbers = [f"{number}" for number, _ in enumerate(process.duties, 1)]
    return {"tasks": await _serving(tx, PROCESSES, process.key, numbers)}


async def _serving(
    tx: Transaction, register: str, entry: str, duties: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the tasks that serve duties of an entry and that the reader sees, oldest first."""
    stems = {stem_of(register, entry, each): each for each in duties}
    query = select(TaskRow).where(
        TaskRow.key.startswith(prefix_of(register, entry), autoescape=True),
        *await narrowed(tx, Kind.TASK, TaskRow.scope, TaskRow.unit, TaskRow.owner),
    )
    rows = sorted(await tx.session.scalars(query), key=lambda row: number_of(row.key))
    return [
        {
            "duty": stems[row.key.partition("@")[0]],
            "task": row.key,
            "state": row.state,
            "progress": format(row.progress, "f"),
            "overdue": row.overdue_since is not None,
        }
        for row in rows
        if row.key.partition("@")[0] in stems
    ]


async def _of_risk(tx: Transaction, risk: RiskBody) -> dict[str, Any]:
    level = level_of_risk(risk.likelihood, risk.impact)
    rows = await tx.session.execute(
        text(
            "SELECT b.key, b.period, coalesce(a.state, 'no_data') AS state, a.warning"
            " FROM binding b LEFT JOIN attainment a ON a.binding = b.key"
            " WHERE b.indicator = :indicator AND b.scope = :scope AND b.withdrawn_at IS NULL"
            " ORDER BY b.key"
        ),
        {"indicator": risk.indicator, "scope": risk.scope},
    )
    watch = [
        {"binding": row.key, "period": row.period, "state": row.state, "warning": bool(row.warning)}
        for row in rows
    ]
    return {"level": level, "colour": colour_of_risk(level).value, "watch": watch}


def _of_readiness(checklist: ReadinessBody, today: date) -> dict[str, Any]:
    total, scored = score([each.to_rule() for each in checklist.items], today)
    titles = {each.key: each.title for each in checklist.items}
    return {
        "score": format(rounded(total), "f"),
        "items": [
            {
                "key": each.key,
                "title": titles[each.key],
                "gives": format(rounded(each.gives), "f"),
                "lacks": format(rounded(each.lacks), "f"),
                "overdue": each.overdue,
            }
            for each in scored
        ],
    }
