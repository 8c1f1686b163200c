"""Promises 1, 2 and 10: processes are killed at random while records flow; the books balance."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import httpx
from harness import checks
from harness.clients import Flow, SourceSystem, post
from harness.contracts import binding, class_row, enrolment_feed, put_contracts
from harness.drain import drained
from harness.model import Model
from harness.monkey import rage
from harness.tree import copy_tree
from harness.world import World, start_world

SERVICES = ("datahub", "target", "alert")
CLASSES = tuple(f"C{number:02}" for number in range(12))
LATE = ("L00", "L01")
"""Classes that come after the records that refer to them: those wait until then."""

SYSTEMS = 9
MIXES = (("rest",), ("nats",), ("rest", "nats"))


@asynccontextmanager
async def running_suite(root: Path) -> AsyncIterator[World]:
    """Start what the thread from record to alert needs, with its contracts."""
    # A copy: what is restarted in the middle of the run is what was started.
    tree = copy_tree(root / "tree", ())
    async with start_world(root, SERVICES) as world:
        for service in SERVICES:
            await world.add_service(service, tree=tree)
        model = Model()
        async with world.client("datahub") as hub, world.client("target") as target:
            await put_contracts(hub, enrolment_feed("faults.enrolment", default=True))
            rows = [class_row(class_no) for class_no in CLASSES]
            await post(hub, model, "classes", rows, source="academic", entity="teaching_class")
            await bind(target, CLASSES)
        yield world


async def bind(target: httpx.AsyncClient, classes: Sequence[str]) -> None:
    """Bind the indicator to classes that are there."""
    for class_no in classes:
        (await target.post("/v1/bindings", json=binding(class_no))).raise_for_status()


async def push_and_kill(world: World, records: int, kills: int, seed: int) -> Model:
    """Let nine source systems push ``records`` while processes die; return what was pushed."""
    random = Random(seed)  # noqa: S311 — the same kills again
    model, flow = Model(), Flow(total=records, systems=SYSTEMS)
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(world.client("datahub"))
        broker = await world.broker("integrator-academic")
        stack.push_async_callback(broker.close)
        systems = [
            SourceSystem(
                name=f"S{number}",
                channels=MIXES[number % 3],
                classes=CLASSES + (LATE if MIXES[number % 3] == ("rest", "nats") else ()),
                students=max(20, records // 45),
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
    # All that was pushed stands before them in the change feed.
    await drained(world, SERVICES)
    async with world.client("target") as target:
        await bind(target, LATE)
    print(f"seed {seed}: {dict(model.received)}, killed {dict(hit)}")  # noqa: T201
    return model


async def faults_of(world: World, model: Model) -> list[str]:
    """Return everything that contradicts the promises."""
    async with AsyncExitStack() as stack:
        databases = {}
        for service in SERVICES:
            databases[service] = await world.connect(service)
            stack.push_async_callback(databases[service].close)
        hub = await stack.enter_async_context(world.client("datahub"))
        broker = await world.broker()
        stack.push_async_callback(broker.close)
        return [
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
            *await checks.check_left(databases),
        ]


async def run(root: Path, records: int, kills: int, seed: int) -> None:
    began = time.monotonic()
    async with running_suite(root) as world:
        model = await push_and_kill(world, records, kills, seed)
        pushed = time.monotonic()
        await drained(world, SERVICES)
        faults = await faults_of(world, model)
        print(  # noqa: T201
            f"pushed in {pushed - began:.0f} s, drained in {time.monotonic() - pushed:.0f} s,"
            f" starts { ({name: part.starts for name, part in world.keeper.parts.items()}) }"
        )
    assert not faults, f"{len(faults)} faults, such as\n" + "\n".join(faults[:20])


async def test_nothing_acknowledged_is_lost_and_nothing_takes_effect_twice(
    tmp_path: Path, records: int, kills: int, seed: int
) -> None:
    await run(tmp_path, records, kills, seed)
