"""All rules over one document."""

from collections.abc import Mapping

from target_service.domain.plan_document.document import PlanDocument
from target_service.domain.plan_lint.finding import Finding, Severity
from target_service.domain.plan_lint.known import KNOWN
from target_service.domain.plan_lint.needs import needs_of
from target_service.domain.plan_lint.pieces import pieces_of
from target_service.domain.plan_lint.timing import missed_needs, open_ends
from target_service.domain.plan_lint.writing import (
    misdated,
    odd_brackets,
    odd_dates,
    odd_words,
    slipped_rows,
)

_ORDER = list(Severity)


def lint(document: PlanDocument, known: Mapping[str, str] = KNOWN) -> list[Finding]:
    """Return what a careful reader finds, the gravest first, then by line.

    Args:
        known: title, as `series_of` writes it, → number of documents that may be cited.
    """
    pieces = pieces_of(document.rows)
    found = [
        *missed_needs(needs_of(pieces)),
        *open_ends(pieces),
        *slipped_rows(document.rows),
        *odd_dates(document.rows),
        *odd_words(document.lines),
        *odd_brackets(document),
        *misdated(document.citations, known),
    ]
    return sorted(found, key=lambda each: (_ORDER.index(each.severity), each.lines, each.rule))
