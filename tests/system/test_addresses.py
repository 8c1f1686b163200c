"""Addresses that answers name are those of the gateway: its callers know no others."""

import httpx

from tests.system.test_journey import BINDING, CLASS, FEEDS, INDICATOR, PERIOD, SCOPE, prepare

RULE = {
    "rule": "journey.named",
    "zh": "教学班有名称",
    "en": "A teaching class has a name",
    "entity": "teaching_class",
    "kind": "not_null",
    "field": "name",
}


async def test_what_was_made_is_found_at_its_location(portal: httpx.AsyncClient) -> None:
    await prepare(portal)
    datahub = "/api/datahub/v1"
    row = {"jxbh": f"{CLASS}-L", "kch": "J01", "xq": "2096-2097-1", "mc": "三班"}
    feed = "journey.teaching_class"
    standard = {"key": "journey", "title": "退选", "tiers": BINDING["tiers"]}
    cycle = {"key": "journey-L", "scope": f"{SCOPE}-L", "period": PERIOD}
    calls = [
        ("PUT", f"{datahub}/feeds/{feed}", FEEDS[0]),
        ("PUT", f"{datahub}/indicators/{INDICATOR['indicator']}", INDICATOR),
        ("PUT", f"{datahub}/quality/rules/{RULE['rule']}", RULE),
        ("POST", f"{datahub}/records/teaching_class?feed={feed}", row),
        ("POST", "/api/target/v1/standards", standard),
        ("POST", "/api/spiral/v1/cycles", cycle),
    ]

    lost = []
    for method, path, body in calls:
        made = await portal.request(method, path, json=body)
        assert made.is_success, made.text
        assert "Location" in made.headers, path
        found = await portal.get(made.request.url.join(made.headers["Location"]))
        if found.status_code != 200:
            lost.append((path, made.headers["Location"], found.status_code))

    assert lost == []


async def test_an_uploaded_file_is_found_at_its_location(portal: httpx.AsyncClient) -> None:
    content = b"%PDF-1.7 minutes"
    found = []
    for service in ("datahub", "target"):
        made = await portal.post(f"/api/{service}/v1/evidence", content=content)
        assert made.is_success, made.text
        found.append(await portal.get(made.request.url.join(made.headers["Location"])))

    assert [(each.status_code, each.content) for each in found] == [(200, content)] * 2


async def test_a_refusal_names_the_path_that_was_asked(portal: httpx.AsyncClient) -> None:
    paths = [f"/api/{name}/v1/nothing" for name in ("datahub", "target", "spiral", "alert")]

    said = [(await portal.get(path)).json()["instance"] for path in paths]

    assert said == paths
