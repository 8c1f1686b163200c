"""Rules about a row: what it must hold, and how its fields agree."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.tests.quality_checking import ask, rows

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
