"""Channels send what each kind wants, signed as it wants; one that hangs keeps no other waiting."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from sqlalchemy import text

from alert_service.domain.acting import Right
from alert_service.domain.channels import Channel, Kind, mail_of
from alert_service.domain.messages import Templates, Text
from alert_service.jobs.sending import Sender
from alert_service.queries.notifying import list_channels
from alert_service.queries.told import notifications_of
from alert_service.repository.notifications import give_up_where_off
from alert_service.repository.policies import seal_channels
from alert_service.repository.sealed import open_secrets
from alert_service.schemas.notifying import ChannelBody
from alert_service.usecases import routing
from alert_service.usecases.reports import deliver_reports
from shared.addresses import parse_receivers
from shared.contracts.report import ReportDelivered
from shared.sealing import Seals

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCAL = parse_receivers("127.0.0.0/8", "ALERT_NOTIFY_HOSTS")
SEALS = Seals("the key of before", "channel secrets")
Answer = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Hook:
    """A receiver that keeps what it gets, and answers as it is told."""

    url: str = ""
    got: list[tuple[dict[str, str], dict[str, str], bytes]] = field(default_factory=list)
    """Headers, query and body of each request."""

    answers: list[Any] = field(default_factory=list)
    """Status and body of the next answers; afterwards 200."""

    async def take(self, request: web.Request) -> web.Response:
        """Keep a request, and answer it."""
        self.got.append((dict(request.headers), dict(request.query), await request.read()))
        status, body = self.answers.pop(0) if self.answers else (200, {})
        if status == 0:
            await asyncio.sleep(body)
            return web.Response()
        return web.json_response(body, status=status, headers={"Location": "http://127.0.0.1:1/"})


@asynccontextmanager
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    app = web.Application()
    app.router.add_post("/{rest:.*}", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def put(bell: Any, name: str, /, *, enabled: bool = True, **settings: Any) -> None:
    body = ChannelBody.model_validate({"name": name, "enabled": enabled, "settings": settings})
    given = routing.GivenChannel(body, SEALS)
    async with bell.database.transaction() as tx:
        await routing.put_channel(tx, name, given, "person/admin", lambda _: None, bell.at)


async def told_by(bell: Any, *receivers: dict[str, str]) -> None:
    await bell.policy(bell.policy_of(wait_seconds=0, interval_seconds=1, receivers=receivers))


async def send(bell: Any, key: str, receivers: Any = LOCAL, seconds: float = 0.5) -> int:
    """Send all that is due in a channel; return how often."""
    sender = Sender(bell.database, receivers, lambda: bell.at, SEALS, seconds)
    times = 0
    while await sender.send_next(key):
        times += 1
    return times


async def states(bell: Any) -> list[tuple[str, int]]:
    async with bell.database.transaction() as tx:
        rows = await tx.session.execute(
            text("SELECT state, attempts FROM notification ORDER BY id")
        )
        return [tuple(row) for row in rows]


async def history(bell: Any) -> list[tuple[int, str, str]]:
    query = "SELECT number, outcome, detail FROM notification_attempt ORDER BY notification, number"
    async with bell.database.transaction() as tx:
        return [tuple(row) for row in await tx.session.execute(text(query))]


async def test_a_webhook_is_signed_and_a_failure_comes_again_with_the_same_key(bell: Any) -> None:
    async with hook() as receiver:
        await put(bell, "hook", kind="webhook", url=f"{receiver.url}/x", secret="s3cret")
        await told_by(bell, {"channel": "hook"})
        receiver.answers = [(500, {}), (0, 5.0), (503, {})]
        await bell.fire(bell.alert("A"))
        for seconds in (0, 1, 2, 5):
            bell.at += timedelta(seconds=seconds)
            assert await send(bell, "hook") == 1
            assert await send(bell, "hook") == 0

        assert await states(bell) == [("sent", 4)]
        assert await history(bell) == [
            (1, "failed", "500"),
            (2, "failed", "0.5 秒内无答复 (timed out)"),
            (3, "failed", "503"),
            (4, "sent", "200"),
        ]
    assert len({headers["Idempotency-Key"] for headers, _, _ in receiver.got}) == 1
    headers, _, body = receiver.got[-1]
    document = json.loads(body)
    assert document["id"] == headers["Idempotency-Key"]
    assert [(one["status"], one["labels"]["alertname"]) for one in document["alerts"]] == [
        ("firing", "A")
    ]
    stamp, signature = (part.partition("=")[2] for part in headers["Helix8-Signature"].split(","))
    signed = f"{stamp}.{document['id']}.".encode() + body
    assert signature == hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert int(stamp) == int(bell.at.timestamp())


async def test_what_reports_deliver_is_told_each_receiver_once(bell: Any) -> None:
    told = ReportDelivered(
        delivery="B1",
        title="学期末已生成",
        lines=("共 2 份",),
        link="/api/report/v1/batches/B1/zip",
        channels=("hook", "gone"),
        persons=("role/qa_office",),
        at=bell.at,
    )
    async with hook() as receiver:
        await put(bell, "hook", kind="webhook", url=f"{receiver.url}/x", secret="s3cret")
        for _ in range(2):
            async with bell.database.transaction() as tx:
                await deliver_reports(tx, [told])
        assert await send(bell, "hook") == 1
        async with bell.database.transaction() as tx:
            letters = await tx.session.execute(text("SELECT person, title, lines FROM letter"))
            assert [tuple(each) for each in letters] == [
                ("role/qa_office", "学期末已生成", ["共 2 份", told.link])
            ]
    [(headers, _, body)] = receiver.got
    document = json.loads(body)
    assert (document["status"], document["report"]["delivery"]) == ("delivered", "B1")
    assert document["id"] == headers["Idempotency-Key"]


async def test_robots_get_their_own_payload_and_signature(bell: Any) -> None:
    async with hook() as receiver:
        base = receiver.url
        await put(bell, "wecom", kind="wecom", key="K1", base=f"{base}/wecom")
        await put(bell, "ding", kind="dingtalk", token="T1", secret="SEC1", base=f"{base}/ding")
        await put(bell, "feishu", kind="feishu", hook="H1", secret="SEC2", base=f"{base}/feishu")
        await told_by(bell, *({"channel": each} for each in ("wecom", "ding", "feishu")))
        await bell.fire(bell.alert("A"))
        receiver.answers = [
            (200, {"errcode": 0, "errmsg": "ok"}),
            (200, {"errcode": 310000, "errmsg": "sign not match"}),
            (200, {"code": 9499, "msg": "too many requests"}),
            (200, {"code": 0, "msg": "success"}),
        ]
        for key in ("wecom", "ding", "feishu"):
            assert await send(bell, key) == 1
        bell.at += timedelta(seconds=1)
        assert [await send(bell, key) for key in ("wecom", "ding", "feishu")] == [0, 0, 1]

    (_, wecom, first), (_, ding, second), _, (_, _, third) = receiver.got
    assert wecom == {"key": "K1"}
    said = json.loads(first)
    assert said["msgtype"] == "markdown"
    assert said["markdown"]["content"].startswith("**诊改预警：黄色 1**\n> 黄色｜A｜")

    stamp = str(int(bell.begin.timestamp() * 1000))
    digest = hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()
    assert ding == {
        "access_token": "T1",
        "timestamp": stamp,
        "sign": base64.b64encode(digest).decode(),
    }
    assert json.loads(second)["markdown"]["title"] == "诊改预警：黄色 1"

    said = json.loads(third)
    key = f"{said['timestamp']}\nSEC2".encode()
    assert said["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert said["msg_type"] == "text"
    assert sorted(await states(bell)) == [("failed", 1), ("sent", 1), ("sent", 2)]
    assert (1, "refused", "310000 sign not match") in await history(bell)


async def test_letters_go_by_a_real_mail_server(bell: Any) -> None:
    class Box:
        got: list[Any] = []  # noqa: RUF012

        async def handle_RCPT(self, *args: Any) -> str:  # noqa: N802
            envelope, address = args[2], args[3]
            if address.startswith("gone"):
                return "550 no such user"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            self.got.append(envelope)
            return "250 OK" if len(self.got) > 1 else "451 later"

    server = Controller(Box(), hostname="127.0.0.1", port=0)
    # The library asks a port of 0 whether it answers; the real one is known when it listens.
    server.port = free_port()
    server.start()
    try:
        await put(
            bell,
            "mail",
            kind="email",
            person_address="{key}@example.edu.cn",
            **server_at(server),
        )
        await told_by(bell, {"channel": "mail", "to": "owner"})
        await bell.fire(bell.alert("A", owner="teacher/T001"))
        assert await send(bell, "mail", seconds=5) == 1
        bell.at += timedelta(seconds=1)
        assert await send(bell, "mail", seconds=5) == 1
        tried = (await states(bell), (await history(bell))[0])
        assert tried == ([("sent", 2)], (1, "failed", "SMTP 451"))
        await send_report(bell, server)
        some = (1, "sent", "250，1 个收件人被拒 (so many recipients refused)")
        assert some in await history(bell)
    finally:
        server.stop()
    letter = message_from_bytes(Box.got[2].content, policy=default)
    [file] = letter.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (
        "C1 工程测量 报告.pdf",
        "application/pdf",
    )
    assert file.get_content() == b"%PDF-1.7"
    body = letter.get_body()
    assert body is not None
    assert body.get_content().splitlines()[-1] == (
        "https://qa.example.edu.cn/api/report/v1/batches/B2/zip"
    )
    first, second = Box.got[:2]
    assert second.rcpt_tos == ["T001@example.edu.cn"]
    ids = [
        next(line for line in each.content.splitlines() if line.startswith(b"Message-ID:"))
        for each in (first, second)
    ]
    assert ids[0] == ids[1]


async def test_a_letter_without_an_address_is_refused_and_a_channel_takes_along_what_waits(
    bell: Any,
) -> None:
    persons = {"person_address": "{key}@example.edu.cn", "sender": "alert@example.edu.cn"}
    await put(bell, "mail", kind="email", host="127.0.0.1", port=1, security="none", **persons)
    await put(bell, "gone", kind="webhook", url="http://127.0.0.1:1/")
    await told_by(bell, {"channel": "mail"}, {"channel": "gone"})
    await bell.fire(bell.alert("A"))
    await told_by(bell, {"channel": "mail"})
    async with bell.database.transaction() as tx:
        await routing.drop_channel(tx, "gone", lambda _: None, bell.at)

    assert await send(bell, "mail") == 1
    assert await send(bell, "gone") == 0
    assert sorted(await states(bell)) == [("failed", 0), ("failed", 1)]
    assert await history(bell) == [(1, "refused", "渠道没有填写 to (the channel does not say to)")]


async def test_mailboxes_of_persons_that_refuse_let_no_channel_rest(bell: Any) -> None:
    office = {"to": ["office@example.edu.cn"], "sender": "alert@example.edu.cn"}
    await put(bell, "mail", kind="email", host="127.0.0.1", port=1, security="none", **office)
    await told_by(bell, {"channel": "mail", "to": "owner"})
    for number in range(6):
        await bell.fire(bell.alert(f"A{number}", owner=f"teacher/T00{number}"))

    assert await send(bell, "mail") == 6
    assert await states(bell) == [("failed", 1)] * 6


@pytest.mark.parametrize("person", ["person/a@evil.example,b", "person/a\nb", "person/张三"])
async def test_nobody_is_written_to_whose_number_makes_another_address(person: str) -> None:
    config = {"person_address": "{key}@example.edu.cn", "sender": "alert@example.edu.cn"}
    templates = Templates()
    channel = Channel(key="m", kind=Kind.EMAIL, config=config, secrets={}, templates=templates)

    assert mail_of(channel, "1", Text(title="t", lines=[]), person, {}) is None
    letter = mail_of(channel, "1", Text(title="a\nb", lines=[]), "person/T1", {})
    assert letter is not None
    assert (letter.to, letter.subject) == (("T1@example.edu.cn",), "a b")


async def test_what_breaks_in_sending_is_a_failure_and_an_answer_may_come_in_pieces(
    bell: Any,
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in (b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n", b'{"errcode', b'": 0}'):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        await put(bell, "wecom", kind="wecom", key="K1", base=url)
        await put(bell, "hook", kind="webhook", url=url)
        await told_by(bell, {"channel": "wecom"}, {"channel": "hook"})
        async with bell.database.transaction() as tx:
            await tx.session.execute(text("UPDATE channel SET config = '{}' WHERE key = 'hook'"))
        await bell.fire(bell.alert("A"))
        assert [await send(bell, key) for key in ("wecom", "hook")] == [1, 1]

    assert sorted(await history(bell)) == [(1, "failed", "KeyError"), (1, "sent", "")]


async def send_report(bell: Any, server: Controller) -> None:
    to = ["office@example.edu.cn", "gone@example.edu.cn"]
    await put(bell, "office", kind="email", to=to, **server_at(server))
    async with bell.database.transaction() as tx:
        await deliver_reports(tx, [delivered(bell)], "https://qa.example.edu.cn/")
    assert await send(bell, "office", seconds=5) == 1


def check_report(letter: bytes) -> None:
    """The file goes along, and the link has the address of the portal before it."""
    read = message_from_bytes(letter, policy=default)
    [file] = read.iter_attachments()
    named = (file.get_filename(), file.get_content_type(), file.get_content())
    assert named == ("C1 工程测量 报告.pdf", "application/pdf", b"%PDF-1.7")
    body = read.get_body()
    assert body is not None
    link = "https://qa.example.edu.cn/api/report/v1/batches/B2/zip"
    assert body.get_content().splitlines()[-1] == link


def server_at(server: Controller) -> dict[str, Any]:
    sender = "alert@example.edu.cn"
    return {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": sender}


def delivered(bell: Any) -> ReportDelivered:
    file = {
        "name": "C1 工程测量 报告.pdf",
        "media_type": "application/pdf",
        "content": base64.b64encode(b"%PDF-1.7").decode(),
        "sha256": hashlib.sha256(b"%PDF-1.7").hexdigest(),
    }
    return ReportDelivered.model_validate(
        {
            "delivery": "B2",
            "title": "报告已生成",
            "lines": ["共 1 份"],
            "link": "/api/report/v1/batches/B2/zip",
            "channels": ["office"],
            "persons": [],
            "files": [file],
            "at": bell.at,
        }
    )


def free_port() -> int:
    import socket  # noqa: PLC0415

    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


async def test_nothing_inside_is_connected_to_and_no_redirect_is_followed(bell: Any) -> None:
    async with hook() as receiver:
        await put(bell, "hook", kind="webhook", url=receiver.url)
        await put(bell, "name", kind="webhook", url=receiver.url.replace("127.0.0.1", "localhost"))
        await put(bell, "turns", kind="webhook", url=receiver.url)
        await told_by(bell, *({"channel": each} for each in ("hook", "name", "turns")))
        await bell.fire(bell.alert("A"))
        nobody = parse_receivers("", "ALERT_NOTIFY_HOSTS")
        assert [await send(bell, key, nobody) for key in ("hook", "name")] == [1, 1]
        assert receiver.got == []
        receiver.answers = [(302, {})]
        assert await send(bell, "turns") == 1
        assert len(receiver.got) == 1
    assert await states(bell) == [("failed", 1)] * 3
    by_address, by_turn, by_name = sorted(detail for _, _, detail in await history(bell))
    assert by_address == "127.0.0.1 指向 127.0.0.1，不在允许之列"
    assert by_turn == "302: 不跟随转向 (redirects are not followed)"
    assert by_name.startswith("localhost 指向 ")


async def test_after_five_failures_a_channel_rests_and_keeps_nobody_else_waiting(bell: Any) -> None:
    async with hook() as broken, hook() as well:
        await put(bell, "broken", kind="webhook", url=broken.url)
        await put(bell, "well", kind="webhook", url=well.url)
        await told_by(bell, {"channel": "broken"}, {"channel": "well"})
        broken.answers = [(500, {})] * 5
        for number in range(6):
            await bell.fire(bell.alert(f"A{number}", cluster=f"c{number}"))
        assert await send(bell, "broken") == 5
        assert await send(bell, "well") == 6
        async with bell.database.transaction() as tx:
            first, second = await list_channels(tx, bell.at)
        assert (first.health.state, first.health.failures, first.health.waiting) == (
            "resting",
            5,
            6,
        )
        assert (second.health.state, second.health.waiting) == ("well", 0)
        bell.at += timedelta(seconds=15)
        assert await send(bell, "broken") == 6
    assert sorted(await states(bell)) == [("sent", 1)] * 7 + [("sent", 2)] * 5


async def test_a_hanging_channel_keeps_no_other_waiting_and_two_senders_send_once(
    bell: Any,
) -> None:
    async with hook() as hangs, hook() as well:
        hangs.answers = [(0, 30.0)]
        await put(bell, "hangs", kind="webhook", url=hangs.url)
        await put(bell, "well", kind="webhook", url=well.url)
        await told_by(bell, {"channel": "hangs"}, {"channel": "well"})
        for number in range(10):
            await bell.fire(bell.alert(f"A{number}", cluster=f"c{number}"))
        senders = [Sender(bell.database, LOCAL, lambda: bell.at, SEALS, 60) for _ in range(2)]
        loops = [asyncio.create_task(each.run()) for each in senders]
        async with asyncio.timeout(20):
            while (await states(bell)).count(("sent", 1)) < 10:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        # The process that hung is killed: the other one sends it, with the same key.
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        again = asyncio.create_task(Sender(bell.database, LOCAL, lambda: bell.at, SEALS, 60).run())
        async with asyncio.timeout(20):
            while len(hangs.got) < 11:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            while len([each for each in await states(bell) if each[0] == "sent"]) < 20:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)
    keys = [headers["Idempotency-Key"] for headers, _, _ in well.got]
    assert len(keys) == len(set(keys)) == 10
    twice = [headers["Idempotency-Key"] for headers, _, _ in hangs.got]
    assert (len(twice), len(set(twice)), twice.count(twice[0])) == (11, 10, 2)
    assert (1, None, None) in await history(bell)


async def test_seventeen_that_hang_keep_no_other_waiting(bell: Any) -> None:
    async with hook() as hangs, hook() as well:
        hangs.answers = [(0, 30.0)] * 17
        names = [f"a{number}" for number in range(17)]
        for name in names:
            await put(bell, name, kind="webhook", url=hangs.url)
        await put(bell, "well", kind="webhook", url=well.url)
        await told_by(bell, *({"channel": each} for each in [*names, "well"]))
        await bell.fire(bell.alert("A"))
        loop = asyncio.create_task(Sender(bell.database, LOCAL, lambda: bell.at, SEALS, 60).run())
        async with asyncio.timeout(20):
            while len(hangs.got) < 17 or not well.got:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        assert (len(hangs.got), len(well.got)) == (17, 1)


async def test_a_channel_that_is_off_is_waited_for_a_day_and_it_is_told_why(bell: Any) -> None:
    async def why() -> list[tuple[str, Any]]:
        right = Right(subject="person/admin", writer=True)
        async with bell.database.transaction() as tx:
            await give_up_where_off(tx, bell.at)
            alert = await tx.session.scalar(text("SELECT id FROM alert"))
            told = (await notifications_of(tx, alert, right, bell.at)).told
        return [(each.unsent.reason, each.unsent.until) for each in told if each.unsent]

    async with hook() as receiver:
        await put(bell, "hook", kind="webhook", url=receiver.url)
        await told_by(bell, {"channel": "hook"})
        await bell.fire(bell.alert("A"))
        asked = [await why()]
        await put(bell, "hook", enabled=False, kind="webhook", url=receiver.url)
        asked.append(await why())
        receiver.answers = [(500, {})]
        assert await send(bell, "hook") == 0
        await put(bell, "hook", kind="webhook", url=receiver.url)
        assert await send(bell, "hook") == 1
        asked.append(await why())
        await put(bell, "hook", enabled=False, kind="webhook", url=receiver.url)
        bell.at += timedelta(hours=24)
        asked.append(await why())
        await put(bell, "hook", kind="webhook", url=receiver.url)
        assert await send(bell, "hook") == 0
    assert asked == [
        [("queued", None)],
        [("channel-off", bell.begin + timedelta(hours=24))],
        [("retried", bell.begin + timedelta(seconds=1))],
        [("expired", None)],
    ]


async def test_secrets_stay_where_they_are(bell: Any) -> None:
    await put(bell, "hook", kind="webhook", url="https://a.example/x", secret="s3cret")
    await put(bell, "hook", kind="webhook", url="https://a.example/y")
    with pytest.raises(routing.ChannelBodyError) as refused:
        await put(bell, "hook", kind="webhook", url="https://b.example/x")
    assert list(refused.value.fields) == ["$.settings.secret"]
    async with bell.database.transaction() as tx:
        [view] = await list_channels(tx, bell.at)
        kept = await tx.session.scalar(text("SELECT secrets FROM channel"))
    assert list(kept) == ["secret"]
    assert "s3cret" not in json.dumps(kept)
    assert open_secrets(SEALS, "hook", kept) == {"secret": "s3cret"}
    assert open_secrets(SEALS, "another", kept) is None
    assert view.secrets == ["secret"]
    assert view.settings == {"url": "https://a.example/y"}
    assert "s3cret" not in view.model_dump_json()


async def test_secrets_go_over_to_another_key_and_what_was_plain_is_sealed(bell: Any) -> None:
    both = Seals("the new key\nthe key of before\n", "channel secrets")
    new = Seals("the new key", "channel secrets")
    async with hook() as receiver:
        await put(bell, "hook", kind="webhook", url=receiver.url, secret="s3cret")
        await put(bell, "old", kind="webhook", url=receiver.url)
        async with bell.database.transaction() as tx:
            plain = """UPDATE channel SET secrets = '{"bearer": "B1"}' WHERE key = 'old'"""
            await tx.session.execute(text(plain))

        async def seal() -> list[str]:
            async with bell.database.transaction() as tx:
                return await seal_channels(tx, both)

        assert [await seal(), await seal()] == [["hook", "old"], []]
        async with bell.database.transaction() as tx:
            rows = await tx.session.execute(text("SELECT key, secrets FROM channel"))
            kept = {row.key: row.secrets for row in rows}
        assert "B1" not in json.dumps(kept)
        assert open_secrets(new, "hook", kept["hook"]) == {"secret": "s3cret"}
        assert open_secrets(new, "old", kept["old"]) == {"bearer": "B1"}

        # Without its key nothing is sent, and the channel says why; with it everything is.
        await told_by(bell, {"channel": "old"})
        await bell.fire(bell.alert("A"))
        assert await send(bell, "old") == 1
        assert receiver.got == []
        [(_, outcome, why)] = await history(bell)
        assert (outcome, why.split("，")[0]) == ("failed", "密钥无法解开")
        bell.at += timedelta(seconds=1)
        assert await Sender(bell.database, LOCAL, lambda: bell.at, new).send_next("old")
    assert receiver.got[0][0]["Authorization"] == "Bearer B1"
