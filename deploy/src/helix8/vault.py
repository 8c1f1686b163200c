"""Secrets, one file each: generated ones, readable by the owner only, and given ones."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helix8.errors import StartError
from helix8.progress import say


class Vault:
    """A directory of secrets; each is made when it is first asked for."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        self.directory = directory

    def path(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> Path:
        """Return the file of a secret, made by ``make`` (192 random bits) if there is none."""
        file = self.directory / name
        if not file.exists():
            write_private(file, make())
        return file

    def read(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
        """Return a secret, made by ``make`` (192 random bits) if there is none."""
        return self.path(name, make).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Sealed:
    """Secrets that were given: read, never made."""

    directory: Path

    def read(self, name: str) -> str:
        """Return a secret.

        Raises:
            StartError: it is absent or empty.
        """
        file = self.directory / name
        try:
            text = file.read_text(encoding="utf-8").strip()
        except OSError as error:
            text = ""
            why = error.strerror
        else:
            why = "empty"
        if not text:
            raise StartError(say(f"缺少密钥文件 {file}（{why}）", f"no secret in {file} ({why})"))
        return text


def write_private(file: Path, text: str) -> None:
    """Write ``file`` (0600) at once: a reader sees the old text or the new one, never a part."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def keep_private(file: Path, text: str) -> None:
    """Write ``file`` (0600) unless it holds ``text``, so that a full disk stops no restart."""
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        write_private(file, text)
