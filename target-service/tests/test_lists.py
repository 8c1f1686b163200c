"""Lists: filters, both ways of paging, and the counts of the overview."""

from typing import Any


async def bind(desk: Any, number: int, scope: str, indicator: str = "pass_rate") -> None:
    body = {
        "key": f"b{number}",
        "indicator": indicator,
        "scope": scope,
        "period": "term:2096-2097-1",
        "title": f"绑定 {number}",
        "tiers": {"floor": {"op": ">=", "value": "0.5"}},
    }
    assert (await desk.put("bindings", body)).status_code == 201


async def pages(desk: Any, path: str, size: int) -> list[list[str]]:
    found, query = [], {"pageSize": size}
    while True:
        page = await desk.running.client.get(f"/v1/{path}", params=query)
        found.append([row.get("binding") or row["key"] for row in page.json()])
        if "Next-Page-Token" not in page.headers:
            return found
        query["pageToken"] = page.headers["Next-Page-Token"]


async def test_attainments_are_filtered_and_paged(desk: Any, measured: Any) -> None:
    await bind(desk, 1, "course/C1")
    await bind(desk, 2, "course/C1", "mean_score")
    await bind(desk, 3, "major/M1")
    await desk.send(
        [
            measured("0.4", 1, scope="course/C1"),
            measured("0.7", 1, scope="major/M1"),
        ]
    )
    await desk.judged(2)

    async def keys(**query: str) -> list[str]:
        return [item["binding"] for item in await desk.get("attainments", **query)]

    assert await keys() == ["b1", "b2", "b3"]
    assert await keys(scope="course/C1") == ["b1", "b2"]
    assert await keys(indicator="mean_score") == ["b2"]
    assert await keys(state="below_floor") == ["b1"]
    assert await keys(state="no_data") == ["b2"]
    assert await keys(period="year:2026") == []
    assert await pages(desk, "attainments", 2) == [["b1", "b2"], ["b3"]]
    assert await pages(desk, "bindings", 3) == [["b1", "b2", "b3"]]
    asked: list[tuple[dict[str, str], int]] = [
        ({"scope": "course/C1", "indicator": "pass_rate"}, 1),
        ({"period": "term:2096-2097-1"}, 3),
        ({"period": "year:2096"}, 0),
        *(({name: "none"}, 0) for name in ("goal", "standard", "selector")),
    ]
    for query, count in asked:
        assert len(await desk.get("bindings", **query)) == count, query
    counted = await desk.running.client.get(
        "/v1/attainments", params={"limit": 1, "offset": 2, "totalCount": "true"}
    )
    assert (counted.json()[0]["binding"], counted.headers["Total-Count"]) == ("b3", "3")


async def test_the_summary_counts_bindings_by_level_and_state(desk: Any, measured: Any) -> None:
    await bind(desk, 1, "course/C1")
    await bind(desk, 2, "class/K1")
    await bind(desk, 3, "unit/U1")
    await desk.send([measured("0.4", 1, scope="course/C1")])
    await desk.judged(1)

    summary = await desk.get("attainments/summary")

    assert summary["total"] == 3
    assert summary["levels"]["course"] == {
        "no_data": 1,
        "below_floor": 1,
        "below_standard": 0,
        "below_target": 0,
        "no_standard": 0,
        "met_standard": 0,
        "met_target": 0,
    }
    assert summary["levels"]["school"]["no_data"] == 1
    assert sorted(summary["levels"]) == ["course", "major", "school", "student", "teacher"]


async def test_a_rate_is_of_the_bindings_that_have_its_line(desk: Any, measured: Any) -> None:
    await bind(desk, 1, "course/C1")
    target = {"target": {"op": ">=", "value": "0.9"}}
    for key, scope, lines in (
        ("t1", "course/C2", target),
        ("t2", "course/C0001", target),
        ("w1", "course/C0002", {"warning": {"op": "<", "value": "0.9"}}),
        ("b2", "major/M1", target | {"tiers": {"floor": {"op": ">=", "value": "0.5"}}}),
    ):
        about = {"indicator": "pass_rate", "period": "term:2096-2097-1", "title": "绑定"}
        await desk.put("bindings", {"key": key, "scope": scope, **about, **lines})
    scopes = ("course/C1", "course/C2", "course/C0002", "major/M1")
    await desk.send([measured("0.6", 1, scope=scope) for scope in scopes])
    await desk.judged(4)

    summary = await desk.get("attainments/summary")

    # t2 has no value; t1 misses its target and has no standard; w1 has neither.
    assert summary["states"] == {
        "no_data": 1,
        "below_floor": 0,
        "below_standard": 0,
        "below_target": 1,
        "no_standard": 1,
        "met_standard": 2,
        "met_target": 0,
    }
    assert summary["level_rates"]["course"] == {
        "standard": {"of": 1, "met": 1},
        "target": {"of": 1, "met": 0},
    }
    assert summary["rates"] == {
        "standard": {"of": 2, "met": 2},
        "target": {"of": 2, "met": 0},
    }


async def test_the_summary_tells_how_a_rate_changed_since_the_period_before(
    desk: Any, measured: Any
) -> None:
    earlier, newest, later = "term:2096-2097-1", "term:2096-2097-2", "term:2097-2098-1"
    values = (
        ("course/C1", earlier, "0.6"),
        ("course/C2", earlier, "0.4"),
        ("course/C0001", earlier, "0.4"),
        ("course/C1", newest, "0.4"),
        ("course/C2", newest, "0.6"),
        ("course/C0001", newest, "0.6"),
        ("major/M1", newest, "0.6"),
    )
    tiers = {"floor": {"op": ">=", "value": "0.5"}}
    about = {"indicator": "pass_rate", "title": "绑定", "tiers": tiers}
    for scope, period, _ in (*values, ("course/C1", later, "")):
        cell = {"key": f"{scope}@{period}", "scope": scope, "period": period}
        assert (await desk.put("bindings", cell | about)).status_code == 201
    await desk.send(
        [measured(value, 1, scope=scope, period=period) for scope, period, value in values]
    )
    await desk.judged(7)

    # The term after that has no value yet; the major has no term before.
    assert (await desk.get("attainments/summary"))["level_changes"] == {
        "school": None,
        "major": None,
        "course": {
            "newest": {"period": newest, "standard": {"of": 3, "met": 2}},
            "earlier": {"period": earlier, "standard": {"of": 3, "met": 1}},
            "points": "33.3",
        },
        "teacher": None,
        "student": None,
    }


async def test_a_cell_of_the_map_tells_the_rates_of_its_goals(desk: Any, measured: Any) -> None:
    """Of bindings with a value; those whose goal names no system are in no cell."""
    lines = {"tiers": {"floor": {"op": ">=", "value": "0.5"}}}
    lines |= {"target": {"op": ">=", "value": "0.9"}}
    for key, scope, value, system in (
        ("met", "course/C1", "0.6", "support"),
        ("missed", "course/C2", "0.4", "support"),
        ("unknown", "course/C0001", None, "support"),
        ("reached", "major/M1", "0.9", "support"),
        ("elsewhere", "course/C0002", "0.6", None),
    ):
        about = {"key": key, "title": "目标", "scope": scope, "period": "term:2096-2097-1"}
        await desk.put("goals", about | {"system": system})
        await desk.put("bindings", about | lines | {"indicator": "pass_rate", "goal": key})
        if value:
            await desk.send([measured(value, 1, scope=scope)])
    await desk.judged(4)

    cells = (await desk.get("coverage"))["cells"]
    summary = await desk.get("attainments/summary")

    told = {(each["system"], each["level"]): each["rates"] for each in cells}
    assert {place: rates for place, rates in told.items() if rates["standard"]["of"]} == {
        ("support", "course"): {"standard": {"of": 2, "met": 1}, "target": {"of": 2, "met": 0}},
        ("support", "major"): {"standard": {"of": 1, "met": 1}, "target": {"of": 1, "met": 1}},
    }
    assert summary["level_rates"]["course"]["standard"] == {"of": 3, "met": 2}


async def test_goals_and_standards_are_listed(desk: Any) -> None:
    for key in ("g1", "g2"):
        goal = {"key": key, "title": key, "scope": f"major/{key}", "period": "year:2026"}
        await desk.put("goals", goal)
    for value in ("0.5", "0.6"):
        tiers = {"floor": {"op": ">=", "value": value}}
        await desk.put("standards", {"key": "s1", "title": "标准", "tiers": tiers})

    assert await pages(desk, "goals", 1) == [["g1"], ["g2"]]
    assert [goal["key"] for goal in await desk.get("goals", scope="major/g2")] == ["g2"]
    assert [each["version"] for each in await desk.get("standards")] == [2]
    fresh = await desk.running.client.get("/v1/standards/s1", headers={"If-None-Match": '"2"'})
    assert fresh.status_code == 304


BAD_QUESTIONS: list[tuple[str, dict[str, Any], int]] = [
    ("bindings/none", {}, 404),
    ("goals/none", {}, 404),
    ("standards/none", {}, 404),
    ("attainments", {"state": "bad", "scope": "x"}, 422),
    ("attainments", {"limit": 1, "pageToken": "x"}, 400),
    ("bindings", {"pageToken": "WzFd"}, 400),
]


async def test_bad_questions_are_refused(desk: Any) -> None:
    for path, query, status in BAD_QUESTIONS:
        answer = await desk.running.client.get(f"/v1/{path}", params=query)

        assert answer.status_code == status
        assert answer.json()["type"].startswith("urn:helix8:problem:")
