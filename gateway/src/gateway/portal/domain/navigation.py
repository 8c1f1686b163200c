"""Where the screens are, and who finds the way to them.

Every screen has one entry here; whoever lacks its permission does not see it. The services decide
anyhow: what is not shown can still be refused.

Source: design "Screens"; the grouping is our default.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A screen that can be gone to."""

    path: str
    word: str
    needs: str | None = None
    """Permission; None: everybody who is signed in."""

    is_open: bool = False
    """Also for who is not signed in."""

    also: str = ""
    """Pages below this path belong to it, too."""

    def holds(self, path: str) -> bool:
        """Return whether a page belongs to it."""
        below = [each for each in (self.path, self.also) if each not in {"", "/"}]
        return path == self.path or any(f"{path}/".startswith(f"{each}/") for each in below)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Screens that belong together."""

    word: str
    places: tuple[Place, ...]


GROUPS: Final = (
    Group(
        word="nav-home",
        places=(
            Place(path="/", word="overview"),
            Place(path="/tasks", word="tasks"),
            Place(path="/mine", word="mine"),
            Place(path="/inbox", word="inbox", needs="alert:read"),
            Place(path="/profiles", word="profiles", needs="report:read"),
            Place(path="/map", word="map", needs="target:read"),
        ),
    ),
    Group(
        word="nav-goals",
        places=(
            Place(path="/chains", word="chains", needs="target:read", also="/goals"),
            Place(path="/standards", word="standards", needs="target:read"),
            Place(path="/plans", word="plans", needs="target:read"),
            Place(path="/bindings", word="bindings", needs="target:read", also="/selectors"),
            Place(path="/sheets", word="sheets", needs="target:read"),
            Place(
                path="/assessments",
                word="assessment-runs",
                needs="target:read",
                also="/assessment-schemes",
            ),
            Place(
                path="/registers/bodies",
                word="registers",
                needs="target:read",
                also="/registers",
            ),
        ),
    ),
    Group(
        word="nav-spiral",
        places=(
            Place(path="/cycles", word="cycles", needs="spiral:read"),
            Place(path="/corrections", word="all-corrections", needs="spiral:read"),
        ),
    ),
    Group(
        word="nav-reports",
        places=(
            Place(path="/reports", word="reports", needs="report:read"),
            Place(path="/report-batches", word="report-batches", needs="report:write"),
            Place(path="/reviews", word="reviews", needs="spiral:read"),
            Place(path="/review-packages", word="review-packages", needs="report:write"),
        ),
    ),
    Group(
        word="nav-alerts",
        places=(
            Place(path="/alerts", word="all-alerts", also="/portal/alerts"),
            Place(path="/rules", word="rules", needs="alert:read", also="/portal/rules"),
            Place(path="/silences", word="silences", needs="alert:read", also="/portal/silences"),
            Place(path="/notification-policy", word="notification-policy", needs="alert:read"),
            Place(path="/channels", word="channels", needs="alert:write"),
        ),
    ),
    Group(
        word="nav-data",
        places=(
            Place(path="/data", word="data", needs="datahub:read", also="/lineage"),
            Place(path="/trace", word="trace", needs="datahub:read"),
            Place(path="/quarantine", word="quarantine-page", needs="datahub:read"),
            Place(path="/import", word="import", needs="datahub:write"),
            Place(path="/dictionary", word="dictionary", needs="datahub:read"),
            Place(path="/handed-in", word="handed-in"),
        ),
    ),
    Group(
        word="nav-system",
        places=(
            Place(path="/calendar", word="calendar", needs="datahub:read"),
            Place(path="/operations", word="operations", needs="operations:read"),
            Place(path="/wall", word="wall", needs="target:read"),
            Place(path="/developers", word="developers", needs="gateway:read"),
            Place(path="/embeds", word="embeds", needs="gateway:read"),
            Place(path="/docs", word="api-docs", is_open=True),
            Place(path="/events", word="event-docs", is_open=True),
        ),
    ),
)


def groups_for(may: Callable[[str], bool] | None) -> list[Group]:
    """Return the groups with the places that somebody sees; ``may`` None: nobody is signed in."""
    return [
        Group(word=group.word, places=places)
        for group in GROUPS
        if (places := tuple(each for each in group.places if _is_seen(each, may)))
    ]


def group_of(groups: list[Group], path: str) -> Group | None:
    """Return the group in which a page is; None for a page that is in none."""
    return next((each for each in groups if any(one.holds(path) for one in each.places)), None)


def _is_seen(place: Place, may: Callable[[str], bool] | None) -> bool:
    if may is None:
        return place.is_open
    return place.needs is None or may(place.needs)
