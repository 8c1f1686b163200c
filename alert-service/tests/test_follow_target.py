"""``binding.changed`` and ``attainment.changed``: from NATS to alerts, steps and facts."""

from datetime import datetime, timedelta
from typing import Any

from shared.calendar import Calendar
from shared.contracts.datahub import CalendarChanged
from shared.contracts.school_calendar import WorkingHours


async def test_a_broken_standard_raises_one_alert(desk: Any) -> None:
    await desk.bind()

    await desk.judge(1, "below_standard", "0.72", relative_gap="0.100000", warning=True)

    [(kind, fact)] = await desk.facts(1)
    [alert] = await desk.get("alerts")
    raised = datetime.fromisoformat(fact["raised_at"])
    assert datetime.fromisoformat(fact["due_at"]) == Calendar().add(raised, timedelta(hours=48))
    assert kind == "raised"
    assert fact == {
        "alert": alert["id"],
        "version": 1,
        "rule": "threshold/pass_rate",
        "family": "indicator",
        "scope": "course/C0001",
        "period": "term:2026-2027-1",
        "severity": "yellow",
        "indicator": "pass_rate",
        "title": "通过率",
        "state": "below_standard",
        "value": "0.72",
        "value_before": "0.72",
        "crossed": {"line": "standard", "op": ">=", "value": "0.8", "upper": None},
        "worst": {
            "severity": "yellow",
            "value": "0.72",
            "crossed": {"line": "standard", "op": ">=", "value": "0.8", "upper": None},
            "at": fact["at"],
        },
        "owner": "teacher/T001",
        "raised_at": fact["at"],
        "due_at": fact["due_at"],
        "acknowledged_by": None,
        "acknowledged_at": None,
        "reopened": 0,
        "escalated": 0,
        "supervisor": None,
        "at": fact["at"],
    }
    assert (alert["state"], alert["standing"], alert["level"]) == (
        "open",
        "below_standard",
        "course",
    )


async def test_repeats_merge_and_what_says_nothing_new_is_silent(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_standard", "0.79", relative_gap="0.0125")

    await desk.handled(await desk.judge(2, "below_standard", "0.79", relative_gap="0.0125"))
    await desk.judge(3, "below_floor", "0.4", relative_gap="0.5")

    facts = await desk.facts(2)
    assert [(kind, fact["severity"], fact["value"], fact["version"]) for kind, fact in facts] == [
        ("raised", "yellow", "0.79", 1),
        ("merged", "red", "0.4", 2),
    ]
    assert facts[1][1]["value_before"] == "0.79"
    assert facts[1][1]["crossed"] == {"line": "floor", "op": ">=", "value": "0.5", "upper": None}
    assert len(await desk.get("alerts")) == 1


async def test_a_red_breach_stays_in_sight_when_the_value_eases(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_floor", "0.4", relative_gap="0.5")
    await desk.judge(2, "below_standard", "0.79", relative_gap="0.0125")
    await desk.judge(3, "met_target", "0.93")

    facts = [fact for _, fact in await desk.facts(3)]
    [alert] = await desk.get("alerts", state="settled")
    floor = {"line": "floor", "op": ">=", "value": "0.5", "upper": None}
    worst = {"severity": "red", "value": "0.4", "crossed": floor, "at": facts[0]["at"]}
    told = worst | {"crossed": floor | {"name_zh": "底线", "words": "≥ 0.5", "words_en": "≥ 0.5"}}
    at, due = ([datetime.fromisoformat(f[name]) for f in facts] for name in ("at", "due_at"))
    assert [fact["severity"] for fact in facts] == ["red", "yellow", "yellow"]
    assert [fact["worst"] for fact in facts] == [worst] * 3
    assert alert["worst"] == told | {"at": alert["worst"]["at"]}
    assert datetime.fromisoformat(alert["worst"]["at"]) == datetime.fromisoformat(facts[0]["at"])
    assert due[0] == Calendar().add(at[0], timedelta(hours=8))
    assert due[1] == Calendar().add(at[1], timedelta(hours=48))
    assert alert["due_at"] == facts[1]["due_at"]


async def test_the_value_back_in_order_settles_with_its_effect(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_standard", "0.72", relative_gap="0.1")
    await desk.judge(2, "below_floor", "0.40", relative_gap="0.5")

    await desk.judge(3, "met_target", "0.93")

    facts = await desk.facts(3)
    kind, fact = facts[-1]
    assert (kind, fact["how"], fact["effect"], fact["value"]) == (
        "settled",
        "recovered",
        "0.21",
        "0.93",
    )
    [alert] = await desk.get("alerts", state="settled")
    assert await desk.get("alerts", state="open") == []
    detail = await desk.get(f"alerts/{alert['id']}")
    assert [step["step"] for step in detail["history"]] == ["raised", "merged", "settled"]
    assert detail["may"] == {"acknowledge": False, "assign": False, "dismiss": False}


async def test_a_forecast_that_misses_the_target_alone_warns_in_blue(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "met_standard", "0.85", forecast="0.88")
    await desk.judge(2, "below_standard", "0.79", relative_gap="0.0125", forecast="0.8")
    await desk.judge(3, "met_standard", "0.85", forecast="0.88")
    await desk.judge(4, "met_standard", "0.86", forecast="0.9")

    names = ("severity", "title", "crossed")
    facts = await desk.facts(4)
    assert [(kind, *(fact[name] for name in names)) for kind, fact in facts][:3] == [
        ("raised", "blue", "通过率（预测到期不达目标）", None),
        (
            *("merged", "yellow", "通过率"),
            {"line": "standard", "op": ">=", "value": "0.8", "upper": None},
        ),
        ("merged", "blue", "通过率（预测到期不达目标）", None),
    ]
    assert (facts[3][0], facts[3][1]["how"], facts[3][1]["effect"]) == (
        "settled",
        "recovered",
        "0.01",
    )


async def test_a_value_that_falls_again_opens_a_new_alert(desk: Any) -> None:
    await desk.bind()

    await desk.judge(1, "below_standard", "0.7", relative_gap="0.125")
    await desk.judge(2, "met_target", "0.93")
    await desk.judge(3, "below_standard", "0.7", relative_gap="0.125")

    facts = await desk.facts(3)
    assert [kind for kind, _ in facts] == ["raised", "settled", "raised"]
    assert facts[0][1]["alert"] == facts[1][1]["alert"] != facts[2][1]["alert"]


async def test_one_event_may_settle_an_alert_and_raise_the_next(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_standard", "0.7", relative_gap="0.125")
    await desk.facts(1)

    await desk.judge_many(
        (2, "met_target", "0.93"),
        (3, "below_floor", "0.1"),
        (4, "met_target", "0.94"),
        (5, "below_floor", "0.2"),
    )

    facts = await desk.facts(5)
    assert [kind for kind, _ in facts] == ["raised", "settled", "raised", "settled", "raised"]
    assert [alert["value"] for alert in await desk.get("alerts", state="open")] == ["0.2"]
    assert len(await desk.get("alerts", state="settled")) == 2


async def test_late_and_duplicate_judgements_change_nothing(desk: Any) -> None:
    await desk.bind()
    newest = await desk.judge(5, "below_standard", "0.7", relative_gap="0.125")
    await desk.facts(1)

    await desk.judge(9, "met_target", "0.95", event_id=newest)
    await desk.handled(await desk.judge(4, "met_target", "0.95"))
    await desk.handled(await desk.judge(5, "below_floor", "0.1"))
    await desk.judge(6, "below_standard", "0.71", relative_gap="0.1125")

    assert [fact["value"] for _, fact in await desk.facts(2)] == ["0.7", "0.71"]


async def test_a_judgement_before_its_binding_waits_for_it(desk: Any) -> None:
    await desk.handled(await desk.judge(1, "below_floor", "0.1"))

    await desk.bind()

    [(kind, fact)] = await desk.facts(1)
    assert (kind, fact["severity"], fact["owner"]) == ("raised", "red", "teacher/T001")


async def test_thin_data_holds_an_alert_until_it_is_judged_on_enough(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_standard", "0.72", relative_gap="0.1")

    await desk.judge(2, "met_standard", "0.95", thin=True)
    await desk.judge(3, "no_data", None)
    await desk.handled(await desk.judge(4, "no_data", None))
    [alert] = await desk.get("alerts", state="open")
    await desk.judge(5, "below_standard", "0.72", relative_gap="0.1")

    facts = await desk.facts(4)
    assert [kind for kind, _ in facts] == ["raised", "held", "held", "merged"]
    assert [fact.get("hold_reason") for _, fact in facts] == [None, "thin", "no-data", None]
    assert (alert["hold_reason"], alert["value"]) == ("no-data", "0.72")


async def test_thin_data_raises_nothing(desk: Any) -> None:
    await desk.bind()

    await desk.handled(await desk.judge(1, "below_floor", "0.1", thin=True))

    assert await desk.get("alerts") == []


async def test_two_bindings_of_one_cell_share_one_alert(desk: Any) -> None:
    await desk.bind("b1")
    await desk.bind("b2", title="通过率（标杆）")

    await desk.judge(1, "below_standard", "0.7", relative_gap="0.125")
    await desk.judge(1, "below_floor", "0.7", binding="b2", id="b2")
    await desk.judge(2, "met_standard", "0.7", binding="b2", id="b2")
    await desk.judge(2, "met_standard", "0.7")

    facts = await desk.facts(4)
    assert [(kind, fact["severity"]) for kind, fact in facts] == [
        ("raised", "orange"),
        ("merged", "red"),
        ("merged", "orange"),
        ("settled", "orange"),
    ]
    assert len({fact["alert"] for _, fact in facts}) == 1


async def test_a_changed_owner_is_told(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_standard", "0.7", relative_gap="0.125")

    await desk.handled(await desk.bind(version=2, owner="teacher/T002"))
    await desk.bind(version=1, owner="teacher/T003")

    facts = await desk.facts(2)
    assert [(kind, fact["owner"]) for kind, fact in facts] == [
        ("raised", "teacher/T001"),
        ("merged", "teacher/T002"),
    ]


async def test_a_judgement_that_carries_no_number_is_put_aside(desk: Any) -> None:
    await desk.bind()

    await desk.judge(1, "below_standard", "NaN")
    await desk.judge(2, "below_floor", "0.1")

    await desk.facts(1)
    [letter] = await desk.until(lambda: desk.get("dead-letters"))
    assert (letter["consumer"], letter["reason"]) == ("alert-attainment", "judgement")


async def test_the_hours_run_by_the_calendar_that_the_hub_told_last(desk: Any) -> None:
    def told(seq: int, closes: str) -> CalendarChanged:
        days = [WorkingHours(weekday=day, opens="00:00", closes=closes) for day in range(1, 8)]
        return CalendarChanged(seq=seq, working_hours=tuple(days))

    newer, older = told(2, "04:00"), told(1, "23:00")
    for each in (newer, older):
        await desk.handled(await desk.send(each, "calendar"))
    await desk.bind()

    await desk.judge(1, "below_floor", "0.4", relative_gap="0.5")

    [(_, fact)] = await desk.facts(1)
    raised = datetime.fromisoformat(fact["raised_at"])
    assert datetime.fromisoformat(fact["due_at"]) == Calendar(newer).add(raised, timedelta(hours=8))
