"""``helix8 plan`` sends a file as it is, and shows what the suite read and found in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helix8.calls import RefusedError
from helix8.plans import Deed, PlanAsked, attend_plan

ROW = {
    "line": 211,
    "cells": {
        "system": "专业层面",
        "task": "诊改运行",
        "content": "基于“8”字螺旋，自我诊改，持续提升，直到这一格写不下为止",
        "leader": "",
        "lead": "教务处",
        "undertakers": "教务处",
        "deliverable": "诊改报告",
        "start": "2021.12",
        "end": "持续",
    },
    "how": {"system": "carried", "undertakers": "lost", "start": "moved"},
}
FINDING = {
    "rule": "cell-lost",
    "severity": "conflict",
    "lines": [211],
    "zh": "单元格错位",
    "en": "the cells have slipped",
    "remedy_zh": "补上",
    "remedy_en": "give it",
}
READ = {
    "title": "示例方案",
    "number": "示例〔2020〕18号",
    "rows": [ROW],
    "bodies": [{"line": 239, "title": "领导小组", "members": [1, 2], "duties": []}],
    "basis": [{"line": 25, "title": "总体方案", "number": None}],
    "cycles": [{"line": 105, "level": "school", "words": "以年度为周期"}],
    "units": [{"name": "人事部", "lines": [227], "known_as": "组织人事部"}],
    "findings": [FINDING],
}


@pytest.fixture
def run(gateway: Any, tmp_path: Path) -> Callable[..., list[str]]:
    """Run the command on a file; return what it said."""

    def attend(deed: Deed, name: str = "plan.yaml", **more: bool) -> list[str]:
        file = tmp_path / name
        file.write_text('"a plan"', encoding="utf-8")
        said: list[str] = []
        asked = PlanAsked(deed=deed, file=file, **more)
        attend_plan(asked, gateway.url, "h8k_x", said.append)
        return said

    return attend


def test_what_was_read_is_shown_with_its_lines_and_the_findings(
    gateway: Any, run: Callable[..., list[str]]
) -> None:
    gateway.answers["/api/target/v1/plans/lint"] = (200, READ)
    said = "\n".join(run(Deed.LINT))
    assert gateway.asked == [("POST", "/api/target/v1/plans/lint", "a plan")]
    assert said == (
        "示例方案  示例〔2020〕18号\n"
        "\n"
        "行   体系类别  工作任务  主要内容                  牵头部门  承担部门  成果形式  开始"
        "      完成\n"
        "211  〃        诊改运行  基于“8”字螺旋，自我诊改…  教务处    教务处?   诊改报告"
        "  2021.12*  持续\n"
        "〃 同上行  * 已归位  ? 缺失，暂按上行 · 〃 as above, * put right, ? lost, as above\n"
        "\n机构 · bodies\n239  领导小组  成员 2  职责 0\n"
        "\n依据文件 · documents it rests on\n25    总体方案\n"
        "\n诊改周期 · rhythms\n105  school  以年度为周期\n"
        "\n部门的别名 · other names of units\n227  人事部  = 组织人事部\n"
        "\n冲突 · conflict  行 211  [cell-lost]\n"
        "  单元格错位\n  the cells have slipped\n  → 补上 · give it\n"
        "共 · in all 1：冲突 · conflict 1，提醒 · warning 0，笔误 · slip 0"
    )


def test_colours_are_for_a_terminal(gateway: Any, run: Callable[..., list[str]]) -> None:
    gateway.answers["/api/target/v1/plans/lint"] = (200, READ)
    assert not any("\x1b" in line for line in run(Deed.LINT))
    assert any(line.startswith("\x1b[31m冲突") for line in run(Deed.LINT, coloured=True))


def test_an_import_says_what_came_of_it(gateway: Any, run: Callable[..., list[str]]) -> None:
    made = [{"kind": "task", "change": change} for change in ("created", "created", "unchanged")]
    answer = {"dry_run": True, "read": READ, "made": made, "cycles": READ["cycles"]}
    gateway.answers["/api/target/v1/plans/import"] = (200, answer)
    said = run(Deed.IMPORT, dry_run=True)
    assert said[-3] == "试运行，什么也没有保存 · a dry run: nothing was kept"
    assert "任务 · tasks" in said[-2]
    assert "新增 · new 2  变更 · changed 0  不变 · unchanged 1" in said[-2]
    assert said[-1] == "建议的诊改周期 1 项 · 1 cycles proposed"


def test_a_file_of_another_kind_is_not_sent(gateway: Any, run: Callable[..., list[str]]) -> None:
    with pytest.raises(RefusedError, match="另存为纯文本"):
        run(Deed.LINT, "plan.docx")
    assert gateway.asked == []
