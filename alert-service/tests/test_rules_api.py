"""Rules over REST, on real values: put, publish, try, put out of force; what people do with alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from shared.contracts.datahub import FeedLate, IndicatorMeasured
from shared.contracts.spiral import CycleClosed

PERIOD = "term:2026-2027-1"
RULE = {
    "title": "及格率偏低",
    "family": "academic",
    "unit": "ratio",
    "scopes": {"kind": "course"},
    "periods": ["term"],
    "condition": {"is": "value", "indicator": "pass_rate", "op": "<", "value": "0.8"},
    "ladder": [
        {
            "severity": "red",
            "when": {"is": "value", "indicator": "pass_rate", "op": "<", "value": "0.5"},
        }
    ],
    "margin": "0.02",
    "least": {"n": 10},
}


async def measure(desk: Any, seq: int, value: str | None, *scopes: str) -> None:
    """Publish a value of each scope in one event as the hub does; wait until it was heard."""
    items = [
        {
            "id": f"pass_rate@{scope}",
            "indicator": "pass_rate",
            "scope": scope,
            "period": PERIOD,
            "value": value,
            "numerator": None,
            "denominator": None,
            "n": 100,
            "coverage": "1",
            "freshest_at": "2026-11-23T00:00:00Z",
            "formula_version": 1,
            "seq": seq,
        }
        for scope in scopes
    ]
    event = IndicatorMeasured.model_validate({"items": items})
    await desk.handled(await desk.send(event, "pass_rate"))


async def put(desk: Any, key: str, document: Any, status: int, **headers: str) -> Any:
    response = await desk.running.client.put(f"/v1/rules/{key}", json=document, headers=headers)
    assert response.status_code == status, response.text
    return response


async def post(desk: Any, path: str, status: int = 200, **said: Any) -> Any:
    response = await desk.running.client.post(f"/v1/{path}", json=said)
    assert response.status_code == status, response.text
    return response.json()


async def enable(desk: Any, key: str, *, enabled: bool) -> Any:
    path = f"/v1/rules/{key}/enabled"
    response = await desk.running.client.put(path, json={"enabled": enabled})
    assert response.status_code == 200, response.text
    return response.json()


async def open_alerts(desk: Any, count: int) -> list[Any]:
    """Wait until so many alerts are open; return them by their scopes."""

    async def enough() -> list[Any] | None:
        found = await desk.get("alerts", state="open", pageSize=100)
        return [sorted(found, key=lambda each: str(each["scope"]))] if len(found) == count else None

    [found] = await desk.until(enough)
    return list(found)


async def test_a_rule_is_put_checked_published_tried_changed_and_put_out_of_force(
    desk: Any,
) -> None:
    await desk.handled(await desk.publish(1, "ratio"))
    await desk.scope(1, "course/C1", owners=[{"role": "course_lead", "person": "teacher/T9"}])
    await measure(desk, 1, "0.7", "course/C1", "course/C2")
    nowhere = RULE | {"unit": "percent", "times": 2, "surprise": 1}
    refused = await put(desk, "pass-low", nowhere, 422)
    faulty = await put(desk, "pass-low", RULE | {"unit": "percent", "owner": {"by": "fixed"}}, 422)
    first = await put(desk, "pass-low", RULE, 201)
    again = await put(desk, "pass-low", RULE, 200)
    stale = await put(desk, "pass-low", RULE | {"times": 2}, 412, **{"If-Match": '"7"'})
    assert await desk.get("alerts") == []

    assert "$.surprise" in refused.text
    assert set(faulty.json()["fields"]) == {"$.condition.value", "$.ladder[0].when.value",
                                            "$.owner.owner"}  # fmt: skip
    assert (first.headers["Changed"], again.headers["Changed"]) == ("true", "false")
    assert stale.json()["code"] == "version-conflict"

    published = await post(desk, "rules/pass-low/publication")
    alerts = await open_alerts(desk, 2)
    assert (published["published"], published["enabled"]) == (1, True)
    assert [(each["scope"], each["severity"], each["owner"]) for each in alerts] == [
        ("course/C1", "yellow", "teacher/T9"),
        ("course/C2", "yellow", "role/qa_office"),
    ]
    assert alerts[0]["crossed"]["words"] == "< 80%"
    assert {each["rule"] for each in alerts} == {"rule/pass-low"}

    await measure(desk, 3, "0.4", "course/C1")
    await measure(desk, 2, "0.9", "course/C1")
    await measure(desk, 3, None, "course/C2")
    worse, held = await open_alerts(desk, 2)
    assert (worse["severity"], worse["value"], held["hold_reason"]) == ("red", "0.4", "no-data")
    cells = await desk.get("rules/pass-low/cells", state="no-data")
    assert [(each["scope"], each["period"]) for each in cells] == [("course/C2", PERIOD)]

    await measure(desk, 4, "0.81", "course/C1", "course/C2")
    assert {each["value"] for each in await open_alerts(desk, 2)} == {"0.81"}
    await put(desk, "pass-low", RULE | {"margin": "0"}, 200)
    assert (await desk.get("rules/pass-low"))["published"] == 1
    await post(desk, "rules/pass-low/publication", version=2)
    await open_alerts(desk, 0)
    assert {each["how"] for each in await desk.get("alerts")} == {"line-changed"}

    tried = await post(desk, "rules/pass-low/trial")
    stricter = RULE | {"condition": RULE["condition"] | {"value": "0.95"}, "least": {}}
    other = await post(desk, "rules/new-one/trial", rule=stricter)
    assert (tried["raised"], tried["settled"], tried["signals"]) == (2, 2, 7)
    assert (other["raised"], other["settled"], other["severities"]["red"]) == (2, 0, 1)
    assert (await post(desk, "rules/nobody/trial", 404))["code"] == "rule-not-found"

    await measure(desk, 5, "0.7", "course/C1")
    [alert] = await open_alerts(desk, 1)
    view = await enable(desk, "pass-low", enabled=False)
    ended = await desk.get(f"alerts/{alert['id']}")
    assert (view["enabled"], ended["how"], view["states"]) == (False, "withdrawn", {})
    dropped = await desk.running.client.delete("/v1/rules/pass-low")
    assert (dropped.status_code, dropped.json()["code"]) == (409, "rule-in-use")
    listed = await desk.get("rules", indicator="pass_rate")
    assert [(each["key"], each["version"], each["shipped"]) for each in listed] == [
        ("pass-low", 2, False)
    ]


async def test_shipped_rules_are_there_and_warn_once_they_are_put_in_force(desk: Any) -> None:
    async def shipped() -> Any:
        return await desk.get("rules", enabled="false")

    listed = await desk.until(shipped)
    await enable(desk, "data-feed-late", enabled=True)
    about = {"feed": "academic.score", "source": "academic", "entity": "score"}
    about |= {"expected_at": "2026-11-23T00:00:00Z", "last_batch_at": None, "late_by_seconds": 60}
    for level in ("late", "missing"):
        event = FeedLate.model_validate(about | {"level": level})
        await desk.handled(await desk.send(event, "academic.score"))

    [alert] = await open_alerts(desk, 1)
    assert len({each["family"] for each in listed}) == 14
    assert (alert["scope"], alert["severity"], alert["family"], alert["level"]) == (
        "feed/academic.score",
        "yellow",
        "data",
        "school",
    )
    event = FeedLate.model_validate(about | {"level": "cleared"})
    await desk.handled(await desk.send(event, "academic.score"))
    await open_alerts(desk, 0)


async def test_alerts_are_assigned_escalated_and_dismissed_and_what_they_were_worth_is_told(
    desk: Any,
) -> None:
    database = desk.running.app.state.database
    await desk.scope(1, "unit/U1", owners=[{"role": "unit_head", "person": "teacher/T8"}])
    await desk.handled(await desk.scope(2, parents=["unit/U1"]))
    await desk.bind()
    await desk.handled(await desk.judge(1, "below_standard", "0.72", relative_gap="0.05"))
    [alert] = await open_alerts(desk, 1)
    path = f"alerts/{alert['id']}"

    named = await post(desk, f"{path}/assignment", owner="teacher/T7", note="代管")
    assert (named["owner"], named["assigned_by"]) == ("teacher/T7", "person/admin")
    refused = await post(desk, f"{path}/dismissal", 422, how="accepted", reason="设备检修")
    assert refused["code"] == "dismissal"

    supervisors = []
    for times in (1, 2, 3):
        await _pass_due(desk)
        later = await desk.until(lambda times=times: _escalated(desk, path, times))
        supervisors.append((later["supervisor"], later["severity"], later["owner"]))
    assert supervisors == [
        ("teacher/T8", "orange", "teacher/T7"),
        ("role/qa_office", "orange", "teacher/T7"),
        ("role/school_leader", "orange", "teacher/T7"),
    ]
    steps = [each["step"] for each in (await desk.get(path))["history"]]
    assert steps == ["raised", "assigned", "escalated", "escalated", "escalated"]

    soon = (datetime.now(UTC) + timedelta(seconds=1.5)).isoformat()
    over = await post(desk, f"{path}/dismissal", how="accepted", reason="设备检修", until=soon)
    assert (over["state"], over["how"], over["dismissed_by"]) == (
        "settled",
        "accepted",
        "person/admin",
    )
    await desk.handled(await desk.judge(2, "below_standard", "0.71", relative_gap="0.05"))
    assert await desk.get("alerts", state="open") == []
    [anew] = await open_alerts(desk, 1)
    assert anew["value"] == "0.71"

    await post(desk, f"alerts/{anew['id']}/dismissal", how="false-alarm", reason="录入有误")
    await desk.handled(await desk.judge(3, "below_standard", "0.70", relative_gap="0.05"))
    assert await desk.get("alerts", state="open") == []
    await desk.handled(await desk.judge(4, "met_target", "0.95"))
    await desk.handled(await desk.judge(5, "below_standard", "0.70", relative_gap="0.05"))
    [third] = await open_alerts(desk, 1)
    await _close_cycle(desk, third["id"])
    await open_alerts(desk, 0)

    assert [kind for kind, _ in await desk.facts(10)] == [
        *("raised", "assigned", "escalated", "escalated", "escalated", "dismissed"),
        *("raised", "dismissed", "raised", "dismissed"),
    ]
    figures = (await desk.get("alerts/statistics"))["groups"]
    assert len(figures) == 1
    counted = {name: figures[0][name] for name in ("raised", "accepted", "false_alarms", "carried")}
    assert counted == {"raised": 3, "accepted": 1, "false_alarms": 1, "carried": 1}
    worth = [figures[0][name] for name in ("precision", "recurrence", "escalated", "in_time")]
    assert worth == [0.5, 0.6667, 1, 0.0]


async def _pass_due(desk: Any) -> None:
    """Let the time to acknowledge be over."""
    async with desk.running.app.state.database.transaction() as tx:
        for table in ("alert", "timer"):
            await tx.session.execute(
                text(f"UPDATE {table} SET due_at = now() - interval '1 minute'")  # noqa: S608
            )


async def _escalated(desk: Any, path: str, times: int) -> Any:
    alert = await desk.get(path)
    return alert if alert["escalated"] == times else None


async def _close_cycle(desk: Any, alert: str) -> None:
    about = {"cycle": "c1", "version": 9, "scope": "course/C0001", "period": PERIOD}
    about |= {"definition": "figure_eight@1", "step": "improve", "at": "2026-11-23T00:00:00Z"}
    about |= {"left": "improve", "seen": [], "state": "closed", "by": "teacher/T8"}
    carried = [{"alert": alert, "reason": "列入下一轮改进"}]
    event = CycleClosed.model_validate(about | {"carried": carried})
    await desk.handled(await desk.send(event, "course/C0001"))
