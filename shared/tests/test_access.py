"""What somebody sees follows from his roles and the scopes that he holds them for."""

import pytest

from shared.access.rules import Kind, is_among
from shared.access.sight import sight_of
from shared.kit.identity import Caller

READ = frozenset({"target:read"})


def person(*held: tuple[str, str], scopes: frozenset[str] = READ) -> Caller:
    roles = frozenset(role for role, _ in held)
    return Caller(subject="person/T1", roles=roles, scopes=scopes, holds=frozenset(held))


@pytest.mark.parametrize(
    "caller",
    [
        person(("leader", "*")),
        person(("quality_office", "*")),
        person(("auditor", "unit/U1")),
        person(("unit_head", "*")),
        person(("unit_head", "school/1")),
        person(("student", "student/T1"), ("reader", "*")),
        person(scopes=frozenset({"*"})),
        person(scopes=READ | {"target:every-scope"}),
        Caller(subject="system/academic", scopes=READ),
    ],
)
def test_who_is_bound_to_no_scope_sees_everything(caller: Caller) -> None:
    assert sight_of(caller, "target") is None


@pytest.mark.parametrize(
    ("held", "scopes"),
    [
        ([], set()),
        ([("student", "*")], set()),
        ([("teacher", "*")], set()),
        ([("body_member", "*")], set()),
        ([("somebody-else", "*")], set()),
        ([("teacher", "class/K1"), ("teacher", "teacher/T1")], {"class/K1"}),
        ([("unit_head", "unit/U1"), ("major_lead", "major/M1")], {"unit/U1", "major/M1"}),
    ],
)
def test_anybody_else_sees_himself_and_from_what_he_holds(
    held: list[tuple[str, str]], scopes: set[str]
) -> None:
    sight = sight_of(person(*held), "target")

    assert sight is not None
    assert sight.roots == {"person/T1", "T1", "teacher/T1", "student/T1"} | scopes


def test_to_write_all_of_one_service_shows_nothing_of_another() -> None:
    writer = person(scopes=READ | {"spiral:write"})

    assert sight_of(writer, "spiral") is None
    assert sight_of(writer, "target") is not None


def test_open_kinds_are_seen_by_all_and_whoever_answers_for_a_row_sees_it() -> None:
    seen = ["class/K1", "teacher/T1"]

    assert is_among(seen, Kind.GOAL, "unit/U2")
    assert not is_among(seen, Kind.TASK, "unit/U2")
    assert is_among(seen, Kind.TASK, "unit/U2", None, "teacher/T1")
    assert not is_among(seen, Kind.NAME, "student/S2")
