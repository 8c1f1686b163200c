"""The person of the demonstration, who decides on what the loader's key has entered.

Nobody approves his own, and no system approves anything.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from helix8.demo.access import OwnSuite
from helix8.demo.portal import RefusedError

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has logged in."""

    client: httpx.AsyncClient

    async def say(self, path: str, said: Said | None = None) -> Said:
        """Send something; return what is answered.

        Raises:
            RefusedError: it was refused.
        """
        told: Said = _told(await self.client.post(path, json=said))
        return told

    async def ask(self, path: str, **query: Any) -> Any:
        """Read something.

        Raises:
            RefusedError: it was refused.
        """
        return _told(await self.client.get(path, params=query))


def _told(answer: httpx.Response) -> Any:
    if answer.is_error:
        why = f"{answer.status_code} {answer.text[:1000]}"
        raise RefusedError(f"{answer.request.url.path}: {why}")
    return answer.json() if answer.content else {}


@asynccontextmanager
async def another(suite: OwnSuite) -> AsyncIterator[Person]:
    """Log in as the person of the demonstration.

    Raises:
        RefusedError: he was not let in.
    """
    address = suite.address()
    async with httpx.AsyncClient(
        base_url=address, headers={"origin": address}, trust_env=False, timeout=60
    ) as client:
        person = Person(client)
        who = {"login": "demo", "password": suite.password()}
        await person.say("/api/gateway/v1/sessions", who)
        yield person
