"""A rule on history: what it would have raised, held and settled, had it been in force.

It is judged by the same rounds as what comes in: batch by batch as it was heard, with every turn of
the clock between them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count, groupby

from alert_service.domain.life import Alert, Clocks, Step
from alert_service.domain.parties import QA_OFFICE
from alert_service.domain.rules.book import Book
from alert_service.domain.rules.model import Rule, Signal
from alert_service.domain.rules.outcomes import Outcome
from alert_service.domain.rules.rounds import Cell, CellKey, Round
from alert_service.domain.rules.selecting import Places
from alert_service.domain.rules.sights import LateSignalError, Store


@dataclass(kw_only=True)
class Replay:
    """Rules, and what they would have done with what they heard."""

    book: Book
    clocks: Clocks
    places: Places = field(default_factory=dict)
    signals: int = 0
    steps: list[tuple[Step, Alert]] = field(default_factory=list)
    cells: dict[CellKey, Cell] = field(default_factory=dict)
    store: Store = field(default_factory=Store)
    open_alerts: dict[str, Alert] = field(default_factory=dict)
    wakes: list[tuple[datetime, CellKey]] = field(default_factory=list)
    ids: "count[int]" = field(default_factory=count)

    @property
    def alerts(self) -> dict[str, Alert]:
        """Every alert that would have been raised, as it would stand now, by its id."""
        return {alert.id: alert for _, alert in self.steps}

    def hear(self, at: datetime, signals: Iterable[Signal]) -> None:
        """Take what was heard at an instant."""
        self.wake_until(at)
        round_ = self._round(at)
        for signal in signals:
            self.signals += 1
            try:
                before = self.store.keep(signal)
            except LateSignalError:
                round_.hear(signal, None, late=True)
            else:
                round_.hear(signal, before.seq if before else None)
        self._conclude(round_)

    def wake_until(self, at: datetime) -> None:
        """Let the clock turn what it turns until an instant."""
        while self.wakes and self.wakes[0][0] <= at:
            due = self.wakes[0][0]
            round_ = self._round(due)
            while self.wakes and self.wakes[0][0] == due:
                round_.look_at(heappop(self.wakes)[1])
            self._conclude(round_)

    def _round(self, at: datetime) -> Round:
        return Round(book=self.book, at=at, cells=self.cells, places=self.places, store=self.store)

    def _conclude(self, round_: Round) -> None:
        round_.judge()
        outcome = Outcome(
            round=round_,
            open_alerts=self.open_alerts,
            exemptions={},
            owner_of=lambda _: QA_OFFICE,
            clocks=self.clocks,
            new_id=lambda: str(next(self.ids)),
        )
        for ruling in round_.rulings.values():
            outcome.follow(ruling)
        self.steps += outcome.steps
        for key, due in round_.wakes.items():
            if due is not None:
                heappush(self.wakes, (due, key))


def try_rule(
    rule: Rule, heard: Sequence[Signal], places: Places, clocks: Clocks, until: datetime
) -> Replay:
    """Return what a rule would have done.

    Args:
        heard: what it reads, in the order in which it was heard.
    """
    replay = Replay(book=Book([rule]), places=places, clocks=clocks)
    for at, batch in groupby(heard, key=lambda each: each.at):
        replay.hear(at, batch)
    replay.wake_until(until)
    return replay
