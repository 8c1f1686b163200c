"""What rulings do to alerts: raise, merge, hold, settle; cool down after them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from alert_service.domain.acting import Exemption
from alert_service.domain.life import Alert, Clocks, Finding, How, Step, decide
from alert_service.domain.rules.rounds import Round, Ruling
from shared.contracts.vocabulary import STATES, State


@dataclass(kw_only=True)
class Outcome:
    """The alerts of the cells of a round.

    Args:
        open_alerts: by cell.
        owner_of: who answers for what a ruling raises.
        anew: the rules are other ones: a value that did not move does not recover.
    """

    round: Round
    open_alerts: dict[str, Alert]
    exemptions: dict[str, Exemption]
    owner_of: Callable[[Ruling], str]
    clocks: Clocks
    new_id: Callable[[], str]
    anew: bool = False
    steps: list[tuple[Step, Alert]] = field(default_factory=list)
    dropped_exemptions: set[str] = field(default_factory=set)

    def follow(self, ruling: Ruling) -> None:
        """Take one ruling."""
        at, cell = self.round.at, str(ruling.key)
        if self._rests(ruling, cell, at):
            return
        finding = self._finding(ruling, cell)
        if ruling.hold is None:
            self._take(finding, ruling)
            return
        known = self.open_alerts.get(cell)
        if ruling.severity is not None and (known is None or known.value != ruling.value):
            # It came to light late what it was before it could not be told any more.
            self._take(finding, ruling)
        elif ruling.is_over and known is not None:
            self._take(finding, ruling)
        self._take(replace(finding, severity=None, hold=ruling.hold), ruling)

    def _rests(self, ruling: Ruling, cell: str, at: datetime) -> bool:
        """Return whether nothing is raised although the cell fires: it cools down, or is exempt."""
        if cell in self.open_alerts:
            return False
        kept = self.round.cells.get(ruling.key)
        if ruling.severity and kept and kept.cool_until and kept.cool_until > at:
            self.round.cool(ruling.key, kept.cool_until)
            return True
        exemption = self.exemptions.get(cell)
        if exemption is None:
            return False
        if exemption.ends_with(self._finding(ruling, cell)):
            del self.exemptions[cell]
            self.dropped_exemptions.add(cell)
            return False
        return ruling.severity is not None and exemption.covers(ruling.severity, at)

    def _take(self, finding: Finding, ruling: Ruling) -> None:
        at, pause = self.round.at, ruling.compiled.rule.cool_down
        decided = decide(
            self.open_alerts.get(finding.cell),
            finding,
            at,
            clocks=self.clocks,
            new_id=self.new_id(),
        )
        if decided is None:
            return
        step, alert = decided
        self.steps.append(decided)
        if step is Step.SETTLED:
            del self.open_alerts[finding.cell]
            if pause:
                self.round.cool(ruling.key, at + pause)
        else:
            self.open_alerts[finding.cell] = alert

    def _finding(self, ruling: Ruling, cell: str) -> Finding:
        compiled, key, signal = ruling.compiled, ruling.key, ruling.signal
        rule = compiled.rule
        stated = signal.said.get("state") if signal and signal.kind == "judged" else None
        return Finding(
            cell=cell,
            rule=rule.id,
            family=rule.family.value,
            indicator=compiled.anchor[1] if compiled.anchor else None,
            scope=key.scope,
            period=key.period,
            binding=f"/rules/{rule.key}",
            title=rule.title,
            owner=self.owner_of(ruling) if ruling.severity or cell in self.open_alerts else "",
            severity=ruling.severity,
            hold=None,
            standing=STATES[stated] if stated else State.NO_STANDARD,
            value=ruling.value,
            crossed=compiled.crossed(ruling.value) if ruling.severity else None,
            how=None if self.anew else How.RECOVERED,
        )
