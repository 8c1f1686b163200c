"""Values that people hand in: approved by another person, shown where nothing is measured."""

import asyncio
import json
from typing import Any

import pytest
import pytest_asyncio

from datahub.indicators.usecases import totals
from datahub.tests.handing import DERIVED, EMPLOYERS, LINK, PERIOD, STUDENTS, as_person, entry
from datahub.tests.handing import cell_of as cell
from datahub.tests.national_college import deliver
from shared.kit.clock import CAMPUS, now

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEAR = f"{now().astimezone(CAMPUS):%Y}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(hub: Any, signing_keys: Any) -> Any:
    """A hub with two majors, and the headers of three people."""
    await deliver(hub, "school", {"school_code": "S", "name": "示例学校"})
    majors = [f"M{number}" for number in range(1, 13)]
    await deliver(hub, "major", *({"major_code": each, "name": each} for each in majors))
    for document in (EMPLOYERS, STUDENTS, DERIVED):
        answer = await hub.client.put(f"/v1/indicators/{document['indicator']}", json=document)
        assert answer.status_code == 201, answer.text
    await hub.settled()

    async def told() -> bool:
        return len(await hub.get("scopes", kind="major")) == len(majors)

    await hub.until(told)
    hub.writer = as_person(signing_keys, 1, "hand-in", "every-scope")
    hub.head = as_person(signing_keys, 2, "hand-in", "approve", "every-scope")
    hub.dean = as_person(signing_keys, 3, "hand-in", "approve", "every-scope")
    return hub


async def post(hub: Any, path: str, body: Any, who: dict[str, str], **headers: str) -> Any:
    return await hub.client.post(f"/v1/{path}", json=body, headers={**who, **headers})


async def handed(hub: Any, who: dict[str, str] | None = None, **more: Any) -> Any:
    answer = await post(hub, "handed-in", entry(**more), who or hub.writer)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def approved(hub: Any, key: str, who: dict[str, str] | None = None) -> Any:
    answer = await hub.client.post(f"/v1/handed-in/{key}/approval", headers=who or hub.head)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_value_counts_once_another_person_has_approved_it(desk: Any) -> None:
    found = await handed(desk)
    before = await cell(desk, "employers_content", "major/M1")
    await approved(desk, found["id"])
    after = await cell(desk, "employers_content", "major/M1")
    derived = await cell(desk, "employers_lost", "major/M1")

    assert (found["state"], found["value"], found["counts"]) == ("waiting", "0.900000", False)
    assert before is None
    assert {name: after[name] for name in ("value", "numerator", "denominator", "n")} == {
        "value": "0.900000",
        "numerator": "45",
        "denominator": "50",
        "n": 50,
    }
    assert (after["manual"], after["reason"], after["coverage"]) == (True, None, "1")
    assert (derived["value"], derived["manual"]) == ("0.100000", False)


async def test_the_event_and_the_explanation_say_that_it_is_manual(desk: Any) -> None:
    found = await handed(desk, scope="major/M2", note="问卷 50 份")
    await approved(desk, found["id"])
    after = await cell(desk, "employers_content", "major/M2")
    items = [
        item
        for fact in await desk.facts()
        if fact["type"] == "qa.datahub.indicator.measured.v1"
        for item in fact["data"]["items"]
        if item["id"] == after["id"]
    ]
    told = await desk.get(f"measurements/{after['id']}/explanation")
    [said] = told["handed_in"]

    assert [(each["manual"], each["value"]) for each in items] == [(True, "0.900000")]
    assert (said["counts"], said["link"], said["note"]) == (True, LINK, "问卷 50 份")
    assert [(each["step"], each["by"]) for each in said["steps"]] == [
        ("entered", "person/T1"),
        ("approved", "person/T2"),
    ]
    assert told["definition"] == EMPLOYERS
    by_hand = {"zh": "由人填报，经批准", "en": "handed in, approved"}
    assert [told[name] for name in ("words", "numerator", "denominator")] == [by_hand] * 3
    assert told["history"][0]["manual"] is True


async def test_a_dry_run_keeps_what_was_handed_in_and_approved(desk: Any) -> None:
    """Of a value that nobody can count, and of a stock's past year that nobody counts any more."""
    await approved(desk, (await handed(desk, scope="major/M12", period="year:2022"))["id"])
    past = await handed(
        desk,
        indicator="students_in_school",
        scope="major/M12",
        numerator=None,
        denominator=None,
        value="120",
        n=120,
        period="year:2022",
    )
    await approved(desk, past["id"])
    await desk.settled()
    measured = await desk.get("measurements", limit=1000)
    for document in (EMPLOYERS, STUDENTS):
        name = document["indicator"]
        path, query = f"/v1/indicators/{name}", {"dryRun": True}
        tried = await desk.client.put(path, json=document, params=query)
        again = await desk.client.post(f"{path}/versions/1/measure")
        counts = dict.fromkeys(("same", "changed", "appears", "vanishes", "left"), 0)
        counts["same"] = sum(each["indicator"] == name for each in measured)

        assert counts["same"] > 0
        assert (tried.json()["counts"], tried.json()["changes"]) == (counts, [])
        assert again.json() == tried.json()


async def test_nobody_approves_or_rejects_his_own_value(desk: Any) -> None:
    found = await handed(desk, desk.head, scope="major/M3")
    answers = [
        await desk.client.post(f"/v1/handed-in/{found['id']}/approval", headers=desk.head),
        await post(desk, f"handed-in/{found['id']}/rejection", {"reason": "x"}, desk.head),
    ]
    without = await desk.client.post(f"/v1/handed-in/{found['id']}/approval", headers=desk.writer)
    told = await desk.get(f"handed-in/{found['id']}")

    assert [(each.status_code, each.json()["type"]) for each in answers] == [
        (403, "urn:helix8:problem:own-value")
    ] * 2
    assert (without.status_code, without.json()["type"]) == (403, "urn:helix8:problem:forbidden")
    assert told["state"] == "waiting"
    assert found["may"] == {
        "approve": False,
        "reject": False,
        "revise": True,
        "withdraw": True,
        "evidence": False,
    }


async def test_a_system_approves_nothing(desk: Any, signing_keys: Any) -> None:
    from shared.kit.identity import Caller  # noqa: PLC0415

    found = await handed(desk, scope="major/M3", period="year:2024")
    caller = Caller(subject="system/academic", scopes=frozenset({"datahub:*"}))
    who = {"authorization": f"Bearer {signing_keys[0].sign(caller, 'datahub')}"}
    answer = await desk.client.post(f"/v1/handed-in/{found['id']}/approval", headers=who)

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:helix8:problem:own-value")


async def test_everything_that_is_wrong_is_told_at_once(desk: Any) -> None:
    body = entry(scope="major/NONE", period="term:2026-2027-1", value="1", n=9)
    del body["link"]
    answer = await post(desk, "handed-in", body | {"evidence": "0" * 64}, desk.writer)
    bare = entry(denominator="0", indicator="no_such")
    other = await post(desk, "handed-in", bare | {"link": None}, desk.writer)
    over = await post(desk, "handed-in", entry(numerator="60"), desk.writer)

    assert answer.status_code == other.status_code == 422
    assert list(answer.json()["validationErrors"]) == [
        *("$.period", "$.value", "$.n", "$.scope", "$.evidence")
    ]
    assert list(other.json()["validationErrors"]) == ["$.indicator"]
    assert over.json()["validationErrors"] == {
        "$.numerator": [
            (
                "单位是 ratio，须在 0 与 1 之间，85% 写作 0.85；"
                "可以超出的（如增长率），其指标的单位是 number"
                " (the unit is ratio: from 0 to 1, 0.85 for 85 %; what may be beyond,"
                " such as growth, is an indicator of the unit number)"
            )
        ]
    }


async def test_what_the_formula_measures_is_not_replaced(desk: Any) -> None:
    student = {"student_no": "S1", "major_code": "M4", "in_school": "true"}
    await deliver(desk, "student", student)
    measured = await cell(desk, "students_in_school", "major/M4", f"year:{YEAR}")
    more = {"indicator": "students_in_school", "period": f"year:{YEAR}"}
    body = {**entry(), **more, "value": "7", "numerator": None, "denominator": None}
    answer = await post(desk, "handed-in", {**body, "scope": "major/M4"}, desk.writer)

    assert (measured["value"], measured["manual"]) == ("1", False)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:helix8:problem:measured-already"


async def test_a_formula_without_rows_is_filled_until_it_has_some(desk: Any) -> None:
    more = {"indicator": "students_in_school", "scope": "major/M5", "period": f"year:{YEAR}"}
    found = await handed(desk, **more, value="30", numerator=None, denominator=None)
    await approved(desk, found["id"])
    filled = await cell(desk, "students_in_school", "major/M5", f"year:{YEAR}")
    await deliver(desk, "student", {"student_no": "S5", "major_code": "M5", "in_school": "true"})
    measured = await cell(desk, "students_in_school", "major/M5", f"year:{YEAR}")
    told = await desk.get(f"handed-in/{found['id']}")

    assert (filled["value"], filled["manual"]) == ("30", True)
    assert (measured["value"], measured["manual"]) == ("1", False)
    assert (told["state"], told["counts"]) == ("approved", False)


async def test_a_stock_may_be_filled_for_a_year_before_the_first_record(desk: Any) -> None:
    more = {"indicator": "students_in_school", "scope": "major/M6", "period": "year:2019"}
    found = await handed(desk, **more, value="21", numerator=None, denominator=None)
    await approved(desk, found["id"])
    filled = await cell(desk, "students_in_school", "major/M6", "year:2019")
    changed = {**STUDENTS, "basis": "学籍在校"}
    await desk.client.put("/v1/indicators/students_in_school", json=changed)
    again = await cell(desk, "students_in_school", "major/M6", "year:2019")
    body = {"reason": "查无实据"}
    await post(desk, f"handed-in/{found['id']}/withdrawal", body, desk.head)
    gone = await cell(desk, "students_in_school", "major/M6", "year:2019")

    assert (filled["value"], filled["manual"], filled["formula_version"]) == ("21", True, 1)
    assert (again["value"], again["manual"], again["formula_version"]) == ("21", True, 2)
    assert (gone["value"], gone["manual"], gone["reason"]) == (None, False, "not-handed-in")


async def test_a_rejected_value_is_revised_and_both_are_kept(desk: Any) -> None:
    first = await handed(desk, scope="major/M7")
    body = {"reason": "样本算错"}
    rejected = (await post(desk, f"handed-in/{first['id']}/rejection", body, desk.head)).json()
    again = entry(scope="major/M7", numerator="40")
    answer = await desk.client.put(f"/v1/handed-in/{first['id']}", json=again, headers=desk.writer)
    second = answer.json()
    await approved(desk, second["id"])
    told = await desk.get("handed-in", scope="major/M7")
    value = await cell(desk, "employers_content", "major/M7")

    assert (rejected["state"], rejected["steps"][-1]["reason"]) == ("rejected", "样本算错")
    assert answer.status_code == 200
    assert second["replaces"] == first["id"]
    assert [(each["state"], each["value"]) for each in told] == [
        ("replaced", "0.900000"),
        ("approved", "0.800000"),
    ]
    assert value["value"] == "0.800000"


async def test_an_approved_value_counts_until_its_revision_is_approved(desk: Any) -> None:
    first = await handed(desk, scope="major/M8")
    await approved(desk, first["id"])
    again = entry(scope="major/M8", numerator="30")
    second = (
        await desk.client.put(f"/v1/handed-in/{first['id']}", json=again, headers=desk.writer)
    ).json()
    meanwhile = await cell(desk, "employers_content", "major/M8")
    third = await desk.client.put(f"/v1/handed-in/{first['id']}", json=again, headers=desk.head)
    await approved(desk, second["id"])
    after = await cell(desk, "employers_content", "major/M8")
    history = await desk.get(f"measurements/{after['id']}/explanation")

    assert meanwhile["value"] == "0.900000"
    assert (third.status_code, third.json()["type"]) == (409, "urn:helix8:problem:handed-state")
    assert after["value"] == "0.600000"
    assert [each["value"] for each in history["history"]] == ["0.600000", "0.900000"]
    assert [each["state"] for each in history["handed_in"]] == ["replaced", "approved"]


async def test_a_second_value_for_a_cell_is_refused_with_the_first(desk: Any) -> None:
    first = await handed(desk, scope="major/M9")
    answer = await post(desk, "handed-in", entry(scope="major/M9"), desk.head)

    assert answer.status_code == 409
    assert first["id"] in answer.json()["fixes"][0]


async def test_of_two_who_hand_in_at_once_one_is_told_of_the_other(desk: Any) -> None:
    sent = [post(desk, "handed-in", entry(scope="major/M10"), desk.writer) for _ in range(6)]
    answers = await asyncio.gather(*sent)

    assert sorted(each.status_code for each in answers) == [201, *[409] * 5]


async def test_only_the_version_that_was_seen_is_decided_on(desk: Any) -> None:
    found = await handed(desk, scope="major/M11")
    path = f"/v1/handed-in/{found['id']}/approval"
    answer = await desk.client.post(path, headers={**desk.head, "if-match": '"7"'})
    right = await desk.client.post(path, headers={**desk.head, "if-match": '"1"'})
    twice = await desk.client.post(path, headers=desk.dean)

    assert (answer.status_code, right.status_code, twice.status_code) == (412, 200, 409)


async def test_what_is_approved_is_taken_back_by_an_approver_alone(desk: Any) -> None:
    found = await handed(desk, scope="major/M12")
    await approved(desk, found["id"])
    path, body = f"handed-in/{found['id']}/withdrawal", {"reason": "重复计数"}
    own = await post(desk, path, body, desk.writer)
    taken = await post(desk, path, body, desk.dean)
    gone = await cell(desk, "employers_content", "major/M12")
    again = await handed(desk, scope="major/M12")

    assert (own.status_code, taken.status_code) == (403, 200)
    assert (gone["value"], gone["manual"], gone["reason"]) == (None, False, "not-handed-in")
    assert again["state"] == "waiting"


async def test_one_instant_has_one_spelling(desk: Any) -> None:
    found = await handed(desk, scope="major/M6")
    listed = await desk.get(f"handed-in/{found['id']}")
    revised = await desk.client.put(
        f"/v1/handed-in/{found['id']}", json=entry(scope="major/M6", n=51), headers=desk.writer
    )
    again = await desk.get(f"handed-in/{revised.json()['id']}")
    await approved(desk, again["id"])
    measured = await cell(desk, "employers_content", "major/M6")
    asked = {"indicator": "employers_content", "scope": "major/M6", "period": PERIOD}
    [gridded] = await desk.get("grid", **asked)
    file = await desk.client.get("/v1/measurements/export", params={"format": "csv", **asked})

    assert listed["steps"][0]["at"] == listed["entered_at"] == found["entered_at"]
    assert revised.json()["entered_at"] == again["entered_at"]
    assert gridded["freshest_at"] == measured["freshest_at"]
    assert measured["measured_at"] in file.text
    assert "+00:00" not in "".join([file.text, json.dumps([gridded, measured, again])])


async def test_the_grid_and_the_file_say_which_values_are_manual(desk: Any) -> None:
    found = await handed(desk, scope="school/S", numerator="48")
    await approved(desk, found["id"])
    await desk.settled()
    which = {"indicator": "employers_content", "scope": "school/S", "period": PERIOD}
    grid = await desk.get("grid", **which)
    exported = await desk.client.get("/v1/measurements/export", params=which)
    lines = exported.text.splitlines()
    line = dict(zip(lines[0].lstrip("\ufeff").split(","), lines[1].split(","), strict=True))

    assert '"manual": true' in str(grid).replace("'", '"').replace("True", "true")
    assert (line["value"], line["manual"]) == ("0.960000", "true")


async def test_what_fewer_than_five_say_is_hidden_from_readers(
    desk: Any, signing_keys: Any
) -> None:
    few = {**EMPLOYERS, "indicator": "employers_of_few", "minimum_sample": 1}
    answer = await desk.client.put("/v1/indicators/employers_of_few", json=few)
    assert answer.status_code == 201, answer.text
    found = await handed(desk, indicator="employers_of_few", n=4)
    await approved(desk, found["id"])
    await cell(desk, "employers_of_few", "major/M1")
    reader = as_person(signing_keys, 9)
    path = f"/v1/measurements/employers_of_few|major/M1|{PERIOD}/explanation"
    told = (await desk.client.get(path, headers=reader)).json()
    [listed] = (
        await desk.client.get(
            "/v1/handed-in", params={"indicator": "employers_of_few"}, headers=reader
        )
    ).json()

    assert (told["measurement"]["value"], told["measurement"]["reason"]) == (None, "masked")
    assert [(each["value"], each["numerator"], each["n"]) for each in told["handed_in"]] == [
        (None, None, None)
    ]
    assert (listed["value"], listed["n"], listed["state"]) == (None, None, "approved")


async def test_few_that_something_personal_chose_are_hidden_in_the_list_as_in_the_cell(
    desk: Any, signing_keys: Any
) -> None:
    women = {**STUDENTS, "indicator": "women_share", "unit": "ratio"}
    women["formula"] = "rate(sex = '2' of student)"
    answer = await desk.client.put("/v1/indicators/women_share", json=women)
    assert answer.status_code == 201, answer.text
    few = await handed(desk, indicator="women_share", scope="major/M1", numerator="4", n=60)
    more = await handed(desk, indicator="women_share", scope="major/M2", numerator="5", n=60)
    reader = as_person(signing_keys, 9)

    async def listed() -> list[str | None]:
        answers = [
            await desk.client.get(f"/v1/handed-in/{each['id']}", headers=reader)
            for each in (few, more)
        ]
        return [each.json()["numerator"] for each in answers]

    assert await listed() == [None, "5"]
    for each in (few, more):
        await approved(desk, each["id"])
    cells = [await cell(desk, "women_share", f"major/M{at}") for at in (1, 2)]
    shown = await desk.client.get(
        "/v1/measurements", params={"indicator": "women_share", "period": PERIOD}, headers=reader
    )
    assert [each["numerator"] for each in cells] == ["4", "5"]
    assert [each["numerator"] for each in shown.json()] == [None, "5"]
    assert await listed() == [None, "5"]


@pytest.mark.parametrize("reason", ["", "   ", "\u3000\n"])
async def test_a_value_is_not_sent_back_without_a_reason(desk: Any, reason: str) -> None:
    found = await handed(desk, scope="major/M5")
    answer = await post(desk, f"handed-in/{found['id']}/rejection", {"reason": reason}, desk.head)
    await post(desk, f"handed-in/{found['id']}/withdrawal", {"reason": "完"}, desk.writer)

    assert answer.status_code == 422, answer.text
    assert list(answer.json()["validationErrors"]) == ["$.reason"]


async def test_how_many_values_are_handed_in_is_counted(desk: Any, dictionary: Any) -> None:
    answer = await desk.client.post(
        "/v1/catalogue/publish", json={"indicators": ["manual_value_ratio"]}
    )
    assert answer.status_code == 200, answer.text
    await desk.settled()
    rows = await desk.sql(
        "SELECT count(*) AS told, count(*) FILTER (WHERE manual) AS typed FROM measurement"
        " WHERE value IS NOT NULL"
    )
    async with desk.database.transaction() as tx:
        await totals.write_totals(tx, dictionary)
    month = f"month:{now().astimezone(CAMPUS):%Y-%m}"
    share = await cell(desk, "manual_value_ratio", "school/S", month)

    assert (int(share["numerator"]), int(share["denominator"])) == (
        rows[0]["typed"],
        rows[0]["told"],
    )
    assert rows[0]["typed"] > 5


async def test_a_definition_needs_a_formula_or_people(desk: Any) -> None:
    body = {name: each for name, each in EMPLOYERS.items() if name != "manual"}
    answer = await desk.client.put("/v1/indicators/employers_content", json=body)

    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == ["$.formula"]
