"""Events of the classroom and of students who learn, as their sources send them."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from httpx import Response

from datahub.dictionary.domain.entity import Dictionary
from datahub.learning.usecases import totals

CAMPUS = ZoneInfo("Asia/Shanghai")


CLASSES = "https://class.example.edu.cn/classes/"


ADL = "http://adlnet.gov/expapi/verbs/"


SLOW = 3600.0
"""Seconds between the rounds of a hub whose totals a test writes itself."""


Run = Callable[..., AbstractAsyncContextManager[Any]]

KEEPS_LONG = {"learning_months": 240, "learning_totals_seconds": SLOW}
"""Settings of a hub that keeps events long, and writes totals when a test asks."""


def statement(student: str, word: str = "experienced", **more: Any) -> dict[str, Any]:
    """Return an xAPI statement of the present hour."""
    class_no = more.pop("class_no", "K1")
    return {
        "id": str(uuid4()),
        "timestamp": now().isoformat(),
        "actor": {"account": {"homePage": "https://class.example.edu.cn", "name": student}},
        "verb": {"id": ADL + word},
        "object": {"id": "https://class.example.edu.cn/pages/1"},
        "context": {"contextActivities": {"grouping": [{"id": f"{CLASSES}{class_no}"}]}},
        **more,
    }


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 — events are of now


def today() -> date:
    return now().astimezone(CAMPUS).date()


async def post(
    hub: Any, body: Any, *, source: str = "classroom", kind: str = "application/json", **more: Any
) -> Response:
    content = body if isinstance(body, bytes | str) else json.dumps(body, ensure_ascii=False)
    answer: Response = await hub.client.post(
        "/v1/learning-events",
        params={"source": source},
        content=content,
        headers={"content-type": kind, **more},
    )
    return answer


async def push(hub: Any, body: Any, **more: Any) -> dict[str, Any]:
    """Push events, and return the answer, whose ledger must balance and be that of the batch."""
    answer = await post(hub, body, **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    kept = await hub.get(f"batches/{told['batch']}")
    names = ("received", "created", "duplicate", "rejected", "quarantined", "state")
    assert {name: kept[name] for name in names} == {
        **{name: told[name] for name in names[:-1]},
        "state": "finished",
    }
    fates = ("created", "duplicate", "rejected", "quarantined")
    assert told["received"] == sum(told[name] for name in fates)
    return told


def reasons(told: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    return [(each["row"], each["verdict"], each["code"]) for each in told["verdicts"]]


async def write_totals(hub: Any, dictionary: Dictionary) -> int:
    async with hub.database.transaction() as tx:
        return await totals.write_due(tx, dictionary)


async def total(hub: Any, student: str, day: date, class_no: str = "K1") -> Any:
    """Return the total of a day without its plumbing; None where there is none."""
    answer = await hub.client.get(f"/v1/records/learning_daily/{student}/{class_no}/{day}")
    if answer.status_code == 404:
        return None
    record = answer.json()
    return {name: record[name] for name in ("clicks", "visits", "minutes", "submissions", "posts")}
