"""Where a value comes from: words, what was counted and taken, and the rows; who may see them."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.measuring import TERM
from shared.kit.identity import Caller
from shared.kit.paging import encode_token, question_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEFORE = "2025-2026-2"
PERIOD = f"term:{TERM}"
RATE: dict[str, Any] = {
    "indicator": "rate",
    "zh": "及格率",
    "en": "Pass rate",
    "unit": "ratio",
    "direction": "higher",
    "formula": "rate(number >= 60 of score where grade_type = 'mid')",
    "scopes": [{"kind": kind, "period": "term"} for kind in ("school", "course")],
}
WORDS = {each: RATE[each] for each in ("zh", "en", "direction")}
OTHERS = [
    {**RATE, "indicator": "gain", "formula": "[rate] - previous([rate])"},
    {
        **RATE,
        "indicator": "share",
        "formula": "rate([rate] >= 0.7 of course)",
        "scopes": [{"kind": "school", "period": "term"}],
    },
    {**RATE, "indicator": "best", "unit": "score", "formula": "max(number of score)"},
    {**RATE, "indicator": "men", "formula": "rate(student.sex = '1' of score)"},
    {**RATE, "indicator": "reached", "formula": "rate(student.phone is not null of score)"},
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any) -> Any:
    """Two courses: one of six students in this term and the one before, one of three."""
    for document in (RATE, *OTHERS):
        answer = await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)
        assert answer.status_code == 201, answer.text
    schools = await hub.feed("school", dict.fromkeys(["school_code", "name"]))
    await hub.push(schools, {"school_code": "10000", "name": "学校"})
    courses = await hub.feed("course", dict.fromkeys(["course_code", "name"]))
    students = await hub.feed(
        "student", {**dict.fromkeys(["student_no", "name", "phone"]), "sex": None}
    )
    names = ["student_no", "course_code", "term", "grade_type", "attempt", "number"]
    hub.scores = await hub.feed("score", dict.fromkeys(names))
    await hub.push(courses, *({"course_code": each, "name": each} for each in ("C1", "C2")))
    await hub.push(
        students,
        *(
            {"student_no": f"S{n}", "name": f"张{n}", "sex": str(1 + n % 2), "phone": None}
            for n in range(1, 7)
        ),
    )
    await hub.push(hub.scores, *scores("C1", TERM, [90, 80, 70, 60, 50, None]))
    await hub.push(hub.scores, *scores("C1", BEFORE, [90, 80, 70, 40, 50, 30]))
    await hub.push(hub.scores, *scores("C2", TERM, [90, 30, 30]))
    await hub.settled()
    return hub


def scores(course: str, term: str, numbers: list[int | None]) -> list[dict[str, Any]]:
    return [
        {
            "student_no": f"S{n}",
            "course_code": course,
            "term": term,
            "grade_type": "mid",
            "attempt": "1",
            "number": None if number is None else str(number),
        }
        for n, number in enumerate(numbers, start=1)
    ]


@pytest.fixture
def reader(signing_keys: Any) -> dict[str, str]:
    """Headers of somebody who reads, and no more."""
    signer, _ = signing_keys
    caller = Caller(
        subject="person/T001", roles=frozenset({"reader"}), scopes=frozenset({"datahub:read"})
    )
    return {"authorization": f"Bearer {signer.sign(caller, 'datahub')}"}


def at(indicator: str, scope: str = "course/C1", period: str = PERIOD) -> str:
    return f"/v1/measurements/{indicator}|{scope}|{period}"


def made_up(*after: Any) -> str:
    """Return a token of the rows of a rate that nobody gave."""
    return encode_token(list(after), question_of(f"{at('rate')}/rows", []))


async def explained(hub: Any, path: str, headers: Any = None, **query: Any) -> Any:
    answer = await hub.client.get(f"{path}/explanation", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rows_of(hub: Any, path: str, headers: Any = None, **query: Any) -> Any:
    return await hub.client.get(f"{path}/rows", params=query, headers=headers)


async def test_a_rate_tells_what_it_divides_and_how_many_rows_that_were(college: Any) -> None:
    found = await explained(college, at("rate"))

    assert found["definition"] == RATE
    assert found["words"]["zh"] == (
        "「成绩类型为期中成绩且分数大于等于 60 的成绩数」 ÷ 「成绩类型为期中成绩且有分数的成绩数」"
    )
    assert found["denominator"]["en"] == (
        "[number of score records where grade type is midterm and number is known]"
    )
    told = ("leg", "entity", "looked_at", "complete", "counted", "value", "reason", "reads")
    assert [[each[name] for name in told] for each in found["legs"]] == [
        [0, "score", 6, 5, 4, "4", None, ["grade_type", "number"]],
        [1, "score", 6, 6, 5, "5", None, ["grade_type", "number"]],
    ]
    assert found["legs"][0]["filter"]["zh"] == "成绩类型为期中成绩且分数大于等于 60"
    assert found["legs"][1]["rows"] == (
        "/api/datahub/v1/measurements/rate%7Ccourse/C1%7Cterm:2026-2027-1/rows?leg=1"
    )
    assert (found["inputs"], found["faults"]) == ([], {})
    assert {each["entity"] for each in found["sources"]} == {"score"}


async def test_what_takes_others_leads_to_each_of_their_cells(college: Any) -> None:
    gain = await explained(college, at("gain"))
    share = await explained(college, at("share", "school/10000"), depth=2)

    assert [(each["zh"], each["count"]) for each in gain["inputs"]] == [
        ("《及格率》", 1),
        ("上一周期的《及格率》", 1),
    ]
    cells = [cell for each in gain["inputs"] for cell in each["cells"]]
    assert [(each["period"], each["value"]) for each in cells] == [
        (PERIOD, "0.800000"),
        (f"term:{BEFORE}", "0.500000"),
    ]
    there = await explained(college, cells[1]["explanation"].removeprefix("/api/datahub")[:-12])
    assert there["measurement"]["value"] == "0.500000"
    assert gain["legs"] == []
    for item in share["inputs"]:
        assert [(each["scope"], each["value"]) for each in item["cells"]] == [
            ("course/C1", "0.800000"),
            ("course/C2", "0.333333"),
        ]
        assert [each["inputs"] for each in item["cells"]] == [[], []]


async def test_the_rows_of_a_rate_say_which_of_them_met_the_condition(
    college: Any, reader: Any
) -> None:
    """C2 is of three: who sees the school must not see C1 unless he may see persons."""
    whole = await rows_of(college, at("rate"))
    met = await rows_of(college, at("rate"), leg=0)
    best = await rows_of(college, at("best"))
    few = await rows_of(college, at("rate"), reader)

    assert (whole.status_code, few.status_code) == (200, 403), whole.text
    assert [
        (each["fields"]["student_no"], each["fields"]["number"], each["counted_in"])
        for each in whole.json()
    ] == [
        ("S1", "90", [0, 1]),
        ("S2", "80", [0, 1]),
        ("S3", "70", [0, 1]),
        ("S4", "60", [0, 1]),
        ("S5", "50", [1]),
    ]
    first = whole.json()[0]
    assert list(first["fields"])[:2] == ["grade_type", "number"]
    assert first["left_out"] == []
    record = await college.client.get(first["record"].removeprefix("/api/datahub"))
    assert record.json()["number"] == 90
    assert [each["fields"]["student_no"] for each in met.json()] == ["S1", "S2", "S3", "S4"]
    assert [each["value"] for each in best.json()] == ["90", "80", "70", "60", "50", None]


async def test_pages_of_rows_are_of_one_moment_whatever_comes_between(college: Any) -> None:
    path, seen, token = at("rate", "course/C1", f"term:{BEFORE}"), [], None
    counted = await rows_of(college, path, totalCount=True, limit=2)
    while True:
        query = {"pageSize": 4} | ({"pageToken": token} if token else {})
        page = await rows_of(college, path, **query)
        seen += [each["fields"]["number"] for each in page.json()]
        token = page.headers.get("next-page-token")
        if token is None:
            break
        await college.push(college.scores, *scores("C1", BEFORE, [90, 80, 70, 40, 50, 99]))
        await college.settled()
    after = await rows_of(college, path)
    await college.push(college.scores, *scores("C1", BEFORE, [90, 80, 70, 40, 50, 30]))
    await college.settled()

    assert counted.headers["total-count"] == "6"
    assert seen == ["90", "80", "70", "40", "50", "30"]
    assert [each["fields"]["number"] for each in after.json()][-1] == "99"


async def test_a_value_of_an_older_definition_has_the_rows_of_its_time(college: Any) -> None:
    """The course is measured no more: its last value stays, with its version."""
    old = {**RATE, "indicator": "older"}
    await college.client.put("/v1/indicators/older", json=old)
    await college.settled()
    narrower = {**old, "scopes": RATE["scopes"][:1]}
    await college.client.put("/v1/indicators/older", json=narrower)
    await college.push(college.scores, *scores("C1", TERM, [10, 10, 10, 10, 10, 10]))
    await college.settled()

    found = await explained(college, at("older"))
    rows = await rows_of(college, at("older"))
    now = await rows_of(college, at("rate"))
    await college.push(college.scores, *scores("C1", TERM, [90, 80, 70, 60, 50, None]))
    await college.settled()

    assert found["definition"] == old
    assert found["as_of"] == found["measurement"]["watermark"]
    assert [each["value"] for each in found["legs"]] == ["4", "5"]
    assert [each["fields"]["number"] for each in rows.json()] == ["90", "80", "70", "60", "50"]
    assert [each["fields"]["number"] for each in now.json()] == ["10"] * 6


async def test_rows_chosen_by_a_personal_field_are_for_few_and_by_a_closed_one_for_nobody(
    college: Any, reader: Any
) -> None:
    refused = await rows_of(college, at("men"), reader)
    shown = await rows_of(college, at("men"))
    closed = await rows_of(college, at("reached"))
    told = await explained(college, at("men"), reader)

    assert (refused.status_code, refused.json()["type"]) == (403, "urn:helix8:problem:rows-closed")
    assert "不足 5 人" in refused.json()["detail"]
    assert [each["fields"]["student_no.sex"] for each in shown.json()] == ["2", "1"] * 3
    assert (closed.status_code, "phone" in closed.json()["detail"]) == (403, True)
    assert [(each["counted"], each["rows"], len(each["blockedBy"])) for each in told["legs"]] == [
        (None, None, 1),
        (None, None, 1),
    ]


async def test_small_groups_have_neither_rows_nor_counts(college: Any, reader: Any) -> None:
    path = at("rate", "course/C2")
    refused = await rows_of(college, path, reader)
    told = await explained(college, path, reader)
    seen = await rows_of(college, path)

    assert (refused.status_code, refused.json()["type"]) == (403, "urn:helix8:problem:rows-closed")
    assert [[each["counted"], each["value"], each["reason"]] for each in told["legs"]] == [
        [None, None, "masked"]
    ] * 2
    assert len(seen.json()) == 3


async def test_personal_fields_are_left_out_of_the_rows_and_named(
    college: Any, reader: Any
) -> None:
    students = {
        **RATE,
        "indicator": "students",
        "unit": "count",
        "formula": "count(student where grade_year is null)",
        "scopes": [{"kind": "school", "period": "year"}],
    }
    await college.client.put("/v1/indicators/students", json=students)
    await college.settled()
    [cell] = await college.get("measurements", indicator="students")
    path = f"/v1/measurements/{cell['id']}"

    few, all_ = await rows_of(college, path, reader), await rows_of(college, path)

    assert (len(few.json()), cell["value"]) == (6, "6")
    assert "name" not in few.json()[0]["fields"]
    assert {"name", "sex"} <= set(few.json()[0]["left_out"])
    assert all_.json()[0]["fields"]["name"] == "张1"
    assert {"phone", "id_number"}.isdisjoint(all_.json()[0]["fields"])


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        (at("rate"), {"leg": 2}, 422, "leg-unknown"),
        (at("gain"), {}, 422, "leg-unknown"),
        (at("none"), {}, 404, "measurement-not-found"),
        (at("rate"), {"pageToken": "WyJhIl0"}, 400, "page-token"),
        (at("rate"), {"pageToken": made_up("k", 2**63)}, 400, "page-token"),
        (at("rate"), {"leg": -1}, 422, "invalid"),
    ],
)
async def test_rows_that_there_are_not_are_refused(
    college: Any, path: str, query: dict[str, Any], status: int, code: str
) -> None:
    answer = await rows_of(college, path, **query)

    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:helix8:problem:{code}"
