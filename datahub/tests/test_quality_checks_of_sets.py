"""Rules about many rows: doubles, totals, age, outliers, the same time a year ago."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.tests.quality_checking import ask, rows

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_unique_counts_every_row_of_a_double(hub: Any, dictionary: Dictionary) -> None:
    values = [
        ("身份证", "1"),
        ("身份证", "1"),
        ("护照", "1"),
        (None, "1"),
        (None, "1"),
        ("护照", "2"),
    ]
    await rows(hub, "student", *({"id_type": kind, "id_number": no} for kind, no in values))

    found = await ask(
        hub, dictionary, entity="student", kind="unique", fields=["id_type", "id_number"]
    )

    assert (found.pair, found.units) == ((4, 2), ["R0", "R1"])
    assert found.values == [{"id_type": "身份证"}, {"id_type": "身份证"}]


async def test_freshness_of_a_date_of_an_instant_and_of_batches(
    hub: Any, dictionary: Dictionary
) -> None:
    now = datetime.now(UTC)  # noqa: TID251 — the database's clock is the one that counts
    await rows(
        hub,
        "affair_case",
        {"applied_at": now - timedelta(hours=2), "applied_on": now.date() - timedelta(days=10)},
        {"applied_at": now - timedelta(hours=50), "applied_on": None},
    )
    spec = {"entity": "affair_case", "kind": "freshness"}

    fresh = await ask(hub, dictionary, **spec, field="applied_at", max_age="3h")
    stale = await ask(hub, dictionary, **spec, field="applied_at", max_age="1h")
    days = await ask(hub, dictionary, **spec, field="applied_on", max_age="7d")
    nothing = await ask(hub, dictionary, **spec, field="finished_at", max_age="1h")
    never = await ask(hub, dictionary, **spec, max_age="1h")
    await hub.push(await hub.feed("affair_case", {"case_no": None, "state": None}))
    delivered = await ask(hub, dictionary, **spec, max_age="1h")
    await hub.sql("UPDATE batch SET finished_at = now() - interval '2 hours'")
    overdue = await ask(hub, dictionary, **spec, max_age="1h")

    assert (fresh.pair, stale.pair, days.pair) == ((1, 0), (1, 1), (1, 1))
    assert stale.units == ["affair_case"]
    assert stale.observed is not None
    assert 7200 <= stale.observed < 7260
    assert (nothing.pair, never.pair) == ((0, 0), (0, 0))
    assert (delivered.pair, overdue.pair) == ((1, 0), (1, 1))


async def test_row_count_has_bounds_and_a_past(hub: Any, dictionary: Dictionary) -> None:
    await rows(hub, "school", *({"name": "x"} for _ in range(8)), {"name": "y"}, {"gone": True})
    spec = {"entity": "school", "kind": "row_count"}

    async def past(days: float, count: int, version: int = 1) -> None:
        [run] = await hub.sql(
            # Each on a day of its own: of one day the hub keeps the last run.
            "INSERT INTO quality_run (entity, reason, watermark, day, started_at) VALUES"
            " ('school', 'asked', 0, current_date - CAST(:apart AS int),"
            " now() - make_interval(secs => :seconds)) RETURNING id",
            apart=int(days * 10),
            seconds=days * 86400,
        )
        await hub.sql(
            "INSERT INTO quality_result (run, rule, feed, rule_version, kind, severity, source,"
            " fields, checked, failed, observed, status) VALUES (:run, 'r', '', :version,"
            " 'row_count', 'warning', '', '{}', 1, 0, :count, 'passed')",
            run=run["id"],
            version=version,
            count=count,
        )

    bounds = [
        await ask(hub, dictionary, **spec, **each)
        for each in ({"min": 9}, {"min": 10}, {"max": 9}, {"max": 8})
    ]
    some = await ask(hub, dictionary, **spec, max=8, where=[["name", "=", "x"]])
    first = await ask(hub, dictionary, **spec, max_change=0.1)
    bound = await ask(hub, dictionary, **spec, max_change=0.1, min=9)
    await past(3, 12)
    await past(1.5, 10)
    await past(1.2, 100, version=2)
    await past(0.5, 100)
    day = await ask(hub, dictionary, **spec, max_change=0.1)
    close = await ask(hub, dictionary, **spec, max_change=0.09)
    older = await ask(hub, dictionary, **spec, max_change=0.1, days=2)

    assert [each.pair for each in bounds] == [(1, 0), (1, 1), (1, 0), (1, 1)]
    assert (some.pair, some.observed) == ((1, 0), Decimal(8))
    assert (first.pair, bound.pair) == ((0, 0), (1, 0))
    assert (day.pair, close.pair, older.pair) == ((1, 0), (1, 1), (1, 1))
    assert older.values == [{"rows": "9", "before": "12"}]


@pytest.mark.parametrize(
    ("operator", "left", "right", "pair", "units"),
    [
        ("equal_to", {}, {}, (2, 1), ["K2"]),
        ("equal_to", {"missing": "never_skip"}, {}, (3, 2), ["K2", "K4"]),
        ("equal_to", {}, {"missing": "never_skip"}, (3, 2), ["K2", "K3"]),
        ("greater_than_or_equal_to", {}, {}, (2, 1), ["K2"]),
        ("compulsory_pair", {}, {}, (4, 2), ["K3", "K4"]),
        ("exclusive_pair", {}, {}, (4, 2), ["K1", "K2"]),
        ("compulsory_pair", {}, {"missing": "never_skip"}, (4, 1), ["K4"]),
    ],
)
async def test_cross_table_holds_totals_against_each_other(  # noqa: PLR0917 — what varies
    hub: Any,
    dictionary: Dictionary,
    operator: str,
    left: dict[str, Any],
    right: dict[str, Any],
    pair: tuple[int, int],
    units: list[str],
) -> None:
    await rows(
        hub,
        "teaching_class",
        {"class_no": "K1", "enrolled": 2},
        {"class_no": "K2", "enrolled": 1},
        {"class_no": "K3", "enrolled": 5},
        {"class_no": None, "enrolled": 5},
    )
    pupils = ["K1", "K1", "K1", "K2", "K2", "K4"]
    states = ["active", "active", "dropped", "active", "active", "active"]
    await rows(
        hub,
        "enrolment",
        *({"class_no": no, "status": state} for no, state in zip(pupils, states, strict=True)),
        {"class_no": "K1", "status": "active", "gone": True},
    )

    found = await ask(
        hub,
        dictionary,
        entity="teaching_class",
        kind="cross_table",
        left={"aggregate": "sum", "field": "enrolled", "by": "class_no", **left},
        operator=operator,
        right={
            "entity": "enrolment",
            "aggregate": "count",
            "by": "class_no",
            "where": [["status", "=", "active"]],
            **right,
        },
    )

    assert (found.pair, found.units) == (pair, units)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("min", "1"), ("max", "4"), ("avg", "2.3333"), ("count_distinct", "3"), ("sum", "7")],
)
async def test_cross_table_knows_six_totals(
    hub: Any, dictionary: Dictionary, aggregate: str, expected: str
) -> None:
    await rows(hub, "course", *({"org_code": "U", "hours_total": n} for n in (1, 2, 4)))

    found = await ask(
        hub,
        dictionary,
        entity="course",
        kind="cross_table",
        left={"aggregate": aggregate, "field": "hours_total", "by": "org_code"},
        operator="equal_to",
        right={
            "entity": "org_unit",
            "aggregate": "count",
            "by": "org_code",
            "missing": "never_skip",
        },
    )

    assert found.pair == (1, 1)
    assert found.values[0]["left"].startswith(expected)
    assert found.values[0]["right"] is None


async def test_outlier_by_standard_deviations(hub: Any, dictionary: Dictionary) -> None:
    numbers = [60, 62, 58, 61, 59, 60, 61, 59, 60, 100]
    await rows(hub, "score", *({"course_code": "C", "number": n} for n in numbers))
    spec = {"entity": "score", "kind": "outlier", "field": "number", "by": ["course_code"]}

    # Mean 64, standard deviation √(1452 ÷ 9): 100 lies 2.8343 of them away.
    near = await ask(hub, dictionary, **spec, threshold=2.835)
    far = await ask(hub, dictionary, **spec, threshold=2.834)
    few = await ask(hub, dictionary, **spec, threshold=2.8, minimum_sample=11)

    assert near.pair == (10, 0)
    assert (far.pair, far.units) == ((10, 1), ["R9"])
    assert far.values == [{"number": "100", "course_code": "C", "centre": "64.000000"}]
    assert few.pair == (0, 0)


async def test_outlier_by_median_absolute_deviation_in_each_group(
    hub: Any, dictionary: Dictionary
) -> None:
    numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 30]
    flat = [7] * 9 + [8]
    await rows(
        hub,
        "score",
        *({"course_code": "A", "number": n} for n in numbers),
        *({"course_code": "B", "number": n} for n in flat),
        *({"course_code": None, "number": 1000} for _ in range(10)),
        {"course_code": "A", "number": None},
    )
    spec = {
        "entity": "score",
        "kind": "outlier",
        "field": "number",
        "by": ["course_code"],
        "method": "mad",
    }

    # Median 5.5, deviations 0.5 … 24.5 with the median 2.5: 0.6745 × 24.5 ÷ 2.5 = 6.6101.
    found = await ask(hub, dictionary, **spec)
    beyond = await ask(hub, dictionary, **spec, threshold="6.6102")
    within = await ask(hub, dictionary, **spec, threshold="6.61")

    # The group B has no spread: more than half of it is 7.
    assert (found.pair, found.units) == ((10, 1), ["R9"])
    assert (beyond.pair, within.pair) == ((10, 0), (10, 1))


async def test_same_term_last_year_compares_groups_that_are_in_both(
    hub: Any, dictionary: Dictionary
) -> None:
    counts = {
        ("A", "2025-2026-1"): 10,
        ("A", "2026-2027-1"): 13,
        ("A", "2025-2026-2"): 10,
        ("A", "2026-2027-2"): 14,
        ("B", "2025-2026-2"): 10,
        ("B", "2026-2027-2"): 13,
        ("C", "2026-2027-2"): 5,
        ("A", "2026秋"): 7,
        (None, "2026-2027-2"): 7,
    }
    await rows(
        hub,
        "score",
        *(
            {"course_code": course, "term": term, "credits_earned": 1}
            for (course, term), count in counts.items()
            for _ in range(count)
        ),
    )
    spec = {
        "entity": "score",
        "kind": "same_term_last_year",
        "period": {"kind": "term", "from": "term"},
        "max_change": 0.3,
    }

    each = await ask(hub, dictionary, **spec, aggregate="count", by=["course_code"])
    two = await ask(hub, dictionary, **spec, aggregate="count", by=["course_code"], latest=2)
    whole = await ask(hub, dictionary, **spec, aggregate="sum", field="credits_earned")

    # 10 → 13 is a change by 30 %, which may be; 10 → 14 is one by 40 %.
    assert (each.pair, each.units) == ((2, 1), ["A / 2026-2027-2"])
    assert each.values == [{"now": "14", "before": "10"}]
    assert (two.pair, two.units) == ((3, 1), ["A / 2026-2027-2"])
    assert (whole.pair, whole.values) == ((1, 1), [{"now": "39", "before": "20"}])


async def test_same_month_last_year(hub: Any, dictionary: Dictionary) -> None:
    days = [date(2025, 11, 3)] * 2 + [date(2026, 11, 2)] * 4 + [date(2026, 10, 1)]
    await rows(hub, "attendance", *({"date": day} for day in days))

    found = await ask(
        hub,
        dictionary,
        entity="attendance",
        kind="same_term_last_year",
        aggregate="count",
        period={"kind": "month", "from": "date"},
        max_change=0.5,
    )

    assert (found.pair, found.units) == ((1, 1), ["2026-11"])


async def test_no_overlap_lists_every_row_that_shares_a_day_with_another(
    hub: Any, dictionary: Dictionary
) -> None:
    spans = [
        ("A", "2026-01-01", "2026-02-01"),
        ("A", "2026-02-01", None),
        ("B", "2026-01-01", "2026-12-01"),
        ("B", "2026-02-01", "2026-03-01"),
        ("B", "2026-05-01", "2026-06-01"),
        ("B", "2026-12-01", None),
        ("C", "2026-01-01", None),
        ("C", "2026-02-01", None),
        ("C", "2026-02-01", "2026-02-01"),
        ("D", None, "2026-01-02"),
        ("D", "2026-01-01", None),
        (None, "2026-01-01", None),
    ]

    def day(text: str | None) -> date | None:
        return date.fromisoformat(text) if text else None

    await rows(
        hub,
        "major",
        *(
            {"org_code": of, "valid_from": day(begin), "valid_to": day(end)}
            for of, begin, end in spans
        ),
    )
    spec = {"by": ["org_code"], "from": "valid_from", "to": "valid_to"}

    found = await ask(hub, dictionary, entity="major", kind="no_overlap", **spec)

    assert (found.pair, found.units) == ((10, 7), ["R10", "R2", "R3", "R4", "R6", "R7", "R9"])
