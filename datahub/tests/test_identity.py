"""Numbers with a check digit: what is one, and why something else is none."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.dictionary.domain.entity import Dictionary
from datahub.ingest.domain import identity

TODAY = date(2026, 11, 23)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def checked(body: str) -> str:
    """Return a number with its check digit, as GB 11643 defines it."""
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def read(dictionary: Dictionary, *texts: str | None) -> list[str | None]:
    regions = dictionary.code_sets["gbt_2260"].codes
    column = pl.Series(texts, dtype=pl.String)
    return identity.id_numbers(column, frozenset(regions), TODAY).to_list()


def why(dictionary: Dictionary, text: str) -> str:
    return identity.why_no_id_number(text, frozenset(dictionary.code_sets["gbt_2260"].codes), TODAY)


@given(
    number=st.integers(min_value=0, max_value=999),
    born=st.dates(min_value=date(1850, 1, 1), max_value=TODAY),
)
def test_a_number_holds_and_every_other_check_digit_does_not(
    dictionary: Dictionary, number: int, born: date
) -> None:
    whole = checked(f"500106{born:%Y%m%d}{number:03}")
    others = [whole[:17] + sign for sign in "0123456789X" if sign != whole[17]]

    assert read(dictionary, whole, *others) == [whole, *([None] * 10)]
    assert {why(dictionary, other) for other in others} == {"id-check-digit"}


@given(
    number=st.integers(min_value=0, max_value=999),
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(1999, 12, 31)),
)
def test_the_old_form_gets_its_century_and_check_digit(
    dictionary: Dictionary, number: int, born: date
) -> None:
    old = f"510202{born:%y%m%d}{number:03}"

    assert read(dictionary, old) == [checked(f"510202{born:%Y%m%d}{number:03}")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (checked("99010120030101101"), "id-region"),
        (checked("50010620030229101"), "id-birth-date"),
        (checked("50010620261124101"), "id-birth-date"),
        (checked("50010618491231101"), "id-birth-date"),
        ("510202990230001", "id-birth-date"),
        ("5001062003101310", "not-id_number"),
        ("50010620031013101Y", "not-id_number"),
        ("H12345678", "not-id_number"),
        ("٥٠٠١٠٦٢٠٠٣١٠١٣١٠١٣", "not-id_number"),
    ],
)
def test_a_text_that_is_no_number_says_why(dictionary: Dictionary, text: str, reason: str) -> None:
    assert (read(dictionary, text), why(dictionary, text)) == ([None], reason)


def test_today_is_a_birthday_and_nothing_is_nothing(dictionary: Dictionary) -> None:
    today = checked("50010620261123101")

    assert read(dictionary, today, None, "") == [today, None, None]


def test_a_lower_case_x_is_the_check_digit_too(dictionary: Dictionary) -> None:
    assert read(dictionary, "50010620030919018x") == ["50010620030919018X"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("91500000MA00000008", "91500000MA00000008"),
        ("91500000ma00000008", "91500000MA00000008"),
        ("91500000MA00000009", None),
        ("91500000MAO0000008", None),
        ("9150000MA00000008", None),
        (None, None),
    ],
)
def test_an_organisation_is_known_by_eighteen_signs(text: str | None, value: str | None) -> None:
    frame = pl.DataFrame({"x": [text]}, schema={"x": pl.String})

    assert frame.select(identity.uscc(pl.col("x"))).item() == value
