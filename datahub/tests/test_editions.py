"""Which version of a definition measures a period, and on which day a period ends."""

from datetime import date

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.domain.document import parse_indicator
from datahub.indicators.domain.editions import edition_at
from datahub.indicators.domain.periods import last_day
from datahub.indicators.domain.versions import in_force
from datahub.tests.measuring import TERM
from datahub.tests.test_explaining_by_http import RATE

TERMS = {TERM: (date(2026, 9, 3), date(2027, 1, 15))}


@pytest.mark.parametrize(
    ("period", "last"),
    [
        ("day:2026-10-01", date(2026, 10, 1)),
        ("week:2026-2027-1/1", date(2026, 9, 6)),
        ("week:2026-2027-1/3", date(2026, 9, 20)),
        ("month:2026-12", date(2026, 12, 31)),
        ("month:2028-02", date(2028, 2, 29)),
        ("year:2026", date(2026, 12, 31)),
        ("term:2026-2027-1", date(2027, 1, 15)),
        ("term:2026-2027-2", date(2027, 8, 31)),
        ("week:2026-2027-2/3", date(2027, 8, 31)),
        ("ayear:2026-2027", date(2027, 8, 31)),
    ],
)
def test_a_period_ends_on_its_last_day(period: str, last: date) -> None:
    """Term 1 begins on a Thursday; of term 2 nothing was told."""
    assert last_day(period, TERMS) == last


@pytest.mark.parametrize(
    ("begins", "told"),
    [
        ([None], [(True, None)]),
        ([None, "2026-09-01", None], [(True, None), (False, None), (False, None)]),
        (["2026-09-01", None], [(True, None), (True, "2026-09-01")]),
        (
            ["2026-09-01", "2027-09-01", "2025-09-01", None, None],
            [
                (True, None),
                (False, None),
                (True, "2026-09-01"),
                (True, "2025-09-01"),
                (False, None),
            ],
        ),
        (["2026-09-01", "2026-09-01"], [(True, None), (False, None)]),
    ],
)
def test_a_version_ends_those_that_begin_no_earlier(
    dictionary: Dictionary, begins: list[str | None], told: list[tuple[bool, str | None]]
) -> None:
    chain = None
    for number, begin in enumerate(reversed(begins), start=1):
        document = RATE | ({} if begin is None else {"effective_from": begin})
        chain = parse_indicator(document, dictionary, number).follow(chain)
    assert chain is not None

    found = in_force(begins)
    assert [(each["in_force"], each["until"]) for each in found] == told
    used = [len(begins) - place for place, (is_used, _) in enumerate(told) if is_used]
    assert [each.version for each in chain.editions] == used


def test_a_period_that_ends_on_the_first_day_is_measured_by_the_new_version(
    dictionary: Dictionary,
) -> None:
    first = parse_indicator(RATE | {"effective_from": "2020-01-01"}, dictionary, 1)
    second = parse_indicator(RATE | {"effective_from": "2027-01-15"}, dictionary, 2).follow(first)

    def version(period: str) -> int | None:
        found = edition_at(second, period, TERMS)
        return found and found.version

    assert version("term:2026-2027-1") == 2
    assert version("month:2026-12") == 1
    assert version("day:2027-01-14") == 1
    assert version("day:2027-01-15") == 2
    assert version("year:2019") is None
