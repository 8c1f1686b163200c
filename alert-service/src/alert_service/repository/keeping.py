"""Drop what need not be kept any longer: a part at a time, so that nobody waits long for it."""

from datetime import datetime
from typing import Final

from alert_service.repository.groups import ROUTING_LOCK
from shared.kit.database import Transaction
from shared.kit.sql import text

PART: Final = 5_000
"""Rows that one transaction drops of a table."""

_OPEN: Final = "SELECT FROM alert a WHERE a.state = 'open' AND"

EVALUATED: Final = {
    "heard": "SELECT t.id FROM heard t WHERE t.at < :before",
    "rule_cell": f"""
        SELECT t.ctid FROM rule_cell t
         CROSS JOIN LATERAL (SELECT 'rule/' || t.rule || '@' || t.scope || '@' || t.period) k(key)
         WHERE t.changed_at < :before AND NOT EXISTS ({_OPEN} a.cell = k.key)
           AND NOT EXISTS (SELECT FROM exemption e WHERE e.cell = k.key)
           AND NOT EXISTS (SELECT FROM timer r WHERE r.kind = 'rule' AND r.key = k.key)""",
    "signal": """
        SELECT t.ctid FROM signal t WHERE t.at < :before AND (t.kind = 'quality'
            OR t.kind IN ('cycle', 'cycle_step') AND t.said ->> 'state' = 'closed'
            OR t.kind = 'task' AND t.said ->> 'state' IN ('done', 'cancelled'))""",
}
"""What was evaluated, by table: the rows to drop."""

VALUES: Final = {
    "signal": """
        SELECT t.ctid FROM signal t WHERE t.at < :before AND t.kind IN ('measured', 'judged')""",
}
TOLD: Final = {
    "letter": f"""
        SELECT t.id FROM letter t
         WHERE t.at < :before AND NOT EXISTS ({_OPEN} a.id = ANY(t.alerts))""",
    "notification": f"""
        SELECT t.id FROM notification t
         WHERE t.state <> 'pending' AND t.over_at < :before
           AND NOT EXISTS ({_OPEN} a.id = ANY(t.alerts))
           AND NOT EXISTS (SELECT FROM letter l WHERE l.notification = t.id)""",
    "untold": f"""
        SELECT t.ctid FROM untold t
         WHERE t.last_at < :before AND NOT EXISTS ({_OPEN} a.id = t.alert)""",
    "alert_label": """
        SELECT t.alert FROM alert_label t WHERE NOT t.is_open AND t.changed_at < :before
           AND NOT EXISTS (SELECT FROM alert_group_member m WHERE m.alert = t.alert)""",
    "alert_group": """
        SELECT t.id FROM alert_group t WHERE t.due_at IS NULL
           AND NOT EXISTS (SELECT FROM alert_group_member m WHERE m."group" = t.id)
           AND NOT EXISTS (SELECT FROM told d WHERE d."group" = t.id AND d.at >= :before)""",
    "foreign_alert": """
        SELECT t.fingerprint FROM foreign_alert t WHERE NOT t.is_open AND t.updated_at < :before""",
    "silence": "SELECT t.id FROM silence t WHERE t.ends_at < :before",
}
"""What was told, by table, in the order in which they hang together."""


async def drop(tx: Transaction, table: str, rows: str, before: datetime) -> int:
    """Drop some rows of a table; return how many, at most `PART`.

    Args:
        rows: one of the selections above.
    """
    if table == "alert_group":
        # Who puts an alert into a group has found it there: nobody does until this ends.
        await tx.session.execute(
            text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ROUTING_LOCK}
        )
    key = rows.split(maxsplit=2)[1].removeprefix("t.")
    gone = await tx.session.execute(
        text(
            f"WITH gone AS (DELETE FROM {table} WHERE {key} IN"
            f" ({rows} LIMIT {PART} FOR UPDATE OF t SKIP LOCKED) RETURNING 1)"
            " SELECT count(*) FROM gone"
        ),
        {"before": before},
    )
    return int(gone.scalar_one())
