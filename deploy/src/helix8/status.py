"""How every process of a suite is: asked now, not remembered."""

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

import psutil

from helix8.home import Home
from helix8.probes import broker_is_well, lag, loops, outbox_age, readiness, reasons
from helix8.state import ProcessState, SuiteState, lives, load_state
from helix8.suite import DEMO, MONITOR
from helix8.table import table

MIB: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStatus:
    """One line of ``helix8 status``."""

    name: str
    pid: int | None
    port: int
    health: str
    """``ready``, ``not ready``, or the keeper's word when the process is not there."""

    why: str
    """What is not ready; empty if nothing."""

    restarts: int
    memory_mib: float
    """Resident, its children included; memory shared between processes is divided among them."""

    lag: int | None
    """Messages that wait for it; None if it reads none."""

    uptime_seconds: int | None

    checks: dict[str, Any] = field(default_factory=dict)
    """What ``/readyz`` says of each loop, outbox, stream and consumer; empty if it has none."""


def running(home: Home) -> SuiteState | None:
    """Return the state of the suite that runs on ``home``; None if none does."""
    state = load_state(home.state)
    return state if state is not None and lives(state.pid, state.born) else None


async def survey(home: Home, state: SuiteState, at: datetime) -> list[ProcessStatus]:
    """Ask every process how it is."""
    supervisor = ProcessState(
        name="supervisor", port=0, pid=state.pid, born=state.born, state="ready"
    )
    asked = await asyncio.gather(*(_ask(home, process) for process in state.processes))
    return [
        _status(process, health, checks, at)
        for process, (health, checks) in zip(
            [supervisor, *state.processes], [("ready", {}), *asked], strict=True
        )
    ]


async def _ask(home: Home, process: ProcessState) -> tuple[str, dict[str, Any]]:
    """Return the health of a process and the checks it names."""
    if process.name in {"postgres", DEMO} or not lives(process.pid, process.born):
        return process.state, {}
    if process.name == "nats":
        password = home.vault().read(f"nats-{MONITOR}")
        well = await broker_is_well(process.port, password)
        return ("ready" if well else "not ready"), {}
    ready, checks = await readiness(process.port)
    return ("ready" if ready else "not ready"), checks


def _status(
    process: ProcessState, health: str, checks: dict[str, Any], at: datetime
) -> ProcessStatus:
    alive = lives(process.pid, process.born)
    return ProcessStatus(
        name=process.name,
        pid=process.pid,
        port=process.port,
        health=health,
        why=reasons(checks),
        restarts=process.restarts,
        memory_mib=round(memory(process.pid) / MIB, 1) if alive and process.pid else 0.0,
        lag=lag(checks),
        uptime_seconds=_uptime(process, at) if alive else None,
        checks=checks,
    )


def _uptime(process: ProcessState, at: datetime) -> int | None:
    with suppress(psutil.Error):
        return max(0, int(at.timestamp() - psutil.Process(process.pid).create_time()))
    return None


def memory(pid: int) -> int:
    """Return the resident bytes of a process and its children."""
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        # The supervisor's children are processes of their own in the table.
        family = [process] if _supervises(process) else [process, *process.children(recursive=True)]
        for each in family:
            with suppress(psutil.Error):
                total += each.memory_full_info().pss
    return total


def _supervises(process: psutil.Process) -> bool:
    return "helix8" in " ".join(process.cmdline()[:3]) and "up" in process.cmdline()


def as_json(state: SuiteState, processes: list[ProcessStatus]) -> dict[str, Any]:
    """Return the status as a JSON document."""
    return {
        "url": state.url,
        "started_at": state.started_at,
        "ready": state.ready,
        "memory_mib": round(sum(each.memory_mib for each in processes), 1),
        "processes": [asdict(each) for each in processes],
    }


def as_table(processes: list[ProcessStatus]) -> str:
    """Return the status as lines for a person."""
    heading = (
        "进程 process,PID,端口 port,健康 health,重启 restarts,内存 MiB,任务 loops,积压 lag,"
        "待发 outbox s,运行 uptime,"
    )
    rows = [
        (
            each.name,
            str(each.pid or "-"),
            str(each.port or "-"),
            each.health,
            str(each.restarts),
            f"{each.memory_mib:.0f}",
            _share(*loops(each.checks)),
            _figure(each.lag),
            _figure(outbox_age(each.checks)),
            _duration(each.uptime_seconds),
            each.why,
        )
        for each in processes
    ]
    total = sum(each.memory_mib for each in processes)
    return f"{table([heading.split(','), *rows])}\n合计 total: {total:.0f} MiB"


def _share(well: int, of: int) -> str:
    return f"{well}/{of}" if of else "-"


def _figure(number: float | None) -> str:
    return "-" if number is None else f"{number:.0f}"


def _duration(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
