"""The life of a report: drafted → submitted → reviewed → issued → superseded.

A draft of which newer facts make another one is replaced by that, which takes its texts over.

Another person reviews than who handed it in; an issued report never changes, a new one takes its
place. Source: design "Reports" 2 and 3; who may do what is our default.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

from shared.errors import DomainError, ErrorKind

Act = Literal["write", "submit", "send_back", "review", "sign", "issue"]
ReportState = Literal["draft", "submitted", "reviewed", "issued", "superseded", "replaced"]
STATE_ZH: Final[Mapping[str, str]] = {
    "draft": "起草中",
    "submitted": "待审核",
    "reviewed": "待签发",
    "issued": "已签发",
    "superseded": "已被取代",
    "replaced": "已由新稿接续",
}
_FROM: Final[Mapping[str, frozenset[str]]] = {
    "write": frozenset({"draft"}),
    "submit": frozenset({"draft"}),
    "send_back": frozenset({"submitted", "reviewed"}),
    "review": frozenset({"submitted"}),
    "sign": frozenset({"submitted", "reviewed"}),
    "issue": frozenset({"reviewed"}),
}
_ACT_ZH: Final = {
    "write": "编辑",
    "submit": "提交",
    "send_back": "退回",
    "review": "审核",
    "sign": "签字",
    "issue": "签发",
}


class ReportStateError(DomainError):
    """The report has come too far, or not far enough."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "report-state"
    title_zh: ClassVar = "报告当前状态不允许"
    title_en: ClassVar = "The state of the report refuses it"


class ElsewhereError(DomainError):
    """Everybody may read the report; to work on it is for who answers for what it is about."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "report-elsewhere"
    title_zh: ClassVar = "不在您负责的范围"
    title_en: ClassVar = "Not within what you answer for"


class OwnReviewError(DomainError):
    """Nobody reviews what he handed in."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "own-report"
    title_zh: ClassVar = "须由另一人审核"
    title_en: ClassVar = "Another person has to review it"


class UnknownRoleError(DomainError):
    """The cover of the report names no such role."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "report-role"
    title_zh: ClassVar = "报告没有这个签字人"
    title_en: ClassVar = "The report has no such signer"


class NotReadyError(DomainError):
    """Something in the draft has to be mended first."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "report-not-ready"
    title_zh: ClassVar = "报告还有必须处理的问题"
    title_en: ClassVar = "The report has findings that must be mended"


def check_act(state: str, act: Act) -> None:
    """Refuse what the state of a report does not allow.

    Raises:
        ReportStateError: with the states that would.
    """
    if state not in _FROM[act]:
        needed = "、".join(STATE_ZH[each] for each in sorted(_FROM[act]))
        raise ReportStateError(
            f"报告{STATE_ZH[state]}，不能{_ACT_ZH[act]}（须为：{needed}）",
            f"the report is {state}; to {act} it, it must be {' or '.join(sorted(_FROM[act]))}",
            fixes=["POST /api/report/v1/reports 以新数据另起一份 (open another one)"],
        )


def check_reviewer(submitted_by: str | None, by: str) -> None:
    """Refuse a review by who handed the report in.

    Raises:
        OwnReviewError: it is he.
    """
    if submitted_by == by:
        raise OwnReviewError(
            f"{by} 提交了这份报告，不能由同一人审核", f"{by} handed it in, and cannot review it"
        )


def check_role(role: str, signers: Sequence[str]) -> None:
    """Refuse a signature in a role that a report does not ask for.

    Raises:
        UnknownRoleError: with those that it asks for.
    """
    if role not in signers:
        told = "、".join(signers)
        raise UnknownRoleError(
            f"报告不由“{role}”签字",
            f"nobody signs it as {role}",
            fields={"$.role": [f"可选：{told} (choose one)"]},
        )


def opened(report: Mapping[str, Any], owner: str, cycle: str | None) -> dict[str, Any]:
    """Return the work on a report that was just made."""
    return {
        "report": report["id"],
        "scope": report["scope"],
        "period": report["period"],
        "template": report["template"],
        "state": "draft",
        "version": 1,
        "owner": owner,
        "cycle": cycle,
        "due_at": None,
        "reason": "",
    }


def may(state: str, submitted_by: str | None, by: str, *, is_near: bool) -> dict[str, bool]:
    """Return what somebody may do with a report in a state.

    Args:
        is_near: what it is about lies in his scopes, or it is his to write.
    """
    told = {act: is_near and state in states for act, states in _FROM.items()}
    return told | {"review": told["review"] and submitted_by != by}


def stamped(name: str, by: str, at: datetime) -> dict[str, Any]:
    """Return who did something, and when, as columns."""
    return {f"{name}_by": by, f"{name}_at": at}
