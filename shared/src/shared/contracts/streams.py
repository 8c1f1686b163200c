"""The JetStream streams of the suite: names, subjects and how long they keep.

Source: design "Events (NATS JetStream)". One ingest stream per source system, because
``Nats-Msg-Id`` is remembered per stream: in a shared one, the id of one integrator would
silently swallow the same id of another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """What a stream holds, and for how long."""

    name: str
    subjects: tuple[str, ...]
    max_age: float
    """Seconds."""

    work_queue: bool = False
    """A message goes when it was handled, instead of by age."""

    max_message: int = 1_048_576
    """Bytes of the largest message."""


SUITE: Final = "helix8"
"""The suite as a source system: its services hand over what they know, by the ordinary way in."""

HANDED_OVER: Final[Mapping[str, tuple[str, ...]]] = {
    "target": ("task",),
    "spiral": ("correction", "diagnosis", "improvement_measure", "participation"),
    "alert": ("alert",),
    "report": ("report",),
}
"""Entities whose records each service hands over, as `SUITE`; no other service may."""

SOURCE_SYSTEMS: Final = (
    "academic",
    "hr",
    "research",
    "student_affairs",
    "assets",
    "quality",
    "classroom",
    "survey",
    "oulad",
    SUITE,
)
"""教务 人事 科研 学工 国资 质量管理 智能云课堂 问卷, the open data of the demo, and the suite.

The installation makes these; more are registered with the hub."""

INGEST_MESSAGE_LIMIT: Final = 262_144
"""Largest ingest message with its headers, bytes (256 KiB): the server refuses a larger one."""


def ingest_subject(system: str, entity: str, operation: str) -> str:
    """Return where ``system`` pushes records of an entity."""
    return f"qa.ingest.v1.{system}.{entity}.{operation}"


def ingest_stream(system: str) -> str:
    """Return the name of the stream that keeps what ``system`` pushes."""
    return f"QA_INGEST_{system.upper()}"


def ingest_spec(system: str) -> StreamSpec:
    """Return the stream that keeps what ``system`` pushes."""
    return StreamSpec(
        name=ingest_stream(system),
        subjects=(f"qa.ingest.v1.{system}.>",),
        max_age=30 * DAY,
        max_message=INGEST_MESSAGE_LIMIT,
    )


STREAMS: Final = (
    *(ingest_spec(system) for system in SOURCE_SYSTEMS),
    StreamSpec(name="QA_VERDICT", subjects=("qa.verdict.v1.>",), max_age=30 * DAY),
    StreamSpec(name="QA_DATA", subjects=("qa.evt.v1.datahub.>",), max_age=30 * DAY),
    StreamSpec(
        name="QA_EVT",
        subjects=tuple(
            f"qa.evt.v1.{service}.>"
            for service in ("target", "spiral", "alert", "report", "gateway")
        ),
        max_age=400 * DAY,
    ),
    StreamSpec(name="QA_DLQ", subjects=("qa.dlq.v1.>",), max_age=180 * DAY),
    StreamSpec(name="QA_REPLAY", subjects=("qa.replay.v1.>",), max_age=7 * DAY, work_queue=True),
)
"""Every stream of the suite; a source system that the college registers gets one more."""


def max_age_of(stream: str) -> float:
    """Return for how many seconds a stream keeps a message.

    One that is not named here is of a source system that the college registered.
    """
    return next((each.max_age for each in STREAMS if each.name == stream), 30 * DAY)
