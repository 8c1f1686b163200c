"""Events in, one module a subject."""

from typing import Final

from spiral_service.subscriptions import corrections, facts, scopes, work

SUBSCRIPTIONS: Final = [
    each for subject in (corrections, facts, scopes, work) for each in subject.SUBSCRIPTIONS
]
