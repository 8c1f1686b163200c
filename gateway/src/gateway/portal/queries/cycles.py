"""The cycle board, and one cycle with everything that belongs to it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.portal.domain.figure import BIG_ORDER
from gateway.portal.queries.holes import Found, all_of
from gateway.portal.queries.services import Listed, Services, list_of, names, read_answer, total_of
from gateway.portal.schemas.cycles import (
    CorrectionWhole,
    Cycle,
    CycleWhole,
    Definition,
    Diagnosis,
    Entry,
    Lesson,
    Measure,
    Proposal,
    Voice,
)
from shared.contracts.vocabulary import Level

CYCLES_SHOWN: Final = 1000
"""On the board: all open cycles of a college of twenty majors and two hundred courses."""

BESIDE: Final = 100
"""Diagnoses, measures, lessons and proposals of one cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A step, and the cycles that stand at it."""

    step: str
    zh: str
    en: str
    cycles: list[Cycle]
    late: int


async def board(services: Services, level: Level | None) -> tuple[list[Column], Listed]:
    """Return the open cycles by step; the overdue ones first, then those with most to correct."""
    answer = await services.get(
        "spiral", "cycles", state="open", limit=CYCLES_SHOWN, totalCount="true"
    )
    every = read_answer(TypeAdapter(list[Cycle]), "spiral", answer)
    shown = [each for each in every if level is None or each.level is level]
    return _columns(shown), Listed(rows=shown, total=total_of(answer, len(every)))


async def closed(services: Services, level: Level | None) -> list[Cycle]:
    """Return the newest cycles that are over."""
    answer = await services.get("spiral", "cycles", state="closed", limit=BESIDE)
    every = read_answer(TypeAdapter(list[Cycle]), "spiral", answer)
    return [each for each in every if level is None or each.level is level]


def _columns(cycles: Sequence[Cycle]) -> list[Column]:
    """Return a column for each step; those that only a college's own definition has come last."""
    by_step: dict[str, list[Cycle]] = {step: [] for step in BIG_ORDER}
    for each in sorted(cycles, key=_urgency):
        by_step.setdefault(each.step, []).append(each)
    return [
        Column(
            step=step,
            zh=found[0].step_zh if found else "",
            en=found[0].step_en if found else "",
            cycles=found,
            late=sum(each.overdue_since is not None for each in found),
        )
        for step, found in by_step.items()
    ]


def _urgency(cycle: Cycle) -> tuple[bool, int, int, str]:
    level = list(Level).index(cycle.level)
    return cycle.overdue_since is None, -cycle.open_corrections, level, cycle.scope


async def get_cycle(services: Services, key: str) -> CycleWhole:
    """Return a cycle.

    Raises:
        RefusedError: there is none of that key.
    """
    answer = await services.find("spiral", f"cycles/{quote(key)}")
    return read_answer(TypeAdapter(CycleWhole), "spiral", answer)


async def around(services: Services, cycle: CycleWhole) -> dict[str, Any]:
    """Return what stands beside a cycle: its history, its definition, what people wrote."""
    parts: dict[str, Found[Any]] = await all_of(
        entries=list_of(services, "spiral", f"cycles/{quote(cycle.key)}/entries", Entry),
        definition=_definition(services, cycle.definition),
        diagnoses=list_of(services, "spiral", "diagnoses", Diagnosis, cycle=cycle.key),
        measures=list_of(services, "spiral", "measures", Measure, cycle=cycle.key, limit=BESIDE),
        lessons=list_of(services, "spiral", "lessons", Lesson, cycle=cycle.key, limit=BESIDE),
        proposals=list_of(services, "spiral", "proposals", Proposal, cycle=cycle.key, limit=BESIDE),
    )
    known, units = await asyncio.gather(
        names(services, _people(cycle, parts)), services.units.get()
    )
    return {**parts, "names": known, "units": units}


async def get_voice(services: Services, place: str) -> Voice:
    """Return what the visitor is asked to speak to.

    Raises:
        RefusedError: nobody has asked him.
    """
    answer = await services.find("spiral", place)
    return read_answer(TypeAdapter(Voice), "spiral", answer)


async def definition_of(services: Services, cycle: CycleWhole) -> Definition:
    """Return the definition by which a cycle runs."""
    return await _definition(services, cycle.definition)


def _people(cycle: CycleWhole, parts: dict[str, Found[Any]]) -> list[str]:
    owners = [key for each in cycle.owners.values() for key in each]
    persons = [key for each in cycle.deadlines for key in each.persons]
    acted = [each.by for each in parts["entries"].value or ()]
    mended = [each.owner for each in cycle.routine_loop.corrections if each.owner]
    diagnoses = parts["diagnoses"].value or ()
    signed = [each.signed_by for each in diagnoses if each.signed_by]
    asked = [one.person for each in diagnoses for one in each.asked]
    measured = [each.owner for each in parts["measures"].value or ()]
    warned = [each.owner for each in cycle.alerts]
    gates = [gate for each in cycle.steps for gate in each.gates]
    lifting = [key for each in gates if each.lifted_by for key in each.lifted_by.persons]
    blocking = [each.owner for gate in gates for each in gate.blockers if each.owner]
    there = [*owners, *persons, *acted, *mended, *signed, *asked, *measured, *warned]
    return [*there, *lifting, *blocking]


async def _definition(services: Services, reference: str) -> Definition:
    name, _, version = reference.partition("@")
    answer = await services.find("spiral", f"definitions/{quote(name)}", version=version)
    return Definition.model_validate(answer.json()["document"])


async def get_correction(services: Services, key: str) -> CorrectionWhole:
    """Return a correction with what can be done to it.

    Raises:
        RefusedError: there is none of that id.
    """
    answer = await services.find("spiral", f"corrections/{quote(key)}")
    return read_answer(TypeAdapter(CorrectionWhole), "spiral", answer)
