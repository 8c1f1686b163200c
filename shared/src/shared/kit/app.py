"""Build a service: HTTP edges, background tasks, health, metrics; the same for every service."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute
from nats.aio.client import Client
from prometheus_client import generate_latest

from shared.errors import DomainError
from shared.kit import bus
from shared.kit.admin import admin_router
from shared.kit.audit.jobs import retire, seal
from shared.kit.audit_api import audit_router
from shared.kit.bus import Publisher
from shared.kit.database import Database
from shared.kit.garbage import search_seldom
from shared.kit.idempotency import drop_old_answers
from shared.kit.identity import TokenVerifier, current_caller
from shared.kit.inbox import forget_for_ever
from shared.kit.logs import configure_logs
from shared.kit.loops import Job, Loop, start_jobs, stop_jobs
from shared.kit.middleware import RequestMiddleware
from shared.kit.openapi import tell_problems
from shared.kit.outbox import Relay
from shared.kit.problems import add_problem_handlers
from shared.kit.readiness import answer, check_service
from shared.kit.settings import ServiceSettings
from shared.kit.strict_json import StrictJsonRoute
from shared.kit.trace import Follow, trace_router
from shared.kit.unchanged import TagOf, Unchanged
from shared.kit.worker import Subscription, Worker

log = structlog.get_logger()


@dataclass(kw_only=True)
class Parts:
    """What a running service is made of; handed to the functions that build its jobs."""

    settings: ServiceSettings
    database: Database
    nats: Client
    publisher: Publisher
    workers: list[Worker]
    loops: list[Loop] = field(default_factory=list)
    """Set when they run."""

    state: dict[str, Any] = field(default_factory=dict)

    def follow(self, subscription: Subscription) -> None:
        """Start one more consumer while the service runs; it counts for readiness as the others."""
        worker = Worker(subscription, self.database, self.nats)
        loop = Loop(worker.name, worker.run)
        loop.start()
        self.workers.append(worker)
        self.loops.append(loop)


@dataclass(frozen=True, kw_only=True)
class ServiceSpec:
    """What makes one service different from another.

    Args:
        name: audience of its tokens and token in its subjects: ``datahub``, ``target``, …
        subscriptions: consumers of events.
        jobs: background loops by name, built when the service starts.
        keep_facts: published facts are kept for ever and served at ``/v1/facts``: all of them, or
            those of these types.
        refusals: of shared packages that not every service uses.
        follow: tells what followed in the service from something, see `shared.kit.trace`.
        tag_of: tells the entity tag of an answer that need not be made again.
    """

    name: str
    title: str
    routers: Sequence[APIRouter]
    subscriptions: Sequence[Subscription] = ()
    jobs: Callable[[Parts], dict[str, Job]] = lambda _parts: {}
    keep_facts: bool | frozenset[str] = True
    refusals: Sequence[type[DomainError]] = ()
    tag_of: TagOf | None = None
    follow: Follow | None = None


def create_service(spec: ServiceSpec, settings: ServiceSettings) -> FastAPI:
    """Build the application of one service."""
    configure_logs(spec.name, as_json=settings.log_json)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        database = Database(settings.dsn(), spec.name)
        nats = await bus.connect(settings, spec.name)
        parts = Parts(
            settings=settings,
            database=database,
            nats=nats,
            publisher=Publisher(nats),
            workers=[Worker(each, database, nats) for each in spec.subscriptions],
        )
        app.state.parts = parts
        app.state.database = database
        app.state.verifier = TokenVerifier(settings.jwks_url, spec.name)
        parts.loops = start_jobs(_jobs(spec, parts))
        try:
            yield
        finally:
            await stop_jobs(parts.loops)
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
    _include_routers(app, spec)
    add_problem_handlers(app)
    tell_problems(app, spec.name, spec.refusals)
    if spec.tag_of is not None:
        app.add_middleware(Unchanged, tag_of=spec.tag_of)
    app.add_middleware(RequestMiddleware, behind_gateway=True)
    return app


def _include_routers(app: FastAPI, spec: ServiceSpec) -> None:
    # A redirect would lead to the service itself, past the gateway.
    app.router.redirect_slashes = False
    app.include_router(_health_router(spec))
    own = [
        admin_router(spec.name, keep_facts=bool(spec.keep_facts)),
        audit_router(),
        trace_router(spec.follow),
    ]
    for router in [*spec.routers, *own]:
        assert router.route_class is StrictJsonRoute, "build routers with kit.app.new_router"
        app.include_router(router, prefix="/v1", dependencies=[Depends(current_caller)])


def new_router(**more: Any) -> APIRouter:
    """Return a router whose routes read their bodies strictly."""
    return APIRouter(route_class=StrictJsonRoute, **more)


def serve(app: FastAPI, settings: ServiceSettings) -> None:
    """Run the application until it is told to stop."""
    search_seldom()
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
        "relay": Relay(parts.database, parts.publisher, keep_facts=spec.keep_facts).run,
        "idempotency-tidy": partial(
            drop_old_answers, parts.database, timedelta(hours=parts.settings.idempotency_hours)
        ),
        "inbox-tidy": partial(forget_for_ever, parts.database, parts.workers),
        "audit-seal": partial(seal, parts.database),
        "audit-retire": partial(retire, parts.database, parts.settings.audit_years),
    }
    return jobs | {worker.name: worker.run for worker in parts.workers} | spec.jobs(parts)


def _health_router(spec: ServiceSpec) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="存活", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive", "service": spec.name}

    @router.get("/readyz", summary="就绪", include_in_schema=False)
    async def readyz(request: Request) -> Response:
        parts: Parts = request.app.state.parts
        checks = await check_service(
            parts.database, parts.nats, parts.loops, parts.workers, parts.settings.stalled_seconds
        )
        return answer(request, spec.name, checks, {"checks": checks})

    @router.get("/metrics", summary="指标", include_in_schema=False)
    async def metrics() -> Response:
        return PlainTextResponse(generate_latest(), media_type="text/plain; version=0.0.4")

    return router
