"""The cells of a batch of events: fold the events in order; one open alert a cell, always.

What is older than what is known is ignored, so that late and repeated events change nothing.

Source: design "Alerts" 3.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alert_service.domain.acting import Exemption
from alert_service.domain.correcting import CorrectionNews, correct
from alert_service.domain.life import Alert, Clocks, Finding, Step, decide
from alert_service.domain.parties import QA_OFFICE
from alert_service.domain.periods import order_of
from alert_service.domain.severity import (
    Breach,
    HoldReason,
    Standing,
    breach_of,
    hold_reason_of,
    is_below_standard,
    rank_of,
)
from alert_service.domain.watch import Watch, crossed_line, misses_target

FORECAST = "（预测到期不达目标）"
"""What the title of an alert says where no line is crossed yet."""


@dataclass(kw_only=True)
class Board:
    """What is known of some cells, and what was decided about them.

    Args:
        owners: owner by scope, where the scope names one.
        open_alerts: by cell.
        new_id: makes the id of a new alert.
    """

    watches: dict[str, Watch]
    standings: dict[str, Standing]
    open_alerts: dict[str, Alert]
    owners: Mapping[str, str]
    clocks: Clocks
    new_id: Callable[[], str]
    steps: list[tuple[Step, Alert]] = field(default_factory=list)
    """Every step taken, in order."""

    noted: dict[str, Alert] = field(default_factory=dict)
    """Alerts that are other ones without a step, by their id."""

    new_watches: dict[str, Watch] = field(default_factory=dict)
    new_standings: dict[str, Standing] = field(default_factory=dict)
    dropped_standings: set[str] = field(default_factory=set)
    """Bindings that were withdrawn, and have no judgement since."""

    exemptions: dict[str, Exemption] = field(default_factory=dict)
    """By cell: what was dismissed there."""

    dropped_exemptions: set[str] = field(default_factory=set)
    """Cells whose exemptions are over."""

    def __post_init__(self) -> None:
        self._keys: dict[str, set[str]] = {}
        self._cells: dict[str, set[str]] = {}
        for watch in self.watches.values():
            self._place(watch)

    def _place(self, watch: Watch) -> None:
        self._keys.setdefault(watch.cell, set()).add(watch.key)
        self._cells.setdefault(about_of(watch.cell), set()).add(watch.cell)

    def bind(self, watch: Watch, at: datetime) -> None:
        """Take a version of a binding, unless a newer one is known."""
        known = self.watches.get(watch.key)
        if known and known.version >= watch.version:
            return
        self.watches[watch.key] = self.new_watches[watch.key] = watch
        if watch.withdrawn:
            # Put anew, the binding is judged anew.
            self.standings.pop(watch.key, None)
            self.new_standings.pop(watch.key, None)
            self.dropped_standings.add(watch.key)
        self._place(watch)
        self._reconsider_from(watch.cell, at)

    def judge(self, standing: Standing, at: datetime) -> None:
        """Take a judgement, unless a newer one is known."""
        known = self.standings.get(standing.binding)
        if known and known.seq >= standing.seq:
            return
        self.standings[standing.binding] = self.new_standings[standing.binding] = standing
        self.dropped_standings.discard(standing.binding)
        self._reconsider_from(standing.cell, at)

    def _reconsider_from(self, cell: str, at: datetime) -> None:
        """Decide about a cell, and about that judged after it: it looks back at this one."""
        self.reconsider(cell, at)
        if (after := nearest(cell, self._judged(cell), later=True)) is not None:
            self.reconsider(after, at)

    def _judged(self, cell: str) -> list[str]:
        """Return the cells of a cell's rule and scope that were judged, of every period."""
        of_all = self._cells.get(about_of(cell), ())
        return [each for each in of_all if any(self._live(key) for key in self._keys[each])]

    def _was_below(self, cell: str) -> bool:
        """Return whether the value lay below its standard in the period that was judged before."""
        before = nearest(cell, self._judged(cell), later=False)
        keys: Iterable[str] = self._keys[before] if before is not None else ()
        return any(is_below_standard(live) for key in keys if (live := self._live(key)))

    def _live(self, key: str) -> Standing | None:
        return None if self.watches[key].withdrawn else self.standings.get(key)

    def hear(self, news: CorrectionNews, at: datetime) -> None:
        """Take a fact about the correction of an alert; of one that is over nothing is heard."""
        current = next((each for each in self.open_alerts.values() if each.id == news.alert), None)
        decided = current and correct(current, news, at, self.clocks)
        if not decided:
            return
        step, alert = decided
        self.open_alerts[alert.cell] = alert
        if step is None:
            self.noted[alert.id] = alert
            return
        self.steps.append((step, alert))
        if step is Step.SETTLED:
            del self.open_alerts[alert.cell]
            # Its value may have fallen again since it was measured.
            self.reconsider(alert.cell, at)

    def reconsider(self, cell: str, at: datetime) -> None:
        """Decide about a cell from what is known now."""
        watches = [self.watches[key] for key in sorted(self._keys.get(cell, ()))]
        was_below = self._was_below(cell)
        finding = find(watches, self.standings, self.owners, was_below=was_below)
        if finding is None:
            return
        if self._is_exempt(finding, at):
            return
        decided = decide(
            self.open_alerts.get(cell), finding, at, clocks=self.clocks, new_id=self.new_id()
        )
        if decided is None:
            return
        step, alert = decided
        self.steps.append(decided)
        if step is Step.SETTLED:
            del self.open_alerts[cell]
        else:
            self.open_alerts[cell] = alert

    def _is_exempt(self, finding: Finding, at: datetime) -> bool:
        """Return whether what a cell shows was dismissed; end the exemption that is over."""
        exemption = self.exemptions.get(finding.cell)
        if exemption is None or finding.cell in self.open_alerts:
            return False
        if exemption.ends_with(finding):
            del self.exemptions[finding.cell]
            self.dropped_exemptions.add(finding.cell)
            return False
        return finding.severity is not None and exemption.covers(finding.severity, at)


def about_of(cell: str) -> str:
    """Return a cell without its period."""
    return cell.rpartition("@")[0]


def nearest(cell: str, cells: Iterable[str], *, later: bool) -> str | None:
    """Return the cell of the next period of the same kind, or of the one before; None: none is."""
    kind, place = order_of(cell.rpartition("@")[2])
    placed = [(order_of(each.rpartition("@")[2]), each) for each in cells]
    same = [(own, each) for (own_kind, own), each in placed if own_kind == kind]
    if later:
        return min((each for each in same if each[0] > place), default=(place, None))[1]
    return max((each for each in same if each[0] < place), default=(place, None))[1]


def find(
    watches: Iterable[Watch],
    standings: Mapping[str, Standing],
    owners: Mapping[str, str],
    *,
    was_below: bool = False,
) -> Finding | None:
    """Return what the bindings of one cell show together; None before the first judgement.

    The worst of them gives the colour. Where none is broken but one cannot be judged, the cell
    is held: an alert must not be settled on a part of the picture. Where all are withdrawn, nothing
    is watched any more.
    """
    watches = list(watches)
    watched = [watch for watch in watches if not watch.withdrawn]
    live = [(watch, standings[watch.key]) for watch in watched if watch.key in standings]
    if not live:
        is_over = bool(watches) and not watched
        return (
            replace(_finding(watches[0], None, owners, None), withdrawn=True) if is_over else None
        )
    usable = [pair for pair in live if hold_reason_of(pair[1]) is None]
    if usable:
        worst = max(usable, key=lambda pair: _badness(*pair, was_below=was_below))
        breach = _breach(*worst, was_below=was_below)
        if breach or len(usable) == len(live):
            return _finding(*worst, owners, None, breach)
    held = next(pair for pair in live if hold_reason_of(pair[1]))
    return _finding(*held, owners, hold_reason_of(held[1]))


def _badness(watch: Watch, standing: Standing, *, was_below: bool) -> tuple[int, str]:
    breach = _breach(watch, standing, was_below=was_below)
    return rank_of(breach.severity) if breach else 0, watch.key


def _breach(watch: Watch, standing: Standing, *, was_below: bool) -> Breach | None:
    misses = misses_target(watch, standing.forecast)
    return breach_of(standing, watch.alert_from, was_below=was_below, forecast_misses=misses)


def _finding(
    watch: Watch,
    standing: Standing | None,
    owners: Mapping[str, str],
    hold: HoldReason | None,
    breach: Breach | None = None,
) -> Finding:
    about: dict[str, Any] = {
        "cell": watch.cell,
        "indicator": watch.indicator,
        "scope": watch.scope,
        "period": watch.period,
        "binding": watch.key,
        "title": watch.title,
        "owner": watch.owner or owners.get(watch.scope) or QA_OFFICE,
    }
    if standing is None or hold:
        return Finding(**about, hold=hold)
    is_forecast = breach is not None and breach.line is None
    if is_forecast:
        about["title"] += FORECAST
    return Finding(
        **about,
        is_forecast=is_forecast,
        severity=breach.severity if breach else None,
        standing=standing.state,
        value=standing.value,
        crossed=crossed_line(watch, breach.line) if breach and breach.line else None,
    )
