"""An invented vocational college: six source systems, each with its own way of writing.

The generator is pure: it reads nothing and the same spec gives the same bytes. ``files`` gives
the first load in the order in which it must be sent, ``changes`` the stream of a day.
"""

from collections.abc import Iterator
from itertools import chain

from helix8.demo.college import academic, assets, hr, quality, research, student_affairs
from helix8.demo.college.changes import changes
from helix8.demo.college.model import College
from helix8.demo.college.records import Change, DemoFile
from helix8.demo.college.spec import CollegeSpec

__all__ = ["Change", "College", "CollegeSpec", "DemoFile", "changes", "files"]


def files(college: College) -> Iterator[DemoFile]:
    """Yield the files of the first load."""
    return chain(
        hr.files(college),
        academic.files(college),
        student_affairs.files(college),
        research.files(college),
        assets.files(college),
        quality.files(college),
    )
