"""The state of a cycle rebuilt from what was published of it, and what is wrong with the chain.

Every fact about a cycle carries all of it, so the newest is the state; that nothing is missing
between the first and the newest, and that each says where the one before had left it, is checked.
Source: design "The spiral" 5.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from spiral_service.domain.cycle import Cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A fact about a cycle, as it was published."""

    what: str
    """The kind of event: ``opened moved closed migrated replanned reassigned``."""

    left: str | None
    """The step before; None of ``opened``."""

    cycle: Cycle


def rebuild(told: Sequence[Told]) -> tuple[Cycle, list[str]]:
    """Return the state after these facts, and what is wrong with their chain.

    Args:
        told: at least one; in any order, and any of them more than once.
    """
    by_version = {each.cycle.version: each for each in told}
    chain = [by_version[version] for version in sorted(by_version)]
    return chain[-1].cycle, [*_breaks(chain)]


def differences(rebuilt: Cycle, stored: Cycle) -> list[str]:
    """Return in what a stored cycle is other than the rebuilt one."""
    pairs = [
        (field.name, _plain(getattr(rebuilt, field.name)), _plain(getattr(stored, field.name)))
        for field in fields(Cycle)
    ]
    return [
        f"{name}: rebuilt {before!r}, stored {after!r}"
        for name, before, after in pairs
        if before != after
    ]


def _breaks(chain: Sequence[Told]) -> Iterator[str]:
    for number, each in enumerate(chain, start=1):
        version = each.cycle.version
        if version != number:
            yield f"version {number} is missing before {version}"
            return
        if (each.what == "opened") != (number == 1):
            yield f"version {version} is {each.what}"
        if number > 1:
            before = chain[number - 2].cycle
            if each.left != before.step:
                yield f"version {version} left {each.left}, the one before was at {before.step}"
            if before.state == "closed":
                yield f"version {version} follows the end"


def _plain(value: Any) -> Any:
    return {k: list(v) for k, v in value.items()} if isinstance(value, dict) else value
