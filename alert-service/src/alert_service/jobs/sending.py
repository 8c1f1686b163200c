"""Sending: each channel by a task of its own, so that one that hangs keeps no other waiting.

A channel is one process's while that holds its lock; all locks are on one connection, and end with
it and the process. An attempt is noted
before it begins; what came of it after it ends. A process that is killed between the two leaves an
attempt of which nobody knows, and the notification waiting: it is sent again with the same key.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Final
from zlib import crc32

import aiohttp
import aiosmtplib
import structlog

from alert_service.domain.channels import (
    Channel,
    Kind,
    Mail,
    Outcome,
    Post,
    Verdict,
    judge,
    mail_of,
    post_of,
)
from alert_service.repository.notifications import (
    NEWS,
    Waiting,
    begin_next,
    due_channels,
    give_up_where_off,
)
from alert_service.usecases.delivering import end_attempt
from shared.addresses import AddressRefusedError, Receivers
from shared.kit.database import Database, SessionLocks
from shared.kit.loops import is_ending, woken
from shared.kit.resolving import CheckedResolver, check_receiver, connect
from shared.sealing import Seals

LOCKS: Final = 7_006
"""First key of the advisory locks of channels."""

TIMEOUT_SECONDS: Final = 10.0
POLL_SECONDS: Final = 1.0
MAX_ANSWER: Final = 64 * 1024

log = structlog.get_logger()
Clock = Callable[[], datetime]


class Sender:
    """Sends what waits, for ever.

    Args:
        receivers: those inside of the campus that may be connected to.
        seals: open the secrets of channels.
        seconds: after which an attempt has failed.
    """

    def __init__(
        self,
        database: Database,
        receivers: Receivers,
        clock: Clock,
        seals: Seals | None = None,
        seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._database = database
        self._receivers = receivers
        self._clock = clock
        self._seals = seals
        self._seconds = seconds
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Start a task for each channel that has something to send."""
        wake = self._database.on_commit(NEWS)
        async with self._database.session_locks(LOCKS) as locks:
            try:
                while not is_ending():
                    wake.clear()
                    await self._free(locks)
                    await self._start(locks)
                    await woken(wake, POLL_SECONDS)
            finally:
                self._database.forget(wake)
                tasks = list(self._busy.values())
                self._busy.clear()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _free(self, locks: SessionLocks) -> None:
        """Give back the channels of which everything was sent."""
        for key in [key for key, task in self._busy.items() if task.done()]:
            await locks.free(_number(key))
            task = self._busy.pop(key)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("channel_failed", channel=key, error=type(error).__name__)

    async def _start(self, locks: SessionLocks) -> None:
        async with self._database.transaction() as tx:
            await give_up_where_off(tx, self._clock())
            due = await due_channels(tx, self._clock())
        for key in due:
            if key not in self._busy and await locks.take(_number(key)):
                self._busy[key] = asyncio.create_task(self._drain(key), name=f"channel-{key}")

    async def _drain(self, key: str) -> None:
        """Send everything that is due in a channel, as long as it does not rest."""
        while await self.send_next(key):
            pass

    async def send_next(self, key: str) -> bool:
        """Send what a channel sends next; return whether there was anything."""
        began = self._clock()
        async with self._database.transaction() as tx:
            waiting = await begin_next(tx, key, began, self._seals)
        if waiting is None:
            return False
        verdict = await self._attempt(waiting, began)
        async with self._database.transaction() as tx:
            await end_attempt(tx, waiting, verdict, began, self._clock())
        log.info(
            "notification_attempt",
            channel=key,
            notification=waiting.id,
            number=waiting.attempt,
            outcome=verdict.outcome.value,
        )
        return True

    async def _attempt(self, waiting: Waiting, at: datetime) -> Verdict:
        """Return what came of an attempt; no address and no secret is in its words."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(waiting, at)
        except TimeoutError:
            return _failed(f"{self._seconds:g} 秒内无答复 (timed out)")
        except Exception as error:  # noqa: BLE001 — one that breaks must not stop all that follow it
            return _verdict_on(error)

    async def _send(self, waiting: Waiting, at: datetime) -> Verdict:
        channel = waiting.channel
        if channel.secrets is None:
            return _failed("密钥无法解开，核对 ALERT_SECRETS_KEY (the secrets cannot be opened)")
        if channel.kind is Kind.EMAIL:
            if not channel.config.get("person_address" if waiting.person else "to"):
                named = "person_address" if waiting.person else "to"
                return Verdict(
                    outcome=Outcome.REFUSED,
                    detail=f"渠道没有填写 {named} (the channel does not say {named})",
                )
            mail = mail_of(channel, waiting.id, waiting.text, waiting.person, waiting.document)
            if mail is None:
                return Verdict(
                    outcome=Outcome.REFUSED,
                    detail=f"{waiting.person} 不能用作邮箱名 (no mailbox can be called so)",
                )
            return await self._mail(channel, mail)
        post = post_of(channel, waiting.id, waiting.text, waiting.document, at)
        return await self._post(channel.kind, post)

    async def _post(self, kind: Kind, post: Post) -> Verdict:
        await check_receiver(post.url, self._receivers)
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._receivers), use_dns_cache=False
        )
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as session,
            session.post(
                post.url, data=post.body, headers=post.headers, allow_redirects=False
            ) as answer,
        ):
            return judge(kind, answer.status, await _body_of(answer))

    async def _mail(self, channel: Channel, mail: Mail) -> Verdict:
        config = channel.config
        host, port = str(config["host"]), int(config["port"])
        made = await connect(host, port, self._receivers)
        letter = EmailMessage()
        letter["From"], letter["To"] = str(config["sender"]), ", ".join(mail.to)
        letter["Subject"], letter["Message-ID"] = mail.subject, mail.message_id
        letter.set_content(mail.body)
        for each in mail.files:
            kind, _, of = each.media_type.partition("/")
            letter.add_attachment(each.content, maintype=kind, subtype=of, filename=each.name)
        client = aiosmtplib.SMTP(
            hostname=host,
            sock=made,
            port=None,
            use_tls=config["security"] == "tls",
            start_tls=config["security"] == "starttls",
            timeout=self._seconds,
        )
        async with client:
            if config.get("user"):
                await client.login(str(config["user"]), channel.secret("password") or "")
            refused, _ = await client.send_message(letter)
        said = (
            f"250，{len(refused)} 个收件人被拒 (so many recipients refused)" if refused else "250"
        )
        return Verdict(outcome=Outcome.SENT, detail=said)


def _number(key: str) -> int:
    """Return the lock of a channel."""
    return crc32(key.encode()) - 2**31


async def _body_of(answer: aiohttp.ClientResponse) -> bytes:
    """Return an answer, as far as anybody reads it; it may come in pieces."""
    found = b""
    async for piece in answer.content.iter_any():
        found += piece
        if len(found) >= MAX_ANSWER:
            break
    return found


def _verdict_on(error: Exception) -> Verdict:
    """Return what an error of an attempt means; its own text may hold the address."""
    match error:
        case AddressRefusedError():
            return Verdict(outcome=Outcome.REFUSED, detail=error.zh)
        case aiosmtplib.SMTPResponseException() if error.code >= 500:
            return Verdict(outcome=Outcome.REFUSED, detail=f"SMTP {error.code}")
        case aiosmtplib.SMTPResponseException():
            return _failed(f"SMTP {error.code}")
        case aiosmtplib.SMTPRecipientsRefused():
            return Verdict(outcome=Outcome.REFUSED, detail="收件人被拒 (recipients refused)")
        case _:
            return _failed(type(error).__name__)


def _failed(detail: str) -> Verdict:
    return Verdict(outcome=Outcome.FAILED, detail=detail)
