"""The event that results are published."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from shared.contracts.target import AssessedResult, AssessmentPublished
from shared.kit.database import Transaction
from target_service.domain.assessing.scheme import PRIVATE
from target_service.domain.limits import write_number
from target_service.tables import AssessmentResultRow, AssessmentRunRow

ITEMS_PER_EVENT: Final = 200


def publish_run(
    tx: Transaction, run: AssessmentRunRow, results: Sequence[AssessmentResultRow]
) -> None:
    """Tell the results of a run; of persons and teams only how many were assessed."""
    told = [] if run.kind in PRIVATE else [_item(each) for each in results]
    cuts = [
        tuple(told[start : start + ITEMS_PER_EVENT])
        for start in range(0, max(len(told), 1), ITEMS_PER_EVENT)
    ]
    for part, items in enumerate(cuts, start=1):
        event = AssessmentPublished(
            id=run.key,
            version=run.version,
            title=run.title,
            scheme=run.scheme,
            scheme_version=run.scheme_version,
            purpose=run.purpose,
            kind=run.kind,
            period=run.period,
            count=len(results),
            part=part,
            parts=len(cuts),
            items=items,
        )
        tx.publish(event, key=run.key, subject=f"assessment/{run.key}")


def _item(row: AssessmentResultRow) -> AssessedResult:
    return AssessedResult(
        subject=row.subject,
        title=row.title,
        points=_spell(row.points),
        coverage=_spell(row.coverage),
        thin=row.thin,
        vetoed=row.vetoed,
        place=row.place,
        choice=row.choice,
        grade=row.grade,
        verdicts=tuple(row.verdicts),
        decision=row.decision,
    )


def _spell(number: Decimal | None) -> str | None:
    return None if number is None else write_number(number)
