"""Named points where a copy of the tree can be killed or held; armed by a file of that name.

Copied beside the patched packages; the product knows nothing of it.
"""

import asyncio
import os
import signal
from pathlib import Path


def armed(point: str) -> Path:
    """Return the file that arms a point; ``.reached`` beside it says that somebody was there."""
    return Path(os.environ["FAULT_POINTS"], point)  # noqa: TID251 — a tool of the tests


def kill(point: str) -> None:
    """Die here, at once and without a trace, if the point is armed; it goes off once."""
    try:
        armed(point).unlink()
    except FileNotFoundError:
        return
    armed(f"{point}.reached").touch()
    os.kill(os.getpid(), signal.SIGKILL)


async def hold(point: str) -> None:
    """Stay here as long as the point is armed; who comes later is not held."""
    if not armed(point).exists() or armed(f"{point}.reached").exists():
        return
    armed(f"{point}.reached").touch()
    while armed(point).exists():  # noqa: ASYNC110 — the one who lets go is another process
        await asyncio.sleep(0.01)
