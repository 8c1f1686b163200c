"""Indicators that take others, over HTTP: measured after them, told, and refused."""

from typing import Any

import pytest

from datahub.tests.measuring import PASS_RATE, TERM
from shared.kit.identity import Caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEFORE = "2025-2026-2"


def taking(name: str, formula: str, *kinds: str, unit: str = "ratio") -> dict[str, Any]:
    words = {k: PASS_RATE[k] for k in ("zh", "en", "direction")}
    scopes = [{"kind": kind, "period": "term"} for kind in kinds or ("course",)]
    return {**words, "indicator": name, "unit": unit, "formula": formula, "scopes": scopes}


async def save(hub: Any, document: dict[str, Any]) -> Any:
    return await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)


class College:
    """Two courses of a major, with classes in two terms."""

    def __init__(self, hub: Any) -> None:
        self.hub = hub
        self.major, self.courses = hub.name("M"), [hub.name("C"), hub.name("C")]

    async def open(self) -> None:
        """Push the records."""
        majors = await self.hub.feed("major", dict.fromkeys(["major_code", "name"]))
        await self.hub.push(majors, {"major_code": self.major, "name": "专业"})
        self.feed = await self.hub.feed(
            "course", dict.fromkeys(["course_code", "name", "major_code"])
        )
        await self.place(*self.courses, major=self.major)
        classes = await self.hub.feed(
            "teaching_class", dict.fromkeys(["class_no", "term", "course_code"])
        )
        self.enrolments = await self.hub.feed(
            "enrolment",
            dict.fromkeys(["class_no", "student_no", "final_result"]),
            never_waits_for=["student_no"],
        )
        for course in self.courses:
            terms = ((f"{course}-1", BEFORE), (f"{course}-2", TERM))
            rows = [{"class_no": no, "term": term, "course_code": course} for no, term in terms]
            await self.hub.push(classes, *rows)

    async def place(self, *courses: str, major: str) -> None:
        """Push courses of a major."""
        rows = [{"course_code": each, "name": "课程", "major_code": major} for each in courses]
        await self.hub.push(self.feed, *rows)

    async def results(self, class_no: str, *found: str) -> None:
        """Push what so many students came to."""
        rows = [
            {"class_no": class_no, "student_no": f"S{number}", "final_result": result}
            for number, result in enumerate(found)
        ]
        await self.hub.push(self.enrolments, *rows)

    async def values(self, indicator: str, period: str = TERM) -> dict[str, Any]:
        """Return what was measured, by scope."""
        await self.hub.settled()
        rows = await self.hub.get(
            "measurements", indicator=indicator, period=f"term:{period}", limit=1000
        )
        return {row["scope"]: row for row in rows}


async def test_what_takes_others_follows_them_in_the_same_round(hub: Any) -> None:
    college = College(hub)
    rate, gain, share = hub.name("rate"), hub.name("gain"), hub.name("share")
    await college.open()
    one, other = college.courses
    for document in (
        {**PASS_RATE, "indicator": rate},
        taking(gain, f"[{rate}] - previous([{rate}])"),
        taking(share, f"rate([{gain}] > 0 of course)", "major"),
    ):
        saved = await save(hub, document)
        assert saved.status_code == 201, saved.text
    await college.results(f"{one}-1", "pass", "fail")
    await college.results(f"{other}-1", "pass", "fail")
    await college.results(f"{one}-2", "pass", "pass", "pass", "fail")
    await college.results(f"{other}-2", "pass", "fail", "fail", "fail")

    assert (await college.values(rate))[f"course/{one}"]["value"] == "0.750000"
    gains = await college.values(gain)
    assert [gains[f"course/{each}"]["value"] for each in (one, other)] == ["0.250000", "-0.250000"]
    major = (await college.values(share))[f"major/{college.major}"]
    assert [major[name] for name in ("value", "numerator", "denominator")] == ["0.500000", "1", "2"]

    # A term before is another value now: two steps on, and only these cells.
    await college.results(f"{other}-1", "fail", "fail")
    after = await college.values(share)
    assert after[f"major/{college.major}"]["value"] == "1.000000"
    gained = (await college.values(gain))[f"course/{other}"]
    assert (gained["value"], gained["seq"]) == (
        "0.250000",
        after[f"major/{college.major}"]["seq"],
    )
    assert (await college.values(gain))[f"course/{one}"]["seq"] == gains[f"course/{one}"]["seq"]
    told = [
        [item["value"] for item in each["data"]["items"] if item["period"] == f"term:{TERM}"]
        for each in await hub.facts()
        if each["type"] == "qa.datahub.indicator.measured.v1"
        and each["data"]["items"][0]["indicator"] == share
    ]
    assert told[-1] == ["1.000000"]


async def test_a_scope_that_moves_takes_its_value_with_it(hub: Any) -> None:
    college = College(hub)
    rate, mean = hub.name("rate"), hub.name("mean")
    await college.open()
    one, other = college.courses
    await save(hub, {**PASS_RATE, "indicator": rate})
    saved = await save(hub, taking(mean, f"avg([{rate}] of course)", "major"))
    assert saved.status_code == 201, saved.text
    await college.results(f"{one}-2", "pass")
    await college.results(f"{other}-2", "fail")
    elsewhere = hub.name("M")

    assert (await college.values(mean))[f"major/{college.major}"]["value"] == "0.500000"
    await college.place(other, major=elsewhere)
    moved = await college.values(mean)
    assert moved[f"major/{college.major}"]["value"] == "1.000000"
    assert moved[f"major/{elsewhere}"]["value"] == "0.000000"

    cell = f"{mean}|major/{college.major}|term:{TERM}"
    explained = await hub.get(f"measurements/{cell}/explanation")
    assert {each["entity"] for each in explained["sources"]} == {"enrolment"}


async def test_what_others_take_is_not_changed_under_them(hub: Any) -> None:
    rate, twice, last = hub.name("rate"), hub.name("twice"), hub.name("last")
    await save(hub, {**PASS_RATE, "indicator": rate})
    assert (await save(hub, taking(twice, f"[{rate}] * 2", "course"))).status_code == 201
    assert (await save(hub, taking(last, f"previous([{twice}])", "course"))).status_code == 201

    narrower = {**PASS_RATE, "indicator": rate, "scopes": PASS_RATE["scopes"][:1]}
    refused = await save(hub, narrower)
    cycle = await save(hub, taking(rate, f"[{last}]", "course"))

    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:helix8:problem:indicator-needed",
    )
    [reason] = refused.json()["validationErrors"][f"$.dependents.{twice}"]
    assert reason.startswith(f"第 1 字：{rate} 不按 course × term 测量，只按 class × term")
    assert cycle.status_code == 422
    [way] = cycle.json()["validationErrors"]["$.formula"]
    assert way.startswith(f"第 1 字：循环引用：{rate} → {last} → {twice} → {rate} (at 1: ")
    assert (await hub.get(f"indicators/{rate}"))["version"] == 1

    # A change that they can live with is measured through to the last.
    again = await save(hub, {**PASS_RATE, "indicator": rate, "minimum_sample": 2})
    assert again.status_code == 200


async def test_small_groups_of_persons_stay_hidden_behind_another_formula(
    hub: Any, signing_keys: Any
) -> None:
    signer, _ = signing_keys
    caller = Caller(
        subject="person/T001", roles=frozenset({"reader"}), scopes=frozenset({"datahub:read"})
    )
    reader = {"authorization": f"Bearer {signer.sign(caller, 'datahub')}"}
    college = College(hub)
    rate, percent = hub.name("rate"), hub.name("percent")
    await college.open()
    await save(hub, {**PASS_RATE, "indicator": rate})
    await save(hub, taking(percent, f"[{rate}] * 100", unit="percent"))
    await college.results(f"{college.courses[0]}-2", "pass", "fail")
    scope = f"course/{college.courses[0]}"

    found = (await college.values(percent))[scope]
    masked = await hub.client.get(
        "/v1/measurements", params={"indicator": percent, "scope": scope}, headers=reader
    )

    assert (found["value"], found["n"]) == ("50.000000", 2)
    [shown] = masked.json()
    assert (shown["value"], shown["n"], shown["reason"]) == (None, None, "masked")
