"""``helix8 dead-letters`` asks the gateway for what it is told to do, and says what came of it."""

from typing import Any

import pytest

from helix8.dead_letters import Action, Asked, RefusedError, attend

LETTER = {
    "id": 7,
    "buried_at": "2026-11-23T08:00:00Z",
    "subject": "qa.ingest.v1.hr.staff.upsert",
    "reason": "schema",
    "detail": "records: 必填 (Field required)",
}
DONE = {
    "detail": "死信 7 已于 2026-11-23 重放",
    "validationErrors": {},
    "fixes": ["GET /v1/dead-letters?state=open"],
}


def run(gateway: Any, service: str | None, action: Action, **more: Any) -> list[str]:
    said: list[str] = []
    letter = more.pop("letter", 7)
    asked = Asked(service=service, action=action, letter=letter, **more)
    attend(asked, gateway.url, "h8k_x", said.append)
    return said


def test_letters_of_every_service_are_listed(gateway: Any) -> None:
    gateway.answers["/api/datahub/v1/dead-letters"] = (200, [LETTER])

    said = run(gateway, None, Action.LIST)

    assert said[0] == (
        "datahub 7  2026-11-23T08:00:00Z  qa.ingest.v1.hr.staff.upsert"
        "  schema: records: 必填 (Field required)"
    )
    assert said[1:] == [
        f"{name}: 没有死信 · no dead letters" for name in ("target", "spiral", "alert", "report")
    ]


@pytest.mark.parametrize(
    ("action", "more", "sent"),
    [
        (Action.SHOW, {}, ("GET", "", None)),
        (Action.REPLAY, {}, ("POST", "/replay", {})),
        (Action.DISCARD, {"reason": "测试"}, ("POST", "/discard", {"reason": "测试"})),
        (
            Action.MEND,
            {"payload": "{}", "reason": "错号"},
            ("PUT", "", {"payload": "{}", "reason": "错号"}),
        ),
    ],
)
def test_one_letter_is_attended_to(
    gateway: Any, action: Action, more: dict[str, str], sent: tuple[str, str, Any]
) -> None:
    method, below, body = sent

    run(gateway, "datahub", action, **more)

    assert gateway.asked == [(method, f"/api/datahub/v1/dead-letters/7{below}", body)]


def test_a_refusal_is_told_with_its_remedy(gateway: Any) -> None:
    gateway.answers["/api/datahub/v1/dead-letters/7/replay"] = (409, DONE)

    with pytest.raises(RefusedError, match="已于 2026-11-23 重放\nGET /v1/dead-letters"):
        run(gateway, "datahub", Action.REPLAY)


@pytest.mark.parametrize(
    ("service", "action", "more", "said"),
    [
        (None, Action.SHOW, {}, "helix8 dead-letters <service> show <id>"),
        ("datahub", Action.REPLAY, {"letter": None}, "helix8 dead-letters <service> replay <id>"),
        ("datahub", Action.MEND, {"reason": "x"}, "--file"),
        ("datahub", Action.DISCARD, {}, "--reason"),
    ],
)
def test_what_is_missing_is_named(
    gateway: Any, service: str | None, action: Action, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        run(gateway, service, action, **more)
    assert gateway.asked == []
