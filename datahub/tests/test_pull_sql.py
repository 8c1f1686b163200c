"""Foreign databases: read page by page, never written, and every row takes effect once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from datahub.ingest.repository.feeds import get_feed
from datahub.pulls import repository, usecases
from datahub.pulls.domain.position import looked_back
from datahub.pulls.domain.pull import Secret, SqlSource
from datahub.pulls.repository import RunLostError
from datahub.pulls.sources import SourceFailedError, sql
from shared.kit.ids import uuid7
from shared.testing import TestServers, new_database

pytestmark = pytest.mark.asyncio(loop_scope="module")
Ledger = Callable[[Any], dict[str, int]]
COURSE = {"course_code": {"from": "kch"}, "name": {"from": "kcmc"}, "credits": {"from": "xf"}}
BIRTH = datetime(2026, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(run: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """A hub that knows the secrets of a folder."""
    folder = tmp_path_factory.mktemp("secrets")
    async with run(secrets_dir=folder) as running:
        running.secrets = folder
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def foreign(servers: TestServers) -> AsyncIterator[tuple[str, Any]]:
    """A PostgreSQL database of somebody else: its URL, and a connection to it."""
    url = await new_database(servers, "datahub")
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    await connection.execute(
        "CREATE TABLE kc (id serial PRIMARY KEY, kch text, kcmc text, xf numeric(4, 1),"
        " gxsj timestamptz)"
    )
    yield url, connection
    await connection.close()


def file_of(hub: Any, name: str, text: str) -> dict[str, str]:
    (hub.secrets / name).write_text(f"{text}\n", encoding="utf-8")
    return {"file": name}


def college(folder: Path, *rows: tuple[Any, ...]) -> Path:
    path = folder / "his.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kc (kch, kcmc, xf, gxsj)")
        connection.executemany("INSERT INTO kc VALUES (?, ?, ?, ?)", rows)
    connection.close()
    return path


async def put_pull(hub: Any, feed: str, **document: Any) -> dict[str, Any]:
    answer = await hub.client.put(f"/v1/feeds/{feed}/pull", json=document)
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_rows_of_a_file_database_come_in_and_only_new_ones_again(
    hub: Any, tmp_path: Path, ledger: Ledger
) -> None:
    feed = await hub.feed("course", COURSE, ignore=["gxsj"])
    a, b, c = hub.name("Q"), hub.name("Q"), hub.name("Q")
    path = college(tmp_path, (a, "x", 2.5, "2026-01-01"), (b, "y", 4.0, "2026-01-02"))
    url = file_of(hub, "his", f"sqlite:///{path}")
    await put_pull(
        hub,
        feed,
        kind="sql",
        url=url,
        statement="SELECT kch, kcmc, xf, gxsj FROM kc WHERE kch <> ':a';",
        watermark="gxsj",
    )

    first = await hub.pulled(feed)
    college(tmp_path, (c, "z", None, "2026-01-02"))
    second = await hub.pulled(feed)
    third = await hub.pulled(feed)

    assert ledger(first["last_batch"]) == {"created": 2}
    assert (first["last_batch"]["channel"], first["last_outcome"]) == ("pull", "done")
    assert first["position"] == {"type": "str", "value": "2026-01-02"}
    # The row with the newest value comes again, since another may share it.
    assert ledger(second["last_batch"]) == {"created": 1, "unchanged": 1}
    assert ledger(third["last_batch"]) == {"unchanged": 2}
    record = await hub.get(f"records/course/{b}")
    assert (record["name"], float(record["credits"])) == ("y", 4.0)


async def test_a_run_from_the_start_reads_everything_again(hub: Any, tmp_path: Path) -> None:
    feed = await hub.feed("course", COURSE, ignore=["gxsj"])
    rows = [(hub.name("Q"), "x", 1, n) for n in range(3)]
    url = file_of(hub, "start", f"sqlite:///{college(tmp_path, *rows)}")
    document = {"kind": "sql", "url": url, "statement": "SELECT * FROM kc", "watermark": "gxsj"}
    await put_pull(hub, feed, **document)

    states = [await hub.pulled(feed), await hub.pulled(feed)]
    states.append(await hub.pulled(feed, fromStart="true"))
    changed = await put_pull(hub, feed, **{**document, "statement": "SELECT * FROM kc WHERE 1"})

    assert [state["last_batch"]["received"] for state in states] == [3, 1, 3]
    assert states[2]["position"] == {"type": "int", "value": "2"}
    assert (changed["position"], changed["version"]) == (None, 2)


async def test_a_postgresql_of_somebody_else_is_read_and_not_written(
    hub: Any, foreign: tuple[str, Any], ledger: Ledger
) -> None:
    url, connection = foreign
    feed = await hub.feed("course", COURSE, ignore=["id", "gxsj"])
    names = [hub.name("P") for _ in range(25)]
    await connection.executemany(
        "INSERT INTO kc (kch, kcmc, xf, gxsj) VALUES ($1, 'x', 2.5, $2)",
        [(name, BIRTH + timedelta(hours=at // 10)) for at, name in enumerate(names)],
    )
    await put_pull(
        hub,
        feed,
        kind="sql",
        url=file_of(hub, "pg", url),
        statement="SELECT * FROM kc",
        watermark="gxsj",
        page=7,
    )

    first = await hub.pulled(feed)
    await connection.execute("INSERT INTO kc (kch, kcmc) VALUES ($1, 'no watermark')", names[0])
    second = await hub.pulled(feed)

    assert ledger(first["last_batch"]) == {"created": 25}
    assert first["position"] == {"type": "datetime", "value": "2026-01-01T02:00:00+00:00"}
    # Of five rows with the newest value nothing is new; the row without one is not lost.
    assert ledger(second["last_batch"]) == {"updated": 1, "unchanged": 5}


async def test_the_session_cannot_write_whatever_a_function_does(
    hub: Any, foreign: tuple[str, Any]
) -> None:
    url, connection = foreign
    await connection.execute(
        "CREATE FUNCTION spoil() RETURNS int LANGUAGE sql AS"
        " 'INSERT INTO kc (kch) VALUES (''spoiled''); SELECT 1'"
    )
    feed = await hub.feed("course", {"course_code": {"from": "spoil"}})
    document = {"kind": "sql", "url": file_of(hub, "spoil", url), "statement": "SELECT spoil()"}
    await put_pull(hub, feed, **document)

    state = await hub.pulled(feed)

    assert (state["last_outcome"], state["failures"]) == ("failed", 1)
    assert state["last_error"]["code"] == "source-failed"
    assert "read-only transaction" in state["last_error"]["en"]
    assert await connection.fetchval("SELECT count(*) FROM kc WHERE kch = 'spoiled'") == 0


async def test_values_become_the_text_of_any_other_way_in(foreign: tuple[str, Any]) -> None:
    url, _ = foreign
    source = SqlSource(
        url=Secret(),
        statement="SELECT 1 AS a, 2.50::numeric AS b, 1e-7::float8 AS c, 85::float8 AS d,"
        " true AS e, DATE '2021-09-01' AS f, TIMESTAMP '2021-09-01 08:30' AS g, TIME '08:30' AS h,"
        " '' AS i, NULL AS j, '{\"k\": [1]}'::json AS k, interval '30 hours' AS l,"
        " '\\x00ff'::bytea AS m, 'a:b' AS n",
    )

    [page] = [page async for page in sql.read_pages(source, url, None, 6)]

    assert page.chunk.frame.rows() == [
        (
            *("1", "2.50", "0.0000001", "85", "true", "2021-09-01", "2021-09-01T08:30:00"),
            *("08:30:00", None, None, '{"k": [1]}', "30:00:00", "00ff", "a:b", 7),
        )
    ]


@pytest.mark.parametrize(
    ("address", "source", "words"),
    [
        ("nothing://u:hush@h/d", {}, "NoSuchModuleError"),
        ("oracle+oracledb://u:hush@h/d", {}, "ModuleNotFoundError"),
        ("postgresql+asyncpg://u:hush@127.0.0.1:9/d", {}, "ConnectionRefusedError"),
        ("sqlite:////nowhere/hush.db", {}, "OperationalError unable to open database file"),
        ("sqlite://", {"statement": "SELECT a FROM t"}, "no such table: t"),
        ("sqlite://", {"statement": "SELECT 1 AS a, 2 AS a"}, "two columns the name ['a']"),
        ("sqlite://", {"statement": "SELECT 1 AS a", "watermark": "b"}, "column"),
        (
            "sqlite://",
            {"statement": "SELECT x'00' AS a", "watermark": "a"},
            "cannot be a watermark",
        ),
    ],
)
async def test_a_database_that_does_not_answer_is_told_of_without_its_secret(
    address: str, source: dict[str, Any], words: str
) -> None:
    pull = SqlSource(url=Secret(), **{"statement": "SELECT 1 AS a", **source})

    with pytest.raises(SourceFailedError) as refused:
        [page async for page in sql.read_pages(pull, address, None, 0)]

    assert words in refused.value.en
    assert "hush" not in refused.value.en + refused.value.zh
    assert refused.value.fixes


async def test_the_columns_are_those_of_the_feed(hub: Any, tmp_path: Path) -> None:
    feed = await hub.feed("course", COURSE)
    url = file_of(hub, "columns", f"sqlite:///{college(tmp_path, ('a', 'b', 1, 2))}")
    await put_pull(hub, feed, kind="sql", url=url, statement="SELECT kch, kcmc, gxsj FROM kc")

    state = await hub.pulled(feed)

    assert state["last_error"]["code"] == "columns-differ"
    assert set(state["last_error"]["fields"]) == {"header.xf", "header.gxsj"}
    assert state["last_batch"] is None


async def test_a_run_that_was_taken_over_changes_nothing(hub: Any, tmp_path: Path) -> None:
    feed_id = await hub.feed("course", COURSE, ignore=["gxsj"])
    code = hub.name("Q")
    url = file_of(hub, "over", f"sqlite:///{college(tmp_path, (code, 'x', 1, 1))}")
    await put_pull(hub, feed_id, kind="sql", url=url, statement="SELECT * FROM kc")
    app = hub.client._transport.app
    async with hub.database.transaction() as tx:
        feed = await get_feed(tx, feed_id, await app.state.dictionaries.current(tx))
        old = await usecases.begin(tx, feed, app.state.reach, uuid7())
    async with hub.database.transaction() as tx:
        new = await usecases.begin(tx, feed, app.state.reach, uuid7())
    address = f"sqlite:///{tmp_path / 'his.db'}"
    [page] = [page async for page in sql.read_pages(old.pull.source, address, None, 0)]

    with pytest.raises(RunLostError):
        async with hub.database.transaction() as tx:
            await usecases.take_page(tx, old, page.chunk, page.position)
    async with hub.database.transaction() as tx:
        await usecases.take_page(tx, new, page.chunk, page.position)

    assert (await hub.get(f"records/course/{code}"))["version"] == 1
    assert len(await hub.get("batches", feed=feed_id)) == 1


@pytest.mark.parametrize("asks", ["another statement", "a run from the start"])
async def test_a_run_under_way_does_not_undo_that_the_next_one_reads_from_the_start(
    hub: Any, tmp_path: Path, asks: str
) -> None:
    feed_id = await hub.feed("course", COURSE, ignore=["gxsj"])
    rows = [(hub.name("Q"), "x", 1, at) for at in range(3)]
    url = file_of(hub, "undo", f"sqlite:///{college(tmp_path, *rows)}")
    document = {"kind": "sql", "url": url, "statement": "SELECT * FROM kc", "watermark": "gxsj"}
    await put_pull(hub, feed_id, **document)
    run = await begin(hub, feed_id)
    address = f"sqlite:///{tmp_path / 'his.db'}"
    [page] = [page async for page in sql.read_pages(run.pull.source, address, None, 0)]
    async with hub.database.transaction() as tx:
        run = await usecases.take_page(tx, run, page.chunk, page.position)

    async with repository.exclusive(hub.database, feed_id):
        if asks == "another statement":
            document["statement"] = "SELECT * FROM kc WHERE 1"
            await put_pull(hub, feed_id, **document)
        else:
            answer = await hub.client.post(
                f"/v1/feeds/{feed_id}/pull/run", params={"fromStart": "true"}
            )
            assert answer.status_code == 202
        with pytest.raises(RunLostError):
            async with hub.database.transaction() as tx:
                await usecases.take_page(tx, run, page.chunk, page.position)
        state = await hub.get(f"feeds/{feed_id}/pull")
    assert (state["position"], state["running"]) == (None, False)
    assert (state["last_batch"]["received"], state["last_batch"]["state"]) == (3, "finished")


@pytest.mark.parametrize("says", ["run now", "another schedule"])
async def test_a_run_that_ends_keeps_what_was_said_meanwhile_of_the_next_one(
    hub: Any, tmp_path: Path, says: str
) -> None:
    feed_id = await hub.feed("course", COURSE, ignore=["gxsj"])
    url = file_of(hub, "said", f"sqlite:///{college(tmp_path, (hub.name('Q'), 'x', 1, 1))}")
    document = {"kind": "sql", "url": url, "statement": "SELECT * FROM kc"}
    await put_pull(hub, feed_id, **document, schedule={"every_minutes": 44_640})
    async with repository.exclusive(hub.database, feed_id):
        await hub.sql("UPDATE pull SET next_run_at = now() WHERE feed = :feed", feed=feed_id)
        run = await begin(hub, feed_id)
        if says == "run now":
            said = (await hub.client.post(f"/v1/feeds/{feed_id}/pull/run")).json()
        else:
            said = await put_pull(hub, feed_id, **document, schedule={"every_minutes": 15})
        async with hub.database.transaction() as tx:
            await usecases.end(tx, run, None)
        state = await hub.get(f"feeds/{feed_id}/pull")
    found = [datetime.fromisoformat(each["next_run_at"]) for each in (state, said)]
    assert (found[0], state["last_outcome"]) == (found[1], "done")


async def begin(hub: Any, feed_id: str) -> usecases.Run:
    app = hub.client._transport.app
    async with hub.database.transaction() as tx:
        feed = await get_feed(tx, feed_id, await app.state.dictionaries.current(tx))
        return await usecases.begin(tx, feed, app.state.reach, uuid7())


async def test_one_replica_at_a_time_runs_a_pull(hub: Any) -> None:
    async with (
        repository.exclusive(hub.database, "x") as first,
        repository.exclusive(hub.database, "x") as second,
        repository.exclusive(hub.database, "y") as other,
    ):
        assert (first, second, other) == (True, False, True)
    async with repository.exclusive(hub.database, "x") as again:
        assert again


async def test_a_row_that_was_committed_late_is_found_by_looking_back(
    hub: Any, foreign: tuple[str, Any], ledger: Ledger
) -> None:
    url, connection = foreign
    feed = await hub.feed("course", COURSE, ignore=["id", "gxsj"])
    mark = hub.name("L")

    async def insert(name: str, minute: int) -> None:
        at = BIRTH + timedelta(days=30, minutes=minute)
        await connection.execute(
            "INSERT INTO kc (kch, kcmc, xf, gxsj) VALUES ($1, 'x', 2.5, $2)", mark + name, at
        )

    await put_pull(
        hub,
        feed,
        kind="sql",
        url=file_of(hub, "late", url),
        statement=f"SELECT * FROM kc WHERE kch LIKE '{mark}%'",  # noqa: S608
        watermark="gxsj",
        lookback=10,
    )
    for name, minute in (("a", 0), ("b", 20), ("c", 30)):
        await insert(name, minute)
    first = await hub.pulled(feed)
    await insert("late", 21)
    await insert("too-late", 19)

    second = await hub.pulled(feed)
    third = await hub.pulled(feed)

    assert ledger(first["last_batch"]) == {"created": 3}
    assert ledger(second["last_batch"]) == {"created": 1, "unchanged": 2}
    assert ledger(third["last_batch"]) == {"unchanged": 3}
    assert third["position"] == first["position"]
    assert (await hub.get(f"records/course/{mark}b"))["version"] == 1
    assert (await hub.client.get(f"/v1/records/course/{mark}too-late")).status_code == 404


async def test_a_text_cannot_be_looked_back_from(hub: Any, tmp_path: Path) -> None:
    feed = await hub.feed("course", COURSE, ignore=["gxsj"])
    path = college(tmp_path, (hub.name("Q"), "x", 1, "2026-01-01"))
    url = file_of(hub, "text", f"sqlite:///{path}")
    document = {"kind": "sql", "url": url, "statement": "SELECT * FROM kc", "watermark": "gxsj"}
    await put_pull(hub, feed, **document, lookback=5)

    first, second = await hub.pulled(feed), await hub.pulled(feed)

    assert first["last_outcome"] == "done"
    assert "gxsj is a text" in second["last_error"]["en"]


@pytest.mark.parametrize(
    ("value", "lookback", "since"),
    [
        (7, 0, 7),
        (7, 3, 4),
        (Decimal("7.5"), 3, Decimal("4.5")),
        (datetime(2026, 1, 1, 0, 5), 10, datetime(2025, 12, 31, 23, 55)),  # noqa: DTZ001
        (date(2026, 1, 2), 1, date(2026, 1, 1)),
        (date(2026, 1, 2), 1440, date(2026, 1, 1)),
        (date(2026, 1, 2), 1441, date(2025, 12, 31)),
        ("2026", 0, "2026"),
        ("2026", 1, None),
    ],
)
async def test_how_far_a_watermark_is_looked_back_from(
    value: Any, lookback: int, since: Any
) -> None:
    assert looked_back(value, lookback) == since


async def test_a_statement_that_names_what_there_is_not_is_said_to(tmp_path: Path) -> None:
    address = f"sqlite:///{college(tmp_path)}"

    for statement in ("SELECT * FROM absent", "SELECT absent FROM kc"):
        pull = SqlSource(url=Secret(), statement=statement)
        with pytest.raises(SourceFailedError) as refused:
            [page async for page in sql.read_pages(pull, address, None, 0)]

        [fix] = refused.value.fixes
        assert "names of tables and columns in the statement" in fix


async def test_a_killed_run_goes_on_where_its_last_commit_ended(
    hub: Any, tmp_path: Path, ledger: Ledger
) -> None:
    feed_id = await hub.feed("course", COURSE, ignore=["gxsj"])
    rows = [(hub.name("K"), "x", 1, at) for at in range(10)]
    path = college(tmp_path, *rows)
    document = {"kind": "sql", "statement": "SELECT * FROM kc", "watermark": "gxsj", "page": 4}
    await put_pull(hub, feed_id, url=file_of(hub, "kill", f"sqlite:///{path}"), **document)
    app = hub.client._transport.app
    async with hub.database.transaction() as tx:
        feed = await get_feed(tx, feed_id, await app.state.dictionaries.current(tx))
        run = await usecases.begin(tx, feed, app.state.reach, uuid7())
    pages = sql.read_pages(run.pull.source, f"sqlite:///{path}", None, 0)
    page = await anext(pages)
    async with hub.database.transaction() as tx:
        run = await usecases.take_page(tx, run, page.chunk, page.position)
    await pages.aclose()
    [left] = await hub.get("batches", feed=feed_id)
    async with repository.exclusive(hub.database, feed_id):
        [taken_up] = await hub.get("batches", feed=feed_id)

    state = await hub.pulled(feed_id)

    assert (left["state"], taken_up["state"]) == ("interrupted", "running")
    # The same batch goes on; the row at the position is read a second time, and changes nothing.
    assert state["last_batch"]["batch"] == run.batch
    assert ledger(state["last_batch"]) == {"created": 10, "unchanged": 1}


async def test_a_schedule_starts_a_run_by_itself(hub: Any, tmp_path: Path) -> None:
    feed = await hub.feed("course", COURSE, ignore=["gxsj"])
    url = file_of(hub, "clock", f"sqlite:///{college(tmp_path, (hub.name('Q'), 'x', 1, 1))}")
    document = {"kind": "sql", "url": url, "statement": "SELECT * FROM kc"}
    saved = await put_pull(hub, feed, **document, schedule={"every_minutes": 10})
    await hub.sql("UPDATE pull SET next_run_at = now() WHERE feed = :feed", feed=feed)

    async def ran() -> Any:
        state = await hub.get(f"feeds/{feed}/pull")
        return state if state["last_outcome"] else None

    state = await hub.until(ran)

    assert (saved["next_run_at"] is not None, saved["last_outcome"]) == (True, None)
    assert (state["last_outcome"], state["running"]) == ("done", False)
    wait = datetime.fromisoformat(state["next_run_at"]) - datetime.fromisoformat(
        state["last_finished_at"]
    )
    assert timedelta(minutes=9, seconds=59) < wait <= timedelta(minutes=10)


async def test_a_run_whose_secret_is_gone_is_put_off_and_told_of(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)
    url = file_of(hub, "gone", "sqlite://")
    document = {"kind": "sql", "url": url, "statement": "SELECT 1 AS kch"}
    await put_pull(hub, feed, **document, schedule={"cron": "0 2 * * *"})
    (hub.secrets / "gone").unlink()

    state = await hub.pulled(feed)

    assert state["last_error"]["code"] == "pull-invalid"
    assert set(state["last_error"]["fields"]) == {"$.url"}
    wait = datetime.fromisoformat(state["next_run_at"]) - datetime.fromisoformat(
        state["last_finished_at"]
    )
    assert abs(wait - timedelta(minutes=10)) < timedelta(seconds=5)


async def test_neither_answers_nor_tables_hold_a_secret(hub: Any) -> None:
    feed = await hub.feed("course", COURSE, ignore=["gxsj"])
    url, away = file_of(hub, "quiet", "sqlite://"), "postgresql+asyncpg://spy:canary-4711@[::1]:9/d"
    await put_pull(hub, feed, kind="sql", url=url, statement="SELECT 1")
    file_of(hub, "quiet", away)

    state = await hub.pulled(feed)
    [stored] = await hub.sql("SELECT pull::text AS text FROM pull WHERE feed = :feed", feed=feed)

    assert state["last_outcome"] == "failed"
    assert state["document"]["url"] == {"file": "quiet"}
    assert "canary" not in str(state) + stored["text"]


@pytest.mark.parametrize(
    ("spec", "place", "words"),
    [
        ({"statement": "SELECT * FROM absent"}, "$.statement", 'relation "absent" does not exist'),
        ({"statement": "SELECT absent FROM kc"}, "$.statement", 'column "absent" does not exist'),
        ({"statement": "SELECT kch FROM kc LIMIT 'x'"}, "$.statement", "invalid input syntax"),
        ({"statement": "SELECT kch, kch FROM kc"}, "$.statement", "two columns of one name"),
        ({"statement": "SELECT kch FROM kc", "watermark": "gxsj"}, "$.watermark", "['kch']"),
        ({"url": "postgresql+asyncpg://spy:canary@[::1]:9/d"}, "$.url", "ConnectionRefusedError"),
        ({"url": "sqlite://", "statement": "SELECT a FROM t"}, "$.statement", "no such table: t"),
    ],
)
async def test_a_statement_is_tried_before_it_is_saved(
    hub: Any, foreign: tuple[str, Any], spec: dict[str, str], place: str, words: str
) -> None:
    feed = await hub.feed("course", COURSE)
    url = file_of(hub, "tried", spec.get("url", foreign[0]))
    document = {"kind": "sql", "statement": "SELECT kch FROM kc", **spec, "url": url}

    answer = await hub.client.put(f"/v1/feeds/{feed}/pull", json=document)

    assert answer.status_code == 422, answer.text
    assert set(answer.json()["validationErrors"]) == {place}
    assert words in answer.json()["validationErrors"][place][0]
    assert "canary" not in answer.text
    assert str(make_url(foreign[0]).password) not in answer.text
    assert (await hub.client.get(f"/v1/feeds/{feed}/pull")).status_code == 404


async def test_trying_a_statement_reads_no_row_and_only_a_new_one_is_tried(
    hub: Any, foreign: tuple[str, Any]
) -> None:
    url, connection = foreign
    await connection.execute(
        "CREATE FUNCTION slow() RETURNS int LANGUAGE sql AS 'SELECT pg_sleep(60); SELECT 1'"
    )
    feed = await hub.feed("course", {"course_code": {"from": "slow"}})
    document = {"kind": "sql", "url": file_of(hub, "slow", url), "statement": "SELECT slow() -- ;"}

    saved = await put_pull(hub, feed, **document)
    file_of(hub, "slow", "postgresql+asyncpg://u:p@[::1]:9/d")
    later = await put_pull(hub, feed, **document, schedule={"cron": "0 2 * * *"})

    assert (saved["version"], later["version"]) == (1, 2)


async def test_many_rows_flow_through_the_memory_of_a_page(tmp_path: Path) -> None:
    path = tmp_path / "large.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        connection.execute(
            "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n WHERE a < 300000)"
            " INSERT INTO t SELECT a, hex(randomblob(100)) FROM n"
        )
    connection.close()
    source = SqlSource(url=Secret(), statement="SELECT * FROM t", watermark="a", page=1_000)
    sizes = []
    peaks = []

    async for page in sql.read_pages(source, f"sqlite:///{path}", None, 0):
        sizes.append(page.chunk.received)
        peaks.append(await asyncio.to_thread(resident))

    assert (sum(sizes), max(sizes)) == (300_000, 1_000)
    # 60 MB of text went by; what the process holds did not grow with it.
    assert max(peaks) - peaks[20] < 10 * 1024 * 1024


def resident() -> int:
    """Return the bytes that this process holds in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


async def test_a_feed_without_a_pull_says_so(hub: Any) -> None:
    feed = await hub.feed("course", COURSE)

    missing = await hub.client.get(f"/v1/feeds/{feed}/pull")
    unknown = await hub.client.put("/v1/feeds/none/pull", json={"kind": "sql"})

    assert (missing.status_code, missing.json()["type"]) == (
        404,
        "urn:helix8:problem:pull-not-found",
    )
    assert unknown.status_code == 404


async def test_a_row_deleted_at_its_source_is_found_by_reading_everything(
    hub: Any, tmp_path: Path, ledger: Ledger
) -> None:
    feed = await hub.feed("course", COURSE, content="full")
    keys = [hub.name("Q") for _ in range(10)]
    path = college(tmp_path, *((key, "x", 2.5, "") for key in keys))
    document = {
        "kind": "sql",
        "url": file_of(hub, "whole", f"sqlite:///{path}"),
        "statement": "SELECT kch, kcmc, xf FROM kc",
        "mode": "snapshot",
        "page": 4,
    }
    await put_pull(hub, feed, **document)

    first = await hub.pulled(feed)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM kc WHERE kch = ?", (keys[0],))
        connection.execute("UPDATE kc SET kcmc = 'y' WHERE kch = ?", (keys[1],))
    connection.close()
    second = await hub.pulled(feed)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM kc")
    connection.close()
    third = await hub.pulled(feed)

    assert ledger(first["last_batch"]) == {"created": 10}
    assert ledger(second["last_batch"]) == {"updated": 1, "unchanged": 8}
    assert (second["last_batch"]["vanished"], second["position"]) == (1, None)
    assert (await hub.client.get(f"/v1/records/course/{keys[0]}")).status_code == 404
    assert third["last_error"]["code"] == "too-many-vanish", "a table that was emptied by mistake"
