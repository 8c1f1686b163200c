"""What people do with assessments: schemes, runs, what is handed in, objections, decisions."""

from target_service.usecases.assessing.handing_in import (
    Clerk,
    consent,
    take_marks,
    take_tallies,
)
from target_service.usecases.assessing.judging import FOLLOW, follow_values, verify
from target_service.usecases.assessing.objecting import answer, decide, object_to
from target_service.usecases.assessing.runs import blocking, open_run, take_step
from target_service.usecases.assessing.schemes import approve, put_scheme, withdraw_scheme

__all__ = [
    "FOLLOW",
    "Clerk",
    "answer",
    "approve",
    "blocking",
    "consent",
    "decide",
    "follow_values",
    "object_to",
    "open_run",
    "put_scheme",
    "take_marks",
    "take_step",
    "take_tallies",
    "verify",
    "withdraw_scheme",
]
