"""The rules of the registers: citations, bodies, risks, processes, readiness."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from target_service.domain.basis import discrepancies, unknown_clause
from target_service.domain.bodies import Member, Part, Place, Responsibility, faults_of_body
from target_service.domain.processes import faults_of_steps
from target_service.domain.readiness import Evidence, Item, faults_of_items, score
from target_service.domain.risks import colour_of_risk, level_of_risk


def test_the_misdated_number_of_the_plan_is_shown_beside_the_right_one() -> None:
    (found,) = discrepancies("教职成司函〔2017〕56号", "教职成司函〔2015〕56号", date(2017, 6, 13))

    assert found.startswith("文中作 教职成司函〔2015〕56号，应为 教职成司函〔2017〕56号")


def test_a_number_of_another_year_than_its_date_is_found() -> None:
    assert len(discrepancies("教职成司函〔2015〕56号", None, date(2017, 6, 13))) == 1
    assert discrepancies("教职成司函〔2017〕56号", None, date(2017, 6, 13)) == []
    assert discrepancies(None, None, date(2020, 10, 13)) == []


def test_a_clause_must_be_one_of_those_that_are_listed() -> None:
    assert unknown_clause("M006", "三", {"一": "…"}) is not None
    assert unknown_clause("M006", "一", {"一": "…"}) is None
    assert unknown_clause("M006", "三", {}) is None
    assert unknown_clause("M006", None, {"一": "…"}) is None


def member(party: str, since: str | None = None, until: str | None = None) -> Member:
    return Member(
        party=party,
        place=Place.MEMBER,
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until else None,
    )


def cell(duty: str, party: str, part: Part) -> Responsibility:
    return Responsibility(duty=duty, party=party, part=part)


def test_a_body_is_checked_all_at_once() -> None:
    found = faults_of_body(
        [
            member("unit/JWC", "2020-10-01"),
            member("unit/JWC"),
            member("unit/ZZB", "2022-01-01", "2021-01-01"),
        ],
        ["1", "2", "2"],
        [
            cell("1", "unit/JWC", Part.ACCOUNTABLE),
            cell("1", "unit/ZZB", Part.ACCOUNTABLE),
            cell("9", "unit/JWC", Part.RESPONSIBLE),
        ],
        (date(2020, 11, 1), None),
    )

    assert [path for path, _ in found] == [
        "$.duties[1].key",
        "$.duties[2].key",
        "$.members[0].since",
        "$.members[2].until",
        "$.members[1].party",
        "$.matrix[2].duty",
        "$.matrix[1].part",
        "$.matrix[1].part",
        "$.matrix[2].part",
    ]


def test_who_follows_himself_in_a_body_is_no_member_twice() -> None:
    members = [
        member("person/T001", "2020-11-01", "2021-12-31"),
        member("person/T001", "2022-01-01"),
    ]

    assert faults_of_body(members, [], [], (None, None)) == []


def test_a_duty_with_one_who_answers_and_one_who_does_it_is_well() -> None:
    matrix = [cell("1", "unit/A", Part.ACCOUNTABLE), cell("1", "unit/B", Part.RESPONSIBLE)]

    assert faults_of_body([], ["1"], matrix, (None, None)) == []


@pytest.mark.parametrize(
    ("likelihood", "impact", "level", "colour"),
    [
        (1, 4, 4, "blue"),
        (1, 5, 5, "yellow"),
        (3, 3, 9, "yellow"),
        (2, 5, 10, "orange"),
        (3, 4, 12, "orange"),
        (3, 5, 15, "red"),
        (5, 5, 25, "red"),
    ],
)
def test_the_colour_of_a_risk(likelihood: int, impact: int, level: int, colour: str) -> None:
    assert level_of_risk(likelihood, impact) == level
    assert colour_of_risk(level) == colour


def test_the_steps_of_a_process_are_reached_and_end() -> None:
    assert faults_of_steps([("a", ["b"]), ("b", ["a", "c"]), ("c", [])]) == []
    found = faults_of_steps([("a", ["b", "x"]), ("b", ["a"]), ("c", ["a"])])
    assert [path for path, _ in found] == ["$.steps[0].next[1]", "$.steps[2].key", "$.steps"]


def item(key: str, weight: str, evidence: Evidence, due: str | None = None) -> Item:
    return Item(
        key=key,
        weight=Decimal(weight),
        evidence=evidence,
        due_on=date.fromisoformat(due) if due else None,
    )


def test_readiness_is_explained_by_what_costs_most() -> None:
    items = [
        item("goals", "0.3", Evidence.COMPLETE, "2026-01-01"),
        item("loops", "0.5", Evidence.PARTIAL, "2026-11-25"),
        item("platform", "0.2", Evidence.NONE, "2026-11-26"),
    ]

    total, scored = score(items, date(2026, 11, 26))

    assert total == Fraction(55, 100)
    assert [(each.key, each.lacks, each.overdue) for each in scored] == [
        ("loops", Fraction(1, 4), True),
        ("platform", Fraction(1, 5), False),
        ("goals", Fraction(0), False),
    ]


def test_a_checklist_weighs_exactly_one() -> None:
    items = [item("a", "0.5", Evidence.NONE), item("a", "0.4", Evidence.NONE)]

    assert [path for path, _ in faults_of_items(items)] == [
        "$.items[0].key",
        "$.items[1].key",
        "$.items[1].weight",
    ]
