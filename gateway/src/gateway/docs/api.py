"""Discovery, readiness, keys and documentation: open to whoever reaches the port; metrics are not.

Metrics need the permission ``operations:read``, by session or API key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from nats.aio.client import Client
from prometheus_client import generate_latest

from gateway.access.api import allowed, count_stranger
from gateway.access.domain.origins import takes_gzip
from gateway.access.usecases import TokenMint
from gateway.docs.queries import (
    Document,
    EntityNames,
    Packed,
    entity_names_of,
    openapi_of_all,
    readiness_of,
    watermarks_of,
)
from gateway.proxy.upstream import Remembered, Upstream
from shared.kit import bus
from shared.kit.database import Database
from shared.kit.etags import tags_of
from shared.kit.loops import Loop
from shared.kit.readiness import answer, check, check_flow, check_loops
from shared.kit.worker import Worker

VERSION = "0.1.0"

router = APIRouter(tags=["discovery 自述"])


@dataclass(slots=True, kw_only=True)
class About:
    """What this part of the gateway works with."""

    database: Database
    nats: Client
    upstream: Upstream
    loops: Sequence[Loop]
    workers: Sequence[Worker]
    stalled_seconds: float
    mint: TokenMint
    services: Remembered[dict[str, Document]]
    watermarks: Remembered[dict[str, int]]
    openapi: Remembered[Packed]
    entities: Remembered[dict[str, EntityNames]]


def make_about(  # noqa: PLR0913 — its parts
    *,
    database: Database,
    nats: Client,
    upstream: Upstream,
    loops: Sequence[Loop],
    workers: Sequence[Worker],
    stalled_seconds: float,
    own_openapi: Document,
) -> About:
    """Build it, with answers remembered for as long as they are worth."""
    return About(
        database=database,
        nats=nats,
        upstream=upstream,
        loops=loops,
        workers=workers,
        stalled_seconds=stalled_seconds,
        mint=upstream.mint,
        services=Remembered(lambda: readiness_of(upstream), 1.0),
        watermarks=Remembered(lambda: watermarks_of(upstream), 1.0),
        openapi=Remembered(lambda: openapi_of_all(upstream, own_openapi), 5.0),
        entities=Remembered(lambda: entity_names_of(upstream), 20.0),
    )


async def get_about(request: Request) -> About:
    """Return the one `About` of this process."""
    about: About = request.app.state.about
    return about


Us = Annotated[About, Depends(get_about)]


async def discovery(about: About) -> Document:
    """Return what a program needs to find everything else."""
    services = sorted(about.upstream.routes)
    return {
        "name": "Helix8",
        "versions": {"suite": VERSION, "api": ["v1"], "events": ["v1"]},
        "services": [*services, "gateway"],
        "urls": {
            **{name: f"/api/{name}/v1" for name in [*services, "gateway"]},
            "openapi": "/api/openapi.json",
            "docs": "/docs",
            "events": "/events",
            "jwks": "/.well-known/jwks.json",
            "alerts_stream": "/api/gateway/v1/alerts/stream",
            "ready": "/readyz",
        },
        "watermarks": await about.watermarks.get(),
    }


@router.get(
    "/api/openapi.json",
    summary="全部服务的 OpenAPI",
    include_in_schema=False,
    dependencies=[Depends(count_stranger)],
)
async def openapi(request: Request, about: Us) -> Response:
    packed = await about.openapi.get()
    headers = {"ETag": packed.tag, "Cache-Control": "public, max-age=5", "Vary": "Accept-Encoding"}
    if packed.tag in tags_of(request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    if not takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(packed.plain, media_type="application/json", headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(packed.zipped, media_type="application/json", headers=headers)


@router.get("/.well-known/jwks.json", summary="内部令牌的公钥", include_in_schema=False)
async def jwks(about: Us) -> Response:
    return JSONResponse(about.mint.public_keys(), headers={"Cache-Control": "public, max-age=60"})


@router.get("/healthz", summary="存活", include_in_schema=False)
async def healthz() -> dict[str, str]:
    return {"status": "alive", "service": "gateway"}


@router.get("/readyz", summary="就绪", include_in_schema=False)
async def readyz(request: Request, about: Us) -> Response:
    own = {
        "database": await check(about.database.ping()),
        "signing_key": _signing_key(about.mint),
    }
    beside = {"nats": await check(bus.round_trip(about.nats)), **check_loops(about.loops)}
    beside |= await check_flow(
        own | beside, about.database, about.nats, about.workers, about.stalled_seconds
    )
    services = await about.services.get()
    ready = all(each["ok"] for each in own.values())
    whole = ready and all(each["ok"] for each in [*beside.values(), *services.values()])
    more = {
        "status": "ready" if whole else "degraded" if ready else "not ready",
        "checks": own | beside,
        "services": services,
    }
    return answer(request, "gateway", own, more)


@router.get(
    "/metrics",
    summary="指标",
    include_in_schema=False,
    # This port is everybody's; those of the services are not, and answer whoever reaches them.
    dependencies=[Depends(allowed("operations:read"))],
)
async def metrics() -> Response:
    return PlainTextResponse(generate_latest(), media_type="text/plain; version=0.0.4")


def _signing_key(mint: TokenMint) -> Document:
    if mint.public_keys()["keys"]:
        return {"ok": True}
    return {"ok": False, "why": "没有签名密钥 · there is no signing key"}
