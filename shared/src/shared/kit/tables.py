"""The tables that every service has beside its own, added to its metadata in one line."""

from sqlalchemy import Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase

from shared.kit.audit.rows import AuditBlockColumns, AuditEntryColumns
from shared.kit.dead_letters import DeadLetterColumns
from shared.kit.files import FileColumns
from shared.kit.handing_over import HandedOverColumns
from shared.kit.idempotency import IdempotencyColumns
from shared.kit.inbox import InboxColumns, RepeatColumns
from shared.kit.outbox import FactColumns, OutboxColumns, RelayedColumns
from shared.kit.timers import TimerColumns

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that a migration can drop what it did not name."""


def new_metadata() -> MetaData:
    """Return metadata that names every constraint."""
    return MetaData(naming_convention=NAMING_CONVENTION)


def add_timers(base: type[DeclarativeBase]) -> None:
    """Add the table of timers to those of a service that has deadlines."""
    type(
        "TimerRow",
        (TimerColumns, base),
        {"__tablename__": "timer", "__table_args__": (Index("ix_timer_due", "kind", "due_at"),)},
    )


def add_handed_over(base: type[DeclarativeBase]) -> None:
    """Add to the tables of a service how far what was there before has been handed over."""
    type("HandedOverRow", (HandedOverColumns, base), {"__tablename__": "handed_over"})


def add_files(base: type[DeclarativeBase]) -> None:
    """Add the table of evidence files to those of a service that takes any."""
    type("FileRow", (FileColumns, base), {"__tablename__": "file"})


def add_plumbing(base: type[DeclarativeBase], *, keep_facts: bool = True) -> None:
    """Add outbox, inbox, dead letters, audit, keys and (where kept) facts to a service."""
    type("OutboxRow", (OutboxColumns, base), {"__tablename__": "outbox"})
    type("RelayedRow", (RelayedColumns, base), {"__tablename__": "relayed"})
    type("InboxRow", (InboxColumns, base), {"__tablename__": "inbox"})
    entries = {
        "__tablename__": "audit_entry",
        "__table_args__": tuple(
            Index(f"ix_audit_entry_{names[0]}", *names)
            for names in (("actor", "seq"), ("about", "seq"), ("trace",), ("request",), ("at",))
        ),
    }
    type("AuditEntryRow", (AuditEntryColumns, base), entries)
    type("AuditBlockRow", (AuditBlockColumns, base), {"__tablename__": "audit_block"})
    type("InboxRepeatRow", (RepeatColumns, base), {"__tablename__": "inbox_repeat"})
    answers = {
        "__tablename__": "idempotency",
        "__table_args__": (Index("ix_idempotency_at", "at"),),
    }
    type("IdempotencyRow", (IdempotencyColumns, base), answers)
    type(
        "DeadLetterRow",
        (DeadLetterColumns, base),
        {
            "__tablename__": "dead_letter",
            "__table_args__": (UniqueConstraint("consumer", "stream", "stream_seq"),),
        },
    )
    if keep_facts:
        type(
            "FactRow",
            (FactColumns, base),
            {
                "__tablename__": "fact",
                "__table_args__": (Index("ix_fact_stream_seq", "stream", "stream_seq"),),
            },
        )
