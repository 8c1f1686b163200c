"""Named points: where a process is killed or held. In the copies only; see ``faultpoint``."""

from harness.tree import Patch

AFTER_COMMIT_BEFORE_ACK = "after-commit-before-ack"
BETWEEN_LOCK_AND_MERGE = "between-lock-and-merge"
AFTER_INGEST_BEFORE_NUMBERING = "after-ingest-before-numbering"
AFTER_COMMIT_WITH_EVENTS = "after-commit-with-events"
AFTER_PUBACK_BEFORE_MARK = "after-puback-before-mark"
BETWEEN_CHUNKS = "between-chunks"
HOLD_BEFORE_COMMIT = "hold-before-commit"
HOLD_BEFORE_TRANSACTION = "hold-before-transaction"

WORKER = "shared/kit/worker.py"
PULL = "shared/kit/pull.py"
OUTBOX = "shared/kit/outbox.py"
DATABASE = "shared/kit/database.py"


def _kill(file: str, before: str, point: str, *, only_if: str = "True") -> Patch:
    indent = before[: len(before) - len(before.lstrip(" "))]
    line = f"{indent}if {only_if}: __import__('faultpoint').kill({point!r})\n"
    return Patch(file, before, line + before)


def _hold(file: str, before: str, point: str) -> Patch:
    indent = before[: len(before) - len(before.lstrip(" "))]
    return Patch(file, before, f"{indent}await __import__('faultpoint').hold({point!r})\n{before}")


POINTS = (
    _kill(
        WORKER,
        "            for message, _ in batch:\n                await message.ack()",
        AFTER_COMMIT_BEFORE_ACK,
    ),
    _kill(
        "datahub/ingest/usecases/deliveries.py",
        "    instants = observed or dict.fromkeys",
        BETWEEN_LOCK_AND_MERGE,
    ),
    _kill(
        "datahub/ingest/api/uploads.py",
        "        await batches.claim_batch(tx, run.batch, run.answer.received)",
        BETWEEN_CHUNKS,
    ),
    _kill(
        "datahub/changes/usecases.py",
        "    for change_set in numbered:",
        AFTER_INGEST_BEFORE_NUMBERING,
        only_if="numbered",
    ),
    _kill(
        DATABASE,
        "        for news in tx.news:",
        AFTER_COMMIT_WITH_EVENTS,
        only_if="tx.outgoing",
    ),
    _kill(
        OUTBOX,
        "            if sent:\n                await self._finish(session, sent)",
        AFTER_PUBACK_BEFORE_MARK,
        only_if="sent",
    ),
    Patch(
        DATABASE,
        "                    await outbox.store(session, tx.outgoing)",
        "                    await outbox.store(session, tx.outgoing)\n"
        f"                    await __import__('faultpoint').hold({HOLD_BEFORE_COMMIT!r})",
    ),
    _hold(WORKER, "                await self._transact([received for", HOLD_BEFORE_TRANSACTION),
)
"""Every copy has all of them; they do nothing until they are armed."""
