"""What has piled up gets its numbers in rounds, none larger than can be told in time."""

from typing import Any

import pytest
from sqlalchemy import text

from datahub.changes.repository.numbering import lead, may_be_more, number_change_sets

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_round_numbers_few_large_change_sets_and_says_that_more_may_wait(hub: Any) -> None:
    """25,000 and 35,000 rows are what one round takes; the third waits for the next.

    The hub's own round is waited for: while it leads, nobody else does.
    """
    rows = [25_000, 35_000, 7, 500_000]
    async with hub.database.transaction() as tx:
        await tx.session.execute(text("SELECT 1 FROM watermark FOR UPDATE"))
        last = await lead(tx)
        assert last is not None
        await tx.session.execute(
            text(
                "INSERT INTO change_set (batch, source, entity, rows)"
                " SELECT 0, 'academic', 'course', unnest(CAST(:rows AS int[]))"
            ),
            {"rows": rows},
        )
        first = await number_change_sets(tx, last)
        second = await number_change_sets(tx, first[-1].last_seq)
        third = await number_change_sets(tx, second[-1].last_seq)
        await tx.session.rollback()

    rounds = [
        [(each.first_seq - last, each.last_seq - last) for each in some]
        for some in (first, second, third)
    ]
    assert rounds == [[(1, 25_000), (25_001, 60_000)], [(60_001, 60_007), (60_008, 560_007)], []]
    assert [may_be_more(some) for some in (first, second, third)] == [True, True, False]
