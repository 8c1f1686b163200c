"""What source systems push, as the consumers read it: records, and parts of full snapshots."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar, Final

from nats.aio.msg import Msg
from pydantic import ValidationError

from datahub.dictionary.repository import load_dictionary
from datahub.ingest.domain import repeats
from datahub.ingest.domain.envelope import is_envelope
from datahub.ingest.domain.exponents import as_written
from datahub.ingest.usecases.pushed import Told
from shared.contracts.base import Envelope, Event
from shared.contracts.ingest import PushedRecords, SnapshotBegin, SnapshotChunk, SnapshotEnd
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


class IngestMessage(Event, PushedRecords):
    """Records that a source system pushed."""

    type: ClassVar[str] = "qa.ingest"


class BeginMessage(Event, SnapshotBegin):
    """A full snapshot begins."""

    type: ClassVar[str] = "qa.ingest.snapshot-begin"


class ChunkMessage(Event, SnapshotChunk):
    """A part of a full snapshot."""

    type: ClassVar[str] = "qa.ingest.snapshot-chunk"


class EndMessage(Event, SnapshotEnd):
    """A full snapshot ends."""

    type: ClassVar[str] = "qa.ingest.snapshot-end"

    def told(self) -> Told:
        """Return what the end says of the whole."""
        return Told(parts=self.chunks, rows=self.rows)


Message = IngestMessage | BeginMessage | ChunkMessage | EndMessage

MODELS: Final[Mapping[str, type[Message]]] = {
    "upsert": IngestMessage,
    "delete": IngestMessage,
    "snapshot-begin": BeginMessage,
    "snapshot-chunk": ChunkMessage,
    "snapshot-end": EndMessage,
}
"""By what a subject says: what the message holds."""


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
        data = envelope.data if address.op not in {"upsert", "delete"} else _opened(envelope.data)
        event = MODELS[address.op].model_validate(data)
    except ValidationError as error:
        raise PoisonError("schema", all_in_both(error.errors())) from error
    told = _without_repeating(message, envelope, event)
    return envelope, told if entities[address.entity].is_raw else _as_written(message, told)


def _as_written(message: Msg, event: Message) -> Message:
    """Return a message whose numbers that have an exponent are as its text says."""
    if not isinstance(event, IngestMessage | ChunkMessage):
        return event

    def find(document: Any) -> list[Any]:
        return _listed(document if _is_binary(message) else document["data"]) or []

    told = as_written(event.records, message.data, find)
    return event.model_copy(update={"records": tuple(told)})


def _is_binary(message: Msg) -> bool:
    return "ce-specversion" in {name.lower() for name in message.headers or {}}


def _without_repeating(message: Msg, envelope: Envelope, event: Message) -> Message:
    """Return a message whose records that repeat a name say nothing else.

    Raises:
        PoisonError: the message does so itself, or is a part of a snapshot.
    """
    is_binary = _is_binary(message)
    own = 0 if is_binary else len(envelope.model_fields_set)
    if repeats.is_clear(message.data, own + repeats.names_in(envelope.data)):
        return event
    document = repeats.read_marked(message.data)
    data = document if is_binary else document["data"]
    path = repeats.repeated_in(document)
    if path is None:
        return event
    is_one = isinstance(event, IngestMessage) and not isinstance(document, repeats.Repeated)
    records = _listed(data) if is_one else None
    if records is None or not isinstance(event, IngestMessage):
        raise PoisonError(repeats.CODE, repeats.message_of(path))
    told = repeats.without_repeating(event.records, records)
    return event.model_copy(update={"records": tuple(told)})


def _listed(data: Any) -> list[Any] | None:
    """Return the records of what was read marked; None where the list of them is in doubt."""
    opened = _opened(data)
    is_list = isinstance(opened.get("records"), list)
    if not is_list:
        return [data]
    return None if isinstance(data, repeats.Repeated) else list(opened["records"])


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
    assert isinstance(message, Message)
    return message.feed or extra.get("feed")


def records_of(each: Received) -> tuple[Any, ...]:
    """Return the records of a message."""
    message = each.event
    return message.records if isinstance(message, IngestMessage | ChunkMessage) else ()
