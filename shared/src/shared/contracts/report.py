"""Events that the report service publishes."""

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.base import Event
from shared.contracts.vocabulary import PeriodKey, ScopeKey


class ReportOpened(Event):
    """A self-diagnosis report was made from the facts of one moment."""

    type: ClassVar[str] = "qa.report.report.opened.v1"

    report: str
    scope: ScopeKey
    period: PeriodKey
    template: str
    template_version: int
    as_of: AwareDatetime
    sha256: str
    """Digest of the rendered document: the same facts and template give the same bytes."""
