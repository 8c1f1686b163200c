"""Events in, one module a subject."""

from typing import Final

from spiral_service.subscriptions import corrections, facts, proposals, scopes, work

_SUBJECTS: Final = (corrections, facts, proposals, scopes, work)
SUBSCRIPTIONS: Final = [each for subject in _SUBJECTS for each in subject.SUBSCRIPTIONS]
