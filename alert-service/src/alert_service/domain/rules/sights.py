"""What is known when a rule is judged at a cell: signals by scope, and by period."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from alert_service.domain.periods import order_of
from alert_service.domain.rules.measures import Crowd
from alert_service.domain.rules.model import Rule, Signal
from alert_service.domain.rules.reading import Read
from alert_service.domain.rules.selecting import Places, selects


class Store:
    """The newest signals, as far as rules read them."""

    def __init__(self, signals: Iterable[Signal] = ()) -> None:
        self._by_scope: dict[tuple[str, str, str], dict[tuple[str, str], Signal]] = {}
        self._by_period: dict[tuple[str, str, str], dict[str, Signal]] = {}
        for signal in signals:
            self.keep(signal)

    def keep(self, signal: Signal) -> Signal | None:
        """Keep a signal unless a newer one is known; return the one before it.

        Raises:
            LateSignalError: a newer one is known.
        """
        mine = self._by_scope.setdefault((signal.kind, signal.name, signal.scope), {})
        known = mine.get((signal.period, signal.thing))
        if known is not None and known.seq >= signal.seq:
            raise LateSignalError
        mine[signal.period, signal.thing] = signal
        if signal.kind == "measured":
            where = (signal.kind, signal.name, signal.period)
            self._by_period.setdefault(where, {})[signal.scope] = signal
        return known

    def of_scope(self, read: Read, scope: str) -> list[Signal]:
        """Return every signal of a scope, in no order."""
        return list(self._by_scope.get((*read, scope), {}).values())

    def of_period(self, name: str, period: str) -> dict[str, Signal]:
        """Return the values of an indicator in a period, by scope."""
        return self._by_period.get(("measured", name, period), {})


class LateSignalError(Exception):
    """A newer signal is known."""


@dataclass(slots=True)
class Sight:
    """A cell as a condition sees it."""

    rule: Rule
    scope: str
    period: str
    at: datetime
    store: Store
    places: Places
    is_anchored: bool = True
    """Its period is that of a value; else that of a thing."""

    crowds: dict[tuple[str, str, str], Crowd] = field(default_factory=dict)
    """Of a batch: by rule, indicator and period."""

    wakes: list[datetime] = field(default_factory=list)
    """Instants at which the clock alone may turn a verdict."""

    def value(self, name: str) -> Signal | None:
        """Return the value of an indicator in the period, else the newest one of the scope."""
        known = self.store.of_scope(("measured", name), self.scope)
        here = next((each for each in known if each.period == self.period), None)
        return here or max(known, key=lambda each: (each.seq, each.period), default=None)

    def judged(self, name: str) -> list[Signal]:
        """Return the judgements of an indicator in the period."""
        known = self.store.of_scope(("judged", name), self.scope)
        return [each for each in known if each.period == self.period]

    def things(self, kind: str) -> list[Signal]:
        """Return the things of a kind: those of the scope, and of the period if it is theirs."""
        known = self.store.of_scope((kind, ""), self.scope)
        return [each for each in known if self.is_anchored or each.period == self.period]

    def past(self, read: Read) -> list[Signal]:
        """Return the signals of periods before, of the same kind, the newest first."""
        kind, place = order_of(self.period)
        known = [(order_of(each.period), each) for each in self.store.of_scope(read, self.scope)]
        before = [(own, each) for own, each in known if own[0] == kind and own[1] < place]
        before.sort(key=lambda pair: (pair[0][1], pair[1].thing), reverse=True)
        return [each for _, each in before]

    def crowd(self, name: str, counts: Callable[[Signal], bool]) -> Crowd:
        """Return the values of every scope that the rule is about, in the period.

        Args:
            counts: whether a value may be compared with; the same for every cell of the rule.
        """
        where = self.rule.key, name, self.period
        if where not in self.crowds:
            known, chosen = self.store.of_period(name, self.period), self.rule.selector
            self.crowds[where] = Crowd(
                {
                    scope: each.value
                    for scope, each in known.items()
                    if each.value is not None and selects(chosen, scope, self.places)
                    if counts(each)
                }
            )
        return self.crowds[where]

    def wake(self, at: datetime) -> None:
        """Note an instant at which the clock may turn the verdict."""
        if at > self.at:
            self.wakes.append(at)
