"""A plan is read and looked through over HTTP; nothing is kept."""

from pathlib import Path
from typing import Any

import pytest

from shared.workbooks.writing import XLSX

DEMO = Path(__file__).parents[2] / "deploy/src/helix8/demo/college/plan-2020-18.txt"


async def test_a_plan_is_looked_through_with_the_units_that_are_known(desk: Any) -> None:
    told = await desk.scope("unit/RSC", seq=2, name_zh="组织人事部")
    await desk.handled(told)
    response = await desk.running.client.post(
        "/v1/plans/lint",
        content=DEMO.read_bytes(),
        headers={"content-type": "text/plain; charset=utf-8"},
    )
    assert response.status_code == 200, response.text
    read = response.json()
    assert (read["number"], len(read["rows"]), len(read["bodies"])) == (
        "重建院发〔2020〕18号",
        26,
        9,
    )
    assert read["rows"][7] == {
        "line": 211,
        "cells": {
            "system": "专业课程层面",
            "task": "诊改运行",
            "content": "基于“8”字螺旋,自我诊改,持续提升",
            "leader": "分管教学学校领导",
            "lead": "教务处",
            "undertakers": "教务处,二级学院(部)",
            "deliverable": "诊改报告",
            "start": "2021.12",
            "end": "持续",
        },
        "how": {
            "system": "carried",
            "leader": "carried",
            "lead": "carried",
            "undertakers": "lost",
            "deliverable": "moved",
            "start": "moved",
            "end": "moved",
        },
        "start": "2021-12",
        "end": None,
        "ongoing": True,
        "work": "run",
        "level": "major",
    }
    assert len(read["findings"]) == 25
    units = {each["name"]: each for each in read["units"]}
    assert (units["人事部"]["unit"], units["人事部"]["known_as"]) == ("unit/RSC", "组织人事部")
    template = await desk.running.client.get("/v1/plans/template")
    assert template.headers["content-type"] == XLSX
    empty = await desk.running.client.post(
        "/v1/plans/lint", content=template.content, headers={"content-type": XLSX}
    )
    assert empty.status_code == 422
    assert list(empty.json()["validationErrors"]) == ["规划!A3"]
    other = await desk.running.client.post(
        "/v1/plans/lint", content=b"x", headers={"content-type": "application/msword"}
    )
    assert (other.status_code, other.json()["type"]) == (415, "urn:helix8:problem:plan-file-kind")


@pytest.mark.parametrize("kind", ["application/yaml", XLSX, "text/plain"])
async def test_a_file_that_is_too_large_is_refused(desk: Any, kind: str) -> None:
    response = await desk.running.client.post(
        "/v1/plans/lint", content=b"x" * (4 * 1024 * 1024 + 1), headers={"content-type": kind}
    )
    assert response.status_code == 413
