"""Whose turn it is: the spaces of PostgreSQL's advisory locks.

In one list, so that no two things wait for each other that have nothing to do with each other.
The space 815 is that of keys of requests (`shared.kit.idempotency`).
"""

from enum import IntEnum


class Space(IntEnum):
    """What is locked; the second number of a lock says which one, by hash or as it is."""

    DICTIONARY = 813
    """A version is published; who holds the newest one keeps it."""

    ENTITY = 814
    """Records of an entity are written."""

    BATCH = 816
    """A batch is worked on."""

    FEED = 817
    """A feed is saved."""

    QUALITY_RUN = 818
    """An entity is held against its rules."""

    QUALITY_RULE = 819
    """A rule is saved."""

    SYSTEM = 820
    """A source system is saved."""

    FEED_WATCH = 821
    """Late deliveries are looked for."""

    PULL = 822
    """A pull runs."""

    INDICATOR = 823
    """A definition is saved."""

    HANDED_VALUE = 824
    """A value is handed in for a cell, or decided on."""

    LEARNING_SOURCE = 825
    """The document of a source of learning events is saved."""

    WAITING_ROWS = 826
    """The work list is told of rows that wait to be mended."""

    AWAITED_VALUES = 827
    """The work list is told of values that are to be handed in."""

    VALUE_STATEMENT = 828
    """Somebody says whether a measured value is right."""
