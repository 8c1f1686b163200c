"""The suite as its source systems see it: HTTP through the gateway, with an API key."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import httpx

from helix8.demo.access import Access, OwnSuite
from helix8.home import Home

PATIENCE_SECONDS: Final = 120.0
"""How long a request is repeated while the suite is away; the supervisor restarts what died."""

AWAY: Final = frozenset({429, 502, 503, 504})
"""Answers that mean: not now."""

ANSWER_SECONDS: Final = 600.0
"""A large file is answered when all of it is in."""

Body = bytes | Callable[[], AsyncIterator[bytes]]


class RefusedError(Exception):
    """The suite refused a request for good, or was away for too long."""


@dataclass(slots=True)
class Portal:
    """The gateway of a suite."""

    access: Access
    _client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self._client = httpx.AsyncClient(
            headers={"authorization": f"Bearer {self.access.key()}"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=5.0),
            # The environment's proxies lead away from this machine.
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def put(self, path: str, document: Mapping[str, Any]) -> bool:
        """Store a definition; return whether it was new or other than before."""
        return _changed(await self._send("PUT", path, json=dict(document)))

    async def post(self, path: str, document: Mapping[str, Any]) -> bool:
        """Upsert a document by its natural key; return whether it was new or other than before."""
        return _changed(await self._send("POST", path, json=dict(document)))

    async def send(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Send a document; return what is answered."""
        answered: dict[str, Any] = (await self._send("POST", path, json=dict(document))).json()
        return answered

    async def step(self, path: str) -> None:
        """Take a step that says nothing but itself."""
        await self._send("POST", path)

    async def upload(self, path: str, content: bytes) -> dict[str, Any]:
        """Hand in a file; return what is known of it."""
        kind = {"content-type": "application/octet-stream"}
        told: dict[str, Any] = (await self._send("POST", path, body=content, headers=kind)).json()
        return told

    async def get(self, path: str, **query: Any) -> httpx.Response:
        """Read something."""
        return await self._send("GET", path, params=query)

    async def push(
        self,
        body: Body,
        kind: str,
        query: Mapping[str, str],
        key: str | None = None,
        *,
        door: str = "batches",
    ) -> dict[str, Any]:
        """Push records or events; return the ledger of the batch.

        Args:
            body: the bytes, or a function that gives them anew for every attempt.
            kind: content type.
            query: ``feed``, or ``source`` and ``entity``; ``mode``, ``document``.
            key: idempotency key: the same body under it is taken in once.
            door: ``batches``, or ``learning-events``.
        """
        headers = {"content-type": kind} | ({"idempotency-key": key} if key else {})
        path = f"/api/datahub/v1/{door}"
        answer = await self._send("POST", path, body=body, params=dict(query), headers=headers)
        ledger: dict[str, Any] = answer.json()
        return ledger

    async def bring_in(self, plan: bytes, scope: str) -> dict[str, Any]:
        """Bring in a plan from its text for a school; return what came of it."""
        answer = await self._send(
            "POST",
            "/api/target/v1/plans/import",
            body=plan,
            params={"scope": scope},
            headers={"content-type": "text/plain"},
        )
        done: dict[str, Any] = answer.json()
        return done

    async def record(
        self, entity: str, record: Mapping[str, Any], feed: str, key: str
    ) -> dict[str, Any]:
        """Push one record; return its fate, also where it was put aside."""
        answer = await self._send(
            "POST",
            f"/api/datahub/v1/records/{entity}",
            taken=_is_put_aside,
            json=dict(record),
            params={"feed": feed},
            headers={"idempotency-key": key},
        )
        told: dict[str, Any] = answer.json()
        return told if answer.is_success else {"verdict": "quarantined"}

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        taken: Callable[[httpx.Response], bool] = lambda _: False,
        **request: Any,
    ) -> httpx.Response:
        """Send until the suite answers; what is sent is an upsert, so that twice is as once.

        Args:
            method: of the request.
            path: below the address of the gateway.
            body: the bytes, or a function that gives them anew for every attempt.
            taken: tells refusals that are answers too.
            request: as httpx takes it.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        pause = 0.25
        while True:
            content = body() if callable(body) else body
            try:
                answer = await self._client.request(
                    method, self.access.address() + path, content=content, **request
                )
                why = f"{answer.status_code} {answer.text[:1000]}"
            except httpx.TransportError as error:
                answer, why = None, str(error) or type(error).__name__
            if answer is not None and (answer.is_success or taken(answer)):
                return answer
            late = asyncio.get_running_loop().time() > deadline
            if late or (answer is not None and not _is_for_now(answer)):
                raise RefusedError(f"{method} {path}: {why}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


def _is_for_now(answer: httpx.Response) -> bool:
    """Whether to ask again: it is away, or says when (a request that is still under way does)."""
    return answer.status_code in AWAY or "retry-after" in answer.headers


def _is_put_aside(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY and (
        str(answer.json()["type"]).endswith(":record-put-aside")
    )


def _changed(answer: httpx.Response) -> bool:
    return answer.status_code == httpx.codes.CREATED or answer.headers.get("changed") == "true"


def running_suite(directory: Path) -> Portal:
    """Return the suite on a data directory.

    Raises:
        NotRunningError: nothing ever ran there.
    """
    suite = OwnSuite(Home(directory))
    suite.address()
    return Portal(suite)
