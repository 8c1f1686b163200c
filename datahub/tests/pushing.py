"""What is pushed by HTTP in these tests."""

from collections.abc import Callable
from typing import Any

Ledger = Callable[[Any], dict[str, int]]


COURSE = {"course_code": None, "name": None}


async def versions(hub: Any, entity: str, *keys: str) -> list[int]:
    return [(await hub.get(f"records/{entity}/{key}"))["version"] for key in keys]
