"""Gates: what must exist before a step may be left, judged on facts of the other services.

``base``   facts, what blocks, and what a check is
``goals``  goals, standards, tasks, attainments
``after``  diagnoses, lessons, proposals, measures
``rest``   assessments, alerts, corrections, forms
``judge``  the gates of a step, one by one: holds or blocks, by what, who can lift it

A new gate is a function ``(facts, parameters) -> blockers`` with a name in the ``CHECKS`` of its
module, which is listed here; definitions then name it. What it reads beyond what `base.Facts` has
is a new field there, filled by ``repository.facts.load_facts``.
"""

from collections.abc import Mapping
from typing import Final

from spiral_service.domain.gates import after, goals, rest
from spiral_service.domain.gates.base import Check

CHECKS: Final[Mapping[str, Check]] = {**goals.CHECKS, **after.CHECKS, **rest.CHECKS}
