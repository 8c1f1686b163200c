"""What a source system pushes over NATS: ``qa.ingest.v1.<system>.<entity>.<op>``.

A full snapshot is begun, pushed in parts that are numbered from 1, and ended by a message that
says how many parts and records there were. It takes effect with its end, whole or not at all.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, model_validator

from shared.contracts.base import Model

Records = Annotated[
    tuple[Any, ...],
    Field(min_length=1, examples=[[{"course_code": "C0001", "name": "建筑力学"}]]),
]


class Pushed(Model):
    """What every message may say; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feed: str | None = None
    """约定编号，不写则用该系统该实体的默认约定 · by default that of system and entity."""


class PushedRecords(Pushed):
    """一条记录，或 ``{"records": […]}`` · a record as it is, or ``{"records": […]}``."""

    records: Records

    @model_validator(mode="before")
    @classmethod
    def one_or_many(cls, data: Any) -> Any:
        """Take a single record as a list of one."""
        if isinstance(data, dict) and isinstance(data.get("records"), list):
            return data
        if isinstance(data, dict):
            return {"records": [data]}
        raise ValueError("data 是一条记录或 {records: […]} (a record, or {records: […]})")


class SnapshotBegin(Pushed):
    """全量快照开始 · a full snapshot begins."""

    snapshot: Annotated[str, Field(min_length=1, max_length=100, examples=["2026-11-23"])]
    """来源给快照起的名字，同一约定的下一次须另起 · as the source names it; the next has another."""


class SnapshotChunk(SnapshotBegin):
    """快照的一段 · a part of the snapshot."""

    number: Annotated[int, Field(ge=1, lt=2**31)]
    """段号，自 1 起 · of the part, from 1."""

    records: Records


class SnapshotEnd(SnapshotBegin):
    """快照结束，至此整体生效 · the snapshot ends, and takes effect as a whole."""

    chunks: Annotated[int, Field(ge=0, lt=2**31)]
    """共多少段 · how many parts there were."""

    rows: Annotated[int, Field(ge=0)]
    """各段共多少条记录 · how many records there were in all of them."""


PUSHED: Final[Mapping[str, type[Pushed]]] = {
    "upsert": PushedRecords,
    "delete": PushedRecords,
    "snapshot-begin": SnapshotBegin,
    "snapshot-chunk": SnapshotChunk,
    "snapshot-end": SnapshotEnd,
}
"""What a message holds, by the operation at the end of its subject."""
