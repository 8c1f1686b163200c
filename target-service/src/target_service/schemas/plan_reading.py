"""Answers about plans that were read from a file."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from shared.contracts.vocabulary import Level
from target_service.domain.plan_document.document import Column, How, Place, PlanDocument
from target_service.domain.plan_document.naming import Named
from target_service.domain.plan_document.words import Work
from target_service.domain.plan_lint.finding import Finding, Severity
from target_service.domain.plan_lint.pieces import pieces_of
from target_service.domain.plan_making import Drafts
from target_service.schemas.common import View


class PlanRowView(BaseModel):
    """A row of the schedule as it was read."""

    line: int
    cells: dict[Column, str]
    how: dict[Column, How]
    """How a cell came by its text, where it does not stand there itself."""

    start: str | None
    end: str | None
    """Months, as ISO; None where there is none."""

    ongoing: bool
    work: Work
    level: Level | None


class PlanMemberView(BaseModel):
    """A member of a body."""

    line: int
    place: Place
    party: str


class PlanDutyView(BaseModel):
    """A duty of a body."""

    line: int
    text: str


class PlanBodyView(BaseModel):
    """A body as it was read."""

    line: int
    title: str
    members: list[PlanMemberView]
    duties: list[PlanDutyView]


class PlanCitationView(BaseModel):
    """A document that the plan rests on."""

    line: int
    title: str
    number: str | None


class PlanCycleView(BaseModel):
    """A rhythm of diagnosis that the plan sets for a level."""

    line: int
    level: Level
    rhythm: str
    words: str
    warning_only: bool


class PlanUnitView(BaseModel):
    """A unit as the plan names it."""

    name: str
    lines: list[int]
    unit: str | None
    """Its scope; None where the hub has told of none such, or of more than one."""

    known_as: str | None


class PlanRemarkView(BaseModel):
    """What a reader did beyond reading."""

    rule: str
    lines: list[int]
    zh: str
    en: str


class PlanFindingView(BaseModel):
    """What the linter found."""

    rule: str
    severity: Severity
    lines: list[int]
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


class PlanReading(BaseModel):
    """A plan as it was read, and what a careful reader finds in it."""

    title: str
    number: str | None
    issued_on: date | None
    years: int | None
    rows: list[PlanRowView]
    bodies: list[PlanBodyView]
    basis: list[PlanCitationView]
    cycles: list[PlanCycleView]
    units: list[PlanUnitView]
    remarks: list[PlanRemarkView]
    findings: list[PlanFindingView]


class PlanMadeView(BaseModel):
    """Something that the plan becomes."""

    kind: str
    """plan, goal, task, body or basis."""

    key: str
    lines: list[int] = []
    document: dict[str, Any]
    """As the request that makes it says it."""

    registered: bool = False
    """The register held it already, from elsewhere: it stays as it is there."""

    change: Literal["created", "changed", "unchanged", "gone", ""] = ""
    """What came of it; ``gone``: the last file made it and this one names it no more, it stays."""


class PlanImport(BaseModel):
    """What bringing in a plan does, or would do."""

    dry_run: bool
    read: PlanReading
    made: list[PlanMadeView]
    cycles: list[PlanCycleView]
    """Proposals: the spiral service opens cycles, nobody here does."""


class PlanImportKept(View):
    """The last file of a plan: what was read of it, and what it became then."""

    plan: str
    version: int
    """Of the file: another one each time that it said something else."""

    imported_by: str
    imported_at: datetime
    read: PlanReading
    made: list[PlanMadeView]
    """As the file said it; what people changed since is in the things themselves."""


def reading_of(document: PlanDocument, findings: list[Finding], units: list[Named]) -> PlanReading:
    """Return a plan that was read, as it is answered."""
    return PlanReading.model_validate(
        {
            "title": document.title,
            "number": document.number,
            "issued_on": document.issued_on,
            "years": document.years,
            "rows": [
                {
                    "line": each.row.line,
                    "cells": {column: cell.text for column, cell in each.row.cells.items()},
                    "how": {
                        column: cell.how
                        for column, cell in each.row.cells.items()
                        if cell.how is not How.READ
                    },
                    "start": each.row.start.words if each.row.start else None,
                    "end": each.row.end.words if each.row.end else None,
                    "ongoing": each.row.ongoing,
                    "work": each.work,
                    "level": each.level,
                }
                for each in pieces_of(document.rows)
            ],
            "bodies": document.bodies,
            "basis": document.citations,
            "cycles": document.cycles,
            "units": units,
            "remarks": document.remarks,
            "findings": findings,
        },
        from_attributes=True,
    )


def made_of(drafts: Drafts) -> list[PlanMadeView]:
    """Return what a plan becomes, in the order of making."""
    kinds = {
        "basis": drafts.basis,
        "body": drafts.bodies,
        "plan": (drafts.plan,),
        "goal": drafts.goals,
        "task": drafts.tasks,
    }
    return [
        PlanMadeView(
            kind=kind,
            key=each["key"],
            lines=list(drafts.lines.get(each["key"], ())),
            document=each,
        )
        for kind, documents in kinds.items()
        for each in documents
    ]
