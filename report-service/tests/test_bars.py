"""Bars: a value beside its limits, as SVG that needs nothing from outside."""

from xml.etree import ElementTree as ET

import pytest

from report_service.domain.bars import WIDTH, bar


def rectangles(svg: str) -> list[dict[str, str]]:
    return [dict(each.attrib) for each in ET.fromstring(svg)]  # noqa: S314 — our own


def test_a_ratio_is_drawn_on_a_scale_from_nought_to_one() -> None:
    track, value, standard, target = rectangles(
        bar("0.5", {"target": ["0.15"], "standard": ["0.25"]}, "below_standard", "退学率")
    )

    assert float(track["width"]) == WIDTH
    assert float(value["width"]) == pytest.approx(WIDTH * 0.5 / 1.04, abs=0.01)
    assert (standard["fill"], target["fill"]) == ("#5b6573", "#1d4ed8")
    assert float(standard["x"]) > float(target["x"])


@pytest.mark.parametrize("value", ["-12", "0", "3000000", "0.000001"])
def test_every_value_stays_inside_the_figure(value: str) -> None:
    for each in rectangles(bar(value, {"target": ["15"]}, None, "x")):
        assert -1 <= float(each["x"]) <= float(each["x"]) + float(each["width"]) <= WIDTH + 1


def test_both_ends_of_a_band_are_marked() -> None:
    _, _, low, high = rectangles(bar("15", {"target": ["14", "16"]}, "met_target", "x"))

    assert float(low["x"]) < float(high["x"])


def test_no_value_leaves_the_track_empty_and_labels_are_escaped() -> None:
    svg = bar(None, {}, "no_data", '"><script>')

    assert len(rectangles(svg)) == 1
    assert "<script>" not in svg
