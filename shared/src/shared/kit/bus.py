"""JetStream on nats-py: connect, declare streams, publish pipelined, consume in batches.

``Publisher``  sends a window of messages over one reply inbox and surfaces every rejection
               (nats-py's ``publish_async`` leaves the future of a refused message pending
               for ever).
``consume``    lives in `shared.kit.worker`.
"""

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from shared.contracts.streams import StreamSpec
from shared.errors import UnavailableError
from shared.kit.settings import ServiceSettings

ACK_TIMEOUT_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.25
"""How often somebody who waits for acknowledgements looks whether the connection is still his."""

DEDUP_WINDOW_SECONDS: Final = 600.0

log = structlog.get_logger()


class PublishError(UnavailableError):
    """The stream refused a message.

    Args:
        number: JetStream error code; 0 when nothing answered.
    """

    def __init__(self, number: int, description: str) -> None:
        said = f"{description} ({number})"
        super().__init__(f"消息未能送出：{said}", said)
        self.number = number


class NarrowingError(Exception):
    """A declaration would throw away what a stream keeps."""


class Ack(msgspec.Struct):
    """Where a message went."""

    stream: str = ""
    seq: int = 0
    duplicate: bool = False


class _AckError(msgspec.Struct):
    err_code: int = 0
    code: int = 0
    description: str = ""


class _Answer(Ack):
    error: _AckError | None = None


async def connect(settings: ServiceSettings, name: str) -> Client:
    """Connect and keep reconnecting for ever; errors are logged, never swallowed."""

    async def on_error(error: Exception) -> None:
        log.warning("nats_error", error=str(error) or type(error).__name__)

    async def on_disconnect() -> None:
        log.warning("nats_disconnected")

    async def on_reconnect() -> None:
        log.info("nats_reconnected")

    password = settings.nats_password
    return await nats.connect(
        settings.nats_url,
        name=f"helix8-{name}",
        user=settings.nats_user or None,
        password=password.get_secret_value() if password else None,
        inbox_prefix=f"_INBOX_{settings.nats_user or name}".encode(),
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,
        connect_timeout=5,
        ping_interval=10,
        max_outstanding_pings=3,
        error_cb=on_error,
        disconnected_cb=on_disconnect,
        reconnected_cb=on_reconnect,
    )


async def round_trip(client: Client) -> None:
    """Make one real round trip; ``is_connected`` lags behind a dead server.

    Raises:
        UnavailableError: nothing came back within a second.
    """
    try:
        await client.flush(1)
    except Exception as error:
        raise _away() from error
    # Without a connection a flush has nothing to do, and returns at once.
    if not client.is_connected:
        raise _away()


def _away() -> UnavailableError:
    return UnavailableError("NATS 暂时不可用", "NATS is away for now")


async def declare_streams(js: JetStreamContext, specs: Sequence[StreamSpec]) -> list[str]:
    """Create the streams that are missing and widen those that grew; return what was done.

    Raises:
        NarrowingError: a stream holds more subjects, or keeps longer, than its declaration.
    """
    done: list[str] = []
    for spec in specs:
        try:
            present = (await js.stream_info(spec.name)).config
        except NotFoundError:
            await js.add_stream(_config(spec))
            done.append(f"created {spec.name}")
            continue
        lost = set(present.subjects or []) - set(spec.subjects)
        if lost or (present.max_age or 0) > spec.max_age:
            raise NarrowingError(
                f"{spec.name} keeps {sorted(present.subjects or [])} for {present.max_age} s;"
                f" the declaration would narrow it"
            )
        if set(spec.subjects) != set(present.subjects or []) or present.max_age != spec.max_age:
            await js.update_stream(_config(spec))
            done.append(f"widened {spec.name}")
    return done


def _config(spec: StreamSpec) -> StreamConfig:
    return StreamConfig(
        name=spec.name,
        subjects=list(spec.subjects),
        retention=RetentionPolicy.WORK_QUEUE if spec.work_queue else RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_age=spec.max_age,
        max_msg_size=spec.max_message,
        duplicate_window=DEDUP_WINDOW_SECONDS,
        deny_delete=not spec.work_queue,
        deny_purge=not spec.work_queue,
        allow_direct=True,
    )


@dataclass(slots=True)
class _Waiting:
    future: asyncio.Future[Ack]


class Publisher:
    """Publishes to JetStream with many messages in flight over one reply inbox."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._prefix = ""
        self._tokens = itertools.count()
        self._waiting: dict[str, asyncio.Future[Ack]] = {}
        self._starting = asyncio.Lock()

    async def publish(
        self,
        subject: str,
        payload: bytes,
        message_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> Ack:
        """Publish one message and wait for its acknowledgement.

        Raises:
            PublishError: the stream refused it, or nothing answered in 10 s.
        """
        [answer] = await self.publish_many([(subject, payload, message_id)], headers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def publish_many(
        self,
        messages: Sequence[tuple[str, bytes, str]],
        headers: Mapping[str, str] | None = None,
    ) -> list[Ack | Exception]:
        """Publish (subject, payload, message id) in order; return an ack or error for each.

        Args:
            headers: more headers of every message.
        """
        await self._start()
        futures: list[tuple[str, asyncio.Future[Ack]]] = []
        loop = asyncio.get_running_loop()
        try:
            for subject, payload, message_id in messages:
                token = f"{next(self._tokens):x}"
                future: asyncio.Future[Ack] = loop.create_future()
                futures.append((token, future))
                own = {"Nats-Msg-Id": message_id, **(headers or {})}
                if (size := _size_of(payload, own)) > self._client.max_payload:
                    # The server would cut the connection, and all that is under way with it.
                    future.set_exception(PublishError(0, f"{size} bytes are more than it takes"))
                    continue
                self._waiting[token] = future
                reply = self._prefix + token
                await self._client.publish(subject, payload, reply=reply, headers=own)
            for future in await self._unanswered([future for _, future in futures]):
                future.set_exception(PublishError(0, "no acknowledgement in time"))
        except Exception as error:  # noqa: BLE001 — every future gets the error
            for _, future in futures:
                if not future.done():
                    future.set_exception(PublishError(0, f"not sent: {error}"))
        finally:
            for token, _ in futures:
                self._waiting.pop(token, None)
        return _answers(messages, futures)

    async def _unanswered(self, futures: Sequence[asyncio.Future[Ack]]) -> set[asyncio.Future[Ack]]:
        """Wait for the answers; return the futures that got none in time.

        What was on its way when the connection broke is not waited for: nobody answers it.
        """
        waiting = set(futures)
        connection = self._client.stats["reconnects"]
        until = time.monotonic() + ACK_TIMEOUT_SECONDS
        while waiting and time.monotonic() < until:
            _, waiting = await asyncio.wait(waiting, timeout=LOOK_SECONDS)
            if self._client.stats["reconnects"] != connection:
                break
        return waiting

    async def _start(self) -> None:
        async with self._starting:
            if not self._prefix:
                self._prefix = self._client.new_inbox() + "."
                await self._client.subscribe(self._prefix + "*", cb=self._on_answer)

    async def _on_answer(self, message: Msg) -> None:
        future = self._waiting.get(message.subject.rsplit(".", 1)[1])
        if future is None or future.done():
            return
        if message.headers and message.headers.get("Status") == "503":
            future.set_exception(PublishError(503, "no stream takes this subject"))
            return
        answer = msgspec.json.decode(message.data, type=_Answer)
        if answer.error is not None:
            future.set_exception(PublishError(answer.error.err_code, answer.error.description))
        else:
            future.set_result(answer)


def _size_of(payload: bytes, headers: Mapping[str, str]) -> int:
    """Return the bytes of a message with its headers, as the server counts them."""
    lines = sum(len(name) + len(value.encode()) + 4 for name, value in headers.items())
    return len("NATS/1.0\r\n\r\n") + lines + len(payload)


def _answers(
    messages: Sequence[tuple[str, bytes, str]],
    futures: Sequence[tuple[str, "asyncio.Future[Ack]"]],
) -> list[Ack | Exception]:
    answers: list[Ack | Exception] = []
    for _, future in futures:
        error = future.exception()
        answers.append(error if isinstance(error, Exception) else future.result())
    missing = len(messages) - len(answers)
    return answers + [PublishError(0, "not sent")] * missing


class JetStreamView:
    """Small questions to JetStream that readiness asks."""

    def __init__(self, client: Client) -> None:
        self._js = client.jetstream(timeout=2)

    async def last_sequence(self, stream: str) -> int:
        """Return the last sequence of a stream; 0 when it does not exist."""
        try:
            info = await self._js.stream_info(stream)
        except NotFoundError:
            return 0
        except (nats.errors.Error, TimeoutError) as error:
            raise _away() from error
        return int(info.state.last_seq)

    async def has_stream(self, stream: str) -> bool:
        """Return whether there is a stream of that name."""
        try:
            await self._js.stream_info(stream)
        except NotFoundError:
            return False
        except (nats.errors.Error, TimeoutError) as error:
            raise _away() from error
        return True

    async def pending(self, stream: str, consumer: str) -> int:
        """Return how many messages wait for a consumer; 0 before its first start."""
        try:
            info: Any = await self._js.consumer_info(stream, consumer)
        except NotFoundError:
            return 0
        except (nats.errors.Error, TimeoutError) as error:
            raise _away() from error
        return int(info.num_pending or 0) + int(info.num_ack_pending or 0)
