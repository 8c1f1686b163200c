"""How a goal came out. Source: design "The spiral", gate of diagnose."""

from collections.abc import Iterable
from typing import Final

from shared.contracts.vocabulary import State
from spiral_service.domain.gates.base import Fact

_ORDER: Final = list(State)
_BELOW: Final = {State.BELOW_FLOOR, State.BELOW_STANDARD, State.BELOW_TARGET}


def result_of(goal: Fact, attainments: Iterable[Fact]) -> Fact | None:
    """Return how a goal stands: its own judgement, else the worst of its bindings."""
    of_goal = [each for each in attainments if each.document["goal"] == goal.key]
    own = [each for each in of_goal if each.key == f"goal/{goal.key}"]
    known = own or [each for each in of_goal if each.document["state"] != State.NO_DATA]
    return min(known, key=_badness, default=None)


def is_missed(goal: Fact, result: Fact | None) -> bool:
    """Return whether a goal was missed: its standard, or the target where it has one."""
    if result is None:
        return False
    state = State(result.document["state"])
    return state in _BELOW or (state is State.MET_STANDARD and goal.document["target"] is not None)


def _badness(attainment: Fact) -> tuple[int, str]:
    return _ORDER.index(State(attainment.document["state"])), attainment.key
