"""The read model is a function of what was published: lost and read again, it is the same."""

from typing import Any

import pytest
from sqlalchemy import text

from report_service.__main__ import rebuild
from report_service.settings import Settings


async def test_a_read_model_that_is_lost_is_rebuilt_from_the_streams(
    world: Any, told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    await told.everything(world)
    # The same place again and again, in one batch of the consumer or in many.
    await world.tell(*[told.measured(8 + at, f"0.3{at}") for at in range(5)])
    await world.settle()
    settings = world.running.settings
    assert isinstance(settings, Settings)
    database = world.running.app.state.database

    assert await rebuild(settings) == 0, capsys.readouterr().out
    async with database.transaction() as tx:
        for table in ("measurement", "alert", "past"):
            await tx.session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 — ours
    assert await rebuild(settings) == 1
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines() if line.startswith("≠")] == [
        "alert",
        "measurement",
        "past",
    ]

    assert await rebuild(settings, apply=True) == 0
    assert await rebuild(settings) == 0
    report = (await world.make()).json()
    content = (await world.running.client.get(f"/v1/reports/{report['id']}")).json()["content"]
    assert told.cells(content, "standards")["current"][0] == "24%"
    assert told.cells(content, "alerts")["before"] == ["31.17%"]
