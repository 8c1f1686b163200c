"""``ingest.single_*``: one score a request, through the gateway of the running suite."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from bench.results import Figure
from helix8.home import Home
from helix8.state import SuiteState

TOGETHER: Final = 32
REQUESTS: Final = 4_000
RATE: Final = 200
SECONDS: Final = 10
WARM: Final = 200
STUDENTS: Final = 400
PATH: Final = "/api/datahub/v1/records/score?feed=bench.score"
TYPES: Final = {"平时": "usual", "期中": "mid", "期末": "end", "总评": "total", "补考": "makeup"}
FEED: Final[dict[str, Any]] = {
    "feed": "bench.score",
    "source": "academic",
    "entity": "score",
    "unknown_fields": "reject",
    "fields": {
        "student_no": {"from": "xh"},
        "course_code": {"from": "kch"},
        "term": {
            "from": ["xnm", "xqm"],
            "join": "-",
            "codes": {"2025-3": "2025-2026-1", "2025-12": "2025-2026-2"},
        },
        "class_no": {"from": "jxb"},
        "grade_type": {"from": "cjlx", "codes": TYPES},
        "attempt": {"from": "kscs"},
        "raw_text": {"from": "cj"},
        "number": {"from": "cj", "strip_suffix": "分"},
        "scale": {"from": "cjjz", "codes": {"百分制": "100", "五级制": "5grade"}},
        "passed": {"from": "sfjg"},
        "exam_status": {"from": "cjbz", "codes": {"正常": "normal", "缺考": "absent"}},
        "credits_earned": {"from": "xf"},
        "gpa": {"from": "jd"},
        "recorded_at": {"from": "lrsj", "formats": ["%Y-%m-%d %H:%M:%S"]},
    },
}
"""Every field of a score: a key of five, four of them by codes."""

Score = Callable[[int], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Pusher:
    """Pushes scores, each of another record."""

    portal: aiohttp.ClientSession
    score: Score

    async def push(self, number: int) -> float:
        """Push one; return the seconds until its answer."""
        started = time.perf_counter()
        async with self.portal.post(PATH, json=self.score(number)) as answer:
            assert answer.status == 201, await answer.text()
        return time.perf_counter() - started

    async def together(self, numbers: range) -> float:
        """Push as fast as they are answered; return how many a second."""
        left = iter(numbers)

        async def work() -> None:
            for number in left:
                await self.push(number)

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(TOGETHER)))
        return len(numbers) / (time.perf_counter() - started)

    async def evenly(self, numbers: range) -> list[float]:
        """Push at an even rate; a slow answer never slows the next request."""
        begun = time.perf_counter()
        sent: list[asyncio.Task[float]] = []
        for place, number in enumerate(numbers):
            await asyncio.sleep(max(0.0, begun + place / RATE - time.perf_counter()))
            sent.append(asyncio.create_task(self.push(number)))
        return sorted(await asyncio.gather(*sent))


async def single_requests(home: Home, state: SuiteState) -> list[Figure]:
    """Measure how soon each is answered at an even rate, and how many a second."""
    headers = {"Authorization": f"Bearer {home.vault().read('demo-key')}"}
    connector = aiohttp.TCPConnector(limit=TOGETHER * 4)
    async with aiohttp.ClientSession(state.url, headers=headers, connector=connector) as portal:
        async with portal.put("/api/datahub/v1/feeds/bench.score", json=FEED) as answer:
            answer.raise_for_status()
        pusher = Pusher(portal, await _scores(portal))
        await pusher.together(range(WARM))
        await asyncio.sleep(2)
        end = WARM + RATE * SECONDS
        seconds = await pusher.evenly(range(WARM, end))
        rate = await pusher.together(range(end, end + REQUESTS))
    p50, p95, p99 = (seconds[int(len(seconds) * share)] * 1000 for share in (0.5, 0.95, 0.99))
    return [
        Figure(id="ingest.single_request", value=rate, note=f"{TOGETHER} at a time"),
        Figure(
            id="ingest.single_p95",
            value=p95,
            note=f"at {RATE} a second for {SECONDS} s; p50 {p50:.1f} ms, p99 {p99:.1f} ms",
        ),
    ]


async def _scores(portal: aiohttp.ClientSession) -> Score:
    """Return scores of students and a course that are there; each number is another key."""
    students = [each["student_no"] for each in await _records(portal, "student")]
    course = (await _records(portal, "course"))[0]["course_code"]
    types = list(TYPES)

    def score(number: int) -> dict[str, Any]:
        round_, student = divmod(number, len(students))
        attempt, kind = divmod(round_, len(types))
        return {
            "xh": students[student],
            "kch": course,
            "xnm": "2025",
            "xqm": "12",
            "jxb": "",
            "cjlx": types[kind],
            "kscs": str(attempt + 1),
            "cj": f"{40 + number % 60}分",
            "cjjz": "百分制",
            "sfjg": "是",
            "cjbz": "正常",
            "xf": "2.5",
            "jd": "3.2",
            "lrsj": "2026-07-01 08:00:00",
        }

    return score


async def _records(portal: aiohttp.ClientSession, entity: str) -> list[dict[str, Any]]:
    path = f"/api/datahub/v1/records/{entity}?pageSize={STUDENTS}"
    async with portal.get(path) as answer:
        answer.raise_for_status()
        found: list[dict[str, Any]] = await answer.json()
        return found
