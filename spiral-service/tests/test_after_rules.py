"""Rules of the steps after the work: causes, ratings, lower targets, measures, culture, words."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from spiral_service.domain.culture import Cell, NoScoreError, Share, index_of, points_of
from spiral_service.domain.cycle import Cycle
from spiral_service.domain.diagnosing import rating_of, suggested_cause
from spiral_service.domain.gates import CHECKS
from spiral_service.domain.gates.base import Fact, Facts
from spiral_service.domain.gates.results import is_missed, result_of
from spiral_service.domain.lessons import Case, enough, first_helpful, likeness, pieces
from spiral_service.domain.lowering import is_lower
from spiral_service.domain.measures import Measure, follows, landing_of, next_of

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def fact(kind: str, key: str, **document: Any) -> Fact:
    return Fact(kind=kind, key=key, version=1, document=document)


def goal(key: str = "G1", target: str | None = "0.9") -> Fact:
    said = {"op": ">=", "value": target} if target else None
    return fact("goal", key, target=said, indicator="pass_rate")


def judged(state: str, key: str = "goal/G1") -> Fact:
    return fact("attainment", key, goal="G1", state=state)


@pytest.mark.parametrize(
    ("causes", "suggested"),
    [
        ([], None),
        ([None, None], None),
        (["data"], "data"),
        (["data", "execution", "execution", None], "execution"),
        (["data", "execution"], None),
    ],
)
def test_the_most_frequent_cause_is_suggested_and_never_guessed(
    causes: list[str | None], suggested: str | None
) -> None:
    assert suggested_cause(causes) == suggested


@pytest.mark.parametrize(
    ("state", "target", "missed"),
    [
        ("below_floor", None, True),
        ("below_standard", None, True),
        ("below_target", "0.9", True),
        ("met_standard", "0.9", True),
        ("met_standard", None, False),
        ("met_target", "0.9", False),
        ("no_data", "0.9", False),
    ],
)
def test_a_goal_is_missed_below_its_standard_or_its_target(
    state: str, target: str | None, *, missed: bool
) -> None:
    assert is_missed(goal(target=target), judged(state)) is missed


def test_a_goal_stands_as_it_was_judged_itself_or_as_its_worst_binding() -> None:
    parts = [judged("met_target", "B1"), judged("below_floor", "B2"), judged("no_data", "B3")]

    assert result_of(goal(), []) is None
    assert result_of(goal(), parts) == parts[1]
    assert result_of(goal(), [*parts, judged("met_standard")]) == judged("met_standard")


def test_sources_count_by_their_weight_and_only_with_a_rating() -> None:
    none = rating_of([("self", None)])
    some = rating_of(
        [("self", Decimal(90)), ("student", Decimal(60)), ("student", Decimal(80)), ("peer", None)]
    )

    assert (none.value, none.weight) == (None, Decimal(0))
    # (0.20 × 90 + 0.20 × 70) ÷ 0.40
    assert (some.value, some.weight) == (Decimal("80.000000"), Decimal("0.40"))


@pytest.mark.parametrize(
    ("new", "old", "lower"),
    [
        ((">=", "0.85"), (">=", "0.9"), True),
        ((">=", "0.9"), (">=", "0.9"), False),
        ((">", "0.95"), (">=", "0.9"), False),
        (("<=", "0.3"), ("<=", "0.2"), True),
        (("<=", "0.1"), ("<", "0.2"), False),
        (("between", "1"), ("between", "2"), False),
        (("in", "A,B"), (">=", "0.2"), False),
        (("<=", "0.1"), (">=", "0.2"), False),
        (None, (">=", "0.9"), True),
        ((">=", "0.9"), None, False),
    ],
)
def test_a_target_is_lower_when_it_asks_for_less(
    new: tuple[str, str] | None, old: tuple[str, str] | None, *, lower: bool
) -> None:
    said = [{"op": each[0], "value": each[1]} if each else None for each in (new, old)]
    assert is_lower(*said) is lower


@pytest.mark.parametrize(
    ("facts", "blocked"),
    [
        ({}, {"diagnoses_are_signed", "lesson_is_linked", "proposal_is_made",
              "measures_are_accepted"}),
        ({"goals": [goal()], "diagnoses": [fact("diagnosis", "G1", state="draft", cause=None)]},
         {"diagnoses_are_signed", "lesson_is_linked", "proposal_is_made",
          "measures_are_accepted"}),
        ({"goals": [goal()], "attainments": [judged("below_floor")],
          "diagnoses": [fact("diagnosis", "G1", state="signed", cause=None)],
          "lessons": [fact("lesson", "L1", cause=None)]},
         {"diagnoses_are_signed", "proposal_is_made", "measures_are_accepted"}),
        ({"goals": [goal()], "attainments": [judged("below_floor")],
          "diagnoses": [fact("diagnosis", "G1", state="signed", cause="data")],
          "lessons": [fact("lesson", "L1", cause="execution")],
          "proposals": [fact("proposal", "P1", state="withdrawn")],
          "measures": [fact("measure", "M1", state="rejected")]},
         {"lesson_is_linked", "proposal_is_made", "measures_are_accepted"}),
        ({"goals": [goal()], "attainments": [judged("below_floor")],
          "diagnoses": [fact("diagnosis", "G1", state="signed", cause="data")],
          "lessons": [fact("lesson", "L1", cause="data")],
          "proposals": [fact("proposal", "P1", state="submitted")],
          "measures": [fact("measure", "M1", state="carried"),
                       fact("measure", "M2", state="proposed")]},
         {"measures_are_accepted"}),
        ({"goals": [goal()], "attainments": [judged("met_target")],
          "diagnoses": [fact("diagnosis", "G1", state="signed", cause=None)],
          "lessons": [fact("lesson", "L1", cause=None)],
          "proposals": [fact("proposal", "P1", state="rejected")],
          "measures": [fact("measure", "M1", state="accepted")]},
         set()),
    ],
)  # fmt: skip
def test_a_gate_after_the_work_holds_when_what_it_asks_for_is_there(
    facts: dict[str, Any], blocked: set[str]
) -> None:
    names = (
        "diagnoses_are_signed", "lesson_is_linked", "proposal_is_made", "measures_are_accepted",
    )  # fmt: skip
    known = Facts(scope="class/A", **facts)
    assert {name for name in names if CHECKS[name].judge(known, {})} == blocked


def test_a_lower_target_of_a_later_goal_needs_a_reason() -> None:
    def later(reason: str | None) -> Facts:
        said = {"indicator": "pass_rate", "target": {"op": ">=", "value": "0.8"}, "reason": reason}
        return Facts(
            scope="class/A",
            goals=[goal()],
            measures=[fact("measure", "M1", state="accepted")],
            next_goals=[fact("next_goal", "G2", **said)],
        )

    [blocker] = CHECKS["measures_are_accepted"].judge(later(None), {})
    assert (blocker.kind, blocker.key) == ("next_goal", "G2")
    assert CHECKS["measures_are_accepted"].judge(later("学时减少"), {}) == []


def cycle(key: str, starts: int | None, opened: int) -> Cycle:
    return Cycle(
        key=key,
        version=1,
        scope="class/A",
        period="year:2026",
        definition="figure_eight",
        definition_version=1,
        step="goal",
        state="open",
        opened_at=AT.replace(day=opened),
        entered_at=AT,
        starts_on=date(starts, 1, 1) if starts else None,
        ends_on=date(starts + 1, 1, 1) if starts else None,
    )


def test_a_measure_goes_into_the_cycle_that_comes_next() -> None:
    first, same, second = cycle("1", 2026, 5), cycle("2", 2026, 6), cycle("3", 2027, 1)
    unknown = cycle("4", None, 7)

    assert [follows(each, first) for each in (first, same, second, unknown)] == [
        False, False, True, True,
    ]  # fmt: skip
    assert next_of(first, [same, unknown, second]) == second
    assert next_of(first, [replace(second, scope="class/B")]) is None


def test_the_rate_counts_the_unverified_as_not_effective() -> None:
    def measure(state: Any) -> Measure:
        return Measure(
            id=UUID(int=1),
            version=1,
            cycle="1",
            scope="class/A",
            goal=None,
            cause=None,
            text="家访",
            owner="teacher/T1",
            state=state,
            by="person/T1",
            at=AT,
        )

    landing = landing_of([measure(each) for each in ("effective", "ineffective", "carried")])

    assert (landing.carried, landing.effective, landing.ineffective, landing.unverified) == (
        3, 1, 1, 1,
    )  # fmt: skip
    assert landing.rate == Decimal("0.333333")
    assert landing_of([]).rate is None


def test_chinese_is_searched_by_every_two_neighbours() -> None:
    assert pieces("退学走访 SMART a") == ["退学", "学走", "走访", "smart", "a"]
    assert [enough(count) for count in (1, 2, 3, 4)] == [1, 2, 2, 3]


def test_a_lesson_is_like_a_case_by_its_cause_first() -> None:
    case = Case(cause="data", indicator="pass_rate", level="course")

    assert likeness(case, "execution", "pass_rate", "course") == ()
    assert likeness(case, "data", None, "course") == ("cause", "level")
    assert likeness(case, "data", "pass_rate", "school") == ("cause", "indicator")
    assert likeness(Case(cause=None, indicator="i", level="course"), None, "i", "course") == ()
    found = [(("cause",), 9), (("cause", "level"), 0), (("cause", "indicator"), 1)]
    assert sorted(found, key=lambda each: first_helpful(*each)) == found[::-1]


def test_the_culture_index_shows_how_it_came_about() -> None:
    cells = [
        Cell(level="awareness", measure="spirit", score=Decimal(80), respondents=100),
        Cell(level="construction", measure="conduct", score=Decimal(60), respondents=50),
    ]
    uses = [
        Share(name="a", zh="甲", en="A", count=1, of=4),
        Share(name="b", zh="乙", en="B", count=3, of=4),
        Share(name="c", zh="丙", en="C", count=0, of=0),
    ]
    index = index_of(cells, uses)

    assert (index.value, index.survey, index.use, index.cells) == (
        Decimal("62.00"), Decimal("70.00"), Decimal("50.00"), 2,
    )  # fmt: skip
    assert index.words == "0.6 × 70.00 + 0.4 × 50.00 = 62.00"
    assert index_of([], uses).value is None
    assert index_of(cells, []).words.startswith("缺少应用数据")


@pytest.mark.parametrize(("value", "points"), [("0", "0"), ("0.825", "82.5"), ("82", "82")])
def test_a_ratio_counts_in_hundredths(value: str, points: str) -> None:
    assert points_of(Decimal(value)) == Decimal(points)


@pytest.mark.parametrize("value", ["-0.1", "100.5"])
def test_a_value_outside_of_a_hundred_is_no_score(value: str) -> None:
    with pytest.raises(NoScoreError):
        points_of(Decimal(value))
