"""The declarative base of the hub's tables, and the plumbing every service has."""

from sqlalchemy.orm import DeclarativeBase

from shared.calendar.table import add_calendar
from shared.kit.tables import add_files, add_plumbing, new_metadata


class Base(DeclarativeBase):
    """Declarative base of the hub's own tables.

    Canonical records have tables of their own, made from the dictionary:
    see ``datahub.dictionary.tables``.
    """

    metadata = new_metadata()


add_plumbing(Base)
add_files(Base)
add_calendar(Base)
