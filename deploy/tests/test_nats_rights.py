"""Who may do what on NATS, tried with real connections."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import nats
import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from helix8.embedded import Servers
from helix8.probes import broker_is_well
from helix8.streams import declare
from helix8.suite import MONITOR

ALLOWED, DENIED = True, False


@asynccontextmanager
async def connected(servers: Servers, user: str) -> AsyncIterator[tuple[Client, list[str]]]:
    """Connect as ``user``; the list takes what the server refuses."""
    refused: list[str] = []

    async def on_error(error: Exception) -> None:
        refused.append(str(error))

    client = await nats.connect(
        servers.nats_url,
        user=user,
        password=servers.nats_passwords[user],
        inbox_prefix=f"_INBOX_{user}".encode(),
        error_cb=on_error,
    )
    yield client, refused
    await client.close()


@pytest_asyncio.fixture
async def streams(embedded: Servers) -> None:
    """Every stream of the suite is there."""
    await declare(embedded.nats_url, "admin", embedded.nats_passwords["admin"])


async def allowed(servers: Servers, user: str, verb: str, subject: str) -> bool:
    """Whether the server lets ``user`` publish or subscribe there."""
    async with connected(servers, user) as (client, refused):
        if verb == "publish":
            await client.publish(subject, b"x")
        else:
            await client.subscribe(subject)
        # The answer to a ping comes after the refusal of what was sent before; the client sends
        # the first ping before what it has buffered.
        await client.flush()
        await client.flush()
        return not refused


@pytest.mark.parametrize(
    ("user", "verb", "subject", "expected"),
    [
        ("datahub", "publish", "qa.evt.v1.datahub.student.changed.00", ALLOWED),
        ("datahub", "publish", "qa.verdict.v1.academic", ALLOWED),
        ("datahub", "publish", "qa.evt.v1.target.goal.signed.00", DENIED),
        ("datahub", "publish", "qa.ingest.v1.academic.student.upsert", DENIED),
        ("alert", "publish", "qa.evt.v1.alert.alert.raised.00", ALLOWED),
        ("alert", "publish", "qa.dlq.v1.alert.c.schema", ALLOWED),
        ("alert", "publish", "qa.replay.v1.c", ALLOWED),
        ("alert", "publish", "qa.verdict.v1.academic", DENIED),
        ("alert", "publish", "qa.dlq.v1.target.c.schema", DENIED),
        ("alert", "publish", "$JS.API.STREAM.INFO.QA_DLQ", ALLOWED),
        ("alert", "publish", "$JS.API.STREAM.DELETE.QA_EVT", DENIED),
        ("alert", "publish", "$JS.API.STREAM.PURGE.QA_EVT", DENIED),
        ("alert", "publish", "$JS.API.STREAM.UPDATE.QA_EVT", DENIED),
        ("alert", "publish", "$JS.API.STREAM.CREATE.MINE", DENIED),
        ("alert", "publish", "$JS.API.CONSUMER.CREATE.QA_INGEST_HR.c", DENIED),
        ("alert", "publish", "$JS.API.CONSUMER.DELETE.QA_EVT.c", DENIED),
        ("alert", "publish", "$JS.ACK.QA_INGEST_HR.c.1.1.1.1.1", DENIED),
        ("alert", "subscribe", "qa.>", DENIED),
        ("alert", "subscribe", "_INBOX_target.>", DENIED),
        ("alert", "subscribe", "_INBOX.>", DENIED),
        ("alert", "subscribe", "$SYS.>", DENIED),
        ("alert", "publish", "qa.ingest.v1.helix8.alert.upsert", ALLOWED),
        ("alert", "publish", "qa.ingest.v1.helix8.alert.delete", ALLOWED),
        ("alert", "publish", "qa.ingest.v1.helix8.alert.snapshot-begin", DENIED),
        ("alert", "publish", "qa.ingest.v1.helix8.task.upsert", DENIED),
        ("alert", "publish", "qa.ingest.v1.helix8.correction.upsert", DENIED),
        ("alert", "publish", "qa.ingest.v1.academic.alert.upsert", DENIED),
        ("spiral", "publish", "qa.ingest.v1.helix8.correction.upsert", ALLOWED),
        ("spiral", "publish", "qa.ingest.v1.helix8.diagnosis.upsert", ALLOWED),
        ("spiral", "publish", "qa.ingest.v1.helix8.improvement_measure.upsert", ALLOWED),
        ("spiral", "publish", "qa.ingest.v1.helix8.participation.upsert", ALLOWED),
        ("spiral", "publish", "qa.ingest.v1.helix8.alert.upsert", DENIED),
        ("target", "publish", "qa.ingest.v1.helix8.task.upsert", ALLOWED),
        ("report", "publish", "qa.ingest.v1.helix8.report.upsert", ALLOWED),
        ("gateway", "publish", "qa.ingest.v1.helix8.report.upsert", DENIED),
        ("datahub", "publish", "qa.ingest.v1.helix8.report.upsert", DENIED),
        ("gateway", "publish", "qa.evt.v1.gateway.role.granted.00", ALLOWED),
        ("gateway", "publish", "qa.evt.v1.alert.alert.raised.00", DENIED),
        ("integrator-hr", "publish", "qa.ingest.v1.hr.staff.upsert", ALLOWED),
        ("integrator-hr", "subscribe", "qa.verdict.v1.hr", ALLOWED),
        ("integrator-hr", "subscribe", "_INBOX_integrator-hr.>", ALLOWED),
        ("integrator-hr", "publish", "qa.ingest.v1.academic.student.upsert", DENIED),
        ("integrator-hr", "publish", "qa.evt.v1.datahub.student.changed.00", DENIED),
        ("integrator-hr", "publish", "qa.verdict.v1.hr", DENIED),
        ("integrator-hr", "publish", "$JS.API.INFO", DENIED),
        ("integrator-hr", "publish", "$JS.API.STREAM.PURGE.QA_INGEST_HR", DENIED),
        ("integrator-hr", "publish", "$JS.API.CONSUMER.CREATE.QA_INGEST_HR.c", DENIED),
        ("integrator-hr", "publish", "$JS.API.DIRECT.GET.QA_INGEST_HR", DENIED),
        ("integrator-hr", "publish", "$JS.ACK.QA_INGEST_HR.c.1.1.1.1.1", DENIED),
        ("integrator-classroom", "publish", "qa.ingest.v1.classroom.attendance.upsert", ALLOWED),
        ("integrator-survey", "publish", "qa.ingest.v1.survey.survey.snapshot-begin", ALLOWED),
        ("integrator-survey", "publish", "qa.ingest.v1.quality.survey.upsert", DENIED),
        ("integrator-hr", "subscribe", "qa.verdict.v1.academic", DENIED),
        ("integrator-hr", "subscribe", "qa.ingest.v1.hr.>", DENIED),
        ("integrator-hr", "subscribe", "_INBOX_integrator-academic.>", DENIED),
        ("integrator-hr", "subscribe", ">", DENIED),
    ],
)
async def test_a_user_speaks_for_itself_only(
    embedded: Servers,
    user: str,
    verb: str,
    subject: str,
    expected: bool,  # noqa: FBT001
) -> None:
    assert await allowed(embedded, user, verb, subject) is expected


async def test_nobody_but_the_services_gets_in_as_the_suite(embedded: Servers) -> None:
    # By hand: the library leaves a socket open where the server refuses it.
    user = "integrator-helix8"
    address = urlsplit(embedded.nats_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    await reader.readline()
    login = {"user": user, "pass": embedded.nats_passwords[user], "verbose": False}
    writer.write(f"CONNECT {json.dumps(login)}\r\nPING\r\n".encode())

    assert await reader.readline() == b"-ERR 'Authorization Violation'\r\n"
    writer.close()
    await writer.wait_closed()


@pytest.mark.usefixtures("streams")
async def test_what_the_monitor_says_reaches_no_stream(embedded: Servers) -> None:
    # It lives in the system account, where no subject of the suite exists.
    async with connected(embedded, MONITOR) as (client, _):
        with pytest.raises(nats.errors.NoRespondersError):
            await client.request("qa.ingest.v1.hr.staff.upsert", b"x", timeout=2)


@pytest.mark.usefixtures("streams")
async def test_an_integrator_pushes_and_the_hub_reads(embedded: Servers) -> None:
    async with connected(embedded, "integrator-hr") as (integrator, refused):
        ack = await integrator.jetstream().publish("qa.ingest.v1.hr.staff.upsert", b"record")
        assert ack.stream == "QA_INGEST_HR"
        assert refused == []
        assert await read_one(embedded, "datahub", "QA_INGEST_HR", "hub-ingest") == b"record"
        verdicts = await integrator.subscribe("qa.verdict.v1.hr")
        await integrator.flush()
        async with connected(embedded, "datahub") as (hub, _):
            await hub.jetstream().publish("qa.verdict.v1.hr", b"accepted")
        assert (await verdicts.next_msg(timeout=5)).data == b"accepted"


@pytest.mark.usefixtures("streams")
async def test_a_service_reads_the_facts_of_another(embedded: Servers) -> None:
    async with connected(embedded, "alert") as (alert, _):
        await alert.jetstream().publish("qa.evt.v1.alert.alert.raised.00", b"raised")
    assert await read_one(embedded, "spiral", "QA_EVT", "spiral-corrections") == b"raised"


async def read_one(servers: Servers, user: str, stream: str, durable: str) -> bytes:
    """Make a durable consumer, read one message, acknowledge it, and see that it counts."""
    async with connected(servers, user) as (client, refused):
        js = client.jetstream()
        config = ConsumerConfig(durable_name=durable, ack_policy=AckPolicy.EXPLICIT)
        await js.add_consumer(stream, config)
        source = await js.pull_subscribe_bind(durable, stream=stream)
        [message] = await source.fetch(1, timeout=5)
        await message.ack_sync(timeout=5)
        info = await js.consumer_info(stream, durable)
        assert info.ack_floor is not None
        assert info.ack_floor.stream_seq == message.metadata.sequence.stream
        assert refused == []
        return message.data


@pytest.mark.usefixtures("streams")
async def test_the_gateway_follows_events_live(embedded: Servers) -> None:
    async with (
        connected(embedded, "gateway") as (gateway, refused),
        connected(embedded, "alert") as (alert, _),
    ):
        live = await gateway.jetstream().subscribe(
            "qa.evt.v1.alert.>", ordered_consumer=True, deliver_policy=DeliverPolicy.NEW
        )
        await alert.jetstream().publish("qa.evt.v1.alert.alert.raised.01", b"live")
        assert (await live.next_msg(timeout=5)).data == b"live"
        await live.unsubscribe()
        assert refused == []


@pytest.mark.usefixtures("streams")
async def test_a_refused_publish_is_never_acknowledged(embedded: Servers) -> None:
    async with connected(embedded, "integrator-hr") as (integrator, refused):
        js = integrator.jetstream()
        with pytest.raises((NatsTimeoutError, TimeoutError)):
            await js.publish("qa.ingest.v1.academic.student.upsert", b"x", timeout=0.3)
        assert "permissions violation" in refused[0].lower()


async def test_the_server_says_that_it_is_well(embedded: Servers) -> None:
    port = int(embedded.nats_url.rpartition(":")[2])
    assert await broker_is_well(port, embedded.nats_passwords[MONITOR])
    assert not await broker_is_well(port, "wrong")
    assert not await broker_is_well(1, embedded.nats_passwords[MONITOR])
