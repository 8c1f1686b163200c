"""What source systems push: records, and parts of full snapshots.

A snapshot is begun, pushed in parts that are numbered from 1, and ended by a message that says how
many parts and records there were. It takes effect with its end, as a whole or not at all.
"""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, Final

from nats.aio.msg import Msg
from pydantic import ConfigDict, Field, ValidationError, model_validator

from datahub.dictionary.repository import load_dictionary
from datahub.ingest.domain.envelope import is_envelope
from datahub.ingest.usecases.pushed import Told
from shared.contracts.base import Envelope, Event
from shared.kit.validation import all_in_both
from shared.kit.worker import PoisonError, Received, read_envelope, subject_of

MODES: Final = {
    "upsert": "upsert",
    "delete": "delete",
    "snapshot-begin": "snapshot",
    "snapshot-chunk": "snapshot",
    "snapshot-end": "snapshot",
}
"""By what a subject says: the mode of the delivery."""


_NAMED: Final = 3
_LISTED: Final = 5
"""Names that are told where none is like the one that was asked for: the operations are five."""


class IngestMessage(Event):
    """What a source system pushed: one record, or ``{"records": [...]}``."""

    type: ClassVar[str] = "qa.ingest"
    model_config = ConfigDict(frozen=True, extra="forbid")

    records: tuple[Any, ...] = Field(min_length=1)
    feed: str | None = None

    @model_validator(mode="before")
    @classmethod
    def one_or_many(cls, data: Any) -> Any:
        """Take a single record as a list of one."""
        if isinstance(data, dict) and isinstance(data.get("records"), list):
            return data
        if isinstance(data, dict):
            return {"records": [data]}
        raise ValueError("data 是一条记录或 {records: […]} (a record, or {records: […]})")


class SnapshotMessage(Event):
    """A part of a full snapshot: its beginning, some of its records, or its end."""

    type: ClassVar[str] = "qa.ingest.snapshot"
    model_config = ConfigDict(frozen=True, extra="forbid")

    op: str
    snapshot: str = Field(min_length=1, max_length=100)
    """As the source names it: a later one of the same feed has another name."""

    feed: str | None = None
    number: int | None = Field(None, ge=1, lt=2**31)
    """Of a part, from 1."""

    records: tuple[Any, ...] = ()
    chunks: int | None = Field(None, ge=0, lt=2**31)
    """Of the end: how many parts there were."""

    rows: int | None = Field(None, ge=0)
    """Of the end: how many records there were in all of them."""

    @model_validator(mode="after")
    def whole(self) -> "SnapshotMessage":
        """Refuse a part without its number and records, and an end without its counts."""
        is_part, is_end = self.op == "snapshot-chunk", self.op == "snapshot-end"
        if is_part != (self.number is not None) or is_part != bool(self.records):
            raise ValueError(
                "number、records：snapshot-chunk 须有，别处不可有 (in snapshot-chunk alone)"
            )
        if is_end != (self.chunks is not None) or is_end != (self.rows is not None):
            raise ValueError("chunks、rows：snapshot-end 须有，别处不可有 (in snapshot-end alone)")
        return self

    def told(self) -> Told:
        """Return what the end says of the whole."""
        return Told(parts=self.chunks or 0, rows=self.rows or 0)


@dataclass(frozen=True, slots=True)
class Address:
    """What the subject of a message says."""

    system: str
    entity: str
    op: str


def read(message: Msg) -> tuple[Envelope, Event]:
    """Read what was pushed.

    Raises:
        PoisonError: it cannot be understood, whatever is tried.
    """
    subject = subject_of(message)
    address = address_of(subject)
    if address is None:
        form = "qa.ingest.v1.<system>.<entity>.<operation>"
        said = f"主题 {subject} 须写作 {form} (a subject is {form})"
        raise PoisonError("unknown-operation", said)
    if address.op not in MODES:
        raise PoisonError("unknown-operation", _unknown("操作", "operation", address.op, MODES))
    # A college adds fields and codes, never entities: those of the package are all there are.
    entities = load_dictionary().entities
    if address.entity not in entities:
        raise PoisonError("unknown-entity", _unknown("实体", "entity", address.entity, entities))
    if entities[address.entity].is_raw and address.op != "upsert":
        said = (
            "事件只能 upsert，更正请用 xAPI 的 voided (events are added, and voided; upsert alone)"
        )
        raise PoisonError("unknown-operation", said)
    envelope = read_envelope(message)
    try:
        if MODES[address.op] != "snapshot":
            return envelope, IngestMessage.model_validate(_opened(envelope.data))
        data = envelope.data if isinstance(envelope.data, dict) else {}
        return envelope, SnapshotMessage.model_validate({**data, "op": address.op})
    except ValidationError as error:
        raise PoisonError("schema", all_in_both(error.errors())) from error


def _opened(data: Any) -> Any:
    """Return the events of a Caliper envelope as the records that they are."""
    return {"records": data["data"]} if is_envelope(data) else data


def _unknown(zh: str, en: str, asked: str, known: Collection[str]) -> str:
    """Say that there is no such thing, and which there are that may be meant."""
    like = get_close_matches(asked, sorted(known), _NAMED, 0.5) or sorted(known)[:_LISTED]
    return (
        f"没有{zh} {asked}，可用的有 {'、'.join(like)}"
        f" (there is no {en} {asked}; there is {', '.join(like)})"
    )


def address_of(subject: str) -> Address | None:
    """Return what a subject says; None where it is none of ours."""
    match subject.split("."):
        case ["qa", "ingest", "v1", system, entity, op]:
            return Address(system, entity, op)
        case _:
            return None


def entity_of(each: Received) -> str:
    """Return the entity of which a message is."""
    address = address_of(each.subject)
    return address.entity if address else ""


def mode_of(each: Received) -> str:
    """Return the mode of a message's delivery."""
    address = address_of(each.subject)
    assert address is not None
    return MODES[address.op]


def feed_named(each: Received) -> str | None:
    """Return the feed that a message names."""
    extra = each.envelope.model_extra or {}
    message = each.event
    assert isinstance(message, IngestMessage | SnapshotMessage)
    return message.feed or extra.get("feed")


def records_of(each: Received) -> tuple[Any, ...]:
    """Return the records of a message."""
    assert isinstance(each.event, IngestMessage | SnapshotMessage)
    return each.event.records
