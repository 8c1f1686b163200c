"""What a goal, its plan, its tasks and what they rest on cannot mean, told by JSON path."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.kit.clock import CAMPUS, now
from target_service.domain.limits import read_limit
from target_service.domain.trajectory import Waypoint, faults_of_way

YEAR = "year:2096"
GOAL = {"key": "g", "title": "提高通过率", "scope": "unit/U1", "period": YEAR}
RATE = GOAL | {"indicator": "pass_rate", "target": {"op": ">=", "value": "0.9"}}
PLAN = {"key": "p", "kind": "year", "title": "年度计划", "period": YEAR, "scope": "unit/U1"}
TASK = {"key": "t", "title": "修订标准", "kind": "plan", "system": "generation", "scope": "unit/U1"}
BASIS = {"key": "M001", "title": "通知"}
BLANK = " \u3000\u00a0"


async def faults(desk: Any, collection: str, body: dict[str, Any]) -> set[str]:
    answer = await desk.put(collection, body)
    assert answer.status_code == 422, answer.text
    return set(answer.json()["validationErrors"])


@pytest.mark.parametrize(
    ("target", "baseline", "values", "at_fault"),
    [
        ({"op": ">=", "value": "0.9"}, "0.8", ["0.85", "0.9"], []),
        ({"op": ">=", "value": "0.9"}, "0.82", ["0.2", "0.9"], [0]),
        ({"op": ">=", "value": "0.9"}, None, ["0.8", "0.7", "0.9"], [1]),
        ({"op": ">=", "value": "0.9"}, None, ["0.8", "0.85"], [1]),
        ({"op": ">=", "value": "0.9"}, "0.99", ["0.95", "0.92"], []),
        ({"op": "<=", "value": "14"}, "18", ["17", "15", "14"], []),
        ({"op": "<=", "value": "14"}, "18", ["17", "17.5", "14"], [1]),
        ({"op": "between", "value": "14", "upper": "16"}, "20", ["10", "15"], []),
        ({"op": "between", "value": "14", "upper": "16"}, "17", ["10", "15"], [0]),
    ],
)
def test_no_step_of_the_way_leads_away_from_the_target(
    target: dict[str, str], baseline: str | None, values: list[str], at_fault: list[int]
) -> None:
    end = date(2096, 12, 31)
    way = [
        Waypoint(str(at), Decimal(value), end.replace(year=end.year - len(values) + 1 + at))
        for at, value in enumerate(values)
    ]

    found = faults_of_way(read_limit(target), Decimal(baseline) if baseline else None, way, end)

    assert [path for path, _ in found] == [str(at) for at in at_fault]


async def test_blanks_are_neither_a_title_nor_a_reason(desk: Any) -> None:
    assert await faults(desk, "goals", GOAL | {"title": BLANK}) == {"$.title"}
    assert await faults(desk, "plans", PLAN | {"title": BLANK}) == {"$.title"}
    assert await faults(desk, "tasks", TASK | {"title": BLANK, "reason": BLANK}) == {
        "$.title",
        "$.reason",
    }
    kept = await desk.put("goals", GOAL | {"title": f" 提高{BLANK}", "owner": BLANK})
    waiver = {"letter": "A", "reason": BLANK}
    assert await faults(desk, "goals/g/waivers", waiver) == {"$.reason"}

    assert (kept.json()["title"], kept.json()["owner"]) == ("提高", "")


async def test_a_way_that_contradicts_its_target_and_a_sum_of_shares_are_refused(desk: Any) -> None:
    way = [{"period": YEAR, "value": "0.2"}]
    wrong = RATE | {"trajectory": way, "allocation": "sum", "aggregation": "sum"}

    assert await faults(desk, "goals", wrong) == {
        "$.trajectory[0].value",
        "$.allocation",
        "$.aggregation",
    }
    await desk.put("goals", RATE)
    part = RATE | {"key": "c"}
    divided = {"allocation": "sum", "children": [part]}
    assert "$.allocation" in await faults(desk, "goals/g/decompose", divided)


async def test_a_goal_lies_in_the_period_of_its_plan_whichever_changes(desk: Any) -> None:
    await desk.put("plans", PLAN)

    assert await faults(desk, "goals", GOAL | {"plan": "p", "period": "year:2097"}) == {"$.period"}
    assert (await desk.put("goals", GOAL | {"plan": "p"})).status_code == 201
    assert await faults(desk, "plans", PLAN | {"period": "year:2097"}) == {"$.period"}


async def test_nothing_ends_after_what_it_serves_though_no_deadline_is_written(desk: Any) -> None:
    await desk.put("goals", GOAL)
    late = {"deadline": "2097-01-01"}
    child = GOAL | {"key": "c"}

    assert await faults(desk, "goals", child | {"parent": "g"} | late) == {"$.deadline"}
    divided = {"allocation": "same", "children": [child | late]}
    assert await faults(desk, "goals/g/decompose", divided) == {"$.children[0].deadline"}
    task = TASK | {"goals": ["g"], "ends_on": "2097-01-01"}
    assert await faults(desk, "tasks", task) == {"$.ends_on"}


async def test_what_is_named_must_be_there_under_its_own_path(desk: Any) -> None:
    assert await faults(
        desk,
        "goals",
        GOAL | {"co_owners": ["T1", "teacher/no"], "dimensions": ["x"], "basis": ["no"]},
    ) == {"$.co_owners[1]", "$.dimensions[0]", "$.basis[0]"}
    assert await faults(
        desk,
        "plans",
        PLAN | {"owner": "teacher/no", "approver": "teacher/no", "parent": "none", "basis": ["no"]},
    ) == {"$.owner", "$.approver", "$.parent", "$.basis[0]"}


async def test_a_basis_document_stays_while_a_plan_or_a_goal_cites_it(desk: Any) -> None:
    await desk.put("basis-documents", BASIS)
    await desk.put("plans", PLAN | {"basis": ["M001"]})
    await desk.put("goals", GOAL | {"basis": ["M001"]})
    await desk.put(
        "risks",
        {
            "key": "r",
            "title": "险",
            "scope": "unit/U1",
            "likelihood": 1,
            "impact": 1,
            "owner": "T1",
            "basis": {"document": "M001"},
        },
    )

    refused = await desk.running.client.delete("/v1/basis-documents/M001")

    assert refused.status_code == 409
    assert "plans/p" in refused.json()["detail"]
    assert "goals/g" in refused.json()["detail"]


async def test_a_goal_was_not_there_before_it_was_made(desk: Any) -> None:
    await desk.put("goals", GOAL)
    await desk.put("goals", GOAL | {"title": "提高"})
    today = now().astimezone(CAMPUS).date()

    async def told(day: date) -> Any:
        return await desk.running.client.get("/v1/goals/g", params={"asOf": day.isoformat()})

    assert (await told(today - timedelta(days=1))).status_code == 404
    assert (await told(today)).json()["title"] == "提高"
    # The last day of all has no end.
    for path in ("goals/g", "attainments", "attainments/rates"):
        beyond = await desk.running.client.get(f"/v1/{path}", params={"asOf": date.max.isoformat()})
        assert list(beyond.json()["validationErrors"]) == ["query.asOf"], path


async def test_a_sheet_orders_only_tasks_that_are_there(desk: Any) -> None:
    answer = await desk.running.client.put("/v1/sheets/unit/U1", json={"tasks": ["nope"]})

    assert (answer.status_code, set(answer.json()["validationErrors"])) == (422, {"$.tasks[0]"})


async def test_a_wrong_way_operator_is_refused_wherever_lines_are_given(desk: Any) -> None:
    worse = {"op": ">=", "value": "0.2"}
    cell = {"indicator": "drop_rate", "period": YEAR, "title": "流失"}
    banded = {"rule": "banded_ratio", "qualified": worse, "limit": {"op": ">=", "value": "0.1"}}
    criterion = {"indicator": "drop_rate", "tiers": {"qualified": worse}, "scoring": banded}
    document = {"key": "s", "kind": "post_work", "title": "标准", "scope": "unit/U1"}

    assert await faults(
        desk, "bindings", cell | {"scope": "unit/U1", "target": worse, "scoring": banded}
    ) == {"$.target.op", "$.scoring.qualified.op", "$.scoring.limit.op"}
    assert await faults(desk, "standards", document | {"criteria": [criterion]}) == {
        "$.criteria[0].tiers.qualified.op",
        "$.criteria[0].scoring.qualified.op",
        "$.criteria[0].scoring.limit.op",
    }
    line = {"key": "l", "title": "线", "indicator": "drop_rate", "tiers": {"floor": worse}}
    assert await faults(desk, "standards", line) == {"$.tiers.floor.op"}
    selector = cell | {"key": "all", "kind": "unit", "tiers": {"floor": worse}}
    assert await faults(desk, "selectors", selector) == {"$.tiers.floor.op"}
