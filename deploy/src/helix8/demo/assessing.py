"""Assessments of the college: schemes that are approved, a finished run of each, and an open one.

The loader's key drafts, opens and marks; the demonstration's account approves, decides on who is
nominated, tied or warned, and publishes; its own run, of the next year, waits for marks. A run
that is there is left alone.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Final

from helix8.demo.access import OwnSuite
from helix8.demo.person import Person, Said, another
from helix8.demo.portal import Portal
from helix8.progress import Progress

FILE: Final = Path(__file__).parent / "college" / "assessments.toml"
SCHEMES: Final = "/api/target/v1/assessment-schemes"
RUNS: Final = "/api/target/v1/assessment-runs"
NEXT: Final = "dept"
"""The scheme of which the next run is begun."""

REASON: Final = "经校长办公会审议"


async def assess(portal: Portal, suite: OwnSuite, progress: Progress, day: date) -> None:
    """Take a run of each scheme to its publication.

    Raises:
        RefusedError: a step was refused.
    """
    schemes = tomllib.loads(FILE.read_text(encoding="utf-8"))["schemes"]
    there = {each["key"] for each in (await portal.get(RUNS, limit=200)).json()}
    new = [each for each in schemes if f"{each['key']}-{day:%Y}" not in there]
    async with another(suite) as person:
        for scheme in new:
            run = scheme.pop("run")
            await portal.send(SCHEMES, scheme)
            await person.say(f"{SCHEMES}/{scheme['key']}/approval")
            await _run(portal, person, scheme, run, day)
        if (key := f"{NEXT}-{day.year + 1}") not in there:
            await _begin(person, key, day)
    progress.step(
        f"考核 {len(schemes)} 轮，新公布 {len(new)} 轮",
        f"{len(schemes)} assessments, {len(new)} published now",
    )


async def _begin(person: Person, key: str, day: date) -> None:
    """Open the next run of departments, and begin to collect: the work list has its steps."""
    year = day.year + 1
    body = {"key": key, "title": f"部门年度考核（{year} 年）", "scheme": NEXT}
    periods = {"period": f"year:{year}", "also": [f"month:{year}-12"]}
    subjects = [{"subject": "unit/JWC"}, {"subject": "unit/XSC"}]
    await person.say(RUNS, body | periods | {"subjects": subjects})
    await person.say(f"{RUNS}/{key}/steps", {"step": "collect"})


async def _run(portal: Portal, person: Person, scheme: Said, run: Said, day: date) -> None:
    key = f"{scheme['key']}-{day:%Y}"
    body = {"key": key, "title": run["title"], "scheme": scheme["key"], "period": run["period"]}
    body["also"] = [each.format(month=f"{day:%Y-%m}") for each in run.get("also", ())]
    if "subjects" in run:
        body["subjects"] = [_plain(each) for each in run["subjects"]]
    await portal.send(RUNS, body)
    path = f"{RUNS}/{key}"
    await portal.send(f"{path}/steps", {"step": "collect"})
    if "marks" in run:
        await portal.send(f"{path}/marks", {"marks": _marks(run["marks"])})
    if "tallies" in run:
        await portal.send(f"{path}/tallies", {"tallies": run["tallies"]})
    for step in ("compute", "review"):
        await portal.send(f"{path}/steps", {"step": step})
    results = await person.ask(f"{path}/results", limit=200)
    decisions = [
        {"subject": each["subject"], "decision": "confirmed", "reason": REASON}
        for each in results
        if _awaits(each)
    ]
    if decisions:
        await person.say(f"{path}/decisions", {"decisions": decisions})
    await person.say(f"{path}/publication", {"reason": REASON})


def _awaits(result: Said) -> bool:
    """Return whether people decide on a result: a tie, a nomination, a warned major."""
    return result["choice"] == "tied" or bool({*result["verdicts"]} - {"eligible"})


def _marks(given: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return the marks of two peers and of a leader, by department."""
    raters = (("peers", "A"), ("peers", "B"), ("leader", "T001"))
    return [
        {"subject": unit, "item": "marks", "source": source, "rater": rater, "mark": mark}
        for unit, marks in given.items()
        for (source, rater), mark in zip(raters, marks, strict=True)
    ]


def _plain(subject: Said) -> Said:
    """Return a subject with days as they are sent."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in subject.items()
    }
