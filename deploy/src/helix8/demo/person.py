"""The person of the demonstration, who decides on what the loader's key has entered; and others.

Nobody approves his own, and no system approves anything. People of the college do what is theirs
by accounts of their own: the login is the number, the password that of the demonstration.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from helix8.demo.access import OwnSuite
from helix8.demo.portal import RefusedError

Said = dict[str, Any]
ACCOUNTS: Final = "/api/gateway/v1/accounts"


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
async def another(suite: OwnSuite, login: str = "demo") -> AsyncIterator[Person]:
    """Log in as the person of the demonstration, or as one of the college.

    Raises:
        RefusedError: he was not let in.
    """
    address = suite.address()
    async with httpx.AsyncClient(
        base_url=address, headers={"origin": address}, trust_env=False, timeout=60
    ) as client:
        person = Person(client)
        who = {"login": login, "password": suite.password()}
        await person.say("/api/gateway/v1/sessions", who)
        yield person


@asynccontextmanager
async def members(suite: OwnSuite, scopes: Iterable[str]) -> AsyncIterator[Mapping[str, Person]]:
    """Log in as people of the college, ``teacher/T001``; who has no account gets one.

    Raises:
        RefusedError: somebody was not let in.
    """
    async with AsyncExitStack() as opened:
        admin = await opened.enter_async_context(another(suite))
        there = {each["login"] for each in await admin.ask(ACCOUNTS)}
        found = {}
        for scope in dict.fromkeys(scopes):
            role, _, number = scope.partition("/")
            login = number.lower()
            if login not in there:
                named = await admin.ask("/api/datahub/v1/scopes", scope=scope)
                name = named[0]["name"] if named else number
                about = {"subject": f"person/{number}", "name": name, "roles": [role]}
                await admin.say(ACCOUNTS, about | {"login": login, "password": suite.password()})
            found[scope] = await opened.enter_async_context(another(suite, login))
        yield found
