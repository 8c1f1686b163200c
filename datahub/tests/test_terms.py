"""How terms are written, style by style, and what is none."""

from dataclasses import replace

import polars as pl
import pytest

from datahub.ingest.domain import terms
from datahub.ingest.domain.feed import TermStyle
from datahub.ingest.domain.terms import STYLES


def read(style: TermStyle, text: str | None) -> str | None:
    frame = pl.DataFrame({"x": [text]}, schema={"x": pl.String})
    value = frame.select(terms.term(pl.col("x"), style)).item()
    return None if value is None else str(value)


@pytest.mark.parametrize(
    ("style", "text", "value"),
    [
        ("national", "2023-2024-1", "2023-2024-1"),
        ("national", "2023-2024-9", None),
        ("national", "1823-1824-1", None),
        ("national", "2023-2024", None),
        ("zhengfang", "2024-3", "2024-2025-1"),
        ("zhengfang", "2024-12", "2024-2025-2"),
        ("zhengfang", "2024-1", None),
        ("zhengfang", "2024-", None),
        ("kingosoft", "2021/0", "2021-2022-1"),
        ("kingosoft", "2021-1", "2021-2022-2"),
        ("kingosoft", "2021/2", None),
        ("label", "2023-2024学年第二学期", "2023-2024-2"),
        ("label", "2023-2024 学年　第 1 学期", "2023-2024-1"),
        ("label", "2023-2024学年秋学期", "2023-2024-1"),
        ("label", "23-24(2)", "2023-2024-2"),
        ("label", "23-24（2）", "2023-2024-2"),
        ("label", "99-00(1)", "1999-2000-1"),
        ("label", "69-70(1)", None),
        ("letter", "2013J", "2013-2014-1"),
        ("letter", "2013B", "2012-2013-2"),
        ("letter", "2013A", None),
        ("letter", None, None),
    ],
)
def test_a_term_in_the_agreed_style(style: str, text: str | None, value: str | None) -> None:
    assert read(STYLES[style], text) == value


def test_a_college_may_have_a_pattern_and_words_of_its_own() -> None:
    style = TermStyle(patterns=("第{term}学期 {yy}/{nn}",), terms={"甲": "1", "A": "1", "B": "2"})

    assert read(replace(style, patterns=("T{term} {year}",)), "TB2024") == "2024-2025-2"
    assert read(replace(style, patterns=("{yy}.{nn}+{term}",)), "24.25+A") == "2024-2025-1"
    assert read(replace(style, patterns=("{yy}.{nn}+{term}",)), "24x25+A") is None


@pytest.mark.parametrize(
    ("gives", "value"),
    [("term", "2024-2025-2"), ("academic_year", "2024-2025"), ("term_code", "2")],
)
def test_the_parts_of_a_term_can_be_had_alone(gives: str, value: str) -> None:
    assert read(replace(STYLES["zhengfang"], gives=gives), "2024-12") == value


def test_a_year_alone_gives_an_academic_year() -> None:
    style = replace(STYLES["zhengfang"], patterns=("{year}",), gives="academic_year")

    assert read(style, "2024") == "2024-2025"


@pytest.mark.parametrize(
    ("style", "text", "apart"),
    [
        ("national", "2023-2025-1", True),
        ("national", "2023-2023-1", True),
        ("national", "2023-2024-9", False),
        ("label", "23-25（2）", True),
        ("label", "99-00(1)", False),
        ("zhengfang", "2024-9", False),
    ],
)
def test_years_that_do_not_follow_each_other_are_told(style: str, text: str, apart: bool) -> None:  # noqa: FBT001
    assert terms.has_years_apart(text, STYLES[style]) == apart
    assert read(STYLES[style], text) is None or not apart
