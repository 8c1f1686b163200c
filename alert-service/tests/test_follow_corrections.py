"""What the spiral tells of corrections: from NATS to alerts and back out."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.spiral import (
    CorrectionFact,
    CorrectionPlanned,
    CorrectionReopened,
    CorrectionVerified,
)

SCOPE = "course/C0001"


def fact(kind: type[CorrectionFact], alert: str, version: int, **more: Any) -> CorrectionFact:
    about = {
        "correction": "K1",
        "version": version,
        "cycle": None,
        "alert": alert,
        "scope": SCOPE,
        "period": "term:2026-2027-1",
        "severity": "yellow",
        "title": "通过率",
        "owner": "teacher/T001",
        "value_before": "0.72",
        "opened_at": datetime(2026, 11, 23, tzinfo=UTC),
        "due_at": None,
        "at": datetime(2026, 11, 24, tzinfo=UTC),
        "by": "person/T002",
    }
    return kind.model_validate(about | more)


async def test_work_holds_a_value_that_is_back_and_verification_settles_it(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_standard", "0.72")
    [(_, raised)] = await desk.facts(1)
    planned = fact(CorrectionPlanned, raised["alert"], 2, back_to=None, tasks=())

    await desk.handled(await desk.send(planned, "K1"))
    [alert] = await desk.get("alerts")
    assert (alert["in_hand"], alert["version"]) == (True, 1)
    await desk.judge(2, "met_target", "0.95")
    [_, (kind, held)] = await desk.facts(2)
    assert (kind, held["hold_reason"], held["value"]) == ("held", "verification", "0.95")
    verified = fact(CorrectionVerified, raised["alert"], 4, value_after="0.95", effect="0.23")
    for _ in range(2):
        await desk.handled(await desk.send(verified, "K1"))

    settled = (await desk.facts(3))[2]
    assert (settled[0], settled[1]["how"], settled[1]["effect"]) == ("settled", "corrected", "0.23")
    [alert] = await desk.get("alerts", state="settled")
    assert [each["step"] for each in (await desk.get(f"alerts/{alert['id']}"))["history"]] == [
        "raised",
        "held",
        "settled",
    ]


async def test_work_without_effect_lifts_the_alert_once_however_often_it_is_told(desk: Any) -> None:
    await desk.bind()
    await desk.judge(1, "below_standard", "0.72")
    [(_, raised)] = await desk.facts(1)
    more = {"reopened": 1, "reason": "没有见效", "value_after": None, "effect": None}
    reopened = fact(CorrectionReopened, raised["alert"], 4, **more)

    for _ in range(2):
        await desk.handled(await desk.send(reopened, "K1"))
    planned = fact(CorrectionPlanned, raised["alert"], 2, back_to=None, tasks=())
    await desk.handled(await desk.send(planned, "K1"))

    kind, told = (await desk.facts(2))[1]
    assert (kind, told["severity"], told["reopened"]) == ("reopened", "orange", 1)
    [alert] = await desk.get("alerts", state="open", scope=SCOPE)
    assert (alert["severity"], alert["reopened"], alert["in_hand"]) == ("orange", 1, True)
