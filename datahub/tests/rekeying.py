"""A college whose records are given other keys."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from datahub.tests.conftest import Hub

REASON = "学号录入错误，已核对学籍表"


async def rekey(
    hub: Hub, entity: str, key: str, headers: Mapping[str, str] | None = None, **parts: str
) -> Any:
    return await hub.client.post(
        f"/v1/records/{entity}/{quote(key)}/rekey",
        json={"key": parts, "reason": REASON},
        headers=headers or {},
    )


async def rekeyed(hub: Hub, entity: str, key: str, **parts: str) -> dict[str, Any]:
    answer = await rekey(hub, entity, key, **parts)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def gone(hub: Hub, entity: str, key: str, **query: Any) -> str:
    answer = await hub.client.get(f"/v1/records/{entity}/{quote(key)}", params=query)
    assert answer.status_code == 404, answer.text
    return str(answer.json()["type"]).rpartition(":")[2]


async def college(hub: Hub) -> tuple[str, str, dict[str, str]]:
    """Have a student with a score and a night's check; return number, course, and feeds."""
    number, course = hub.name("S"), hub.name("C")
    feeds = {
        "student": await hub.feed("student", {"student_no": None, "name": None}),
        "score": await hub.feed(
            "score",
            dict.fromkeys(["student_no", "course_code", "term", "grade_type", "attempt", "number"]),
            never_waits_for=["course_code"],
        ),
        "dorm_check": await hub.feed(
            "dorm_check", dict.fromkeys(["student_no", "checked_on", "state"])
        ),
    }
    await hub.push(feeds["student"], {"student_no": number, "name": "张三"})
    await hub.push(feeds["score"], score_of(number, course))
    await hub.push(
        feeds["dorm_check"], {"student_no": number, "checked_on": "2026-11-20", "state": "1"}
    )
    return number, course, feeds


def score_of(number: str, course: str, value: str = "81") -> dict[str, str]:
    return {
        "student_no": number,
        "course_code": course,
        "term": "2026-2027-1",
        "grade_type": "final",
        "attempt": "1",
        "number": value,
    }
