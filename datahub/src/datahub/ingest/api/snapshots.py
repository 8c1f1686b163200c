"""A full snapshot on its way in: one transaction, and as few lines as can be."""

from contextlib import AsyncExitStack, aclosing, suppress

from datahub.ingest.api.uploads import DryRunEnds, Push, Run
from datahub.ingest.domain.gate import Held, check_gate
from datahub.ingest.domain.snapshot import NotByLineError
from datahub.ingest.schemas.batches import BatchOut, with_part
from datahub.ingest.usecases import snapshots
from datahub.ingest.usecases.snapshots import Read, Snapshot, Way
from shared.kit.database import Transaction


async def take_in_snapshot(push: Push, read: Read, *, is_csv: bool, is_by_line: bool) -> BatchOut:
    """Take a full snapshot in, as a whole or not at all; return what became of its rows.

    Args:
        read: reads it from its beginning.
        is_by_line: each line stands for itself, so that known ones can be skipped.

    Raises:
        DeltaFeedError: the feed delivers changes.
        RequestRunningError: the same request is under way.
        VanishError: more records would vanish than the feed allows.
        QualityGateError: more rows fail a blocking rule than may.
    """
    snapshots.check_full(push.feed)
    async with push.telling():
        for way in Way if is_by_line else [Way.WHOLE]:
            with suppress(NotByLineError):
                return await _take_in(push, read, way, is_csv=is_csv)
    raise AssertionError("the last way reads everything")


async def _take_in(push: Push, read: Read, way: Way, *, is_csv: bool) -> BatchOut:
    answer = push.answer_to(None)
    with suppress(DryRunEnds):
        async with (
            AsyncExitStack() as held,
            push.db.transaction(correlation=push.correlation) as tx,
        ):
            run = await push.begin(tx, held)
            if run.is_finished:
                return run.answer
            snapshot = await snapshots.begin(tx, push.feed, way)
            answer = await _run(push, tx, run, read, snapshot, is_csv=is_csv)
            if push.ask.dry_run:
                raise DryRunEnds
    nothing_kept = {"batch": None, "dry_run": True} if push.ask.dry_run else {}
    return answer.model_copy(update=nothing_kept)


async def _run(
    push: Push, tx: Transaction, run: Run, read: Read, snapshot: Snapshot, *, is_csv: bool
) -> BatchOut:
    delivery = push.delivery(run.batch)
    found: list[Held] = []
    async with aclosing(read(snapshot.lines(is_csv=is_csv))) as chunks:
        async for chunk in chunks:
            outcome = await snapshot.add(tx, delivery, chunk)
            run.answer = with_part(run.answer, outcome.ledger, outcome.verdicts, outcome.warned)
            found += outcome.held
    check_gate(push.feed.id, found)
    outcome, vanished = await snapshot.end(tx, delivery, push.ask.declared)
    answer = with_part(run.answer, outcome.ledger, (), outcome.warned)
    run.answer = answer.model_copy(update={"vanished": vanished, "blank": snapshot.blank})
    await push.keep(tx, run, is_finished=True)
    return run.answer
