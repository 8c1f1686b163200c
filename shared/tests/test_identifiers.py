"""Identifiers, partitions and envelopes: the words on the wire."""

import time
from zlib import crc32

import pytest

from shared.contracts.base import filter_of, partition_of, schema_urn, subject_of
from shared.kit.ids import uuid7


def test_ids_are_of_version_7_and_sort_by_time() -> None:
    before = time.time_ns() // 1_000_000
    ids = [uuid7() for _ in range(100)]

    assert {each.version for each in ids} == {7}
    assert len(set(ids)) == 100
    assert before <= ids[0].int >> 80 <= ids[-1].int >> 80 <= time.time_ns() // 1_000_000


@pytest.mark.parametrize("key", ["", "course/C0001", "学校/14365"])
def test_a_key_has_one_of_sixteen_partitions(key: str) -> None:
    assert partition_of(key) == f"{crc32(key.encode()) % 16:02x}"


def test_subjects_filters_and_schemas_follow_from_the_type() -> None:
    kind = "qa.datahub.course.changed.v1"

    assert subject_of(kind, "C1") == f"qa.evt.v1.datahub.course.changed.{partition_of('C1')}"
    assert filter_of(kind) == "qa.evt.v1.datahub.course.changed.*"
    assert schema_urn(kind) == "urn:helix8:schema:qa.datahub.course.changed.v1"
