"""Answers about files that were brought in, and the bundle."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Family = Literal["goals", "standards", "bindings", "tasks"]
"""What has a sheet of its own."""


class ImportedView(BaseModel):
    """What became of one thing of a file."""

    family: str
    key: str
    change: str
    """``created changed unchanged``; ``waiting`` for a standard that another person approves."""

    version: int | None
    """None of what waits, and is not there yet."""

    state: str | None
    """Where it stands now: plans, goals, tasks and documents begin as a draft; None of what has
    no such steps."""

    waits_for: str | None = None
    """The standard, a draft yet: bring the file in again when it is approved."""


class ImportView(BaseModel):
    """What became of a file."""

    dry_run: bool
    created: int
    changed: int
    unchanged: int
    waiting: int
    items: list[ImportedView]

    @classmethod
    def of(cls, items: Sequence[ImportedView], *, dry_run: bool) -> "ImportView":
        """Return it with what is counted."""
        changes = [each.change for each in items]
        counts = {
            name: changes.count(name) for name in ("created", "changed", "unchanged", "waiting")
        }
        return cls(dry_run=dry_run, items=list(items), **counts)


class Bundle(BaseModel):
    """Standards, goals and bindings, and what they cite: each as the body that makes it."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["helix8-bundle"] = "helix8-bundle"
    version: Literal[1] = 1
    basis_documents: list[dict[str, Any]] = []
    value_dimensions: list[dict[str, Any]] = []
    object_classes: list[dict[str, Any]] = []
    plans: list[dict[str, Any]] = []
    goals: list[dict[str, Any]] = []
    standards: list[dict[str, Any]] = []
    """``approved``: whether another person has approved it where it comes from; it is the version
    that holds there. Where it is brought in it waits for another person all the same."""

    selectors: list[dict[str, Any]] = []
    bindings: list[dict[str, Any]] = []
    """Those given by hand; selectors make the others."""

    tasks: list[dict[str, Any]] = []
