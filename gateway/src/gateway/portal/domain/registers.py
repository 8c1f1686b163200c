"""The registers of the target service, and everything that it keeps by key together.

Source: contract of the target service; the forms are our default.
"""

from typing import Final

from gateway.portal.domain.documents import Part
from gateway.portal.domain.registering import (
    BASIS,
    LEVELS,
    PERIOD,
    SCOPE,
    SCOPE_KINDS,
    TITLE,
    Register,
    key,
    part,
)
from gateway.portal.domain.registers_of_assessments import RUNS, SCHEMES
from gateway.portal.domain.registers_of_goals import BINDINGS, PLANS, SELECTORS, STANDARDS


def _register(name: str, *parts: Part) -> Register:
    return Register(
        name=name,
        page=f"/registers/{name}",
        parts=(key(), TITLE, *parts),
        is_wrapped=True,
    )


_MEMBERS: Final = (
    part("party", needed=True, example="teacher/T001"),
    part("place", "choice", choices=("head", "deputy", "member")),
    part("since", "date"),
    part("until", "date"),
)
_MATRIX: Final = (
    part("duty", needed=True),
    part("party", needed=True),
    part("part", "choice", choices=("R", "A", "C", "I")),
)
_CONTROLS: Final = (
    part("key", needed=True),
    part("text", needed=True),
    part("checked_on", "date"),
    part("finding"),
    part("owner"),
    part("due_on", "date"),
    part("done_on", "date"),
    part("evidence"),
)
DECIDED: Final = ("plan", "goal", "standard", "task", "body")
OTHERS: Final = (
    _register(
        "bodies",
        part("since", "date"),
        part("until", "date"),
        part("members", "rows", columns=_MEMBERS),
        part(
            "duties",
            "rows",
            columns=(
                part("key", needed=True),
                part("text", needed=True),
                part("done_on", "date"),
                part("evidence"),
            ),
        ),
        part("matrix", "rows", columns=_MATRIX),
        *BASIS,
    ),
    _register(
        "processes",
        part("unit", "scope", needed=True, example="unit/JWC"),
        part("post"),
        part("duties", "lines"),
        part(
            "steps",
            "rows",
            columns=(
                part("key", needed=True),
                TITLE,
                part("party", needed=True),
                part("days", "count"),
                part("next", "words"),
            ),
        ),
        *BASIS,
    ),
    _register(
        "resolutions",
        part("meeting", needed=True, example="校长办公会"),
        part("held_on", "date", needed=True),
        part("number"),
        part("present", "words", example="teacher/T001"),
        part("text", "area", needed=True),
        part(
            "decides",
            "rows",
            columns=(
                part("kind", "choice", choices=DECIDED, word="decided-kind"),
                part("key", needed=True),
                part("text"),
            ),
        ),
    ),
    _register(
        "basis-documents",
        part("number"),
        part("cited_as"),
        part("issuer"),
        part("issued_on", "date"),
        part("clauses", "rows", columns=(part("key", needed=True), part("text"))),
        part("note", "area"),
    ),
    _register(
        "risks",
        SCOPE,
        part("likelihood", "count", needed=True, example="1–5"),
        part("impact", "count", needed=True, example="1–5"),
        part("indicator", "indicator"),
        part("owner", needed=True),
        part("measure", "area"),
        part("status", "choice", choices=("open", "mitigated", "closed")),
    ),
    _register(
        "readiness",
        part(
            "items",
            "rows",
            columns=(
                part("key", needed=True),
                TITLE,
                part("weight", "number", needed=True),
                part("milestone", "yes"),
                part("evidence", "choice", choices=("none", "partial", "complete")),
                part("evidence_at"),
                part("due_on", "date"),
                *BASIS,
            ),
        ),
    ),
    _register(
        "internal-controls",
        SCOPE,
        PERIOD,
        *BASIS,
        part("controls", "rows", columns=_CONTROLS),
    ),
    _register(
        "accountability",
        SCOPE,
        part("opened_on", "date", needed=True),
        part("basis.document", word="document", needed=True),
        part("basis.clause", word="clause"),
        part("facts", "area", needed=True),
        part("persons", "words", needed=True, example="teacher/T001"),
        part("status", "choice", choices=("open", "decided", "closed"), word="case-status"),
        part("decision", "area"),
        part("decided_by"),
        part("decided_on", "date"),
    ),
    _register(
        "excellence",
        SCOPE,
        part(
            "kind",
            "choice",
            needed=True,
            word="excellence-kind",
            choices=(
                *("online", "offline", "blended", "practice", "virtual", "major", "team"),
                "other",
            ),
        ),
        part("level", "choice", choices=("national", "provincial", "municipal", "school")),
        part("year", "count", needed=True),
        part("certificate", needed=True),
        part("run"),
    ),
    _register(
        "value-dimensions",
        part("title_en"),
        part("text", "area"),
        part("levels", "flags", choices=LEVELS),
    ),
    _register(
        "object-classes",
        part("kind", "choice", needed=True, choices=SCOPE_KINDS, word="scope-kind"),
        part("scopes", "words"),
    ),
)

REGISTERS: Final = {
    each.page: each for each in (PLANS, STANDARDS, BINDINGS, SELECTORS, SCHEMES, RUNS, *OTHERS)
}
