"""The catalogue by HTTP: read, published by id, row or family; what is the college's own stays."""

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def of_catalogue(hub: Any, indicator: str) -> dict[str, Any]:
    """Return what the catalogue says of a definition."""
    [found] = [each for each in await hub.get("catalogue") if each["indicator"] == indicator]
    return dict(found)


async def publish(hub: Any, **asked: Any) -> Any:
    answer = await hub.client.post("/v1/catalogue/publish", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_catalogue_says_what_is_in_force_and_whose_it_is(hub: Any) -> None:
    before = await of_catalogue(hub, "counsellor_ratio")
    await publish(hub, indicators=["counsellor_ratio"])
    after = await of_catalogue(hub, "counsellor_ratio")

    assert (before["version"], before["origin"]) == (None, None)
    assert before["catalogue"] == ["SC02"]
    assert after == {**before, "version": 1, "origin": "shipped"}
    assert (await hub.get("indicators/counsellor_ratio"))["document"] == before["document"]


async def test_a_row_brings_all_of_its_indicators_and_again_changes_nothing(hub: Any) -> None:
    first = await publish(hub, rows=["SC45"])
    again = await publish(hub, rows=["SC45"])

    assert first == {"public_training_hours": "published", "training_income": "published"}
    assert again == {"public_training_hours": "unchanged", "training_income": "unchanged"}


async def test_a_family_brings_every_row_of_it(hub: Any) -> None:
    published = await publish(hub, rows=["PR"])

    assert published.keys() == {
        each["indicator"]
        for each in await hub.get("catalogue")
        if any(row.startswith("PR") for row in each["catalogue"])
    }


async def test_what_the_college_defined_itself_stays_as_it_is(hub: Any) -> None:
    own = {**(await of_catalogue(hub, "land_per_student"))["document"], "zh": "生均土地"}
    await hub.client.put("/v1/indicators/land_per_student", json=own)

    assert await publish(hub, rows=["SC14"]) == {"land_per_student": "kept"}
    kept = await hub.get("indicators/land_per_student")
    assert (kept["origin"], kept["version"], kept["document"]["zh"]) == ("college", 1, "生均土地")


async def test_what_was_shipped_becomes_the_colleges_own_once_it_puts_another(hub: Any) -> None:
    await publish(hub, indicators=["dorm_area_per_student"])
    shipped = (await of_catalogue(hub, "dorm_area_per_student"))["document"]
    await hub.client.put("/v1/indicators/dorm_area_per_student", json={**shipped, "zh": "住宿"})

    found = await of_catalogue(hub, "dorm_area_per_student")
    assert (found["origin"], found["version"]) == ("college", 2)


@pytest.mark.parametrize(
    ("asked", "unknown"),
    [
        ({"indicators": ["no_such", "counsellor_ratio"], "rows": ["SC99"]}, "no_such, SC99"),
        ({"rows": ["TC99"]}, "TC99"),
    ],
)
async def test_what_the_catalogue_lacks_is_refused_by_name(
    hub: Any, asked: dict[str, Any], unknown: str
) -> None:
    answer = await hub.client.post(
        "/v1/catalogue/publish", json=asked, headers={"accept-language": "en"}
    )

    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        f"the catalogue has no {unknown}",
    )


async def test_a_row_that_is_none_is_refused_at_its_place(hub: Any) -> None:
    answer = await hub.client.post("/v1/catalogue/publish", json={"rows": ["SC01", "XX01"]})

    assert answer.status_code == 422
    assert list(answer.json()["validationErrors"]) == ["$.rows[1]"]
