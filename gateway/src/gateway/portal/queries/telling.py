"""One's letters, the channels, and the policy that says who is told."""

import asyncio
from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.listing import ROWS
from gateway.portal.queries.holes import maybe
from gateway.portal.queries.services import Listed, Services, list_of, read_answer, total_of
from gateway.portal.schemas.telling import Channel, Letter, Policy, Told, Unread, Way

SERVICE: Final = "alert"
TOLD: Final = 25


async def inbox(services: Services, page: int) -> tuple[Listed, int]:
    """Return a page of the visitor's letters, the newest first, and how many he has not read."""
    first = (page - 1) * ROWS
    letters, unread = await asyncio.gather(
        services.get(SERVICE, "inbox", limit=ROWS, offset=first, totalCount="true"),
        services.get(SERVICE, "inbox/unread"),
    )
    rows = read_answer(TypeAdapter(list[Letter]), SERVICE, letters)
    count = read_answer(TypeAdapter(Unread), SERVICE, unread).unread
    return Listed(rows=rows, total=total_of(letters, first + len(rows))), count


async def channels(services: Services) -> list[Channel]:
    """Return the channels."""
    return await list_of(services, SERVICE, "channels", Channel)


async def get_channel(services: Services, key: str) -> dict[str, Any]:
    """Return a channel, and what was told by it lately.

    Raises:
        RefusedError: there is none of that key.
    """
    answer = await services.find(SERVICE, f"channels/{quote(key, safe='')}")
    told = await maybe(list_of(services, SERVICE, "notifications", Told, channel=key, limit=TOLD))
    return {"channel": read_answer(TypeAdapter(Channel), SERVICE, answer), "told": told}


async def policy(services: Services) -> tuple[Policy, list[Policy]]:
    """Return the policy that counts, and its versions, the newest first."""
    now, versions = await asyncio.gather(
        services.get(SERVICE, "notification-policy"),
        list_of(services, SERVICE, "notification-policy/versions", Policy),
    )
    return read_answer(TypeAdapter(Policy), SERVICE, now), versions


async def try_way(services: Services, labels: dict[str, str]) -> Way:
    """Return which way an alert with these labels would go.

    Raises:
        RefusedError: with what is wrong with them.
    """
    answer = await services.act(SERVICE, "notification-policy/trial", {"labels": labels})
    return read_answer(TypeAdapter(Way), SERVICE, answer)
