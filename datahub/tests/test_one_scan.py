"""Kinds of scope and period whose keys start from one field are counted in one scan."""

from decimal import Decimal
from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.repository.present import read_present
from datahub.indicators.usecases.planning import Work, plans_of
from datahub.tests.measuring import PASS_RATE

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = {name: PASS_RATE[name] for name in ("zh", "en", "direction")}
KINDS = (
    ("student", "term"),
    ("major", "term"),
    ("school", "term"),
    ("course", "term"),
    ("course", "ayear"),
)
SCOPES = [{"kind": kind, "period": period} for kind, period in KINDS]
MEAN = {
    **WORDS,
    "indicator": "mean_number",
    "unit": "score",
    "formula": "avg(number of score)",
    "scopes": SCOPES,
}
BY_TYPE = {
    **WORDS,
    "indicator": "by_type",
    "unit": "count",
    "formula": "count(score where grade_type = 'mid')"
    " + 10 * count(score where grade_type = 'total')"
    " + 100 * count(score where grade_type is null)"
    " + 1000 * count(score where grade_type in ('mid', 'total'))",
    "scopes": SCOPES,
}
ROWS = [
    # student, course, term, type, number
    ("S1", "C1", "2025-2026-1", "mid", 60),
    ("S1", "C2", "2025-2026-1", "total", 70),
    ("S1", "C1", "2025-2026-2", "mid", 80),
    ("S2", "C1", "2025-2026-1", "total", 91),
    ("S3", "C2", "2025-2026-1", "mid", 40),
    ("S4", "C2", "2025-2026-1", "mid", 10),
]
MEANS = {
    "student/S1 term:2025-2026-1": (2, "130"),
    "student/S1 term:2025-2026-2": (1, "80"),
    "student/S2 term:2025-2026-1": (1, "91"),
    "student/S3 term:2025-2026-1": (1, "40"),
    "student/S4 term:2025-2026-1": (1, "10"),
    "major/M1 term:2025-2026-1": (3, "221"),
    "major/M1 term:2025-2026-2": (1, "80"),
    "major/M2 term:2025-2026-1": (1, "40"),
    "school/19001 term:2025-2026-1": (5, "271"),
    "school/19001 term:2025-2026-2": (1, "80"),
    "course/C1 term:2025-2026-1": (2, "151"),
    "course/C1 term:2025-2026-2": (1, "80"),
    "course/C2 term:2025-2026-1": (3, "120"),
    "course/C1 ayear:2025-2026": (3, "231"),
    "course/C2 ayear:2025-2026": (3, "120"),
}
TYPES = {
    "student/S1 term:2025-2026-1": "2011",
    "student/S1 term:2025-2026-2": "1001",
    "student/S2 term:2025-2026-1": "1010",
    "student/S3 term:2025-2026-1": "1001",
    "student/S4 term:2025-2026-1": "1001",
    "major/M1 term:2025-2026-1": "3021",
    "major/M1 term:2025-2026-2": "1001",
    "major/M2 term:2025-2026-1": "1001",
    "school/19001 term:2025-2026-1": "5023",
    "school/19001 term:2025-2026-2": "1001",
    "course/C1 term:2025-2026-1": "2011",
    "course/C1 term:2025-2026-2": "1001",
    "course/C2 term:2025-2026-1": "3012",
    "course/C1 ayear:2025-2026": "3012",
    "course/C2 ayear:2025-2026": "3012",
}


async def have_school(hub: Any) -> None:
    schools = await hub.feed("school", dict.fromkeys(["school_code", "name"]))
    await hub.push(schools, {"school_code": "19001", "name": "某学院"})


async def test_what_one_scan_counts_for_several_kinds_of_scope_is_what_each_has(hub: Any) -> None:
    """S4 has no major: he counts for his course and for the school, and for no major."""
    await have_school(hub)
    students = await hub.feed("student", dict.fromkeys(["student_no", "major_code"]))
    majors = {"S1": "M1", "S2": "M1", "S3": "M2"}
    await hub.push(students, *({"student_no": each, "major_code": majors[each]} for each in majors))
    names = ("student_no", "course_code", "term", "grade_type", "number")
    own = {"never_waits_for": ["student_no", "course_code"]}
    scores = await hub.feed("score", dict.fromkeys([*names, "attempt"]), **own)
    rows = [dict(zip(names, row, strict=True)) | {"attempt": 1} for row in ROWS]
    await hub.push(scores, *rows)
    await hub.settled()

    for document in (MEAN, BY_TYPE):
        saved = await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)
        assert saved.status_code == 201, saved.text
    await hub.settled()

    cells = await hub.sql("SELECT indicator, scope, period, value, n, numerator FROM measurement")
    found: dict[str, dict[str, Any]] = {"mean_number": {}, "by_type": {}}
    for row in cells:
        found[row["indicator"]][f"{row['scope']} {row['period']}"] = row
    means = {place: (row["n"], row["numerator"]) for place, row in found["mean_number"].items()}
    assert means == {place: (n, Decimal(total)) for place, (n, total) in MEANS.items()}
    types = {place: row["value"] for place, row in found["by_type"].items()}
    assert types == {place: Decimal(value) for place, value in TYPES.items()}


async def test_scans_are_as_many_as_fields_from_which_keys_start(
    hub: Any, dictionary: Dictionary
) -> None:
    """The school is made of whatever other groups there are, years are made of terms."""
    await have_school(hub)
    async with hub.database.transaction() as tx:
        now = await read_present(tx)
    plans = plans_of([parse_indicator(MEAN, dictionary, 1)], now)
    measures = [each for plan in plans for each in plan.measures]

    work = Work(span=None, plans=plans, terms=now.terms, whole=set())
    scans = [{each.shape for each in some} for some in work.scans(measures)]

    kinds = [
        sorted((each.period_kind, getattr(each.key, "names", ())) for each in some)
        for some in scans
    ]
    assert kinds == [
        [("term", ()), ("term", ("student_no",)), ("term", ("student_no", "major_code"))],
        [("ayear", ("course_code",)), ("term", ("course_code",))],
    ]
