"""Starting again, and when not to wait."""

import asyncio
import sys
from pathlib import Path

import pytest

from helix8.accounts import follow
from helix8.embedded.launch import LOG_LIMIT, Launch, rotate, tail
from helix8.embedded.ports import LOOPBACK, free_port
from helix8.errors import StartError
from helix8.keeper import FIRST_DELAY, LAST_DELAY, STEADY_SECONDS, Backoff, Keeper, Part
from helix8.parts import choose_ports, joined
from helix8.probes import reload_broker
from helix8.state import ProcessState, SuiteState, born, lives, load_state

SLEEP = Launch(name="sleep", command=(sys.executable, "-c", "import time; time.sleep(60)"))
FAIL = Launch(name="fail", command=(sys.executable, "-c", "raise SystemExit('broken')"))


def keeper(tmp_path: Path, launch: Launch, **more: object) -> Keeper:
    async def is_ready(_: int) -> bool:
        return launch is SLEEP

    part = Part(
        name="x", zh="某", port=1, launch=lambda: launch, is_ready=is_ready, environment={}, **more
    )
    return Keeper(part=part, log=tmp_path / "x.log", changed=lambda: None)


def test_the_delay_doubles_up_to_ten_seconds_and_falls_back_after_health() -> None:
    backoff = Backoff()
    assert [backoff.next(0) for _ in range(8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, LAST_DELAY]
    assert backoff.next(STEADY_SECONDS) == FIRST_DELAY


async def test_a_process_that_lives_but_is_not_well_is_started_again(tmp_path: Path) -> None:
    answers = iter([True, False, True, False, False, False])

    async def is_well() -> bool:
        return next(answers, True)

    kept = keeper(tmp_path, SLEEP, is_well=is_well, well_seconds=0.02)
    running = asyncio.create_task(kept.run())
    await kept.first_ready(5)
    first = kept.state.pid
    async with asyncio.timeout(5):
        while kept.state.restarts == 0 or kept.state.state != "ready":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert kept.state.pid not in {None, first}
    await kept.stop()
    await running
    assert (kept.state.state, kept.state.pid, kept.state.restarts) == ("stopped", None, 1)


async def test_a_start_is_given_up_after_three_deaths(tmp_path: Path) -> None:
    kept = keeper(tmp_path, FAIL)
    running = asyncio.create_task(kept.run())
    with pytest.raises(StartError, match="broken"):
        await kept.first_ready(10)
    await kept.stop()
    await running
    assert kept.state.restarts == 3


async def test_a_process_that_ignores_the_request_is_killed_after_its_grace(tmp_path: Path) -> None:
    script = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True)"
    deaf = Launch(name="deaf", command=(sys.executable, "-c", f"{script}; time.sleep(60)"))
    kept = keeper(tmp_path, deaf, grace=0.3)
    running = asyncio.create_task(kept.run())
    async with asyncio.timeout(5):
        while "deaf" not in tail(kept.log, 1):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    pid = kept.state.pid
    await kept.stop()
    await running
    assert pid is not None
    assert born(pid) is None


def test_a_big_log_is_put_aside_and_three_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    for number in range(5):
        log.write_bytes(str(number).encode() * LOG_LIMIT)
        rotate(log)
    assert {path.name: path.read_bytes()[:1] for path in tmp_path.iterdir()} == {
        "x.log": b"",
        "x.log.1": b"4",
        "x.log.2": b"3",
        "x.log.3": b"2",
    }


def test_ports_differ_and_stay_as_they_were() -> None:
    first = choose_ports(21_000, {})
    assert len(set(first.values())) == 8
    assert choose_ports(21_000, first) == first


def test_a_value_given_by_file_hides_the_one_that_was_inherited() -> None:
    inherited = {"TARGET_DATABASE_PASSWORD": "old", "PATH": "/bin"}
    own = {"TARGET_DATABASE_PASSWORD_FILE": "/secret"}
    assert joined(inherited, own) == {"PATH": "/bin", **own}


def test_the_state_is_read_back_and_a_broken_one_is_none(tmp_path: Path) -> None:
    state = SuiteState(
        pid=1, born=2, started_at="x", url="y", processes=[ProcessState(name="a", port=3)]
    )
    file = tmp_path / "state.json"
    state.save(file)
    assert load_state(file) == state
    file.write_text('{"pid": 1}')
    assert load_state(file) is None
    assert load_state(tmp_path / "none") is None


def test_a_process_is_known_by_number_and_start() -> None:
    own = born(1)
    assert lives(1, own)
    assert not lives(1, (own or 0) + 1)
    assert not lives(None, own)


async def test_a_death_is_told_with_the_exit_and_the_delay(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    kept = keeper(tmp_path, FAIL)
    kept.tell = lambda zh, en: told.append((zh, en))

    running = asyncio.create_task(kept.run())
    async with asyncio.timeout(10):
        while not told:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await kept.stop()
    await running

    assert told[0] == (
        "某退出（1），0.2 秒后重新启动",
        "x ended (exit 1), starting again in 0.2 s",
    )


@pytest.mark.parametrize("said", [b"", b"INFO {", b'INFO {"server_id": "S"}\r\nMSG i 1 9\r\n{'])
async def test_a_broker_that_breaks_off_while_it_is_told_is_told_again(said: bytes) -> None:
    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(break_off, LOOPBACK, 0)
    async with server:
        # What is tried again: see `helix8.accounts.follow`.
        with pytest.raises(OSError, match="NATS"):
            await reload_broker(LOOPBACK, server.sockets[0].getsockname()[1], "password")


async def test_accounts_that_cannot_be_read_are_read_again(tmp_path: Path) -> None:
    async def apply(_: object) -> None:
        raise AssertionError

    told: list[str] = []
    file = tmp_path / "accounts.json"
    file.mkdir()
    following = asyncio.create_task(follow(file, apply, lambda _, en: told.append(en)))
    async with asyncio.timeout(5):
        while not told and not following.done():  # noqa: ASYNC110 — the other works
            await asyncio.sleep(0.01)

    assert not following.done()
    following.cancel()


def test_no_port_is_looked_for_beyond_the_last_one() -> None:
    assert free_port(65_530) <= 65_535
