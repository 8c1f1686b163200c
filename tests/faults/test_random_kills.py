"""Promises 1, 2 and 10: processes are killed at random while records flow; the books balance.

Every process of the suite may be hit, and runs with the settings it is shipped with. Records come
in over REST, through the gateway, and over NATS; in the end records, feed, values, judgements,
alerts, corrections and the read model of the reports are what the acknowledged records imply.
With ``--soak`` promise 7, too: how soon the suite is ready again, measured at the end.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from harness import checks, downstream
from harness.clients import Flow, SourceSystem, post
from harness.comeback import measure_comebacks
from harness.contracts import class_row, enrolment_feed, put_contracts
from harness.drain import drained
from harness.model import Model
from harness.monkey import rage
from harness.tree import copy_tree
from harness.world import World, start_world

from helix8.suite import EVERY_SERVICE, SERVICES

CLASSES = tuple(f"C{number:02}" for number in range(12))
LATE = ("L00", "L01")
"""Classes that come after the records that refer to them: those wait until then."""

TWINS = {name: f"T{name}" for name in (*CLASSES, *LATE)}
"""Classes whose records are pushed when all kills are over."""

ON_TIME = (*CLASSES, *(TWINS[name] for name in CLASSES))
IN_CYCLES = tuple(name for name in (*TWINS, *TWINS.values()) if int(name[-1]) % 2)
BACKED = tuple(service.name for service in SERVICES)
SYSTEMS = 9
MIXED = ("rest", "nats")
"""Systems of this mix have a first student who comes late, as the late classes do."""

MIXES = (("rest",), ("nats",), MIXED)


@asynccontextmanager
async def running_suite(root: Path) -> AsyncIterator[World]:
    """Start the whole suite, with contracts for the thread from record to report."""
    # A copy: what is restarted in the middle of the run is what was started.
    tree = copy_tree(root / "tree", ())
    names = [service.name for service in EVERY_SERVICE]
    async with start_world(root, names) as world:
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(world.add_service(name, tree))
        await world.opened()
        model = Model()
        async with world.portal("datahub") as hub:
            feed = enrolment_feed("faults.enrolment", default=True, waits_for_students=True)
            await put_contracts(hub, feed)
            rows = [class_row(class_no) for class_no in ON_TIME]
            await post(hub, model, "classes", rows, source="academic", entity="teaching_class")
        await drained(world, BACKED)
        await downstream.prepare_classes(world, ON_TIME, IN_CYCLES)
        yield world


async def push_and_kill(world: World, records: int, kills: int, seed: int) -> Model:
    """Let nine source systems push ``records`` while processes die; return what was pushed."""
    random = Random(seed)  # noqa: S311 — the same kills again
    model, flow = Model(), Flow(total=records, systems=SYSTEMS)
    students = max(20, records // 45)
    numbered = [
        {"student": f"S{system}-{number}"}
        for system in range(SYSTEMS)
        for number in range(students)
        if number or MIXES[system % 3] != MIXED
    ]
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(world.portal("datahub"))
        await post(hub, model, "students", numbered, source="academic", entity="student")
        broker = await world.broker("integrator-academic")
        stack.push_async_callback(broker.close)
        systems = [
            SourceSystem(
                name=f"S{number}",
                channels=MIXES[number % 3],
                classes=CLASSES + (LATE if MIXES[number % 3] == MIXED else ()),
                students=students,
                hub=hub,
                broker=broker,
                model=model,
                flow=flow,
                random=Random(random.random()),  # noqa: S311
            )
            for number in range(SYSTEMS)
        ]
        async with asyncio.TaskGroup() as group:
            for system in systems:
                group.create_task(system.run())
            hit = await rage(world, flow, kills, random)
        rows = [class_row(class_no) for class_no in LATE]
        await post(hub, model, "late", rows, source="academic", entity="teaching_class")
        late = [{"student": f"S{n}-0"} for n in range(SYSTEMS) if MIXES[n % 3] == MIXED]
        await post(hub, model, "late-students", late, source="academic", entity="student")
    # A goal is bound to a class that is there: the last come when all that was pushed is through.
    await drained(world, BACKED)
    await downstream.prepare_classes(world, LATE, IN_CYCLES)
    print(f"seed {seed}: {dict(model.received)}, killed {dict(hit)}")  # noqa: T201
    return model


async def faults_of(world: World, model: Model) -> list[str]:
    """Return everything that contradicts the promises."""
    async with AsyncExitStack() as stack:
        databases = {}
        for service in BACKED:
            databases[service] = await world.connect(service)
            stack.push_async_callback(databases[service].close)
        hub = await stack.enter_async_context(world.portal("datahub"))
        broker = await world.broker()
        stack.push_async_callback(broker.close)
        faults = [
            *model.faults,
            *await checks.check_records(databases["datahub"], model),
            *await checks.check_versions(databases["datahub"], model),
            *await checks.check_ledger(databases["datahub"], model),
            *await checks.check_feed(databases["datahub"], hub),
            *await checks.check_announced(databases["datahub"], broker),
            *await checks.check_verdicts(broker, model),
            *await checks.check_measured(databases["datahub"], model),
            *await checks.check_attained(databases["target"], model),
            *await checks.check_alerts(databases["alert"], model),
            *await checks.check_facts(databases, broker),
            *await downstream.check_copies(databases),
        ]
        faults += await downstream.push_twins(world, model, TWINS)
        await drained(world, BACKED)
        await downstream.prepare_classes(world, [TWINS[name] for name in LATE], IN_CYCLES)
        await drained(world, BACKED)
        faults += await downstream.check_twins(databases, TWINS)
        # What became of their alerts and corrections comes back to the hub as records.
        await drained(world, tuple(databases))
        return faults + await checks.check_left(databases)


async def run(root: Path, records: int, kills: int, seed: int, *, is_long: bool) -> None:
    began = time.monotonic()
    async with running_suite(root) as world:
        started = time.monotonic()
        model = await push_and_kill(world, records, kills, seed)
        pushed = time.monotonic()
        await drained(world, BACKED)
        drained_at = time.monotonic()
        faults = await faults_of(world, model)
        print(  # noqa: T201
            f"started in {started - began:.0f} s, pushed in {pushed - started:.0f} s, drained in"
            f" {drained_at - pushed:.0f} s, checked in {time.monotonic() - drained_at:.0f} s,"
            f" starts { ({name: part.starts for name, part in world.keeper.parts.items()}) }"
        )
        if is_long:
            print(await measure_comebacks(world))  # noqa: T201
    assert not faults, f"{len(faults)} faults, such as\n" + "\n".join(faults[:20])


async def test_nothing_acknowledged_is_lost_and_nothing_takes_effect_twice(
    tmp_path: Path, records: int, kills: int, seed: int, request: pytest.FixtureRequest
) -> None:
    is_long = request.config.getoption("--soak")
    await run(tmp_path, records, kills, seed, is_long=is_long)
