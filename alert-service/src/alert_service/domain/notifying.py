"""What a group of alerts has to tell, to whom, and why not.

What was told last is remembered for each receiver: the set of open alerts and of ended ones. There
is something to tell when an open alert is new in it, when one that was told has ended, or when the
interval of repetition is over. The rules are those of Alertmanager, with four differences, each
on purpose: the repetition is exact, what was acknowledged is not repeated, an alert that grows
graver is told again, and every receiver who was not told has a reason.

Source: Alertmanager, design "Alerts" 5; the differences are our default.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from alert_service.domain.matching import Labels, all_hold
from alert_service.domain.routing import INBOX, PARTIES, Policy, Receiver, Route
from alert_service.domain.silences import Silence
from shared.contracts.vocabulary import Severity

Target = tuple[str, str]
"""Channel and person: ``("inbox", "person/T001")``, ``("qa-robot", "")``."""


class Reason(StrEnum):
    """Why somebody was not told."""

    SILENCED = "silenced"
    INHIBITED = "inhibited"
    QUIET = "quiet-hours"
    ACKNOWLEDGED = "acknowledged"
    """It was told, and is not repeated."""

    HELD = "held"
    """It was told, and is not repeated: nothing new is known of it."""

    ENDED_BEFORE = "ended-before"
    """It was over before the group was told."""

    NO_PERSON = "no-person"
    """Nobody is known who has this part."""

    NO_CHANNEL = "no-channel"
    """The channel is not there, or was turned off."""


REASON_ZH: Final = {
    Reason.SILENCED: "已静默",
    Reason.INHIBITED: "被更上游的预警抑制",
    Reason.QUIET: "免打扰时段内，时段结束时再通知",
    Reason.ACKNOWLEDGED: "已通知且已签收，不再重复",
    Reason.HELD: "已通知，预警挂起期间不再重复",
    Reason.ENDED_BEFORE: "首次通知之前已销号",
    Reason.NO_PERSON: "尚不知由谁负责",
    Reason.NO_CHANNEL: "渠道不存在或已停用",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An alert as its group sees it."""

    alert: str
    labels: Labels
    is_open: bool
    mark: str
    """Another one when it is graver than it was told: its id with its worst colour and the times it
    was reopened and escalated."""

    is_seen: bool = False
    """It was acknowledged, or is held: nothing new is known of it."""

    @property
    def severity(self) -> Severity:
        """Return its colour."""
        return Severity(str(self.labels["severity"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a receiver was told last."""

    open: frozenset[str]
    """Marks."""

    ended: frozenset[str]
    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """Somebody is not told of an alert, and why."""

    alert: str
    target: Target
    reason: Reason
    by: str = ""
    """The silence, the alert or the rule behind it."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a receiver is told now."""

    target: Target
    open: Sequence[Member]
    ended: Sequence[Member]
    number: int


@dataclass(kw_only=True)
class Decision:
    """What comes of looking at a group."""

    messages: list[Message] = field(default_factory=list)
    told: dict[Target, Told] = field(default_factory=dict)
    """What is remembered from now on."""

    untold: list[Untold] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    """Alerts that ended in quiet hours: that is told afterwards."""

    next_at: datetime | None = None
    """When the group must be looked at again although nothing changes; None: not."""

    def wait_until(self, at: datetime) -> None:
        """Look at the group again at an instant, or before."""
        self.next_at = min(self.next_at, at) if self.next_at else at


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What else is known when groups are looked at."""

    policy: Policy
    silences: Sequence[Silence]
    sources: Sequence[Member]
    """Open alerts that may inhibit others."""

    channels: frozenset[str]
    """Those that are there and on."""


def decide(
    route: Route,
    members: Sequence[Member],
    told: Mapping[Target, Told],
    around: Surroundings,
    at: datetime,
) -> Decision:
    """Return what the group of a route has to tell."""
    decision = Decision()
    heard = [each for each in members if not _is_muted(route, each, around, at, decision)]
    for target, theirs in _by_target(route, heard, around, decision).items():
        _decide_for(route, target, theirs, told.get(target), at, decision)
    return decision


def _decide_for(
    route: Route,
    target: Target,
    members: Sequence[Member],
    last: Told | None,
    at: datetime,
    decision: Decision,
) -> None:
    # A digest counts from its time, not from when somebody came to look: it repeats by its times.
    at = route.digest.last(at) if route.digest else at
    is_open = [each for each in members if each.is_open]
    ended = [each for each in members if not each.is_open]
    marks = frozenset(each.mark for each in is_open)
    over = frozenset(each.alert for each in ended)
    if last is None and not is_open:
        decision.untold += [
            Untold(alert=each.alert, target=target, reason=Reason.ENDED_BEFORE) for each in ended
        ]
        return
    waits = [each for each in is_open if not each.is_seen]
    repeats_at = last.at + route.repeat if last and waits else None
    is_repeat = repeats_at is not None and at >= repeats_at
    if not (is_repeat or _is_news(last, marks, over, tells_end=route.tells_end)):
        decision.untold += [
            Untold(
                alert=each.alert,
                target=target,
                reason=Reason.HELD if each.labels.get("hold") else Reason.ACKNOWLEDGED,
            )
            for each in is_open
            if each.is_seen
        ]
        if repeats_at:
            decision.wait_until(repeats_at)
        return
    number = (last.number if last else 0) + 1
    decision.told[target] = Told(open=marks, ended=over, at=at, number=number)
    shown = ended if route.tells_end else []
    if is_open or shown:
        decision.messages.append(Message(target=target, open=is_open, ended=shown, number=number))
    if waits:
        decision.wait_until(at + route.repeat)


def _is_news(
    last: Told | None, marks: frozenset[str], over: frozenset[str], *, tells_end: bool
) -> bool:
    if last is None or not marks <= last.open:
        return True
    if not marks:
        # What came and went since then is nothing that the receiver knows of.
        return bool(last.open)
    return tells_end and not over <= last.ended


def _is_muted(
    route: Route, member: Member, around: Surroundings, at: datetime, decision: Decision
) -> bool:
    """Return whether nobody is told of an alert now; note for each receiver why."""
    why = _why_muted(route, member, around, at)
    if why is None:
        return False
    reason, by, until = why
    for target in targets_of(route, member, around.channels)[0]:
        decision.untold.append(
            Untold(alert=member.alert, target=target, reason=reason, by=by, until=until)
        )
    if until:
        decision.wait_until(until)
    if reason is Reason.QUIET and not member.is_open:
        decision.kept.add(member.alert)
    return True


def _why_muted(
    route: Route, member: Member, around: Surroundings, at: datetime
) -> tuple[Reason, str, datetime | None] | None:
    if (found := inhibitor(around.policy, around.sources, member)) is not None:
        return Reason.INHIBITED, f"alert/{found}", None
    for silence in around.silences:
        if silence.covers(member.labels, at):
            return Reason.SILENCED, f"silence/{silence.id}", silence.until(at)
    quiet = route.quiet
    if quiet and member.severity not in quiet.excepted and (end := quiet.end(at)):
        return Reason.QUIET, route.path, end
    return None


def inhibitor(policy: Policy, sources: Iterable[Member], member: Member) -> str | None:
    """Return the open alert that inhibits another; None where none does."""
    # Most alerts are no target at all: they need not be held against every source.
    rules = [each for each in policy.inhibitions if all_hold(each.target, member.labels)]
    for source in sources if rules else ():
        if source.alert != member.alert and any(
            each.mutes(source.labels, member.labels) for each in rules
        ):
            return source.alert
    return None


def _by_target(
    route: Route, members: Sequence[Member], around: Surroundings, decision: Decision
) -> dict[Target, list[Member]]:
    found: dict[Target, list[Member]] = {}
    for member in members:
        targets, missing = targets_of(route, member, around.channels)
        for target in targets:
            found.setdefault(target, []).append(member)
        decision.untold += [
            Untold(alert=member.alert, target=target, reason=reason) for target, reason in missing
        ]
    return found


def targets_of(
    route: Route, member: Member, channels: frozenset[str]
) -> tuple[list[Target], list[tuple[Target, Reason]]]:
    """Return who is told of an alert, and who cannot be."""
    found: dict[Target, None] = {}
    missing: list[tuple[Target, Reason]] = []
    for receiver in route.receivers:
        person = _person_of(receiver, member.labels)
        if person is None and receiver.to == "supervisor":
            continue  # nobody was called for it
        if person is None:
            missing.append(((receiver.channel, receiver.to), Reason.NO_PERSON))
        elif receiver.channel != INBOX and receiver.channel not in channels:
            missing.append(((receiver.channel, person), Reason.NO_CHANNEL))
        else:
            found[receiver.channel, person] = None
    return list(found), missing


def _person_of(receiver: Receiver, labels: Labels) -> str | None:
    if receiver.to not in PARTIES:
        return receiver.to
    return str(labels.get(receiver.to, "")) or None
