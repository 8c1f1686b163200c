"""A value is handed in, revised, approved, rejected, withdrawn. Nothing that was said is lost."""

from collections.abc import Mapping
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
from datahub.indicators.domain.party import Party, check_hands_in
from datahub.indicators.repository import handed as store
from datahub.indicators.repository.standing import standing_of
from datahub.indicators.usecases.steps import How, close_step, open_step
from shared.access.rules import Kind, is_open
from shared.errors import no_such
from shared.kit.database import Transaction
from shared.kit.etags import Precondition

Known = Mapping[str, Indicator]


async def enter(tx: Transaction, entry: Entry, by: Party, known: Known) -> str:
    """Hand a value in for a cell for which there is none; return its id.

    Raises:
        ElsewhereError: he does not answer for the scope.
        HandedInvalidError: with everything that is wrong.
        MeasuredAlreadyError: the cell is measured.
        HandedStateError: a value is there; that one is to be revised.
    """
    await _check(tx, entry, by, known)
    await store.lock_place(tx, entry)
    for there in (await store.list_current(tx, entry)).values():
        _refuse_second(there)
    await _refuse_measured(tx, entry)
    return await _add(tx, entry, by, known, None)


async def revise(
    tx: Transaction, handed: str, entry: Entry, by: Party, known: Known, expect: Precondition
) -> str:
    """Hand another value in for the cell of one; return its id.

    What waited or was rejected is replaced at once; what is approved counts until the new one is.

    Raises:
        ElsewhereError: he does not answer for the scope.
        HandedInvalidError: with everything that is wrong, another cell among it.
        HandedStateError: it was withdrawn or replaced, or another one waits.
        MeasuredAlreadyError: the cell is measured.
    """
    old = await store.get(tx, handed)
    expect(old.version)
    await _check(tx, entry, by, known, old)
    check_state(old, "waiting", "rejected", "approved")
    current = await store.list_current(tx, entry)
    waiting = current.get("waiting")
    if waiting is not None and waiting.id != old.id:
        _refuse_second(waiting)
    if old.state == "rejected" and "approved" in current:
        _refuse_second(current["approved"])
    await _refuse_measured(tx, entry)
    if old.state != "approved":
        await _move(tx, old, "replaced", by)
    return await _add(tx, entry, by, known, old)


async def approve(tx: Transaction, handed: str, by: Party, expect: Precondition) -> None:
    """Let a value count; the one that counted is replaced.

    Raises:
        OwnValueError: he entered it himself.
        ElsewhereError: he does not lead its scope.
        HandedStateError: it does not wait.
        MeasuredAlreadyError: the cell has come to be measured.
    """
    found = await _to_decide(tx, handed, by, expect)
    await _refuse_measured(tx, found.entry)
    before = (await store.list_current(tx, found.entry)).get("approved")
    if before is not None:
        await _move(tx, before, "replaced", by)
    await _move(tx, found, "approved", by)


async def reject(
    tx: Transaction, handed: str, by: Party, reason: str, expect: Precondition
) -> None:
    """Refuse a value, with the reason.

    Raises:
        OwnValueError: he entered it himself.
        ElsewhereError: he does not lead its scope.
        HandedStateError: it does not wait.
    """
    found = await _to_decide(tx, handed, by, expect)
    await _move(tx, found, "rejected", by, reason)


async def withdraw(
    tx: Transaction, handed: str, by: Party, reason: str, expect: Precondition
) -> None:
    """Take a value back, with the reason; one that is approved counts no more.

    Raises:
        ElsewhereError: he does not answer for its scope, or it is approved and he does not lead it.
        OwnValueError: it is approved, and he entered it himself.
        HandedStateError: it was withdrawn or replaced before.
    """
    found = await store.get(tx, handed)
    expect(found.version)
    check_state(found, "waiting", "rejected", "approved")
    standing = await standing_of(tx, found.entry.scope, by.owner)
    if found.state == "approved":
        check_decider(found, by, standing)
    elif not (by.hands_in and found.entered_by == by.subject):
        check_hands_in(by, standing, found.entry.scope)
    await _move(tx, found, "withdrawn", by, reason)


async def _to_decide(tx: Transaction, handed: str, by: Party, expect: Precondition) -> Handed:
    found = await store.get(tx, handed)
    expect(found.version)
    check_state(found, "waiting")
    check_decider(found, by, await standing_of(tx, found.entry.scope, by.owner))
    return found


async def _add(
    tx: Transaction, entry: Entry, by: Party, known: Known, replaces: Handed | None
) -> str:
    added = await store.add(tx, entry, by.subject, replaces)
    open_step(tx, added, known[entry.indicator])
    return added.id


async def _move(
    tx: Transaction, handed: Handed, how: How, by: Party, reason: str | None = None
) -> None:
    await store.move(tx, handed, how, by.subject, reason)
    if handed.state == "waiting":
        close_step(tx, handed, how, by.subject)


async def _check(
    tx: Transaction, entry: Entry, by: Party, known: Known, old: Handed | None = None
) -> None:
    """Refuse an entry with everything that is wrong; of a scope that is not his, nothing more."""
    refuse(await find_faults(tx, entry, by, known, old))


async def find_faults(
    tx: Transaction, entry: Entry, by: Party, known: Known, old: Handed | None = None
) -> Faults:
    """Return everything that is wrong with an entry.

    Raises:
        ElsewhereError: he does not answer for the scope.
    """
    faults = Faults()
    if old is not None and entry.cell != old.entry.cell:
        same = f"修订须是同一个值 {old.entry.cell} (a revision is for the same cell)"
        faults.add("$.period", same)
    indicator = known.get(entry.indicator)
    if indicator is None:
        close = get_close_matches(entry.indicator, known)
        faults.add("$.indicator", no_such("指标", "indicator", entry.indicator, close))
    else:
        check_entry(entry, indicator, faults)
    is_known = await store.is_scope(tx, entry.scope)
    # Which persons there are, nobody is told who does not answer for them.
    if is_known or not is_open(Kind.NAME, entry.scope):
        check_hands_in(by, await standing_of(tx, entry.scope, by.owner), entry.scope)
    if not is_known:
        faults.add("$.scope", f"没有诊改对象 {entry.scope}，见 GET /scopes (no such scope)")
    if entry.evidence is not None and not await _may_name(tx, entry.evidence, by, old):
        reason = "您没有上传过这个文件，先 POST /evidence (you have not uploaded it: do so first)"
        faults.add("$.evidence", reason)
    return faults


async def _may_name(tx: Transaction, evidence: str, by: Party, old: Handed | None) -> bool:
    """Return whether somebody may name a file: who knows its digest alone does not come by it."""
    is_kept = old is not None and old.entry.evidence == evidence
    return is_kept or await store.has_uploaded(tx, evidence, by.subject)


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
