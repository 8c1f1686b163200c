"""A definition is retired, taken up again; and what another release means for a college."""

import copy
from typing import Any

import pytest
import pytest_asyncio

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.depending import parted
from datahub.indicators.repository import following
from datahub.indicators.repository.shipped import load_catalogue
from datahub.indicators.usecases import releasing
from datahub.tests.handing import EMPLOYERS, as_person, entry
from datahub.tests.measuring import TERM
from datahub.tests.national_college import deliver
from datahub.tests.test_explaining_by_http import RATE, scores
from shared.kit.clock import CAMPUS, now

pytestmark = pytest.mark.asyncio(loop_scope="module")

CELL = f"rate|course/C1|term:{TERM}"
HALF = {**RATE, "indicator": "half", "formula": "[rate] / 2"}
TODAY = now().astimezone(CAMPUS).date().isoformat()
WHY = {"reason": "改用新口径"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any, signing_keys: Any) -> Any:
    await deliver(hub, "school", {"school_code": "10000", "name": "学校"})
    await deliver(hub, "course", {"course_code": "C1", "name": "课程"})
    await deliver(hub, "major", {"major_code": "M1", "name": "专业"})
    names = ["student_no", "course_code", "term", "grade_type", "attempt", "number"]
    hub.scores = await hub.feed("score", dict.fromkeys(names), never_waits_for=["student_no"])
    await hub.push(hub.scores, *scores("C1", TERM, [90, 80, 70, 60, 50, 40]))
    for document in (RATE, HALF, EMPLOYERS):
        await put(hub, document)
    await hub.settled()
    hub.writer = as_person(signing_keys, 1, "hand-in", "every-scope")
    return hub


async def put(hub: Any, document: dict[str, Any]) -> Any:
    answer = await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)
    assert answer.status_code in {200, 201}, answer.text
    return answer


async def retire(hub: Any, indicator: str, **asked: Any) -> Any:
    return await hub.client.put(f"/v1/indicators/{indicator}/retirement", json=asked or WHY)


async def test_what_a_formula_takes_cannot_be_retired(college: Any) -> None:
    answer = await retire(college, "rate")

    assert answer.status_code == 409
    assert list(answer.json()["validationErrors"]) == ["$.dependents.half"]
    assert (await college.get("indicators/rate"))["retired_on"] is None


async def test_what_waits_to_be_approved_holds_up_a_retirement(college: Any) -> None:
    answer = await college.client.post("/v1/handed-in", json=entry(), headers=college.writer)
    key = answer.json()["id"]
    refused = await retire(college, "employers_content")

    assert refused.status_code == 409
    assert list(refused.json()["validationErrors"]) == [f"$.handed_in.{key}"]


async def test_what_is_retired_is_measured_no_more_and_stays_explained(college: Any) -> None:
    assert (await retire(college, "half")).status_code == 200
    answer = await retire(college, "rate", on=TODAY, reason="改用新口径")
    told = answer.json()
    assert (told["retired_on"], told["retired_why"]) == (TODAY, "改用新口径")
    await college.push(college.scores, *scores("C1", TERM, [90, 80, 70, 60, 60, 60]))
    await college.settled()

    [cell] = await college.get("measurements", indicator="rate", scope="course/C1")
    found = await college.get(f"measurements/{CELL}/explanation")
    rows = await college.client.get(f"/v1/measurements/{CELL}/rows", params={"leg": 0})
    assert (cell["value"], cell["reason"]) == ("0.666667", None)
    assert found["retired_on"] == TODAY
    assert [(leg["counted"], leg["looked_at"]) for leg in found["legs"]] == [(4, 6), (6, 6)]
    assert len(rows.json()) == 4
    half = await college.get(f"measurements/half{CELL[4:]}/explanation")
    assert half["words"]["zh"] == "《及格率》 ÷ 2"


async def test_a_grid_marks_what_is_retired_and_an_event_told_it(college: Any) -> None:
    grid = await college.get(
        "grid",
        indicator=["rate", "employers_content"],
        scope=["course/C1", "course/NONE"],
        period=f"term:{TERM}",
    )
    retired = [
        (each["data"]["indicator"], each["data"]["version"], each["data"]["retired_on"])
        for each in await college.facts()
        if each["type"] == "qa.datahub.indicator.published.v1" and each["data"]["retired_on"]
    ]

    assert [(each["indicator"], each["retired_on"]) for each in grid] == [
        *[("rate", TODAY)] * 2,
        *[("employers_content", None)] * 2,
    ]
    assert retired == [("half", 1, TODAY), ("rate", 1, TODAY)]


async def test_nothing_new_takes_what_is_retired(college: Any) -> None:
    document = {**HALF, "indicator": "third", "formula": "[rate] / 3"}
    answer = await college.client.put("/v1/indicators/third", json=document)
    again = await college.client.delete("/v1/indicators/half/retirement")

    assert (answer.status_code, again.status_code) == (422, 422)
    assert answer.json()["validationErrors"] == {"$.formula": [f"rate 已于 {TODAY} 停用 (retired)"]}


async def test_what_is_taken_up_again_is_measured_whole(college: Any) -> None:
    assert (await college.client.delete("/v1/indicators/rate/retirement")).status_code == 200
    await put(college, HALF)
    await college.settled()

    [cell] = await college.get("measurements", indicator="rate", scope="course/C1")
    [half] = await college.get("measurements", indicator="half", scope="course/C1")
    assert (cell["value"], half["value"]) == ("1.000000", "0.500000")
    assert (cell["formula_version"], half["formula_version"]) == (1, 1)


async def test_a_day_that_has_not_come_and_an_indicator_that_is_not_are_refused(
    college: Any,
) -> None:
    later = await retire(college, "half", on="2999-01-01", reason="以后")
    before = await retire(college, "half", on="2020-01-01", reason="从前")
    unknown = await retire(college, "nothing")
    unsaid = await college.client.put("/v1/indicators/half/retirement", json={})

    assert (later.status_code, list(later.json()["validationErrors"])) == (422, ["$.on"])
    assert before.status_code == 422
    assert before.json()["validationErrors"] == {"$.on": [f"至少为 {TODAY} (at least {TODAY})"]}
    assert unknown.status_code == 404
    assert list(unsaid.json()["validationErrors"]) == ["$.reason"]


async def test_a_version_that_takes_effect_before_any_period_is_refused(college: Any) -> None:
    document = {**HALF, "effective_from": "1800-01-01"}
    answer = await college.client.put("/v1/indicators/half", json=document)

    assert answer.status_code == 422, answer.text
    assert list(answer.json()["validationErrors"]) == ["$.effective_from"]


async def test_publishing_the_catalogue_leaves_what_the_college_retired(college: Any) -> None:
    asked = {"indicators": ["land_per_student"]}
    await college.client.post("/v1/catalogue/publish", json=asked)
    await retire(college, "land_per_student")
    answer = await college.client.post("/v1/catalogue/publish", json=asked)

    assert answer.json() == {"land_per_student": "retired"}


async def release(hub: Any, dictionary: Dictionary, shipped: Any) -> releasing.Release:
    async with hub.database.transaction() as tx:
        return await releasing.follow_release(tx, dictionary, shipped)


async def test_what_is_shipped_no_more_is_retired_unless_others_take_it(
    college: Any, dictionary: Dictionary
) -> None:
    asked = {"indicators": ["score_mean", "score_pass_ratio"]}
    await college.client.post("/v1/catalogue/publish", json=asked)
    own = {**HALF, "indicator": "own", "formula": "[score_pass_ratio] / 2"}
    own["scopes"] = [{"kind": "course", "period": "term"}]
    await put(college, own)
    left = {n: each for n, each in load_catalogue().items() if n not in asked["indicators"]}

    found = await release(college, dictionary, left)
    again = await release(college, dictionary, left)

    assert (found.retired, found.needed) == (["score_mean"], {"score_pass_ratio": ["own"]})
    assert again.retired == []
    retired = await college.get("indicators/score_mean")
    assert retired["retired_why"] == releasing.GONE
    assert (await college.get("indicators/own"))["retired_on"] is None


async def test_a_college_is_told_where_what_it_overrides_has_changed(
    college: Any, dictionary: Dictionary, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = load_catalogue()["counsellor_ratio"]
    await put(college, {**shipped, "zh": "辅导员配比"})
    before = await overridden(college)
    newer = copy.deepcopy(dict(load_catalogue()))
    newer["counsellor_ratio"] = {**shipped, "minimum_sample": 7}

    found = await release(college, dictionary, newer)

    assert found.departed == {"counsellor_ratio": ["minimum_sample"]}
    assert (before["shipped_changed"], before["shipped_differences"]) == (False, [])
    for module in ("api.definitions", "api.catalogue", "usecases.defining"):
        monkeypatch.setattr(f"datahub.indicators.{module}.load_catalogue", lambda: newer)
    after = await overridden(college)
    [listed] = [
        each for each in await college.get("catalogue") if each["indicator"] == "counsellor_ratio"
    ]
    assert (after["shipped_changed"], listed["shipped_changed"]) == (True, True)
    assert after["shipped_differences"] == [
        {"key": "minimum_sample", "before": shipped.get("minimum_sample"), "after": 7}
    ]
    assert after["departs_from"] == before["departs_from"]

    await put(college, {**shipped, "zh": "辅导员配比"})  # it stays with its own
    stays = await overridden(college)
    assert (stays["shipped_changed"], stays["version"]) == (False, before["version"])
    assert stays["departs_from"] != before["departs_from"]


async def overridden(hub: Any) -> dict[str, Any]:
    found = await hub.get("indicators", overridden=True)
    return dict(next(each for each in found if each["indicator"] == "counsellor_ratio"))


async def test_core_indicators_come_first_with_all_that_they_take(
    college: Any, dictionary: Dictionary
) -> None:
    await put(college, {**HALF, "core": True})
    async with college.database.transaction() as tx:
        in_order = await following.list_indicators(tx, dictionary)
    lead, rest = parted(in_order)

    assert [each.id for each in lead] == ["rate", "half", "score_pass_ratio"]
    assert [each.id for each in in_order] == [each.id for each in (*lead, *rest)]
    assert sorted(each["indicator"] for each in await college.get("indicators", core=True)) == [
        "half",
        "score_pass_ratio",
    ]


async def test_a_grid_of_what_is_core_names_no_indicator(college: Any) -> None:
    await college.settled()
    asked = {"scope": "course/C1", "period": f"term:{TERM}"}
    found = await college.get("grid", core=True, **asked)
    neither = await college.client.get("/v1/grid", params=asked)

    assert [(each["indicator"], each["value"]) for each in found][:1] == [("half", "0.500000")]
    assert {each["indicator"] for each in found} == {"half", "score_pass_ratio"}
    named = await college.get("grid", core=False, indicator=["half", "rate"], **asked)
    assert [each["indicator"] for each in named] == ["rate"]
    assert (neither.status_code, list(neither.json()["validationErrors"])) == (
        422,
        ["query.indicator"],
    )
