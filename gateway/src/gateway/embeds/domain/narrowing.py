"""What an embedded piece may: never more than the person may, nor than the embedding system may.

Source: design "Screens" (embed contract: the portal can only narrow). A piece is for reading alone:
none has anything to press that would change something, so that ``:act`` is refused.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final

VIEWS: Final = (
    "overview",
    "levels",
    "spiral",
    "alerts",
    "corrections",
    "tasks",
    "onepage",
    "attainment",
    "profile",
)
"""What can be embedded."""

FIGURES: Final = ("spiral", "onepage", "attainment", "profile")
"""Those that are one figure, which can be a file of its own."""

ACT: Final = ":act"
READING: Final = ("read",)

_ORIGIN: Final = re.compile(
    r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"
)


def is_origin(text: str) -> bool:
    """Return whether ``text`` is an exact origin: https, or plain http on this very machine."""
    return _ORIGIN.fullmatch(text) is not None


def beyond(wanted: Iterable[str], allowed: Collection[str]) -> list[str]:
    """Return what is wanted and not allowed."""
    return [each for each in wanted if each not in allowed]


def narrowed(permissions: Collection[str]) -> frozenset[str]:
    """Return what of the permissions of both the person and the system a token has: reading."""
    return frozenset(each for each in permissions if each.partition(":")[2] in READING)


def common(
    of_person: Iterable[str], of_system: Iterable[str], services: Iterable[str]
) -> frozenset[str]:
    """Return what both may, wildcards (``*``, ``datahub:*``) taken apart.

    Args:
        services: whose ``:read`` a bare ``*`` of the person stands for.
    """
    mine, theirs = frozenset(of_person), frozenset(of_system)
    named = {f"{each}:read" for each in services}
    candidates = {each for each in mine | theirs | named if not each.endswith("*")}
    return frozenset(each for each in candidates if _may(mine, each) and _may(theirs, each))


def _may(permissions: frozenset[str], permission: str) -> bool:
    resource = permission.partition(":")[0]
    return bool({permission, f"{resource}:*", "*"} & permissions)
