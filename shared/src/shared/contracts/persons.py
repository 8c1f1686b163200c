"""A person's data is erased in every service, and each answers with what it did."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Event, Model
from shared.contracts.vocabulary import ScopeKey


class PersonErasureOrdered(Event):
    """Somebody's data is to be erased: each service does its part, and answers."""

    type: ClassVar[str] = "qa.gateway.person.erasure_ordered.v1"

    erasure: str
    scope: ScopeKey
    """``student/20240001`` or ``teacher/T001``."""

    ordered_at: AwareDatetime


class ErasedTable(Model):
    """What was done with the rows of one table that are about somebody."""

    table: str
    zh: str
    done: Literal["deleted", "blanked", "kept"]
    rows: int
    basis: str
    """Why they are kept; empty where they are not."""


class PersonErased(Event):
    """A service has erased what it held of somebody; what it keeps it names, with the ground."""

    erasure: str
    scope: ScopeKey
    tables: tuple[ErasedTable, ...]
    at: AwareDatetime


class HubPersonErased(PersonErased):
    """The hub has erased somebody."""

    type: ClassVar[str] = "qa.datahub.person.erased.v1"


class TargetPersonErased(PersonErased):
    """The target service has erased somebody."""

    type: ClassVar[str] = "qa.target.person.erased.v1"


class SpiralPersonErased(PersonErased):
    """The spiral service has erased somebody."""

    type: ClassVar[str] = "qa.spiral.person.erased.v1"


class AlertPersonErased(PersonErased):
    """The alert service has erased somebody."""

    type: ClassVar[str] = "qa.alert.person.erased.v1"


class ReportPersonErased(PersonErased):
    """The report service has erased somebody."""

    type: ClassVar[str] = "qa.report.person.erased.v1"
