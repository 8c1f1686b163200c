"""The next version of a goal: the one before is kept, and the step that it waits for is told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from shared.contracts.steps import TargetStepClosed, TargetStepOpened
from shared.kit.database import Transaction
from target_service.domain.distribution import WHO, GoalState, Step, waits_for
from target_service.domain.standing import TAKE_PART
from target_service.repository import chain, goals
from target_service.tables import GoalRow
from target_service.usecases.inheriting import assign

TIME: Final = timedelta(days=14)
"""Until a step should be taken. Source: our default."""

_KINDS: Final = {
    Step.ACCEPT: "acceptance",
    Step.DISTRIBUTE: "answer",
    Step.SIGN: "signature",
}
_HOW: Final = {
    GoalState.ACCEPTED: "accepted",
    GoalState.NEGOTIATING: "negotiated",
    GoalState.DISTRIBUTED: "answered",
    GoalState.SIGNED: "signed",
}


async def change_goal(
    tx: Transaction, row: GoalRow, values: Mapping[str, Any], at: datetime, by: str
) -> None:
    """Store a goal with other values as its next version."""
    if row.version:
        await goals.keep_version(tx, "goal", row.key, at)
        _close(tx, row, values, by)
    assign(row, {**values, "changed_by": by, "updated_at": at, "version": row.version + 1})
    chain.add(tx, row)
    await chain.flush(tx)
    if row.withdrawn_at is None:
        _open(tx, row, at)


def _open(tx: Transaction, row: GoalRow, at: datetime) -> None:
    waits = waits_for(GoalState(row.state))
    if waits is None:
        return
    step, zh, en = waits
    is_owners = WHO[step] == "owner"
    opened = TargetStepOpened.model_validate(
        {
            "step": _id_of(row),
            "kind": _KINDS[step],
            "title_zh": f"{zh}：{row.title}",
            "title_en": f"{en}: {row.title}",
            "scope": row.scope,
            "period": row.period,
            "role": WHO[step],
            "owners": tuple([row.owner, *row.co_owners] if is_owners else ()),
            "permission": TAKE_PART,
            "not_by": "",
            "opened_at": at,
            "due_at": at + TIME,
            "link": f"/goals/{row.key}",
        }
    )
    tx.publish(opened, key=opened.step, subject=row.scope)


def _close(tx: Transaction, row: GoalRow, values: Mapping[str, Any], by: str) -> None:
    waits = waits_for(GoalState(row.state)) if row.withdrawn_at is None else None
    if waits is None:
        return
    is_same = "title" in values or values.get("state", row.state) == row.state
    how = "replaced" if is_same else _HOW.get(GoalState(values["state"]), "withdrawn")
    closed = TargetStepClosed.model_validate(
        {
            "step": _id_of(row),
            "kind": _KINDS[waits[0]],
            "scope": row.scope,
            "link": f"/goals/{row.key}",
            "how": "withdrawn" if values.get("withdrawn_at") else how,
            "by": by,
        }
    )
    tx.publish(closed, key=closed.step, subject=row.scope)


def _id_of(row: GoalRow) -> str:
    return f"target/goal/{row.key}@{row.version}"
