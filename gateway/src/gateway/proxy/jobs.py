"""Clocked work of the data path: the route table followed, replicas asked how they are."""

import asyncio
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import structlog
from pydantic import ValidationError

from gateway.proxy.domain.routes import Route
from gateway.proxy.schemas import RouteEntry
from gateway.proxy.upstream import Upstream

LOOK_SECONDS: Final = 1.0
PROBE_SECONDS: Final = 2.0

log = structlog.get_logger()


async def follow_table(upstream: Upstream, path: Path) -> None:
    """Take over the table whenever it changes, for ever; requests under way end as they began.

    One that cannot be read changes nothing, and is told in the log.
    """
    shipped, seen = dict(upstream.routes), b""
    while True:
        written = await asyncio.to_thread(_read, path)
        if written != seen:
            seen = written
            try:
                upstream.routes.update(table_of(written, shipped | upstream.routes, shipped))
                log.info("routes_loaded", services=sorted(upstream.routes))
            except (ValidationError, ValueError) as error:
                log.warning("routes_refused", path=str(path), why=str(error)[:500])
        await asyncio.sleep(LOOK_SECONDS)


def table_of(
    written: bytes, known: Mapping[str, Route], shipped: Mapping[str, Route]
) -> dict[str, Route]:
    """Return the routes that a table tells; a service that it does not name is as shipped.

    Raises:
        ValueError: it is no TOML, names a service that there is none of, or says nonsense of one.
    """
    document: dict[str, Any] = tomllib.loads(written.decode())
    strange = sorted(set(document) - set(shipped))
    if strange:
        raise ValueError(f"no such service: {', '.join(strange)}")
    return {
        service: RouteEntry.model_validate(document[service]).route(service, known[service])
        if service in document
        else shipped[service]
        for service in shipped
    }


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


async def probe_replicas(upstream: Upstream) -> None:
    """Ask every replica of a service that has several whether it lives, for ever."""
    while True:
        several = [each for each in upstream.routes.values() if len(each.replicas) > 1]
        await asyncio.gather(
            *(upstream.probe(route.service, each) for route in several for each in route.replicas)
        )
        await asyncio.sleep(PROBE_SECONDS)
