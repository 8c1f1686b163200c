"""Reads the log files of the processes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from helix8.embedded.launch import tail
from helix8.home import Home


def log_files(home: Home, name: str | None) -> list[Path]:
    """Return the log file of ``name``, or of every process.

    Raises:
        LookupError: there is none of that name; the text lists those there are.
    """
    files = sorted(home.logs.glob("*.log"))
    chosen = [file for file in files if name in {None, file.stem}]
    if name is not None and not chosen:
        raise LookupError(", ".join(file.stem for file in files))
    return chosen


def show(files: list[Path], lines: int, write: Callable[[str], None]) -> None:
    """Write the last lines of each file, with its name where there are several."""
    for file in files:
        for line in tail(file, lines).splitlines():
            write(_labelled(file, line, files))


def follow(files: list[Path], write: Callable[[str], None]) -> None:
    """Write what is appended to the files, until interrupted."""
    streams = {file: _appended(file) for file in files}
    while True:
        for file, stream in streams.items():
            for line in next(stream):
                write(_labelled(file, line, files))
        time.sleep(0.2)


def _appended(file: Path) -> Iterator[list[str]]:
    """Yield, each time it is asked, the whole lines that came since."""
    position = file.stat().st_size
    while True:
        size = file.stat().st_size if file.exists() else 0
        # A restart put the old file aside.
        position = 0 if size < position else position
        with file.open("rb") as stream:
            stream.seek(position)
            whole, newline, _ = stream.read().rpartition(b"\n")
        position += len(whole) + len(newline)
        yield whole.decode("utf-8", "replace").splitlines()


def _labelled(file: Path, line: str, files: list[Path]) -> str:
    return line if len(files) == 1 else f"{file.stem:<10} {line}"
