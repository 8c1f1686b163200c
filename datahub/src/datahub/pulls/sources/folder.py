"""A watched folder: files are claimed, read once, and put away with a report.

Claiming is a rename into ``working/`` under a name of its own, which one of two hubs wins; from
then on the claim says which file it is, whatever else comes under the same name. What a killed
run left there is found again by the next one.
"""

import asyncio
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any, Final

from datahub.ingest.api.bodies import CSV, HTML, NDJSON
from datahub.ingest.api.spreadsheets import XLS, XLSX
from datahub.ingest.domain.reading import UnreadableFileError
from datahub.pulls.domain.pull import FolderSource

WORKING: Final = "working"
DONE: Final = "done"
FAILED: Final = "failed"
KINDS: Final = {
    ".csv": CSV,
    ".tsv": CSV,
    ".txt": CSV,
    ".ndjson": NDJSON,
    ".jsonl": NDJSON,
    ".xlsx": XLSX,
    ".xls": XLS,
    ".html": HTML,
    ".htm": HTML,
}
_UNFINISHED: Final = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
_OTHERS: Final = (".", "~$")
_CLAIM: Final = 30
"""Characters of a claim: its instant, and what tells two of one moment apart."""

_NAME_BYTES: Final = 255 - _CLAIM - 1 - len(".report.json")
"""Room for a name, in bytes: with its claim, and as a report, it is a file's name too."""

_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Claimed:
    """A file that is ours to read."""

    path: Path

    @property
    def claim(self) -> str:
        """Return what tells it from any other file, of the same name too."""
        return self.path.name[:_CLAIM]

    @property
    def name(self) -> str:
        """Return the name under which it was put there, whatever it was written in."""
        written = os.fsencode(self.path.name[_CLAIM + 1 :])
        try:
            return written.decode()
        except UnicodeDecodeError:
            return written.decode("gb18030", "replace")

    @property
    def kind(self) -> str:
        """Return its content type, by its name.

        Raises:
            UnreadableFileError: the name says no kind that is read.
        """
        kind = KINDS.get(Path(self.name).suffix.lower())
        if kind is None:
            raise UnreadableFileError(
                f"{self.name}：不读取这种文件",
                f"{self.name}: files of this kind are not read",
                fixes=[f"{', '.join(KINDS)}"],
            )
        return kind

    def open(self) -> IO[bytes]:
        """Open it; a link is not followed."""
        return os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW), "rb")

    def digest(self) -> tuple[str, int]:
        """Return its SHA-256 and its size in bytes."""
        digest = hashlib.sha256()
        with self.open() as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
            return digest.hexdigest(), file.tell()


class Watched:
    """One watched folder."""

    def __init__(self, source: FolderSource) -> None:
        self._source = source
        self._folder = Path(source.path)

    def left(self) -> list[Claimed]:
        """Return what an earlier run claimed and did not put away."""
        for name in (WORKING, DONE, FAILED):
            (self._folder / name).mkdir(exist_ok=True)
        found = sorted((self._folder / WORKING).iterdir())
        return [Claimed(path) for path in found if stat.S_ISREG(path.lstat().st_mode)]

    async def settled(self) -> list[str]:
        """Return the names of files that keep their size, in order."""
        before = dict(self._sizes())
        if not before:
            return []
        await asyncio.sleep(self._source.settle_seconds)
        after = dict(self._sizes())
        return sorted(name for name, size in before.items() if after.get(name) == size)

    def _sizes(self) -> Iterator[tuple[str, tuple[int, int]]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if not self._is_wanted(entry.name):
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # taken, or renamed by its owner, in this very moment
                if stat.S_ISREG(status.st_mode):
                    yield entry.name, (status.st_size, status.st_mtime_ns)

    def _is_wanted(self, name: str) -> bool:
        is_whole = not name.startswith(_OTHERS) and not name.lower().endswith(_UNFINISHED)
        return is_whole and fnmatchcase(name, self._source.pattern)

    def claim(self, name: str, now: datetime) -> Claimed | None:
        """Make a file ours; None when it has gone, to another hub or by its owner."""
        mark = f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
        target = self._folder / WORKING / f"{mark}-{_cut(name)}"
        try:
            (self._folder / name).rename(target)
        except FileNotFoundError:
            return None
        return Claimed(target)

    def put_away(self, file: Claimed, report: Mapping[str, Any], *, failed: bool) -> None:
        """Write the report, then move the file beside it: where it lies, its report is."""
        folder = self._folder / (FAILED if failed else DONE)
        target = folder / f"{file.path.name}.report.json"
        draft = target.with_suffix(".tmp")
        text = json.dumps(report, ensure_ascii=False, indent=1, default=str)
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(target)
        file.path.replace(folder / file.path.name)


def _cut(name: str) -> str:
    """Return a name that leaves room for a claim; its ending, which says its kind, stays."""
    written = os.fsencode(name)
    if len(written) <= _NAME_BYTES:
        return name
    ending = os.fsencode(Path(name).suffix)[:_NAME_BYTES]
    return written[: _NAME_BYTES - len(ending)].decode(errors="ignore") + os.fsdecode(ending)
