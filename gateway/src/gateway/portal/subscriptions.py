"""Facts in: one ordered consumer a process, fanned out to every open page.

The consumer is ephemeral, without acknowledgements, and lives in the server's memory. When the
server restarts, or a message is missing, it is made anew behind the last sequence seen. That is
what "ordered consumer" means elsewhere; ours says aloud where it begins.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Final

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RawStreamMsg
from nats.js.errors import NotFoundError

from gateway.portal.domain.live import KEPT, Frame, Recent, frame_of
from gateway.portal.usecases import Changes, LiveAlerts
from shared.errors import UnavailableError

STREAM: Final = "QA_EVT"
SUBJECTS: Final = "qa.evt.v1.alert.alert.>"
TOLD: Final = (
    "qa.evt.v1.spiral.>",
    "qa.evt.v1.alert.>",
    "qa.evt.v1.report.>",
    *(f"qa.evt.v1.target.{each}.>" for each in ("goal", "task", "plan", "standard", "assessment")),
)
"""What open pages are told of."""

HEARTBEAT_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 3.0
"""Without even a heartbeat: the consumer is gone."""

BACKLOG: Final = 2000
"""Frames that a returning reader gets from the stream; one that missed more starts anew."""

log = structlog.get_logger()


class BrokenOffError(UnavailableError):
    """The consumer lost a message, or its server."""


class AlertFeed:
    """Follows the alert facts, and hands them on."""

    def __init__(self, client: Client, live: LiveAlerts) -> None:
        self._client = client
        self._js = client.jetstream(timeout=5)
        self._live = live

    async def run(self) -> None:
        """Follow until something breaks; the supervisor starts it again behind the last seen.

        Raises:
            UnavailableError: NATS is away, or a message is missing.
        """
        try:
            last = (await self._js.stream_info(STREAM)).state.last_seq
            inbox = self._client.new_inbox()
            subscription = await self._client.subscribe(inbox)
            try:
                await self._follow(subscription, inbox, last)
            finally:
                await _leave(subscription)
        except (NatsError, OSError, TimeoutError) as error:
            raise BrokenOffError("NATS 暂时不可用", f"alerts stand still: {error!r}") from error

    async def _follow(self, subscription: Subscription, inbox: str, last: int) -> None:
        position = self._live.position
        if position is not None and position <= last:
            await self._js.add_consumer(STREAM, _consumer(inbox, position + 1))
            ahead = _messages(subscription)
        else:
            # The first start, or the stream is shorter than it was: another one.
            recent = Recent(max(last - KEPT, 0))
            made = await self._js.add_consumer(STREAM, _consumer(inbox, recent.floor + 1))
            ahead = _messages(subscription)
            if made.num_pending:
                await _catch_up(ahead, recent, last)
            self._live.begin(recent)
        async for message in ahead:
            frame = _frame(message.metadata.sequence.stream, message.data)
            if frame is not None:
                self._live.add(frame)


async def _catch_up(ahead: AsyncGenerator[Msg], recent: Recent, last: int) -> None:
    """Take in what was there before this process: for those who come back, not as news."""
    async for message in ahead:
        place = message.metadata
        frame = _frame(place.sequence.stream, message.data)
        if frame is not None:
            recent.add(frame)
        if not place.num_pending or place.sequence.stream >= last:
            return


async def _messages(subscription: Subscription) -> AsyncGenerator[Msg]:
    """Yield the messages in order.

    Raises:
        BrokenOffError: one is missing, or the server is silent.
    """
    expected = 1
    task = asyncio.current_task()
    # nats-py waits by asyncio.wait_for, which on Python 3.11 can swallow a cancellation.
    while task is None or not task.cancelling():
        try:
            message = await subscription.next_msg(timeout=SILENCE_SECONDS)
        except NatsTimeoutError as error:
            raise BrokenOffError("告警流中断", "not even a heartbeat") from error
        if message.headers and "Status" in message.headers:
            await _answer_control(message)
            continue
        place = message.metadata.sequence
        if place.consumer != expected:
            raise BrokenOffError("告警流缺号", f"{place.consumer} instead of {expected}")
        expected += 1
        yield message


class ChangeFeed:
    """Follows what is done in the suite, and says of which service it was.

    It begins with what is new: a page that opens reads what is there. Measured values and
    judgements, of which there are thousands a second when a file comes in, are left out.
    """

    def __init__(self, client: Client, changes: Changes) -> None:
        self._client = client
        self._js = client.jetstream(timeout=5)
        self._changes = changes

    async def run(self) -> None:
        """Follow until something breaks; the supervisor starts it again.

        Raises:
            UnavailableError: NATS is away, or a message is missing.
        """
        inbox = self._client.new_inbox()
        try:
            subscription = await self._client.subscribe(inbox)
            try:
                await self._js.add_consumer(STREAM, _news(inbox))
                for service in {_service_of(each) for each in TOLD}:
                    self._changes.tell(service)  # something may have been missed
                async for message in _messages(subscription):
                    self._changes.tell(_service_of(message.subject))
            finally:
                await _leave(subscription)
        except (NatsError, OSError, TimeoutError) as error:
            raise BrokenOffError("NATS 暂时不可用", f"changes stand still: {error!r}") from error


class AlertHistory:
    """Reads older alert facts from the stream, one by one."""

    def __init__(self, client: Client) -> None:
        self._js = client.jetstream(timeout=5)

    async def between(self, after: int, until: int) -> list[Frame] | None:
        """Return the frames above ``after`` up to ``until``; None when there are too many.

        Raises:
            UnavailableError: NATS is away.
        """
        frames: list[Frame] = []
        while len(frames) <= BACKLOG:
            message = await self._next_after(after)
            if message is None or message.seq is None or message.seq > until:
                return frames
            after = message.seq
            frame = _frame(after, message.data or b"")
            if frame is not None:
                frames.append(frame)
        return None

    async def _next_after(self, seq: int) -> RawStreamMsg | None:
        try:
            return await self._js.get_msg(STREAM, seq=seq + 1, subject=SUBJECTS, next=True)
        except NotFoundError:
            return None
        except (NatsError, OSError, TimeoutError) as error:
            raise UnavailableError("NATS 暂时不可用", "NATS is away for now") from error


def _frame(seq: int, payload: bytes) -> Frame | None:
    try:
        return frame_of(seq, payload)
    except msgspec.DecodeError:
        log.warning("alert_fact_unreadable", seq=seq)
        return None


def _consumer(inbox: str, start: int) -> ConsumerConfig:
    return ConsumerConfig(
        deliver_subject=inbox,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=start,
        ack_policy=AckPolicy.NONE,
        filter_subject=SUBJECTS,
        max_deliver=1,
        idle_heartbeat=HEARTBEAT_SECONDS,
        flow_control=True,
        inactive_threshold=30.0,
        num_replicas=1,
        mem_storage=True,
    )


def _news(inbox: str) -> ConsumerConfig:
    return replace(
        _consumer(inbox, 0),
        deliver_policy=DeliverPolicy.NEW,
        opt_start_seq=None,
        filter_subject=None,
        filter_subjects=list(TOLD),
    )


def _service_of(subject: str) -> str:
    return subject.split(".")[3]


async def _answer_control(message: Msg) -> None:
    """Answer flow control; a heartbeat needs nothing."""
    if message.reply:
        await message.respond(b"")


async def _leave(subscription: Subscription) -> None:
    try:
        await subscription.unsubscribe()
    except NatsError:
        log.info("alerts_unsubscribe_failed")
