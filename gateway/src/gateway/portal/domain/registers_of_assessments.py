"""Assessment schemes, and the runs in which they are used.

Source: contract of the target service; the forms are our default.
"""

from typing import Final

from gateway.portal.domain.registering import (
    PERIOD,
    PERIOD_KINDS,
    SCOPE_KINDS,
    TAKE_PART,
    TITLE,
    WRITE,
    Register,
    Step,
    key,
    part,
)

PURPOSES: Final = (
    *("department", "cadre", "selection", "evaluation", "honour", "progress", "adjustment"),
)
SCHEMES: Final = Register(
    name="assessment-schemes",
    page="/assessment-schemes",
    parts=(
        key("dept-2026"),
        TITLE,
        part("purpose", "choice", needed=True, choices=PURPOSES),
        part("kind", "choice", needed=True, choices=(*SCOPE_KINDS, "team"), word="assessed-kind"),
        part("basis", word="basis"),
        part(
            "items",
            "rows",
            columns=(
                part("key", needed=True),
                TITLE,
                part(
                    "takes",
                    "choice",
                    choices=(
                        *("goals", "tasks", "marks", "indicator", "progress", "attainment"),
                        *("tally", "result"),
                    ),
                ),
                part("of"),
                part("rule", "rule", example="capped_ratio"),
                part("weight", "number", needed=True, example="0.4"),
                part("veto", "limit"),
                part("gather", "choice", choices=("pooled", "mean", "sum", "best")),
                part("lower_is_better", "yes"),
                part("period_kind", "choice", choices=("", *PERIOD_KINDS)),
                part(
                    "sources",
                    "tuples",
                    columns=(
                        part("rater"),
                        part("weight", "number"),
                        part("minimum", "count"),
                    ),
                    example="peers 0.5 2; leader 0.5",
                ),
                part(
                    "checklist",
                    "tuples",
                    columns=(part("key"), part("points", "number"), TITLE),
                ),
            ),
        ),
        part(
            "grades",
            "rows",
            columns=(
                part("name", needed=True),
                part("from", "number", word="from-points"),
                part("share", "number"),
            ),
        ),
        part("conditions", "json"),
        part("ranked", "yes"),
        part("tie_break", "words"),
        part("quota", "count"),
        part("opt_in", "yes"),
        part("minimum_coverage", "number", example="0.6"),
        part("objection_days", "count", example="5"),
    ),
    filters={"purpose": PURPOSES},
    steps=(
        Step(name="approve", path="approval"),
        Step(name="consent", needs=(TAKE_PART,), path="consent", says=(("given", True),)),
        Step(name="no-consent", needs=(TAKE_PART,), path="consent", says=(("given", False),)),
    ),
    is_wrapped=True,
)
RUNS: Final = Register(
    name="assessment-runs",
    page="/assessments",
    parts=(
        key("dept-2026-1"),
        TITLE,
        part("scheme", needed=True, example="dept-2026"),
        PERIOD,
        part("also", "words"),
        part(
            "subjects",
            "rows",
            columns=(
                part("subject", needed=True, example="unit/JWC"),
                part("title"),
                part("stands_for", "words"),
                part("since", "date"),
                part("until", "date"),
            ),
        ),
    ),
    filters={
        "state": ("open", "collecting", "computed", "reviewed", "published", "cancelled"),
        "scheme": (),
        "period": (),
    },
    steps=(
        Step(
            name="collect",
            path="steps",
            needs=(WRITE,),
            states=("open", "computed"),
            says=(("step", "collect"),),
        ),
        Step(
            name="compute",
            path="steps",
            needs=(WRITE,),
            states=("open", "collecting"),
            says=(("step", "compute"),),
        ),
        Step(
            name="review",
            path="steps",
            needs=(WRITE,),
            states=("computed",),
            says=(("step", "review"),),
        ),
        Step(name="publish", path="publication", states=("reviewed",), takes=("reason",)),
        Step(
            name="cancel",
            path="steps",
            needs=(WRITE,),
            states=("open", "collecting", "computed", "reviewed"),
            says=(("step", "cancel"),),
            takes=("reason",),
            is_grave=True,
        ),
        Step(
            name="object",
            path="objections",
            needs=(TAKE_PART, WRITE),
            states=("reviewed",),
            takes=("subject", "item", "reason"),
        ),
    ),
    state="state",
    has_versions=False,
    is_changed=False,
    withdrawal="",
)
