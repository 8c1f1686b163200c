"""Background loops go on, whatever their job does."""

import asyncio

from shared.kit.loops import start_jobs, stop_jobs


async def test_a_job_whose_task_group_failed_runs_again() -> None:
    runs = 0
    again = asyncio.Event()

    async def child() -> None:
        raise ValueError("a child of the group fails")

    async def job() -> None:
        nonlocal runs
        runs += 1
        if runs > 1:
            again.set()
            await asyncio.Event().wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(child())

    tasks = start_jobs({"job": job})
    async with asyncio.timeout(5):
        await again.wait()
    await stop_jobs(tasks)

    assert runs == 2
