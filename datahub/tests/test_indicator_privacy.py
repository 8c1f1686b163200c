"""The class of an indicator says who may read its values and its rows."""

from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.privacy import Privacy
from datahub.indicators.domain.document import IndicatorInvalidError, parse_indicator
from datahub.indicators.domain.masking import Mask, stays
from datahub.tests.handing import LINK, as_person
from shared.contracts.datahub import MeasuredValue

YEAR: dict[str, Any] = {"kind": "year", "from": {"constant": "2026"}}
BASE: dict[str, Any] = {
    "zh": "某项",
    "en": "Some",
    "unit": "count",
    "direction": "lower",
    "scopes": [{"kind": "school", "key": {"constant": "10000"}, "period": YEAR}],
}


def of(formula: str, **more: Any) -> dict[str, Any]:
    return {**BASE, "indicator": "x", "formula": formula, **more}


@pytest.mark.parametrize(
    ("formula", "privacy"),
    [
        ("count(course)", "internal"),
        ("count(student where sex = '1')", "personal"),
        ("count(student where sex = '1' and phone is null)", "sensitive"),
        ("sum(screened of counselling_summary)", "restricted"),
        ("count(score where student.sex = '1')", "personal"),
        ("count(course) + [punished]", "sensitive"),
    ],
)
def test_an_indicator_is_as_private_as_what_it_is_made_of(
    dictionary: Dictionary, formula: str, privacy: str
) -> None:
    punished = of("count(student_punishment where kind = '1')", indicator="punished")
    known = {"punished": parse_indicator(punished, dictionary, 1)}

    found = parse_indicator(of(formula, unit="some"), dictionary, 1, known)
    assert found.privacy == privacy


def test_an_indicator_may_be_more_private_than_its_fields_and_never_less(
    dictionary: Dictionary,
) -> None:
    formula = "count(student where phone is null and sex = '1')"

    assert parse_indicator(of(formula, privacy="restricted"), dictionary, 1).privacy == "restricted"
    with pytest.raises(IndicatorInvalidError) as refusal:
        parse_indicator(of(formula, privacy="internal"), dictionary, 1)
    told = [
        f"{field} 属 {each}，指标不能比它公开：改为 {each}，或不用它"
        f" ({field} is {each}: say {each}, or do without it)"
        for field, each in (("student.phone", "sensitive"), ("student.sex", "personal"))
    ]
    assert refusal.value.fields == {"$.privacy": told}


def test_a_class_that_there_is_not_is_refused(dictionary: Dictionary) -> None:
    with pytest.raises(IndicatorInvalidError) as refusal:
        parse_indicator(of("count(course)", privacy="secret"), dictionary, 1)
    assert list(refusal.value.fields) == ["$.privacy"]


CELL = {
    "indicator": "x",
    "value": "3",
    "numerator": "3",
    "denominator": None,
    "n": 30,
    "reason": None,
    "manual": False,
    "formula_version": 1,
}


@pytest.mark.parametrize(
    ("privacy", "scope", "is_masked", "is_kept_in"),
    [
        ("public", "student/S1", False, False),
        ("internal", "student/S1", False, False),
        ("personal", "student/S1", True, False),
        ("personal", "teacher/T1", True, False),
        ("personal", "school/10000", False, False),
        ("sensitive", "student/S1", True, True),
        ("sensitive", "major/M1", False, False),
        ("restricted", "student/S1", True, True),
        ("restricted", "school/10000", True, True),
    ],
)
def test_a_class_closes_what_is_told_of_one_person_and_restricted_all_of_it(
    dictionary: Dictionary,
    privacy: str,
    scope: str,
    is_masked: bool,  # noqa: FBT001 — what is expected
    is_kept_in: bool,  # noqa: FBT001
) -> None:
    indicator = parse_indicator(of("count(course)", privacy=privacy), dictionary, 1)
    cell = CELL | {"scope": scope}

    shown = Mask.of([indicator], sees_persons=False).show(cell)
    assert (shown["reason"] == "masked", shown["value"]) == (is_masked, None if is_masked else "3")
    assert Mask.of([indicator], sees_persons=True).show(cell) == cell
    assert stays(Privacy(privacy), scope) is is_kept_in


PUNISHED = {
    **BASE,
    "indicator": "punished",
    "formula": "count(student_punishment)",
    "scopes": [
        {"kind": "school", "key": {"constant": "10000"}, "period": YEAR},
        {"kind": "student", "key": "student_no", "period": YEAR},
    ],
}
SURVEY = {
    **{name: each for name, each in BASE.items() if name != "scopes"},
    "indicator": "stress",
    "manual": True,
    "privacy": "restricted",
    "scopes": [{"kind": "school", "period": "year"}],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any, signing_keys: Any) -> Any:
    """Six punishments of one student, and a survey of which nobody else is to know."""
    for document in (PUNISHED, SURVEY):
        answer = await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)
        assert answer.status_code == 201, answer.text
    schools = await hub.feed("school", dict.fromkeys(["school_code", "name"]))
    await hub.push(schools, {"school_code": "10000", "name": "学校"})
    names = dict.fromkeys(["doc_no", "student_no"])
    feed = await hub.feed("student_punishment", names, never_waits_for=["student_no"])
    await hub.push(feed, *({"doc_no": f"P{n}", "student_no": "S1"} for n in range(6)))
    await hub.settled()
    hub.reader = as_person(signing_keys, 3)
    return hub


def at(scope: str) -> str:
    return f"measurements/punished|{scope}|year:2026"


async def read(hub: Any, path: str, headers: Any = None, **query: Any) -> Any:
    answer = await hub.client.get(f"/v1/{path}", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.asyncio(loop_scope="module")
async def test_every_question_hides_the_person_and_tells_the_group(college: Any) -> None:
    asked = {
        "indicator": "punished",
        "period": "year:2026",
        "scope": ["student/S1", "school/10000"],
    }
    shut, full = [await read(college, "grid", who, **asked) for who in (college.reader, None)]
    listed = await read(college, "measurements", college.reader, indicator="punished")
    told = await read(college, f"{at('student/S1')}/explanation", college.reader)

    assert [(each["value"], each["reason"]) for each in shut] == [(None, "masked"), ("6", None)]
    assert [(each["value"], each["reason"]) for each in full] == [("6", None), ("6", None)]
    assert {each["scope"]: each["value"] for each in listed} == {
        "student/S1": None,
        "school/10000": "6",
    }
    assert (told["privacy"], told["measurement"]["value"]) == ("sensitive", None)
    assert [leg["counted"] for leg in told["legs"]] == [None]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_rows_of_a_sensitive_indicator_are_for_nobody(college: Any) -> None:
    for who in (college.reader, None):
        answer = await college.client.get(f"/v1/{at('school/10000')}/rows", headers=who)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (
            403,
            "rows-closed",
        )


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_sensitive_of_a_person_is_in_no_event(college: Any) -> None:
    told = {
        item["scope"]
        for fact in await college.facts()
        if fact["type"] == "qa.datahub.indicator.measured.v1"
        for item in fact["data"]["items"]
        if item["indicator"] == "punished"
    }

    assert told == {"school/10000"}


@pytest.mark.asyncio(loop_scope="module")
async def test_the_list_says_the_class(college: Any) -> None:
    found = {each["indicator"]: each["privacy"] for each in await college.get("indicators")}

    assert (found["punished"], found["stress"]) == ("sensitive", "restricted")
    assert (await college.get("indicators/punished"))["privacy"] == "sensitive"


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_handed_in_of_a_restricted_indicator_is_hidden_from_readers(
    college: Any, signing_keys: Any
) -> None:
    said = {
        "indicator": "stress",
        "scope": "school/10000",
        "period": "year:2025",
        "value": "7",
        "n": 400,
        "link": LINK,
    }
    writer = as_person(signing_keys, 1, "hand-in", "every-scope")
    answer = await college.client.post("/v1/handed-in", json=said, headers=writer)
    assert answer.status_code == 201, answer.text
    key = answer.json()["id"]

    shut = await read(college, f"handed-in/{key}", college.reader)
    [listed] = await read(college, "handed-in", college.reader, indicator="stress")
    assert (shut["value"], shut["n"], listed["value"]) == (None, None, None)
    assert (await read(college, f"handed-in/{key}", writer))["value"] == "7"


WOMEN = {
    **BASE,
    "indicator": "women",
    "formula": "count(staff where sex = '2')",
    "scopes": [{"kind": "school", "period": "year"}],
}
MEN = {
    **WOMEN,
    "indicator": "men",
    "unit": "ratio",
    "formula": "1 - rate(sex = '2' of staff)",
}


@pytest.mark.asyncio(loop_scope="module")
async def test_few_that_something_personal_chose_are_told_nowhere(college: Any) -> None:
    for document in (WOMEN, MEN):
        answer = await college.client.put(f"/v1/indicators/{document['indicator']}", json=document)
        assert answer.status_code == 201, answer.text
    feed = await college.feed("staff", dict.fromkeys(["staff_no", "name", "sex"]))
    staff = [{"staff_no": f"T{n}", "name": "某", "sex": "1"} for n in range(20)]
    await college.push(feed, *staff[4:], *(each | {"sex": "2"} for each in staff[:4]))
    await college.settled()
    [cell] = await college.get("measurements", indicator="women")
    asked = {"indicator": "women", "scope": cell["scope"], "period": cell["period"]}

    async def told(headers: Any) -> list[Any]:
        [grid] = await read(college, "grid", headers, **asked)
        [listed] = await read(college, "measurements", headers, indicator="women")
        why = await read(college, f"measurements/{cell['id']}/explanation", headers)
        return [grid["value"], listed["value"], why["legs"][0]["counted"]]

    assert (cell["value"], cell["n"]) == ("4", 20)
    assert (await told(None), await told(college.reader)) == (["4", "4", 4], [None, None, None])
    other = f"measurements/{cell['id'].replace('women', 'men')}/explanation"
    behind = [(await read(college, other, who))["legs"] for who in (None, college.reader)]
    assert [[leg["counted"] for leg in legs] for legs in behind] == [[4, 20], [None, 20]]
    assert behind[1][0]["reason"] == "masked"

    await college.push(feed, staff[5] | {"sex": "2"})
    await college.settled()
    assert await told(college.reader) == ["5", "5", 5]
    closed = await college.client.get(f"/v1/measurements/{cell['id']}/rows", headers=college.reader)
    assert (closed.status_code, "个人信息 sex" in closed.json()["detail"]) == (403, True)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_history_tells_again_what_events_told(college: Any) -> None:
    """Word for word, to the instant; and nothing that stayed in the hub."""
    told = [
        (MeasuredValue.model_validate(item), datetime.fromisoformat(fact["data"]["measured_at"]))
        for fact in await college.facts()
        if fact["type"] == "qa.datahub.indicator.measured.v1"
        for item in fact["data"]["items"]
    ]
    again, after = [], 0
    while True:
        page = await college.get("measurement-history", after=after, limit=2)
        if page["last"] == after:
            break
        after = page["last"]
        again += [
            (MeasuredValue.model_validate(each), datetime.fromisoformat(each["measured_at"]))
            for each in page["values"]
        ]

    assert len(again) > 4
    assert sorted(again, key=str) == sorted(told, key=str)
    refused = await college.client.get("/v1/measurement-history", headers=college.reader)
    assert refused.status_code == 403
