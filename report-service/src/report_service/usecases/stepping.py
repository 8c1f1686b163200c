"""Human steps of a report: somebody has to write it, to review it, or to sign and issue it."""

from typing import Any, Final, Literal

from report_service.tables import WorkRow
from shared.contracts.steps import ReportStepClosed, ReportStepOpened, StepHow, StepKind
from shared.kit.database import Transaction

What = Literal["draft", "review", "sign"]

_KINDS: Final[dict[What, StepKind]] = {
    "draft": "form",
    "review": "approval",
    "sign": "signature",
}


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
        kind=_KINDS[what],
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
        kind=_KINDS[what],
        scope=doing.scope,
        link=link_of(doing),
        how=how,
        by=by,
    )
    tx.publish(event, key=event.step)


def link_of(doing: WorkRow) -> str:
    """Return the page of the portal on which a report is read and worked on."""
    return f"/reports/{doing.report}"


def _step_of(doing: WorkRow, what: What) -> str:
    """Return the id of a step: one that was closed does not open again, so rounds have others."""
    is_draft = what == "draft"
    at = doing.submitted_at if what == "review" else doing.reviewed_at
    round_ = f"/{at:%Y%m%d%H%M%S%f}" if at else ""
    again = f"/{doing.replanned}" if is_draft and doing.replanned else ""
    return f"report/{doing.report}/{what}{round_}{again}"
