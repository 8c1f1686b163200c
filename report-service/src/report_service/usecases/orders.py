"""Orders: many reports as one job, and drafts that a cycle opens; each made once, or not at all."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog

from report_service.domain.kinds.registry import kind_of
from report_service.domain.orders import (
    MOST_ATTACHED,
    BatchNotFoundError,
    BatchOverError,
    BatchRunningError,
    check_size,
    file_name,
    folder_of,
    told_apart,
)
from report_service.repository import orders, reports, schedules
from report_service.repository.facts import read_in_one_snapshot
from report_service.repository.reading import Groups
from report_service.schemas.reports import MakeReport
from report_service.tables import BatchRow, OrderRow
from report_service.usecases.drafting import open_draft
from report_service.usecases.filing import MEDIA, files_of
from report_service.usecases.rendering.press import Press
from report_service.usecases.reports import check_template, make_report
from shared.contracts.report import DeliveredFile, ReportDelivered
from shared.errors import DomainError, UnknownReferenceError
from shared.kit.database import Transaction
from shared.kit.ids import uuid7

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a batch is to make."""

    kind: str
    period: str
    scopes: Sequence[str] = ()
    of: str | None = None
    within: str | None = None
    formats: Sequence[str] = ("docx", "pdf")
    as_of: datetime | None = None
    template_version: int | None = None
    title: str = ""
    schedule: str | None = None
    deliver: dict[str, Any] | None = field(default=None)


async def open_batch(tx: Transaction, wanted: Wanted, by: str, at: datetime) -> UUID:
    """Order a report of each of some objects, all of them as of one moment; return its id.

    Raises:
        UnknownReferenceError: there is no such object, by name.
        UnknownKindError: no such report is about such objects.
        BatchEmptyError: nothing is chosen.
        BatchTooLargeError: too much is chosen.
        TemplateUnknownError: there is no such version.
    """
    chosen = await orders.chosen(tx, scopes=wanted.scopes, of=wanted.of, within=wanted.within)
    _check_all_known(wanted.scopes, {each.scope for each in chosen})
    check_size(len(chosen))
    for kind in sorted({each.scope.partition("/")[0] for each in chosen}):
        kind_of(wanted.kind, f"{kind}/")
    await check_template(tx, wanted.kind, wanted.template_version)
    names = await orders.names_of(tx, sorted({up for each in chosen for up in each.parents}))
    batch = uuid7()
    as_of = wanted.as_of or at
    told = {
        "period": wanted.period,
        "kind": wanted.kind,
        "template_version": wanted.template_version,
        "as_of": as_of,
        "formats": sorted(set(wanted.formats)),
        "schedule": wanted.schedule,
    }
    rows = [
        told
        | {
            "id": uuid7(),
            "batch": batch,
            "scope": each.scope,
            "folder": folder_of(each, names),
            "by": by,
            "state": "waiting",
        }
        for each in sorted(chosen, key=lambda each: (folder_of(each, names), each.scope))
    ]
    more = {"id": batch, "title": wanted.title, "total": len(rows), "deliver": wanted.deliver}
    await orders.add_batch(tx, told | more | {"created_at": at, "created_by": by}, rows)
    return batch


async def make_order(
    tx: Transaction, order: OrderRow, press: Press, at: datetime, groups: Groups | None = None
) -> None:
    """Make the report of an order, its files or its draft; all of it in one transaction.

    Raises:
        DomainError: it cannot be made; nothing is stored.
    """
    wanted = MakeReport(
        scope=order.scope,
        period=order.period,
        kind=order.kind,
        as_of=order.as_of,
        template_version=order.template_version,
    )
    key, _ = await make_report(tx, wanted, at, order.by, cycle=order.cycle, groups=groups)
    row = await reports.read_by_key(tx, key)
    if order.batch is None:
        await open_draft(tx, row, order.cycle, order.due_at, at)
        if order.code is not None:
            order.code = order.zh = order.en = None
            await schedules.note_failure(tx, order.schedule, None)
    files = await files_of(tx, row, order.formats, press)
    await orders.add_produced(
        tx,
        [
            {
                "ordered": order.id,
                "format": kind,
                "content": content,
                "sha256": sha256(content).hexdigest(),
            }
            for kind, content in sorted(files.items())
        ],
    )
    order.state, order.report, order.at = "done", row.id, at


async def take_next(tx: Transaction) -> OrderRow | None:
    """Take the order that is made next, in the snapshot from which it is made."""
    await read_in_one_snapshot(tx)
    return await orders.take_next(tx)


async def note_refusal(tx: Transaction, id_: UUID, error: DomainError, at: datetime) -> None:
    """Note why an order was not made; of a draft, which no batch lists, beside its schedule."""
    why = {"code": error.code, "zh": error.zh, "en": error.en, "at": at}
    order = await orders.note_failed(tx, id_, why)
    if order is not None and order.batch is None:
        log.warning("draft_failed", scope=order.scope, cycle=order.cycle, code=error.code)
        told = f"{order.scope}：{error.zh} ({order.scope}: {error.en})"
        await schedules.note_failure(tx, order.schedule, told)


async def finish_batches(tx: Transaction, at: datetime) -> None:
    """Note which batches are over, and tell those who asked to be told."""
    for batch in await orders.over_batches(tx):
        batch.finished_at = at
        counts = (await orders.counts_of(tx, [batch.id]))[batch.id]
        if batch.deliver and batch.cancelled_at is None:
            files, said = await _attached(tx, batch)
            tx.publish(_delivered(batch, counts, files, said, at), key=str(batch.id))


async def cancel_batch(tx: Transaction, id_: UUID, at: datetime) -> BatchRow:
    """Make no more of a batch; what was made stays.

    Raises:
        BatchNotFoundError: no batch has that id.
    """
    batch = await _locked(tx, id_)
    if batch.cancelled_at is None and batch.finished_at is None:
        batch.cancelled_at = at
        await orders.set_state(tx, id_, "waiting", "cancelled")
    return batch


async def delete_batch(tx: Transaction, id_: UUID) -> None:
    """Delete the files of a batch that is over, and what was ordered; its reports stay.

    Raises:
        BatchNotFoundError: no batch has that id.
        BatchRunningError: something of it is still to be made.
    """
    batch = await _locked(tx, id_)
    if batch.finished_at is None and batch.cancelled_at is None:
        raise BatchRunningError(
            "这一批还在生成",
            "it is still being made",
            fixes=["POST /batches/{batch}/cancellation"],
        )
    await orders.drop_batch(tx, id_)


async def retry_batch(tx: Transaction, id_: UUID) -> BatchRow:
    """Order anew what failed.

    Raises:
        BatchNotFoundError: no batch has that id.
        BatchOverError: it was cancelled.
    """
    batch = await _locked(tx, id_)
    if batch.cancelled_at is not None:
        raise BatchOverError(
            "这一批已取消，请另建一批", "it was cancelled; open another", fixes=["POST /batches"]
        )
    if await orders.set_state(tx, id_, "failed", "waiting"):
        batch.finished_at = None
    return batch


async def _locked(tx: Transaction, id_: UUID) -> BatchRow:
    batch = await orders.read_batch(tx, id_, lock=True)
    if batch is None:
        raise BatchNotFoundError(f"没有批次 {id_}", f"there is no batch {id_}")
    return batch


def _check_all_known(named: Sequence[str], known: set[str]) -> None:
    unknown = {at: each for at, each in enumerate(named) if each not in known}
    if unknown:
        raise UnknownReferenceError(
            f"没有对象 {'、'.join(list(unknown.values())[:10])}",
            f"there is no scope {', '.join(list(unknown.values())[:10])}",
            fields={f"$.scopes[{at}]": [f"没有 {each} (unknown)"] for at, each in unknown.items()},
            fixes=["GET /api/datahub/v1/scopes 列出全部对象 (lists every scope)"],
        )


async def _attached(
    tx: Transaction, batch: BatchRow
) -> tuple[tuple[DeliveredFile, ...], tuple[str, ...]]:
    """Return the files that go along, and what is said where they are too large for that."""
    if not (batch.deliver or {}).get("attach"):
        return (), ()
    size = await orders.size_of(tx, batch.id)
    if size > MOST_ATTACHED:
        said = (
            f"文件共 {size / 1024:,.0f} KiB，超过附件上限 {MOST_ATTACHED >> 10} KiB，请由链接下载"
        )
        return (), (said,)
    made = await orders.made_files(tx, batch.id, None)
    names = told_apart(
        file_name(each.scope, each.scope_name, each.title, each.format) for each in made
    )
    files = [
        DeliveredFile(
            name=name,
            media_type=MEDIA[each.format],
            content=b64encode(content).decode(),
            sha256=sha256(content).hexdigest(),
        )
        for name, each, content in zip(names, made, await orders.contents_of(tx, made), strict=True)
    ]
    return tuple(files), ()


def _delivered(
    batch: BatchRow,
    counts: dict[str, int],
    files: tuple[DeliveredFile, ...],
    said: tuple[str, ...],
    at: datetime,
) -> ReportDelivered:
    done, failed = counts.get("done", 0), counts.get("failed", 0)
    deliver = batch.deliver or {}
    return ReportDelivered(
        delivery=str(batch.id),
        title=f"{batch.title or '批量报告'}已生成",
        lines=(f"共 {batch.total:,} 份，已生成 {done:,} 份，失败 {failed:,} 份", *said),
        link=f"/api/report/v1/batches/{batch.id}/zip",
        channels=tuple(deliver.get("channels", ())),
        persons=tuple(deliver.get("persons", ())),
        files=files,
        at=at,
    )
