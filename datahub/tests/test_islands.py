"""Which systems feed an indicator, over what it takes too; and what stands alone."""

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE: dict[str, Any] = {"zh": "某项", "en": "Some", "unit": "some", "direction": "higher"}
SCHOOL = [{"kind": "school", "period": "year"}]


async def save(hub: Any, name: str, formula: str) -> None:
    document = {**BASE, "indicator": name, "formula": formula, "scopes": SCHOOL}
    answer = await hub.client.put(f"/v1/indicators/{name}", json=document)
    assert answer.status_code == 201, answer.text


async def test_an_indicator_leads_to_the_systems_that_feed_it_over_what_it_takes(hub: Any) -> None:
    await save(hub, "loans", "count(library_loan)")
    await save(hub, "rooms", "count(lab_room where major.status = 'open')")
    await save(hub, "both", "[loans] + [rooms] + count(award)")
    loans = await hub.feed("library_loan", dict.fromkeys(["loan_no", "borrowed_on"]))
    awards = await hub.feed("award", {"award_no": None, "subject_kind": {"constant": "student"}})
    pushed = await hub.push(awards, {"award_no": "A1"})
    await hub.settled()

    found = await hub.get("indicators/both/islands")

    assert (found["missing"], found["is_island"]) == (
        {"lab_room": "no-feed", "library_loan": "silent"},
        False,
    )
    told = ("entity", "counted", "by", "state")
    assert [[each[name] for name in told] for each in found["entities"]] == [
        ["award", True, ["both"], "delivered"],
        ["lab_room", True, ["rooms"], "no-feed"],
        ["library_loan", True, ["loans"], "silent"],
        ["major", False, ["rooms"], "no-feed"],
    ]
    [award], _, [loan], _ = (each["feeds"] for each in found["entities"])
    assert (award["feed"], award["source"], award["batch"]) == (awards, "academic", pushed["batch"])
    assert award["finished_at"] > award["received_at"]
    assert (loan["feed"], loan["batch"], loan["finished_at"]) == (loans, None, None)


async def test_what_no_system_feeds_and_whoever_feeds_nothing_stand_alone(hub: Any) -> None:
    system = hub.name("sys")
    made = await hub.client.put(
        f"/v1/source-systems/{system}",
        json={"name_zh": "旧系统", "name_en": "Old", "kind": "other"},
    )
    assert made.status_code in {200, 201}, made.text

    found = await hub.get("indicators/islands")

    assert found["measured"] == 1
    assert {each["indicator"]: each["missing"] for each in found["islands"]} == {
        "loans": {"library_loan": "silent"},
        "rooms": {"lab_room": "no-feed"},
    }
    assert [each["indicator"] for each in found["incomplete"]] == ["both"]
    alone = {each["source"]: each["entities"] for each in found["unused_systems"]}
    assert alone[system] == []
    assert "academic" not in alone


async def test_an_indicator_that_there_is_not_has_no_islands(hub: Any) -> None:
    answer = await hub.client.get("/v1/indicators/nothing/islands")

    assert (answer.status_code, answer.json()["type"]) == (
        404,
        "urn:helix8:problem:indicator-not-found",
    )
