"""The declarative base of the hub's tables, and the plumbing every service has."""

from sqlalchemy.orm import DeclarativeBase

from shared.kit.tables import add_plumbing, new_metadata


class Base(DeclarativeBase):
    """Declarative base of the hub's own tables.

    Canonical records have tables of their own, made from the dictionary:
    see ``datahub.dictionary.tables``.
    """

    metadata = new_metadata()


# Measurements and changes are read again from the hub's history, so no copy of facts is kept.
add_plumbing(Base, keep_facts=False)
