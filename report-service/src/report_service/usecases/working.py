"""Work on a report: write, hand in, review, sign, issue."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from report_service.domain.drafting import Finding, check_texts, findings_of
from report_service.domain.life import (
    NotReadyError,
    check_act,
    check_reviewer,
    check_role,
    stamped,
)
from report_service.repository import facts as known
from report_service.repository import reports, work
from report_service.tables import ReportRow, WorkRow
from report_service.usecases.rendering.press import Press
from report_service.usecases.reports import (
    ReportNotFoundError,
    check_near,
    find,
    templates_for,
)
from report_service.usecases.stepping import close_step, open_step
from shared.contracts.report import ReportIssued, ReportReviewed, ReportSuperseded
from shared.kit.database import Transaction

FORMATS: Final = ("docx", "html", "json", "pdf")
REVIEW_WITHIN: Final = timedelta(days=5)
"""Days for a review. Source: our default."""

SIGN_WITHIN: Final = timedelta(days=5)
"""Days until what was reviewed is signed and issued. Source: our default."""

MEND_WITHIN: Final = timedelta(days=3)
"""Days at least for what was sent back. Source: our default."""


async def check(tx: Transaction, id_: UUID) -> list[Finding]:
    """Return what is wrong with a draft.

    Raises:
        ReportNotFoundError: no report has that id.
    """
    row = await find(tx, id_)
    about = await known.find_scope(tx, row.scope)
    newest = await known.read_facts(tx, about, row.period) if about else None
    is_stale = newest is not None and newest.has_data() and newest.as_of() > row.as_of
    return findings_of(await work.current(tx, row), is_stale=is_stale)


async def write(
    tx: Transaction,
    id_: UUID,
    texts: dict[str, str],
    expect: Callable[[str | None], None],
    by: str,
    at: datetime,
) -> WorkRow:
    """Write at places of a draft; each version of a text is kept.

    Args:
        expect: refuses another version than the writer saw; asked while nobody else can write.

    Raises:
        ReportNotFoundError: no report has that id.
        ReportStateError: it is no draft any more.
        UnknownPlaceError: nobody may write there.
    """
    doing = await _locked(tx, id_)
    expect(str(doing.version))
    check_act(doing.state, "write")
    row = await find(tx, id_)
    check_texts(work.opened_document(row), texts)
    await work.write_texts(tx, id_, texts, by, at)
    doing.version += 1
    return doing


async def submit(tx: Transaction, id_: UUID, by: str, at: datetime) -> WorkRow:
    """Hand a draft in for review.

    Raises:
        ReportNotFoundError: no report has that id.
        ReportStateError: it is no draft.
        NotReadyError: something in it has to be mended first.
    """
    doing = await _locked(tx, id_)
    check_act(doing.state, "submit")
    found = [each for each in await check(tx, id_) if each.must]
    if found:
        raise NotReadyError(
            f"还有 {len(found)} 处必须处理",
            f"{len(found)} findings must be mended",
            fields={f"$.texts['{each.place}']": [f"{each.zh} ({each.en})"] for each in found},
            fixes=[f"PUT /api/report/v1/reports/{id_}/texts"],
        )
    _move(doing, "submitted", stamped("submitted", by, at))
    doing.reason = ""
    if doing.due_at is not None:
        close_step(tx, doing, "draft", "answered", by)
    _open_review(tx, doing, (await find(tx, id_)).title, by, at)
    return doing


async def review(
    tx: Transaction, id_: UUID, by: str, at: datetime, *, approve: bool, reason: str
) -> WorkRow:
    """Review a report that another person handed in: let it pass, or send it back.

    Raises:
        ReportNotFoundError: no report has that id.
        ReportStateError: it was not handed in.
        OwnReviewError: he handed it in himself.
    """
    doing = await _locked(tx, id_)
    check_act(doing.state, "review" if approve else "send_back")
    check_reviewer(doing.submitted_by, by)
    if doing.state == "submitted":
        close_step(tx, doing, "review", "approved" if approve else "rejected", by)
    elif not approve:
        close_step(tx, doing, "sign", "rejected", by)
    event = ReportReviewed(
        report=str(id_),
        scope=doing.scope,
        period=doing.period,
        template=doing.template,
        approved=approve,
        reason=reason,
        submitted_by=doing.submitted_by or "",
        reviewed_by=by,
        at=at,
    )
    _move(doing, "reviewed" if approve else "draft", stamped("reviewed", by, at))
    doing.reason = reason
    tx.publish(event, key=doing.scope)
    title = (await find(tx, id_)).title
    if approve:
        words = (f"签署并签发{title}", f"Sign and issue the report {title}")
        open_step(tx, doing, "sign", words, opened_at=at, due_at=at + SIGN_WITHIN)
    elif doing.due_at is not None:
        _open_again(tx, doing, title, at)
    return doing


async def sign(tx: Transaction, id_: UUID, role: str, by: str, at: datetime) -> WorkRow:
    """Sign a report as it stands.

    Raises:
        ReportNotFoundError: no report has that id.
        ReportStateError: it is a draft, or issued already.
        UnknownRoleError: its cover names no such role.
    """
    doing = await _locked(tx, id_)
    check_act(doing.state, "sign")
    document = await work.current(tx, await find(tx, id_))
    check_role(role, document["cover"].get("signers", ()))
    digest = document["cover"]["digest"]
    await work.sign(tx, {"report": id_, "role": role, "by": by, "at": at, "digest": digest})
    doing.version += 1
    return doing


async def issue(tx: Transaction, id_: UUID, press: Press, by: str, at: datetime) -> WorkRow:
    """Issue a report: its files are made once and stored, the one before it is superseded.

    Raises:
        ReportNotFoundError: no report has that id.
        ReportStateError: it was not reviewed.
        TemplateRefusedError: its template makes no file.
    """
    doing = await _locked(tx, id_)
    check_act(doing.state, "issue")
    # Of two that are issued in the same instant each would find none to supersede.
    await tx.take_turn(f"issue {doing.scope} {doing.period} {doing.template}")
    row = await find(tx, id_)
    document = await work.current(tx, row)
    files = await press.make(document, FORMATS, await templates_for(tx, row))
    digests = {kind: sha256(content).hexdigest() for kind, content in sorted(files.items())}
    await reports.add_renditions(
        tx,
        [
            {"report": id_, "format": kind, "content": content, "sha256": digests[kind]}
            for kind, content in files.items()
        ],
    )
    for old in await work.issued_alike(tx, doing):
        old.state, old.superseded_by = "superseded", id_
        old.version += 1
        superseded = ReportSuperseded(
            report=str(old.report),
            superseded_by=str(id_),
            scope=old.scope,
            period=old.period,
            template=old.template,
            at=at,
        )
        tx.publish(superseded, key=old.scope)
    close_step(tx, doing, "sign", "signed", by)
    _move(doing, "issued", stamped("issued", by, at))
    tx.publish(_issued(row, document, digests, by, at), key=doing.scope)
    return doing


def _open_review(tx: Transaction, doing: WorkRow, title: str, by: str, at: datetime) -> None:
    words = (f"审核{title}", f"Review the report {title}")
    open_step(tx, doing, "review", words, not_by=by, opened_at=at, due_at=at + REVIEW_WITHIN)


def _open_again(tx: Transaction, doing: WorkRow, title: str, at: datetime) -> None:
    """Put a report that was sent back on the list of who wrote it."""
    words = (f"修改{title}（退回）", f"Mend the report {title}")
    writer = (doing.submitted_by or doing.owner).replace("person/", "teacher/", 1)
    due = max(doing.due_at or at, at + MEND_WITHIN)
    open_step(tx, doing, "draft", words, owners=(writer,), opened_at=at, due_at=due)


def _move(doing: WorkRow, state: str, columns: dict[str, Any]) -> None:
    doing.state = state
    doing.version += 1
    for name, value in columns.items():
        setattr(doing, name, value)


def _issued(
    row: ReportRow, document: dict[str, Any], files: dict[str, str], by: str, at: datetime
) -> ReportIssued:
    return ReportIssued(
        report=str(row.id),
        scope=row.scope,
        period=row.period,
        template=row.template,
        template_version=row.template_version,
        number=row.number,
        as_of=row.as_of,
        digest=document["cover"]["digest"],
        files=files,
        issued_by=by,
        at=at,
    )


async def find_work(tx: Transaction, id_: UUID) -> WorkRow:
    """Return how far a report has come.

    Raises:
        ReportNotFoundError: no report has that id, or it is from before reports were worked on.
    """
    await find(tx, id_)
    doing = await work.read_work(tx, id_)
    if doing is None:
        raise ReportNotFoundError(f"没有可编辑的报告 {id_}", f"no report {id_} to work on")
    return doing


async def _locked(tx: Transaction, id_: UUID) -> WorkRow:
    """Return how far a report has come, locked, to who may work on it.

    Raises:
        ReportNotFoundError: no report has that id, or it is from before reports were worked on.
        ElsewhereError: he merely reads it.
    """
    await find(tx, id_)
    doing = await work.lock_work(tx, id_)
    if doing is None:
        raise ReportNotFoundError(f"没有可编辑的报告 {id_}", f"no report {id_} to work on")
    await check_near(tx, doing.scope, doing.owner)
    return doing
