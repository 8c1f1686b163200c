"""Alerts that Prometheus found become alerts of the family ``data``, and end when it says so."""

from collections.abc import Sequence
from datetime import datetime

from alert_service.domain import life
from alert_service.domain.alertmanager import FAMILY, Foreign
from alert_service.domain.life import Alert, Clocks, Finding, Hours, How, Step
from alert_service.domain.parties import QA_OFFICE
from alert_service.repository import alerts, exemptions, foreign, names
from alert_service.usecases.telling import tell
from shared.calendar import CAMPUS
from shared.calendar.table import read_calendar
from shared.contracts.vocabulary import State
from shared.kit.database import Transaction
from shared.kit.ids import uuid7


async def take(tx: Transaction, given: Sequence[Foreign], at: datetime, hours: Hours) -> None:
    """Raise, keep and end alerts as somebody else found them; the last word on one counts."""
    told = {each.fingerprint: each for each in given}
    await names.share_scopes(tx)
    clocks = Clocks(hours, await read_calendar(tx))
    await foreign.lock(tx, sorted(told))
    known = await foreign.open_alerts(tx, sorted(told))
    owners = await names.find_owners(tx, [each.scope for each in told.values()])
    cells = {f"ops/{key}": key for key in told}
    dismissed = await exemptions.load_exemptions(tx, sorted(cells))
    # Of an accepted deviation it is its day that ends it.
    over = [
        cell
        for cell, each in dismissed.items()
        if told[cells[cell]].ends_at <= at and each.how is not How.ACCEPTED
    ]
    await exemptions.drop_exemptions(tx, over)
    steps: list[tuple[Step, Alert]] = []
    kept: list[tuple[Foreign, str, bool]] = []
    for key, each in sorted(told.items()):
        exemption = dismissed.get(f"ops/{key}")
        if key not in known and exemption and exemption.covers(each.severity, at):
            # Somebody found that it is none, or accepts it; its end is waited for all the same.
            kept.append((each, exemption.alert, True))
            continue
        step = _decide(each, known.get(key), owners, clocks, at)
        if step:
            steps.append(step)
        alert = step[1] if step else known.get(key)
        if alert is not None:
            kept.append((each, alert.id, alert.settled is None))
    await alerts.save_steps(tx, steps, at)
    await foreign.save(tx, kept, at)
    await tell(tx, steps, at)


async def end_overdue(tx: Transaction, at: datetime, hours: Hours) -> bool:
    """End alerts that nobody told of again in time; return whether there were any."""
    keys = await foreign.list_over(tx, at)
    if not keys:
        return False
    await names.share_scopes(tx)
    await foreign.lock(tx, keys)
    # Somebody may have told of one again until it was locked: that word counts.
    await take(tx, await foreign.load_over(tx, keys, at), at, hours)
    await foreign.await_no_more(tx, keys, at)
    return True


def _decide(
    told: Foreign, current: Alert | None, owners: dict[str, str], clocks: Clocks, at: datetime
) -> tuple[Step, Alert] | None:
    is_over = told.ends_at <= at
    if current is None and is_over:
        return None
    scope = current.scope if current else told.scope
    owner = told.owner or owners.get(scope) or QA_OFFICE
    finding = Finding(
        cell=f"ops/{told.fingerprint}",
        indicator=None,
        scope=scope,
        period=f"year:{told.starts_at.astimezone(CAMPUS).year}",
        binding=f"/ops/{told.fingerprint}",
        title=told.title,
        owner=owner,
        severity=None if is_over else told.severity,
        standing=State.NO_DATA,
        rule=f"ops/{told.name[:80]}/{told.fingerprint}",
        family=FAMILY,
        how=How.RECOVERED if is_over else None,
    )
    return life.decide(current, finding, at, clocks=clocks, new_id=str(uuid7()))
