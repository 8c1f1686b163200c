"""Load and save the work list."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from shared.contracts.vocabulary import LEADING_ROLES
from shared.kit.database import Transaction
from shared.kit.sql import text
from spiral_service.domain.owners import EVERYWHERE
from spiral_service.repository.openings import scopes_above
from spiral_service.repository.owners import answering_on
from spiral_service.tables import WorkCallRow, WorkItemRow

WORK: Final = "work"
"""Kind of the timers by which human steps become overdue."""

_TOLD: Final = (
    "step", "kind", "title_zh", "title_en", "scope", "period", "link", "persons", "due_at",
    "overdue_since", "how", "closed_by",
)  # fmt: skip
_HEARD: Final = (
    "step, kind, title_zh, title_en, scope, period, role, permission, not_by, owners, persons,"
    " link, opened_at, due_at, state"
)
_ADD: Final = text(
    f"INSERT INTO work_item ({_HEARD}) SELECT {_HEARD}"  # noqa: S608 — names of our own columns
    " FROM jsonb_populate_recordset(NULL::work_item, CAST(:rows AS jsonb))"
    f" ON CONFLICT DO NOTHING RETURNING {', '.join(_TOLD)}"
)
_COLLEGE: Final = text("SELECT scope FROM scope WHERE scope LIKE 'school/%' ORDER BY scope")
_COLUMNS: Final = [getattr(WorkItemRow, name) for name in _TOLD]


async def add_work(tx: Transaction, items: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Add human steps, unless they are there; return those that are new."""
    if not items:
        return []
    return list(await tx.session.execute(_ADD, {"rows": msgspec.json.encode(items).decode()}))


async def close_work(tx: Transaction, closed: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Close human steps that are open; return them.

    One that is not there has opened, and that is told later: it is kept as closed, for nobody.

    Args:
        closed: ``step``, ``kind``, ``scope``, ``link``, ``how``, ``by`` and ``at`` of each.
    """
    found: list[Any] = []
    for each in sorted(closed, key=lambda one: str(one["step"])):
        done = {"state": "closed", "how": each["how"], "closed_by": each["by"]}
        done["closed_at"] = each["at"]
        rows = await tx.session.execute(
            update(WorkItemRow)
            .where(WorkItemRow.step == each["step"], WorkItemRow.state == "open")
            .values(done)
            .returning(*_COLUMNS)
        )
        ended = list(rows)
        if not ended:
            new = insert(WorkItemRow).values(_nobodys(each) | done)
            await tx.session.execute(new.on_conflict_do_nothing())
        found += ended
    return found


async def mark_overdue(tx: Transaction, steps: Sequence[str]) -> list[Any]:
    """Mark the open ones of these human steps, whose deadline has passed; return them."""
    rows = await tx.session.execute(
        update(WorkItemRow)
        .where(
            WorkItemRow.step.in_(steps),
            WorkItemRow.state == "open",
            WorkItemRow.overdue_since.is_(None),
        )
        .values(overdue_since=WorkItemRow.due_at)
        .returning(*_COLUMNS)
    )
    return list(rows)


async def keep_calls(tx: Transaction, calls: Sequence[Mapping[str, Any]]) -> None:
    """Keep who was called for steps that were not done in time; the first call counts.

    Args:
        calls: ``step``, ``person``, ``role`` and ``at`` of each.
    """
    if calls:
        await tx.session.execute(insert(WorkCallRow).on_conflict_do_nothing(), list(calls))


async def leaders_of(tx: Transaction, scopes: Sequence[str], day: date) -> dict[str, list[str]]:
    """Return by scope who leads it on a day, or the nearest one above it, by post or by a grant.

    All lies in the school, whether or not it names what it belongs to.
    """
    if not scopes:
        return {}
    above = await scopes_above(tx, scopes)
    college = list(await tx.session.scalars(_COLLEGE))
    every = {*college, *(scope for each in above.values() for scope in each)}
    known = await answering_on(tx, sorted(every), day)
    led = {
        scope: sorted({person for _, role, person in told if role in LEADING_ROLES})
        for scope, told in known.items()
    }
    return {
        scope: next((led[each] for each in (*places, *college, EVERYWHERE) if led.get(each)), [])
        for scope, places in above.items()
    }


async def permissions(tx: Transaction) -> list[str]:
    """Return the permissions that steps take, one by one along their index."""
    rows = await tx.session.scalars(
        text(
            "WITH RECURSIVE known (permission) AS ("
            "(SELECT permission FROM work_item ORDER BY permission LIMIT 1) UNION ALL"
            " SELECT (SELECT w.permission FROM work_item w WHERE w.permission > k.permission"
            " ORDER BY w.permission LIMIT 1) FROM known k WHERE k.permission IS NOT NULL)"
            " SELECT permission FROM known WHERE permission IS NOT NULL"
        )
    )
    return list(rows)


def _nobodys(closed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a step of which it is only known that it was closed."""
    said = {name: closed[name] for name in ("step", "kind", "scope", "link")}
    said |= dict.fromkeys(("title_zh", "title_en"), closed["step"])
    said |= dict.fromkeys(("opened_at", "due_at"), closed["at"])
    return said | {"role": "owner", "permission": "", "not_by": ""}
