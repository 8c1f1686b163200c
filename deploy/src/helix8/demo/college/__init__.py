"""An invented vocational college: eight source systems, each with its own way of writing.

The generator is pure: it reads nothing and the same spec gives the same bytes. ``files`` gives
the first load in the order in which it must be sent, ``full`` and ``delta`` what one system holds
on a day and what that day changed, ``changes`` a stream that keeps the overview moving.
"""

from collections.abc import Iterator
from datetime import date
from types import ModuleType
from typing import Final

from helix8.demo.college import (
    academic,
    assets,
    classroom,
    history,
    hr,
    quality,
    research,
    student_affairs,
    survey,
)
from helix8.demo.college.changes import changes
from helix8.demo.college.model import College
from helix8.demo.college.records import Change, Delivery
from helix8.demo.college.spec import CollegeSpec

__all__ = [
    "SYSTEMS",
    "Change",
    "College",
    "CollegeSpec",
    "Delivery",
    "changes",
    "delta",
    "files",
    "full",
]

SYSTEMS: Final[dict[str, ModuleType]] = {
    module.SYSTEM: module
    for module in (
        hr,
        academic,
        student_affairs,
        research,
        assets,
        quality,
        classroom,
        survey,
    )
}
"""The systems in the order in which they must be sent: who is referred to comes first."""


def files(college: College) -> Iterator[Delivery]:
    """Yield the files of the first load."""
    for system in SYSTEMS.values():
        for table in system.tables(college):
            yield table.delivery("upsert", college.spec.data_day)


def full(college: College, system: str, day: date) -> Iterator[Delivery]:
    """Yield everything that a system holds on a day."""
    return history.full(college, SYSTEMS[system], day)


def delta(college: College, system: str, day: date) -> Iterator[Delivery]:
    """Yield what a day changed in a system."""
    return history.delta(college, SYSTEMS[system], day)
