"""Write down how often interfaces were called."""

import json
from collections.abc import Mapping

from shared.kit.database import Transaction
from shared.kit.sql import text


async def add_calls(tx: Transaction, counted: Mapping[str, int]) -> None:
    """Add calls to those that were counted before; in one order, whoever writes."""
    await tx.session.execute(
        text(
            "INSERT INTO interface_call (name, calls)"
            " SELECT key, value::bigint FROM jsonb_each_text(CAST(:counted AS jsonb)) ORDER BY key"
            " ON CONFLICT (name) DO UPDATE SET calls = interface_call.calls + EXCLUDED.calls"
        ),
        {"counted": json.dumps(counted)},
    )
