"""Short plays around one named point each. A scenario returns what went wrong: nothing, as shipped.

``lost``, ``twice``, ``stale`` and ``untold`` begin the faults that mutants make.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from harness import points
from harness.clients import post, publish
from harness.contracts import (
    CLASS_FEED,
    INDICATORS,
    binding,
    class_row,
    enrolment_feed,
    put_contracts,
)
from harness.drain import drained, waiting_messages
from harness.model import Model, Row
from harness.stage import Stage
from harness.stream import read_stream
from shared.kit.bus import Publisher

Scenario = Callable[[Stage], Awaitable[list[str]]]
CLASS = "C1"
INGEST = "qa.ingest.v1.academic.enrolment.upsert"
ROWS = 5
MANY = 40_000
"""Rows of an upload that takes two transactions."""


def _rows(label: str, version: int = 1, count: int = ROWS) -> list[Row]:
    return [
        {"class": CLASS, "student": f"{label}-{number}", "result": "P", "version": str(version)}
        for number in range(count)
    ]


async def _feed(stage: Stage, label: str) -> None:
    """Give the scenario a feed of its own, by which its batches are told from others."""
    async with stage.world.client("datahub") as hub:
        await put_contracts(hub, enrolment_feed(label))
        await post(hub, Model(), "class", [class_row(CLASS)], feed=CLASS_FEED["feed"])


async def _push_messages(stage: Stage, label: str, version: int = 1) -> None:
    """Push one message a row over NATS."""
    broker = await stage.world.broker("integrator-academic")
    try:
        for row in _rows(label, version):
            await publish(broker, Model(), INGEST, str(uuid4()), [row], feed=label)
    finally:
        await broker.close()


async def _push_request(stage: Stage, label: str, version: int = 1) -> None:
    async with stage.world.client("datahub") as hub:
        await post(hub, Model(), f"{label}-{version}", _rows(label, version), feed=label)


async def _faults(
    stage: Stage, label: str, *, version: int = 1, sent: int = ROWS, records: int = ROWS
) -> list[str]:
    """Compare records, ledger and announcements of one scenario with what was pushed."""
    rows = await stage.fetch(
        "datahub",
        "SELECT key, studied_credits FROM record_enrolment WHERE key LIKE $1",
        f"{CLASS}/{label}-%",
    )
    faults = [f"lost: {records - len(rows)} records"] if len(rows) != records else []
    faults += [f"stale: {tuple(row)}" for row in rows if row["studied_credits"] != version]
    [ledger] = await stage.fetch(
        "datahub", "SELECT sum(received)::int AS rows FROM batch WHERE feed = $1", label
    )
    received = ledger["rows"] or 0
    if received != sent:
        word = "twice" if received > sent else "lost"
        faults.append(f"{word}: {received} rows received, {sent} sent")
    return faults + await _untold(stage, label)


async def _untold(stage: Stage, label: str) -> list[str]:
    told = set()
    broker = await stage.world.broker()
    async for event in read_stream(broker, "QA_DATA"):
        if event["type"] == "qa.datahub.enrolment.changed.v1":
            told |= {(item["key"], item["version"]) for item in event["data"]["items"]}
    await broker.close()
    rows = await stage.fetch(
        "datahub", "SELECT key, version FROM change WHERE key LIKE $1", f"{CLASS}/{label}-%"
    )
    return [f"untold: {tuple(row)}" for row in rows if tuple(row) not in told]


async def _killed_with_messages(stage: Stage, point: str) -> list[str]:
    label = stage.label()
    await _feed(stage, label)
    await drained(stage.world, ("datahub",))
    stage.arm(point)
    await _push_messages(stage, label)
    await stage.reached(point)
    await drained(stage.world, ("datahub",), 30)
    return await _faults(stage, label)


async def killed_after_commit_before_ack(stage: Stage) -> list[str]:
    """The messages come again, though their effect is there."""
    return await _killed_with_messages(stage, points.AFTER_COMMIT_BEFORE_ACK)


async def killed_between_lock_and_merge(stage: Stage) -> list[str]:
    """The messages come again, for nothing of them is there."""
    return await _killed_with_messages(stage, points.BETWEEN_LOCK_AND_MERGE)


async def _killed_with_request(stage: Stage, point: str) -> list[str]:
    label = stage.label()
    await _feed(stage, label)
    await drained(stage.world, ("datahub",))
    stage.arm(point)
    await _push_request(stage, label)
    await stage.reached(point)
    await drained(stage.world, ("datahub",), 30)
    return await _faults(stage, label)


async def killed_between_chunks(stage: Stage) -> list[str]:
    """The first part of an upload is in; the same request brings the rest, and no row twice."""
    label, model = stage.label(), Model()
    await _feed(stage, label)
    await drained(stage.world, ("datahub",))
    stage.arm(points.BETWEEN_CHUNKS)
    async with stage.world.client("datahub") as hub:
        await post(hub, model, label, _rows(label, count=MANY), feed=label)
    await stage.reached(points.BETWEEN_CHUNKS)
    await drained(stage.world, ("datahub",), 60)
    [answer] = model.answers.values()
    wrong = {name: answer[name] for name in ("received", "created") if answer[name] != MANY}
    faults = [f"twice or lost: answered {wrong}"] if wrong else []
    open_batches = await stage.fetch(
        "datahub", "SELECT id FROM batch WHERE feed = $1 AND finished_at IS NULL", label
    )
    faults += [f"lost: batch {row['id']} stays open" for row in open_batches]
    return model.faults + faults + await _faults(stage, label, sent=MANY, records=MANY)


async def killed_after_ingest_before_numbering(stage: Stage) -> list[str]:
    """Rows are in, their changes have no number yet."""
    return await _killed_with_request(stage, points.AFTER_INGEST_BEFORE_NUMBERING)


async def killed_after_commit_with_events(stage: Stage) -> list[str]:
    """Changes are numbered, nobody has been told."""
    return await _killed_with_request(stage, points.AFTER_COMMIT_WITH_EVENTS)


async def killed_after_puback_before_mark(stage: Stage) -> list[str]:
    """The stream has the event, the outbox does not know: it is sent again, and counts once."""
    label = stage.label()
    await stage.fetch("target", "GRANT ALL ON tally TO target")
    stage.arm(points.AFTER_PUBACK_BEFORE_MARK)
    async with stage.world.client("target") as tally:
        (await tally.post(f"/v1/pulses/{label}")).raise_for_status()
    await stage.reached(points.AFTER_PUBACK_BEFORE_MARK)
    await drained(stage.world, ("target",), 30, consumers=("tally",))
    [row] = await stage.fetch("target", "SELECT pulses FROM tally WHERE name = $1", label)
    return [] if row["pulses"] == 1 else [f"twice: one pulse was counted {row['pulses']} times"]


async def slow_commit_overtaken(stage: Stage) -> list[str]:
    """An event gets its place in the outbox first, and is committed last."""
    first, second = stage.label(), stage.label()
    async with stage.world.client("datahub") as hub:
        await drained(stage.world, ("datahub",))
        stage.arm(points.HOLD_BEFORE_COMMIT)
        slow = asyncio.create_task(_publish_indicator(hub, first))
        await stage.reached(points.HOLD_BEFORE_COMMIT)
        await _publish_indicator(hub, second)
        missing = await _unpublished(stage, {second})
        stage.release(points.HOLD_BEFORE_COMMIT)
        await slow
        missing |= await _unpublished(stage, {first})
    return [f"untold: indicator {each}" for each in missing]


async def _publish_indicator(hub: httpx.AsyncClient, label: str) -> None:
    document = {**INDICATORS[0], "indicator": label}
    (await hub.put(f"/v1/indicators/{label}", json=document)).raise_for_status()


async def _unpublished(stage: Stage, wanted: set[str]) -> set[str]:
    """Return those of some indicators that are not announced within a while."""
    broker = await stage.world.broker()
    missing = set(wanted)
    for _ in range(15):
        async for event in read_stream(broker, "QA_DATA"):
            if event["type"] == "qa.datahub.indicator.published.v1":
                missing.discard(event["data"]["indicator"])
        if not missing:
            break
        await asyncio.sleep(0.2)
    await broker.close()
    return missing


async def database_down_for_a_while(stage: Stage) -> list[str]:
    """PostgreSQL is away for as long as a consumer with few deliveries would need to lose all."""
    label = stage.label()
    await _feed(stage, label)
    await drained(stage.world, ("datahub",))
    stage.world.keeper.down.add("postgres")
    stage.world.keeper.kill("postgres")
    await _push_messages(stage, label)
    await _given_up(stage, 3.0)
    stage.world.keeper.down.clear()
    await stage.world.keeper.ready("postgres")
    await drained(stage.world, ("datahub",), 30)
    return await _faults(stage, label)


async def _given_up(stage: Stage, seconds: float) -> None:
    """Wait until no message waits for the hub any more, or for ``seconds``."""
    broker = await stage.world.broker()
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        if not (await waiting_messages(broker))["datahub-ingest-academic"]:
            break
        await asyncio.sleep(0.1)
    await broker.close()


async def overtaken_on_another_channel(stage: Stage) -> list[str]:
    """A record waits at its consumer while its next version comes in by REST."""
    label = stage.label()
    await _overtake(stage, label, _rows(label, 2))
    return await _faults(stage, label, version=2, sent=2 * ROWS)


async def deletion_overtakes_its_records(stage: Stage) -> list[str]:
    """Records wait at their consumer while REST deletes them: they must not come afterwards."""
    label = stage.label()
    await _overtake(stage, label, _rows(label), mode="delete")
    rows = await stage.fetch(
        "datahub",
        "SELECT key FROM record_enrolment WHERE key LIKE $1 AND deleted_at IS NULL",
        f"{CLASS}/{label}-%",
    )
    return [f"stale: {row['key']} came after its deletion" for row in rows]


async def overtaken_by_what_is_known(stage: Stage) -> list[str]:
    """A change waits at its consumer while REST says once more what is so: that is newer."""
    label = stage.label()
    await _feed(stage, label)
    await _push_request(stage, label, version=1)
    await _overtake(stage, label, _rows(label, 1), waiting=2)
    return await _faults(stage, label, version=1, sent=3 * ROWS)


async def _overtake(
    stage: Stage, label: str, rows: list[Row], *, waiting: int = 1, **query: str
) -> None:
    """Push messages, and while they wait ``rows`` by REST."""
    await _feed(stage, label)
    await drained(stage.world, ("datahub",))
    stage.arm(points.HOLD_BEFORE_TRANSACTION)
    await _push_messages(stage, label, version=waiting)
    await stage.reached(points.HOLD_BEFORE_TRANSACTION)
    async with stage.world.client("datahub") as hub:
        await post(hub, Model(), f"{label}-overtakes", rows, feed=label, **query)
    stage.release(points.HOLD_BEFORE_TRANSACTION)
    await drained(stage.world, ("datahub",), 30)


async def values_in_the_wrong_order(stage: Stage) -> list[str]:
    """The older of two values of a cell is handled last, as competing consumers do."""
    label = stage.label()
    await _told_of(stage, label)
    async with stage.world.client("target") as target:
        (await target.post("/v1/bindings", json=binding(label))).raise_for_status()
    await _measured(stage, label, seq=2, value="0.750000")
    await drained(stage.world, ("target",), 30)
    await _measured(stage, label, seq=1, value="0.250000")
    await drained(stage.world, ("target",), 30)
    [row] = await stage.fetch(
        "target",
        "SELECT a.value::text FROM attainment a JOIN binding b ON b.key = a.binding"
        " WHERE b.scope = $1",
        f"class/{label}",
    )
    return [] if row["value"] == "0.750000" else [f"stale: judged {row['value']}"]


async def _measured(stage: Stage, label: str, *, seq: int, value: str) -> None:
    """Tell a measured value as the hub would."""
    cell = binding(label)
    item = {
        **{name: cell[name] for name in ("indicator", "scope", "period")},
        "id": label,
        "value": value,
        "numerator": None,
        "denominator": None,
        "n": 8,
        "coverage": "1",
        "freshest_at": None,
        "formula_version": 1,
        "seq": seq,
    }
    await _tell(stage, "indicator.measured", {"items": [item]})


async def _told_of(stage: Stage, label: str) -> None:
    """Tell of the class and the indicator of a binding as the hub would."""
    cell = binding(label)
    scope = {"scope": cell["scope"], "name_zh": label, "seq": 1}
    await _tell(stage, "scope.changed", {"items": [scope]})
    names = {"name_zh": label, "name_en": label, "unit": "ratio", "direction": "higher"}
    await _tell(
        stage, "indicator.published", {"indicator": cell["indicator"], "version": 1, **names}
    )


async def _tell(stage: Stage, what: str, data: dict[str, Any]) -> None:
    message = str(uuid4())
    envelope = {
        "id": message,
        "source": "urn:helix8:datahub",
        "type": f"qa.datahub.{what}.v1",
        "time": datetime(2026, 9, 1, tzinfo=UTC).isoformat(),
        "partitionkey": what,
        "data": data,
    }
    broker = await stage.world.broker("datahub")
    await Publisher(broker).publish(
        f"qa.evt.v1.datahub.{what}.00", msgspec.json.encode(envelope), message
    )
    await broker.close()
