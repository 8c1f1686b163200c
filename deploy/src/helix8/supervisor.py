"""Runs the suite: servers first, then databases and streams, then services; keeps all of it."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from subprocess import PIPE, STDOUT
from typing import Any, Final

from helix8.accounts import System, follow
from helix8.embedded.launch import Launch, rotate, wrapped
from helix8.embedded.nats import NatsServer, binary
from helix8.embedded.ports import LOOPBACK
from helix8.embedded.postgres import PostgresServer, installation
from helix8.errors import StartError
from helix8.home import Home
from helix8.keeper import Keeper, Part
from helix8.orphans import end_orphans
from helix8.parts import (
    choose_ports,
    demo_part,
    joined,
    nats_part,
    postgres_part,
    service_environment,
    service_part,
)
from helix8.probes import reload_broker
from helix8.progress import Progress, say
from helix8.state import SuiteState, load_state, own_pid
from helix8.suite import EVERY_SERVICE, GATEWAY, MONITOR, Service
from shared.contracts.streams import SOURCE_SYSTEMS
from shared.kit.clock import now

SERVER_SECONDS: Final = 120.0
"""For PostgreSQL and NATS to come up; recovery after a crash is part of it."""

SERVICE_SECONDS: Final = 90.0
"""For a service to be ready."""

DEMO_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.5
"""For the demo to begin; how it gets on is its own affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run and how."""

    home: Home
    first_port: int
    environment: Mapping[str, str]
    """What the processes inherit."""

    services: tuple[Service, ...] = EVERY_SERVICE
    prepare: tuple[str, ...] = (sys.executable, "-m", "helix8.prepare")
    """Command that gets databases and streams ready; directory and two ports are appended."""

    beside: tuple[str, ...] | None = None
    """Command kept running beside the suite once all of it is ready: the demo's systems."""


@dataclass(slots=True)
class Supervisor:
    """The processes of one suite. ``ready`` is called once, when all of them are."""

    plan: Plan
    progress: Progress
    ready: Callable[[SuiteState], None] = lambda _: None
    _keepers: list[Keeper] = field(default_factory=list)
    _state: SuiteState = field(init=False)
    _ports: dict[str, int] = field(init=False)
    _telling: "asyncio.Task[None] | None" = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Start everything, keep it until SIGINT, SIGTERM or SIGHUP, stop it.

        Raises:
            StartError: something did not start; what did start is stopped again.
        """
        self._ports = self._open()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(each, self._stop.set)
        try:
            async with AsyncExitStack() as stack:
                try:
                    await self._until_stopped(stack)
                finally:
                    self.progress.step("正在停止", "stopping")
        finally:
            self._state.ready = False
            self._save()
            self.progress.step("已全部停止", "everything stopped")

    async def _until_stopped(self, stack: AsyncExitStack) -> None:
        start = asyncio.create_task(self._start(stack))
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not start.done():
            start.cancel()
            await asyncio.gather(start, return_exceptions=True)
            return
        try:
            await start
            await stop
        finally:
            stop.cancel()

    def _open(self) -> dict[str, int]:
        """Take over from the run before; return the ports of this one."""
        home = self.plan.home
        installation()
        binary()
        before = load_state(home.state)
        gone = len(end_orphans(home))
        if gone:
            self.progress.step(
                f"清理了上次遗留的 {gone} 个进程", f"ended {gone} leftover processes"
            )
        ports = choose_ports(self.plan.first_port, before.ports() if before else {})
        wanted, given = self.plan.first_port, ports[GATEWAY.name]
        if given != wanted:
            self.progress.step(
                f"端口 {wanted} 已被占用，门户改用 {given}",
                f"port {wanted} is taken, the portal uses {given} instead",
            )
        pid, born = own_pid()
        self._state = SuiteState(
            pid=pid,
            born=born,
            started_at=now().isoformat(timespec="seconds"),
            url=f"http://{LOOPBACK}:{ports[GATEWAY.name]}",
        )
        return ports

    async def _start(self, stack: AsyncExitStack) -> None:
        home, ports = self.plan.home, self._ports
        environment = {**self.plan.environment, **home.mark()}
        postgres = PostgresServer(home.postgres, port=ports["postgres"])
        nats = NatsServer(home.nats, port=ports["nats"], vault=home.vault(), accounts=home.accounts)
        servers = [postgres_part(postgres, environment), nats_part(nats, environment)]
        own = {
            service: service_environment(service, home, ports, postgres)
            for service in self.plan.services
        }
        await self._together(
            self._keep(stack, servers, SERVER_SECONDS),
            self._check_settings(joined(environment, reduce(or_, own.values(), {}))),
        )
        await self.prepare_servers(ports, environment)
        services = [
            service_part(service, ports[service.name], joined(environment, own[service]))
            for service in self.plan.services
        ]
        self._follow_accounts(stack, nats, environment)
        await self._keep(stack, services, SERVICE_SECONDS)
        self._state.ready = True
        self._save()
        self.ready(self._state)
        if self.plan.beside:
            self.plan.home.loaded.unlink(missing_ok=True)
            await self._keep(stack, [demo_part(self.plan.beside, environment)], DEMO_SECONDS)
            self.progress.step("正在载入演示数据：helix8 logs demo -f", "loading demo data")
            telling = asyncio.create_task(self.tell_loaded())
            stack.callback(telling.cancel)
            self._telling = telling

    async def tell_loaded(self) -> None:
        """Say in one line, once, that the data of the demo is in."""
        while not self.plan.home.loaded.exists():  # noqa: ASYNC110 — another process writes it
            await asyncio.sleep(LOOK_SECONDS)
        told = self.plan.home.loaded.read_text(encoding="utf-8")
        self.progress.note(f"{say('演示数据已全部载入', 'the demo data is complete')}\n  {told}")

    async def _keep(self, stack: AsyncExitStack, parts: list[Part], seconds: float) -> None:
        """Start parts together and wait until all are ready; they stop together, too."""
        keepers = [
            Keeper(
                part=part,
                log=self.plan.home.log(part.name),
                changed=self._save,
                tell=self.progress.step,
            )
            for part in parts
        ]
        self._keepers += keepers
        running = [asyncio.create_task(keeper.run()) for keeper in keepers]
        for task in running:
            task.add_done_callback(self._stop_if_failed)

        async def stop() -> None:
            await asyncio.gather(*(keeper.stop() for keeper in keepers))
            await asyncio.gather(*running)

        stack.push_async_callback(stop)
        await self._together(*(self._await_ready(keeper, seconds) for keeper in keepers))

    async def _together(self, *works: Coroutine[Any, Any, None]) -> None:
        """Do several things at once; the first that fails ends the others."""
        try:
            async with asyncio.TaskGroup() as group:
                for work in works:
                    group.create_task(work)
        except ExceptionGroup as group_error:
            raise group_error.exceptions[0] from None

    async def _check_settings(self, environment: Mapping[str, str]) -> None:
        """Have the settings of all services read before any of them starts.

        Raises:
            StartError: naming each variable that is wrong.
        """
        command = (sys.executable, "-m", "helix8.checking", str(self.plan.home.root))
        code, told = await self._run("checking", command, environment)
        if code != 0:
            what = say("设置有误，改正后重新启动", "settings are wrong; mend them and start again")
            raise StartError(f"{what}:\n{told}")

    def _follow_accounts(
        self, stack: AsyncExitStack, nats: NatsServer, environment: Mapping[str, str]
    ) -> None:
        """Let the source systems into NATS that the hub says, as long as the suite runs."""
        known = set(SOURCE_SYSTEMS)

        async def apply(systems: Sequence[System]) -> None:
            await asyncio.to_thread(nats.rewrite, systems)
            await reload_broker(LOOPBACK, nats.port, nats.passwords[MONITOR])
            new = {system.id for system in systems} - known
            if new:
                await self._declare(sorted(new), environment)
                known.update(new)

        task = asyncio.create_task(follow(nats.accounts, apply, self.progress.step))
        task.add_done_callback(self._stop_if_failed)

        async def stop() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(stop)

    async def _declare(self, systems: Sequence[str], environment: Mapping[str, str]) -> None:
        """Give new systems their streams, in a process of its own: the library stays out of ours.

        Raises:
            StartError: it did not succeed.
        """
        port = str(self._ports["nats"])
        command = (sys.executable, "-m", "helix8.streams", str(self.plan.home.root), port)
        code, told = await self._run("streams", (*command, *systems), environment)
        if code != 0:
            raise StartError(told[-1000:])
        names = ", ".join(systems)
        self.progress.step(f"新业务系统：{names}", f"new source systems: {names}")

    def _stop_if_failed(self, task: "asyncio.Task[None]") -> None:
        """A keeper that fails is our bug: end the suite, and the error with it, aloud."""
        if not task.cancelled() and task.exception() is not None:
            self._stop.set()

    async def _await_ready(self, keeper: Keeper, seconds: float) -> None:
        await keeper.first_ready(seconds)
        part = keeper.part
        where = f"（端口 {part.port}）" if part.port else ""
        self.progress.step(f"{part.zh}就绪{where}", f"{part.name} is ready")

    async def prepare_servers(
        self, ports: Mapping[str, int], environment: Mapping[str, str]
    ) -> None:
        """Bring databases and streams up to date, in a process of its own.

        Raises:
            StartError: they are not ready.
        """
        command = [*self.plan.prepare, str(self.plan.home.root)]
        command += [str(ports["postgres"]), str(ports["nats"])]
        code, text = await self._run("prepare", command, environment)
        log = self.plan.home.log("prepare")
        rotate(log)
        log.chmod(0o600)
        log.write_text(text, encoding="utf-8")
        if code != 0:
            what = say("数据库或消息流未能就绪", "databases or streams are not ready")
            raise StartError(f"{what}:\n{text[-3000:]}")
        self.progress.step("数据库与消息流就绪", "databases and streams are ready")

    async def _run(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        """Run a process to its end; return its exit code and all that it said."""
        process = await asyncio.create_subprocess_exec(
            *wrapped(Launch(name=name, command=tuple(command))),
            env=dict(environment),
            stdout=PIPE,
            stderr=STDOUT,
        )
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode is not None
        return process.returncode, output.decode("utf-8", "replace")

    def _save(self) -> None:
        self._state.processes = [keeper.state for keeper in self._keepers]
        # A full disk must not end the keeping; the next change writes all of it again.
        with suppress(OSError):
            self._state.save(self.plan.home.state)
