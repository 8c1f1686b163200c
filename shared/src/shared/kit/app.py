"""Build a service: HTTP edges, background tasks, health, metrics; the same for every service."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.routing import APIRoute
from nats.aio.client import Client
from prometheus_client import generate_latest
from sqlalchemy import text

from shared.errors import DomainError
from shared.kit import bus
from shared.kit.admin import admin_router
from shared.kit.bus import JetStreamView, Publisher
from shared.kit.database import Database
from shared.kit.identity import TokenVerifier, current_caller
from shared.kit.logs import configure_logs
from shared.kit.loops import Job, start_jobs, stop_jobs
from shared.kit.middleware import RequestMiddleware
from shared.kit.openapi import tell_problems
from shared.kit.outbox import Relay
from shared.kit.problems import add_problem_handlers
from shared.kit.settings import ServiceSettings
from shared.kit.strict_json import StrictJsonRoute
from shared.kit.telemetry import CONSUMER_LAG, OUTBOX_AGE
from shared.kit.worker import Subscription, Worker

log = structlog.get_logger()

MAX_OUTBOX_AGE_SECONDS = 30.0


@dataclass(kw_only=True)
class Parts:
    """What a running service is made of; handed to the functions that build its jobs."""

    settings: ServiceSettings
    database: Database
    nats: Client
    publisher: Publisher
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ServiceSpec:
    """What makes one service different from another.

    Args:
        name: audience of its tokens and token in its subjects: ``datahub``, ``target``, …
        subscriptions: consumers of events.
        jobs: background loops by name, built when the service starts.
        keep_facts: published facts are kept for ever and served at ``/v1/facts``.
    """

    name: str
    title: str
    routers: Sequence[APIRouter]
    subscriptions: Sequence[Subscription] = ()
    jobs: Callable[[Parts], dict[str, Job]] = lambda _parts: {}
    keep_facts: bool = True


def create_service(spec: ServiceSpec, settings: ServiceSettings) -> FastAPI:
    """Build the application of one service."""
    configure_logs(spec.name, as_json=settings.log_json)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        database = Database(settings.dsn(), spec.name)
        nats = await bus.connect(settings, spec.name)
        parts = Parts(settings=settings, database=database, nats=nats, publisher=Publisher(nats))
        app.state.parts = parts
        app.state.database = database
        app.state.verifier = TokenVerifier(settings.jwks_url, spec.name)
        tasks = start_jobs(_jobs(spec, parts))
        yield
        await stop_jobs(tasks)
        await nats.close()
        await database.dispose()

    app = FastAPI(
        title=spec.title,
        version="0.1.0",
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.include_router(_health_router(spec))
    for router in [*spec.routers, admin_router(keep_facts=spec.keep_facts)]:
        assert router.route_class is StrictJsonRoute, "build routers with kit.app.new_router"
        app.include_router(router, prefix="/v1", dependencies=[Depends(current_caller)])
    add_problem_handlers(app)
    tell_problems(app, spec.name)
    app.add_middleware(RequestMiddleware)
    return app


def new_router(**more: Any) -> APIRouter:
    """Return a router whose routes read their bodies strictly."""
    return APIRouter(route_class=StrictJsonRoute, **more)


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Run the application until it is told to stop."""
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def _operation_id(route: APIRoute) -> str:
    """Operation ids are the names of the functions: stable, and short in clients."""
    return route.name


def _jobs(spec: ServiceSpec, parts: Parts) -> dict[str, Job]:
    jobs: dict[str, Job] = {
        "relay": Relay(parts.database, parts.publisher, keep_facts=spec.keep_facts).run
    }
    for subscription in spec.subscriptions:
        jobs[subscription.name] = Worker(subscription, parts.database, parts.nats).run
    return jobs | spec.jobs(parts)


def _health_router(spec: ServiceSpec) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="存活", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive", "service": spec.name}

    @router.get("/readyz", summary="就绪", include_in_schema=False)
    async def readyz(request: Request) -> Response:
        checks = await _checks(request.app.state.parts, spec)
        ready = all(check["ok"] for check in checks.values())
        return JSONResponse(
            {"ready": ready, "service": spec.name, "checks": checks},
            status_code=200 if ready else 503,
        )

    @router.get("/metrics", summary="指标", include_in_schema=False)
    async def metrics() -> Response:
        return PlainTextResponse(generate_latest(), media_type="text/plain; version=0.0.4")

    return router


async def _checks(parts: Parts, spec: ServiceSpec) -> dict[str, dict[str, Any]]:
    checks = {
        "database": await _check(parts.database.ping()),
        "nats": await _check(bus.round_trip(parts.nats)),
    }
    try:
        if checks["database"]["ok"]:
            checks["outbox"] = await _outbox_check(parts.database)
        if checks["database"]["ok"] and checks["nats"]["ok"]:
            checks |= await _stream_checks(parts, spec)
    except DomainError as error:
        # It went away between the round trip and the question.
        checks["rest"] = {"ok": False, "why": error.en}
    return checks


async def _stream_checks(parts: Parts, spec: ServiceSpec) -> dict[str, dict[str, Any]]:
    checks = {"streams": await _streams_whole(parts)}
    for subscription in spec.subscriptions:
        lag = await JetStreamView(parts.nats).pending(subscription.stream, subscription.name)
        CONSUMER_LAG.labels(subscription.name).set(lag)
        checks[f"lag:{subscription.name}"] = {"ok": True, "messages": lag}
    return checks


async def _check(attempt: Awaitable[None]) -> dict[str, Any]:
    try:
        await attempt
    except DomainError as error:
        return {"ok": False, "why": error.en}
    return {"ok": True}


async def _outbox_check(database: Database) -> dict[str, Any]:
    async with database.transaction() as tx:
        age = await tx.session.scalar(
            text("SELECT extract(epoch FROM now() - min(created_at)) FROM outbox")
        )
    OUTBOX_AGE.set(float(age or 0))
    return {
        "ok": float(age or 0) < MAX_OUTBOX_AGE_SECONDS,
        "age_seconds": round(float(age or 0), 3),
    }


async def _streams_whole(parts: Parts) -> dict[str, Any]:
    """A stream that ends before what it acknowledged has lost its tail."""
    async with parts.database.transaction() as tx:
        relayed = (await tx.session.execute(text("SELECT stream, last_seq FROM relayed"))).all()
    view = JetStreamView(parts.nats)
    short = {
        row.stream: f"acknowledged {row.last_seq}, holds {last}"
        for row in relayed
        if (last := await view.last_sequence(row.stream)) < row.last_seq
    }
    return {"ok": not short, "short": short}
