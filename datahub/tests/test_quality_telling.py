"""What feeds delivered, and whether in time, stands in records that indicators count."""

import pytest

from datahub.dictionary.domain.entity import Dictionary
from datahub.quality.usecases.telling import tell_feeds
from datahub.tests.conftest import Hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

COURSE = {"course_code": None, "name": None}


async def tell(hub: Hub, dictionary: Dictionary) -> None:
    async with hub.database.transaction() as tx:
        await tell_feeds(tx, dictionary)


async def test_each_feed_tells_its_rows_of_the_month_and_whether_it_is_in_time(
    hub: Hub, dictionary: Dictionary
) -> None:
    watched = await hub.feed("course", COURSE, rhythm="30d")
    free = await hub.feed("course", COURSE)
    await hub.push(watched, {"course_code": "C1", "name": "x"}, {"course_code": "", "name": "y"})

    await tell(hub, dictionary)
    found = {each: await hub.get(f"records/data_feed/{each}") for each in (watched, free)}
    names = ("system_code", "rows_gathered", "rows_valid", "in_time")

    assert [found[watched][name] for name in names] == ["academic", 2, 1, True]
    assert [found[free][name] for name in names] == ["academic", 0, 0, None]
    assert (found[watched]["updated_on"] is None, found[free]["updated_on"]) == (False, None)


async def test_what_is_as_before_is_written_once(hub: Hub, dictionary: Dictionary) -> None:
    feed = await hub.feed("course", COURSE)
    for _ in range(2):
        await tell(hub, dictionary)

    assert (await hub.get(f"records/data_feed/{feed}"))["version"] == 1
    assert "helix8.data_feed" not in {each["key"] for each in await hub.get("records/data_feed")}
