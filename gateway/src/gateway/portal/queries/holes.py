"""A part of a page that may be missing, while the rest of the page stands."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from shared.errors import DomainError
from shared.kit.identity import NotAllowedError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What a service said; or why it says nothing."""

    value: T | None
    why: Literal["", "forbidden", "away"] = ""


async def maybe(asking: Awaitable[T]) -> Found[T]:
    """Return an answer, or why there is none."""
    try:
        return Found(await asking)
    except NotAllowedError:
        return Found(None, "forbidden")
    except DomainError:
        return Found(None, "away")


async def all_of(**asking: Awaitable[T]) -> dict[str, Found[T]]:
    """Return the answers to several questions asked at once, each with its own outcome."""
    found = await asyncio.gather(*(maybe(each) for each in asking.values()))
    return dict(zip(asking, found, strict=True))
