"""Plans, standards, and what binds them to values.

Source: contract of the target service; the forms are our default.
"""

from typing import Final

from gateway.portal.domain.registering import (
    APPROVE,
    BASIS,
    PERIOD,
    SCOPE,
    SCOPE_KINDS,
    TAKE_PART,
    TIERS,
    TITLE,
    WRITE,
    Register,
    Step,
    key,
    part,
)

_TIERS: Final = tuple(
    part(f"tiers.{each}", "limit", word=f"tier-{each}", example="≥ 0.8", always=True)
    for each in TIERS
)
_LINES: Final = (
    *_TIERS,
    part("target", "limit", example="≥ 0.9"),
    part("warning", "limit", example="< 0.85"),
)
_ALERT_FROM: Final = part("alert_from", "choice", choices=("either", "standard", "warning"))

PLANS: Final = Register(
    name="plans",
    page="/plans",
    parts=(
        key("plan-2026"),
        part(
            "kind",
            "choice",
            needed=True,
            choices=("five_year", "special", "year", "construction", "personal"),
        ),
        TITLE,
        PERIOD,
        SCOPE,
        part("owner"),
        part("approver"),
        part("parent"),
        part(
            "tracks",
            "flags",
            choices=(
                *("teaching", "research", "professional_ability", "management_education"),
                *("service_education", "learning_ability", "professional_literacy"),
                "all_round_quality",
            ),
        ),
        *(
            part(f"swot.{each}", "lines")
            for each in ("strengths", "weaknesses", "opportunities", "threats")
        ),
        part(
            "benchmarks",
            "rows",
            columns=(
                part("peer", needed=True),
                part("indicator", "indicator"),
                PERIOD,
                part("value", "number"),
                part("source"),
            ),
        ),
        part("basis", "lines", word="basis"),
    ),
    filters={
        "kind": ("five_year", "special", "year", "construction", "personal"),
        "state": ("draft", "submitted", "approved"),
        "scope": (),
    },
    steps=(
        Step(name="submit", needs=(WRITE, TAKE_PART), states=("draft",)),
        Step(name="approve", needs=(APPROVE, TAKE_PART), states=("submitted",)),
        Step(name="reject", needs=(APPROVE, TAKE_PART), states=("submitted",), is_grave=True),
    ),
    writes=(WRITE, TAKE_PART),
    state="state",
    withdrawal="reason",
)

STANDARD_KINDS: Final = (
    *("line", "unit_work", "post_work", "major", "major_teaching", "course_building"),
    *("course_teaching", "class_teaching", "teacher_development", "student_development"),
    "training_plan",
)
STANDARDS: Final = Register(
    name="standards",
    page="/standards",
    parts=(
        key("course-2026"),
        TITLE,
        part("kind", "choice", needed=True, choices=STANDARD_KINDS, word="standard-kind"),
        part("scope", "scope", example="school/19001"),
        part("approver", example="person/T001"),
        part("effective_from", "date"),
        part("indicator", "indicator"),
        *_TIERS,
        part("applies_to.kind", "choice", choices=("", *SCOPE_KINDS), word="applies-kind"),
        part("applies_to.tags", "words", word="applies-tags", example="standing:benchmark"),
        part("basis", word="basis"),
        part("sections", "rows", columns=(TITLE, part("text", "area", needed=True))),
        part(
            "criteria",
            "rows",
            columns=(
                part("indicator", "indicator", needed=True),
                part("title"),
                *_LINES,
                part("weight", "number"),
                part("source", "choice", choices=("own", "municipal", "provincial", "national")),
                *BASIS,
            ),
        ),
        part("plan", "json", word="training-plan"),
    ),
    filters={
        "kind": STANDARD_KINDS,
        "state": ("draft", "approved", "rejected", "replaced"),
        "scope": (),
        "indicator": (),
    },
    steps=(
        Step(
            name="approve",
            path="decision",
            states=("draft",),
            takes=("reason",),
            says=(("decision", "approve"),),
        ),
        Step(
            name="reject",
            path="decision",
            states=("draft",),
            takes=("reason",),
            says=(("decision", "reject"),),
            is_grave=True,
        ),
    ),
    state="state",
)

BINDINGS: Final = Register(
    name="bindings",
    page="/bindings",
    parts=(
        part("key", fixed=True),
        TITLE,
        part("indicator", "indicator", needed=True),
        part("scope", "scope", needed=True, example="course/C0001"),
        part("period", needed=True, example="term:2026-2027-1"),
        part("goal"),
        part("standard"),
        *_LINES,
        part("scoring", "rule", example="capped_ratio"),
        _ALERT_FROM,
        part("max_age_days", "count"),
        part("owner"),
    ),
    filters={"scope": (), "indicator": ()},
    has_versions=False,
)

SELECTORS: Final = Register(
    name="selectors",
    page="/selectors",
    parts=(
        key("all-courses-2026"),
        TITLE,
        part("indicator", "indicator", needed=True),
        part("period", needed=True, example="term:2026-2027-1"),
        part("kind", "choice", needed=True, choices=SCOPE_KINDS, word="scope-kind"),
        part("tags", "words", example="standing:benchmark"),
        part("units", "words", example="unit/JWC"),
        part("scopes", "words"),
        part("excluded", "words"),
        part("standard"),
        *_LINES,
        _ALERT_FROM,
        part("max_age_days", "count"),
        part("owner"),
    ),
    filters={"indicator": ()},
    has_versions=False,
)
