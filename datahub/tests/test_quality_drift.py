"""A feed that is written otherwise than before is told of: columns, and the shape of values."""

from typing import Any

import pytest

from datahub.quality.domain.drift import (
    MAX_WORDS,
    Column,
    Drift,
    Profile,
    as_document,
    compare,
    follow,
    from_document,
    profile_of,
    shape_of,
)
from datahub.quality.repository import profiles


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("2022-01-03", "date-iso"),
        ("2015-03-013", "date-iso"),
        ("2022/1/3", "date-slash"),
        ("8/15/2020", "date-mdy"),
        ("15/8/2020", "date-dmy"),
        ("13.01.2020", "date-dmy"),
        ("12-31-2020", "date-mdy"),
        ("8/5/2020", "date-either"),
        ("12/12/2020", "date-either"),
        ("15/13/2020", "date-either"),
        ("8/15-2020", "text"),
        ("2015-03-01 00:00:00.0", "timestamp"),
        ("2015-03-01T08:00:00+08:00", "timestamp"),
        ("20060412", "int"),
        ("-7", "int"),
        ("85.50", "decimal"),
        ("1e3", "text"),
        ("1,000", "text"),
        ("张三", "text"),
        ("", "text"),
    ],
)
def test_a_value_has_a_shape(text: str, shape: str) -> None:
    assert shape_of(text) == shape


def test_a_profile_holds_shares_shapes_and_few_words_of_codes() -> None:
    columns = {
        "empty": [None] * 10,
        "mostly": ["1"] * 8 + ["x"] * 2,
        "torn": ["1"] * 7 + ["x"] * 3,
        "sparse": [None] * 6 + ["a"] * 4,
        "marks": ["1", "2", "2.5"] + ["3"] * 7,
        "code": ["P", "A"] * 5,
        "many": [str(number) for number in range(MAX_WORDS + 1)],
        "long": ["x" * 61] * 10,
    }

    found = profile_of(500, columns, frozenset({"code", "many", "long"}))

    assert found == Profile(
        500,
        {
            "empty": Column(1.0, None),
            "mostly": Column(0.0, "int", forms=frozenset({"int", "text"})),
            "torn": Column(0.0, "mixed", forms=frozenset({"int", "text"})),
            "sparse": Column(0.6, "text", forms=frozenset({"text"})),
            "marks": Column(0.0, "decimal", forms=frozenset({"int", "decimal"})),
            "code": Column(0.0, "text", ("A", "P"), frozenset({"text"})),
            "many": Column(0.0, "int", forms=frozenset({"int"})),
            "long": Column(0.0, "text", forms=frozenset({"text"})),
        },
    )
    assert from_document(500, as_document(found)) == found


def profile(**columns: Column) -> Profile:
    return Profile(100, columns)


@pytest.mark.parametrize(
    ("before", "now", "drift"),
    [
        (profile(a=Column(0, "int")), profile(a=Column(0, "int")), Drift()),
        (profile(a=Column(0, "int")), profile(b=Column(0, "int")), Drift(("b",), ("a",))),
        # Filled in at least half of the rows, it is missed; filled now and then, it is not.
        (profile(a=Column(0.5, "int")), profile(), Drift(missing=("a",))),
        (profile(a=Column(0.51, "int")), profile(), Drift()),
        (profile(), profile(a=Column(0.51, "int")), Drift()),
        # A column of which only the header is left is missed too, and comes back.
        (profile(a=Column(0, "int")), profile(a=Column(1, None)), Drift(missing=("a",))),
        (profile(a=Column(1, None)), profile(a=Column(0, "int")), Drift(added=("a",))),
        (
            profile(a=Column(0, "date-iso")),
            profile(a=Column(0, "date-mdy")),
            Drift(type_changed={"a": ("date-iso", "date-mdy")}),
        ),
        (
            profile(a=Column(0, "date-dmy")),
            profile(a=Column(0, "date-mdy")),
            Drift(type_changed={"a": ("date-dmy", "date-mdy")}),
        ),
        # A few days of a month's first half tell no order: that is no other one.
        (profile(a=Column(0, "date-dmy")), profile(a=Column(0, "date-either")), Drift()),
        (profile(a=Column(0, "date-either")), profile(a=Column(0, "date-mdy")), Drift()),
        (profile(a=Column(0, "int")), profile(a=Column(0, "decimal")), Drift()),
        (
            profile(a=Column(0, "decimal")),
            profile(a=Column(0, "text")),
            Drift(type_changed={"a": ("decimal", "text")}),
        ),
        (profile(a=Column(0, "text")), profile(a=Column(0, "mixed")), Drift()),
        (
            profile(a=Column(0, "text", ("A", "P"))),
            profile(a=Column(0, "text", ("P", "X"))),
            Drift(new_words={"a": ("X",)}),
        ),
    ],
)
def test_what_differs_between_two_batches(before: Profile, now: Profile, drift: Drift) -> None:
    found = compare(before, now)

    assert found == drift
    assert found.is_any == bool(drift.added or drift.missing or drift.type_changed)


@pytest.mark.parametrize(
    ("days", "shape", "forms"),
    [
        (["1/2/2020", "13/2/2020", "3/4/2020"], "date-dmy", {"date-dmy"}),
        (["1/2/2020", "2/13/2020"], "date-mdy", {"date-mdy"}),
        (["1/2/2020", "2/3/2020"], "date-either", {"date-either"}),
        (["2/13/2020", "13/2/2020", "1/1/2020"], "mixed", {"date-dmy", "date-mdy", "date-either"}),
        (["2/13/2020"] * 4 + ["13/2/2020"], "date-mdy", {"date-dmy", "date-mdy"}),
    ],
)
def test_a_column_of_days_has_the_order_that_its_days_show(
    days: list[str], shape: str, forms: set[str]
) -> None:
    column = profile_of(len(days), {"a": days}, frozenset()).columns["a"]

    assert (column.shape, column.forms) == (shape, forms)


def days(count: int, form: str) -> dict[str, list[str | None]]:
    return {"n": [str(at) for at in range(count)], "d": [form] * count}


ISO, DMY, MDY = "2026-11-23", "23/11/2026", "11/23/2026"


@pytest.mark.parametrize(
    ("before", "now", "is_sparse", "drift"),
    [
        (days(30, ISO), days(5, ISO), False, Drift()),
        (days(30, ISO), days(1, DMY), False, Drift(type_changed={"d": ("date-iso", "date-dmy")})),
        (days(30, DMY), days(5, MDY), True, Drift(type_changed={"d": ("date-dmy", "date-mdy")})),
        (days(30, DMY), days(5, "3/4/2026"), False, Drift()),
        (days(30, "3/4/2026"), days(5, DMY), False, Drift()),
        (days(5, ISO), days(30, DMY), False, Drift(type_changed={"d": ("date-iso", "date-dmy")})),
        # One that none of many had is told; one that a few had is not, nor one that not all have.
        ({"d": [ISO] * 25 + [DMY] * 5}, {"d": [DMY] * 5}, False, Drift()),
        ({"d": [ISO] * 30}, {"d": [DMY] * 4 + [ISO]}, False, Drift()),
        ({"d": [ISO] * 30}, {"d": ["unknown"]}, False, Drift()),
        ({"d": ["a"] * 30}, {"d": [DMY]}, False, Drift()),
        ({"d": [ISO] * 30}, {"d": [None]}, False, Drift()),
        # A header tells its columns; a record names only what it speaks of.
        ({"n": ["1"] * 30}, {"n": ["1"], "m": [None]}, False, Drift(added=("m",))),
        ({"n": ["1"] * 30, "m": ["1"] * 30}, {"n": ["1"]}, False, Drift(missing=("m",))),
        ({"n": ["1"] * 30}, {"n": ["1"], "m": ["1"]}, True, Drift(added=("m",))),
        ({"n": ["1"] * 30}, {"n": ["1"], "m": [None]}, True, Drift()),
        ({"n": ["1"] * 30, "m": ["1"] * 30}, {"n": ["1"]}, True, Drift()),
        ({"n": ["1"]}, {"n": ["1"], "m": ["1"]}, True, Drift()),
    ],
)
def test_a_few_rows_show_what_is_certain(
    before: dict[str, list[str | None]],
    now: dict[str, list[str | None]],
    is_sparse: bool,  # noqa: FBT001
    drift: Drift,
) -> None:
    profiles = [
        profile_of(len(next(iter(each.values()))), each, frozenset()) for each in (before, now)
    ]

    known, found = follow(*profiles, is_sparse=is_sparse)

    assert found == drift
    assert follow(known, profiles[1], is_sparse=is_sparse)[1] == Drift()


def test_many_rows_are_not_forgotten_for_a_few() -> None:
    many = profile_of(30, {"n": ["1"] * 30, "d": [ISO] * 30}, frozenset())
    few = profile_of(2, {"n": ["1", None], "d": [ISO, ISO]}, frozenset())

    known, _ = follow(many, few, is_sparse=False)

    assert known == many


def test_many_times_a_few_rows_become_many() -> None:
    known: Profile | None = None
    for text in ("1", None, "2", "x"):
        known, _ = follow(known, profile_of(3, {"n": [text] * 3}, frozenset()), is_sparse=True)

    assert known == Profile(12, {"n": Column(0.25, "mixed", forms=frozenset({"int", "text"}))})


async def drifts(hub: Any, feed: str) -> list[dict[str, Any]]:
    await hub.settled()
    return [
        each["data"] | {"subject": each["subject"]}
        for each in await hub.facts()
        if each["type"] == "qa.datahub.feed.drifted.v1" and each["data"]["feed"] == feed
    ]


def rows(hub: Any, count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"course_code": hub.name("C"), "name": "x", **more} for _ in range(count)]


@pytest.mark.asyncio(loop_scope="module")
async def test_records_that_leave_out_replays_and_deletions_say_nothing_of_how_a_feed_writes(
    hub: Any,
) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None}, unknown_fields="ignore")
    first = rows(hub, 10, extra="1")
    await hub.push(feed, *first)
    await hub.push(feed, *rows(hub, 9))
    await hub.push(feed, *({"course_code": each["course_code"]} for each in first), mode="delete")
    await hub.push(feed, *rows(hub, 10), dryRun=True)
    none = await drifts(hub, feed)
    await hub.push(feed, *rows(hub, 10))

    [found] = await drifts(hub, feed)

    assert none == []
    assert (found["added"], found["missing"], found["type_changed"]) == ([], ["extra"], {})


@pytest.mark.asyncio(loop_scope="module")
async def test_a_file_of_five_rows_tells_its_new_column_and_its_other_dates_once(hub: Any) -> None:
    feed = await hub.feed(
        "student",
        {"student_no": None, "name": None, "birth_date": {"from": "born", "date_order": "dmy"}},
        unknown_fields="ignore",
    )

    async def push(count: int, born: str, more: str = "") -> Any:
        lines = [f"{hub.name('S')},张三,{born}{',1' if more else ''}" for _ in range(count)]
        head = f"student_no,name,born{more}"
        answer = await hub.post(feed, "\n".join([head, *lines]), kind="text/csv")
        return {each["path"]: each["message"] for each in answer.json()["warnings"]}

    assert await push(20, "23/11/2006") == {}
    told = await push(5, "11/23/2006", ",hobby")
    again = await push(5, "11/23/2006", ",hobby")

    assert {path: said.split("：")[-1] for path, said in told.items()} == {
        "$.born": "date-dmy → date-mdy",
        "$.hobby": "新填写的列 (a column that is filled now)",
    }
    assert again == {}
    [drifted] = await drifts(hub, feed)
    assert drifted["added"] == ["hobby"]


@pytest.mark.asyncio(loop_scope="module")
async def test_new_codes_are_kept_for_the_steward_and_names_never(hub: Any) -> None:
    feed = await hub.feed(
        "student",
        {
            "student_no": None,
            "name": None,
            "sex": {"from": "sex", "codes": {"男": "1", "女": "2"}, "unmapped": "keep"},
        },
    )

    async def push(sex: str) -> None:
        await hub.push(
            feed, *({"student_no": hub.name("S"), "name": "张三", "sex": sex} for _ in range(12))
        )

    await push("男")
    await push("M")
    [row] = await hub.sql(
        "SELECT columns::text AS columns, drift FROM feed_profile WHERE feed = :feed"
        " ORDER BY batch DESC LIMIT 1",
        feed=feed,
    )

    assert await drifts(hub, feed) == []
    assert row["drift"]["new_words"] == {"sex": ["M"]}
    assert "张三" not in row["columns"]


@pytest.mark.asyncio(loop_scope="module")
async def test_columns_with_names_that_no_table_can_keep_do_no_harm(hub: Any) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None}, unknown_fields="ignore")
    odd = {"a\0b": "1", "x" * 500: "2", "空 列": "3"}

    await hub.push(feed, *rows(hub, 10, **odd))
    await hub.push(feed, *rows(hub, 10))

    [found] = await drifts(hub, feed)
    assert found["missing"] == ["空 列"]


@pytest.mark.asyncio(loop_scope="module")
async def test_old_profiles_go_but_for_the_newest_and_those_that_drifted(hub: Any) -> None:
    feed = await hub.feed("course", {"course_code": None, "name": None}, unknown_fields="ignore")
    batches = [
        (await hub.push(feed, *rows(hub, 10, **more)))["batch"]
        for more in ({}, {"extra": "1"}, {"extra": "1"}, {"extra": "1"})
    ]
    await hub.sql(
        "UPDATE feed_profile SET seen_at = now() - interval '2 days' WHERE feed = :feed", feed=feed
    )
    async with hub.database.transaction() as tx:
        await profiles.prune(tx)
    left = await hub.sql("SELECT batch FROM feed_profile WHERE feed = :feed ORDER BY 1", feed=feed)

    assert [each["batch"] for each in left] == [batches[1], batches[3]]
