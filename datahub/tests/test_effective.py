"""Two versions of a definition in force: each measures the periods that are its own."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.repository import following
from datahub.indicators.repository.present import read_present
from datahub.indicators.usecases import rounds
from datahub.tests.measuring import TERM
from datahub.tests.test_explaining_by_http import BEFORE, RATE, scores

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any) -> Any:
    """A course in two terms, and a definition that is another one from the second on."""
    schools = await hub.feed("school", dict.fromkeys(["school_code", "name"]))
    await hub.push(schools, {"school_code": "10000", "name": "学校"})
    hub.terms = await hub.feed("term", dict.fromkeys(["term", "starts_on", "ends_on"]))
    await hub.push(hub.terms, term(BEFORE, "2026-02-23", "2026-07-10"))
    await hub.push(hub.terms, term(TERM, "2026-09-01", "2027-01-15"))
    courses = await hub.feed("course", dict.fromkeys(["course_code", "name"]))
    await hub.push(courses, {"course_code": "C1", "name": "课程"})
    names = ["student_no", "course_code", "term", "grade_type", "attempt", "number"]
    hub.scores = await hub.feed("score", dict.fromkeys(names), never_waits_for=["student_no"])
    for each in (BEFORE, TERM):
        await hub.push(hub.scores, *scores("C1", each, [90, 80, 70, 60, 50, 40]))
    await hub.client.put("/v1/indicators/rate", json=RATE)
    await hub.client.put("/v1/indicators/half", json={**RATE, **HALF})
    await hub.settled()
    hub.told = (
        await hub.client.put("/v1/indicators/rate", json=SECOND, params={"dryRun": True})
    ).json()
    await hub.client.put("/v1/indicators/rate", json=SECOND)
    await hub.settled()
    return hub


def term(key: str, starts_on: str, ends_on: str) -> dict[str, str]:
    return {"term": key, "starts_on": starts_on, "ends_on": ends_on}


HALF = {"indicator": "half", "formula": "[rate] / 2"}
SECOND = {
    **RATE,
    "formula": RATE["formula"].replace("60", "80"),
    "effective_from": "2026-07-11",
}


async def said(hub: Any, indicator: str = "rate") -> dict[str, tuple[str, int]]:
    rows = await hub.get("measurements", indicator=indicator, scope="course/C1")
    return {each["period"][5:]: (each["value"], each["formula_version"]) for each in rows}


async def test_each_term_is_measured_by_the_version_in_force_for_it(college: Any) -> None:
    assert await said(college) == {BEFORE: ("0.666667", 1), TERM: ("0.333333", 2)}
    assert await said(college, "half") == {BEFORE: ("0.333334", 1), TERM: ("0.166666", 1)}


async def test_a_dry_run_leaves_the_earlier_term_as_it_is(college: Any) -> None:
    assert college.told["counts"] == {
        "same": 2,
        "changed": 2,
        "appears": 0,
        "vanishes": 0,
        "left": 0,
    }
    assert {each["period"] for each in college.told["changes"]} == {f"term:{TERM}"}


async def test_a_correction_of_an_earlier_term_is_counted_by_the_earlier_version(
    college: Any,
) -> None:
    await college.push(college.scores, *scores("C1", BEFORE, [90, 80, 70, 60, 60, 40]))
    await college.push(college.scores, *scores("C1", TERM, [90, 80, 80, 60, 60, 40]))
    await college.settled()

    assert await said(college) == {BEFORE: ("0.833333", 1), TERM: ("0.500000", 2)}
    await college.push(college.scores, *scores("C1", BEFORE, [90, 80, 70, 60, 50, 40]))
    await college.push(college.scores, *scores("C1", TERM, [90, 80, 70, 60, 50, 40]))
    await college.settled()


async def test_both_versions_explain_their_values(college: Any) -> None:
    cells = [f"rate|course/C1|term:{each}" for each in (BEFORE, TERM)]
    told = [await college.get(f"measurements/{each}/explanation") for each in cells]

    assert [each["definition"] for each in told] == [RATE, SECOND]
    assert [[leg["counted"] for leg in each["legs"]] for each in told] == [[4, 6], [2, 6]]
    assert [(each["effective_from"], each["until"]) for each in told] == [
        (None, "2026-07-11"),
        ("2026-07-11", None),
    ]


async def test_the_versions_say_for_which_days_they_are(college: Any) -> None:
    found = await college.get("indicators/rate/versions")
    names = ("version", "in_force", "effective_from", "until", "values")

    assert [[each[name] for name in names] for each in found] == [
        [2, True, "2026-07-11", None, 2],
        [1, True, None, "2026-07-11", 2],
    ]


async def test_counting_everything_anew_finds_nothing_else(
    college: Any, dictionary: Dictionary
) -> None:
    async with college.database.transaction() as tx:
        await following.use_one_snapshot(tx, 60)
        indicators, _ = await following.list_measured(tx, dictionary)
        span = await following.read_span(tx, 1 << 60)
        assert span is not None
        wrong = await rounds.measure_whole(tx, indicators, span, await read_present(tx))
        await tx.session.rollback()
        tx.outgoing.clear()
    assert wrong == 0


async def test_a_term_that_comes_to_end_later_goes_to_the_other_version(college: Any) -> None:
    await college.push(college.terms, term(BEFORE, "2026-02-23", "2026-07-11"))
    await college.settled()
    later = await said(college)
    await college.push(college.terms, term(BEFORE, "2026-02-23", "2026-07-10"))
    await college.settled()

    assert later == {BEFORE: ("0.333333", 2), TERM: ("0.333333", 2)}
    assert await said(college) == {BEFORE: ("0.666667", 1), TERM: ("0.333333", 2)}


async def test_a_version_without_a_day_measures_every_period(college: Any) -> None:
    await college.client.put("/v1/indicators/rate", json={**RATE, "minimum_sample": 2})
    await college.settled()

    assert await said(college) == {BEFORE: ("0.666667", 3), TERM: ("0.666667", 3)}


@pytest.mark.parametrize("day", ["2026-9-1", "soon", 20260901, "2026-02-30"])
async def test_a_day_that_is_none_is_refused_at_its_place(hub: Any, day: object) -> None:
    document = {**RATE, "indicator": "undated", "effective_from": day}
    answer = await hub.client.put("/v1/indicators/undated", json=document)

    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == ["$.effective_from"]
