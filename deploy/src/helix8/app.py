"""The wiring of ``helix8 up``: in front of the user, or behind his back."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from helix8.catalogue import Wanted, attend_catalogue
from helix8.dead_letters import Asked, attend
from helix8.embedded.launch import rotate
from helix8.embedded.ports import LOOPBACK
from helix8.embedded.postgres import PostgresServer
from helix8.errors import StartError
from helix8.home import Home
from helix8.keys import demo_key
from helix8.lock import HeldError, hold
from helix8.parts import joined, service_environment
from helix8.plans import PlanAsked, attend_plan
from helix8.progress import Progress, say
from helix8.review import ReviewAsked, attend_review
from helix8.settings import inherited, value
from helix8.state import SuiteState, load_state
from helix8.status import running
from helix8.suite import ADMIN, EVERY_SERVICE, SERVICES
from helix8.supervisor import Plan, Supervisor
from helix8.vault import Sealed

MIGRATIONS = ("-m", "shared.kit.migrations")

Ready = Callable[[SuiteState], None]


def up(home: Home, port: int, progress: Progress, ready: Ready, *, demo: bool = False) -> None:
    """Run the suite in this process until it is told to stop; with ``demo``, load its data, too.

    Raises:
        StartError: something did not start, or the suite already runs.
    """
    home.prepare()
    beside = demo_command(home, ("--stream",)) if demo else None
    plan = Plan(home=home, first_port=port, environment=inherited(), beside=beside)
    try:
        with hold(home.lock):
            asyncio.run(Supervisor(plan=plan, progress=progress, ready=ready).run())
    except HeldError as error:
        raise already_running(home, str(error)) from None


def up_detached(home: Home, port: int, progress: Progress, *, demo: bool = False) -> SuiteState:
    """Start the suite in a process of its own, and return when all of it is ready.

    Raises:
        StartError: something did not start, or the suite already runs.
    """
    home.prepare()
    try:
        with hold(home.lock):
            pass
    except HeldError as error:
        raise already_running(home, str(error)) from None
    options = [f"--data={home.root}", f"--port={port}", *(["--demo"] if demo else [])]
    log = home.log("supervisor")
    rotate(log)
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", "helix8", "up", "--no-login", *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return _follow(home, log, begin, process, progress)


def _follow(
    home: Home, log: Path, begin: int, process: subprocess.Popen[bytes], progress: Progress
) -> SuiteState:
    """Print what the detached supervisor says until it is ready."""
    with log.open(encoding="utf-8", errors="replace") as said:
        said.seek(begin)
        while process.poll() is None:
            state = load_state(home.state)
            for line in said:
                progress.note(line.rstrip())
            if state is not None and state.ready and state.pid == process.pid:
                # It outlives us on purpose: nobody waits for it here.
                process.returncode = 0
                return state
            time.sleep(0.1)
        for line in said:
            progress.note(line.rstrip())
    raise StartError(say(f"未能启动，日志：{log}", f"it did not start, see {log}"))


def already_running(home: Home, holder: str) -> StartError:
    """Return the refusal of a second start: who runs, and where."""
    state = load_state(home.state)
    pid = holder.split(maxsplit=1)[0] if holder.strip() else "?"
    url = state.url if state and str(state.pid) == pid else "?"
    return StartError(
        say(
            f"该目录已有套件在运行：进程 {pid}，地址 {url}（{home.root}）",
            f"already running on this directory: pid {pid}, address {url}; stop it: helix8 down",
        )
    )


def migrate(home: Home) -> list[str]:
    """Migrate the databases that the environment names, else those of the suite on ``home``.

    The environment names them by ``<PREFIX>_MIGRATION_URL`` and ``<PREFIX>_MIGRATION_PASSWORD``
    (or ``…_FILE``), as the role that owns the tables.

    Raises:
        StartError: neither is there, or a migration failed.
    """
    # These two commands alone need the drivers, which take longer to load than all the rest.
    from helix8.prepare import prepare_databases  # noqa: PLC0415

    given = [each.package for each in EVERY_SERVICE if value(f"{each.prefix}MIGRATION_URL")]
    if not given:
        return asyncio.run(prepare_databases(home, needed(home).ports()["postgres"]))
    command = [sys.executable, *MIGRATIONS, *given]
    done = subprocess.run(command, check=False)  # noqa: S603 - our own module
    if done.returncode != 0:
        raise StartError(say("迁移失败，见上", "a migration failed, see above"))
    return [f"migrated {package}" for package in given]


def streams(home: Home) -> list[str]:
    """Declare the streams on the NATS server of the environment, else of the suite on ``home``.

    The environment gives ``HELIX8_NATS_URL``, ``HELIX8_NATS_USER`` (``admin``) and
    ``HELIX8_NATS_PASSWORD`` (or ``…_FILE``).

    Raises:
        StartError: neither is there.
    """
    from helix8.streams import declare  # noqa: PLC0415 - as in `migrate`

    user, password = value("HELIX8_NATS_USER") or ADMIN, value("HELIX8_NATS_PASSWORD")
    if value("HELIX8_NATS_URL") is not None:
        url = _nats_url("HELIX8_NATS_URL")
    else:
        url = f"nats://{LOOPBACK}:{needed(home).ports()['nats']}"
        password = home.vault().read(f"nats-{ADMIN}")
    return asyncio.run(declare(url, user, password))


def prepare_given() -> list[str]:
    """Prepare the servers of the environment; return what was done.

    ``HELIX8_POSTGRES_HOST``, ``HELIX8_POSTGRES_PORT`` (5432), ``HELIX8_POSTGRES_USER``
    (``postgres``, a superuser), ``HELIX8_NATS_URL``; ``HELIX8_SECRETS``: directory of the secrets.

    Raises:
        StartError: a variable or a secret is missing, or a server does not let us in.
    """
    from helix8.given import prepare_servers  # noqa: PLC0415 - as in `migrate`

    server = {
        "host": required("HELIX8_POSTGRES_HOST"),
        "port": _port("HELIX8_POSTGRES_PORT", 5432),
        "user": value("HELIX8_POSTGRES_USER") or "postgres",
    }
    return asyncio.run(prepare_servers(server, _nats_url("HELIX8_NATS_URL"), sealed()))


def write_nats_configuration(target: Path, store: Path, accounts: Path) -> list[str]:
    """Write the configuration of a NATS server with the secrets in ``HELIX8_SECRETS``.

    Raises:
        StartError: a secret is missing.
    """
    from helix8 import given  # noqa: PLC0415 - as in `migrate`

    given.write_nats_configuration(sealed(), target, store, accounts)
    return [f"wrote {target}"]


def follow_accounts(config: Path, accounts: Path, progress: Progress) -> None:
    """Let the source systems into the NATS server of the environment that the hub says, for ever.

    ``HELIX8_NATS_URL``; ``HELIX8_SECRETS``: directory of the secrets.

    Raises:
        StartError: a variable is missing.
    """
    from helix8 import given  # noqa: PLC0415 - as in `migrate`

    url = _nats_url("HELIX8_NATS_URL")
    asyncio.run(given.follow_accounts(url, sealed(), config, accounts, progress.step))


def make_secrets(directory: Path) -> list[str]:
    """Make the secrets that are missing in ``directory``; return their names.

    Raises:
        StartError: it cannot be written.
    """
    from helix8 import given  # noqa: PLC0415 - as in `migrate`

    return given.make_secrets(directory)


def sealed() -> Sealed:
    """Return the secrets that the environment gives.

    Raises:
        StartError: it names no directory.
    """
    return Sealed(Path(required("HELIX8_SECRETS")))


def required(name: str) -> str:
    """Return a variable.

    Raises:
        StartError: it is absent or empty.
    """
    found = value(name)
    if not found:
        raise StartError(say(f"缺少环境变量 {name}", f"the variable {name} is not set"))
    return found


def _port(name: str, default: int) -> int:
    """Return a variable that is a port.

    Raises:
        StartError: it is none.
    """
    said = value(name) or str(default)
    if not (said.isascii() and said.isdigit() and 0 < int(said) < 1 << 16):
        wrong = f"{name}={said}"
        raise StartError(say(f"{wrong} 不是端口，须为 1–65535", f"{wrong} is no port (1–65535)"))
    return int(said)


def _nats_url(name: str) -> str:
    """Return a variable that is the address of a NATS server.

    Raises:
        StartError: it is absent, or none.
    """
    url = required(name)
    if not re.fullmatch(r"(nats|tls|wss?)://[^/\s]+/?", url):
        form = "nats://host:4222"
        raise StartError(say(f"{name} 须写作 {form}", f"{name} must be written {form}"))
    return url


def demo_command(home: Home, arguments: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the command that loads the demo into the suite on ``home``."""
    return (sys.executable, "-m", "helix8.demo", f"--data={home.root}", *arguments)


def run_demo(home: Home, arguments: Sequence[str]) -> int:
    """Load the demo into the running suite; return the exit code.

    Raises:
        StartError: no suite runs.
    """
    needed(home)
    return subprocess.run(demo_command(home, arguments), check=False).returncode  # noqa: S603


def rebuild_cycles(home: Home, keys: Sequence[str]) -> int:
    """Rebuild cycles of the running suite from their events, and compare; return the exit code.

    Raises:
        StartError: no suite runs.
    """
    ports = needed(home).ports()
    spiral = next(each for each in SERVICES if each.name == "spiral")
    postgres = PostgresServer(home.postgres, port=ports["postgres"])
    environment = joined(inherited(), service_environment(spiral, home, ports, postgres))
    command = [sys.executable, "-m", spiral.package, "rebuild", *keys]
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603


def attend_dead_letters(home: Home, asked: Asked, write: Callable[[str], None]) -> None:
    """List, show, mend, replay or give up dead letters of the running suite.

    Raises:
        StartError: no suite runs, or it refuses what is asked.
    """
    attend(asked, needed(home).url, home.vault().read("demo-key", demo_key), write)


def ask_catalogue(home: Home, wanted: Wanted, write: Callable[[str], None]) -> None:
    """List or publish the catalogue of indicators of the running suite.

    Raises:
        StartError: no suite runs, or it refuses what is asked.
    """
    attend_catalogue(wanted, needed(home).url, home.vault().read("demo-key", demo_key), write)


def attend_plans(home: Home, asked: PlanAsked, write: Callable[[str], None]) -> None:
    """Read, look through or bring in the file of a plan, by the running suite.

    Raises:
        StartError: no suite runs, or it refuses the file.
    """
    attend_plan(asked, needed(home).url, home.vault().read("demo-key", demo_key), write)


def fetch_review(home: Home, asked: ReviewAsked, write: Callable[[str], None]) -> None:
    """Write a review package of the running suite to a file.

    Raises:
        StartError: no suite runs, or it refuses what is asked.
    """
    attend_review(asked, needed(home).url, home.vault().read("demo-key", demo_key), write)


def run_simulator(home: Home, arguments: Sequence[str]) -> int:
    """Play a source system; return the exit code."""
    # The generator and its clients are for this command alone.
    from helix8.demo.simulate.command import simulate  # noqa: PLC0415

    return simulate(home, arguments, value)


def replay_facts(
    home: Home, publisher: str, consumer: str, facts: Sequence[str], after: int
) -> list[str]:
    """Deliver facts of a service again, to one consumer; return what was done.

    Raises:
        StartError: no suite runs, or the service refuses.
    """
    from helix8.replay import replay  # noqa: PLC0415 - as in `migrate`

    return replay(home, needed(home), publisher, consumer, facts, after)


def needed(home: Home) -> SuiteState:
    """Return the state of the running suite.

    Raises:
        StartError: none runs.
    """
    state = running(home)
    if state is None:
        raise StartError(
            say(
                f"{home.root} 上没有运行的套件（环境变量也没有给出服务器）",
                f"no suite runs on {home.root} (and the environment names no server)",
            )
        )
    return state


def login(home: Home) -> tuple[str, str]:
    """Return name and password of the demo account."""
    return "demo", home.vault().read("demo-password")
