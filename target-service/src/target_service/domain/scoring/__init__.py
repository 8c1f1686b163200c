"""The nine scoring rules (评分规则): a value, or a tally, becomes a score from 0 to 1.

``ratios``       ① banded ratio, ② capped ratio
``comparisons``  ③ relative to the best of a group, ④ relative to its mean, in steps
``points``       ⑤ deduction per event, ⑥ level-weighted count, ⑦ award by level,
                 ⑧ satisfaction index, ⑨ boolean and count of levels
``documents``    parameters as data: what a binding or a criterion names

A score is exact until it is told, with six decimals; what is not full never reads as full.

Source: design "Goals and standards" 5, from the schemes of provinces.
"""

from target_service.domain.scoring.base import Observed, ScoringRule
from target_service.domain.scoring.documents import (
    NAMES,
    ScoringFaultsError,
    faults_of_scoring,
    read_scoring,
    spelled,
    write_scoring,
)

__all__ = [
    "NAMES",
    "Observed",
    "ScoringFaultsError",
    "ScoringRule",
    "faults_of_scoring",
    "read_scoring",
    "spelled",
    "write_scoring",
]
