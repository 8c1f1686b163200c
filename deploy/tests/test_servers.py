"""PostgreSQL and NATS from the packages: private, durable, restartable."""

import asyncio
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

from helix8.accounts import System
from helix8.embedded import Servers, start_servers
from helix8.embedded.databases import DatabaseSpec, ensure_databases
from helix8.embedded.isolation import Identity, private_user
from helix8.embedded.launch import end, spawn
from helix8.embedded.nats import NatsServer
from helix8.embedded.ports import free_port
from helix8.embedded.postgres import PostgresServer, processes_in
from helix8.lock import HeldError
from helix8.probes import reload_broker
from helix8.suite import MONITOR
from helix8.vault import Vault
from shared.kit.nkeys import make_user_key

SPEC = DatabaseSpec(
    name="datahub",
    owner="datahub_owner",
    owner_password="o'wn\\er",
    user="datahub",
    user_password="user",
)


async def test_postgres_keeps_what_it_commits_and_limits_what_waits(embedded: Servers) -> None:
    connection = await asyncpg.connect(embedded.postgres_dsn())
    names = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums", "jit")
    names += ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    shown = {name: await connection.fetchval(f"SHOW {name}") for name in names}
    await connection.close()
    assert shown == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "jit": "off",
        "lock_timeout": "5s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "30s",
    }


async def test_sorting_and_folding_know_unicode(embedded: Servers) -> None:
    connection = await asyncpg.connect(embedded.postgres_dsn())
    folded = await connection.fetchval("SELECT lower('ÄÖ') || upper('é')")
    await connection.close()
    assert folded == "äöÉ"


async def test_nobody_enters_postgres_without_the_password(embedded: Servers) -> None:
    for password in ("", "postgres"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                host="127.0.0.1",
                port=embedded.postgres_port,
                user="postgres",
                password=password,
                database="postgres",
            )


async def test_nobody_enters_nats_without_the_password(embedded: Servers) -> None:
    # Spoken by hand: the client library leaves its socket open when it is refused.
    port = int(embedded.nats_url.rpartition(":")[2])
    for login in ({}, {"user": "admin", "pass": ""}, {"user": "admin", "pass": "admin"}):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(f"CONNECT {json.dumps({'verbose': False, **login})}\r\nPING\r\n".encode())
        answer = await reader.readline()
        writer.close()
        assert answer == b"-ERR 'Authorization Violation'\r\n"


async def test_databases_belong_to_their_owner_and_serve_their_user(embedded: Servers) -> None:
    server = {
        "host": embedded.postgres_host,
        "port": embedded.postgres_port,
        "user": embedded.postgres_user,
        "password": embedded.postgres_password,
    }
    stranger = DatabaseSpec(
        name="alert", owner="alert_owner", owner_password="a", user="alert", user_password="b"
    )
    for _ in range(2):
        await ensure_databases(server, (SPEC, stranger))
    owner = await asyncpg.connect(
        embedded.postgres_dsn("datahub", user=SPEC.owner, password=SPEC.owner_password)
    )
    await owner.execute("CREATE TABLE kept (id bigint GENERATED ALWAYS AS IDENTITY, word text)")
    limit = await owner.fetchval("SHOW statement_timeout")
    await owner.close()
    user = await asyncpg.connect(
        embedded.postgres_dsn("datahub", user=SPEC.user, password=SPEC.user_password)
    )
    await user.execute("INSERT INTO kept (word) VALUES ('a'); CREATE TEMP TABLE t (x int)")
    rows = [dict(row) for row in await user.fetch("SELECT * FROM kept")]
    for forbidden in ("CREATE TABLE other (x int)", "DROP TABLE kept", "TRUNCATE kept"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await user.execute(forbidden)
    await user.close()
    assert (rows, limit) == ([{"id": 1, "word": "a"}], "10min")
    for database in ("alert", "postgres"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(
                embedded.postgres_dsn(database, user=SPEC.user, password=SPEC.user_password)
            )


def test_a_directory_keeps_its_data_and_serves_one_at_a_time(tmp_path: Path) -> None:
    with start_servers(tmp_path) as first, pytest.raises(HeldError), start_servers(tmp_path):
        pass
    with start_servers(tmp_path) as second:
        assert second.postgres_password == first.postgres_password
        assert second.nats_passwords == first.nats_passwords
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes["postgres"] == modes["nats"] == modes["secrets"] == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in (tmp_path / "secrets").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "nats/nats.conf").stat().st_mode) == 0o600


def test_a_path_too_long_for_a_socket_is_served_by_tcp_alone(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / ("long" * 30), port=free_port())
    server.prepare()
    process = spawn(server.launch(), log=tmp_path / "log")
    try:
        server.wait_ready(process, tmp_path / "log", 20)
    finally:
        end(process, signal.SIGINT, grace=10)
    assert server.socket_directory is None


async def test_a_killed_postmaster_comes_back_though_a_child_is_busy(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "postgres", port=free_port())
    server.prepare()
    log = tmp_path / "log"
    process = spawn(server.launch(), log=log)
    server.wait_ready(process, log, 20)
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=server.port,
        user=server.superuser,
        password=server.password,
        database="postgres",
    )
    # A loop in PL/pgSQL does not notice that its postmaster died.
    busy = connection.execute("DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")
    task = asyncio.ensure_future(busy)
    await asyncio.sleep(0.2)
    process.kill()
    process.wait()
    begin = time.monotonic()
    server.prepare()
    process = spawn(server.launch(), log=log)
    try:
        server.wait_ready(process, log, 20)
        took = time.monotonic() - begin
    finally:
        end(process, signal.SIGINT, grace=10)
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await task
    assert took < 5
    assert processes_in(server.data) == []


def test_a_process_number_of_somebody_else_does_not_stop_the_start(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "postgres", port=free_port())
    server.prepare()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n1\n5432\n\n*\n")
    server.prepare()
    process = spawn(server.launch(), log=tmp_path / "log")
    try:
        server.wait_ready(process, tmp_path / "log", 20)
        assert process.poll() is None
    finally:
        end(process, signal.SIGINT, grace=10)


def test_servers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib\nfrom helix8.embedded import start_servers\n"
        f"with start_servers(pathlib.Path({str(tmp_path)!r})) as s:\n"
        " print('up', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:  # noqa: S603
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        data = tmp_path / "postgres" / "data"
        assert processes_in(data)
        parent.kill()
    deadline = time.monotonic() + 10
    while processes_in(data):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_where_namespaces_are_off_another_user_runs_postgres(
    tmp_path: Path, open_directory: Path
) -> None:
    home = tmp_path / "closed"
    home.mkdir(mode=0o700)
    before = {path: path.stat().st_mode for path in home.resolve().parents}
    server = PostgresServer(
        home / "postgres",
        port=free_port(),
        identity=Identity(user=private_user()),
        shared_root=open_directory / "shared",
    )
    server.prepare()
    process = spawn(server.launch(), log=tmp_path / "log")
    try:
        server.wait_ready(process, tmp_path / "log", 20)
        connection = await asyncpg.connect(
            host=str(server.socket_directory),
            port=server.port,
            user=server.superuser,
            password=server.password,
            database="postgres",
        )
        await connection.close()
        owner = psutil.Process(process.pid).uids().real
    finally:
        end(process, signal.SIGINT, grace=10)
    server.prepare()
    assert owner == server.identity.user == server.data.stat().st_uid
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert before == {path: path.stat().st_mode for path in home.resolve().parents}
    with pytest.raises(KeyError):
        pwd.getpwuid(owner)


def nats_server(directory: Path) -> NatsServer:
    return NatsServer(directory / "nats", port=free_port(), vault=Vault(directory / "secrets"))


def test_nats_takes_new_users_without_a_restart(tmp_path: Path) -> None:
    server = nats_server(tmp_path)
    server.prepare()
    log = tmp_path / "log"
    process = spawn(server.launch(), log=log)
    try:
        server.wait_ready(log, 10)
        server.rewrite([System(id="library", nkeys=(make_user_key()[1],))])
        asyncio.run(reload_broker("127.0.0.1", server.port, server.passwords[MONITOR]))
        deadline = time.monotonic() + 5
        while "Reloaded server configuration" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
    finally:
        end(process, signal.SIGTERM, grace=10)


def test_the_room_for_streams_never_shrinks(tmp_path: Path) -> None:
    server = nats_server(tmp_path)
    server.prepare()
    document = json.loads(server.config.read_text())
    room = document["jetstream"]["max_file_store"]
    assert 0 < room <= 20_000_000_000
    document["jetstream"]["max_file_store"] = room * 10
    server.config.write_text(json.dumps(document))
    server.prepare()
    assert json.loads(server.config.read_text())["jetstream"]["max_file_store"] == room * 10
