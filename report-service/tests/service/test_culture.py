"""The dossier of the culture of quality tells what was done in the period, and its surveys."""

from typing import Any

PLACE = {"scope": "class/AAA-2013J", "level": "awareness", "measure": "spirit", "by": "person/T001"}


async def test_a_dossier_tells_campaigns_of_the_period_with_their_materials(
    world: Any, told: Any
) -> None:
    scope = {"scope": "unit/U1", "name_zh": "土木工程学院"}
    place = PLACE | {"scope": "unit/U1", "at": "2026-11-20T08:00:00Z"}
    campaign = place | {
        "title": "质量月",
        "text": "全院动员",
        "participants": 320,
        "materials": [{"digest": "ab" * 32, "name": "方案.pdf"}],
    }
    for key, day in (("C1", "2026-11-01"), ("C2", "2025-11-01")):
        fact = world.event("CampaignRecorded", campaign | {"campaign": key, "held_on": day})
        await world.tell(fact, key="unit/U1")
    survey = place | {
        "period": "year:2026",
        "respondents": 288,
        "origin": "问卷",
        "indicator": None,
    }
    for score, at in (("70", "2026-11-20T08:00:00Z"), ("82.5", "2026-11-21T08:00:00Z")):
        fact = world.event("SurveyRecorded", survey | {"score": score, "at": at})
        await world.tell(fact, key="unit/U1")
    await world.tell(told.scope(**scope), key="unit/U1")

    wish = {"scope": "unit/U1", "period": "year:2026", "kind": "culture_dossier"}
    made = await world.make(**wish)

    assert made.status_code == 201, made.text
    content = (await world.running.client.get(f"/v1/reports/{made.json()['id']}")).json()["content"]
    assert told.cells(content, "campaigns")["text"] == ["全院动员", "材料 方案.pdf（abababab）"]
    assert told.cells(content, "surveys")["score"] == ["82.5分"]
    tables = [each for section in content["sections"] for each in section["blocks"]]
    assert [len(each["rows"]) for each in tables if each["block"] == "table"] == [1, 1]
