"""The base of every event contract, and the CloudEvents envelope that carries it."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from zlib import crc32

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

PARTITIONS = 16
"""Facts of one key share a partition, ``00`` to ``0f``; order holds inside it."""


class Model(BaseModel):
    """A part of an event: frozen, and tolerant of fields that a newer publisher adds."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Event(Model):
    """A fact that one service states to the others.

    A published event never changes meaning: add an optional field, or publish a new
    major version on a new type. ``tests/contracts`` compares every event with the schema
    that was stored under ``shared/released`` when it was first released.
    """

    type: ClassVar[str]
    """CloudEvents type, ``qa.<service>.<entity>.<event>.v<major>``."""

    @classmethod
    def subjects(cls) -> str:
        """Return where events of this type travel: ``*`` stands for the partition."""
        return filter_of(cls.type)

    def event_type(self) -> str:
        """Return the CloudEvents type of this very event."""
        return self.type

    def address(self, key: str) -> str:
        """Return the NATS subject of this event for a partition key."""
        return subject_of(self.event_type(), key)


class Envelope(BaseModel):
    """CloudEvents 1.0 in structured JSON (``application/cloudevents+json``).

    Extensions keep their official names. ``data`` is left as it came: the consumer's model
    reads it. Source: design "Events (NATS JetStream)".
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(min_length=1, max_length=128)]
    source: Annotated[str, Field(min_length=1, max_length=256)]
    """With ``id`` it identifies the event: an id is unique within its source alone."""

    type: Annotated[str, Field(min_length=1)]
    time: AwareDatetime | None = None
    subject: str | None = None
    datacontenttype: str = "application/json"
    dataschema: str | None = None
    partitionkey: str | None = None
    sequence: str | None = None
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None
    data: object = None


class Sent(Model):
    """What a consumer may want to know of the message around an event."""

    id: str
    type: str
    source: str
    at: datetime
    subject: str | None = None
    correlationid: str | None = None


def partition_of(key: str) -> str:
    """Return the partition token of a partition key: two hex digits, ``00`` to ``0f``."""
    return f"{crc32(key.encode()) % PARTITIONS:02x}"


def subject_of(event_type: str, key: str) -> str:
    """Return the subject of a fact: ``qa.evt.v1.<service>.<entity>.<event>.<partition>``."""
    prefix, service, entity, event, major = event_type.split(".")
    return f"{prefix}.evt.{major}.{service}.{entity}.{event}.{partition_of(key)}"


def filter_of(event_type: str) -> str:
    """Return the subject filter that catches every partition of an event type."""
    return subject_of(event_type, "").rsplit(".", 1)[0] + ".*"


def schema_urn(event_type: str) -> str:
    """Return the ``dataschema`` of an event type."""
    return f"urn:helix8:schema:{event_type}"
