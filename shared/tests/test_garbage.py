"""How often a service searches for garbage."""

import gc
from collections.abc import Iterator

import pytest

from shared.kit.garbage import YOUNG, search_seldom


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_was_there_at_the_start_is_left_out_of_every_search() -> None:
    kept: list[object] = []
    search_seldom()
    assert all(each is not kept for each in gc.get_objects())
    assert gc.get_freeze_count() > 0


def test_half_as_many_new_objects_as_are_too_many_start_no_search() -> None:
    search_seldom()
    searches: list[str] = []

    def note(phase: str, _: object) -> None:
        searches.append(phase)

    gc.callbacks.append(note)
    made: list[list[object]] = [[] for _ in range(YOUNG // 2)]
    few = len(searches)
    made += [[] for _ in range(YOUNG)]
    gc.callbacks.remove(note)
    assert few == 0
    assert searches == ["start", "stop"]
