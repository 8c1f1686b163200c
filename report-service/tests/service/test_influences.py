"""What varies together with a point that misses its standard is told, with how much it rests on."""

from typing import Any

CELLS = (
    # present tasks of eight classes beside their withdrawal rates: the fewer, the more leave
    ("0.10", "9"), ("0.12", "8"), ("0.15", "8"), ("0.20", "6"),
    ("0.25", "5"), ("0.30", "4"), ("0.31", "3"), ("0.40", "1"),
)  # fmt: skip


async def test_a_missed_point_is_told_with_what_goes_together_with_it(
    world: Any, told: Any
) -> None:
    await world.tell(told.indicator(), told.scope())
    named = {"indicator": "homework", "name_zh": "作业提交次数", "unit": "count"}
    await world.tell(told.indicator().model_copy(update=named))
    for at, (left, homework) in enumerate(CELLS):
        scope = "class/AAA-2013J" if at == 6 else f"class/P{at}"
        place = {"scope": scope}
        await world.tell(
            told.measured(7, left, id=f"W{at}", **place),
            told.measured(7, homework, id=f"H{at}", indicator="homework", **place),
            # Of something that every class has alike nothing follows.
            told.measured(7, "5", id=f"C{at}", indicator="constant", **place),
            key=scope,
        )
    await world.tell(told.binding(), told.judged(2, "below_standard", "0.31"))

    report = (await world.make()).json()
    content = (await world.running.client.get(f"/v1/reports/{report['id']}")).json()["content"]

    assert told.cells(content, "influences") == {
        "point": ["退学率"],
        "factor": ["作业提交次数", "反向变化"],
        "r": ["-0.9938"],
        "share": ["98.76%"],
        "n": ["8 个教学班", "样本较少，仅供参考"],
    }
    [table] = [
        each
        for section in content["sections"]
        for each in section["blocks"]
        if each.get("key") == "influences"
    ]
    assert len(table["rows"]) == 1
    place = {"scope": report["scope"], "period": report["period"]}
    read = (await world.running.client.get("/v1/influences", params=place)).json()
    assert [{k: each[k] for k in ("factor_name", "kind", "n", "few", "r")} for each in read] == [
        {"factor_name": "作业提交次数", "kind": "class", "n": 8, "few": True, "r": "-0.9938"}
    ]
    remade = await world.running.client.get(f"/v1/reports/{report['id']}/remade")
    assert remade.json()["same"] is True
