"""A value is handed in, revised, approved, rejected, withdrawn. Nothing that was said is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from datahub.dictionary.domain.document import Faults
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.handed import (
    Entry,
    Handed,
    HandedStateError,
    MeasuredAlreadyError,
    check_decider,
    check_entry,
    check_state,
    refuse,
)
from datahub.indicators.repository import handed as store
from shared.errors import no_such
from shared.kit import files
from shared.kit.database import Transaction
from shared.kit.etags import Precondition
from shared.kit.identity import NotAllowedError

Known = Mapping[str, Indicator]


@dataclass(frozen=True, slots=True)
class Decider:
    """Who takes a value back."""

    person: str
    may_decide: bool
    """He may approve values."""


async def enter(tx: Transaction, entry: Entry, by: str, known: Known) -> str:
    """Hand a value in for a cell for which there is none; return its id.

    Raises:
        HandedInvalidError: with everything that is wrong.
        MeasuredAlreadyError: the cell is measured.
        HandedStateError: a value is there; that one is to be revised.
    """
    await _check(tx, entry, known)
    await store.lock_place(tx, entry)
    for there in (await store.list_current(tx, entry)).values():
        _refuse_second(there)
    await _refuse_measured(tx, entry)
    return await store.add(tx, entry, by, None)


async def revise(
    tx: Transaction, handed: str, entry: Entry, by: str, known: Known, expect: Precondition
) -> str:
    """Hand another value in for the cell of one; return its id.

    What waited or was rejected is replaced at once; what is approved counts until the new one is.

    Raises:
        HandedInvalidError: with everything that is wrong, another cell among it.
        HandedStateError: it was withdrawn or replaced, or another one waits.
        MeasuredAlreadyError: the cell is measured.
    """
    old = await store.get(tx, handed)
    expect(old.version)
    await _check(tx, entry, known, old.entry.cell)
    check_state(old, "waiting", "rejected", "approved")
    current = await store.list_current(tx, entry)
    waiting = current.get("waiting")
    if waiting is not None and waiting.id != old.id:
        _refuse_second(waiting)
    if old.state == "rejected" and "approved" in current:
        _refuse_second(current["approved"])
    await _refuse_measured(tx, entry)
    if old.state != "approved":
        await store.move(tx, old, "replaced", by)
    return await store.add(tx, entry, by, old)


async def approve(tx: Transaction, handed: str, by: str, expect: Precondition) -> None:
    """Let a value count; the one that counted is replaced.

    Raises:
        OwnValueError: he entered it himself.
        HandedStateError: it does not wait.
        MeasuredAlreadyError: the cell has come to be measured.
    """
    found = await store.get(tx, handed)
    expect(found.version)
    check_state(found, "waiting")
    check_decider(found, by)
    await _refuse_measured(tx, found.entry)
    before = (await store.list_current(tx, found.entry)).get("approved")
    if before is not None:
        await store.move(tx, before, "replaced", by)
    await store.move(tx, found, "approved", by)


async def reject(tx: Transaction, handed: str, by: str, reason: str, expect: Precondition) -> None:
    """Refuse a value, with the reason.

    Raises:
        OwnValueError: he entered it himself.
        HandedStateError: it does not wait.
    """
    found = await store.get(tx, handed)
    expect(found.version)
    check_state(found, "waiting")
    check_decider(found, by)
    await store.move(tx, found, "rejected", by, reason)


async def withdraw(
    tx: Transaction, handed: str, by: Decider, reason: str, expect: Precondition
) -> None:
    """Take a value back, with the reason; one that is approved counts no more.

    Raises:
        NotAllowedError: it is approved, and he decides on none.
        OwnValueError: it is approved, and he entered it himself.
        HandedStateError: it was withdrawn or replaced before.
    """
    found = await store.get(tx, handed)
    expect(found.version)
    check_state(found, "waiting", "rejected", "approved")
    if found.state == "approved":
        if not by.may_decide:
            raise NotAllowedError(
                "已批准的值须由有 datahub:approve 权限的人撤回",
                "what is approved is taken back with the permission datahub:approve",
            )
        check_decider(found, by.person)
    await store.move(tx, found, "withdrawn", by.person, reason)


async def _check(tx: Transaction, entry: Entry, known: Known, cell: str | None = None) -> None:
    """Refuse an entry with everything that is wrong."""
    faults = Faults()
    if cell is not None and entry.cell != cell:
        faults.add("$.period", f"修订须是同一个值 {cell} (a revision is for the same cell)")
    indicator = known.get(entry.indicator)
    if indicator is None:
        close = get_close_matches(entry.indicator, known)
        faults.add("$.indicator", no_such("指标", "indicator", entry.indicator, close))
    else:
        check_entry(entry, indicator, faults)
    if not await store.is_scope(tx, entry.scope):
        faults.add("$.scope", f"没有诊改对象 {entry.scope}，见 GET /scopes (no such scope)")
    if entry.evidence is not None and await files.find(tx, entry.evidence) is None:
        faults.add("$.evidence", "没有这个文件，先 POST /evidence (no such file: upload it first)")
    refuse(faults)


def _refuse_second(there: Handed) -> NoReturn:
    raise HandedStateError(
        f"{there.entry.cell} 已有一条填报 {there.id}（{there.state}）",
        f"{there.id} was handed in for {there.entry.cell} before, and is {there.state}",
        fixes=[f"PUT /handed-in/{there.id} 修订它 (revise that one)"],
    )


async def _refuse_measured(tx: Transaction, entry: Entry) -> None:
    if await store.measured_among(tx, [entry.cell]):
        raise MeasuredAlreadyError(
            f"{entry.cell} 已由公式测得，填报不能取代它",
            f"{entry.cell} is measured by its formula: nothing typed takes its place",
            fixes=["在源系统改正记录 (mend the records in their source system)"],
        )
