"""How texts become values, at the boundaries; null where the text is not of the form."""

from decimal import Decimal

import polars as pl
import pytest

from datahub.ingest.domain import parsing


def parsed(expression: pl.Expr, text: str | None) -> str | None:
    frame = pl.DataFrame({"x": [text]}, schema={"x": pl.String})
    value = frame.select(expression).item()
    return None if value is None else str(value)


X = pl.col("x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("-7", "-7"),
        ("007", "7"),
        ("85.0", "85"),
        ("1,234", "1234"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", None),
        ("1.5", None),
        ("1,23", None),
        ("1e3", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_a_whole_number(text: str | None, value: str | None) -> None:
    assert parsed(parsing.integer(X), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("59.95", "59.95"),
        ("-0.5", "-0.5"),
        ("1,234.50", "1234.50"),
        ("123456789012345678901234567", "123456789012345678901234567"),
        ("1234567890123456789012345678", None),
        (".5", None),
        ("5.", None),
        ("NaN", None),
        ("1e5", None),
        ("٣", None),
        ("缺考", None),
    ],
)
def test_an_exact_decimal(text: str, value: str | None) -> None:
    assert parsed(parsing.decimal(X), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("96.5%", "0.965"),
        ("96.5", "0.965"),
        ("100%", "1"),
        ("0", "0"),
        ("33.333333%", "0.33333333"),
        ("96.5％", None),
        ("很高", None),
    ],
)
def test_a_percentage_becomes_a_ratio(text: str, value: str | None) -> None:
    assert parsed(parsing.percent(X), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.50"),
        ("￥12万", "120000"),
        ("¥ 1.5万元", "15000"),
        ("1234元", "1234"),
        ("约300", None),
        ("300块", None),
    ],
)
def test_an_amount_is_in_yuan(text: str, value: str | None) -> None:
    assert parsed(parsing.money(X), text) == value


def test_a_scale_multiplies_exactly() -> None:
    assert parsed(parsing.scaled(X, Decimal(10_000)), "0.1") == "1000"
    assert parsed(parsing.scaled(X, Decimal("0.001")), "1") == "0.001"


@pytest.mark.parametrize("factor", [Decimal(0), Decimal("0.01"), Decimal(1), Decimal(-(10**10))])
def test_a_product_that_would_not_fit_is_none_and_harms_no_other(factor: Decimal) -> None:
    frame = pl.DataFrame({"x": ["9" * 27, "2", "-" + "9" * 27, "9" * 28, None]})

    values = frame.select(parsing.scaled(X, factor)).to_series().to_list()

    assert Decimal(values[1]) == 2 * factor
    assert values[3:] == [None, None]
    assert (values[0] is None, values[2] is None) == (abs(factor) > 1,) * 2
    assert parsed(parsing.money(X), "9" * 25 + "万") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("是", "true"),
        ("Y", "true"),
        ("1", "true"),
        ("否", "false"),
        ("0", "false"),
        ("maybe", None),
    ],
)
def test_yes_and_no(text: str, value: str | None) -> None:
    assert parsed(parsing.boolean(X), text) == value


@pytest.mark.parametrize(
    ("text", "formats", "value"),
    [
        ("2026-02-28", (), "2026-02-28"),
        ("20260228", (), "2026-02-28"),
        ("2026-02-29", (), None),
        ("28/02/2026", (), None),
        ("28/02/2026", ("%d/%m/%Y",), "2026-02-28"),
        ("1000-01-01", (), "1000-01-01"),
        # A year of two digits is no year of the first century: its own century was left out.
        ("0999-12-31", (), None),
        ("28/02/26", ("%d/%m/%Y",), None),
        ("+10000-01-01", (), None),
        ("2015.9", ("%Y.%m",), "2015-09-01"),
        ("2026-02-28 08:30:00.0", ("%Y-%m-%d %H:%M:%S.0",), "2026-02-28"),
        ("59", ("excel",), "1900-02-28"),
        # Excel counts a 29 February 1900 that never was.
        ("60", ("excel",), None),
        ("61", ("excel",), "1900-03-01"),
        ("42978", ("excel1904",), "2021-09-01"),
        ("45000", ("excel",), "2023-03-15"),
        ("45000.0", ("excel",), "2023-03-15"),
        ("45000.5", ("excel",), None),
        ("9", ("excel",), None),
        # At 16:00 UTC a campus day begins.
        ("1795363199999", ("unix_ms",), "2026-11-22"),
        ("1795363200000", ("unix_ms",), "2026-11-23"),
        ("-1", ("unix",), "1970-01-01"),
        ("20261123", ("unix_ms",), "1970-01-01"),
        ("1795363200.5", ("unix",), None),
        ("999999999999", ("unix",), None),
    ],
)
def test_a_date_in_the_agreed_forms(text: str, formats: tuple[str, ...], value: str | None) -> None:
    assert parsed(parsing.date(X, formats), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-23 08:00:00", "2026-11-23T00:00:00Z"),
        ("2026-11-23 08:00", "2026-11-23T00:00:00Z"),
        ("2026-11-23T08:00:00.250", "2026-11-23T00:00:00.250Z"),
        ("20261123080000", "2026-11-23T00:00:00Z"),
        ("2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"),
        ("2026-11-23T08:00:00+08:00", "2026-11-23T00:00:00Z"),
        ("2026-11-23 08:00:00-0530", "2026-11-23T13:30:00Z"),
        # Summer time of 1986: an hour that came twice is the first, one that was skipped is none.
        ("1986-09-14 01:30:00", "1986-09-13T16:30:00Z"),
        ("1986-05-04 02:30:00", None),
        ("2026-11-23", None),
        ("2026-11-23 25:00:00", None),
        ("0000-01-01 00:00:00", None),
    ],
)
def test_an_instant_without_a_zone_is_campus_time(text: str, value: str | None) -> None:
    assert parsed(parsing.timestamp(X, ()), text) == value


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("1795392000000", "unix_ms", "2026-11-23T00:00:00Z"),
        ("1795392000250", "unix_ms", "2026-11-23T00:00:00.250Z"),
        ("1795392000", "unix", "2026-11-23T00:00:00Z"),
        ("1795392000.0", "unix", "2026-11-23T00:00:00Z"),
        ("soon", "unix", None),
    ],
)
def test_an_instant_as_a_count_since_1970(text: str, form: str, value: str | None) -> None:
    assert parsed(parsing.timestamp(X, (form,)), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "2013-10-01"),
        ("-25", "2013-09-06"),
        ("269", "2014-06-27"),
        ("100000", "2287-07-17"),
        ("100001", None),
        ("9223372036854775807", None),
        ("1.5", None),
        ("soon", None),
    ],
)
def test_days_after_a_day_zero(text: str, value: str | None) -> None:
    assert parsed(parsing.days_after(X, pl.lit("2013-10-01")), text) == value


def test_days_after_an_unknown_day_are_no_date() -> None:
    assert parsed(parsing.days_after(X, pl.lit(None, dtype=pl.String)), "3") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("甲；乙", '{"甲","乙"}'),
        (" 甲 ；；乙；", '{"甲","乙"}'),
        ('a"b；c\\d', '{"a\\"b","c\\\\d"}'),
        ("；", "{}"),
        (None, None),
    ],
)
def test_a_list_in_the_form_that_the_database_reads(text: str | None, value: str | None) -> None:
    assert parsed(parsing.text_list(X, "；"), text) == value
