"""Compares what the suite holds with what was acknowledged. Each check returns what is wrong.

An empty list means: nothing lost, nothing twice, the ledger balances.
"""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import asyncpg
import httpx
from nats.aio.client import Client

from harness.contracts import CODES, PERIOD, STANDARD
from harness.model import Model
from harness.stream import read_stream

Database: TypeAlias = "asyncpg.Connection[Any]"
FATES = (
    *("created", "updated", "deleted", "unchanged"),
    *("quarantined", "parked", "rejected", "duplicate"),
)
RECORDS = "SELECT key, final_result, studied_credits, version, deleted_at FROM record_enrolment"


async def check_records(hub: Database, model: Model) -> list[str]:
    """Every acknowledged record's last version is in the table, and nothing else is."""
    faults = []
    rows = {row["key"]: row for row in await hub.fetch(RECORDS)}
    for key, wanted in model.live().items():
        row = rows.get(key)
        if row is None or row["deleted_at"] is not None:
            faults.append(f"lost: {key} is not there")
        elif (row["final_result"], row["studied_credits"]) != (
            CODES[wanted["result"]],
            Decimal(wanted["version"]),
        ):
            faults.append(f"stale: {key} is at {row['studied_credits']}, not {wanted['version']}")
    live = {key for key, row in rows.items() if row["deleted_at"] is None}
    return faults + [f"too much: {key}" for key in sorted(live - model.live().keys())]


async def check_versions(hub: Database, model: Model) -> list[str]:
    """Every record's versions are logged once each, from 1 to the present one."""
    faults = []
    logged: dict[str, list[int]] = {}
    rows = await hub.fetch(
        "SELECT c.key, c.version FROM change c JOIN change_set s ON s.id = c.change_set"
        " WHERE s.entity = 'enrolment'"
    )
    for row in rows:
        logged.setdefault(row["key"], []).append(row["version"])
    present = {row["key"]: row["version"] for row in await hub.fetch(RECORDS)}
    for key, version in present.items():
        if sorted(logged.get(key, [])) != list(range(1, version + 1)):
            faults.append(f"versions of {key}: {sorted(logged.get(key, []))}, at {version}")
        if version > model.versions[key]:
            faults.append(f"twice: {key} changed {version} times, pushed {model.versions[key]}")
    return faults


async def check_ledger(hub: Database, model: Model) -> list[str]:
    """Every batch balances, says what its sender was told, and all add up to what was sent."""
    faults = []
    received: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    aside = 0
    rows = await hub.fetch("SELECT * FROM batch WHERE entity = 'enrolment'")
    for row in rows:
        if row["received"] != sum(row[fate] for fate in FATES):
            faults.append(f"batch {row['id']} does not balance: {dict(row)}")
        if row["finished_at"] is None:
            faults.append(f"batch {row['id']} was never finished")
        answer = model.answers.get(row["id"])
        if row["channel"] == "rest" and (
            answer is None or any(answer[name] != row[name] for name in ("received", *FATES))
        ):
            faults.append(f"batch {row['id']} is not what was answered: {answer}")
        received[row["channel"]] += row["received"]
        changed.update({fate: row[fate] for fate in ("created", "updated", "deleted")})
        aside += row["quarantined"]
    del received["replay"]
    if received != model.received:
        faults.append(f"received {dict(received)}, sent {dict(model.received)}")
    if aside != model.aside:
        faults.append(f"{aside} rows are in quarantine, {model.aside} belong there")
    return faults + await _check_change_log(hub, changed)


async def _check_change_log(hub: Database, changed: Counter[str]) -> list[str]:
    logged = await hub.fetchval(
        "SELECT coalesce(sum(rows), 0)::bigint FROM change_set WHERE entity = 'enrolment'"
    )
    if logged != changed.total():
        return [f"{logged} changes are logged, the ledgers name {changed.total()}"]
    return []


async def check_feed(hub: Database, client: httpx.AsyncClient) -> list[str]:
    """The change feed is dense, and whoever replays it has the tables."""
    faults = []
    replayed: dict[tuple[str, str], dict[str, Any] | None] = {}
    last = 0
    while True:
        answer = await client.get("/v1/changes", params={"after": last, "limit": 1000})
        answer.raise_for_status()
        if not (page := answer.json()):
            break
        for change in page:
            if change["seq"] != last + 1:
                faults.append(f"the feed goes from {last} to {change['seq']}")
            last = change["seq"]
            replayed[change["entity"], change["key"]] = change["doc"]
    if last != int(answer.headers["Feed-Watermark"]):
        faults.append(f"the feed ends at {last}, its watermark is another")
    rows = await hub.fetch(RECORDS)
    for row in rows:
        document = replayed.pop(("enrolment", row["key"]), None)
        said = None if document is None else Decimal(str(document["studied_credits"]))
        if said != (None if row["deleted_at"] else row["studied_credits"]):
            faults.append(f"replay of {row['key']} gives {said}")
    extra = [key for entity, key in replayed if entity == "enrolment"]
    return faults + [f"the feed names {key}, which is not there" for key in extra]


async def check_announced(hub: Database, broker: Client) -> list[str]:
    """Every change is announced on QA_DATA under its own number, and nothing else is."""
    announced = set()
    async for event in read_stream(broker, "QA_DATA"):
        data = event["data"]
        if event["type"].endswith(".changed.v1") and "entity" in data:
            for item in data["items"]:
                announced.add((item["seq"], data["entity"], item["key"], item["version"]))
    rows = await hub.fetch(
        "SELECT s.first_seq + c.ordinal AS seq, s.entity, c.key, c.version"
        " FROM change c JOIN change_set s ON s.id = c.change_set"
    )
    logged = {tuple(row) for row in rows}
    return [f"never announced: {each}" for each in sorted(logged - announced)] + [
        f"announced and not there: {each}" for each in sorted(announced - logged)
    ]


async def check_verdicts(broker: Client, model: Model) -> list[str]:
    """Every acknowledged message got its verdict, and no message a second one."""
    events = {event["id"]: event async for event in read_stream(broker, "QA_VERDICT")}
    told = Counter(item["message"] for event in events.values() for item in event["data"]["items"])
    return [f"no verdict for message {each}" for each in sorted(model.messages - told.keys())] + [
        f"twice: {count} verdicts for message {each}" for each, count in told.items() if count > 1
    ]


async def check_measured(hub: Database, model: Model) -> list[str]:
    """Indicators say what plain Python counts in the pushed data."""
    rows = await hub.fetch("SELECT indicator, scope, value FROM measurement")
    values = {(row["indicator"], row["scope"].removeprefix("class/")): row["value"] for row in rows}
    return [
        f"{cell} is {values.get(cell)}, counted {wanted}"
        for cell, wanted in model.measured().items()
        if values.get(cell) != wanted
    ]


def _judged(model: Model) -> Mapping[str, Decimal | None]:
    return {
        f"class/{class_no}": value
        for (indicator, class_no), value in model.measured().items()
        if indicator == "faults_passed"
    }


async def check_attained(target: Database, model: Model) -> list[str]:
    """The target service judged the last values."""
    rows = await target.fetch(
        "SELECT b.scope, a.state, a.value FROM attainment a JOIN binding b ON b.key = a.binding"
    )
    states = {row["scope"]: (row["value"], row["state"]) for row in rows}
    faults = []
    for scope, value in _judged(model).items():
        met = "met_standard" if value is not None and value >= Decimal(STANDARD) else None
        wanted = (value, "no_data" if value is None else met or "below_standard")
        if states.get(scope) != wanted:
            faults.append(f"attainment of {scope} is {states.get(scope)}, not {wanted}")
    return faults


async def check_alerts(alert: Database, model: Model) -> list[str]:
    """There is one open alert for every class below the standard, and none for another."""
    rows = await alert.fetch(
        "SELECT rule, scope, period, state, (SELECT count(*) FROM alert_step s"
        " WHERE s.alert = alert.id AND s.step = 'raised') AS raised FROM alert"
    )
    faults = [
        f"{row['scope']} was raised {row['raised']} times" for row in rows if row["raised"] != 1
    ]
    opened = Counter(
        (row["rule"], row["scope"], row["period"]) for row in rows if row["state"] == "open"
    )
    judged = {("threshold/faults_passed", scope, PERIOD): v for scope, v in _judged(model).items()}
    below = {
        cell for cell, value in judged.items() if value is not None and value < Decimal(STANDARD)
    }
    unknown = {cell for cell, value in judged.items() if value is None}
    faults += [f"{count} open alerts for {cell}" for cell, count in opened.items() if count > 1]
    faults += [f"no alert for {cell}" for cell in sorted(below - opened.keys())]
    return faults + [
        f"an alert for {cell} stays open" for cell in sorted(opened.keys() - below - unknown)
    ]


async def check_left(databases: Mapping[str, Database]) -> list[str]:
    """Nothing became a dead letter, no outbox holds anything, facts are kept once each."""
    faults = []
    for service, database in databases.items():
        rows = await database.fetch("SELECT consumer, reason, detail FROM dead_letter")
        faults += [f"dead letter in {service}: {tuple(row)}" for row in rows]
        if left := await database.fetchval("SELECT count(*) FROM outbox"):
            faults.append(f"{left} events are still in the outbox of {service}")
    return faults


async def check_facts(databases: Mapping[str, Database], broker: Client) -> list[str]:
    """Facts that services keep are those on the stream.

    The gateway keeps none: what it tells, its tables of roles and of blocks hold for ever.
    """
    events = read_stream(broker, "QA_EVT")
    sent = {event["id"] async for event in events if event["source"] != "urn:helix8:gateway"}
    kept = {
        str(row["id"])
        for service, database in databases.items()
        if service != "datahub"
        for row in await database.fetch("SELECT id FROM fact")
    }
    return [f"fact {each} is not on the stream" for each in sorted(kept - sent)] + [
        f"event {each} is not among the facts" for each in sorted(sent - kept)
    ]
