"""``helix8 up`` and its companions, with stand-ins for the services."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import asyncpg
import psutil
import pytest
from typer.testing import CliRunner

from helix8.cli import app
from helix8.embedded.isolation import reachable
from helix8.embedded.ports import free_port
from helix8.home import Home
from helix8.state import born
from helix8.status import running
from helix8.suite import EVERY_SERVICE

PROCESSES = {"postgres", "nats", *(service.name for service in EVERY_SERVICE)}

TESTS = Path(__file__).parent

CHECKS = {
    "database": {"ok": True},
    "loop:relay": {"ok": True, "state": "running"},
    "outbox": {"ok": True, "events": 0, "age_seconds": 0.0},
    "lag:x": {"ok": True, "messages": 7, "still_seconds": 0.0},
}
"""What a stand-in answers to ``/readyz``."""


@dataclass(frozen=True, slots=True)
class Cli:
    """Runs ``helix8`` on one data directory, with stand-ins for the services."""

    directory: Path
    environment: dict[str, str]
    python: tuple[str, ...] = (sys.executable,)

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command; return what it printed."""
        done = subprocess.run(  # noqa: S603
            [*self.python, "-m", "helix8", *arguments, "--data", str(self.directory / "data")],
            env=self.environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def call(self, *arguments: str, code: int = 0) -> str:
        """Run a command in this process, where its modules are loaded; return what it printed."""
        done = CliRunner().invoke(app, [*arguments, "--data", str(self.directory / "data")])
        assert done.exit_code == code, f"{arguments}: {done.output}"
        return done.output

    def state(self) -> Any:
        """Return the state file."""
        return json.loads((self.directory / "data/run/state.json").read_text(encoding="utf-8"))

    def pids(self) -> dict[str, int]:
        """Return the process ids by name."""
        return {each["name"]: each["pid"] for each in self.state()["processes"]}

    def status(self) -> dict[str, Any]:
        """Return ``helix8 status`` by process."""
        document = json.loads(self.call("status", "--json"))
        return {each["name"]: each for each in document["processes"]}


def write_standins(directory: Path) -> list[str]:
    """Write a package for every service; return the entries of PYTHONPATH that find them."""
    entries = [str(TESTS)]
    for service in EVERY_SERVICE:
        package = directory / service.name / "src" / service.package
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text("from standin import main\n\nmain()\n")
        entries.append(str(package.parent))
    return entries


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> float:
    """Wait until ``holds``; return the seconds it took."""
    begin = time.monotonic()
    while not holds():
        assert time.monotonic() < begin + seconds, "it did not come true"
        time.sleep(0.02)
    return time.monotonic() - begin


def listeners(pids: Sequence[int]) -> set[str]:
    """Return the addresses on which processes listen."""
    return {
        connection.laddr.ip
        for pid in pids
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


MIGRATION = """
from alembic import op
revision: str = "0002"
down_revision: str | None = {parent!r}
def upgrade() -> None:
    op.execute("{statement}")
"""


def write_migrations(directory: Path) -> None:
    """Give the stand-in in ``directory`` two migrations, as a service has them."""
    (directory / "migrations/versions").mkdir(parents=True)
    (directory / "migrations/env.py").write_text(
        "from sqlalchemy import MetaData\n"
        "from shared.kit.migrations import run_env\n\nrun_env(MetaData())\n"
    )
    first = MIGRATION.format(parent=None, statement="CREATE TABLE kept (id int)")
    second = MIGRATION.format(parent="0001", statement="ALTER TABLE kept ADD word text")
    versions = directory / "migrations/versions"
    (versions / "0001_first.py").write_text(first.replace("0002", "0001"))
    (versions / "0002_second.py").write_text(second)


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """The command line on a fresh directory; what it started is stopped afterwards."""
    directory = tmp_path_factory.mktemp("suite")
    path = os.pathsep.join(write_standins(directory / "packages"))
    write_migrations(directory / "packages/target")
    line = Cli(directory, {**os.environ, "PYTHONPATH": path})  # noqa: TID251
    yield line
    line.run("down")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port asked for the portal, which somebody else has."""
    with closing(socket.socket()) as squatter:
        squatter.bind(("127.0.0.1", free_port()))
        squatter.listen()
        yield squatter.getsockname()[1]


@pytest.fixture
def started(cli: Cli, port: int) -> str:
    """The suite is up in the background; what was printed when it started."""
    said = cli.directory / "said"
    if running(Home(cli.directory / "data")) is None:
        said.write_text(cli.run("up", "--detach", f"--port={port}"))
    return said.read_text()


def test_it_says_what_it_does_and_where_to_go(cli: Cli, port: int, started: str) -> None:
    assert "PostgreSQL 就绪" in started
    assert "databases and streams are ready" in started
    assert f"http://127.0.0.1:{port + 1}" in started, "moved on, for the port is taken"
    assert f"端口 {port} 已被占用，门户改用 {port + 1} · port {port} is taken" in started
    password = (cli.directory / "data/secrets/demo-password").read_text()
    assert f"demo / {password}" in started
    logs = "".join(path.read_text() for path in (cli.directory / "data/logs").iterdir())
    assert password not in logs


@pytest.mark.usefixtures("started")
def test_every_process_runs_and_is_measured(cli: Cli) -> None:
    status = cli.status()
    assert set(status) == PROCESSES | {"supervisor"}
    assert {each["health"] for each in status.values()} == {"ready"}
    assert all(each["memory_mib"] > 5 for each in status.values())
    assert (status["datahub"]["lag"], status["postgres"]["lag"]) == (7, None)
    assert (status["datahub"]["checks"], status["postgres"]["checks"]) == (CHECKS, {})
    assert "合计 total" in cli.call("status")


@pytest.mark.usefixtures("started")
def test_nothing_listens_beyond_loopback(cli: Cli) -> None:
    assert listeners([*cli.pids().values(), cli.state()["pid"]]) == {"127.0.0.1"}


@pytest.mark.usefixtures("started")
def test_a_service_gets_its_variables_and_no_secret_among_them(cli: Cli) -> None:
    ports = {each["name"]: each["port"] for each in cli.state()["processes"]}
    with urlopen(f"http://127.0.0.1:{ports['target']}/variables", timeout=5) as answer:
        variables = json.load(answer)
    secrets = cli.directory / "data/secrets"
    assert variables.pop("TARGET_DATABASE_URL").startswith("postgresql+asyncpg://target@")
    assert variables == {
        "TARGET_HOST": "127.0.0.1",
        "TARGET_PORT": str(ports["target"]),
        "TARGET_DATABASE_PASSWORD_FILE": str(secrets / "database-target"),
        "TARGET_NATS_URL": f"nats://127.0.0.1:{ports['nats']}",
        "TARGET_NATS_USER": "target",
        "TARGET_NATS_PASSWORD_FILE": str(secrets / "nats-target"),
        "TARGET_JWKS_URL": f"http://127.0.0.1:{ports['gateway']}/.well-known/jwks.json",
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets.iterdir()} == {0o600}


@pytest.mark.usefixtures("started")
def test_a_second_start_says_who_runs(cli: Cli, port: int) -> None:
    for options in ([], ["--detach"]):
        said = cli.run("up", *options, code=1)
        assert f"pid {cli.state()['pid']}" in said
        assert f"http://127.0.0.1:{port + 1}" in said


@pytest.mark.usefixtures("started")
async def test_tables_are_migrated_by_their_owner_and_used_by_the_service(cli: Cli) -> None:
    ports = {each["name"]: each["port"] for each in cli.state()["processes"]}
    connection = await asyncpg.connect(
        host=str(cli.directory / "data/postgres/socket"),
        port=ports["postgres"],
        user="target",
        password=(cli.directory / "data/secrets/database-target").read_text(),
        database="target",
    )
    await connection.execute("INSERT INTO kept VALUES (1, 'a')")
    version = await connection.fetchval("SELECT version_num FROM alembic_version")
    owner = await connection.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'kept'")
    await connection.close()
    assert (version, owner) == ("0002", "target_owner")


@pytest.mark.usefixtures("started")
def test_servers_of_the_suite_are_prepared_again_by_hand(cli: Cli) -> None:
    assert "nothing to do" in cli.run("migrate")
    assert "nothing to do" in cli.call("streams")


@pytest.mark.usefixtures("started")
def test_logs_are_shown(cli: Cli) -> None:
    assert "standin on" in cli.call("logs", "alert")
    assert "no such log" in cli.call("logs", "nobody", code=2)
    assert "nats       " in cli.call("logs", "-n", "1")


@pytest.mark.parametrize("name", sorted(PROCESSES))
@pytest.mark.usefixtures("started")
def test_what_is_killed_comes_back(cli: Cli, name: str) -> None:
    before = cli.pids()
    os.kill(before[name], signal.SIGKILL)

    def back() -> bool:
        [process] = [each for each in cli.state()["processes"] if each["name"] == name]
        return process["state"] == "ready" and process["pid"] not in {None, before[name]}

    assert eventually(back) < 5
    after = cli.pids()
    assert {each for each in before if before[each] != after[each]} == {name}


@pytest.mark.usefixtures("started")
def test_down_stops_everything(cli: Cli) -> None:
    pids = [*cli.pids().values(), cli.state()["pid"]]
    assert "已停止" in cli.run("down")
    assert not [pid for pid in pids if born(pid)]
    assert "not running" in cli.run("down")
    cli.call("status", code=3)
    assert "database system is shut down" in cli.call("logs", "postgres")


@pytest.mark.usefixtures("started")
def test_the_next_start_takes_over_what_a_killed_supervisor_left(cli: Cli) -> None:
    state = cli.state()
    # What the kernel would end on its own at the death of the supervisor, were it there to tell.
    orphan = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        env={**os.environ, "HELIX8_DIRECTORY": str((cli.directory / "data").resolve())},  # noqa: TID251
    )
    os.kill(state["pid"], signal.SIGKILL)
    said = cli.run("up", "--detach")
    assert "leftover processes" in said
    assert orphan.wait(5) == -signal.SIGTERM
    assert not set(cli.pids().values()) & {each["pid"] for each in state["processes"]}
    assert {each["health"] for each in cli.status().values()} == {"ready"}


def test_a_directory_that_cannot_be_written_is_named(cli: Cli) -> None:
    (cli.directory / "file").touch()
    nested = Cli(cli.directory / "file", cli.environment)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "helix8", "up", "--data", str(nested.directory / "data")],
        env=cli.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "cannot write to the data directory" in done.stderr


def test_a_service_that_does_not_start_is_named_with_its_log(cli: Cli) -> None:
    cli.run("down")
    broken = cli.directory / "packages/report/src/report_service/__main__.py"
    text = broken.read_text()
    broken.write_text("raise SystemExit('no luck')\n")
    try:
        said = cli.run("up", code=1)
    finally:
        broken.write_text(text)
    assert "report did not start" in said
    assert "no luck" in said
    assert "everything stopped" in said


NOBODY, NAMELESS = 65_534, 58_799


@pytest.fixture(scope="module")
def other_python() -> str:
    """An interpreter of this version that every user can reach."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    for python in (Path(sys.executable).resolve(), Path("/usr/bin/python3")):
        if reachable(python.parent):
            said = subprocess.run([python, "-V"], capture_output=True, text=True, check=False)  # noqa: S603
            if said.stdout.split(".")[:2] == ["Python 3", str(sys.version_info.minor)]:
                return str(python)
    pytest.skip("no interpreter of this version that another user can reach")


def as_user(home: Path, user: int, python: str) -> Cli:
    """Return the command line of another user, in a home of his own."""
    home.mkdir()
    path = [*write_standins(home / "packages"), *(each for each in sys.path if "packages" in each)]
    path += [str(Path(__file__).parents[2] / part / "src") for part in ("deploy", "shared")]
    for each in home, *home.rglob("*"):
        os.chown(each, user, user)
    become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": os.pathsep.join(path)}
    return Cli(home, environment, python=(*become, python))


def test_an_ordinary_user_runs_it(open_directory: Path, other_python: str) -> None:
    line = as_user(open_directory / "nobody", NOBODY, other_python)
    line.run("up", "--detach", f"--port={free_port()}")
    try:
        assert {each["health"] for each in line.status().values()} == {"ready"}
        owners = {psutil.Process(pid).uids().real for pid in line.pids().values()}
        assert owners == {NOBODY}
    finally:
        line.run("down")


def test_a_user_without_a_name_starts_the_servers(open_directory: Path, other_python: str) -> None:
    line = as_user(open_directory / "nameless", NAMELESS, other_python)
    script = (
        "import pathlib\nfrom helix8.embedded import start_servers\n"
        f"with start_servers(pathlib.Path({str(line.directory / 'data')!r})): print('up')"
    )
    done = subprocess.run(  # noqa: S603
        [*line.python, "-c", script], env=line.environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"up\n"), done.stderr


def test_settings_that_are_wrong_are_told_by_name_before_a_service_starts(
    tmp_path: Path,
) -> None:
    wrong = {
        "DATAHUB_QUARANTINE_DAYS": "soon",
        "DATAHUB_PULL_HOSTS": "10.0.0.1/8",
        "ALERT_DUE_HOURS": "{",
        "SPIRAL_STALLED_SECONDS": "-1",
    }
    line = Cli(tmp_path, {**os.environ, **wrong})  # noqa: TID251

    said = line.run("up", f"--port={free_port()}", code=1)

    assert "settings are wrong; mend them and start again" in said
    assert "DATAHUB_QUARANTINE_DAYS: 须为整数" in said
    assert "DATAHUB_PULL_HOSTS: 10.0.0.1/8 不是网段 (no network)" in said
    assert 'ALERT_DUE_HOURS: 须为 JSON，如 {"red": 4} (must be JSON)' in said
    assert "SPIRAL_STALLED_SECONDS: 须大于 0.0" in said
    assert "Traceback" not in said
    assert not (tmp_path / "data/logs/datahub.log").exists(), "no service was started"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HELIX8_NATS_URL": "nats//x"}, "HELIX8_NATS_URL must be written nats://host:4222"),
        (
            {"HELIX8_NATS_URL": "nats://u:hush@127.0.0.1:9"},
            "NATS cannot be reached at 127.0.0.1:9: [Errno 111]",
        ),
    ],
)
def test_an_address_that_leads_nowhere_is_told_with_its_remedy(
    tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    line = Cli(tmp_path, {**os.environ, **variables})  # noqa: TID251

    answer = line.run("streams", code=1)

    assert said in answer
    assert "hush" not in answer
    assert "Traceback" not in answer


def test_a_port_that_is_none_is_told_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HELIX8_POSTGRES_HOST", "db")
    monkeypatch.setenv("HELIX8_POSTGRES_PORT", "54x")

    done = CliRunner().invoke(app, ["prepare"])

    assert done.exit_code == 1
    assert "HELIX8_POSTGRES_PORT=54x is no port (1–65535)" in done.output
