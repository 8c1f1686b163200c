"""A cycle of each level, from its opening to the next one, through the gateway.

The records are pushed to the hub, and the cycle is of the scopes that come of them.
"""

from typing import Any, Final

import httpx
import pytest

from tests.conftest import until

SPIRAL: Final = "/api/spiral/v1"
RECORDS: Final = {
    "school": ("academic", "school_code", "L9001"),
    "major": ("academic", "major_code", "L440501"),
    "course": ("academic", "course_code", "LC01"),
    "staff": ("hr", "staff_no", "LT01"),
    "student": ("academic", "student_no", "LS01"),
}
"""By entity its source system, its key, and a record of our own."""

LEVELS: Final = [
    ("school", "school/L9001", "level_reports", "year:2091", "year:2092"),
    ("major", "major/L440501", "level_reports", "ayear:2091-2092", "ayear:2092-2093"),
    ("course", "course/LC01", "level_reports", "term:2091-2092-1", "term:2091-2092-2"),
    ("staff", "teacher/LT01", "level_reports", "year:2091", "year:2092"),
    ("student", "student/LS01", "student_self_test", "ayear:2091-2092", "ayear:2092-2093"),
]


async def push(portal: httpx.AsyncClient, entity: str) -> None:
    """Hand the record of a level over, as its source system does."""
    source, field, key = RECORDS[entity]
    feed = f"levels.{entity}"
    fields = {field: {"from": "no"}} | ({} if entity == "student" else {"name": {"from": "mc"}})
    said = {"feed": feed, "source": source, "entity": entity, "fields": fields}
    answer = await portal.put(f"/api/datahub/v1/feeds/{feed}", json=said)
    assert answer.status_code in {200, 201}, answer.text
    csv = f"no\n{key}\n" if entity == "student" else f"no,mc\n{key},名{key}\n"
    answer = await portal.post(
        f"/api/datahub/v1/batches?feed={feed}",
        content=csv.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text


def filled(schema: Any) -> dict[str, Any]:
    """Return an answer to the JSON Schema of a form."""
    return {name: value_of(each) for name, each in schema["properties"].items()}


def value_of(schema: Any) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "array":
        return [value_of(schema["items"])]
    if schema.get("format") == "date":
        return "2091-11-23"
    return {"number": 1, "integer": 1, "boolean": True}.get(schema["type"], "已填写")


@pytest.mark.parametrize(("entity", "scope", "name", "period", "following"), LEVELS)
async def test_a_cycle_of_each_level_is_walked_to_the_next_one(
    portal: httpx.AsyncClient, entity: str, scope: str, name: str, period: str, following: str
) -> None:
    await push(portal, entity)
    place = {"scope": scope, "definition": name}

    async def opened() -> Any:
        said = place | {"key": f"{name}-{scope}", "period": period}
        return await portal.post(f"{SPIRAL}/cycles", json=said)

    cycle = (await until(opened, lambda answer: answer.is_success)).json()
    path = f"{SPIRAL}/cycles/{cycle['key']}"
    forms = (await portal.get(f"{SPIRAL}/definitions/{name}")).json()["form_schemas"]
    blocked, old = await act(portal, f"{path}/moves", {"to": cycle["next_steps"][0]}), '"99"'
    while cycle["state"] == "open":
        await is_on_the_work_list(portal, cycle)
        form = next(each["form"] for each in cycle["steps"] if each["lit"])
        filing = {"form": form, "data": filled(forms[form])}
        assert (await act(portal, f"{path}/filings", filing)).is_success
        to = cycle["next_steps"]
        how, said = ("moves", {"to": to[0]}) if to else ("closing", {})
        stale = await act(portal, f"{path}/{how}", said, **{"If-Match": old})
        assert stale.status_code == 412, stale.text
        tag = f'"{cycle["version"]}"'
        answer = await act(portal, f"{path}/{how}", said, **{"If-Match": tag})
        assert answer.is_success, answer.text
        cycle, old = answer.json(), tag
    entries = (await portal.get(f"{path}/entries")).json()
    again = place | {"key": f"{name}-{scope}-2", "period": following}
    after = await act(portal, f"{SPIRAL}/cycles", again)
    listed = (await portal.get(f"{SPIRAL}/cycles", params={"scope": scope})).json()

    assert blocked.status_code == 409
    assert blocked.json()["type"].endswith("gate-blocked")
    moves = ["moved"] * (len(cycle["steps"]) - 1)
    assert [each["what"] for each in entries] == ["opened", *moves, "closed"]
    assert after.status_code == 201, after.text
    assert [(each["state"], bool(each["blockedBy"])) for each in listed] == [
        ("open", True),
        ("closed", False),
    ]


async def act(portal: httpx.AsyncClient, path: str, said: Any, **headers: str) -> httpx.Response:
    """Do something through the gateway."""
    return await portal.post(path, json=said, headers=headers)


async def is_on_the_work_list(portal: httpx.AsyncClient, cycle: Any) -> None:
    """Wait until the step at which a cycle stands is what somebody has to do."""
    zh = next(each["zh"] for each in cycle["steps"] if each["lit"])

    async def waiting() -> Any:
        said = {"mine": "false", "scope": cycle["scope"], "kind": "form", "service": "spiral"}
        found = (await portal.get(f"{SPIRAL}/work-items", params=said)).json()
        return [each["title_zh"].partition("：")[0] for each in found]

    await until(waiting, lambda titles: titles == [zh])
