"""Make reports: one snapshot of facts, one document, stored once."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from report_service.domain.document.blocks import Document, as_json, canonical
from report_service.domain.facts import Facts, ScopeFact
from report_service.domain.handing_over import Made
from report_service.domain.kinds.composing import compose
from report_service.domain.kinds.kind import Kind as ReportKind
from report_service.domain.kinds.registry import KINDS, kind_of
from report_service.domain.life import ElsewhereError, opened
from report_service.repository import facts as known
from report_service.repository import reports, templates, work
from report_service.repository.influences import influences_of
from report_service.repository.reading import Groups
from report_service.schemas.reports import MakeReport
from report_service.tables import ReportRow, TemplateRow
from report_service.usecases.drafting import take_over
from report_service.usecases.handing_over import hand_over
from report_service.usecases.rendering.html import render_html, style_digest
from report_service.usecases.rendering.press import Templates
from shared.access.rules import Kind
from shared.access.sight import is_seen
from shared.contracts.report import ReportOpened
from shared.errors import DomainError, ErrorKind, UnknownReferenceError, no_such
from shared.kit.database import Transaction
from shared.kit.ids import uuid7


class ReportNotFoundError(DomainError):
    """No report has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "report-not-found"
    title_zh: ClassVar = "没有这份报告"
    title_en: ClassVar = "No such report"


class FormatMissingError(DomainError):
    """The report has no file in that format."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "report-format"
    title_zh: ClassVar = "这份报告没有该格式"
    title_en: ClassVar = "The report has no such format"


class TemplateUnknownError(DomainError):
    """There is no such version of the template."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "template-unknown"
    title_zh: ClassVar = "没有这个模板版本"
    title_en: ClassVar = "No such version of the template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade:
    """A report that was made again from the facts that it was made from."""

    same: bool
    digest: str
    again: str
    reason: str
    """Why it differs, or could not be made again; empty where it is the same."""


async def make_report(
    tx: Transaction,
    wanted: MakeReport,
    now: datetime,
    by: str,
    *,
    cycle: str | None = None,
    groups: Groups | None = None,
) -> tuple[dict[str, Any], bool]:
    """Make the report of a scope from the facts of this moment, or of an earlier one.

    Args:
        by: who asks; kept beside the report, never inside it.
        cycle: the cycle that asks for it.
        groups: of a batch: what is known of the groups of its moment already.

    Returns:
        Its natural key, and whether it is new: unchanged facts give the report that is there.

    Raises:
        UnknownReferenceError: the hub has told of no such scope.
        ElsewhereError: it is open to him, and not one of his.
        UnknownKindError: there is no such kind of report on such a scope.
        NothingToReportError: nothing is known of it in that period.
    """
    await known.read_in_one_snapshot(tx)
    kind = kind_of(wanted.kind, wanted.scope)
    template = await check_template(tx, wanted.kind, wanted.template_version)
    about = await find_seen(tx, wanted.scope, wanted.as_of)
    await check_near(tx, wanted.scope)
    facts = await facts_for(tx, kind, about, wanted.period, wanted.as_of, groups)
    document = _composed(kind, facts, template)
    row = _columns(wanted, document, facts) | {"created_at": now, "created_by": by}
    is_new = await reports.add_report(tx, row)
    key = {
        name: row[name] for name in ("scope", "period", "template", "template_version", "digest")
    }
    if is_new:
        owner = facts.about.owners[0]["person"] if facts.about.owners else by
        await work.open_work(tx, opened(row, owner, cycle))
        await take_over(tx, row, by, now)
        await _tell(tx, row)
    return key, is_new


async def facts_for(
    tx: Transaction,
    kind: ReportKind,
    about: ScopeFact,
    period: str,
    as_of: datetime | None,
    groups: Groups | None = None,
) -> Facts:
    """Return everything that a report of a kind tells."""
    facts = await known.read_facts(tx, about, period, as_of, groups)
    return replace(
        facts,
        restated=await reports.restated_since(tx, facts, kind.key, as_of),
        influences=await influences_of(tx, facts, as_of, groups),
    )


async def find_seen(tx: Transaction, scope: str, as_of: datetime | None = None) -> ScopeFact:
    """Return what the hub told of an object that the caller sees.

    Raises:
        UnknownReferenceError: it told of none, or of one that he does not see.
    """
    about = await known.find_scope(tx, scope, as_of)
    if about is None or not await is_seen(tx, Kind.FIGURE, scope):
        raise _unknown_scope(scope, await known.scopes_like(tx, scope))
    return about


async def check_near(tx: Transaction, scope: str, *more: str) -> None:
    """Refuse the work on a report to who merely reads it, as everybody does of unit and school.

    Raises:
        ElsewhereError: neither the scope nor more of whom it is lies in his.
    """
    if not await is_seen(tx, Kind.WORK, scope, *more):
        raise ElsewhereError(
            f"{scope} 的报告由其负责人办理",
            f"reports on {scope} are for who answers for it",
            fields={"$.scope": ["不在您负责的范围 (not within your scopes)"]},
            fixes=["请该对象的负责人或质量办办理 (ask whoever answers for it)"],
        )


async def templates_for(tx: Transaction, row: ReportRow) -> Templates:
    """Return the templates that a report is set with."""
    found = await templates.read_template(tx, row.template, row.template_version)
    return Templates(docx=found.docx, typst=found.typst) if found else Templates()


async def make_again(tx: Transaction, id_: UUID) -> Remade:
    """Make a report again from the facts that it was made from, with their definitions.

    Raises:
        ReportNotFoundError: no report has that id.
    """
    row = await find(tx, id_)
    kind = KINDS.get(row.template)
    found = await templates.read_template(tx, row.template, row.template_version)
    if (
        row.facts is None
        or kind is None
        or (found is None and row.template_version != kind.version)
    ):
        reason = "模板的这一版已不在程序中，按原文件留存 (that version is kept as files only)"
        return Remade(same=False, digest=row.digest, again="", reason=reason)
    again = _composed(kind, reports.unpacked_facts(row.facts), found).cover.digest
    same = again == row.digest
    return Remade(
        same=same, digest=row.digest, again=again, reason="" if same else "内容不同 (differs)"
    )


async def find(tx: Transaction, id_: UUID) -> ReportRow:
    """Return a report.

    Raises:
        ReportNotFoundError: no report has that id.
    """
    row = await reports.read_report(tx, id_)
    if row is None or not await is_seen(tx, Kind.FIGURE, row.scope):
        raise ReportNotFoundError(f"没有报告 {id_}", f"there is no report {id_}")
    return row


def _composed(kind: ReportKind, facts: Facts, template: TemplateRow | None) -> Document:
    if template is None:
        return compose(kind, facts)
    return compose(
        replace(kind, version=template.version), facts, sections=template.sections or None
    )


async def check_template(tx: Transaction, kind: str, version: int | None) -> TemplateRow | None:
    """Return a version of a college's template; None of those that are shipped.

    Raises:
        TemplateUnknownError: there is no such version.
    """
    if version is None or version <= 1000:
        return None
    found = await templates.read_template(tx, kind, version)
    if found is None:
        there = [str(each.version) for each in await templates.templates_of(tx, kind)]
        told = "、".join(there) or "无"
        raise TemplateUnknownError(
            f"{kind} 没有第 {version} 版模板",
            f"{kind} has no template version {version}",
            fields={"$.template_version": [f"已有版本：{told} (there are: {', '.join(there)})"]},
        )
    return found


async def _tell(tx: Transaction, row: dict[str, Any]) -> None:
    made = Made(**{each.name: row[each.name] for each in fields(Made)})
    if await reports.is_first(tx, made):
        await hand_over(tx, [made])
    event = ReportOpened(
        report=str(row["id"]),
        **{name: row[name] for name in ("scope", "period", "template", "template_version")},
        as_of=row["as_of"],
        sha256=row["sha256"],
    )
    tx.publish(event, key=row["scope"])


def _columns(wanted: MakeReport, document: Document, facts: Facts) -> dict[str, Any]:
    told, cover = as_json(document), document.cover
    html = render_html(told)
    return {
        "id": uuid7(),
        "scope": wanted.scope,
        "period": wanted.period,
        "template": cover.kind,
        "template_version": cover.template_version,
        "digest": cover.digest,
        "number": cover.number,
        "title": cover.title,
        "scope_name": cover.scope_name,
        "as_of": facts.as_of(),
        "content": canonical(told),
        "facts": reports.packed_facts(facts),
        "html": html,
        "sha256": sha256(html.encode()).hexdigest(),
        "style_sha256": style_digest(),
    }


def _unknown_scope(scope: str, like: list[str]) -> UnknownReferenceError:
    reason = no_such("诊改对象", "scope", scope, like)
    return UnknownReferenceError(
        reason.partition(" (")[0],
        f"there is no scope {scope}",
        fields={"$.scope": [reason]},
        fixes=["GET /api/datahub/v1/scopes 列出全部对象 (lists every scope)"],
    )
