"""A goal divided among its children: exact sums, exact weights, no circle, states and steps."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_service.domain.decomposition import Part, faults_of_parts, remainder
from target_service.domain.distribution import (
    GoalState,
    Step,
    WrongStateError,
    after_revision,
    move,
    steps_from,
)
from target_service.domain.limits import read_limit
from target_service.domain.plans import PlanKind, PlanState, PlanStep, Track, faults_of_kind
from target_service.domain.plans import move as move_plan
from target_service.domain.tree import GoalCycleError, refuse_cycle
from target_service.domain.units import faults_of_direction
from target_service.domain.weights import Allocation, effective_weights

NUMBERS = st.decimals(min_value=-(10**6), max_value=10**6, places=6)
WEIGHTS = st.decimals(min_value="0.000001", max_value=1, places=6)


def limit(value: Any, op: str = ">=") -> Any:
    return read_limit({"op": op, "value": str(value)})


def part(key: str = "a", **more: Any) -> Part:
    return Part(**{"key": key, "weight": Decimal(1), "target": None, "indicator": "papers"} | more)


@given(NUMBERS, st.lists(NUMBERS, max_size=30))
def test_residual_and_parts_make_the_whole(whole: Decimal, values: list[Decimal]) -> None:
    left = remainder(limit(f"{whole:f}"), [part(target=limit(f"{each:f}")) for each in values])

    assert left is not None
    assert left.residual + sum(values, Decimal(0)) == whole


@given(st.lists(WEIGHTS, min_size=1, max_size=12))
def test_weights_sum_to_exactly_1_or_are_refused(weights: list[Decimal]) -> None:
    parts = [part(weight=weight) for weight in weights]
    found = faults_of_parts(Allocation.WEIGHTED, None, None, parts)

    assert (not found) == (sum(weights) == 1)


@given(st.integers(min_value=1, max_value=400))
def test_like_shares_sum_to_exactly_1(count: int) -> None:
    weights = {str(at): Decimal(1) for at in range(count)}

    assert sum(effective_weights(Allocation.SAME, weights).values()) == 1


def test_a_third_in_five_decimals_three_times_is_refused_with_what_is_missing() -> None:
    [(path, reason)] = faults_of_parts(
        Allocation.WEIGHTED, None, None, [part(weight=Decimal("0.33333"))] * 3
    )

    assert path == "$.children[*].weight"
    assert "权重之和为 0.99999，还差 0.00001" in reason
    assert "allocation same" in reason


def test_parts_of_a_number_are_numbers_of_the_same_indicator_and_operator() -> None:
    parts = [
        part(target=limit(4)),
        part(),
        part(target=limit(4, "<=")),
        part(target=limit(4), indicator=None),
    ]

    assert [path for path, _ in faults_of_parts(Allocation.SUM, limit(10), "papers", parts)] == [
        "$.children[1].target",
        "$.children[2].target",
        "$.children[3].indicator",
    ]
    assert [path for path, _ in faults_of_parts(Allocation.SUM, None, "papers", parts)] == [
        "$.target"
    ]


def test_every_part_of_a_minimum_asks_as_much_as_the_whole() -> None:
    parts = [part(target=limit("0.9")), part(target=limit("0.8")), part(target=limit("0.79"))]

    assert [path for path, _ in faults_of_parts(Allocation.MINIMUM, limit("0.8"), "p", parts)] == [
        "$.children[2].target"
    ]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=60))
def test_no_moves_make_a_circle(moves: list[tuple[int, int]]) -> None:
    parents: dict[str, str | None] = {str(at): None for at in range(8)}

    def line(key: str | None) -> list[str]:
        return [] if key is None else [key, *line(parents[key])]

    for goal, parent in moves:
        above = line(str(parent))
        if str(goal) in above:
            with pytest.raises(GoalCycleError, match=f"{goal} → "):
                refuse_cycle(str(goal), above)
        else:
            refuse_cycle(str(goal), above)
            parents[str(goal)] = str(parent)
    for key in parents:
        assert line(key)[-1] in parents  # each line ends


def test_a_goal_is_distributed_accepted_signed_and_published() -> None:
    state = GoalState.DRAFT
    for step in (Step.DISTRIBUTE, Step.NEGOTIATE, Step.DISTRIBUTE, Step.ACCEPT, Step.SIGN):
        state = move(state, step, is_root=False)
    assert move(state, Step.PUBLISH, is_root=False) is GoalState.PUBLISHED
    with pytest.raises(WrongStateError, match="draft cannot accept") as refused:
        move(GoalState.DRAFT, Step.ACCEPT, is_root=False)
    assert refused.value.fixes == ["POST /api/target/v1/goals/<key>/distribute"]


def test_a_root_is_published_as_it_is_and_handed_on_by_nobody() -> None:
    assert steps_from(GoalState.DRAFT, is_root=True) == [Step.PUBLISH]
    assert steps_from(GoalState.PUBLISHED, is_root=True) == []


@pytest.mark.parametrize(
    ("state", "is_root", "following"),
    [
        ("draft", False, "draft"),
        ("published", True, "draft"),
        ("published", False, "distributed"),
        ("signed", False, "distributed"),
        ("negotiating", False, "negotiating"),
    ],
)
def test_who_took_a_goal_over_is_asked_again_when_it_is_revised(
    state: str,
    is_root: bool,  # noqa: FBT001
    following: str,
) -> None:
    assert after_revision(GoalState(state), is_root=is_root) == following


@pytest.mark.parametrize(
    ("direction", "op", "meant"),
    [("higher", "<=", ">= 5"), ("lower", ">=", "<= 5"), ("lower", ">", "< 5")],
)
def test_an_operator_against_the_indicator_is_refused_with_the_one_meant(
    direction: str, op: str, meant: str
) -> None:
    [(path, reason)] = faults_of_direction("$.target", limit(5, op), direction)

    assert (path, meant in reason) == ("$.target.op", True)


@pytest.mark.parametrize(("direction", "op"), [("higher", ">"), ("band", "<="), ("", "<=")])
def test_an_operator_that_goes_with_the_indicator_is_taken(direction: str, op: str) -> None:
    assert faults_of_direction("$.target", limit(5, op), direction) == []


def test_tracks_go_with_whose_personal_plan_it_is() -> None:
    assert faults_of_kind(PlanKind.PERSONAL, "teacher/T1", [Track.TEACHING]) == []
    wrong = faults_of_kind(PlanKind.PERSONAL, "student/S1", [Track.TEACHING])
    assert [path for path, _ in wrong] == ["$.tracks"]
    both = faults_of_kind(PlanKind.FIVE_YEAR, "major/M1", [Track.TEACHING])
    assert [path for path, _ in both] == ["$.scope", "$.tracks"]


def test_a_plan_is_submitted_and_approved_or_given_back() -> None:
    assert move_plan(PlanState.DRAFT, PlanStep.SUBMIT) is PlanState.SUBMITTED
    assert move_plan(PlanState.SUBMITTED, PlanStep.REJECT) is PlanState.DRAFT
