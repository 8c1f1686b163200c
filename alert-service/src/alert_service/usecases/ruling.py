"""Judge the cells that signals touch by the rules in force; raise, merge, hold and settle.

A batch is a handful of statements, whatever its size. One process at a time judges by an indicator;
others judge by other ones beside it. What the clock may turn comes back by a timer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from alert_service.domain.life import Clocks, Hours
from alert_service.domain.parties import QA_OFFICE, STUDENT_AFFAIRS, scope_of
from alert_service.domain.rules.book import Book, Compiled
from alert_service.domain.rules.model import Signal
from alert_service.domain.rules.outcomes import Outcome
from alert_service.domain.rules.rounds import CellKey, Round, Ruling
from alert_service.domain.rules.selecting import Place, asks_places
from alert_service.domain.rules.sights import LateSignalError, Store
from alert_service.repository import alerts, cells, exemptions, names, signals
from alert_service.repository.rules import Books
from alert_service.usecases.telling import tell
from shared.access.families import RESTRICTED
from shared.calendar.table import read_calendar
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.kit.timers import set_timers
from shared.scopes import FIELDS, belongs_to

RULE: Final = "rule"
"""Kind of the timers that bring a cell, or a rule, back."""

ANEW: Final = "anew/"
"""Before the key of a cell whose rule is another one now."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What judging needs beside the signals."""

    books: Books
    hours: Hours


async def hear_signals(
    tx: Transaction, heard: Sequence[Signal], at: datetime, judge: Judge
) -> None:
    """Keep signals, and judge the cells that they touch."""
    if not heard:
        return
    await signals.log_signals(tx, heard, at)
    book = await judge.books.read(tx)
    wanted = [each for each in heard if book.reads(each)]
    if not wanted:
        return
    readers = _readers(book, wanted)
    await names.share_scopes(tx)
    await cells.lock_reads(tx, _locks(wanted, readers))
    kept = await signals.keep_newest(tx, wanted)
    moved = [each for each, _ in kept.fresh]
    round_ = await _load(tx, book, at, [*moved, *kept.late], readers)
    for each, before in kept.fresh:
        round_.hear(each, before)
    for each in kept.late:
        round_.hear(each, None, late=True)
    round_.judge()
    await _conclude(tx, round_, judge)


async def look_again(
    tx: Transaction,
    keys: Collection[CellKey],
    at: datetime,
    judge: Judge,
    *,
    anew: bool = False,
) -> None:
    """Judge cells once more: their time has come, or their rules are other ones now."""
    book = await judge.books.read(tx)
    known = [key for key in keys if key.rule in book.rules]
    if not known:
        return
    readers = [book.rules[rule] for rule in sorted({key.rule for key in known})]
    await cells.lock_reads(tx, _locks((), readers))
    scopes, rules = {key.scope for key in known}, {key.rule for key in known}
    reads = {read for each in readers for read in each.reads}
    found = await signals.load_signals(tx, reads, scopes)
    around = {
        (name, key.period)
        for key in known
        if book.rules[key.rule].looks_around
        for _, name in book.rules[key.rule].reads
    }
    store = _store([*found, *await signals.load_peers(tx, around)])
    round_ = Round(
        book=book,
        at=at,
        cells=await cells.load_cells_of(tx, scopes, rules),
        store=store,
        places=await _places(tx, readers, scopes | _scopes_around(store, around)),
    )
    for key in known:
        round_.look_at(key)
    round_.judge()
    await _conclude(tx, round_, judge, anew=anew)


async def lock_cells(tx: Transaction, keys: Iterable[CellKey], judge: Judge) -> None:
    """Let nobody else judge cells until the transaction ends."""
    book = await judge.books.read(tx)
    rules = {key.rule for key in keys} & book.rules.keys()
    await cells.lock_reads(tx, _locks((), [book.rules[each] for each in rules]))


def _readers(book: Book, wanted: Iterable[Signal]) -> list[Compiled]:
    groups = {id(found): found for found in map(book.readers, wanted)}
    found = {reader.rule.key: reader for group in groups.values() for reader in group.rules}
    return list(found.values())


def _locks(wanted: Iterable[Signal], readers: Iterable[Compiled]) -> set[str]:
    """Return what is judged by one at a time: each that is read, and rules that read several."""
    reads = {(each.kind, each.name) for each in wanted}
    for each in readers:
        reads |= each.reads
    return {f"{kind}/{name}" for kind, name in reads}


async def _load(
    tx: Transaction,
    book: Book,
    at: datetime,
    touched: Sequence[Signal],
    readers: Sequence[Compiled],
) -> Round:
    plain = [each.rule.key for each in readers if each.plain is not None]
    wide = [each for each in readers if each.plain is None]
    known = {}
    scopes = {each.scope for each in touched}
    if plain:
        known = await cells.load_cells(tx, scopes, {each.period for each in touched}, plain)
    store = Store()
    if wide:
        reads = {read for each in wide for read in each.reads}
        around = {
            (signal.name, signal.period)
            for reader in wide
            if reader.looks_around
            for signal in touched
            if (signal.kind, signal.name) in reader.reads
        }
        found = await signals.load_signals(tx, reads, scopes)
        store = _store([*found, *await signals.load_peers(tx, around)])
        scopes |= _scopes_around(store, around)
        known |= await cells.load_cells_of(tx, scopes, [each.rule.key for each in wide])
    places_of = await _places(tx, readers, scopes)
    return Round(book=book, at=at, cells=known, store=store, places=places_of)


def _store(found: Iterable[Signal]) -> Store:
    store = Store()
    for each in found:
        try:
            store.keep(each)
        except LateSignalError:
            continue  # It was loaded twice: by its scope, and by its period.
    return store


def _scopes_around(store: Store, around: Iterable[tuple[str, str]]) -> set[str]:
    return {scope for name, period in around for scope in store.of_period(name, period)}


async def _places(
    tx: Transaction, readers: Iterable[Compiled], scopes: Collection[str]
) -> dict[str, Place]:
    if not any(asks_places(each.rule.selector) for each in readers):
        return {}
    return await signals.load_places(tx, scopes)


async def _conclude(tx: Transaction, round_: Round, judge: Judge, *, anew: bool = False) -> None:
    """Do to alerts what was ruled, store it all, and tell."""
    at, rulings = round_.at, list(round_.rulings.values())
    if rulings:
        wanted = [str(each.key) for each in rulings]
        there = await cells.load_alerts(tx, wanted)
        answered = [each for each in rulings if each.severity or str(each.key) in there]
        outcome = Outcome(
            round=round_,
            open_alerts=there,
            exemptions=await exemptions.load_exemptions(tx, wanted),
            owner_of=await _owners(tx, answered),
            clocks=Clocks(judge.hours, await read_calendar(tx)),
            new_id=_new_id,
            anew=anew,
        )
        for ruling in rulings:
            outcome.follow(ruling)
        await alerts.save_steps(tx, outcome.steps, at)
        await exemptions.drop_exemptions(tx, outcome.dropped_exemptions)
        if outcome.steps:
            await tell(tx, outcome.steps, at)
    await cells.save_cells(tx, round_.changed, at)
    if round_.wakes:
        await set_timers(tx, RULE, {str(key): due for key, due in round_.wakes.items()})


@dataclass(frozen=True, slots=True)
class Owners:
    """Who answers for what a rule raises."""

    of_scopes: Mapping[str, str]
    above: Mapping[str, Mapping[str, str | None]]
    gone: Collection[str]
    """Who left the college: a rule that names him names nobody."""

    def __call__(self, ruling: Ruling) -> str:
        """Return who answers; an office where nobody is named, or nobody who is there."""
        rule, scope = ruling.compiled.rule, ruling.key.scope
        owner, office = rule.owner, STUDENT_AFFAIRS if rule.family in RESTRICTED else QA_OFFICE
        if owner.by == "fixed":
            named = owner.owner or office
            return office if scope_of(named) in self.gone else named
        if owner.by == "above" and owner.kind is not None:
            key = self.above.get(scope, {}).get(FIELDS[owner.kind])
            scope = f"{owner.kind}/{key}" if key else scope
        return self.of_scopes.get(scope) or office


async def _owners(tx: Transaction, raising: Sequence[Ruling]) -> Owners:
    scopes = {each.key.scope for each in raising}
    asking = {each.key.scope for each in raising if each.compiled.rule.owner.by == "above"}
    above = await belongs_to(tx, asking) if asking else {}
    named = {
        f"{kind}/{fields[field]}"
        for fields in above.values()
        for kind, field in FIELDS.items()
        if fields[field]
    }
    fixed = {each.compiled.rule.owner.owner or "" for each in raising} - {""}
    return Owners(
        of_scopes=await names.find_owners(tx, scopes | named) if scopes else {},
        above=above,
        gone=await names.find_gone(tx, map(scope_of, fixed)) if fixed else (),
    )


def _new_id() -> str:
    return str(uuid7())


def read_key(key: str) -> CellKey:
    """Return the cell of a key as timers have it."""
    rule, _, rest = key.removeprefix(ANEW).removeprefix("rule/").partition("@")
    scope, _, period = rest.rpartition("@")
    return CellKey(rule, scope, period)
