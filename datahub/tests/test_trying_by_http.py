"""What publishing a definition would change is told before, and nothing of it is kept."""

from typing import Any

import pytest
import pytest_asyncio

from datahub.tests.measuring import TERM
from datahub.tests.test_explaining_by_http import RATE, scores
from shared.kit.identity import Caller

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERIOD = f"term:{TERM}"


async def save(hub: Any, document: dict[str, Any], headers: Any = None, **query: Any) -> Any:
    path = f"/v1/indicators/{document['indicator']}"
    return await hub.client.put(path, json=document, params=query, headers=headers)


async def tried(hub: Any, document: dict[str, Any], headers: Any = None, **query: Any) -> Any:
    answer = await save(hub, document, headers, dryRun=True, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def college(hub: Any) -> Any:
    """Three courses: of six students, of six with one who has no number, and of three."""
    for document in (RATE, {**RATE, "indicator": "half", "formula": "[rate] / 2"}):
        assert (await save(hub, document)).status_code == 201
    schools = await hub.feed("school", dict.fromkeys(["school_code", "name"]))
    await hub.push(schools, {"school_code": "10000", "name": "学校"})
    courses = await hub.feed("course", dict.fromkeys(["course_code", "name"]))
    names = ["student_no", "course_code", "term", "grade_type", "attempt", "number"]
    marks = await hub.feed("score", dict.fromkeys(names), never_waits_for=["student_no"])
    await hub.push(courses, *({"course_code": f"C{n}", "name": "课程"} for n in (1, 2, 3)))
    await hub.push(marks, *scores("C1", TERM, [90, 80, 70, 60, 50, 40]))
    await hub.push(marks, *scores("C2", TERM, [65, 65, 65, 65, 65, None]))
    await hub.push(marks, *scores("C3", TERM, [65, 30, 30]))
    await hub.settled()
    return hub


HARDER = {**RATE, "formula": RATE["formula"].replace("60", "70")}


async def test_a_dry_run_tells_the_largest_changes_first_and_keeps_nothing(college: Any) -> None:
    before = await college.sql("SELECT * FROM measurement ORDER BY id")
    sums = await college.sql("SELECT * FROM indicator_sum ORDER BY measure, key, period")

    found = await tried(college, HARDER)

    assert (found["version"], found["next_version"], found["dependents"]) == (1, 2, ["half"])
    nothing = {"same": 0, "appears": 0, "vanishes": 0, "left": 0}
    assert found["counts"] == nothing | {"changed": 4}
    assert found["groups"] == [
        {"kind": "course", "period": PERIOD, **nothing, "changed": 3},
        {"kind": "school", "period": PERIOD, **nothing, "changed": 1},
    ]
    told = [
        (each["scope"], each["before"]["value"], each["after"]["value"], each["difference"])
        for each in found["changes"]
    ]
    assert told == [
        ("course/C2", "1.000000", "0.000000", "-1.000000"),
        ("school/10000", "0.714286", "0.214286", "-0.500000"),
        ("course/C3", "0.333333", "0.000000", "-0.333333"),
        ("course/C1", "0.666667", "0.500000", "-0.166667"),
    ]
    few = await tried(college, HARDER, limit=1)
    assert [each["scope"] for each in few["changes"]] == ["course/C2"]
    assert (await college.get("indicators/rate"))["version"] == 1
    assert await college.sql("SELECT * FROM measurement ORDER BY id") == before
    after = await college.sql("SELECT * FROM indicator_sum ORDER BY measure, key, period")
    assert after == sums


async def test_what_a_dry_run_tells_is_what_publishing_does(college: Any) -> None:
    document = {**HARDER, "indicator": "published"}
    await save(college, {**RATE, "indicator": "published"})
    await college.settled()
    told = await tried(college, document)
    await save(college, document)
    await college.settled()

    rows = await college.get("measurements", indicator="published")
    assert {each["scope"]: each["value"] for each in rows} == {
        each["scope"]: each["after"]["value"] for each in told["changes"]
    }
    assert (await tried(college, document))["counts"]["same"] == 4


async def test_values_come_go_and_are_left(college: Any) -> None:
    larger = await tried(college, {**RATE, "minimum_sample": 5})
    new = await tried(college, {**RATE, "indicator": "new"})
    narrower = {**RATE, "indicator": "alone", "scopes": RATE["scopes"][:1]}
    await save(college, {**RATE, "indicator": "alone"})
    await college.settled()
    left = await tried(college, narrower)

    [gone] = larger["changes"]
    assert (gone["scope"], gone["state"], gone["difference"]) == ("course/C3", "vanishes", None)
    assert (gone["after"]["value"], gone["after"]["reason"]) == (None, "small-sample")
    assert (new["version"], new["next_version"], new["counts"]["appears"]) == (None, 1, 4)
    assert new["changes"][0]["before"] is None
    assert (left["counts"]["left"], left["counts"]["same"], left["changes"]) == (3, 1, [])


async def test_what_takes_others_is_tried_over_scopes_beneath(college: Any) -> None:
    """No definition in force goes through courses yet."""
    share = {
        **RATE,
        "indicator": "share",
        "formula": "rate([rate] > 0.5 of course)",
        "scopes": [{"kind": "school", "period": "term"}],
    }
    found = await tried(college, share)

    [only] = found["changes"]
    assert (only["scope"], only["after"]["numerator"], only["after"]["denominator"]) == (
        *("school/10000", "2"),
        "3",
    )


async def test_a_dry_run_refuses_what_publishing_refuses(college: Any) -> None:
    wrong = {**RATE, "formula": "count(nothing)", "unit": ""}
    needed = {**RATE, "scopes": RATE["scopes"][:1]}
    for document, status in ((wrong, 422), (needed, 409)):
        dry, real = await save(college, document, dryRun=True), await save(college, document)
        assert (dry.status_code, dry.json()["validationErrors"]) == (
            status,
            real.json()["validationErrors"],
        )
    stale = await save(college, RATE, {"If-Match": '"7"'}, dryRun=True)
    assert stale.status_code == 412


async def test_small_groups_are_masked_in_a_dry_run_for_whoever_may_not_see_persons(
    college: Any, signing_keys: Any
) -> None:
    caller = Caller(
        subject="person/T1",
        roles=frozenset({"reader"}),
        scopes=frozenset({"datahub:read", "datahub:write"}),
    )
    headers = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}

    found = await tried(college, HARDER, headers)

    [small] = [each for each in found["changes"] if each["scope"] == "course/C3"]
    assert (small["difference"], small["before"]["value"], small["after"]["n"]) == (None,) * 3
    assert small["before"]["reason"] == small["after"]["reason"] == "masked"
    assert sum(each["difference"] is None for each in found["changes"]) == 1


async def test_versions_tell_what_each_changed_and_an_old_one_can_be_measured(college: Any) -> None:
    document = {**RATE, "indicator": "two"}
    await save(college, document)
    await college.settled()
    await save(college, {**HARDER, "indicator": "two", "scopes": RATE["scopes"][:1]})
    await college.settled()

    found = await college.get("indicators/two/versions")
    one = await college.get("indicators/two/versions/1")
    measured = await college.client.post("/v1/indicators/two/versions/1/measure")

    # The school has been measured with the new one; its courses keep what the old one said.
    assert [(each["version"], each["values"]) for each in found] == [(2, 1), (1, 3)]
    assert [each["key"] for each in found[0]["changed"]] == ["formula", "scopes"]
    assert (one["document"], one["against"]) == (document, 2)
    assert one["differences"][0] == {
        "key": "formula",
        "before": RATE["formula"],
        "after": HARDER["formula"],
    }
    assert measured.status_code == 200, measured.text
    assert measured.json()["counts"]["same"] == 3
    [school] = measured.json()["changes"]
    assert (school["before"]["value"], school["after"]["value"]) == ("0.214286", "0.714286")
    assert (await college.get("indicators/two"))["version"] == 2


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "none/versions", "indicator-not-found"),
        ("GET", "rate/versions/9", "indicator-not-found"),
        ("GET", "rate/versions/1?against=9", "indicator-not-found"),
        ("POST", "rate/versions/9/measure", "indicator-not-found"),
        ("DELETE", "rate/override", "not-overridden"),
        ("DELETE", "none/override", "not-overridden"),
    ],
)
async def test_what_there_is_not_is_not_found(
    college: Any, method: str, path: str, code: str
) -> None:
    answer = await college.client.request(method, f"/v1/indicators/{path}")

    assert (answer.status_code, answer.json()["type"]) == (404, f"urn:helix8:problem:{code}")


async def test_the_college_returns_from_its_own_definition_to_the_shipped_one(
    college: Any,
) -> None:
    name = "course_teachers"
    shipped = {each["indicator"]: each["document"] for each in await college.get("catalogue")}
    asked = {"indicators": [name]}
    await college.client.post("/v1/catalogue/publish", json=asked)
    own = {**shipped[name], "minimum_sample": 3}
    await save(college, own)
    kept = await college.client.post("/v1/catalogue/publish", json=asked)

    [listed] = await college.get("indicators", overridden=True)
    refused = await college.client.delete(
        f"/v1/indicators/{name}/override", headers={"If-Match": '"1"'}
    )
    back = await college.client.delete(f"/v1/indicators/{name}/override")

    assert kept.json() == {name: "kept"}
    assert (listed["indicator"], listed["document"], listed["shipped"]) == (
        name,
        own,
        shipped[name],
    )
    assert [each["key"] for each in listed["differences"]] == ["minimum_sample"]
    assert refused.status_code == 412
    assert back.json() == {"indicator": name, "version": 3, "origin": "shipped"}
    present = await college.get(f"indicators/{name}")
    assert (present["document"], present["origin"]) == (shipped[name], "shipped")
    assert await college.get("indicators", overridden=True) == []
    assert (await college.get(f"indicators/{name}/versions/2"))["document"] == own
