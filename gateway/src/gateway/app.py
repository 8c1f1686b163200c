"""The wiring: what a gateway is made of, and the server it runs on."""

import asyncio
import importlib.util
import json
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

import uvicorn
from fastapi import Depends, FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access.api import Pacing, SecurityHeaders, caller_of_request, caller_of_visitor
from gateway.access.domain.credentials import ShownKey
from gateway.access.jobs import follow_keys
from gateway.access.schemas import Visitor
from gateway.access.usecases import Doorkeeper, Finders, TokenMint
from gateway.access.usecases.limiting import Limiter
from gateway.audit.api import router as audit_router
from gateway.audit.jobs import Scribe, seal
from gateway.campus.api import Logins
from gateway.campus.api import router as campus_router
from gateway.docs.api import VERSION, make_about
from gateway.docs.api import router as docs_router
from gateway.embeds.api import router as embeds_router
from gateway.embeds.jobs import purge as purge_embeds
from gateway.identity import jobs
from gateway.identity.api import router as identity_router
from gateway.identity.api.sessions import locked_out
from gateway.identity.domain.lockout import LockedOutError
from gateway.identity.repository.keys import used_on
from gateway.identity.usecases import keys, sessions
from gateway.oversight.api import router as oversight_router
from gateway.oversight.subscriptions import SUBSCRIPTIONS as ERASURES
from gateway.portal.api.missing import missing, refused
from gateway.portal.api.routers import PORTAL
from gateway.portal.queries.services import units_of
from gateway.portal.subscriptions import AlertFeed, AlertHistory, ChangeFeed
from gateway.portal.usecases import Changes, LiveAlerts
from gateway.proxy.api import Proxy
from gateway.proxy.domain.costs import AT_ONCE
from gateway.proxy.domain.routes import is_proxied, routes_of
from gateway.proxy.jobs import follow_table, probe_replicas
from gateway.proxy.upstream import Upstream
from gateway.roles.api import router as roles_router
from gateway.roles.subscriptions import SUBSCRIPTIONS
from gateway.settings import Settings
from shared.errors import DomainError
from shared.kit import bus
from shared.kit.admin import admin_router
from shared.kit.audit.jobs import retire
from shared.kit.bus import Publisher
from shared.kit.database import Database
from shared.kit.garbage import search_seldom
from shared.kit.idempotency import drop_old_answers
from shared.kit.identity import TokenSigner, current_caller
from shared.kit.inbox import forget_for_ever
from shared.kit.logs import configure_logs
from shared.kit.loops import Job, start_jobs, stop_jobs
from shared.kit.middleware import RequestMiddleware
from shared.kit.openapi import tell_problems
from shared.kit.outbox import Relay
from shared.kit.problems import add_problem_handlers
from shared.kit.worker import Worker
from shared.sealing import Seals

CONNECTIONS: Final = 16_384
"""At the same time; open pages keep one each."""

HEADER_SECONDS: Final = 15
"""How long the head of a request may take."""

SWITCH_SECONDS: Final = 0.0005
"""How long the interpreter may be held while another thread waits for it. Requests come in on
threads of the server: by the usual 5 ms the slowest hundredth of answers came 4 ms later."""

GRACE_SECONDS: Final = 3
"""How long requests may go on once the gateway was told to stop; open pages would for ever."""


class Gateway:
    """One ASGI application: paths of services go to the proxy, the rest to FastAPI."""

    def __init__(self, own: FastAPI, proxy: Proxy, *, secure: bool) -> None:
        self.own = own
        self._proxy = proxy
        self._serving: set[asyncio.Task[Any]] = set()
        self._stack: ASGIApp = SecurityHeaders(
            RequestMiddleware(Pacing(self._split)), secure=secure
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life span."""
        if scope["type"] != "http":
            await self._stack(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._stack(scope, receive, send)
        finally:
            self._serving.discard(task)

    async def break_off(self) -> None:
        """Give requests a moment to end, and end those that do not."""
        if self._serving:
            await asyncio.wait(self._serving, timeout=GRACE_SECONDS)
        for task in self._serving:
            task.cancel()

    async def _split(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_proxied(scope["path"]):
            await self._proxy(scope, receive, send)
        else:
            await self.own(scope, receive, send)


def create_app(settings: Settings) -> Gateway:
    """Build the gateway."""
    configure_logs("gateway", as_json=settings.log_json)
    database = Database(settings.dsn(), "gateway", leaves_entries=False)
    mint = TokenMint(TokenSigner(json.loads(settings.signing_key.get_secret_value())))
    scribe = Scribe(database)
    upstream = Upstream(routes_of(settings.services()), mint, scribe)
    own = FastAPI(
        title="Helix8 gateway",
        version=VERSION,
        lifespan=_lifespan_of(settings, database, upstream),
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Its address would be of the host that a request names, which may be anybody's.
        redirect_slashes=False,
    )
    _give_state(own, settings, database, upstream)
    own.state.doorkeeper = doorkeeper = _doorkeeper(database, settings)
    own.state.scribe = scribe
    for router in _ROUTERS:
        own.include_router(router)
    own.include_router(
        admin_router("gateway", keep_facts=True),
        prefix=BASE,
        dependencies=[Depends(current_caller)],
    )
    own.dependency_overrides[current_caller] = caller_of_visitor
    own.state.who_asks = caller_of_request
    add_problem_handlers(own)
    own.add_exception_handler(HTTPException, missing)
    own.add_exception_handler(DomainError, refused)
    tell_problems(own, "gateway")
    own.add_exception_handler(LockedOutError, locked_out)
    return Gateway(own, Proxy(upstream, doorkeeper), secure=doorkeeper.secure)


def _give_state(own: FastAPI, settings: Settings, database: Database, upstream: Upstream) -> None:
    """Put where routes find it what they need of the settings and of the services."""
    own.state.database = database
    own.state.upstream = upstream
    own.state.units = units_of(upstream)
    own.state.changes = Changes()
    own.state.has_demo = settings.demo_password is not None
    own.state.logins = Logins(settings.providers, settings.public_url)
    own.state.public_url = settings.public_url.rstrip("/")
    totp_key = settings.totp_key
    sealed_by = Seals(totp_key.get_secret_value(), "second factor") if totp_key else None
    own.state.totp_seals = sealed_by


BASE: Final = "/api/gateway/v1"

_ROUTERS = (
    docs_router,
    identity_router,
    roles_router,
    audit_router,
    oversight_router,
    campus_router,
    *PORTAL,
    embeds_router,
)


def _doorkeeper(database: Database, settings: Settings) -> Doorkeeper:
    async def find_session(id_hash: bytes, awake: bool) -> Visitor | None:  # noqa: FBT001
        async with database.transaction() as tx:
            return await sessions.meet(tx, id_hash, awake=awake)

    async def find_key(shown: ShownKey) -> Visitor | None:
        async with database.transaction() as tx:
            return await keys.meet_key(tx, shown)

    async def find_token(token: bytes) -> Visitor | None:
        async with database.transaction() as tx:
            return await keys.meet_token(tx, token)

    async def find_certificate(certificate: bytes) -> Visitor | None:
        async with database.transaction() as tx:
            return await keys.meet_certificate(tx, certificate)

    async def load_use(key: str, day: date) -> int:
        async with database.transaction() as tx:
            return await used_on(tx, key, day)

    finders = Finders(
        session=find_session, key=find_key, token=find_token, certificate=find_certificate
    )
    limiter = Limiter(settings.limits(), load_use, costly_at_once=AT_ONCE)
    return Doorkeeper(finders, limiter, settings.surroundings())


def _lifespan_of(settings: Settings, database: Database, upstream: Upstream) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        nats = await bus.connect(settings, "gateway")
        live = LiveAlerts(AlertHistory(nats).between)
        demo = _demo(settings, database)
        app.state.live = live
        app.state.parts = SimpleNamespace(publisher=Publisher(nats))
        workers = [Worker(each, database, nats) for each in (*SUBSCRIPTIONS, *ERASURES)]
        quotas = app.state.doorkeeper.limiter.quotas
        work: dict[str, Job] = {
            "demo": demo.run,
            "purge": partial(jobs.purge, database),
            "quotas": partial(jobs.keep_quotas, database, quotas),
            "alert-feed": AlertFeed(nats, live).run,
            "relay": Relay(database, Publisher(nats), keep_facts=True).run,
            "audit": app.state.scribe.run,
            "inbox-tidy": partial(forget_for_ever, database, workers),
            **{worker.name: worker.run for worker in workers},
            "change-feed": ChangeFeed(nats, app.state.changes).run,
            "replicas": partial(probe_replicas, upstream),
        }
        work |= _housekeeping(settings, database) | _followed(settings, upstream)
        async with upstream:
            loops = start_jobs(work)
            app.state.about = make_about(
                database=database,
                nats=nats,
                upstream=upstream,
                loops=loops,
                workers=workers,
                stalled_seconds=settings.stalled_seconds,
                own_openapi=app.openapi(),
            )
            yield
            await stop_jobs(loops)
        await app.state.logins.web.close()
        await nats.close()
        await database.dispose()

    return lifespan


def _housekeeping(settings: Settings, database: Database) -> dict[str, Job]:
    """Return what seals what is on record, and drops what need not be kept any longer."""
    answers = timedelta(hours=settings.idempotency_hours)
    return {
        "audit-seal": partial(seal, database),
        "audit-retire": partial(retire, database, settings.audit_years),
        "embed-tidy": partial(purge_embeds, database),
        "idempotency-tidy": partial(drop_old_answers, database, answers),
    }


def _followed(settings: Settings, upstream: Upstream) -> dict[str, Job]:
    """Return what follows files that may change while everything runs."""
    work: dict[str, Job] = {}
    if settings.route_table is not None:
        work["routes"] = partial(follow_table, upstream, settings.route_table)
    if settings.signing_key_file is not None:
        work["signing-keys"] = partial(follow_keys, upstream.mint, settings.signing_key_file)
    return work


def _demo(settings: Settings, database: Database) -> jobs.Demo:
    password, key = settings.demo_password, settings.demo_key
    return jobs.Demo(
        database=database,
        password=password.get_secret_value() if password else None,
        key=key.get_secret_value() if key else None,
    )


def serve(app: Gateway, settings: Settings) -> None:
    """Run until told to stop: on granian, or on uvicorn where granian has no wheel."""
    search_seldom()
    sys.setswitchinterval(SWITCH_SECONDS)
    if importlib.util.find_spec("granian") is None:  # no wheel for this machine: slower
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    else:
        # The loop that uvicorn would run on: it costs less than the standard one.
        loop = uvicorn.Config(app, log_config=None).get_loop_factory()
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(_serve_granian(app, settings))


async def _serve_granian(app: Gateway, settings: Settings) -> None:
    """One worker in this very process: the caches of sessions and tokens are the process's."""
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 — absent on some machines
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.server.embed import Server  # noqa: PLC0415

    server = Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=4096,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
    )
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopping.set)

    async def stop() -> None:
        await stopping.wait()
        loop.call_soon(server.stop)
        await app.break_off()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stop())
        await server.serve()
        stopping.set()
