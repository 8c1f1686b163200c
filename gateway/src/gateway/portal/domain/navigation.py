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

    terms: tuple[str, ...] = ()
    """Terms of the domain that its pages use, which a newcomer may ask for."""

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
            Place(path="/", word="overview", terms=("level", "rates", "severity", "cycle")),
            Place(path="/tasks", word="tasks", terms=("cycle", "correction", "acknowledge")),
            Place(path="/mine", word="mine", terms=("tier", "alert", "acknowledge")),
            Place(
                path="/inbox",
                word="inbox",
                needs="alert:read",
                terms=("alert", "escalation", "route"),
            ),
            Place(
                path="/profiles",
                word="profiles",
                needs="report:read",
                terms=("profile", "tier", "warning"),
            ),
            Place(path="/guide", word="guide"),
            Place(
                path="/map",
                word="map",
                needs="target:read",
                terms=("system", "level", "rates", "transfer"),
            ),
        ),
    ),
    Group(
        word="nav-goals",
        places=(
            Place(
                path="/chains",
                word="chains",
                needs="target:read",
                also="/goals",
                terms=("chain", "smart", "residual", "transfer", "warning"),
            ),
            Place(
                path="/standards",
                word="standards",
                needs="target:read",
                terms=("tier", "warning", "indicator"),
            ),
            Place(path="/plans", word="plans", needs="target:read", terms=("chain", "smart")),
            Place(
                path="/bindings",
                word="bindings",
                needs="target:read",
                also="/selectors",
                terms=("binding", "selector", "warning"),
            ),
            Place(
                path="/sheets", word="sheets", needs="target:read", terms=("sheet", "attainment")
            ),
            Place(
                path="/assessments",
                word="assessment-runs",
                needs="target:read",
                also="/assessment-schemes",
                terms=("veto", "reviewed"),
            ),
            Place(
                path="/registers/bodies",
                word="registers",
                needs="target:read",
                also="/registers",
                terms=("scope",),
            ),
        ),
    ),
    Group(
        word="nav-spiral",
        places=(
            Place(
                path="/cycles",
                word="cycles",
                needs="spiral:read",
                terms=("cycle", "stage", "routine", "gate"),
            ),
            Place(
                path="/corrections",
                word="all-corrections",
                needs="spiral:read",
                terms=("correction", "verification", "settle"),
            ),
            Place(
                path="/culture", word="culture", needs="spiral:read", terms=("cycle", "correction")
            ),
        ),
    ),
    Group(
        word="nav-reports",
        places=(
            Place(path="/reports", word="reports", needs="report:read", terms=("report",)),
            Place(
                path="/report-batches",
                word="report-batches",
                needs="report:write",
                terms=("batch_report",),
            ),
            Place(path="/reviews", word="reviews", needs="spiral:read", terms=("round",)),
            Place(
                path="/review-packages",
                word="review-packages",
                needs="report:write",
                terms=("package",),
            ),
        ),
    ),
    Group(
        word="nav-alerts",
        places=(
            Place(
                path="/alerts",
                word="all-alerts",
                also="/portal/alerts",
                terms=("alert", "severity", "acknowledge", "settle", "escalation"),
            ),
            Place(
                path="/rules",
                word="rules",
                needs="alert:read",
                also="/portal/rules",
                terms=("severity", "warning", "trial", "margin"),
            ),
            Place(
                path="/silences",
                word="silences",
                needs="alert:read",
                also="/portal/silences",
                terms=("silence", "route"),
            ),
            Place(
                path="/notification-policy",
                word="notification-policy",
                needs="alert:read",
                terms=("route", "silence", "escalation"),
            ),
            Place(path="/channels", word="channels", needs="alert:write", terms=("route",)),
        ),
    ),
    Group(
        word="nav-data",
        places=(
            Place(
                path="/data",
                word="data",
                needs="datahub:read",
                also="/lineage",
                terms=("batch", "feed", "quarantine"),
            ),
            Place(path="/trace", word="trace", needs="datahub:read", terms=("trace", "indicator")),
            Place(
                path="/quarantine",
                word="quarantine-page",
                needs="datahub:read",
                terms=("quarantine", "feed", "batch"),
            ),
            Place(
                path="/import",
                word="import",
                needs="datahub:write",
                terms=("feed", "dictionary", "quarantine"),
            ),
            Place(
                path="/dictionary",
                word="dictionary",
                needs="datahub:read",
                terms=("dictionary", "indicator"),
            ),
            Place(path="/handed-in", word="handed-in", terms=("handed_in", "indicator")),
            Place(
                path="/statements",
                word="statements",
                needs="datahub:read",
                terms=("indicator", "scope"),
            ),
        ),
    ),
    Group(
        word="nav-system",
        places=(
            Place(path="/calendar", word="calendar", needs="datahub:read", terms=("scope",)),
            Place(path="/operations", word="operations", needs="operations:read"),
            Place(path="/wall", word="wall", needs="target:read", terms=("level", "rates")),
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


def place_of(group: Group | None, path: str) -> Place | None:
    """Return the screen that a page belongs to; None for a page that belongs to none."""
    return next((each for each in group.places if each.holds(path)), None) if group else None


def _is_seen(place: Place, may: Callable[[str], bool] | None) -> bool:
    if may is None:
        return place.is_open
    return place.needs is None or may(place.needs)
