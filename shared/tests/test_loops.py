"""Background loops go on, whatever their job does, and say how they get on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from shared.errors import UnavailableError
from shared.kit import loops
from shared.kit.loops import Loop, is_ending, start_jobs, stop_jobs


@asynccontextmanager
async def running(job: Callable[[], Awaitable[None]]) -> AsyncIterator[Loop]:
    started = start_jobs({"job": job})
    try:
        yield started[0]
    finally:
        await stop_jobs(started)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 — another task works
            await asyncio.sleep(0.005)


class Runs:
    """A job that does another thing each time; the last for ever."""

    def __init__(self, *plays: Callable[[], Awaitable[None]]) -> None:
        self.plays = plays
        self.count = 0

    async def __call__(self) -> None:
        """Play the next."""
        play = self.plays[min(self.count, len(self.plays) - 1)]
        self.count += 1
        await play()


async def rest() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise UnavailableError("不在", "away")


async def fail_late() -> None:
    await asyncio.sleep(0.3)
    raise ValueError("late")


async def fail_in_a_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fail_late())
        group.create_task(rest())


async def return_at_once() -> None:
    return


async def be_cancelled_by_nobody() -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@pytest.mark.parametrize(
    ("play", "error"),
    [
        (fail, "UnavailableError"),
        (fail_in_a_group, "ValueError"),
        (be_cancelled_by_nobody, "CancelledByNobodyError"),
    ],
)
async def test_a_job_that_failed_runs_again(
    play: Callable[[], Awaitable[None]], error: str
) -> None:
    job = Runs(play, rest)

    async with running(job) as loop:
        await until(lambda: loop.state == "restarting")
        failed = (loop.failures, loop.error, loop.failing_since is not None)
        await until(lambda: job.count == 2)

        assert failed == (1, error, True)
        assert loop.state == "running"
    assert job.count == 2


async def test_a_job_that_returns_runs_again_after_a_rest() -> None:
    job = Runs(return_at_once)

    async with running(job) as loop:
        await until(lambda: loop.state == "done")
        await asyncio.sleep(0.3)
        assert (job.count, loop.state, loop.failures) == (1, "done", 0)
        await until(lambda: job.count == 2)


async def test_a_job_that_fails_late_again_and_again_is_never_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is well again when it has run for longer than it did before it failed."""
    monkeypatch.setattr(loops, "RESTART_SECONDS", (0.01,))
    job = Runs(fail, fail_late, rest)

    async with running(job) as loop:
        await until(lambda: job.count == 3)
        assert (loop.state, loop.failures, loop.error) == ("restarting", 2, "ValueError")
        await asyncio.sleep(0.2)
        assert loop.state == "restarting"
        await until(lambda: loop.state == "running")


async def test_a_job_is_not_on_trial_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two outages within half a minute are no reason to be unwell for as long as lay between."""
    monkeypatch.setattr(loops, "RESTART_SECONDS", (0.01,))
    monkeypatch.setattr(loops, "TRIAL_SECONDS", 0.1)
    job = Runs(fail, fail_late, rest)

    async with running(job) as loop:
        await until(lambda: job.count == 3)
        assert loop.state == "restarting"
        await asyncio.sleep(0.15)
        assert loop.state == "running"


async def test_a_job_that_was_well_for_long_is_counted_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loops, "HEALTHY_SECONDS", 0.1)
    monkeypatch.setattr(loops, "RESTART_SECONDS", (0.01, 60.0))
    job = Runs(fail, fail_late, rest)

    async with running(job) as loop:
        await until(lambda: job.count == 3)

        assert (loop.failures, loop.error) == (1, "ValueError")


async def test_a_loop_ends_when_told_though_a_library_swallows_it_once() -> None:
    async def swallow() -> None:
        try:
            await rest()
        except asyncio.CancelledError:
            assert is_ending()
        await rest()

    async with running(swallow) as loop:
        await asyncio.sleep(0)
        assert loop.state == "running"

    assert loop.state == "ended"
