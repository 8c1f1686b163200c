"""Events that the report service publishes."""

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.base import Event, Model
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


class ReportReviewed(Event):
    """Another person than who handed a report in has reviewed it (审核)."""

    type: ClassVar[str] = "qa.report.report.reviewed.v1"

    report: str
    scope: ScopeKey
    period: PeriodKey
    template: str
    approved: bool
    """False: it was sent back, with the reason."""

    reason: str
    submitted_by: str
    reviewed_by: str
    at: AwareDatetime


class ReportIssued(Event):
    """A report was issued (签发): it never changes any more."""

    type: ClassVar[str] = "qa.report.report.issued.v1"

    report: str
    scope: ScopeKey
    period: PeriodKey
    template: str
    template_version: int
    number: str
    as_of: AwareDatetime
    digest: str
    """SHA-256 of its document, which every format prints."""

    files: dict[str, str]
    """SHA-256 of its file by format: ``docx html json pdf``."""

    issued_by: str
    at: AwareDatetime


class ReportSuperseded(Event):
    """Another report of the same scope, period and kind was issued in its place."""

    type: ClassVar[str] = "qa.report.report.superseded.v1"

    report: str
    superseded_by: str
    scope: ScopeKey
    period: PeriodKey
    template: str
    at: AwareDatetime


class DeliveredFile(Model):
    """A file that goes with what is told."""

    name: str
    media_type: str
    content: str
    """Base64."""

    sha256: str
    """Of the file itself, in hex."""


class ReportDelivered(Event):
    """What was ordered is there, and somebody is to be told of it (送达).

    Channels and inboxes are the alert service's: it tells each of them once.
    """

    type: ClassVar[str] = "qa.report.report.delivered.v1"

    delivery: str
    """Id of what is delivered: the same of a repeat."""

    title: str
    lines: tuple[str, ...]
    link: str
    """Where it lies, at the gateway."""

    channels: tuple[str, ...]
    """Keys of channels: webhooks, e-mail, robots."""

    persons: tuple[str, ...]
    """Whose inboxes: ``person/T001``, ``role/quality_office``."""

    files: tuple[DeliveredFile, ...] = ()
    """Attached to letters, and in what webhooks get; none where only the link is wanted, or where
    they are too large for a message."""

    at: AwareDatetime
