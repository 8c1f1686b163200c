"""What is ordered: which objects, in which folders, under which names, and when by itself.

Source: issue of the plan M160–M173 ("Batch", "Schedules"); names and limits are our default.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, count
from typing import ClassVar, Final

from report_service.domain.naming import KIND_ZH
from shared.calendar import CAMPUS, Calendar
from shared.errors import DomainError, ErrorKind

MOST: Final = 20_000
"""Reports in one batch: a college has 12,000 students."""

MOST_ATTACHED: Final = 640 * 1024
"""Bytes of the files that go with a message: as Base64 they fit into an event of 1 MiB, and every
mail server takes them. More is told by a link."""

_FOLDERS: Final = ("group", "class", "major", "course", "unit", "school")
"""Kinds of what a report's object lies in, the nearest first, that its folder is named after."""

_UNFIT: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_LONGEST: Final = 60
_MOST_BYTES: Final = 230
"""Of a name without its ending and the number that tells it apart; file systems take 255 in all."""


class BatchEmptyError(DomainError):
    """Nothing is chosen."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "batch-empty"
    title_zh: ClassVar = "没有要生成的对象"
    title_en: ClassVar = "Nothing to make"


class BatchTooLargeError(DomainError):
    """More reports than one batch may have."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "batch-too-large"
    title_zh: ClassVar = "一批的报告过多"
    title_en: ClassVar = "Too many reports in one batch"


class BatchNotFoundError(DomainError):
    """No batch has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "batch-not-found"
    title_zh: ClassVar = "没有这一批"
    title_en: ClassVar = "No such batch"


class BatchOverError(DomainError):
    """The batch was cancelled."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "batch-cancelled"
    title_zh: ClassVar = "这一批已取消"
    title_en: ClassVar = "The batch was cancelled"


class BatchRunningError(DomainError):
    """The batch is still being made."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "batch-running"
    title_zh: ClassVar = "这一批还在生成"
    title_en: ClassVar = "The batch is still being made"


class FolderUnknownError(DomainError):
    """The batch has no such folder."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "folder-unknown"
    title_zh: ClassVar = "这一批没有这个文件夹"
    title_en: ClassVar = "The batch has no such folder"


class PeriodUnknownError(DomainError):
    """The school calendar knows no such period at that day."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "period-unknown"
    title_zh: ClassVar = "校历中没有这个周期"
    title_en: ClassVar = "The school calendar has no such period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An object that a report is ordered of."""

    scope: str
    name: str
    parents: Sequence[str]


def check_size(count: int) -> None:
    """Refuse a batch of nothing, and one of too much.

    Raises:
        BatchEmptyError: there is nothing.
        BatchTooLargeError: there is too much.
    """
    if count == 0:
        raise BatchEmptyError(
            "没有符合条件的对象",
            "no object is chosen",
            fields={"$.of": ["没有这样的对象，或您看不到它们 (none, or none that you see)"]},
            fixes=["GET /api/datahub/v1/scopes"],
        )
    if count > MOST:
        raise BatchTooLargeError(
            f"{count:,} 份，一批至多 {MOST:,} 份",
            f"{count} reports; a batch has at most {MOST}",
            fields={"$.within": ["缩小范围，分几批 (choose less, in several batches)"]},
        )


def check_folder(folder: str, there: Sequence[str]) -> None:
    """Refuse a folder that a batch has not.

    Raises:
        FolderUnknownError: with some that it has.
    """
    if folder not in there:
        raise FolderUnknownError(
            f"没有文件夹 {folder}，有：{'、'.join(there[:20])}",
            f"there is no folder {folder}",
            fixes=["GET /api/report/v1/batches/{batch}/folders"],
        )


def folder_of(chosen: Chosen, names: Mapping[str, str]) -> str:
    """Return the folder of a report: what its object lies in, by its name."""
    for kind in _FOLDERS:
        for parent in chosen.parents:
            if parent.startswith(f"{kind}/"):
                return fit(f"{names.get(parent, '')} {parent.partition('/')[2]}".strip())
    return KIND_ZH[chosen.scope.partition("/")[0]]


def file_name(scope: str, name: str, title: str, ending: str) -> str:
    """Return how a file of a report is called: the number first, so that they sort."""
    stem = f"{fit(scope.partition('/')[2])} {fit(name)} {fit(title)}"
    return f"{stem.encode()[:_MOST_BYTES].decode(errors='ignore').rstrip(' .')}.{ending}"


def told_apart(names: Iterable[str]) -> list[str]:
    """Return names of files of which no two are one, not even where case is none."""
    used: set[str] = set()
    found = []
    for name in names:
        stem, _, ending = name.rpartition(".")
        own = next(
            each
            for each in chain([name], (f"{stem} {number}.{ending}" for number in count(2)))
            if each.casefold() not in used
        )
        used.add(own.casefold())
        found.append(own)
    return found


def fit(text: str) -> str:
    """Return a text that every file system takes as a name; rare characters stay."""
    bare = _UNFIT.sub("_", text).strip(" .")
    return bare[:_LONGEST] or "_"


def period_at(calendar: Calendar, kind: str, day: date, *, last: bool) -> str:
    """Return the period of a kind in which a day lies, or the last one that is over by then.

    Raises:
        PeriodUnknownError: the school calendar has none.
    """
    told = calendar.told
    spans: list[tuple[date, str]] = []
    match kind:
        case "year":
            return f"year:{day.year - last}"
        case "month":
            months = day.year * 12 + day.month - 1 - last
            return f"month:{months // 12}-{months % 12 + 1:02}"
        case "term":
            spans = [(each.ends_on, f"term:{each.term}") for each in told.terms]
        case "ayear":
            spans = [(each.ends_on, f"ayear:{each.year}") for each in told.years]
        case _:
            pass
    over = sorted(each for each in spans if each[0] < day)
    running = sorted(each for each in spans if each[0] >= day)
    found = over[-1:] if last else running[:1]
    if not found:
        raise PeriodUnknownError(
            f"校历中没有 {day} 所在或之前的周期（{kind}）",
            f"the school calendar has no {kind} at {day}",
            fixes=["在数据中台补校历 (add it to the school calendar of the hub)"],
        )
    return found[0][1]


def campus_day(at: datetime) -> date:
    """Return the day of an instant on the campus."""
    return at.astimezone(CAMPUS).date()
