"""Promise 3: the harness has teeth.

Each scenario kills (or holds) a process at a named point. As shipped it does no harm; with one
guard of the pipeline removed, the same scenario finds the harm, every time.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from harness import scenarios
from harness.mutants import MUTANTS, NO_INBOX, NO_MESSAGE_ID, Mutant
from harness.scenarios import Scenario
from harness.stage import Stage
from harness.tally import TABLE
from harness.tree import Patch
from harness.world import start_world

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = (
    ("datahub", scenarios.killed_after_commit_before_ack),
    ("datahub", scenarios.killed_between_lock_and_merge),
    ("datahub", scenarios.overtaken_on_another_channel),
    ("datahub", scenarios.deletion_overtakes_its_records),
    ("datahub", scenarios.overtaken_by_what_is_known),
    ("datahub", scenarios.killed_between_chunks),
    ("tally", scenarios.killed_after_puback_before_mark),
)
SLOW = (
    ("target", scenarios.values_in_the_wrong_order),
    ("datahub", scenarios.killed_after_ingest_before_numbering),
    ("datahub", scenarios.killed_after_commit_with_events),
    ("datahub", scenarios.slow_commit_overtaken),
    ("datahub", scenarios.database_down_for_a_while),
)
TIMES = 3
"""How often each mutant must be caught in the long form."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run all of it with ``--soak``, and what is quick without."""
    soak = metafunc.config.getoption("--soak")
    if "mutant" in metafunc.fixturenames:
        chosen = MUTANTS * TIMES if soak else [each for each in MUTANTS if each.quick]
        names = [f"{mutant.name}-{number}" for number, mutant in enumerate(chosen)]
        metafunc.parametrize("mutant", chosen, ids=names)
    if "scenario" in metafunc.fixturenames:
        plays = SLOW + QUICK if soak else QUICK
        names = [play.__name__ for _, play in plays]
        metafunc.parametrize(("service", "scenario"), plays, ids=names)
    if "patch" in metafunc.fixturenames:
        nets = {"inbox": NO_INBOX, "message-id": NO_MESSAGE_ID} if soak else {"inbox": NO_INBOX}
        metafunc.parametrize("patch", nets.values(), ids=nets.keys())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Servers for every scenario of this file."""
    root = tmp_path_factory.mktemp("stage")
    async with start_world(root, ("datahub", "target")) as world:
        made = Stage(world)
        await made.fetch("target", TABLE)
        yield made
        await made.clear()


async def test_as_shipped_a_kill_at_a_named_point_does_no_harm(
    stage: Stage, service: str, scenario: Scenario
) -> None:
    await stage.run(service, "shipped", ())
    assert await scenario(stage) == []


async def test_one_of_the_two_nets_under_a_repeated_event_is_enough(
    stage: Stage, patch: Patch
) -> None:
    await stage.run("tally", f"without-{patch.file.replace('/', '-')}", (patch,))
    assert await scenarios.killed_after_puback_before_mark(stage) == []


async def test_a_pipeline_without_one_of_its_guards_is_caught(stage: Stage, mutant: Mutant) -> None:
    await stage.run(mutant.service, mutant.name, mutant.patches)
    faults = await mutant.scenario(stage)
    await stage.clear()
    assert any(fault.startswith(mutant.makes) for fault in faults), faults
