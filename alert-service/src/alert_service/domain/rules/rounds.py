"""A batch of signals against the book: which cells fire, which are over, which cannot be told.

A cell is a rule at a scope in a period. What is not remembered of a cell is in order. Plain rules
are judged on the signal alone; the others on all that is known of the scope when a batch was kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from typing_extensions import override

from alert_service.domain.periods import order_of
from alert_service.domain.rules.book import Book, Compiled
from alert_service.domain.rules.judging import stale_from
from alert_service.domain.rules.measures import Crowd
from alert_service.domain.rules.memory import NOTHING, Mark, Memory, Stand, note, stand_of
from alert_service.domain.rules.model import Signal, Verdict
from alert_service.domain.rules.selecting import Places, selects
from alert_service.domain.rules.sights import Sight, Store
from alert_service.domain.severity import HoldReason, rank_of
from shared.contracts.vocabulary import Severity


class CellKey(NamedTuple):
    """A rule at a scope in a period."""

    rule: str
    scope: str
    period: str

    @override
    def __str__(self) -> str:
        return f"rule/{self.rule}@{self.scope}@{self.period}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What is remembered of a cell."""

    key: CellKey
    memory: Memory = NOTHING
    since: datetime | None = None
    """When it began to fire, whether or not it has lasted."""

    cool_until: datetime | None = None
    state: str = "pending"
    """``pending firing near cooling``, or why it cannot be told: ``no-data thin stale error``."""

    detail: str = ""


class Ruling(NamedTuple):
    """What a cell shows after a batch."""

    compiled: Compiled
    key: CellKey
    severity: Severity | None
    """None: it does not fire."""

    hold: HoldReason | None
    signal: Signal | None
    """What it fires on; what it was told of last, where it does not."""

    value: Decimal | None
    is_over: bool
    """What it fired on ended, whatever cannot be told since."""


_ERRORS: Final = (ArithmeticError, ValueError)
"""Of numbers that cannot be reckoned with."""


@dataclass(kw_only=True)
class Round:
    """One batch.

    Args:
        cells: what is remembered of the cells that the batch may touch.
        store: signals that the rules other than plain ones read.
    """

    book: Book
    at: datetime
    cells: dict[CellKey, Cell]
    places: Places = field(default_factory=dict)
    store: Store = field(default_factory=Store)
    changed: dict[CellKey, Cell | None] = field(default_factory=dict)
    """Cells that are other ones now; None: nothing is to be remembered any more."""

    rulings: dict[CellKey, Ruling] = field(default_factory=dict)
    wakes: dict[CellKey, datetime | None] = field(default_factory=dict)
    _todo: dict[CellKey, Signal | None] = field(default_factory=dict)
    _told: set[CellKey] = field(default_factory=set)
    """Cells of plain rules that the batch is about."""

    _around: set[tuple[str, str, str]] = field(default_factory=set)
    """Rule, indicator and period of which every scope is noted."""

    _crowds: dict[tuple[str, str, str], Crowd] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._places_known = {(key.scope, key.period) for key in self.cells}

    def hear(self, signal: Signal, before: int | None, *, late: bool = False) -> None:
        """Take a signal that was kept, or came late.

        Args:
            before: seq of what was known of its cell before.
            late: a newer one is known.
        """
        place = signal.scope, signal.period
        value, is_new = signal.value, place not in self._places_known
        readers = self.book.readers(signal)
        if is_new and readers.is_calm(value):
            return  # In order, as nearly every value is, and nothing is remembered of it.
        for compiled in readers.rules:
            plain = compiled.plain
            if plain is None:
                if not late:
                    self._note_cells(compiled, signal)
                continue
            if is_new and value is not None and plain.is_sure and not plain.near(value):
                continue
            mark = compiled.mark(signal, self.at)
            key = CellKey(compiled.rule.key, signal.scope, signal.period)
            known = self.cells.get(key)
            if known is None and (late or mark.what == "clear"):
                continue
            if not self._is_about(compiled, signal.scope, signal.period):
                continue
            self._told.add(key)
            self._places_known.add(place)
            self._take(compiled, known or self._new(key, before), mark, signal)

    def look_at(self, key: CellKey) -> None:
        """Judge a cell again: its time has come, or its rule is another one."""
        compiled = self.book.rules.get(key.rule)
        if compiled is None:
            return
        if compiled.plain is None:
            self._todo.setdefault(key, None)
            return
        known = self.store.of_scope(next(iter(compiled.reads)), key.scope)
        signal = next((each for each in known if each.period == key.period), None)
        if signal is None or not self._is_about(compiled, key.scope, key.period):
            return
        self._take(
            compiled,
            self.cells.get(key) or self._new(key, None),
            compiled.mark(signal, self.at),
            signal,
        )

    def judge(self) -> None:
        """Judge the cells of rules that read more than one value."""
        for key, signal in self._todo.items():
            compiled = self.book.rules[key.rule]
            if self._is_about(compiled, key.scope, key.period):
                self._weigh(compiled, key, signal)
        self._todo.clear()

    def cool(self, key: CellKey, until: datetime) -> None:
        """Let a cell rest, and look at it again then."""
        cell = self.cells.get(key) or Cell(key=key)
        self.changed[key] = self.cells[key] = replace(cell, cool_until=until, state="cooling")
        self._wake(key, [until])

    def _new(self, key: CellKey, before: int | None) -> Cell:
        return Cell(key=key, memory=Memory(since=before))

    def _is_about(self, compiled: Compiled, scope: str, period: str) -> bool:
        rule = compiled.rule
        if rule.periods and period.partition(":")[0] not in rule.periods:
            return False
        return selects(rule.selector, scope, self.places)

    def _note_cells(self, compiled: Compiled, signal: Signal) -> None:
        """Note the cells whose verdict a signal may turn."""
        rule = compiled.rule.key
        if compiled.anchor is None:
            self._todo[CellKey(rule, signal.scope, signal.period)] = signal
            return
        for period in self._periods_at(compiled, signal):
            self._todo[CellKey(rule, signal.scope, period)] = signal
        around = rule, signal.name, signal.period
        if compiled.looks_around and around not in self._around:
            self._around.add(around)
            for scope in self.store.of_period(signal.name, signal.period):
                self._todo.setdefault(CellKey(rule, scope, signal.period), None)

    def _periods_at(self, compiled: Compiled, signal: Signal) -> Iterable[str]:
        assert compiled.anchor is not None
        known = {each.period for each in self.store.of_scope(compiled.anchor, signal.scope)}
        if signal.period in known or not known:
            own, place = order_of(signal.period)
            later = [each for each in known if (order_of(each) >= (own, place))]
            back = [each for each in later if order_of(each)[0] == own]
            return {signal.period, *back} if compiled.looks_back else {signal.period}
        return {max(known, key=order_of)}

    def _take(self, compiled: Compiled, cell: Cell, mark: Mark, signal: Signal) -> None:
        """Take a mark of a plain rule."""
        memory = note(cell.memory, mark, compiled.rule.times)
        stale_at = stale_from(signal, compiled.rule.least)
        wakes = [stale_at] if stale_at is not None and stale_at > self.at else []
        self._rule(compiled, replace(cell, memory=memory), signal, wakes)

    def _weigh(self, compiled: Compiled, key: CellKey, signal: Signal | None) -> None:
        """Judge a cell of a rule that reads more than one value."""
        sight = Sight(
            compiled.rule,
            key.scope,
            key.period,
            self.at,
            self.store,
            self.places,
            compiled.anchor is not None,
            self._crowds,
        )
        detail = ""
        try:
            verdict: Verdict = compiled.check(sight)
        except _ERRORS as error:
            verdict, detail = HoldReason.ERROR, f"{type(error).__name__}: {error}"[:200]
        known = self.cells.get(key)
        if known is None and verdict is False:
            self._wake(key, sight.wakes)
            return
        about = self._about(compiled, sight, signal)
        value = about.value if about else None
        firing = verdict is True or (verdict is not False and bool(known and known.memory.firing))
        if isinstance(verdict, HoldReason):
            mark = Mark(0, "unknown", value, verdict)
        else:
            mark = Mark(0, "beyond" if verdict else "clear", value)
        memory = Memory(firing=firing, run=int(firing), marks=(mark,))
        cell = replace(known or Cell(key=key), memory=memory, detail=detail)
        self._rule(compiled, cell, about, sight.wakes, sight)

    def _about(self, compiled: Compiled, sight: Sight, signal: Signal | None) -> Signal | None:
        if compiled.anchor is None:
            return signal
        kind, name = compiled.anchor
        return sight.value(name) if kind == "measured" else next(iter(sight.judged(name)), signal)

    def _rule(
        self,
        compiled: Compiled,
        cell: Cell,
        signal: Signal | None,
        wakes: list[datetime],
        sight: Sight | None = None,
    ) -> None:
        """Note what a cell comes to, what is remembered of it, and when to look again."""
        stand, rule, key = stand_of(cell.memory, compiled.rule.times), compiled.rule, cell.key
        newest = stand.newest
        since = (cell.since or self.at) if stand.firing else None
        lasts = since is not None and since + rule.lasting <= self.at
        if since is not None and not lasts:
            wakes.append(since + rule.lasting)
        hold = newest.hold if newest else None
        state = _state(stand, lasts=lasts, hold=hold)
        # What is over is told, and remembered no longer than its rule cools down.
        severity = self._severity(compiled, stand, sight) if lasts else None
        if hold is not None and key not in self._told:
            # Nothing was said of it: what cannot be told raises nothing.
            severity = None
        value = _value(stand, signal)
        over = key in self._told and not stand.firing
        self.rulings[key] = Ruling(compiled, key, severity, hold, signal, value, over)
        if newest is None or newest.what == "clear":
            cooling = cell.cool_until is not None and cell.cool_until > self.at
            kept = replace(cell, since=None, state="cooling") if cooling else None
            self._keep(key, kept)
        else:
            self._keep(key, replace(cell, since=since, state=state))
        self._wake(key, wakes)

    def _keep(self, key: CellKey, cell: Cell | None) -> None:
        if cell is None:
            if self.cells.pop(key, None) is not None:
                self.changed[key] = None
            else:
                self.changed.pop(key, None)
            return
        if self.cells.get(key) != cell:
            self.changed[key] = self.cells[key] = cell

    def _wake(self, key: CellKey, wakes: Iterable[datetime]) -> None:
        at = min(wakes, default=None)
        if at is not None or key in self.wakes or key in self.cells:
            self.wakes[key] = at

    def _severity(self, compiled: Compiled, stand: Stand, sight: Sight | None) -> Severity:
        """Return the gravest colour whose condition holds."""
        found = [compiled.rule.severity]
        if compiled.plain is not None:
            value = stand.beyond.value if stand.beyond else None
            rungs = compiled.plain.rungs if value is not None else ()
            found += [each for each, beyond in rungs if value is not None and beyond(value)]
        elif sight is not None:
            found += [each for each, check in compiled.rungs if check(sight) is True]
        return max(found, key=rank_of)


def _state(stand: Stand, *, lasts: bool, hold: HoldReason | None) -> str:
    if hold is not None:
        return hold.value
    if stand.firing and lasts:
        return "firing"
    return "pending" if stand.run or stand.firing else "near"


def _value(stand: Stand, signal: Signal | None) -> Decimal | None:
    """Return the value that counts: the newest that could be told, else the newest."""
    mark = stand.known or stand.newest
    return mark.value if mark else signal.value if signal else None
