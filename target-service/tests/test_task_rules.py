"""Rules of tasks: which state allows what, rings, and what a careful reader would ask."""

from datetime import date
from typing import Any

import pytest

from target_service.domain.standing import Actor, NotYoursError, check_owner
from target_service.domain.tasks import Neighbour, TaskState, conflicts_of, may, ring_of


@pytest.mark.parametrize(
    ("move", "states"),
    [
        ("edit", "draft issued accepted in_progress"),
        ("issue", "draft"),
        ("accept", "issued"),
        ("report", "accepted in_progress"),
        ("decide", "in_progress"),
        ("cancel", "draft issued accepted in_progress"),
    ],
)
def test_a_state_allows_these_moves_and_no_others(move: Any, states: str) -> None:
    assert [each for each in TaskState if may(move, each)] == states.split()


def test_a_ring_is_told_with_its_way() -> None:
    edges = {"b": ["c", "d"], "c": ["a"], "d": []}

    assert ring_of("a", ["b"], edges) == ["a", "b", "c", "a"]
    assert ring_of("a", ["d"], edges) == []
    assert ring_of("x", ["b"], {**edges, "c": ["b"]}) == []


def test_what_starts_before_what_it_needs_ends_is_told() -> None:
    before = Neighbour("std", "教师标准", date(2021, 12, 31))
    goal = Neighbour("g", "目标", date(2022, 6, 30))

    told = conflicts_of(date(2021, 12, 31), date(2022, 7, 1), [before], [goal])
    fine = conflicts_of(date(2022, 1, 1), date(2022, 6, 30), [before], [goal])

    assert [path for path, _ in told] == ["$.starts_on", "$.ends_on"]
    assert "教师标准" in told[0][1]
    assert fine == []


@pytest.mark.parametrize("owner", ["T1", "person/T1", "teacher/T1", "student/T1"])
def test_an_owner_is_known_by_his_number_and_by_what_he_is(owner: str) -> None:
    check_owner(Actor(subject="person/T1", is_everywhere=False), owner, leads_owner=False)
    for other in ("person/T2", "system/T1"):
        with pytest.raises(NotYoursError):
            check_owner(Actor(subject=other, is_everywhere=False), owner, leads_owner=False)
