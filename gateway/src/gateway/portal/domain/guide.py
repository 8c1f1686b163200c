"""The first visit: what each role asks on opening, and the way on which it follows one number.

Source: design "Screens", roles and first visit; the stops of each way are our default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A page on the way, with the number that is followed where there is one."""

    word: str
    path: str
    title: str = ""
    """The word that names it; empty: its own."""

    with_number: str = ""
    """Its address for a number; ``{alert}`` and the like are filled in."""

    needs: str | None = None


STOPS: Final = {
    stop.word: stop
    for stop in (
        Stop(word="overview", path="/"),
        Stop(word="tasks", path="/tasks"),
        Stop(word="mine", path="/mine"),
        Stop(word="inbox", path="/inbox", needs="alert:read"),
        Stop(word="alert", path="/alerts", with_number="/alerts/{alert}", needs="alert:read"),
        Stop(word="trace", path="/trace", with_number="/trace?cell={cell}", needs="datahub:read"),
        Stop(
            word="rows",
            title="lineage",
            path="/lineage",
            with_number="/lineage?cell={cell}",
            needs="datahub:read",
        ),
        Stop(
            word="correction",
            title="all-corrections",
            path="/corrections",
            with_number="/corrections/{correction}",
            needs="spiral:read",
        ),
        Stop(word="cycles", path="/cycles", needs="spiral:read"),
        Stop(word="chain", title="chains", path="/chains", needs="target:read"),
        Stop(word="plans", path="/plans", needs="target:read"),
        Stop(word="sheet", title="sheets", path="/sheets", needs="target:read"),
        Stop(
            word="profile",
            title="profiles",
            path="/profiles",
            with_number="/profiles?of={scope}&period={period}",
            needs="report:read",
        ),
        Stop(word="rules", path="/rules", needs="alert:read"),
        Stop(
            word="reports",
            path="/reports",
            with_number="/reports?scope={scope}",
            needs="report:read",
        ),
        Stop(word="handed-in", path="/handed-in"),
        Stop(word="reviews", path="/reviews", needs="spiral:read"),
        Stop(word="data", path="/data", needs="datahub:read"),
        Stop(word="quarantine", title="quarantine-page", path="/quarantine", needs="datahub:read"),
        Stop(word="import", path="/import", needs="datahub:write"),
        Stop(word="operations", path="/operations", needs="operations:read"),
        Stop(word="developers", path="/developers", needs="gateway:read"),
        Stop(word="embeds", path="/embeds", needs="gateway:read"),
        Stop(word="docs", title="api-docs", path="/docs"),
    )
}

WAYS: Final[dict[str, tuple[str, ...]]] = {
    "leader": ("overview", "alert", "trace", "correction", "sheet", "reports"),
    "quality_office": ("cycles", "alert", "rules", "trace", "correction", "reports"),
    "unit_head": ("tasks", "sheet", "alert", "correction", "reports"),
    "major_lead": ("profile", "chain", "alert", "rows", "cycles", "reports"),
    "course_lead": ("alert", "profile", "rows", "correction", "reports"),
    "counsellor": ("mine", "alert", "profile", "inbox"),
    "body_member": ("reviews", "reports", "trace"),
    "teacher": ("mine", "plans", "alert", "handed-in", "inbox"),
    "student": ("mine", "plans", "profile"),
    "steward": ("data", "quarantine", "import", "rows", "trace"),
    "admin": ("operations", "developers", "embeds", "docs"),
}
"""By role; who keeps data or the suite has no role of that name, but its permissions."""

_LIKE: Final = {"head_teacher": "counsellor", "student_affairs": "counsellor"}
FIRST: Final = "leader"

HOMES: Final = {
    **dict.fromkeys(("admin", "leader", "quality_office", "auditor", "reader"), "/"),
    "unit_head": "/tasks",
    **dict.fromkeys(("major_lead", "course_lead"), "/profiles"),
    **dict.fromkeys(("counsellor", "head_teacher", "student_affairs"), "/mine"),
    "body_member": "/reviews",
    **dict.fromkeys(("teacher", "student"), "/mine"),
}
"""The page on which a role begins; the first of these that somebody has counts: what everybody is
for himself comes last."""


def home_of(roles: frozenset[str]) -> str:
    """Return the page on which somebody with these roles begins."""
    return next((path for role, path in HOMES.items() if role in roles), "/")


def way_of(asked: str, roles: frozenset[str]) -> str:
    """Return whose way is shown: the one asked for, else that of the first role somebody has."""
    if asked in WAYS:
        return asked
    own = {_LIKE.get(role, role) for role in roles}
    return next((each for each in WAYS if each in own and each != "admin"), FIRST)


def address(stop: Stop, number: Mapping[str, str]) -> str:
    """Return where a stop is; without the number where a part of its address is not known."""
    if not stop.with_number:
        return stop.path
    said = {name: quote(value, safe="") for name, value in number.items() if value}
    try:
        return stop.with_number.format_map(said)
    except KeyError:
        return stop.path
