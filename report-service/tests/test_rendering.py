"""The document: the same content gives the same bytes, and nothing from outside gets in."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

from report_service.domain.facts import Facts
from report_service.domain.self_diagnosis import TEMPLATE_VERSION, make_content
from report_service.usecases.rendering import render

DOCUMENTS = {4: "3babd83355930585f388228ac8a951d7279206bdb14f2cb46df74d85e14cbcf9"}
"""Digest of the sample's document by template version: other looks are another version."""


def test_two_renderings_are_the_same_bytes(sample: Facts) -> None:
    first, second = render(make_content(sample)), render(make_content(sample))

    assert first == second
    assert first.sha256 == sha256(second.html.encode()).hexdigest()


def test_other_looks_are_another_template_version(sample: Facts) -> None:
    assert render(make_content(sample)).sha256 == DOCUMENTS[TEMPLATE_VERSION]


def test_names_from_outside_are_text_never_markup(sample: Facts) -> None:
    evil = "<script>alert(1)</script>"
    assert sample.about is not None
    binding = replace(sample.bindings[0], title=evil, owner='"><img src=x>')
    document = render(
        make_content(
            replace(sample, about=replace(sample.about, name_zh=evil), bindings=(binding,))
        )
    )

    assert "<script" not in document.html
    assert "<img" not in document.html
    assert document.html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


def test_the_document_asks_nothing_from_outside(sample: Facts) -> None:
    document = render(make_content(sample))

    assert (
        re.findall(r"""(?:src|href|action)=|url\(|@import|style=["']|\son\w+=""", document.html)
        == []
    )
    [style] = re.findall(r"<style>(.*?)</style>", document.html, flags=re.DOTALL)
    assert b64encode(sha256(style.encode()).digest()).decode() == document.style_sha256


def test_every_section_is_there_and_exact_values_stand_behind_the_words(sample: Facts) -> None:
    html = render(make_content(sample)).html

    assert re.findall(r"<h2>(.*?)</h2>", html) == [
        "一、基本情况",
        "二、目标与标准",
        "三、监测、预警与纠偏",
        "四、自我诊断",
        "五、数据覆盖与时效说明",
        "附录：数据来源",
    ]
    assert '<span title="精确值 0.311688">31.17%</span>' in html
    assert "<small>120 ÷ 385</small>" in html
    assert html.count("曾达 红 · 61.2%</small>") == 2
    assert html.count("待填写") == 2
