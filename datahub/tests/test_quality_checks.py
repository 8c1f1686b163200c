"""Every kind of rule, on rows made by hand, with what it must count."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.domain.rule_document import parse_rule
from datahub.quality.repository import evaluating

pytestmark = pytest.mark.asyncio(loop_scope="module")
Row = Mapping[str, Any]


async def rows(hub: Any, entity: str, *records: Row) -> None:
    """Let an entity have these records; one with ``gone`` is a tombstone."""
    await hub.sql(f"DELETE FROM record_{entity}")  # noqa: S608
    for number, record in enumerate(records):
        names = [name for name in record if name != "gone"]
        columns = "".join(f', "{name}"' for name in names)
        values = "".join(f", :{name}" for name in names)
        gone = "now()" if record.get("gone") else "NULL"
        await hub.sql(
            f"INSERT INTO record_{entity}"  # noqa: S608
            f" (key, version, observed, batch, line, deleted_at{columns})"
            f" VALUES ('R{number}', 1, 0, 0, 0, {gone}{values})",
            **{name: record[name] for name in names},
        )


class Found:
    """What a rule found."""

    def __init__(self, counts: evaluating.Counts, units: Sequence[Mapping[str, Any]]) -> None:
        self.pair = counts.checked, counts.failed
        self.observed = counts.observed
        self.error = counts.error
        self.units = [each["unit"] for each in units]
        self.values = [each["values"] for each in units]


async def ask(hub: Any, dictionary: Dictionary, **spec: Any) -> Found:
    """Evaluate one rule; what it counts must be what it lists."""
    rule = parse_rule({"rule": "r", "zh": "规则", "en": "Rule", **spec}, dictionary, 1)
    async with hub.database.transaction() as tx:
        found = await evaluating.count_rules(tx, [rule], {"r": []})
        units = await evaluating.list_failures(tx, rule, limit=100, offset=0, after=None)
        assert await evaluating.count_failures(tx, rule) == found["r"].failed == len(units)
    return Found(found["r"], units)


async def test_not_null_checks_every_live_row_that_it_is_about(
    hub: Any, dictionary: Dictionary
) -> None:
    await rows(
        hub,
        "student",
        {"major_code": "M1", "in_school": True},
        {"major_code": None, "in_school": True},
        {"major_code": None, "in_school": False},
        {"major_code": None, "in_school": None},
        {"major_code": None, "in_school": True, "gone": True},
    )
    spec = {"entity": "student", "kind": "not_null", "field": "major_code"}

    whole = await ask(hub, dictionary, **spec)
    some = await ask(hub, dictionary, **spec, where=[["in_school", "=", True]])

    assert (whole.pair, whole.units) == ((4, 3), ["R1", "R2", "R3"])
    assert (some.pair, some.units) == ((2, 1), ["R1"])


@pytest.mark.parametrize(
    ("where", "checked"),
    [
        ([["hours_total", ">=", 10]], 2),
        ([["hours_total", "<", 10]], 1),
        ([["hours_total", "!=", 10]], 2),
        ([["hours_total", "in", [5, 20]]], 2),
        ([["hours_total", "is_null"]], 1),
        ([["hours_total", "not_null"], ["name", "=", "甲"]], 1),
        ([["name", ">", "a"]], 3),
        ([["online", "=", False]], 1),
    ],
)
async def test_a_rule_is_about_the_rows_that_meet_its_conditions(
    hub: Any, dictionary: Dictionary, where: list[Any], checked: int
) -> None:
    await rows(
        hub,
        "course",
        {"hours_total": 5, "name": "甲", "online": None},
        {"hours_total": 10, "name": "Z", "online": True},
        {"hours_total": 20, "name": "b", "online": False},
        {"hours_total": None, "name": "乙", "online": None},
    )

    found = await ask(
        hub, dictionary, entity="course", kind="not_null", field="course_code", where=where
    )

    assert found.pair == (checked, checked)


@pytest.mark.parametrize(
    ("field", "bounds", "values", "pair", "units"),
    [
        (
            "credits",
            {"min": 0.5, "max": 6},
            ["0.5", "6", "0.49", "6.01", None],
            (4, 2),
            ["R2", "R3"],
        ),
        ("hours_total", {"min": 16}, [15, 16, None], (2, 1), ["R0"]),
    ],
)
async def test_range_holds_its_bounds(  # noqa: PLR0917 — what varies
    hub: Any,
    dictionary: Dictionary,
    field: str,
    bounds: dict[str, Any],
    values: list[Any],
    pair: tuple[int, int],
    units: list[str],
) -> None:
    texts = [Decimal(each) if isinstance(each, str) else each for each in values]
    await rows(hub, "course", *({field: each} for each in texts))

    found = await ask(hub, dictionary, entity="course", kind="range", field=field, **bounds)

    assert (found.pair, found.units) == (pair, units)


async def test_range_of_dates_and_instants(hub: Any, dictionary: Dictionary) -> None:
    await rows(
        hub,
        "affair_case",
        {"applied_on": date(2026, 9, 1), "applied_at": datetime(2026, 9, 1, 0, 0, tzinfo=UTC)},
        {"applied_on": date(2026, 8, 31), "applied_at": datetime(2026, 8, 31, 23, 59, tzinfo=UTC)},
        {"applied_on": None, "applied_at": None},
    )
    spec = {"entity": "affair_case", "kind": "range"}

    days = await ask(hub, dictionary, **spec, field="applied_on", min="2026-09-01")
    instants = await ask(
        hub, dictionary, **spec, field="applied_at", min="2026-09-01T08:00:00+08:00"
    )

    assert (days.pair, days.units) == ((2, 1), ["R1"])
    assert (instants.pair, instants.units) == ((2, 1), ["R1"])


async def test_pattern_checks_texts_that_are_there_and_never_shows_a_closed_field(
    hub: Any, dictionary: Dictionary
) -> None:
    await rows(
        hub,
        "staff",
        {"staff_no": "T1", "id_number": "11010119900307851X", "name": "甲"},
        {"staff_no": "T2", "id_number": "1101011990030785", "name": "乙"},
        {"staff_no": "T3", "id_number": None, "name": "丙"},
    )

    found = await ask(
        hub,
        dictionary,
        entity="staff",
        kind="pattern",
        field="id_number",
        pattern="[0-9]{15}|[0-9]{17}[0-9X]",
        where=[["name", "not_null"]],
    )

    assert (found.pair, found.units) == ((2, 1), ["R1"])
    assert found.values == [{"name": "乙"}]


async def test_code_set_of_a_field_of_a_list_and_of_its_own(
    hub: Any, dictionary: Dictionary
) -> None:
    await rows(
        hub,
        "research_output",
        {"kind": "paper", "index_kinds": ["SCI", "EI"]},
        {"kind": "poem", "index_kinds": ["SCI", "X"]},
        {"kind": None, "index_kinds": None},
        {"kind": "patent", "index_kinds": []},
    )
    spec = {"entity": "research_output", "kind": "code_set"}

    enum = await ask(hub, dictionary, **spec, field="kind")
    own = await ask(hub, dictionary, **spec, field="kind", codes=["paper", "poem"])
    items = await ask(hub, dictionary, **spec, field="index_kinds", codes=["SCI", "EI"])

    assert (enum.pair, enum.units) == ((3, 1), ["R1"])
    assert (own.pair, own.units) == ((3, 1), ["R3"])
    assert (items.pair, items.units) == ((3, 1), ["R1"])


async def test_code_set_of_the_national_standard(hub: Any, dictionary: Dictionary) -> None:
    code = min(dictionary.code_sets["gbt_2261_1"].codes)
    await rows(hub, "student", {"sex": code}, {"sex": "M"}, {"sex": None})

    derived = await ask(hub, dictionary, entity="student", kind="code_set", field="sex")
    named = await ask(
        hub, dictionary, entity="student", kind="code_set", field="name", set="gbt_2261_1"
    )

    assert (derived.pair, derived.units) == ((2, 1), ["R1"])
    assert named.pair == (0, 0)


async def test_reference_looks_for_a_live_record(hub: Any, dictionary: Dictionary) -> None:
    await rows(hub, "major", {}, {"gone": True})
    await rows(hub, "course", *({"major_code": each} for each in ("R0", "R1", "R9", None)))
    await rows(hub, "org_unit", {"parent_code": "R1"}, {"parent_code": "R2"})

    other = await ask(hub, dictionary, entity="course", kind="reference", field="major_code")
    own = await ask(hub, dictionary, entity="org_unit", kind="reference", field="parent_code")

    assert (other.pair, other.units) == ((3, 2), ["R1", "R2"])
    assert (own.pair, own.units) == ((2, 1), ["R1"])


@pytest.mark.parametrize(
    ("missing", "tolerance", "pair", "units"),
    [
        (None, 0, (3, 1), ["R1"]),
        ("skip_if_any_value_missing", 0.5, (3, 1), ["R1"]),
        ("skip_if_any_value_missing", 1, (3, 0), []),
        ("skip_if_all_values_missing", 0, (4, 2), ["R1", "R3"]),
        ("never_skip", 0, (5, 3), ["R1", "R3", "R4"]),
    ],
)
async def test_sum_holds_parts_against_the_whole(
    hub: Any,
    dictionary: Dictionary,
    missing: str | None,
    tolerance: float,
    pair: tuple[int, int],
    units: list[str],
) -> None:
    parts = [(10, 6, 16), (10, 6, 17), (0, 0, 0), (10, None, 16), (None, None, 16), (10, 6, None)]
    names = ("hours_practice", "hours_virtual", "hours_total")
    await rows(hub, "course", *(dict(zip(names, each, strict=True)) for each in parts))

    found = await ask(
        hub,
        dictionary,
        entity="course",
        kind="sum",
        parts=["hours_practice", "hours_virtual"],
        whole="hours_total",
        tolerance=tolerance,
        **({"missing": missing} if missing else {}),
    )

    assert (found.pair, found.units) == (pair, units)


async def test_cross_field_compares_days_instants_texts_and_yes_or_no(
    hub: Any, dictionary: Dictionary
) -> None:
    # 2026-09-01 00:30 on the campus is still the 31st of August in UTC.
    night = datetime(2026, 8, 31, 16, 30, tzinfo=UTC)
    await rows(
        hub,
        "dorm_check",
        {"checked_on": date(2026, 9, 1), "checked_at": night, "building": "B", "room": "a"},
        {"checked_on": date(2026, 8, 31), "checked_at": night, "building": "a", "room": "a"},
        {"checked_on": date(2026, 8, 30), "checked_at": None, "building": None, "room": "a"},
    )
    spec = {"entity": "dorm_check", "kind": "cross_field"}

    day = await ask(
        hub, dictionary, **spec, left="checked_at", operator="equal_to", right="checked_on"
    )
    fixed = await ask(
        hub,
        dictionary,
        **spec,
        left="checked_on",
        operator="less_than",
        right={"value": "2026-09-01"},
    )
    days = await ask(
        hub,
        dictionary,
        **spec,
        left={"days": ["checked_at", "checked_on"]},
        operator="less_than_or_equal_to",
        right=0,
    )
    texts = await ask(hub, dictionary, **spec, left="building", operator="less_than", right="room")

    assert (day.pair, day.units) == ((2, 1), ["R1"])
    assert (fixed.pair, fixed.units) == ((3, 1), ["R0"])
    assert (days.pair, days.units) == ((2, 1), ["R1"])
    # By code point, whatever the database's collation: "B" comes before "a".
    assert (texts.pair, texts.units) == ((2, 1), ["R1"])


async def test_cross_field_divides_exactly_and_a_quotient_by_zero_says_nothing(
    hub: Any, dictionary: Dictionary
) -> None:
    pairs = [(3, 2), (4, 2), (1, 0), (None, 2)]
    await rows(hub, "course", *({"hours_practice": top, "hours_total": low} for top, low in pairs))
    left = {"divide": ["hours_practice", "hours_total"]}
    spec = {"entity": "course", "kind": "cross_field", "operator": "equal_to", "right": 1.5}

    skipped = await ask(hub, dictionary, **spec, left=left)
    never = await ask(hub, dictionary, **spec, left={"expression": left, "missing": "never_skip"})

    assert (skipped.pair, skipped.units) == ((2, 1), ["R1"])
    assert (never.pair, never.units) == ((4, 3), ["R1", "R2", "R3"])


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
            "INSERT INTO quality_run (entity, reason, watermark, day, started_at) VALUES"
            " ('school', 'asked', 0, current_date, now() - make_interval(secs => :seconds))"
            " RETURNING id",
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
    await past(3, 12)
    await past(1.5, 10)
    await past(1.2, 100, version=2)
    await past(0.5, 100)
    day = await ask(hub, dictionary, **spec, max_change=0.1)
    close = await ask(hub, dictionary, **spec, max_change=0.09)
    older = await ask(hub, dictionary, **spec, max_change=0.1, days=2)

    assert [each.pair for each in bounds] == [(1, 0), (1, 1), (1, 0), (1, 1)]
    assert (some.pair, some.observed) == ((1, 0), Decimal(8))
    assert first.pair == (0, 0)
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
