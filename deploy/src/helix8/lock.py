"""One process at a time on a data directory."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class HeldError(Exception):
    """Somebody else works on the directory; the text is what he wrote about himself."""


@contextmanager
def hold(file: Path, note: str = "") -> Generator[None]:
    """Hold the lock ``file`` with the process id and ``note`` in it; the kernel frees it at death.

    Raises:
        HeldError: another process holds it; the text is ``<pid> <note>``.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeldError(os.read(descriptor, 1_000).decode()) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} {note}".encode())
        yield
    finally:
        os.close(descriptor)
