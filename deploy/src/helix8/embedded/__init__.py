"""PostgreSQL and NATS from the Python packages, for the runner and for the tests.

``start_servers(directory)`` is all that a test needs: both servers, durable settings, generated
passwords, loopback only, gone at the end of the block.
"""

import signal
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from helix8.embedded.launch import end, spawn
from helix8.embedded.nats import NatsServer
from helix8.embedded.ports import free_port
from helix8.embedded.postgres import PostgresServer
from helix8.lock import hold
from helix8.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where a PostgreSQL and a NATS server are, and the passwords of their users."""

    postgres_host: str
    postgres_port: int
    postgres_user: str
    """A superuser."""

    postgres_password: str
    nats_url: str
    """Without user and password."""

    nats_passwords: Mapping[str, str]
    """By user: the services, ``admin``, ``monitor``, ``integrator-<system>``."""

    broker: NatsServer
    """To have it take other source systems."""

    def postgres_dsn(
        self, database: str = "postgres", *, user: str | None = None, password: str | None = None
    ) -> str:
        """Return ``postgresql://user:password@host:port/database``; the superuser's by default."""
        user = user or self.postgres_user
        password = password or self.postgres_password
        address = f"{self.postgres_host}:{self.postgres_port}"
        return f"postgresql://{quote(user)}:{quote(password, safe='')}@{address}/{database}"


@contextmanager
def start_servers(directory: Path) -> Generator[Servers]:
    """Start PostgreSQL and NATS with their data in ``directory``; stop them at the end.

    A directory used before keeps its data and passwords. Call it from the main thread: the
    servers end with the thread that started them, also when that is killed.

    Raises:
        StartError: a server did not come up; the message says why and where its log is.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    postgres = PostgresServer(directory / "postgres", port=free_port())
    nats = NatsServer(directory / "nats", port=free_port(), vault=Vault(directory / "secrets"))
    logs = {name: directory / f"{name}.log" for name in ("postgres", "nats")}
    with hold(directory / "lock"), ExitStack() as stack:
        nats.prepare()
        broker = spawn(nats.launch(), log=logs["nats"])
        stack.callback(end, broker, signal.SIGTERM, grace=10)
        postgres.prepare()
        master = spawn(postgres.launch(), log=logs["postgres"])
        stack.callback(end, master, signal.SIGINT, grace=20)
        postgres.wait_ready(master, logs["postgres"], 60)
        nats.wait_ready(logs["nats"], 10)
        yield Servers(
            postgres_host="127.0.0.1",
            postgres_port=postgres.port,
            postgres_user=postgres.superuser,
            postgres_password=postgres.password,
            nats_url=nats.url,
            nats_passwords=nats.passwords,
            broker=nats,
        )
