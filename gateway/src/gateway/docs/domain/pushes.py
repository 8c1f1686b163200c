"""What an integrator pushes over NATS, read out of the models for people.

Source: contract "Events (NATS JetStream)": ``qa.ingest.v1.<system>.<entity>.<op>``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.docs.domain.schemas import Reader, Row
from shared.contracts.ingest import PUSHED
from shared.contracts.streams import ingest_stream

SYSTEM: Final = "academic"
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "upsert": ("推送记录：新建或更新", "Records: created or updated"),
    "delete": ("删除记录：写出主键即可", "Records to delete: their keys are enough"),
    "snapshot-begin": ("全量快照开始", "A full snapshot begins"),
    "snapshot-chunk": ("全量快照的一段", "A part of a full snapshot"),
    "snapshot-end": ("全量快照结束，至此整体生效", "A full snapshot ends and takes effect"),
}
_RECORD: Final = {"course_code": "C0001", "name": "建筑力学"}
_SNAPSHOT: Final = {"snapshot": "2026-11-23"}
EXAMPLES: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "upsert": (_RECORD, {"records": [_RECORD, {"course_code": "C0002", "name": "工程测量"}]}),
    "delete": ({"course_code": "C0001"}, {"records": [{"course_code": "C0001"}]}),
    "snapshot-begin": (_SNAPSHOT,),
    "snapshot-chunk": ({**_SNAPSHOT, "number": 1, "records": [_RECORD]},),
    "snapshot-end": ({**_SNAPSHOT, "chunks": 1, "rows": 1},),
}
"""Contents of example messages, by operation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPage:
    """One kind of message, ready to be shown."""

    op: str
    zh: str
    en: str
    subject: str
    address: str
    """Where the examples travel."""

    stream: str
    rows: Sequence[Row]
    examples: Sequence[str]
    """Whole messages, as they travel."""


def push_pages() -> list[PushPage]:
    """Return every kind of message that an integrator may push."""
    return [_page(op) for op in PUSHED]


def _page(op: str) -> PushPage:
    schema = PUSHED[op].model_json_schema()
    zh, en = _WORDS[op]
    return PushPage(
        op=op,
        zh=zh,
        en=en,
        subject=f"qa.ingest.v1.<system>.<entity>.{op}",
        address=f"qa.ingest.v1.{SYSTEM}.course.{op}",
        stream=ingest_stream("<system>"),
        rows=Reader(schema).rows(schema),
        examples=[
            json.dumps(_envelope(op, data), ensure_ascii=False, indent=2) for data in EXAMPLES[op]
        ],
    )


def _envelope(op: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "0193a5f2-7c1e-7d3a-9b21-5f0e6c1a2b3d",
        "source": f"urn:campus:{SYSTEM}",
        "type": f"qa.ingest.course.{op}.v1",
        "time": "2026-11-23T08:00:00Z",
        "datacontenttype": "application/json",
        "data": data,
    }
