"""A masked value is told by no question, and not by what the others leave of the whole."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.handing import as_person
from datahub.tests.national_college import deliver

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNTED: dict[str, Any] = {
    "indicator": "counted",
    "zh": "学生数",
    "en": "Students",
    "unit": "count",
    "direction": "higher",
    "formula": "count(student)",
    "scopes": [{"kind": "major", "period": "year"}, {"kind": "school", "period": "year"}],
}
SIZES = {"M1": 3, "M2": 6, "M3": 7, "M4": 9}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any) -> Any:
    """A school whose four majors have their students counted."""
    await deliver(hub, "school", {"school_code": "S", "name": "示例学校"})
    await deliver(hub, "major", *({"major_code": each, "name": each} for each in SIZES))
    students = [
        {"student_no": f"{major}{at}", "name": "某", "major_code": major}
        for major, size in SIZES.items()
        for at in range(size)
    ]
    await deliver(hub, "student", *students)
    answer = await hub.client.put("/v1/indicators/counted", json=COUNTED)
    assert answer.status_code == 201, answer.text
    await hub.settled()

    async def told() -> bool:
        return len(await hub.get("scopes", kind="major")) == len(SIZES)

    await hub.until(told)
    return hub


async def test_no_question_tells_what_is_masked_by_what_it_leaves_of_the_whole(
    college: Any, signing_keys: Any
) -> None:
    reader = as_person(signing_keys, 9)
    whole = await college.get("measurements", indicator="counted")
    period = whole[0]["period"]

    async def read(path: str, **query: Any) -> Any:
        answer = await college.client.get(f"/v1/{path}", params=query, headers=reader)
        assert answer.status_code == 200, answer.text
        return answer.json()

    group = {"indicator": "counted", "period": period, "scopeKind": "major"}
    listed = await read("measurements", indicator="counted")
    grid = await read("grid", **group)
    [alone] = await read("grid", indicator="counted", period=period, scope="major/M2")
    ranking = await read("ranking", **group)
    spread = await read("distribution", **group)
    trend = await read("trend", indicator="counted", scope="major/M2", periodKind="year")
    why = await read(f"measurements/counted|major/M2|{period}/explanation")
    file = await college.client.get(
        "/v1/measurements/export", params={"indicator": "counted"}, headers=reader
    )

    shown = {"major/M3": "7", "major/M4": "9"}
    assert {each["scope"]: each["value"] for each in whole} == {
        "school/S": "25",
        **{f"major/{major}": str(size) for major, size in SIZES.items()},
    }
    assert {each["scope"]: each["value"] for each in listed if each["value"]} == {
        "school/S": "25",
        **shown,
    }
    assert {each["scope"]: each["value"] for each in grid if each["value"]} == shown
    assert (alone["value"], alone["n"], alone["reason"]) == (None, None, "masked")
    assert {each["scope"] for each in ranking["ranked"]} == shown.keys()
    assert spread["count"] == 2
    assert [each["value"] for each in trend["periods"]] == [None]
    assert (why["measurement"]["value"], why["legs"][0]["counted"]) == (None, None)
    assert {each["value"] for each in why["history"]} == {None}
    assert "major/M1" in file.text
    assert [line for line in file.text.splitlines() if ",6," in line or ",3," in line] == []
