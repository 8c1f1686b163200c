"""Rules about fields that the college added: every kind that names fields takes them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.repository import Dictionaries
from datahub.tests.conftest import Hub, fates
from datahub.tests.quality_checking import Found, ask, rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS: Mapping[str, Mapping[str, Any]] = {
    "hobby": {"type": "text", "zh": "特长", "privacy": "internal"},
    "height": {"type": "integer", "zh": "身高", "privacy": "internal", "min": 50, "max": 250},
    "reach": {"type": "decimal", "zh": "臂展", "privacy": "internal"},
    "met_on": {"type": "date", "zh": "家访", "privacy": "internal"},
    "left_on": {"type": "date", "zh": "离舍", "privacy": "internal"},
    "seen_at": {"type": "timestamp", "zh": "签到", "privacy": "internal"},
    "boards": {"type": "boolean", "zh": "住校", "privacy": "internal"},
    "clubs": {"type": "list", "zh": "社团", "privacy": "internal"},
    "kind": {"type": "code", "zh": "性质", "privacy": "internal", "code_set": "gbt_2261_1"},
    "mentor": {"type": "text", "zh": "导师", "privacy": "internal", "ref": "staff"},
    "income": {"type": "decimal", "zh": "收入", "privacy": "sensitive"},
    "pledge": {"type": "decimal", "zh": "承诺" * 100, "privacy": "internal", "max": 5},
    "motto": {"type": "text", "zh": "座右铭", "privacy": "internal", "min": 3},
    "steps": {"type": "integer", "zh": "步数", "privacy": "internal", "min": 1.5},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def declared(hub: Hub) -> None:
    """Have the fields declared and published."""
    path = "/v1/dictionary/draft/entities/student/ext"
    answer = await hub.client.put(path, json={"fields": FIELDS})
    assert answer.status_code == 200, answer.text
    answer = await hub.client.post("/v1/dictionary/draft/publish", json={"note": "校本字段"})
    assert answer.status_code == 201, answer.text


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own(hub: Hub, declared: None) -> Dictionary:  # noqa: ARG001 — it is published before
    """The dictionary with the college's fields."""
    async with hub.database.transaction() as tx:
        return await Dictionaries().current(tx)


async def found(hub: Hub, own: Dictionary, *ext: Mapping[str, Any], **spec: Any) -> Found:
    """Evaluate one rule on students who hold these fields of the college."""
    await rows(hub, "student")
    for number, each in enumerate(ext):
        await hub.sql(
            "INSERT INTO record_student (key, student_no, version, observed, batch, line, ext)"
            " VALUES (:key, :key, 1, 0, 0, 0, CAST(:ext AS jsonb))",
            key=f"R{number}",
            ext=json.dumps(each),
        )
    return await ask(hub, own, entity="student", **spec)


@pytest.mark.parametrize(
    ("spec", "holds", "fails"),
    [
        ({"kind": "not_null", "field": "ext.hobby"}, {"hobby": "围棋"}, {"hobby": None}),
        ({"kind": "range", "field": "ext.height", "max": 200}, {"height": 200}, {"height": 201}),
        (
            {"kind": "range", "field": "ext.met_on", "min": "2026-03-01"},
            {"met_on": "2026-03-01"},
            {"met_on": "2026-02-28"},
        ),
        (
            {"kind": "pattern", "field": "ext.hobby", "pattern": "[0-9]{2}"},
            {"hobby": "12"},
            {"hobby": "123"},
        ),
        ({"kind": "code_set", "field": "ext.kind"}, {"kind": "1"}, {"kind": "7"}),
        (
            {"kind": "code_set", "field": "ext.clubs", "codes": ["a", "b"]},
            {"clubs": ["a", "b"]},
            {"clubs": ["a", "c"]},
        ),
        ({"kind": "reference", "field": "ext.mentor"}, {}, {"mentor": "T404"}),
        (
            {
                "kind": "cross_field",
                "left": {"add": ["ext.height", 10]},
                "operator": "greater_than",
                "right": "ext.reach",
            },
            {"height": 170, "reach": 179.9},
            {"height": 170, "reach": 180},
        ),
        (
            {
                "kind": "cross_field",
                "left": {"days": ["ext.seen_at", "ext.met_on"]},
                "operator": "less_than_or_equal_to",
                "right": 1,
            },
            {"seen_at": "2026-03-02T23:59:00+08:00", "met_on": "2026-03-01"},
            {"seen_at": "2026-03-02T16:00:00+00:00", "met_on": "2026-03-01"},
        ),
        (
            {"kind": "sum", "parts": ["ext.height", "ext.height"], "whole": "ext.reach"},
            {"height": 1, "reach": 2.0},
            {"height": 1, "reach": 2.1},
        ),
    ],
)
async def test_a_rule_about_one_row_reads_them_in_their_type(
    hub: Hub, own: Dictionary, spec: Any, holds: Any, fails: Any
) -> None:
    answer = await found(hub, own, holds, fails, **spec)

    assert answer.units == ["R1"]


async def test_a_rule_about_a_set_compares_and_groups_by_them(hub: Hub, own: Dictionary) -> None:
    twice = await found(
        hub, own, {"hobby": "a"}, {"hobby": "a"}, {}, kind="unique", fields=["ext.hobby"]
    )
    overlap = await found(
        hub,
        own,
        {"hobby": "a", "met_on": "2026-01-01", "left_on": "2026-02-01"},
        {"hobby": "a", "met_on": "2026-01-31"},
        {"hobby": "b", "met_on": "2026-01-31"},
        **{"kind": "no_overlap", "by": ["ext.hobby"], "from": "ext.met_on", "to": "ext.left_on"},
    )
    old = await found(
        hub, own, {"met_on": "2020-01-01"}, kind="freshness", field="ext.met_on", max_age="7d"
    )
    heights = [{"hobby": "a", "height": height} for height in (170, 171, 172, 250)]
    outlier = await found(
        hub,
        own,
        *heights,
        kind="outlier",
        field="ext.height",
        by=["ext.hobby"],
        method="mad",
        minimum_sample=3,
    )
    total = {"aggregate": "sum", "field": "ext.height", "by": "ext.hobby"}
    tables = await found(
        hub,
        own,
        *heights,
        kind="cross_table",
        left=total,
        operator="equal_to",
        right=total | {"where": [["ext.height", "<", 200]]},
    )
    grown = await found(
        hub,
        own,
        {"hobby": "a", "met_on": "2025-03-01"},
        *[{"hobby": "a", "met_on": "2026-03-02"}] * 3,
        kind="same_term_last_year",
        aggregate="count",
        period={"kind": "month", "from": "ext.met_on"},
        by=["ext.hobby"],
        max_change="1.5",
    )

    assert (twice.units, twice.values[0]) == (["R0", "R1"], {"ext.hobby": "a"})
    assert overlap.units == ["R0", "R1"]
    assert old.pair == (1, 1)
    assert (outlier.units, outlier.values[0]["ext.hobby"]) == (["R3"], "a")
    assert tables.values == [{"left": "763", "right": "513"}]
    assert grown.values == [{"now": "3", "before": "1"}]


async def test_they_say_which_rows_a_rule_is_about_and_closed_ones_are_not_shown(
    hub: Hub, own: Dictionary
) -> None:
    answer = await found(
        hub,
        own,
        {"boards": True, "income": 1},
        {"boards": False, "income": 1},
        {"boards": True, "income": None},
        kind="range",
        field="ext.income",
        min=2,
        where=[["ext.boards", "=", True], ["ext.hobby", "is_null"]],
    )

    assert (answer.pair, answer.values) == ((1, 1), [{"ext.boards": "true", "ext.hobby": None}])


async def test_a_gate_reads_what_a_row_says_on_top_of_what_the_record_holds(hub: Hub) -> None:
    mapped = {"student_no": None} | {f"ext.{name}": {"from": name} for name in ("hobby", "height")}
    feed, number, name = await hub.feed("student", mapped), hub.name("S"), hub.name("rule")
    await hub.push(feed, {"student_no": number, "hobby": "围棋", "height": 170})
    rule = {
        "rule": name,
        "entity": "student",
        "kind": "cross_field",
        "zh": "都写",
        "en": "Both",
        "left": "ext.hobby",
        "operator": "compulsory_pair",
        "right": "ext.height",
        "feeds": {feed: {"gate": "block"}},
    }
    saved = await hub.client.put(f"/v1/quality/rules/{name}", json=rule)

    kept = await hub.push(feed, {"student_no": number, "height": 171})
    body = json.dumps({"student_no": number, "hobby": None})
    refused = await hub.post(feed, body)

    assert saved.status_code == 201, saved.text
    assert fates(kept) == {"updated": 1}
    assert refused.status_code == 422
    assert set(refused.json()["validationErrors"]) == {"$.ext.hobby"}


async def test_the_declaration_of_such_a_field_states_rules_too(hub: Hub) -> None:
    async def installed() -> Any:
        rules = await hub.get("quality/rules", entity="student", limit=200)
        return {each["rule"] for each in rules if ".ext." in each["rule"]}

    assert await hub.until(installed) == {
        "student.ext.height.range",
        "student.ext.kind.code_set",
        "student.ext.mentor.reference",
        "student.ext.pledge.range",
    }, "one of which no rule can be made holds up no other"
    pledge = (await hub.get("quality/rules/student.ext.pledge.range"))["document"]
    assert pledge["zh"] == "学生 " + "承诺" * 78 + "承：取值范围"


async def test_a_field_that_is_none_is_refused_with_those_that_may_be_used(hub: Hub) -> None:
    rule = {
        "rule": "x",
        "entity": "student",
        "kind": "cross_field",
        "zh": "x",
        "en": "x",
        "left": "ext.nothing",
        "operator": "equal_to",
        "right": "ext.hobby",
        "where": [["hobby", "not_null"]],
    }

    answer = await hub.client.put("/v1/quality/rules/x", json=rule)

    faults = answer.json()["validationErrors"]
    assert set(faults) == {"$.left", "$.where[0]"}
    for reasons in faults.values():
        assert "student_no" in reasons[0]
        assert "ext.hobby, ext.height" in reasons[0]
