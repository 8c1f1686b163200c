"""Measured values by HTTP: grid, trend, ranking, comparison, spread, influence, files; and masks.

The courses of three units, most with one class of ten; what passed is in `PASSED`.
"""

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import pytest_asyncio

from shared.kit.identity import Caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW, THEN = "2026-2027-1", "2025-2026-2"
PERIOD, BEFORE = f"term:{NOW}", f"term:{THEN}"

PASSED: dict[str, tuple[str, int, int]] = {
    "C02": ("U1", 10, 5),
    "C03": ("U1", 10, 9),
    "C04": ("U1", 8, 8),
    "C05": ("U1", 7, 7),
    "C06": ("U1", 7, 6),
    "C07": ("U1", 6, 6),
    "C08": ("U1", 5, 5),
    "C09": ("U1", 5, 4),
    "C10": ("U1", 2, 2),
}
"""Unit, how many of ten passed now, and then."""

PASS = "count(enrolment where final_result = 'pass')"
ALL = "count(enrolment where final_result is not null)"


def indicator(name: str, formula: str, direction: str = "higher") -> dict[str, Any]:
    places = {"course": "teaching_class.course_code", "class": "class_no", "student": "student_no"}
    period = {"kind": "term", "from": "teaching_class.term"}
    return {
        "indicator": name,
        "zh": f"指标 {name}",
        "en": name,
        "unit": "ratio",
        "direction": direction,
        "formula": formula,
        "scopes": [{"kind": kind, "key": key, "period": period} for kind, key in places.items()],
    }


INDICATORS = [
    indicator("pass_rate", f"{PASS} / {ALL}"),
    indicator("fail_rate", f"count(enrolment where final_result = 'fail') / {ALL}", "lower"),
    indicator("in_band", f"{PASS} / {ALL}", "band"),
    indicator("always", f"{ALL} / {ALL}"),
    indicator("best", "max(score of assignment_submission)")
    | {
        "unit": "score",
        "scopes": [
            {
                "kind": "class",
                "key": "assignment.class_no",
                "period": {"kind": "term", "from": "assignment.term"},
            }
        ],
    },
    indicator("classes", "count(teaching_class)")
    | {
        "unit": "count",
        "scopes": [
            {"kind": "course", "key": "course_code", "period": {"kind": "term", "from": "term"}}
        ],
    },
]


def results(class_no: str, passed: int, of: int = 10) -> list[dict[str, str]]:
    return [
        {
            "class_no": class_no,
            "student_no": f"S{number:02}",
            "final_result": "pass" if number <= passed else "fail",
        }
        for number in range(1, of + 1)
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any) -> Any:
    """A hub that has measured three units."""
    for document in INDICATORS:
        answer = await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)
        assert answer.status_code == 201, answer.text
    units = await hub.feed("org_unit", dict.fromkeys(["org_code", "name"]))
    courses = await hub.feed("course", dict.fromkeys(["course_code", "name", "org_code"]))
    classes = await hub.feed("teaching_class", dict.fromkeys(["class_no", "term", "course_code"]))
    enrolments = await hub.feed(
        "enrolment",
        dict.fromkeys(["class_no", "student_no", "final_result"]),
        never_waits_for=["student_no"],
    )
    units_of = {code: unit for code, (unit, _, _) in PASSED.items()}
    units_of |= {"C01": "U1", "C11": "U1", "C12": "U1", "C13": "U2", "C20": "U3"}
    await hub.push(units, *({"org_code": each, "name": each} for each in ("U1", "U2", "U3")))
    await hub.push(
        courses,
        *(
            {"course_code": code, "name": "=1+1" if code == "C02" else code, "org_code": unit}
            for code, unit in units_of.items()
        ),
    )
    rows = []
    for code, (_, now, then) in PASSED.items():
        rows += [*results(f"{code}-{NOW}", now), *results(f"{code}-{THEN}", then)]
    rows += [*results(f"C01a-{NOW}", 9), *results(f"C01b-{NOW}", 6)]
    rows += [*results(f"C01a-{THEN}", 8), *results(f"C01b-{THEN}", 8)]
    rows += [*results(f"C11-{NOW}", 2, 3), *results(f"C11-{THEN}", 4)]
    rows += [*results(f"C13-{NOW}", 8, 9), *results(f"C20-{NOW}", 5)]
    rows += [{"class_no": f"C13-{NOW}", "student_no": "S99", "final_result": "pass"}]
    names = sorted({row["class_no"] for row in rows})
    await hub.push(
        classes,
        *({"class_no": each, "term": each[-11:], "course_code": each[:3]} for each in names),
    )
    await hub.push(enrolments, *rows)
    await hub.settled()
    await hub.push(enrolments, *results(f"C20-{NOW}", 6))
    await hub.settled()
    return hub


@pytest.fixture
def reader(signing_keys: Any) -> dict[str, str]:
    """Headers of somebody who reads, and no more."""
    signer, _ = signing_keys
    caller = Caller(
        subject="person/T001", roles=frozenset({"reader"}), scopes=frozenset({"datahub:read"})
    )
    return {"authorization": f"Bearer {signer.sign(caller, 'datahub')}"}


async def ask(hub: Any, path: str, headers: Any = None, **query: Any) -> Any:
    answer = await hub.client.get(f"/v1/{path}", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_grid_is_in_the_order_asked_and_says_what_is_missing(
    college: Any, reader: Any
) -> None:
    rows = await ask(
        college,
        "grid",
        reader,
        indicator=["pass_rate", "fail_rate", "classes"],
        scope=["course/C11", "course/C02", "course/C12", "class/none"],
        period=[PERIOD, BEFORE],
    )

    assert [(row["indicator"], row["scope"], row["period"]) for row in rows] == [
        (name, scope, period)
        for name in ("pass_rate", "fail_rate", "classes")
        for scope in ("course/C11", "course/C02", "course/C12", "class/none")
        for period in (PERIOD, BEFORE)
    ]
    assert [(row["value"], row["reason"]) for row in rows] == [
        *[(None, "masked"), ("0.400000", None), ("1.000000", None), ("0.500000", None)],
        *[(None, "not-measured")] * 4,
        *[(None, "masked"), ("0.600000", None), ("0.000000", None), ("0.500000", None)],
        *[(None, "not-measured")] * 4,
        *[("1", None)] * 4,
        *[(None, "not-measured")] * 2,
        *[(None, "not-defined")] * 2,
    ]
    first = {name: rows[2][name] for name in ("numerator", "denominator", "n", "coverage")}
    assert first == {
        "numerator": "10",
        "denominator": "10",
        "n": 10,
        "coverage": "1.000000",
    }
    assert {tuple(each) for each in rows} == {tuple(rows[0])}


async def test_a_grid_takes_all_scopes_beneath_one(college: Any) -> None:
    rows = await ask(
        college,
        "grid",
        indicator="pass_rate",
        scopeKind="course",
        parent="unit/U2",
        period=PERIOD,
    )

    assert [(row["scope"], row["value"]) for row in rows] == [("course/C13", "0.900000")]


GRID = {"indicator": "pass_rate", "period": PERIOD}
RANKING = {**GRID, "scopeKind": "course"}
RANKED = {"period": PERIOD, "scopeKind": "course"}


@pytest.mark.parametrize(
    ("path", "query", "field", "words"),
    [
        ("grid", {**GRID}, "query.scope", "scopeKind"),
        ("grid", {**GRID, "scope": "course/C1", "scopeKind": "course"}, "query.scope", "同用"),
        ("grid", {**GRID, "parent": "unit/U1"}, "query.scopeKind", "required"),
        ("grid", {**RANKING, "parent": "unit/U9"}, "query.parent", "unit/U9"),
        ("grid", {**RANKING, "indicator": "pass_rat"}, "query.indicator", "已有 pass_rate"),
        (
            "grid",
            {
                "indicator": "pass_rate",
                "scope": [f"course/X{number}" for number in range(800)],
                "period": [f"year:{number}" for number in range(1990, 2060)],
            },
            "query.scope",
            "1 × 800 × 70 = 56000",
        ),
        ("measurements/export", {"indicator": ["pass_rate", "x"]}, "query.indicator", "x"),
        ("measurements/export", {"parent": "unit/U1"}, "query.scopeKind", "required"),
        ("ranking", {**RANKING, "indicator": "in_band"}, "query.indicator", "band"),
        ("ranking", {**RANKING, "period": "month:2026-11"}, "query.period", "course × term"),
        ("outliers", {**RANKING, "parent": "unit/U2"}, "query.period", "only 1 values"),
        ("outliers", {**RANKING, "threshold": 0}, "query.threshold", "0"),
        ("distribution", {**RANKING, "bins": 0}, "query.bins", "1"),
        ("correlation", {**RANKED, "x": "a", "y": "pass_rate"}, "query.x", "no such indicator"),
        (
            "influence",
            {"indicator": "best", "scope": "class/C01", "period": PERIOD},
            "query.indicator",
            "add up",
        ),
        (
            "influence",
            {**GRID, "scope": "course/C01", "reference": "month:2026-11"},
            "query.reference",
            "of the kind of",
        ),
        (
            "influence",
            {**GRID, "scope": "course/C01", "reference": BEFORE, "against": 0.9},
            "query.against",
            "without reference",
        ),
        (
            "trend",
            {"indicator": "no", "scope": "course/C1", "periodKind": "term"},
            "query.indicator",
            "",
        ),
        (
            "trend",
            {"indicator": "pass_rate", "scope": "unit/U1", "periodKind": "term"},
            "query.periodKind",
            "course × term",
        ),
    ],
)
async def test_a_question_without_an_answer_is_refused_with_field_and_remedy(
    college: Any, path: str, query: dict[str, Any], field: str, words: str
) -> None:
    answer = await college.client.get(f"/v1/{path}", params=query)

    assert answer.status_code == 422, answer.text
    [reason, *_] = answer.json()["validationErrors"][field]
    assert words in reason


@pytest.mark.parametrize(
    ("path", "query", "field", "words"),
    [
        ("ranking", {**RANKING, "period": BEFORE, "by": "progress"}, "query.by", "before"),
        ("influence", {**GRID, "scope": "course/C13"}, "query.scope", "not-measured"),
        ("influence", {**GRID, "scope": f"class/C02-{NOW}"}, "query.childKind", "beneath"),
        (
            "influence",
            {**GRID, "scope": "course/C01", "period": BEFORE},
            "query.reference",
            "before",
        ),
    ],
)
async def test_what_was_not_measured_is_not_found(
    college: Any, path: str, query: dict[str, Any], field: str, words: str
) -> None:
    answer = await college.client.get(f"/v1/{path}", params=query)

    assert answer.status_code == 404, answer.text
    [reason] = answer.json()["validationErrors"][field]
    assert words in reason


async def test_a_trend_has_changes_and_what_was_said_before(college: Any) -> None:
    found = await ask(
        college, "trend", indicator="pass_rate", scope="course/C02", periodKind="term"
    )
    short = await ask(
        college, "trend", indicator="pass_rate", scope="course/C02", periodKind="term", last=1
    )
    restated = await ask(
        college, "trend", indicator="pass_rate", scope="course/C20", periodKind="term"
    )

    told = ("period", "value", "previous", "change", "change_ratio")
    assert [[each[name] for name in told] for each in found["periods"]] == [
        [BEFORE, "0.500000", None, None, None],
        [PERIOD, "1.000000", BEFORE, "0.500000", "1.000000"],
    ]
    assert short["periods"] == found["periods"][1:]
    [only] = restated["periods"]
    assert only["value"] == "0.600000"
    assert [each["value"] for each in only["restatements"]] == ["0.500000"]


def places(found: Any) -> list[tuple[Any, ...]]:
    return [tuple(each.values()) for each in found["ranked"]]


async def test_a_ranking_knows_which_way_is_better_and_shares_ranks(
    college: Any, reader: Any
) -> None:
    best = await ask(college, "ranking", reader, **RANKING, parent="unit/U1")
    lowest = await ask(
        college, "ranking", reader, **RANKING | {"indicator": "fail_rate"}, parent="unit/U1"
    )
    everywhere = await ask(college, "ranking", **RANKING)

    assert places(best) == [
        (1, "course/C02", "1.000000"),
        (1, "course/C03", "1.000000"),
        (3, "course/C04", "0.800000"),
        (4, "course/C01", "0.750000"),
        (5, "course/C05", "0.700000"),
        (5, "course/C06", "0.700000"),
        (7, "course/C07", "0.600000"),
        (8, "course/C08", "0.500000"),
        (8, "course/C09", "0.500000"),
        (10, "course/C10", "0.200000"),
    ]
    assert best["apart"] == [
        {"scope": "course/C11", "reason": "masked"},
        {"scope": "course/C12", "reason": "not-measured"},
    ]
    assert [each[:2] for each in places(lowest)] == [each[:2] for each in places(best)]
    assert places(lowest)[0][2] == "0.000000"
    assert (everywhere["count"], everywhere["apart_count"]) == (13, 1)
    assert ("0.666667", "course/C11") in {(each[2], each[1]) for each in places(everywhere)}


async def test_progress_is_ranked_against_the_period_before(college: Any, reader: Any) -> None:
    found = await ask(college, "ranking", reader, **RANKING, by="progress", parent="unit/U1")

    assert found["previous"] == BEFORE
    assert places(found) == [
        (1, "course/C02", "0.500000"),
        (2, "course/C03", "0.100000"),
        (2, "course/C06", "0.100000"),
        (2, "course/C09", "0.100000"),
        (5, "course/C04", "0.000000"),
        (5, "course/C05", "0.000000"),
        (5, "course/C07", "0.000000"),
        (5, "course/C08", "0.000000"),
        (5, "course/C10", "0.000000"),
        (10, "course/C01", "-0.050000"),
    ]
    whole = await ask(college, "ranking", **RANKING, by="progress")
    assert {"scope": "course/C13", "reason": "previous-not-measured"} in whole["apart"]


async def test_a_scope_is_compared_with_its_like_and_with_its_own_past(
    college: Any, reader: Any
) -> None:
    found = await ask(college, "comparison", reader, **GRID, scope="course/C01")

    assert (found["value"], found["reason"]) == ("0.750000", None)
    # .2 .5 .5 .6 .7 .7 .75 .8 1 1: the quartiles lie at places 2.25, 4.5 and 6.75 from 0 on.
    assert found["group"] == {
        "kind": "course",
        "parent": "unit/U1",
        "count": 10,
        "missing": {"masked": 1, "not-measured": 1},
        "q1": "0.525000",
        "median": "0.700000",
        "q3": "0.787500",
    }
    assert found["past"] == {
        "previous": {
            "period": BEFORE,
            "value": "0.800000",
            "reason": None,
            "change": "-0.050000",
            "change_ratio": "-0.062500",
        },
        "year_before": {
            "period": "term:2025-2026-1",
            "value": None,
            "reason": "not-measured",
            "change": None,
            "change_ratio": None,
        },
    }


async def test_a_distribution_counts_by_bins(college: Any, reader: Any) -> None:
    found = await ask(college, "distribution", reader, **RANKING, parent="unit/U1", bins=4)

    assert [(each["start"], each["end"], each["count"]) for each in found["bins"]] == [
        ("0.200000", "0.400000", 1),
        ("0.400000", "0.600000", 2),
        ("0.600000", "0.800000", 4),
        ("0.800000", "1.000000", 3),
    ]
    told = ("count", "minimum", "q1", "median", "q3", "maximum", "mean", "standard_deviation")
    # The squares of the distances from .675 sum to .52625; its tenth is .2294013… squared.
    assert [found[name] for name in told] == [
        10,
        *("0.200000", "0.525000", "0.700000", "0.787500", "1.000000", "0.675000", "0.229401"),
    ]
    nothing = await ask(
        college, "distribution", **RANKING | {"period": "term:2020-2021-1"}, parent="unit/U1"
    )
    assert (nothing["count"], nothing["mean"], nothing["bins"]) == (0, None, [])
    assert nothing["missing"] == {"not-measured": 12}


async def test_outliers_by_median_and_by_mean(college: Any, reader: Any) -> None:
    query = {**RANKING, "parent": "unit/U1", "threshold": 2}
    by_median = await ask(college, "outliers", reader, **query)
    by_mean = await ask(college, "outliers", reader, **query, method="z")
    equal = await ask(college, "outliers", reader, **query | {"indicator": "always"})

    # Distances from .7: 0 0 .05 .1 .1 .2 .2 .3 .3 .5, of which the median is .15.
    assert (by_median["centre"], by_median["spread"]) == ("0.700000", "0.150000")
    assert by_median["outliers"] == [
        {"scope": "course/C10", "value": "0.200000", "score": "-2.248333"}
    ]
    assert by_mean["outliers"] == [
        {"scope": "course/C10", "value": "0.200000", "score": "-2.070606"}
    ]
    assert (equal["outliers"], equal["reason"]) == ([], "zero-spread")


async def test_a_correlation_says_how_many_pairs_and_why_there_is_none(
    college: Any, reader: Any
) -> None:
    query = {"scopeKind": "course", "period": PERIOD, "parent": "unit/U1"}
    opposite = await ask(college, "correlation", reader, x="pass_rate", y="fail_rate", **query)
    constant = await ask(college, "correlation", reader, x="pass_rate", y="always", **query)
    one = await ask(
        college,
        "correlation",
        x="pass_rate",
        y="fail_rate",
        **query | {"parent": "unit/U2"},
    )

    told = ("n", "pearson", "spearman", "reason", "warning")
    assert [opposite[name] for name in told] == [10, "-1.000000", "-1.000000", None, None]
    assert [constant[name] for name in told] == [10, None, None, "constant-y", None]
    assert [one[name] for name in told] == [1, None, None, "too-few-pairs", "few-pairs"]


async def test_what_classes_contribute_sums_exactly_to_what_the_course_has_moved(
    college: Any, reader: Any
) -> None:
    found = await ask(college, "influence", reader, **GRID, scope="course/C01")

    # .75 now, .8 then: 9 and 6 passed of the 8 and 8 that .8 of ten would be, of twenty.
    assert (found["value"], found["reference_value"], found["gap"]) == (
        "0.750000",
        "0.800000",
        "-0.050000",
    )
    assert [(each["scope"], each["contribution"]) for each in found["contributions"]] == [
        (f"class/C01b-{NOW}", "-0.100000"),
        (f"class/C01a-{NOW}", "0.050000"),
        (f"class/C01a-{THEN}", "0.000000"),
        (f"class/C01b-{THEN}", "0.000000"),
    ]
    assert (found["rest"], found["kind"], found["reference"]) == ("0.000000", "class", BEFORE)


async def test_what_classes_contribute_sums_exactly_to_the_gap_to_a_number(
    college: Any, reader: Any
) -> None:
    found = await ask(college, "influence", reader, **GRID, scope="course/C01", against="0.85")

    # Fifteen of twenty passed. .85 of ten would be 8.5: one class has 9 of them, the other 6.
    assert (found["gap"], found["reference"], found["reference_value"]) == (
        "-0.100000",
        None,
        "0.85",
    )
    assert [(each["scope"], each["contribution"]) for each in found["contributions"]][:2] == [
        (f"class/C01b-{NOW}", "-0.125000"),
        (f"class/C01a-{NOW}", "0.025000"),
    ]
    assert found["rest"] == "0.000000"


async def test_a_scope_is_compared_with_a_benchmark(college: Any, reader: Any) -> None:
    """The one that is named, a number, or what the records hold up: nothing of courses is."""
    here = {**GRID, "scope": "course/C01"}

    async def beside(**asked: str) -> dict[str, Any]:
        found = await ask(college, "comparison", reader, **here, **asked)
        return {name: value for name, value in found["benchmark"].items() if value}

    refused = [
        await college.client.get("/v1/comparison", params={**here, "benchmark": each})
        for each in ("unit/U1", "best", "1e400", "NaN")
    ]

    assert await beside() == {"by": "standing", "reason": "none-named"}
    assert await beside(benchmark="course/C11") == {"by": "scope", "reason": "masked"}
    assert await beside(benchmark="course/none") == {"by": "scope", "reason": "not-measured"}
    assert await beside(benchmark="course/C02") == {
        "by": "scope",
        "scopes": ["course/C02"],
        "value": "1.000000",
        "change": "-0.250000",
        "change_ratio": "-0.250000",
    }
    assert await beside(benchmark="0.6") == {
        "by": "value",
        "value": "0.6",
        "change": "0.150000",
        "change_ratio": "0.250000",
    }
    assert [each.status_code for each in refused] == [422] * 4
    assert "course/…" in refused[0].text


async def test_what_the_records_call_a_benchmark_is_compared_with(
    college: Any, reader: Any
) -> None:
    tagged = ["course/C02", "course/C03", "course/C04"]
    await college.sql(
        "UPDATE scope SET doc = jsonb_set(doc, '{tags}', '[\"standing:benchmark\"]')"
        " WHERE scope = ANY(:tagged)",
        tagged=tagged,
    )

    found = await ask(college, "comparison", reader, **GRID, scope="course/C02")
    value, other = [
        (await ask(college, "grid", reader, **GRID, scope=each))[0]["value"] for each in tagged[1:]
    ]

    assert found["benchmark"]["by"] == "standing"
    assert found["benchmark"]["scopes"] == tagged[1:], "nobody is his own benchmark"
    middle = (Decimal(value) + Decimal(other)) / 2
    assert Decimal(found["benchmark"]["value"]) == middle


async def test_small_groups_of_persons_are_masked_wherever_values_are_read(
    college: Any, reader: Any
) -> None:
    cell = f"pass_rate|course/C11|{PERIOD}"
    hidden = dict.fromkeys(("value", "numerator", "denominator", "n"))

    [listed] = await ask(college, "measurements", reader, **GRID, scope="course/C11")
    explained = await ask(college, f"measurements/{cell}/explanation", reader)
    trend = await ask(
        college, "trend", reader, indicator="pass_rate", scope="course/C11", periodKind="term"
    )
    compared = await ask(college, "comparison", reader, **GRID, scope="course/C11")
    refused = await college.client.get(
        "/v1/influence", params={**GRID, "scope": "course/C11"}, headers=reader
    )

    shown = [listed, explained["measurement"], *explained["history"], trend["periods"][1]]
    assert len(shown) == 4
    for row in shown:
        assert {name: row[name] for name in hidden} == hidden
        assert row["reason"] == "masked"
    assert (compared["value"], compared["reason"]) == (None, "masked")
    assert "masked" in refused.json()["validationErrors"]["query.scope"][0]


async def test_a_mask_falls_for_the_right_for_one_person_and_where_no_person_is_counted(
    college: Any, reader: Any, signing_keys: Any
) -> None:
    caller = Caller(
        subject="person/T1",
        roles=frozenset({"reader"}),
        scopes=frozenset({"datahub:read", "datahub:personal"}),
    )
    right = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}

    async def value(headers: Any, scope: str, name: str = "pass_rate") -> Any:
        [row] = await ask(
            college, "measurements", headers, scope=scope, indicator=name, period=PERIOD
        )
        return row["value"], row["n"]

    assert await value(right, "course/C11") == ("0.666667", 3)
    assert await value(reader, "student/S99") == ("1.000000", 1)
    assert await value(reader, "course/C11", "classes") == ("1", 1)
    assert await value(reader, "course/C11") == (None, None)


async def test_the_words_of_an_older_definition_stay_masked(college: Any, reader: Any) -> None:
    """It counted persons once: what it said then is not shown because it no longer does."""
    persons = indicator("turned", ALL) | {"unit": "count"}
    await college.client.put("/v1/indicators/turned", json=persons)
    await college.settled()
    things = {**INDICATORS[-1], "indicator": "turned"}
    await college.client.put("/v1/indicators/turned", json=things)
    await college.settled()

    found = await ask(college, f"measurements/turned|course/C11|{PERIOD}/explanation", reader)

    assert (found["measurement"]["value"], found["measurement"]["n"]) == ("1", 1)
    assert [(each["value"], each["reason"]) for each in found["history"]] == [
        ("1", None),
        (None, "masked"),
    ]


async def test_an_export_has_the_rows_of_the_list_and_no_formulas(
    college: Any, reader: Any
) -> None:
    query = {
        "indicator": "pass_rate",
        "scopeKind": "course",
        "parent": "unit/U1",
        "period": [PERIOD, BEFORE],
    }
    plain = await college.client.get("/v1/measurements/export", params=query, headers=reader)
    book = await college.client.get(
        "/v1/measurements/export", params={**query, "format": "xlsx"}, headers=reader
    )

    rows = list(csv.DictReader(io.StringIO(plain.content.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    header, *cells = sheet.iter_rows()
    assert plain.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(rows) == len(cells) == 22
    by_scope = {(row["scope"], row["period"]): row for row in rows}
    second = by_scope["course/C02", PERIOD]
    assert [second[name] for name in ("value", "n", "scope_name", "indicator_zh")] == [
        *("1.000000", "10", "'=1+1", "指标 pass_rate")
    ]
    masked = by_scope["course/C11", PERIOD]
    assert [masked[name] for name in ("value", "numerator", "n", "reason")] == [
        *("", "", ""),
        "masked",
    ]
    names = [each.value for each in header]
    assert names == list(rows[0])
    written = {row[names.index("scope")].value: row for row in cells if row[5].value == PERIOD}
    name, value = (written["course/C02"][names.index(each)] for each in ("scope_name", "value"))
    assert (name.value, name.data_type, value.value, value.data_type) == ("=1+1", "s", 1, "n")


async def test_an_export_without_filters_is_everything(college: Any) -> None:
    answer = await college.client.get("/v1/measurements/export")

    [count] = await college.sql("SELECT count(*) AS rows FROM measurement")
    assert len(answer.text.strip().splitlines()) == count["rows"] + 1
