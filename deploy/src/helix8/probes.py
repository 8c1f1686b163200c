"""Asks processes how they are, with as little machinery as possible: the supervisor stays small."""

import asyncio
import json
from contextlib import suppress
from typing import Any, Final

from helix8.embedded.ports import LOOPBACK
from helix8.progress import say
from helix8.suite import MONITOR

ANSWER_LIMIT: Final = 1_000_000
"""Bytes read of an answer."""


HEALTH: Final = "$SYS.REQ.SERVER.PING.HEALTHZ"

INBOX: Final = "_INBOX.health"


async def get(port: int, path: str, *, seconds: float = 2.0) -> tuple[int, bytes]:
    """Return status and body of ``GET http://127.0.0.1:port/path``.

    Raises:
        OSError: nobody answered, not in time, or not in HTTP.
    """
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=ANSWER_LIMIT)
        try:
            # HTTP/1.0: the answer ends with the connection.
            request = f"GET {path} HTTP/1.0\r\nHost: {LOOPBACK}:{port}\r\n\r\n"
            writer.write(request.encode("ascii"))
            head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        finally:
            writer.close()
    words = head.split(None, 2)
    if len(words) < 2 or not words[1].isdigit():
        raise OSError("no HTTP answer")
    return int(words[1]), body


async def readiness(port: int) -> tuple[bool, dict[str, Any]]:
    """Return whether the service on ``port`` is ready, and the checks it names."""
    try:
        status, body = await get(port, "/readyz")
    except OSError as error:
        why = say("没有应答", f"no answer: {str(error) or type(error).__name__}")
        return False, {"http": {"ok": False, "why": why}}
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    checks = document.get("checks") if isinstance(document, dict) else None
    return status == 200, checks if isinstance(checks, dict) else {}


def reasons(checks: dict[str, Any]) -> str:
    """Return the failed checks in one line."""
    failed = {name: check for name, check in checks.items() if not check.get("ok")}
    return "; ".join(f"{name}: {check.get('why', 'not ok')}" for name, check in failed.items())


def lag(checks: dict[str, Any]) -> int | None:
    """Return how many messages wait for a service; None if it reads none."""
    waiting = [check["messages"] for check in checks.values() if "messages" in check]
    return sum(waiting) if waiting else None


def outbox_age(checks: dict[str, Any]) -> float | None:
    """Return for how many seconds the oldest event waits to be sent; None if there is no outbox."""
    age: float | None = checks.get("outbox", {}).get("age_seconds")
    return age


def loops(checks: dict[str, Any]) -> tuple[int, int]:
    """Return how many background loops of a service are well, and how many it has."""
    found = [check["ok"] for name, check in checks.items() if name.startswith("loop:")]
    return sum(found), len(found)


async def broker_greets(port: int) -> bool:
    """Whether NATS greets a client; by then it has recovered its streams."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                return (await reader.readline()).startswith(b"INFO ")
            finally:
                writer.close()
    except OSError:
        return False


async def broker_is_well(port: int, password: str) -> bool:
    """Whether NATS says that it, with its streams, is well. A full disk makes it say no.

    Spoken by hand: the client library is as large in memory as all the rest of the supervisor,
    and leaves its socket open when the server refuses it.
    """
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=ANSWER_LIMIT)
            try:
                login = {"user": MONITOR, "pass": password, "verbose": False, "name": "helix8"}
                ask = f"SUB {INBOX} 1\r\nPUB {HEALTH} {INBOX} 2\r\n{{}}\r\n"
                writer.write(f"CONNECT {json.dumps(login)}\r\n{ask}".encode())
                said = await _answer(reader)
                return said is not None and said.get("data", {}).get("status") == "ok"
            finally:
                writer.close()
    except OSError:
        return False


async def reload_broker(host: str, port: int, password: str) -> None:
    """Have NATS read its configuration again; whom it does not know any more it cuts off.

    Raises:
        OSError: it is away, or refuses the configuration.
    """
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(host, port, limit=ANSWER_LIMIT)
        try:
            greeting = await reader.readline()
            if not (greeting.startswith(b"INFO ") and greeting.endswith(b"\n")):
                raise OSError("NATS: no greeting")
            server = json.loads(greeting.removeprefix(b"INFO "))["server_id"]
            login = {"user": MONITOR, "pass": password, "verbose": False, "name": "helix8"}
            ask = f"SUB {INBOX} 1\r\nPUB $SYS.REQ.SERVER.{server}.RELOAD {INBOX} 2\r\n{{}}\r\n"
            writer.write(f"CONNECT {json.dumps(login)}\r\n{ask}".encode())
            said = await _answer(reader)
        finally:
            writer.close()
    if said is None or "error" in said:
        raise OSError(f"NATS: {said and said['error']}")


async def _answer(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """Return the first message; None where the server breaks off."""
    with suppress(asyncio.IncompleteReadError):
        while (line := await reader.readline()).endswith(b"\n"):
            if line.startswith(b"MSG "):
                answer: dict[str, Any] = json.loads(await reader.readexactly(int(line.split()[-1])))
                return answer
            if line.startswith(b"-ERR"):
                return None
    return None
