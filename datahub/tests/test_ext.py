"""Fields that the college added: a feed writes them, checked as they were declared."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
import pytest_asyncio

from datahub.tests.conftest import Hub, fates

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = {"type": "text", "zh": "特长", "privacy": "personal", "max_length": 5}
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "hobby": TEXT,
    "height": {"type": "integer", "zh": "身高", "privacy": "personal", "min": 50, "max": 250},
    "mean": {"type": "decimal", "zh": "均分", "privacy": "internal"},
    "boards": {"type": "boolean", "zh": "住校", "privacy": "internal"},
    "met_on": {"type": "date", "zh": "家访日期", "privacy": "internal"},
    "clubs": {"type": "list", "zh": "社团", "privacy": "internal"},
    "kind": {"type": "code", "zh": "性质", "privacy": "internal", "code_set": "gbt_2261_1"},
    "income": {"type": "decimal", "zh": "家庭收入", "privacy": "sensitive"},
}
MAPPED = {"student_no": None} | {f"ext.{name}": {"from": name} for name in FIELDS}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def declared(hub: Hub) -> None:
    """Have the fields declared and published."""
    path = "/v1/dictionary/draft/entities/student/ext"
    answer = await hub.client.put(path, json={"fields": FIELDS})
    assert answer.status_code == 200, answer.text
    answer = await hub.client.post("/v1/dictionary/draft/publish", json={"note": "校本字段"})
    assert answer.status_code == 201, answer.text


def row(number: str, **more: Any) -> dict[str, Any]:
    return {
        "student_no": number,
        "hobby": "围棋",
        "height": "175",
        "mean": "81.50",
        "boards": "是",
        "met_on": "2026-03-01",
        "clubs": "诗社,棋社",
        "kind": "1",
        "income": "12000",
        **more,
    }


async def test_a_feed_writes_fields_of_the_college_typed(hub: Hub) -> None:
    feed, number = await hub.feed("student", MAPPED), hub.name("S")

    first = await hub.push(feed, row(number))
    again = await hub.push(feed, row(number))
    record = await hub.get(f"records/student/{number}")

    assert (fates(first), fates(again)) == ({"created": 1}, {"unchanged": 1})
    assert record["ext"] == {
        "hobby": "围棋",
        "height": 175,
        "mean": 81.5,
        "boards": True,
        "met_on": "2026-03-01",
        "clubs": ["诗社", "棋社"],
        "kind": "1",
    }
    [kept] = await hub.sql(
        "SELECT ext ->> 'income' AS income FROM record_student WHERE key = :k", k=number
    )
    assert kept == {"income": "12000"}, "a closed field is kept, and not shown"


async def test_each_value_is_held_against_its_declaration(hub: Hub) -> None:
    feed = await hub.feed("student", MAPPED)

    answer = await hub.push(
        feed,
        row(hub.name("S"), hobby="一二三四五"),
        row(hub.name("S"), hobby="一二三四五六", height="251", mean="x", kind="7"),
    )

    assert fates(answer) == {"created": 1, "quarantined": 1}
    assert {(each["path"], each["code"]) for each in answer["verdicts"]} == {
        ("$.hobby", "too-long"),
        ("$.height", "out-of-range"),
        ("$.mean", "not-decimal"),
        ("$.kind", "unknown-code"),
    }


async def test_what_a_record_leaves_out_stays_and_null_clears_it(hub: Hub) -> None:
    feed, number = await hub.feed("student", MAPPED), hub.name("S")
    await hub.push(feed, row(number))

    await hub.push(feed, {"student_no": number, "height": "176"})
    await hub.push(feed, {"student_no": number, "hobby": None})
    record = await hub.get(f"records/student/{number}", fields="ext")

    assert record["ext"]["height"] == 176
    assert "hobby" not in record["ext"]
    assert record["ext"]["clubs"] == ["诗社", "棋社"]


async def test_two_feeds_keep_each_others_fields(hub: Hub) -> None:
    number = hub.name("S")
    one = await hub.feed("student", {"student_no": None, "ext.hobby": {"from": "h"}})
    two = await hub.feed(
        "student", {"student_no": None, "ext.height": {"from": "h"}}, unknown_fields="ext"
    )

    await hub.push(one, {"student_no": number, "h": "书法"})
    await hub.push(two, {"student_no": number, "h": "180", "color": "red"})

    assert (await hub.get(f"records/student/{number}"))["ext"] == {"hobby": "书法", "height": 180}


async def test_they_leave_with_the_feed_the_export_and_the_history(hub: Hub) -> None:
    feed, number = await hub.feed("student", MAPPED), hub.name("S")
    await hub.push(feed, row(number))
    await hub.settled()
    seq = (await hub.sql("SELECT last_seq FROM watermark"))[0]["last_seq"]
    await hub.push(feed, row(number, hobby="象棋", income="1"))
    await hub.settled()

    [change] = await hub.get("changes", after=seq)
    past = await hub.get(f"records/student/{number}", asOf=f"seq:{seq}")
    [last, _] = await hub.get(f"history/student/{number}")
    query = {"student_no": number, "fields": "student_no,ext"}
    lines = await hub.client.get("/v1/exports/student", params=query)
    sheet = await hub.client.get("/v1/exports/student", params={**query, "format": "csv"})
    parquet = await hub.client.get("/v1/exports/student", params={**query, "format": "parquet"})

    assert (change["doc"]["ext"]["hobby"], past["ext"]["hobby"]) == ("象棋", "围棋")
    assert (last["fields"], last["before"]["ext"]["hobby"]) == (["ext"], "围棋")
    for shown in (change["doc"], past, last["before"], json.loads(lines.text)):
        assert "income" not in shown["ext"]
    assert json.loads(lines.text)["ext"] == change["doc"]["ext"]
    assert json.loads(pl.read_csv(sheet.content)["ext"][0]) == change["doc"]["ext"]
    assert json.loads(pl.read_parquet(parquet.content)["ext"][0]) == change["doc"]["ext"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"ext.hobby": "笛子"}, [0]),
        ({"ext.hobby": ["笛子", "古琴"]}, [0, 1]),
        ({"ext.height": "181"}, [0]),
        ({"ext.height": "0181", "ext.boards": "false"}, []),
        ({"ext.mean": "70.500"}, [0, 1]),
        ({"ext.boards": "true", "ext.met_on": "2025-05-05"}, [0]),
        ({"ext.clubs": "琴社"}, [1]),
        ({"ext.kind": "2", "order": "desc"}, [1, 0]),
    ],
)
async def test_records_are_found_by_a_value_of_such_a_field(
    hub: Hub, query: dict[str, Any], found: list[int]
) -> None:
    feed, numbers = await hub.feed("student", MAPPED), [hub.name("F"), hub.name("F")]
    shared = {"mean": "70.5", "kind": "2", "met_on": "2025-05-05"}
    await hub.push(
        feed,
        row(numbers[0], hobby="笛子", height="181", boards="是", **shared),
        row(numbers[1], hobby="古琴", height="182", boards="否", clubs="琴社,棋社", **shared),
    )

    answer = await hub.get("records/student", student_no=numbers, fields="student_no", **query)

    assert [each["key"] for each in answer] == [numbers[number] for number in found]


async def test_one_such_field_is_asked_for_by_its_name(hub: Hub) -> None:
    feed, number = await hub.feed("student", MAPPED), hub.name("S")
    await hub.push(feed, row(number))
    query = {"student_no": number, "fields": "ext.clubs,ext.mean,ext.boards,ext.met_on"}

    [listed] = await hub.get("records/student", **query)
    one = await hub.get(f"records/student/{number}", fields="ext.hobby")
    csv = await hub.client.get("/v1/exports/student", params={**query, "format": "csv"})
    parquet = await hub.client.get("/v1/exports/student", params={**query, "format": "parquet"})

    assert {name: each for name, each in listed.items() if name.startswith("ext")} == {
        "ext.clubs": ["诗社", "棋社"],
        "ext.mean": 81.5,
        "ext.boards": True,
        "ext.met_on": "2026-03-01",
    }
    assert one["ext.hobby"] == "围棋"
    assert (
        csv.text.splitlines()[1].split(",", 3)[3] == '"[""诗社"", ""棋社""]",81.50,true,2026-03-01'
    )
    assert pl.read_parquet(parquet.content).select(
        "ext.clubs", "ext.mean", "ext.met_on"
    ).rows() == [(["诗社", "棋社"], Decimal("81.5"), date(2026, 3, 1))]


async def test_a_question_that_such_a_field_cannot_answer_says_what_may_be_asked(hub: Hub) -> None:
    query = {
        "ext.height.ge": "170",
        "ext.income": "1",
        "ext.height": "x",
        "ext.nothing": "1",
        "fields": "student_no,ext.income",
    }

    answer = await hub.client.get("/v1/records/student", params=query)

    faults = answer.json()["validationErrors"]
    assert (answer.status_code, set(faults)) == (422, {f"query.{name}" for name in query})
    assert "for values alone" in faults["query.ext.height.ge"][0]
    assert "ext.hobby, ext.height" in faults["query.fields"][1]
    assert "ext.hobby, ext.height" in answer.json()["fixes"][0]


async def test_they_are_found_by_an_index(hub: Hub) -> None:
    [index] = await hub.sql(
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_record_student_ext'"
    )

    assert "gin (ext jsonb_path_ops) WHERE (ext IS NOT NULL)" in index["indexdef"]


async def test_a_field_that_a_feed_writes_is_not_taken_away(hub: Hub) -> None:
    feed = await hub.feed("student", MAPPED)
    rest = {name: each for name, each in FIELDS.items() if name != "clubs"}
    await hub.client.put("/v1/dictionary/draft/entities/student/ext", json={"fields": rest})

    answer = await hub.client.post("/v1/dictionary/draft/publish", json={"note": "去掉社团"})

    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:helix8:problem:dictionary-breaking",
    )
    assert feed in answer.text
    await hub.client.delete("/v1/dictionary/draft")


async def test_a_field_that_nobody_declared_is_refused_and_its_place_is_told(hub: Hub) -> None:
    document = {
        "feed": "x",
        "source": "academic",
        "entity": "student",
        "fields": {
            "student_no": {"from": "n"},
            "ext.nothing": {"from": "a"},
            "hobby": {"from": "b"},
        },
    }

    answer = await hub.client.put("/v1/feeds/x", json=document)

    faults = answer.json()["validationErrors"]
    assert set(faults) == {"$.fields.ext.nothing", "$.fields.hobby"}
    assert "ext.hobby" in faults["$.fields.hobby"][0]
