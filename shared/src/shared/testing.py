"""Pytest fixtures for every service: real PostgreSQL and NATS, empty databases, signed tokens.

Root ``conftest.py`` loads this module as a plugin; production code may not import it.

``--servers=embedded``    PostgreSQL and NATS from their Python packages (the default)
``--servers=containers``  the same by testcontainers, where a Docker daemon answers
``--servers=given``       ``TEST_POSTGRES_DSN`` (a superuser) and ``TEST_NATS_URL``

``@pytest.mark.needs("chromium")`` skips a test where that program is absent, and says so; the
variable ``REQUIRE=chromium,libreoffice`` makes its absence a failure instead.
"""

import asyncio
import base64
import functools
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import nats
import psutil
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from joserfc.jwk import ECKey
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError, ServerError
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from helix8.embedded import start_servers
from shared.contracts.streams import STREAMS, SUITE, ingest_stream
from shared.kit.bus import declare_streams
from shared.kit.identity import Caller, TokenSigner
from shared.kit.migrations import migrate_async
from shared.kit.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TestServers:
    """Where the servers of this run are, and who may do everything there."""

    __test__ = False

    dsn: str
    """``postgresql://superuser:password@host:port/postgres``."""

    nats_url: str
    nats_passwords: dict[str, str]
    """By user; empty where the server asks for none."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--servers``."""
    parser.addoption("--servers", choices=["embedded", "containers", "given"], default="embedded")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many files are tested at once where that is left open, each on its own servers.

    One more than there are cores: half of its time a test waits for a process. Given servers are
    one set, whose streams every test empties: there it is one after another.
    """
    if config.getoption("--servers") == "given":
        return 0
    room = psutil.virtual_memory().available // WORKER_BYTES
    return max(1, min((os.cpu_count() or 1) + 1, MOST_WORKERS, room))


MOST_WORKERS = 4
WORKER_BYTES = 2 * 2**30
"""What a worker needs at most: servers, and a whole suite."""

PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "libreoffice": ("soffice", "libreoffice"),
}
"""Names under which a program may be installed, where there are several."""


@functools.cache
def is_present(name: str) -> bool:
    """Whether a program is there; Docker is when a daemon answers."""
    if name == "docker":
        return is_on_path(name) and not subprocess.call(
            ["docker", "info"],  # noqa: S607 — whichever comes first
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return is_on_path(name)


def is_on_path(name: str) -> bool:
    """Whether a program is on the path, under one of its names."""
    return any(shutil.which(each) for each in PROGRAMS.get(name, (name,)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what is absent, or fail it where ``REQUIRE`` names that."""
    required = os.environ.get("REQUIRE", "").replace(",", " ").split()  # noqa: TID251
    for marker in item.iter_markers("needs"):
        [name] = marker.args
        if is_present(name):
            continue
        if name in required:
            pytest.fail(f"needs {name}, which REQUIRE names", pytrace=False)
        pytest.skip(f"needs {name}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how many tests were skipped for which reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.write_line("skips by reason")
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"  {count} x {reason}")
        terminalreporter.write_line("")


@pytest.fixture(scope="session")
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestServers]:
    """One PostgreSQL and one NATS for the whole run."""
    start: dict[str, Callable[[Path], Any]] = {
        "embedded": _embedded,
        "containers": _containers,
        "given": _given,
    }
    directory = tmp_path_factory.mktemp("servers")
    with start[request.config.getoption("--servers")](directory) as running:
        yield running


@contextmanager
def _embedded(directory: Path) -> Iterator[TestServers]:
    with start_servers(directory) as running:
        yield TestServers(
            dsn=running.postgres_dsn(),
            nats_url=running.nats_url,
            nats_passwords=dict(running.nats_passwords),
        )


@contextmanager
def _containers(_directory: Path) -> Iterator[TestServers]:
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 — where Docker is
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    password = uuid4().hex
    postgres = (
        DockerContainer("postgres:18")
        .with_env("POSTGRES_PASSWORD", password)
        .with_exposed_ports(5432)
        .waiting_for(LogMessageWaitStrategy("ready to accept connections", times=2))
    )
    broker = (
        DockerContainer("nats:2.15")
        .with_command("-js")
        .with_exposed_ports(4222)
        .waiting_for(LogMessageWaitStrategy("Server is ready"))
    )
    with postgres, broker:
        yield TestServers(
            dsn=f"postgresql://postgres:{password}@{_address(postgres, 5432)}/postgres",
            nats_url=f"nats://{_address(broker, 4222)}",
            nats_passwords={},
        )


def _address(container: Any, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"


@contextmanager
def _given(_directory: Path) -> Iterator[TestServers]:
    yield TestServers(
        dsn=os.environ["TEST_POSTGRES_DSN"],  # noqa: TID251
        nats_url=os.environ["TEST_NATS_URL"],  # noqa: TID251
        nats_passwords={},
    )


@pytest.fixture(scope="session")
def signing_keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[TokenSigner, str]:
    """A signer of internal tokens, and the URL of its public keys."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    signer = TokenSigner({"keys": [key.as_dict(private=True)]})
    path = tmp_path_factory.mktemp("keys") / "jwks.json"
    path.write_text(json.dumps(signer.public_keys()), encoding="utf-8")
    return signer, path.as_uri()


@pytest_asyncio.fixture
async def broker(servers: TestServers) -> AsyncIterator[Client]:
    """A connection that may do everything, on a broker whose streams are empty."""
    client = await connect_as(servers, "admin")
    try:
        await empty_streams(client.jetstream())
        yield client
    finally:
        await client.close()


async def empty_streams(js: JetStreamContext) -> None:
    """Delete every stream of the suite and declare it anew.

    The server clears a deleted stream's files in its own time, and until then refuses to make
    one of that name.
    """
    for spec in STREAMS:
        with suppress(NotFoundError):
            await js.delete_stream(spec.name)
    for attempt in range(100):
        try:
            await declare_streams(js, STREAMS)
        except ServerError:
            if attempt == 99:
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def records_handed_over(broker: Client, count: int) -> list[tuple[str, Any]]:
    """Wait until a service has handed ``count`` records over; return all of them, oldest first.

    Each is the entity and the operation as its subject says them, and the record.
    """
    js, stream = broker.jetstream(), ingest_stream(SUITE)
    async with asyncio.timeout(20):
        while (await js.stream_info(stream)).state.messages < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    last = (await js.stream_info(stream)).state.last_seq
    messages = [await js.get_msg(stream, seq) for seq in range(1, last + 1)]
    found = [
        (".".join((each.subject or "").split(".")[4:]), json.loads(each.data or b"")["data"])
        for each in messages
    ]
    assert len(found) == count, found
    return found


async def connect_as(servers: TestServers, user: str) -> Client:
    """Connect to the broker as one of its users."""
    return await nats.connect(
        servers.nats_url,
        user=user if servers.nats_passwords else None,
        password=servers.nats_passwords.get(user),
        inbox_prefix=f"_INBOX_{user}".encode(),
    )


async def connect_by_nkey(url: str, system: str, made: Mapping[str, str], **more: Any) -> Client:
    """Connect to the broker as a source system does, by a key that the hub made."""
    raw = base64.b32decode(made["seed"] + "======")
    private = Ed25519PrivateKey.from_private_bytes(raw[2:34])
    client = Client()
    # What the library does with a seed, where the package nkeys is installed.
    client._public_nkey = made["id"]  # noqa: SLF001 — its only way in
    await client.connect(
        url,
        signature_cb=lambda nonce: base64.urlsafe_b64encode(private.sign(nonce.encode())).rstrip(
            b"="
        ),
        inbox_prefix=f"_INBOX_integrator-{system}".encode(),
        allow_reconnect=False,
        **more,
    )
    return client


async def new_database(servers: TestServers, package: str) -> str:
    """Create a database as a service migrates it (the first is, others are copies): its URL."""
    connection = await asyncpg.connect(servers.dsn)
    template = _migrated.get((servers.dsn, package))
    if template is None:
        template = f"migrated_{uuid4().hex}"
        await connection.execute(f"CREATE DATABASE {template}")
        await migrate_async(package, _url_of(servers, template))
        _migrated[servers.dsn, package] = template
    name = f"test_{uuid4().hex}"
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    await connection.close()
    return _url_of(servers, name)


async def drop_database(servers: TestServers, url: str) -> None:
    """Remove a database that nobody needs any more: hundreds would fill the memory."""
    connection = await asyncpg.connect(servers.dsn)
    await connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")
    await connection.close()


_migrated: dict[tuple[str, str], str] = {}


def _url_of(servers: TestServers, database: str) -> str:
    url = make_url(servers.dsn).set(drivername="postgresql+asyncpg", database=database)
    return url.render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service that runs inside the test: real database, real broker, real edges."""

    app: FastAPI
    client: AsyncClient
    """Calls it as an administrator of everything."""

    settings: ServiceSettings
    broker: Client


Start = Callable[..., Any]
Keys = tuple[TokenSigner, str]
Make = Callable[[Any], FastAPI]


@pytest.fixture
def start_service(servers: TestServers, broker: Client, signing_keys: Keys) -> Start:
    """Return ``start(package, create_app, settings_class)``, an async context manager."""
    return starting(servers, broker, signing_keys)


def starting(servers: TestServers, broker: Client, keys: Keys) -> Start:
    """Return what `start_service` is, for fixtures that live longer than a test."""
    signer, jwks_url = keys

    @asynccontextmanager
    async def start(
        package: str, create_app: Make, settings_class: type[ServiceSettings], **more: Any
    ) -> AsyncIterator[Running]:
        service = package.removesuffix("_service")
        settings = settings_class(
            database_url=await new_database(servers, package),
            nats_url=servers.nats_url,
            nats_user=service if servers.nats_passwords else "",
            nats_password=SecretStr(servers.nats_passwords.get(service, "")),
            jwks_url=jwks_url,
            **more,
        )
        app = create_app(settings)
        everything = Caller(subject="person/admin", scopes=frozenset({"*"}))
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = AsyncClient(
                transport=ASGITransport(app),
                base_url=f"http://{service}",
                auth=lambda request: _bearer(request, signer, everything, service),
            )
            await stack.enter_async_context(client)
            yield Running(app=app, client=client, settings=settings, broker=broker)
        await drop_database(servers, settings.database_url)

    return start


def _bearer(request: Any, signer: TokenSigner, caller: Caller, audience: str) -> Any:
    request.headers.setdefault("authorization", f"Bearer {signer.sign(caller, audience)}")
    return request
