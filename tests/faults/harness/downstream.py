"""What follows from the records in the services behind the hub.

Two services that keep the same thing keep the same of it, and what a class has come to through all
the kills is what its twin, whose records flowed without any, has come to.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.checks import Database
from harness.clients import post
from harness.contracts import binding, class_row, cycle
from harness.model import Model, Row
from harness.world import World

Databases = Mapping[str, Database]

QUERIES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


async def check_copies(databases: Databases) -> list[str]:
    """What a service keeps of its neighbours is what they say."""
    faults = []
    for each in QUERIES["kept"]:
        told, kept = [
            {tuple(row) for row in await databases[service].fetch(query)}
            for service, query in (each["told"], each["kept"])
        ]
        where = f"{each['what']}, {each['told'][0]} and {each['kept'][0]}:"
        faults += [] if told else [f"{where} there is none at all"]
        faults += [f"{where} only told {row}" for row in sorted(told - kept, key=repr)]
        faults += [f"{where} only kept {row}" for row in sorted(kept - told, key=repr)]
    return faults


async def push_twins(world: World, model: Model, classes: Mapping[str, str]) -> list[str]:
    """Push the last state of classes for their twins; return what went wrong.

    Args:
        classes: twin by class.
    """
    told = Model()
    async with world.portal("datahub") as hub:
        rows = [class_row(twin) for twin in classes.values()]
        await post(hub, told, "twins", rows, source="academic", entity="teaching_class")
        about = {"source": "academic", "entity": "enrolment"}
        for class_no, twin in classes.items():
            there, gone = _last_rows(model, class_no, twin)
            await post(hub, told, f"{twin}-all", there + gone, **about)
            if gone:
                keys = [{name: row[name] for name in ("class", "student")} for row in gone]
                await post(hub, told, f"{twin}-gone", keys, **about, mode="delete")
    return told.faults


def _last_rows(model: Model, class_no: str, twin: str) -> tuple[list[Row], list[Row]]:
    """Return the rows that a twin shall keep, and those that it shall have had."""
    there, gone = [], []
    for key, row in model.records.items():
        of, student = key.split("/")
        if of == class_no and row is not None:
            there.append(row | {"class": twin})
        elif of == class_no:
            gone.append({"class": twin, "student": student, "result": "P", "version": "1"})
    return there, gone


async def prepare_classes(world: World, classes: Sequence[str], in_cycles: Sequence[str]) -> None:
    """Bind an indicator to classes that are there, and open a cycle for those named."""
    async with world.portal("target") as target, world.portal("spiral") as spiral:
        for class_no in classes:
            (await target.post("/v1/bindings", json=binding(class_no))).raise_for_status()
        for class_no in (each for each in classes if each in in_cycles):
            (await spiral.post("/v1/cycles", json=cycle(class_no))).raise_for_status()


async def check_twins(databases: Databases, classes: Mapping[str, str]) -> list[str]:
    """What classes came to through the kills is what their twins came to without any."""
    faults = []
    for each in QUERIES["consequence"]:
        service, query = each["found"]
        for pair in classes.items():
            killed, calm = [await _rows(databases[service], query, name) for name in pair]
            if killed != calm:
                faults.append(f"{each['what']} of {pair[0]}: {killed}, without kills {calm}")
    return faults


async def _rows(database: Database, query: str, class_no: str) -> list[str]:
    rows = await database.fetch(query, f"class/{class_no}")
    texts = [json.dumps(list(row), default=str, ensure_ascii=False) for row in rows]
    return sorted(text.replace(class_no, "…") for text in texts)
