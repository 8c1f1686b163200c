"""Who is told, when, and why not: scenarios on a fixed clock, on a real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from alert_service.domain.acting import Right
from alert_service.domain.life import How
from alert_service.domain.matching import compile_pattern
from alert_service.repository import alerts, foreign
from alert_service.repository.policies import Policies
from alert_service.schemas.notifying import SilenceBody
from alert_service.usecases import acting, routing
from alert_service.usecases.notifying import look_at_due
from alert_service.usecases.telling import ESCALATION
from shared.kit.timers import set_timers

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def silence(bell: Any, seconds: float, **more: Any) -> str:
    """Silence cluster c for so long."""
    body = SilenceBody.model_validate(
        {
            "matchers": [{"label": "cluster", "value": "c"}],
            "ends_at": bell.at + timedelta(seconds=seconds),
            "reason": "检修",
            **more,
        }
    )
    async with bell.database.transaction() as tx:
        return await routing.silence(tx, body, "person/admin", bell.at)


async def test_what_comes_together_is_told_together_and_again_exactly(bell: Any) -> None:
    await bell.policy(bell.policy_of())
    await bell.fire(bell.alert("A"))
    await bell.wait(4)
    await bell.fire(bell.alert("B"), bell.alert("X", cluster="d"))
    await bell.wait(20)
    await bell.fire(bell.alert("C"))
    await bell.wait(3650)
    assert await bell.told() == [
        (10, ["A", "B"], []),  # the wait is counted from the first of the group
        (14, ["X"], []),
        (70, ["A", "B", "C"], []),  # the beat of the group: 10 + 60
        (3614, ["X"], []),
        (3670, ["A", "B", "C"], []),  # an hour to the second
    ]


async def test_an_end_is_told_once_and_what_ended_unheard_of_is_not(bell: Any) -> None:
    await bell.policy(bell.policy_of())
    await bell.fire(bell.alert("A"), bell.alert("B"))
    await bell.wait(15)
    await bell.resolve(bell.alert("A"))
    await bell.fire(bell.alert("X", cluster="d"))
    await bell.wait(1)
    await bell.resolve(bell.alert("X", cluster="d"))
    await bell.wait(60)
    await bell.resolve(bell.alert("B"))
    await bell.wait(7200)
    assert await bell.told() == [
        (10, ["A", "B"], []),
        (70, ["B"], ["A"]),
        (130, [], ["B"]),
    ]
    assert await bell.untold() == [("role/qa_office", "ended-before", True)]


async def test_what_is_not_told_of_again_ends_by_itself(bell: Any) -> None:
    await bell.policy(bell.policy_of(wait_seconds=0))
    await bell.fire(bell.alert("A"), ends_after=timedelta(seconds=100))
    await bell.wait(90)
    await bell.fire(bell.alert("A"), ends_after=timedelta(seconds=100))
    await bell.wait(95)
    assert await bell.told() == [(0, ["A"], [])]
    await bell.wait(5)
    await bell.wait(60)
    assert await bell.told() == [(0, ["A"], []), (240, [], ["A"])]


async def test_while_its_source_is_open_nobody_is_told_and_afterwards_everybody(bell: Any) -> None:
    rule = {
        "name": "down",
        "source": [{"label": "alertname", "value": "Down"}],
        "target": [{"label": "alertname", "op": "=~", "value": "Slow.*"}],
        "equal": ["cluster"],
    }
    await bell.policy(bell.policy_of(wait_seconds=0, group_by=["alertname"], inhibitions=[rule]))
    await bell.fire(bell.alert("Down"))
    await bell.fire(bell.alert("SlowApi"), bell.alert("SlowDb", cluster="d"))
    await bell.wait(300)
    assert await bell.told() == [(0, ["Down"], []), (0, ["SlowDb"], [])]
    assert await bell.untold() == [("role/qa_office", "inhibited", True)]
    await bell.resolve(bell.alert("Down"))
    await bell.wait(60)
    assert (await bell.told())[2:] == [(300, [], ["Down"]), (300, ["SlowApi"], [])]
    assert await bell.untold() == [("role/qa_office", "inhibited", False)]


async def test_a_source_that_eases_holds_nothing_back_any_more(bell: Any) -> None:
    rule = {
        "name": "down",
        "source": [{"label": "severity", "value": "red"}],
        "target": [{"label": "alertname", "value": "Slow"}],
    }
    await bell.policy(bell.policy_of(wait_seconds=0, group_by=["alertname"], inhibitions=[rule]))
    await bell.fire(bell.alert("Down", severity="critical"))
    await bell.fire(bell.alert("Slow"))
    assert await bell.told() == [(0, ["Down"], [])]
    await note(bell, "UPDATE alert SET severity = 'yellow' WHERE severity = 'red'")

    assert (await bell.told())[1:] == [(0, ["Slow"], [])]


async def note(bell: Any, change: str) -> None:
    """Change alerts as something outside of Prometheus does, and do what the jobs do then."""
    async with bell.database.transaction() as tx:
        await tx.session.execute(text(change))
        await tx.session.execute(text("INSERT INTO noted (alert) SELECT id FROM alert"))
    await bell.settle()


async def test_what_was_dismissed_stays_so_as_long_as_prometheus_tells_of_it(bell: Any) -> None:
    async def raised() -> int:
        async with bell.database.transaction() as tx:
            return await tx.session.scalar(text("SELECT count(*) FROM alert")) or 0

    await bell.policy(bell.policy_of())
    await bell.fire(bell.alert("A"), ends_after=timedelta(minutes=5))
    async with bell.database.transaction() as tx:
        key = await tx.session.scalar(text("SELECT id FROM alert"))
        right = Right(subject="person/q", writer=True)
        act = acting.Act(alert=key, right=right, expect=lambda _: None, at=bell.at)
        await acting.dismiss(tx, act, How.FALSE_ALARM, "演练", None)
    for _ in range(4):
        await bell.wait(240)
        await bell.fire(bell.alert("A"), ends_after=timedelta(minutes=5))
    assert await raised() == 1
    await bell.wait(301)  # it is over
    await bell.fire(bell.alert("A"))
    assert await raised() == 2


async def test_whoever_acts_on_an_alert_is_not_waited_for_by_who_escalates_it(bell: Any) -> None:
    async def escalate() -> bool:
        async with bell.database.transaction() as tx:
            return await acting.escalate_due(tx, bell.hours)

    await bell.fire(bell.alert("A"))
    async with bell.database.transaction() as tx:
        for table in ("alert", "timer"):
            past = f"UPDATE {table} SET due_at = '2020-01-01Z'"  # noqa: S608
            await tx.session.execute(text(past))
        key = await tx.session.scalar(text("SELECT id FROM alert"))
    async with asyncio.timeout(10), bell.database.transaction() as tx:
        alert = await alerts.get_alert(tx, key)
        assert not await escalate()
        await set_timers(tx, ESCALATION, {key: alert.due_at})
    assert await escalate()
    async with bell.database.transaction() as tx:
        assert (await alerts.get_alert(tx, key)).escalated == 3


async def test_of_welfare_an_inbox_says_no_more_than_its_reader_may_see(bell: Any) -> None:
    to = ("role/qa_office", "role/counsellor", "owner")
    await bell.policy(bell.policy_of(receivers=[{"to": each} for each in to]))
    await bell.fire(bell.alert("A", owner="teacher/T1"))
    await note(bell, "UPDATE alert SET family = 'welfare', title = '就餐消费骤降'")
    await bell.wait(10)
    async with bell.database.transaction() as tx:
        rows = await tx.session.execute(text("SELECT person, lines FROM letter"))
        said = {row.person: row.lines[0].split("｜")[1] for row in rows}

    assert said == {
        "role/qa_office": "学生关爱类预警",
        "role/counsellor": "就餐消费骤降",
        "person/T1": "就餐消费骤降",
    }


async def test_a_silence_that_expires_or_is_ended_lets_be_told_what_it_held_back(bell: Any) -> None:
    await bell.policy(bell.policy_of(wait_seconds=0))
    await silence(bell, 100)
    await bell.fire(bell.alert("A"))
    await bell.wait(99)
    assert await bell.told() == []
    await bell.wait(1)
    assert await bell.told() == [(100, ["A"], [])]

    key = await silence(bell, 1000)
    await bell.fire(bell.alert("B"))
    await bell.wait(100)
    async with bell.database.transaction() as tx:
        await routing.expire_silence(tx, key, "person/admin", bell.at)
    await bell.settle()
    assert (await bell.told())[1:] == [(200, ["A", "B"], [])]
    assert await bell.untold() == [
        ("role/qa_office", "silenced", False),
        ("role/qa_office", "silenced", False),
        ("role/qa_office", "silenced", False),
    ]


async def test_a_recurring_silence_is_active_from_each_occurrence(bell: Any) -> None:
    await bell.policy(bell.policy_of(wait_seconds=0, repeat_seconds=90 * 86400))
    # The begin is Monday 09:00 of the campus: it is silent since 08:00 when it is made.
    rule = {"rule": "FREQ=DAILY;BYHOUR=8", "minutes": 90}
    await silence(bell, 3 * 86400, recurrence=rule)
    await bell.fire(bell.alert("A"), ends_after=timedelta(days=3))
    await bell.wait(1800)
    assert await bell.told() == [(1800, ["A"], [])]
    await bell.wait(86400 - 1800)
    await bell.fire(bell.alert("B"))
    await bell.wait(1860)
    assert [each for each in await bell.told() if "B" in each[1]] == [
        (86400 + 1800, ["A", "B"], [])
    ]


async def test_quiet_hours_put_off_what_is_no_exception_and_its_end(bell: Any) -> None:
    quiet = {"since": "22:00", "until": "07:00", "excepted": ["red"]}
    await bell.policy(bell.policy_of(wait_seconds=0, quiet=quiet))
    await bell.wait(14 * 3600)  # 23:00
    await bell.fire(bell.alert("A"), bell.alert("R", severity="critical", cluster="d"))
    await bell.wait(10 * 3600)
    # 07:00 is 22 hours after the begin.
    first, second = (await bell.told())[:1], [e for e in await bell.told() if e[1] == ["A"]]
    assert first == [(14 * 3600, ["R"], [])]
    assert second[0] == (22 * 3600, ["A"], [])


async def test_a_digest_tells_at_its_times_alone(bell: Any) -> None:
    digest = {"times": ["17:00"], "weekdays": [1, 2, 3, 4, 5]}
    await bell.policy(bell.policy_of(group_by=["family"], repeat_seconds=90 * 86400, digest=digest))
    await bell.fire(bell.alert("A"), ends_after=timedelta(days=30))
    await bell.wait(3600)
    await bell.fire(bell.alert("B", cluster="d"), ends_after=timedelta(days=30))
    await bell.wait(10 * 86400)
    assert await bell.told() == [(8 * 3600, ["A", "B"], [])]


async def test_a_digest_repeats_by_its_times_and_after_quiet_hours(bell: Any) -> None:
    # The begin is 09:00; at 17:00 it is quiet, so that the digest is told at the end of that.
    quiet = {"since": "16:00", "until": "18:00", "excepted": []}
    digest = {"times": ["17:00"]}
    daily = bell.policy_of(repeat_seconds=86400, digest=digest, quiet=quiet)
    await bell.policy(daily)
    await bell.fire(bell.alert("A"), ends_after=timedelta(days=30))
    bell.at += timedelta(hours=9, seconds=2)  # somebody comes to look a little late
    await bell.settle()
    await bell.wait(2 * 86400)
    assert [round(each[0] / 3600) for each in await bell.told()] == [9, 33, 57]


@pytest.mark.parametrize(
    ("pattern", "text_", "fits"),
    [
        ("a|b.*", "bcd", True),
        ("a|b.*", "ab", False),
        ("a.*a", "a", False),
        ("a.*b.*c", "a-b\nb-c", True),
        ("a.*bc.*c", "abc", False),
        ("v1\\.2", "v1.2", True),
        ("v1\\.2", "v1x2", False),
        ("x.*x.*x.*x.*y", "x" * 100_000, False),  # hours, for a regular expression
    ],
)
async def test_a_pattern_is_met_by_whole_texts(pattern: str, text_: str, *, fits: bool) -> None:
    assert compile_pattern(pattern).fits(text_) is fits


async def test_the_end_of_a_silence_waits_for_the_digest(bell: Any) -> None:
    await bell.policy(bell.policy_of(digest={"times": ["17:00", "20:00"]}))
    key = await silence(bell, 86400)
    await bell.fire(bell.alert("A"))
    await bell.wait(9 * 3600)
    async with bell.database.transaction() as tx:
        await routing.expire_silence(tx, key, "person/admin", bell.at)
    await bell.wait(3 * 3600)
    assert await bell.told() == [(11 * 3600, ["A"], [])]


async def test_another_policy_moves_what_is_open_and_tells_nobody_twice(bell: Any) -> None:
    await bell.policy(bell.policy_of(wait_seconds=0))
    await bell.fire(bell.alert("A"))
    await bell.policy(bell.policy_of(wait_seconds=0, interval_seconds=30))
    await bell.wait(600)
    assert await bell.told() == [(0, ["A"], [])]
    child = {
        "name": "ops",
        "matchers": [{"label": "alertname", "value": "A"}],
        "receivers": [{"to": "role/admin"}],
    }
    await bell.policy(bell.policy_of(wait_seconds=0, routes=[child]))
    await bell.wait(600)
    assert (await bell.told())[1:] == [(600, ["A"], [])]


async def test_an_alert_that_grows_graver_is_told_again_one_that_is_seen_is_not(bell: Any) -> None:
    await bell.policy(bell.policy_of(wait_seconds=0))
    await bell.fire(bell.alert("A"))
    await bell.wait(100)
    # Another severity is another alert of Prometheus; here the same one grows graver.
    async with bell.database.transaction() as tx:
        await tx.session.execute(
            text(
                "UPDATE alert SET severity = 'red',"
                " worst = jsonb_set(worst, '{severity}', '\"red\"')"
            )
        )
        await tx.session.execute(text("INSERT INTO noted (alert) SELECT id FROM alert"))
    await bell.settle()
    await bell.wait(100)
    assert await bell.told() == [(0, ["A"], []), (120, ["A"], [])]
    async with bell.database.transaction() as tx:
        await tx.session.execute(
            text("UPDATE alert SET acknowledged_at = :at, acknowledged_by = 'x'"), {"at": bell.at}
        )
        await tx.session.execute(text("INSERT INTO noted (alert) SELECT id FROM alert"))
    await bell.settle()
    await bell.wait(7200)
    assert len(await bell.told()) == 2
    assert await bell.untold() == [("role/qa_office", "acknowledged", True)]


async def test_what_is_told_again_while_its_end_is_looked_at_does_not_end(bell: Any) -> None:
    await bell.policy(bell.policy_of())
    await bell.fire(bell.alert("A"), ends_after=timedelta(minutes=5))
    bell.at += timedelta(minutes=5)
    async with bell.database.transaction() as tx:
        over = await foreign.list_over(tx, bell.at)
        await bell.fire(bell.alert("A"))
        await foreign.lock(tx, over)
        assert (len(over), await foreign.load_over(tx, over, bell.at)) == (1, [])


async def test_a_repeat_of_what_is_open_merges_and_tells_nobody(bell: Any) -> None:
    await bell.policy(bell.policy_of(wait_seconds=0))
    for _ in range(4):
        await bell.fire(bell.alert("A"))
        await bell.wait(120)
    async with bell.database.transaction() as tx:
        there = await tx.session.scalar(text("SELECT count(*) FROM alert"))
    assert (there, await bell.told()) == (1, [(0, ["A"], [])])


async def test_after_a_cold_start_what_came_due_is_told_once_and_nothing_told_before(
    bell: Any,
) -> None:
    await bell.policy(bell.policy_of(wait_seconds=0))
    await bell.fire(bell.alert("A"))
    await bell.wait(20)
    # The process is away for three hours and a half, in which three repeats came due.
    bell.at += timedelta(hours=3, minutes=30)
    bell.known = Policies()
    await bell.settle()
    await bell.wait(3600)
    assert await bell.told() == [(0, ["A"], []), (12620, ["A"], []), (16220, ["A"], [])]


async def test_two_replicas_and_a_restart_tell_once(bell: Any) -> None:
    await bell.policy(bell.policy_of(group_by=["alertname"], wait_seconds=10))
    await bell.fire(*(bell.alert(f"A{number:02}") for number in range(60)))
    bell.at += timedelta(seconds=10)

    async def replica() -> None:
        known = Policies()  # a process that starts knows nothing
        for _ in range(5):
            async with bell.database.transaction() as tx:
                await look_at_due(tx, known, "", bell.at)

    await asyncio.gather(replica(), replica(), replica())
    told = await bell.told()
    assert [each[1] for each in told] == [[f"A{number:02}"] for number in range(60)] or sorted(
        each[1][0] for each in told
    ) == [f"A{number:02}" for number in range(60)]
