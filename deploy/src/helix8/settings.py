"""The only reader of the environment."""

import os
from pathlib import Path


def inherited() -> dict[str, str]:
    """Return the variables of this process, for the processes it starts."""
    return dict(os.environ)  # noqa: TID251 - this is settings.py


def value(name: str) -> str | None:
    """Return a variable, or the text of the file that ``<name>_FILE`` names; None without both."""
    variables = inherited()
    file = variables.get(f"{name}_FILE")
    if name not in variables and file:
        return Path(file).read_text(encoding="utf-8").strip()
    return variables.get(name)
