"""Make reports: one snapshot of facts, one content, one document, stored once."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from report_service import repository
from report_service.domain.content import Content
from report_service.domain.handing_over import Made
from report_service.domain.self_diagnosis import canonical, make_content
from report_service.schemas import MakeReport
from report_service.usecases.handing_over import hand_over
from report_service.usecases.rendering import Document, render
from shared.contracts.report import ReportOpened
from shared.errors import UnknownReferenceError, no_such
from shared.kit.database import Transaction
from shared.kit.ids import uuid7


async def make_report(
    tx: Transaction, wanted: MakeReport, now: datetime, by: str
) -> tuple[dict[str, Any], bool]:
    """Make the report of a scope from the facts of this moment.

    Args:
        by: who asks; kept beside the report, never inside it.

    Returns:
        Its natural key, and whether it is new: unchanged facts give the report that is there.

    Raises:
        UnknownReferenceError: the hub has told of no such scope.
        NothingToReportError: nothing is known of it in that period.
    """
    await repository.read_in_one_snapshot(tx)
    about = await repository.find_scope(tx, wanted.scope)
    if about is None:
        raise _unknown_scope(wanted.scope, await repository.scopes_like(tx, wanted.scope))
    facts = await repository.read_facts(tx, about, wanted.period)
    content = make_content(facts)
    document = render(content)
    key = {
        "scope": wanted.scope,
        "period": wanted.period,
        "template": content.cover.template,
        "template_version": content.cover.template_version,
        "digest": content.cover.digest,
    }
    row: dict[str, Any] = key | _columns(content, document) | {"created_at": now, "created_by": by}
    is_new = await repository.add_report(tx, row | {"as_of": facts.as_of()})
    if is_new:
        made = Made(**{each.name: row[each.name] for each in fields(Made)})
        if await repository.is_first(tx, made):
            await hand_over(tx, [made])
        event = ReportOpened(
            report=str(row["id"]),
            scope=wanted.scope,
            period=wanted.period,
            template=content.cover.template,
            template_version=content.cover.template_version,
            as_of=facts.as_of(),
            sha256=document.sha256,
        )
        tx.publish(event, key=wanted.scope)
    return key, is_new


def _unknown_scope(scope: str, like: list[str]) -> UnknownReferenceError:
    reason = no_such("诊改对象", "scope", scope, like)
    return UnknownReferenceError(
        reason.partition(" (")[0],
        f"there is no scope {scope}",
        fields={"$.scope": [reason]},
        fixes=["GET /api/datahub/v1/scopes 列出全部对象 (lists every scope)"],
    )


def _columns(content: Content, document: Document) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "number": content.cover.number,
        "title": content.cover.title,
        "scope_name": content.cover.scope_name,
        "content": canonical(content),
        "html": document.html,
        "sha256": document.sha256,
        "style_sha256": document.style_sha256,
    }
