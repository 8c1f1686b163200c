"""Records are seen by the scopes that they count for, and found by an index."""

from typing import Any

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.seeing import Way, is_open, narrowing_of
from datahub.dictionary.repository.seeing import SEEN

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEEN_SCOPES = ["class/K1", "class/K2", "student/S1", "unit/U1"]


async def test_what_a_record_names_itself_decides(dictionary: Dictionary) -> None:
    attendance = narrowing_of(dictionary.entities["attendance"], dictionary, SEEN_SCOPES)
    research = narrowing_of(dictionary.entities["research_fund"], dictionary, SEEN_SCOPES)

    assert attendance == (Way("student_no", ("S1",)), Way("class_no", ("K1", "K2")))
    assert research is not None
    assert Way("org_code", ("U1",), (("project_no", "research_project"),)) in research


async def test_what_is_of_the_college_and_of_no_person_is_open(dictionary: Dictionary) -> None:
    entities = dictionary.entities

    assert {name for name, each in entities.items() if is_open(each)} >= {
        "school", "org_unit", "major", "course", "teaching_class", "admin_class", "term", "room",
    }  # fmt: skip
    assert not any(
        is_open(entities[name]) for name in ("student", "staff", "score", "person", "asset_item")
    )


async def test_what_lies_beneath_is_found_by_an_index(hub: Any) -> None:
    async with hub.database.reading() as reader:
        await reader.execute("SET enable_seqscan = off")
        plan = await reader.fetch("EXPLAIN " + SEEN.format(roots="'{unit/U1}'"))
        await reader.execute("RESET enable_seqscan")

    assert any("ix_scope_parents" in row[0] for row in plan)
