"""Human steps of a report: somebody has to write it, or to review it."""

from typing import Any, Literal

from report_service.tables import WorkRow
from shared.contracts.steps import ReportStepClosed, ReportStepOpened, StepHow
from shared.kit.database import Transaction

What = Literal["draft", "review"]


def open_step(
    tx: Transaction, doing: WorkRow, what: What, words: tuple[str, str], **more: Any
) -> None:
    """Say that a step of a report waits for somebody.

    Args:
        words: how work lists call it, in Chinese and English.
    """
    is_draft = what == "draft"
    event = ReportStepOpened(
        step=_step_of(doing, what),
        kind="form" if is_draft else "approval",
        scope=doing.scope,
        link=link_of(doing),
        title_zh=words[0],
        title_en=words[1],
        period=doing.period,
        role="owner" if more.get("owners") else "leader",
        permission="report:take-part" if is_draft else "report:approve",
        **{"not_by": "", "owners": ()} | more,
    )
    tx.publish(event, key=event.step)


def close_step(tx: Transaction, doing: WorkRow, what: What, how: StepHow, by: str) -> None:
    """Say that a step of a report waits no more."""
    event = ReportStepClosed(
        step=_step_of(doing, what),
        kind="form" if what == "draft" else "approval",
        scope=doing.scope,
        link=link_of(doing),
        how=how,
        by=by,
    )
    tx.publish(event, key=event.step)


def link_of(doing: WorkRow) -> str:
    """Return where a report is read."""
    return f"/api/report/v1/reports/{doing.report}/html"


def _step_of(doing: WorkRow, what: What) -> str:
    """Return the id of a step: one that was closed does not open again, so rounds have others."""
    at = doing.reviewed_at if what == "draft" else doing.submitted_at
    round_ = f"/{at:%Y%m%d%H%M%S%f}" if at else ""
    return f"report/{doing.report}/{what}{round_}"
