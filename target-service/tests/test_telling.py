"""What is told of many goals at once leaves in as few events, and in turns."""

from itertools import groupby

from shared.calendar.table import read_calendar
from shared.kit.clock import now
from shared.kit.database import Database
from shared.testing import TestServers, new_database
from target_service.domain.rollup import NEW, Sums
from target_service.domain.weights import Aggregation
from target_service.repository.standing import Node
from target_service.usecases.facts import ITEMS_PER_EVENT, publish_standings
from target_service.usecases.pacing import Pacing


def node(number: int) -> Node:
    return Node(
        goal=f"g{number}",
        parent=None,
        share=0,
        depth=0,
        scope=f"student/{number}",
        period="ayear:2096-2097",
        indicator=None,
        version=1,
        aggregation=Aggregation.WEIGHTED_MEAN,
        target=None,
        deadline=None,
        baseline=None,
        sums=Sums(),
        standing=NEW,
        seq=1,
    )


async def test_events_of_one_key_are_told_in_turn_with_those_of_the_others(
    servers: TestServers,
) -> None:
    database = Database(await new_database(servers, "target_service"), "target")
    nodes = [node(number) for number in range(20 * ITEMS_PER_EVENT)]
    async with database.transaction() as tx:
        publish_standings(tx, nodes, Pacing(await read_calendar(tx), now()))
        keys = [each.partition_key for each in tx.outgoing]
    await database.dispose()

    assert len(keys) == 32
    assert [len(list(run)) for _, run in groupby(keys)] == [1] * 32
    assert keys[:16] == keys[16:] == [f"~{partition:02x}" for partition in range(16)]
