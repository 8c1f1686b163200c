"""Events in, one module a subject."""

from typing import Final

from spiral_service.subscriptions import (
    corrections,
    culture,
    cycle_proposals,
    facts,
    owners,
    scopes,
    work,
)

_SUBJECTS: Final = (corrections, culture, cycle_proposals, facts, owners, scopes, work)
SUBSCRIPTIONS: Final = [each for subject in _SUBJECTS for each in subject.SUBSCRIPTIONS]
