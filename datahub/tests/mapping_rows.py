"""Rows as a source writes them, and what became of them."""

from collections.abc import Sequence

from datahub.ingest.domain.mapping import Mapped
from datahub.ingest.domain.reading import Chunk
from datahub.ingest.domain.reading_json import read_records


def whole(records: Sequence[object]) -> Chunk:
    [chunk] = read_records(records)
    return chunk


def reasons(mapped: Mapped) -> list[tuple[int, str, str, str]]:
    return [(each.row, each.verdict.value, each.code, each.path) for each in mapped.verdicts]
