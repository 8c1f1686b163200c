"""Alert facts in: one ordered consumer a process, fanned out to every open page.

The consumer is ephemeral, without acknowledgements, and lives in the server's memory. When the
server restarts, or a message is missing, it is made anew behind the last sequence seen. That is
what "ordered consumer" means elsewhere; ours says aloud where it begins.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RawStreamMsg, StreamInfo
from nats.js.errors import NotFoundError

from gateway.portal.domain.live import KEPT, Frame, Recent, frame_of
from shared.errors import UnavailableError

STREAM: Final = "QA_EVT"
SUBJECTS: Final = "qa.evt.v1.alert.alert.>"
HEARTBEAT_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 3.0
"""Without even a heartbeat: the consumer is gone."""

QUEUE: Final = 256
"""Frames that may wait for one reader."""

BACKLOG: Final = 2000
"""Frames that a returning reader gets from the stream; one that missed more starts anew."""

log = structlog.get_logger()


class BrokenOffError(UnavailableError):
    """The consumer lost a message, or its server."""


@dataclass(slots=True, eq=False)
class Reader:
    """One open stream."""

    frames: asyncio.Queue[Frame] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    too_slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Where a reader begins."""

    reader: Reader
    at_hand: list[Frame]
    """What it missed, as far as it is kept here."""

    gap: tuple[int, int] | None
    """It also missed what the stream holds above the first number, up to the second."""

    renewed: bool
    """It has seen more than there is: the stream was made anew."""


class AlertFeed:
    """Follows the alert facts and hands them to readers."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js = client.jetstream(timeout=5)
        self._readers: set[Reader] = set()
        self._recent: Recent | None = None
        self._live_from = 0

    async def run(self) -> None:
        """Follow until something breaks; the supervisor starts it again behind the last seen.

        Raises:
            UnavailableError: NATS is away, or a message is missing.
        """
        try:
            info = await self._js.stream_info(STREAM)
            recent = self._continue(info)
            inbox = self._client.new_inbox()
            subscription = await self._client.subscribe(inbox)
            try:
                await self._js.add_consumer(STREAM, _consumer(inbox, recent.last + 1))
                await self._follow(subscription, recent)
            finally:
                await _leave(subscription)
        except (NatsError, OSError, TimeoutError) as error:
            raise BrokenOffError("NATS 暂时不可用", f"alerts stand still: {error!r}") from error

    def _continue(self, info: StreamInfo) -> Recent:
        """Return where to go on; a stream that is shorter than it was has been made anew."""
        last = info.state.last_seq
        if self._recent is None or last < self._recent.last:
            self._recent = Recent(max(last - KEPT, 0))
            self._live_from = last
            for reader in list(self._readers):
                self._drop(reader)
        return self._recent

    async def _follow(self, subscription: Subscription, recent: Recent) -> None:
        expected = 1
        while True:
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
            self._take(recent, place.stream, message.data)

    def _take(self, recent: Recent, seq: int, payload: bytes) -> None:
        try:
            frame = frame_of(seq, payload)
        except msgspec.DecodeError:
            log.warning("alert_fact_unreadable", seq=seq)
            return
        if frame is None:
            return
        recent.add(frame)
        if seq <= self._live_from:
            return
        for reader in list(self._readers):
            if reader.frames.full():
                self._drop(reader)
            else:
                reader.frames.put_nowait(frame)

    def _drop(self, reader: Reader) -> None:
        reader.too_slow = True
        self._readers.discard(reader)

    def join(self, after: int | None) -> Joined:
        """Add a reader who has seen everything up to ``after`` (None: begins now).

        Raises:
            UnavailableError: the feed has not begun.
        """
        if self._recent is None:
            raise UnavailableError("告警流尚未就绪", "the feed of alerts has not begun yet")
        reader = Reader()
        self._readers.add(reader)
        if after is None or after > self._recent.last:
            return Joined(reader=reader, at_hand=[], gap=None, renewed=after is not None)
        gap = (after, self._recent.floor) if after < self._recent.floor else None
        return Joined(reader=reader, at_hand=self._recent.after(after), gap=gap, renewed=False)

    def leave(self, reader: Reader) -> None:
        """Take a reader out."""
        self._readers.discard(reader)

    def open_streams(self) -> int:
        """Return how many readers there are."""
        return len(self._readers)

    def position(self) -> int:
        """Return the last sequence seen."""
        return self._recent.last if self._recent else 0

    async def backlog(self, after: int, until: int) -> list[Frame] | None:
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
            frame = frame_of(after, message.data or b"")
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


def _consumer(inbox: str, start: int) -> ConsumerConfig:
    return ConsumerConfig(
        deliver_subject=inbox,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=max(start, 1),
        ack_policy=AckPolicy.NONE,
        filter_subject=SUBJECTS,
        max_deliver=1,
        idle_heartbeat=HEARTBEAT_SECONDS,
        flow_control=True,
        inactive_threshold=30.0,
        num_replicas=1,
        mem_storage=True,
    )


async def _answer_control(message: Msg) -> None:
    """Answer flow control; a heartbeat needs nothing."""
    if message.reply:
        await message.respond(b"")


async def _leave(subscription: Subscription) -> None:
    try:
        await subscription.unsubscribe()
    except NatsError:
        log.info("alerts_unsubscribe_failed")
