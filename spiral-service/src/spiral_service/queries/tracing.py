"""What followed from alerts: corrections."""

from collections.abc import Sequence

from sqlalchemy import select

from shared.access.families import title_of
from shared.kit.database import Transaction
from shared.kit.trace import MOST_STEPS, TraceStep, known_of, ref_of
from spiral_service.tables import CorrectionRow


async def follow(tx: Transaction, refs: Sequence[str]) -> list[TraceStep]:
    """Return the correction of each alert, as it stands."""
    alerts = {each.name: each.ref for each in known_of(refs, "alert")}
    if not alerts:
        return []
    rows = await tx.session.scalars(
        select(CorrectionRow)
        .where(CorrectionRow.alert.in_(alerts))
        .order_by(CorrectionRow.opened_at, CorrectionRow.id)
        .limit(MOST_STEPS)
    )
    return [
        TraceStep(
            kind="correction",
            ref=ref_of("correction", str(row.id), row.opened_at),
            because=alerts[row.alert],
            at=row.opened_at,
            title=title_of(row.family, row.title),
            scope=row.scope,
            period=row.period,
            detail={
                "correction": str(row.id),
                "state": row.state,
                "how": row.how,
                "effect": row.effect,
                "cycle": row.cycle,
            },
        )
        for row in rows
    ]
