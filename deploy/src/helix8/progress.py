"""What the user reads while something happens."""

import time
from collections.abc import Callable


def say(zh: str, en: str) -> str:
    """Return one line in both languages."""
    return f"{zh} · {en}"


class Progress:
    """Prints one line a step, with the seconds since the beginning."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._begin = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begin

    def step(self, zh: str, en: str) -> None:
        """Print a step that is done."""
        self._write(f"[{self.seconds:5.1f} s] {say(zh, en)}")

    def note(self, text: str = "") -> None:
        """Print a line that is no step."""
        self._write(text)
