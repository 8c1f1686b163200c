"""Every paper that the plan asks for has a kind, and every kind makes its files."""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import docx
import pytest
from pypdf import PdfReader

from report_service.domain.document.blocks import as_json, canonical
from report_service.domain.drafting import places_of, with_texts
from report_service.domain.facts import CycleNote, Facts
from report_service.domain.kinds.annual import TABLES
from report_service.domain.kinds.composing import compose
from report_service.domain.kinds.registry import KINDS, UnknownKindError, kind_of, sections_of
from report_service.usecases.rendering.docx.filling import render_docx
from report_service.usecases.rendering.html import render_html
from report_service.usecases.rendering.pdf import render_pdf

OUTPUTS = {
    "self_diagnosis": "M167",
    "annual_quality": "M172",
    "goal_decomposition": "M162",
    "annual_tasks": "M163",
    "task_breakdown": "M164",
    "task_assessment": "M165",
    "assessment_results": "M166",
    "standards_text": "M168",
    "culture_dossier": "M171",
    "regulation": "M170",
    "college_document": "M160",
    "unit_document": "M161",
    "training_programme": "M173",
    "briefing": "M119",
}


def about(facts: Facts, kind: str) -> Facts:
    """Return the facts as if they were about an object that a kind fits."""
    scope = next(f"{each}/X1" for each in ("unit", "school", "major") if each in KINDS[kind].scopes)
    cycle = CycleNote(
        cycle="C2",
        period=facts.period,
        definition="level_reports@1",
        step="review",
        step_zh="学院审核",
        version=1,
        at=facts.about.at,
    )
    named = replace(facts.about, scope=scope, name_zh="建筑工程学院", parents=[])
    return replace(facts, about=named, cycles=(*facts.cycles, cycle))


def told(facts: Facts, kind: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(canonical(as_json(compose(KINDS[kind], facts))))
    return document


def test_every_output_of_the_plan_has_a_kind_with_a_number_of_its_own() -> None:
    assert {each.key: each.output for each in KINDS.values()} == OUTPUTS
    assert len({each.number for each in KINDS.values()}) == len(KINDS)
    assert list(TABLES) == [
        "scorecard", "satisfaction", "resources", "international", "service", "policy",
    ]  # fmt: skip
    annual = [each.key for each in sections_of(KINDS["annual_quality"], "school/S1")]
    assert [each for each in annual if each in TABLES] == list(TABLES)
    with pytest.raises(UnknownKindError):
        kind_of("unit_document", "school/S1")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_makes_its_files(rich: Facts, kind: str) -> None:
    document = told(about(rich, kind), kind)

    titles = [each["title"].partition("、")[2] for each in document["sections"]]
    assert titles
    paper = PdfReader(BytesIO(render_pdf(document)))
    text = "".join(page.extract_text() for page in paper.pages).replace("\n", "")
    word = "\n".join(each.text for each in docx.Document(BytesIO(render_docx(document))).paragraphs)
    page = render_html(document)
    for title in titles:
        assert title in text
        assert title in word
        assert title in page
    assert (len(paper.pages) == 1) or kind != "briefing"


def test_a_rule_tells_by_which_rules_cycles_run_and_keeps_the_lines_of_its_clauses(
    rich: Facts,
) -> None:
    document = told(about(rich, "regulation"), "regulation")
    places = places_of(document)
    clauses = "第一条 按月核对。\n第二条 按季通报。"

    assert {each: places[each] for each in ("purpose", "applies", "clauses", "supplement")} == {
        "purpose": 800,
        "applies": 400,
        "clauses": 6000,
        "supplement": 400,
    }
    [runs] = [
        block
        for section in document["sections"]
        for block in section["blocks"]
        if block.get("key") == "runs"
    ]
    assert [[cell[0]["text"] for cell in row["cells"]] for row in runs["rows"]] == [
        ["“8”字质量改进螺旋（第1版）", "2013–2014学年第一学期", "目标", "进行中"],
        ["各层面自我诊改质量报告制度（第1版）", "2013–2014学年第一学期", "学院审核", "进行中"],
    ]
    written = with_texts(document, {"clauses": clauses})
    texts = [each.text for each in docx.Document(BytesIO(render_docx(written))).paragraphs]
    assert clauses in texts
    paper = "".join(page.extract_text() for page in PdfReader(BytesIO(render_pdf(written))).pages)
    assert "按月核对。\n第二条" in paper


def test_a_missed_point_is_told_with_the_cause_that_was_found(rich: Facts) -> None:
    found = replace(rich.corrections[0], cause="resources")
    document = told(replace(rich, corrections=(found,)), "self_diagnosis")

    [points] = [each for each in document["sections"] if each["key"] == "points"]
    first = "".join(span["text"] for span in points["blocks"][0]["items"][0])
    assert first.startswith("AAA-2013J 退学率现值为 31.17%，未达到标准（≤ 25%）")
    assert first.endswith("；认定的原因：资源不足。")
