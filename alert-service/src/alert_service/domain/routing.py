"""Who is told of an alert (通知路由): a tree of routes, and what inhibits what.

An alert goes down the tree as in Alertmanager: the deepest route that it meets takes it; siblings
are looked at until one takes it that does not say ``continue``. What a route leaves open it has
from the one above.

Source: Alertmanager, design "Alerts" 5.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from alert_service.domain.keeping import Keep
from alert_service.domain.matching import Labels, Matcher, all_hold
from alert_service.domain.rhythm import Digest, QuietHours

INBOX: Final = "inbox"
"""The channel that everybody has: the portal's own."""

PARTIES: Final = ("owner", "unit_head", "supervisor")
"""Who is told by what the alert says: who answers for it, who leads the unit of its scope, who was
called when nobody answered (督办)."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told, and how."""

    channel: str
    to: str = ""
    """One of `PARTIES`, or ``person/…`` ``role/…``; empty: whoever reads the channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the tree, with what it has from above."""

    path: str
    """Names from the root, ``root/red``: it is by it that what was told is remembered."""

    matchers: Sequence[Matcher]
    receivers: Sequence[Receiver]
    group_by: Sequence[str]
    """Labels; ``…``: each alert on its own."""

    wait: timedelta
    """From the first alert of a group to its first notification."""

    interval: timedelta
    """Between two notifications on changes of a group."""

    repeat: timedelta
    """After which the same is told again, exactly."""

    goes_on: bool = False
    tells_end: bool = True
    quiet: QuietHours | None = None
    digest: Digest | None = None
    children: Sequence["Route"] = ()

    def takers(self, labels: Labels) -> list["Route"]:
        """Return the routes that take an alert, in the order of the tree."""
        if not all_hold(self.matchers, labels):
            return []
        found: list[Route] = []
        for child in self.children:
            taken = child.takers(labels)
            found += taken
            if taken and not child.goes_on:
                break
        return found or [self]

    def key(self, labels: Labels) -> dict[str, str]:
        """Return the labels that an alert's group has in common."""
        if "..." in self.group_by:
            return {name: each for name, each in labels.items() if isinstance(each, str)}
        named = {name: labels.get(name, "") for name in self.group_by}
        return {name: each for name, each in named.items() if isinstance(each, str)}

    def tells_from(self, at: datetime) -> datetime:
        """Return when people are told of what is to be told from an instant on.

        That of a digest is its next time, or the end of the quiet hours that this fell into.
        """
        ends_quiet = self.quiet and self.quiet.end(at - timedelta.resolution) == at
        return at if self.digest is None or ends_quiet else self.digest.first_from(at)

    def walk(self) -> Iterator["Route"]:
        """Yield this route and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """While an alert of the source is open, nobody is told of those of the target."""

    name: str
    source: Sequence[Matcher]
    target: Sequence[Matcher]
    equal: Sequence[str] = ()
    """Labels that must be the same on both."""

    beneath: bool = False
    """The target's scope must lie within the source's."""

    def mutes(self, source: Labels, target: Labels) -> bool:
        """Return whether one alert inhibits another; what meets both sides inhibits none such."""
        if not all_hold(self.target, target) or not all_hold(self.source, source):
            return False
        if all_hold(self.target, source) and all_hold(self.source, target):
            return False
        if any(source.get(name, "") != target.get(name, "") for name in self.equal):
            return False
        return not self.beneath or source.get("scope", "") in target.get("within", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that decides who is told when."""

    version: int
    root: Route
    inhibitions: Sequence[Inhibition] = ()
    keep: Keep = field(default_factory=Keep)
    routes: Mapping[str, Route] = field(init=False)
    """By path."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "routes", {each.path: each for each in self.root.walk()})


def next_look(
    route: Route, *, begins_at: datetime, first_at: datetime | None, at: datetime
) -> datetime:
    """Return when a group in which something changed is looked at.

    As in Alertmanager it is looked at in a fixed beat from its first notification on, so that what
    changes within a beat is told together.

    Args:
        begins_at: when the alert that changed began.
        first_at: when the group was looked at first; None where it never was.
    """
    if route.digest:
        return route.digest.next(at)
    if first_at is None:
        return at if begins_at + route.wait < at else at + route.wait
    if not route.interval or at <= first_at:
        return at
    beats = -((first_at - at) // route.interval)
    return first_at + beats * route.interval
