"""The files: the same document gives the same bytes in every format, and says the same numbers."""

import json
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import docx
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.basePen import NullPen
from page import validate_pdf_bytes
from pypdf import PdfReader

from report_service.domain.document.blocks import Span, as_json, canonical
from report_service.domain.drafting import spans_of
from report_service.domain.facts import Facts
from report_service.domain.kinds.composing import compose
from report_service.domain.kinds.registry import KINDS
from report_service.usecases.rendering.docx.filling import render_docx
from report_service.usecases.rendering.docx.package import default_template, packed
from report_service.usecases.rendering.html import render_html, style_digest
from report_service.usecases.rendering.pdf import default_template as default_typst
from report_service.usecases.rendering.pdf import missing_fonts, render_pdf
from report_service.usecases.rendering.refusing import TemplateRefusal

KIND = KINDS["self_diagnosis"]
DOCUMENTS = {6: "f5100fa056efaece15dc8c3a57dc0b9459c1626c017de200c6e7c024d58df70a"}
"""Digest of the sample's document by version: other words are another version."""


@pytest.fixture
def document(rich: Facts) -> dict[str, Any]:
    """A report with every kind of block, as it is stored."""
    told: dict[str, Any] = json.loads(canonical(as_json(compose(KIND, rich))))
    return told


def bare(text: str) -> str:
    return re.sub(r"\s|\[\d+\]", "", text)


def numbers(document: dict[str, Any]) -> set[str]:
    return {bare(each["text"]) for each in spans_of(document["sections"]) if each.get("exact")}


def test_other_words_are_another_version(rich: Facts) -> None:
    assert compose(KIND, rich).cover.digest == DOCUMENTS[KIND.version]


def test_the_same_document_gives_the_same_bytes_in_every_format(document: dict[str, Any]) -> None:
    again = json.loads(json.dumps(document))

    for render in (render_html, render_pdf, render_docx):
        assert render(document) == render(again)


def test_word_pdf_and_page_say_every_number_of_the_document(document: dict[str, Any]) -> None:
    html = render_html(document)
    pdf = PdfReader(BytesIO(render_pdf(document)))
    word = docx.Document(BytesIO(render_docx(document)))
    body = "".join(node.text or "" for node in word.element.body.iter() if node.tag.endswith("}t"))
    paper = "".join(page.extract_text() for page in pdf.pages)

    assert len(numbers(document)) > 20
    assert {
        each for each in numbers(document) if each not in bare(re.sub("<[^>]*>", "", html))
    } == set()
    assert {each for each in numbers(document) if each not in bare(body)} == set()
    assert {each for each in numbers(document) if each not in bare(paper)} == set()
    assert document["cover"]["digest"] in paper


def test_the_paper_is_pdf_a_tagged_and_named(document: dict[str, Any]) -> None:
    pdf = PdfReader(BytesIO(render_pdf(document)))

    metadata = pdf.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert pdf.metadata is not None
    assert pdf.metadata.title == "社会科学导论（2013 年秋）课程自我诊改报告"
    assert not missing_fonts()


def test_an_independent_validator_finds_the_paper_archivable_and_accessible(
    document: dict[str, Any],
) -> None:
    paper = render_pdf(document)
    found = {
        profile: {each.rule_id for each in validate_pdf_bytes(paper, profile=profile).failures}
        for profile in ("2a", "ua1")
    }

    assert found["2a"] <= {"PDFA2A-TRUETYPE-GLYPH-WIDTH-001"}
    assert found["ua1"] <= {"PDFUA1-FONT-GLYPH-WIDTH-001"}
    # It looks the widths of a font with several dictionaries up one glyph off; they are all right.
    assert [*unlike_widths(PdfReader(BytesIO(paper)))] == []


def unlike_widths(paper: PdfReader) -> Iterator[tuple[str, int]]:
    """Yield the glyphs that a page sets in another width than their font gives them."""
    fonts = {
        str(font["/BaseFont"]): font
        for page in paper.pages
        for each in page["/Resources"]["/Font"].values()  # type: ignore[index]
        for font in [each.get_object()["/DescendantFonts"][0].get_object()]
        if "/FontFile3" in font["/FontDescriptor"]
    }
    assert fonts
    for name, font in fonts.items():
        told = CFFFontSet()
        told.decompile(BytesIO(font["/FontDescriptor"]["/FontFile3"].get_data()), None)
        glyphs = told[0].CharStrings
        for cid, width in widths_of(font["/W"]):
            glyph = glyphs[f"cid{cid:05d}" if cid else ".notdef"]
            glyph.draw(NullPen())
            if abs(glyph.width - width) > 1:
                yield name, cid


def widths_of(runs: list[Any]) -> Iterator[tuple[int, float]]:
    """Yield each glyph's width: a run is ``first last width`` or ``first [widths]``."""
    left = [each.get_object() for each in runs]
    while left:
        first, second = int(left.pop(0)), left.pop(0)
        if isinstance(second, list):
            yield from enumerate(map(float, second), first)
        else:
            width = float(left.pop(0))
            yield from ((cid, width) for cid in range(first, int(second) + 1))


def test_word_has_styles_numbering_and_charts_of_its_own(document: dict[str, Any]) -> None:
    content = render_docx(document)
    word = docx.Document(BytesIO(content))
    charts = [b for s in document["sections"] for b in s["blocks"] if b["block"] == "chart"]
    tables = [b for s in document["sections"] for b in s["blocks"] if b.get("rows")]

    headings = [
        each.text for each in word.paragraphs if each.style and each.style.name == "Heading 1"
    ]
    assert headings[:3] == ["基本情况", "工作概述", "目标完成情况"]
    assert len(word.tables) == len(tables)
    names = ZipFile(BytesIO(content)).namelist()
    assert sum(each.startswith("word/charts/helix8") for each in names) == len(charts) > 2
    assert {each.date_time for each in ZipFile(BytesIO(content)).infolist()} == {
        (1980, 1, 1, 0, 0, 0)
    }


def test_names_from_outside_are_text_never_markup(sample: Facts) -> None:
    evil = "<script>alert(1)</script>&\x01䶮𪚥\U000f0000#let x = 1"
    binding = replace(sample.bindings[0], title=evil, owner='"><img src=x>')
    facts = replace(sample, about=replace(sample.about, name_zh=evil), bindings=(binding,))
    told = as_json(compose(KIND, facts))
    told = json.loads(json.dumps(told))
    html = render_html(told)

    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(render_pdf(told))).pages)
    assert "#let x = 1" in text
    body = docx.Document(BytesIO(render_docx(told))).element.body.xml
    assert "&lt;script&gt;" in body
    assert "䶮" in body


def test_the_page_asks_nothing_from_outside(document: dict[str, Any]) -> None:
    html = render_html(document)

    asked = re.findall(r"""(?:src|action)=|url\(|@import|style=["']|\son\w+=""", html)
    assert asked == []
    [style] = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    assert b64encode(sha256(style.encode()).digest()).decode() == style_digest()


def edited(old: str, new: str, *, chart: bytes | None = None) -> bytes:
    """Return the shipped Word template with something else in its text, and a chart of its own."""
    zipped = ZipFile(BytesIO(default_template()))
    parts = {each: zipped.read(each) for each in zipped.namelist()}
    text = parts["word/document.xml"].decode()
    assert old in text
    if chart is not None:
        parts["word/charts/chart1.xml"] = chart
        book = b'<Default Extension="XLSX" ContentType="its"/><Override'
        name = "[Content_Types].xml"
        parts[name] = parts[name].replace(b"<Override", book, 1)
    return packed(parts | {"word/document.xml": text.replace(old, new).encode()})


P = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
PLACE = (
    '<w:p><w:pPr><w:pStyle w:val="H8Body"/></w:pPr>'
    '<w:r><w:t xml:space="preserve">{{正文}}</w:t></w:r></w:p>'
)


def test_a_college_edits_the_template_with_places_and_marks(document: dict[str, Any]) -> None:
    row = (
        "<w:tbl><w:tr>"
        + "".join(
            f"<w:tc>{P.format(each)}</w:tc>"
            for each in ("{{#行:standards}}{{列:point}}", "{{列:cur</w:t></w:r><w:r><w:t>rent}}")
        )
        + "</w:tr></w:tbl>"
    )
    marks = [
        P.format(each)
        for each in (
            "{{#有:tasks}}",
            "有任务",
            "{{/有}}",
            "{{#有:nothing}}",
            "没有",
            "{{/有}}",
            "{{章节:goals}}",
        )
    ]
    # Of a section that is not there a table goes as a whole, and a cell keeps a paragraph.
    marks.insert(4, row)
    marks.append(f"<w:tbl><w:tr><w:tc>{P.format('{{章节:nothing}}')}</w:tc></w:tr></w:tbl>")
    marks.append(row.replace(":standards", ":nothing"))
    marks[-3:-3] = [P.format("{{章节:overview}}")]
    made = render_docx(document, edited(PLACE, "".join(marks) + row, chart=b"<chart/>"))
    word = docx.Document(BytesIO(made))

    zipped = ZipFile(BytesIO(made))
    assert zipped.read("word/charts/chart1.xml") == b"<chart/>"
    assert zipped.read("[Content_Types].xml").lower().count(b'extension="xlsx"') == 1
    assert [len(each.rows) for each in word.tables if each.rows[0].cells[0].text == ""] == [1]
    assert b"<w:tc/>" not in zipped.read("word/document.xml")
    texts = [each.text for each in word.paragraphs]
    assert "有任务" in texts
    assert "没有" not in texts
    assert "目标完成情况" in texts
    assert [cell.text for cell in word.tables[-1].rows[1].cells] == [
        "课程及格率 责任人 张伟",
        "86.72% 120 ÷ 385",
    ]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (P.format("{{无此项}}"), "第 7 段：不认识占位符“无此项”"),
        (P.format("{{#有:tasks}}"), "第 11 段：“#有:tasks”没有结束"),
        (P.format("{{/有}}"), "第 7 段：“/有”没有开头"),
        (P.format("见 {{#有:tasks}}"), "第 7 段：“#有:tasks”须独占一段"),
        (
            P.format("{{#有:tasks}}")
            + f"<w:tbl><w:tr><w:tc>{P.format('{{/有}}')}</w:tc></w:tr></w:tbl>",
            "第 8 段：“/有”与开头不在同一处（正文、同一单元格）",
        ),
        (P.format("前文 {{正文}}"), "第 7 段：“正文”须独占一段"),
        (P.format("{{正文"), "第 7 段：占位符不完整：{{正文"),
        (P.format("{{列:point}}"), "第 7 段：不认识占位符“列:point”"),
    ],
)
def test_a_broken_word_template_is_refused_with_its_place(
    document: dict[str, Any], new: str, said: str
) -> None:
    with pytest.raises(TemplateRefusal) as refused:
        render_docx(document, edited(PLACE, new))

    assert refused.value.zh == said


def test_what_is_no_template_is_refused(document: dict[str, Any]) -> None:
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr("word/document.xml", b"0" * 60_000_000)

    damaged = BytesIO()
    with ZipFile(damaged, "w") as zipped:
        zipped.writestr("word/media/logo.png", b"a picture")
        zipped.writestr("word/document.xml", b"<w/>")

    for content, said in (
        (b"PK nothing", "压缩包已损坏"),
        (damaged.getvalue().replace(b"a picture", b"a fixture"), "不是完好的 Word 文档"),
        (bomb.getvalue(), "压缩炸弹"),
        (b"x" * (11 * 1024 * 1024), "模板超过 10 MiB"),
    ):
        with pytest.raises(TemplateRefusal) as refused:
            render_docx(document, content)
        assert said in refused.value.zh


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('#import "@preview/cetz:0.3.0"', "外部软件包"),
        ('#read("/etc/passwd")', "第 1 行第 6 列"),
        ("#let x = ", "第 1 行"),
    ],
)
def test_a_broken_typst_template_is_refused_with_its_place(
    document: dict[str, Any], source: str, said: str
) -> None:
    with pytest.raises(TemplateRefusal) as refused:
        render_pdf(document, source)

    assert said in refused.value.zh


def test_a_college_edits_the_typst_template(document: dict[str, Any]) -> None:
    template = default_typst().replace("#show-sections()", '= 本校格式\n#show-section("goals")')
    text = "".join(
        page.extract_text() for page in PdfReader(BytesIO(render_pdf(document, template))).pages
    )

    assert "本校格式" in text
    assert "逐项对比" not in text


@pytest.mark.needs("soffice")
def test_an_office_program_opens_the_word_files_and_the_briefing_is_one_page(
    document: dict[str, Any], rich: Facts, tmp_path: Path
) -> None:
    office = shutil.which("soffice")
    brief = json.loads(canonical(as_json(compose(KINDS["briefing"], rich))))
    (tmp_path / "report.docx").write_bytes(render_docx(document))
    (tmp_path / "brief.docx").write_bytes(render_docx(brief))
    subprocess.run(  # noqa: S603
        [
            str(office),
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            str(tmp_path / "report.docx"),
            str(tmp_path / "brief.docx"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    paper = PdfReader(tmp_path / "report.pdf")
    text = bare("".join(page.extract_text() for page in paper.pages))

    assert {each for each in numbers(document) if each not in text} == set()
    assert "一、基本情况" in text
    page = PdfReader(tmp_path / "brief.pdf")
    said = bare("".join(each.extract_text() for each in page.pages))
    assert len(page.pages) == 1
    assert {each for each in numbers(brief) if each not in said} == set()


def test_a_span_keeps_its_text_though_there_is_none() -> None:
    assert as_json((Span(text=""), Span(text="", kind="soft"))) == [
        {"text": ""},
        {"kind": "soft", "text": ""},
    ]
