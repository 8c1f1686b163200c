"""Rules over REST on real values; what people do with alerts, and the clock where they do not."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from shared.calendar import CAMPUS
from shared.contracts.datahub import CalendarChanged, FeedLate, IndicatorMeasured
from shared.contracts.school_calendar import Holiday
from shared.contracts.spiral import CycleClosed
from shared.kit.clock import now
from shared.kit.identity import Caller

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


async def open_alerts(desk: Any, count: int) -> list[Any]:
    """Wait until so many alerts are open; return them by their scopes."""

    async def enough() -> list[Any] | None:
        found = await desk.get("alerts", state="open", pageSize=100)
        return [sorted(found, key=lambda each: str(each["scope"]))] if len(found) == count else None

    [found] = await desk.until(enough)
    return list(found)


async def known(desk: Any) -> None:
    """Let the service know the indicator, and who leads one of two courses."""
    await desk.handled(await desk.publish(1, "ratio"))
    owners = [{"role": "course_lead", "person": "teacher/T9"}]
    await desk.handled(await desk.scope(1, "course/C1", owners=owners))


MANY = (
    "INSERT INTO scope (scope, name_zh, parents, gone, seq)"
    " SELECT 'student/S' || n, 'S', '{}', false, 1 FROM generate_series(1, 50001) AS n"
)


async def test_a_rule_that_contradicts_itself_or_is_another_one_is_refused(desk: Any) -> None:
    await known(desk)

    surprise = await put(desk, "pass-low", RULE | {"surprise": 1}, 422)
    faulty = await put(desk, "pass-low", RULE | {"unit": "percent", "owner": {"by": "fixed"}}, 422)
    unpublished = await put(desk, "pass-low", RULE, 201)
    again = await put(desk, "pass-low", RULE, 200)
    stale = await put(desk, "pass-low", RULE | {"times": 2}, 412, **{"If-Match": '"7"'})
    checked = await post(desk, "rules/lint", **RULE | {"unit": "score"})
    early = await desk.running.client.put("/v1/rules/pass-low/enabled", json={"enabled": True})
    async with desk.running.app.state.database.transaction() as tx:
        await tx.session.execute(text(MANY))
    wide = await put(desk, "pass-low", RULE | {"scopes": {"kind": "student"}}, 422)
    dropped = await desk.running.client.delete("/v1/rules/pass-low")
    gone = await desk.running.client.get("/v1/rules/pass-low")

    assert set(faulty.json()["validationErrors"]) == {
        *("$.condition.value", "$.ladder[0].when.value", "$.owner.owner"),
    }
    assert wide.json()["validationErrors"]["$.scopes"][0].startswith(
        "适用 50001 个对象，最多 50000"
    )
    assert "$.surprise" in surprise.json()["validationErrors"]
    assert (unpublished.headers["Changed"], again.headers["Changed"]) == ("true", "false")
    assert [_code(each) for each in (faulty, stale, early)] == [
        *("rule-faulty", "version-conflict", "rule-unpublished"),
    ]
    assert (checked["holds"], checked["scopes"]) == (False, 1)
    assert (dropped.status_code, gone.status_code) == (204, 404)


async def test_what_is_known_is_judged_by_a_rule_that_is_published(desk: Any) -> None:
    await known(desk)
    await measure(desk, 1, "0.7", "course/C1", "course/C2")
    await put(desk, "pass-low", RULE, 201)
    assert await desk.get("alerts") == []

    published = await post(desk, "rules/pass-low/publication")
    alerts = await open_alerts(desk, 2)
    assert (published["published"], published["enabled"]) == (1, True)
    assert [(each["scope"], each["severity"], each["owner"]) for each in alerts] == [
        ("course/C1", "yellow", "teacher/T9"),
        ("course/C2", "yellow", "role/qa_office"),
    ]
    assert {each["rule"] for each in alerts} == {"rule/pass-low"}
    assert alerts[0]["crossed"]["words"] == "< 80%"

    await measure(desk, 3, "0.4", "course/C1")
    await measure(desk, 2, "0.9", "course/C1")
    await measure(desk, 3, None, "course/C2")
    worse, held = await open_alerts(desk, 2)
    assert (worse["severity"], worse["value"], held["hold_reason"]) == ("red", "0.4", "no-data")
    cells = await desk.get("rules/pass-low/cells", state="no-data")
    assert [(each["scope"], each["period"]) for each in cells] == [("course/C2", PERIOD)]

    owners = [{"role": "course_lead", "person": "teacher/T10"}]
    await desk.scope(2, "course/C1", owners=owners)

    async def owned() -> bool:
        return "teacher/T10" in {each["owner"] for each in await desk.get("alerts")}

    await desk.until(owned)


async def test_another_version_of_a_rule_ends_what_it_does_not_warn_of(desk: Any) -> None:
    await known(desk)
    await put(desk, "pass-low", RULE, 201)
    await post(desk, "rules/pass-low/publication")
    await measure(desk, 1, "0.4", "course/C1")
    await measure(desk, 2, "0.81", "course/C1")
    [kept] = await open_alerts(desk, 1)
    assert kept["value"] == "0.81"

    await put(desk, "pass-low", RULE | {"margin": "0"}, 200)
    assert (await desk.get("rules/pass-low"))["published"] == 1
    await post(desk, "rules/pass-low/publication", version=2)
    await open_alerts(desk, 0)
    assert {each["how"] for each in await desk.get("alerts")} == {"line-changed"}

    await measure(desk, 3, "0.7", "course/C1")
    [alert] = await open_alerts(desk, 1)
    path = "/v1/rules/pass-low/enabled"
    out = (await desk.running.client.put(path, json={"enabled": False})).json()
    ended = await desk.get(f"alerts/{alert['id']}")
    dropped = await desk.running.client.delete("/v1/rules/pass-low")
    assert (out["enabled"], ended["how"], out["states"]) == (False, "withdrawn", {})
    assert (dropped.status_code, _code(dropped)) == (409, "rule-in-use")


async def test_a_rule_is_tried_on_what_was_heard(desk: Any) -> None:
    await known(desk)
    await put(desk, "pass-low", RULE, 201)
    for seq, value in enumerate(("0.7", "0.9", "0.6"), start=1):
        await measure(desk, seq, value, "course/C1")
    await desk.bind(scope="course/C1")
    await desk.handled(await desk.judge(1, "below_floor", "0.4", scope="course/C1"))

    tried = await post(desk, "rules/pass-low/trial")
    stricter = RULE | {"condition": RULE["condition"] | {"value": "0.95"}, "ladder": []}
    other = await post(desk, "rules/new-one/trial", rule=stricter)
    nobody = await desk.running.client.post("/v1/rules/nobody/trial", json={})
    never = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    stretch = await desk.running.client.post("/v1/rules/pass-low/trial", json=never)

    of_care = {"rule": RULE | {"family": "welfare"}}
    author = Caller(subject="person/Q", scopes=frozenset({"alert:write"}))
    who = {"Authorization": f"Bearer {desk.signer.sign(author, 'alert')}"}
    closed = await desk.running.client.post("/v1/rules/new-one/trial", json=of_care, headers=who)

    figures = ("signals", "raised", "settled", "scopes", "helped", "came_true")
    assert [tried[name] for name in figures] == [3, 2, 1, 1, 2, 1.0]
    assert [other[name] for name in figures] == [3, 1, 0, 1, 1, 1.0]
    assert tried["examples"][0]["value"] == "0.7"
    refused = [_code(each) for each in (nobody, stretch, closed)]
    assert refused == ["rule-not-found", "stretch", "trial-closed"]
    assert [each["severity"] for each in await desk.get("alerts")] == ["red"]


def _code(response: Any) -> str:
    return str(response.json()["type"]).rpartition(":")[2]


async def test_shipped_rules_are_there_and_warn_once_they_are_put_in_force(desk: Any) -> None:
    async def shipped() -> Any:
        return await desk.get("rules", enabled="false")

    listed = await desk.until(shipped)
    path = "/v1/rules/data-feed-late/enabled"
    await desk.running.client.put(path, json={"enabled": True})
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


async def test_nobody_answers_and_the_next_one_is_called(desk: Any) -> None:
    heads = [{"role": "unit_head", "person": "teacher/T8"}]
    await desk.handled(await desk.scope(1, "unit/U1", owners=heads))
    await desk.handled(await desk.scope(2, parents=["unit/U1"]))
    path = f"alerts/{await raised(desk)}"

    named = await post(desk, f"{path}/assignment", owner="teacher/T7", note="代管")
    supervisors = []
    for times in (1, 2, 3):
        await _pass_due(desk)
        later = await desk.until(lambda times=times: _escalated(desk, path, times))
        supervisors.append((later["supervisor"], later["severity"], later["owner"]))

    assert (named["owner"], named["assigned_by"]) == ("teacher/T7", "person/admin")
    assert supervisors == [
        ("teacher/T8", "orange", "teacher/T7"),
        ("role/qa_office", "orange", "teacher/T7"),
        ("role/school_leader", "orange", "teacher/T7"),
    ]
    steps = ["raised", "assigned", "escalated", "escalated", "escalated"]
    assert [each["step"] for each in (await desk.get(path))["history"]] == steps
    assert [kind for kind, _ in await desk.facts(5)] == steps

    # Whoever was called last may answer, too; whoever was called before him not any more.
    answers = [
        await desk.running.client.post(
            f"/v1/{path}/acknowledgement", json={"note": "已知"}, headers=desk.reader(*who)
        )
        for who in (("person/T8",), ("person/T1", ("leader", "*")))
    ]
    assert [each.status_code for each in answers] == [403, 200]


async def test_an_alert_goes_over_to_whoever_answers_now_and_he_acknowledges_it_himself(
    desk: Any,
) -> None:
    await desk.scope(1, "course/C1", parents=["unit/U1"])
    await desk.handled(await desk.publish(1, "ratio"))
    await put(desk, "pass-low", RULE | {"owner": {"by": "above", "kind": "unit"}}, 201)
    await post(desk, "rules/pass-low/publication")
    await measure(desk, 1, "0.4", "course/C1")
    [alert] = await open_alerts(desk, 1)
    path = f"alerts/{alert['id']}"
    seen = await post(desk, f"{path}/acknowledgement", note="已知")

    async def owned_by(owner: str) -> Any:
        async def is_theirs() -> Any:
            now_ = await desk.get(path)
            return now_ if now_["owner"] == owner else None

        return await desk.until(is_theirs)

    # The unit is set up later; then its head leaves the college, and so does whoever was named.
    heads = [{"role": "unit_head", "person": "teacher/T8"}]
    heads += [{"role": "unit_deputy", "person": "teacher/T9"}]
    await desk.scope(2, "unit/U1", owners=heads)
    first = await owned_by("teacher/T8")
    await desk.scope(3, "teacher/T8", gone=True)
    await owned_by("teacher/T9")
    await post(desk, f"{path}/assignment", owner="person/T7")
    await desk.scope(4, "teacher/T7", gone=True)
    last = await owned_by("teacher/T9")

    assert (seen["owner"], seen["acknowledged_by"]) == ("role/qa_office", "person/admin")
    assert (first["acknowledged_by"], last["assigned_by"]) == (None, None)


async def test_holidays_that_are_told_later_put_off_what_is_due(desk: Any) -> None:
    path = f"alerts/{await raised(desk)}"
    free = [now().astimezone(CAMPUS).date() + timedelta(days=days) for days in range(30)]
    holidays = tuple(Holiday(on=day, name_zh="寒假") for day in free)
    told = CalendarChanged(seq=1, holidays=holidays)
    await desk.handled(await desk.send(told, "calendar"))

    later = await desk.get(path)
    async with desk.running.app.state.database.transaction() as tx:
        timer = await tx.session.scalar(text("SELECT due_at FROM timer WHERE kind = 'escalation'"))
    assert datetime.fromisoformat(later["due_at"]) == timer
    assert timer.astimezone(CAMPUS).date() > free[-1]


async def test_what_was_dismissed_does_not_warn_until_it_is_over_and_counts(desk: Any) -> None:
    path = f"alerts/{await raised(desk)}"
    mine = await post(desk, f"{path}/assignment", owner="person/admin")
    refused = await desk.running.client.post(
        f"/v1/{path}/dismissal", json={"how": "false-alarm", "reason": "误报"}
    )
    await post(desk, f"{path}/assignment", owner="teacher/T7")
    endless = await desk.running.client.post(
        f"/v1/{path}/dismissal", json={"how": "accepted", "reason": "设备检修"}
    )
    soon = (now() + timedelta(seconds=1)).isoformat()
    over = await post(desk, f"{path}/dismissal", how="accepted", reason="设备检修", until=soon)
    assert (mine["may"]["dismiss"], refused.status_code, _code(endless)) == (
        False,
        403,
        "dismissal",
    )
    assert (over["state"], over["how"], over["dismissed_by"]) == (
        *("settled", "accepted", "person/admin"),
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

    [figures] = (await desk.get("alerts/statistics"))["groups"]
    names = ("raised", "accepted", "false_alarms", "carried", "precision", "recurrence")
    assert [figures[name] for name in names] == [3, 1, 1, 1, 0.5, 0.6667]
    # All of them were over before they had to be acknowledged: nobody was late.
    async with desk.running.app.state.database.transaction() as tx:
        over = "settled_at = now() - interval '2 days', due_at = now() - interval '1 day'"
        await tx.session.execute(text(f"UPDATE alert SET {over}"))  # noqa: S608
    assert (await desk.get("alerts/statistics"))["total"]["in_time"] is None


async def raised(desk: Any) -> str:
    """Raise an alert; return its id."""
    await desk.bind()
    await desk.handled(await desk.judge(1, "below_standard", "0.72", relative_gap="0.05"))
    [alert] = await open_alerts(desk, 1)
    return str(alert["id"])


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
