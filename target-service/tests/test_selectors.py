"""Selectors bind what they choose, follow the scopes, and yield to what is given by hand."""

from typing import Any

SELECTOR = {
    "key": "all-courses",
    "title": "课程通过率",
    "indicator": "pass_rate",
    "period": "term:2096-2097-1",
    "kind": "course",
    "units": ["unit/U1"],
    "tiers": {"qualified": {"op": ">=", "value": "0.8"}},
}


def key(scope: str) -> str:
    return f"pass_rate@{scope}@term:2096-2097-1"


async def bound(desk: Any) -> list[tuple[str, str | None]]:
    found = await desk.get("bindings", indicator="pass_rate")
    return [(each["key"], each["selector"]) for each in found]


async def test_a_binding_of_another_cell_under_the_key_of_a_cell_stops_no_selector(
    desk: Any,
) -> None:
    await desk.handled(await desk.scope("course/C1", 2, parents=("unit/U1",)))
    hand = {
        "key": key("course/C1"),
        "title": "手工",
        "indicator": "pass_rate",
        "scope": "unit/U1",
        "period": "term:2096-2097-1",
        "target": {"op": ">=", "value": "0.9"},
    }
    assert (await desk.put("bindings", hand)).status_code == 201
    for changed in ("true", "false"):
        made = await desk.put("selectors", SELECTOR)
        assert made.headers["Changed"] == changed, made.text
    other = f"{key('course/C1')}@all-courses"
    assert await bound(desk) == [(key("course/C1"), None), (other, "all-courses")]


async def test_a_selector_is_kept_in_step_and_yields_to_the_hand(  # noqa: PLR0915 — one journey
    desk: Any,
) -> None:
    await desk.scope("major/M1", 2, parents=("unit/U1",))
    await desk.scope("course/C1", 2, parents=("major/M1",))
    await desk.handled(await desk.scope("course/C2", 2, parents=("unit/U1",)))
    await desk.handled(await desk.measure("0.7", 1, scope="course/C1"))
    hand = {
        "key": "mine",
        "title": "手工",
        "indicator": "pass_rate",
        "scope": "course/C2",
        "period": "term:2096-2097-1",
        "target": {"op": ">=", "value": "0.9"},
    }
    await desk.put("bindings", hand)

    client = desk.running.client
    preview = (await client.post("/v1/selectors?dryRun=true", json=SELECTOR)).json()
    told = [(each["scope"], each["outcome"], each["state"]) for each in preview["selected"]]
    assert told == [
        ("course/C1", "new", "below_standard"),
        ("course/C2", "by_hand", "no_data"),
    ]
    assert await bound(desk) == [("mine", None)]
    kept = {"Idempotency-Key": "preview"}
    again = await client.post("/v1/selectors?dryRun=true", json=SELECTOR, headers=kept)
    assert (again.status_code, again.json()["selected"]) == (200, preview["selected"])
    assert await bound(desk) == [("mine", None)]

    made = await desk.put("selectors", SELECTOR)
    assert (made.status_code, made.json()["counts"]) == (201, {"by_hand": 1, "new": 1})
    again = await desk.put("selectors", SELECTOR)
    assert (again.headers["Changed"], again.json()["counts"]) == (
        "false",
        {"by_hand": 1, "same": 1},
    )
    assert await bound(desk) == [("mine", None), (key("course/C1"), "all-courses")]
    held = await client.delete(f"/v1/bindings/{key('course/C1')}")
    assert (held.status_code, held.json()["type"].rpartition(":")[2]) == (409, "held-by-selector")

    # What is left by hand is taken; what is given by hand wins; what goes, and comes, is followed.
    assert (await client.delete("/v1/bindings/mine")).status_code == 204
    assert await bound(desk) == [
        (key("course/C1"), "all-courses"),
        (key("course/C2"), "all-courses"),
    ]
    await desk.put("bindings", hand)
    assert await bound(desk) == [("mine", None), (key("course/C1"), "all-courses")]
    await desk.handled(await desk.scope("course/C0001", 2, parents=("major/M1",)))
    await desk.handled(await desk.scope("course/C1", 3, parents=("unit/U2",)))
    assert await bound(desk) == [("mine", None), (key("course/C0001"), "all-courses")]
    await desk.handled(await desk.scope("major/M1", 3, parents=()))
    assert await bound(desk) == [("mine", None)]
    await desk.handled(await desk.scope("major/M1", 4, parents=("unit/U1",)))
    assert await bound(desk) == [("mine", None), (key("course/C0001"), "all-courses")]

    other = SELECTOR | {"key": "other", "units": [], "tags": ["core"]}
    refused = await desk.put("selectors", other | {"units": ["unit/NO"], "scopes": ["major/M1"]})
    assert set(refused.json()["validationErrors"]) == {"$.units[0]", "$.scopes[0]"}
    classes = {"key": "core", "title": "核心", "kind": "course", "scopes": ["course/C0001"]}
    await desk.put("selectors", other)
    await desk.put("object-classes", classes)
    assert (await desk.get("bindings"))[1]["selector"] == "all-courses"
    assert (await client.delete("/v1/selectors/all-courses")).status_code == 204
    assert await bound(desk) == [("mine", None), (key("course/C0001"), "other")]
    line = {"key": "line", "title": "线", "tiers": SELECTOR["tiers"]}
    await desk.put("standards", line)
    await desk.put("selectors", other | {"standard": "line", "tags": ["nobody"], "key": "idle"})
    used = await client.delete("/v1/standards/line")
    assert (used.status_code, used.json()["type"].rpartition(":")[2]) == (409, "in-use")
    assert (await client.delete("/v1/object-classes/core")).status_code == 204
    assert await bound(desk) == [("mine", None)]
