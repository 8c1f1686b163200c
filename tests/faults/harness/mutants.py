"""The pipeline without one of its guards each, and the scenario that tells the difference."""

from dataclasses import dataclass

from harness import scenarios
from harness.points import DATABASE, OUTBOX, PULL, WORKER
from harness.scenarios import Scenario
from harness.tree import Patch

NO_INBOX = Patch(
    WORKER,
    "            fresh = await take_new(tx, name, arrived)\n",
    "            fresh = set(arrived)\n",
)
REDELIVERY_IS_REPEAT = Patch(
    "shared/kit/inbox.py",
    '            "  AND (i.stream_seq, i.stored_at) <> (a.stream_seq, a.stored_at)"\n',
    "",
)
NO_MESSAGE_ID = Patch(
    "shared/kit/bus.py",
    'own = {"Nats-Msg-Id": message_id, **(headers or {})}',
    "own = dict(headers or {})",
)
ACK_BEFORE_COMMIT = (
    Patch(WORKER, "                await message.ack()\n", "                continue\n"),
    Patch(
        WORKER,
        "                await self._transact([received for _, received in batch])",
        "                for message, _ in batch:\n"
        "                    await message.ack_sync()\n"
        "                await self._transact([received for _, received in batch])",
    ),
)
NO_OUTBOX = (
    Patch(
        DATABASE,
        "                    await outbox.store(session, tx.outgoing)\n",
        "                    pass\n",
    ),
    Patch(
        DATABASE,
        "        for news in tx.news:",
        "        if tx.outgoing:\n"
        "            await self.sender.publish_many(\n"
        "                [(each.subject, each.payload, str(each.id)) for each in tx.outgoing]\n"
        "            )\n"
        "        for news in tx.news:",
    ),
    Patch(
        "shared/kit/app.py",
        "        app.state.parts = parts\n",
        "        app.state.parts = parts\n        database.sender = parts.publisher\n",
    ),
)
OUTBOX_BY_CURSOR = (
    Patch(OUTBOX, "POLL_SECONDS: Final = 0.5\n", "POLL_SECONDS: Final = 0.5\nCURSOR = [0]\n"),
    Patch(
        OUTBOX,
        '            " ORDER BY seq LIMIT :batch FOR UPDATE SKIP LOCKED"',
        '            " WHERE seq > :cursor ORDER BY seq LIMIT :batch FOR UPDATE SKIP LOCKED"',
    ),
    Patch(OUTBOX, '        {"batch": BATCH},', '        {"batch": BATCH, "cursor": CURSOR[0]},'),
    Patch(
        OUTBOX,
        "                await self._finish(session, sent)",
        "                await self._finish(session, sent)\n"
        "                CURSOR[0] = sent[-1][0].seq",
    ),
)
FEW_DELIVERIES = (
    Patch(PULL, "            max_deliver=-1,", "            max_deliver=3,"),
    Patch(
        WORKER,
        "                await self._pause(attempt, error)\n"
        "                attempt += 1\n"
        "                continue",
        "                for message, _ in batch:\n"
        "                    await message.nak()\n"
        "                return None",
    ),
)
NO_RECORD_GUARD = (
    Patch(
        "datahub/ingest/repository/merging.py",
        "s.h8_observed >= {self._last_said()}",
        "true",
    ),
)
NO_TOMBSTONES = (
    Patch(
        "datahub/ingest/repository/records.py",
        "            WHEN NOT MATCHED THEN\n"
        "              INSERT (key, version, observed, seen, batch, line, deleted_at)\n",
        "            WHEN NOT MATCHED AND false THEN\n"
        "              INSERT (key, version, observed, seen, batch, line, deleted_at)\n",
    ),
)
NO_RAISING = (
    Patch(
        "datahub/ingest/repository/merging.py",
        "              WHEN MATCHED AND s.h8_observed > {self._last_said()} THEN\n",
        "              WHEN MATCHED AND false THEN\n",
    ),
)
NO_RESUMING = (
    Patch(
        "datahub/ingest/repository/answers.py",
        "    return None if kept is None else",
        '    return None if kept is None or not kept["is_finished"] else',
    ),
)
NO_VALUE_GUARD = (
    Patch(
        "target_service/repository/values.py",
        '    " WHERE (excluded.seq, excluded.formula_version) >'
        ' (kept.seq, kept.formula_version)"\n',
        "",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A broken pipeline.

    Args:
        makes: how the faults begin that it makes.
        quick: runs in the short form, too.
    """

    name: str
    service: str
    patches: tuple[Patch, ...]
    scenario: Scenario
    makes: str
    quick: bool = False


MUTANTS = (
    Mutant(
        name="no-inbox",
        service="datahub",
        patches=(NO_INBOX,),
        scenario=scenarios.killed_after_commit_before_ack,
        makes="twice",
    ),
    Mutant(
        name="redelivery-is-repeat",
        service="datahub",
        patches=(REDELIVERY_IS_REPEAT,),
        scenario=scenarios.killed_after_commit_before_ack,
        makes="twice",
    ),
    Mutant(
        name="ack-before-commit",
        service="datahub",
        patches=ACK_BEFORE_COMMIT,
        scenario=scenarios.killed_between_lock_and_merge,
        makes="lost",
        quick=True,
    ),
    Mutant(
        name="no-outbox",
        service="datahub",
        patches=NO_OUTBOX,
        scenario=scenarios.killed_after_commit_with_events,
        makes="untold",
    ),
    Mutant(
        name="outbox-by-cursor",
        service="datahub",
        patches=OUTBOX_BY_CURSOR,
        scenario=scenarios.slow_commit_overtaken,
        makes="untold",
    ),
    Mutant(
        name="few-deliveries",
        service="datahub",
        patches=FEW_DELIVERIES,
        scenario=scenarios.database_down_for_a_while,
        makes="lost",
    ),
    Mutant(
        name="no-inbox-no-message-id",
        service="tally",
        patches=(NO_INBOX, NO_MESSAGE_ID),
        scenario=scenarios.killed_after_puback_before_mark,
        makes="twice",
        quick=True,
    ),
    Mutant(
        name="no-record-guard",
        service="datahub",
        patches=NO_RECORD_GUARD,
        scenario=scenarios.overtaken_on_another_channel,
        makes="stale",
    ),
    Mutant(
        name="no-tombstones",
        service="datahub",
        patches=NO_TOMBSTONES,
        scenario=scenarios.deletion_overtakes_its_records,
        makes="stale",
    ),
    Mutant(
        name="no-raising",
        service="datahub",
        patches=NO_RAISING,
        scenario=scenarios.overtaken_by_what_is_known,
        makes="stale",
    ),
    Mutant(
        name="no-resuming",
        service="datahub",
        patches=NO_RESUMING,
        scenario=scenarios.killed_between_chunks,
        makes="twice",
    ),
    Mutant(
        name="no-value-guard",
        service="target",
        patches=NO_VALUE_GUARD,
        scenario=scenarios.values_in_the_wrong_order,
        makes="stale",
    ),
)
