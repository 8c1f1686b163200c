"""A lock of a session: one holder, for as long as it and its connection live."""

import pytest
from sqlalchemy import text

from shared.errors import UnavailableError
from shared.kit.database import Database


async def test_a_session_lock_has_one_holder_and_ends_with_its_block(database: Database) -> None:
    async with (
        database.session_lock(7, 1) as mine,
        database.session_lock(7, 1) as theirs,
        database.session_lock(7, -2) as other,
    ):
        assert (mine, theirs, other) == (True, False, True)
    async with database.session_lock(7, 1) as later:
        assert later


async def test_a_session_lock_goes_with_its_connection(database: Database) -> None:
    async with database.session_lock(7, 1):
        async with database.transaction() as tx:
            await tx.session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                    " AND classid = 7 AND database ="
                    " (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
        async with database.session_lock(7, 1) as taken:
            assert taken


async def test_many_locks_share_a_connection_and_go_with_it(database: Database) -> None:
    async with database.session_locks(7) as mine, database.session_locks(7) as theirs:
        assert [await mine.take(1), await mine.take(2), await theirs.take(1)] == [True, True, False]
        await mine.free(1)
        assert [await theirs.take(1), await theirs.take(2)] == [True, False]
        async with database.transaction() as tx:
            await tx.session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                    " AND classid = 7 AND objid = 2 AND database ="
                    " (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
        assert await theirs.take(2)
        with pytest.raises(UnavailableError):
            await mine.take(3)


async def test_what_the_driver_does_first_is_part_of_the_transaction(database: Database) -> None:
    async def make_a_table_and_fail() -> None:
        async with database.transaction() as tx:
            driver = await tx.driver()
            await driver.execute("CREATE TABLE made_first (x int)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await make_a_table_and_fail()

    async with database.transaction() as tx:
        assert await tx.session.scalar(text("SELECT to_regclass('made_first')")) is None


async def test_without_a_database_nothing_is_locked() -> None:
    nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", "target")

    with pytest.raises(UnavailableError):
        async with nowhere.session_lock(7, 1):
            pass

    await nowhere.dispose()
