"""Who is told, on a clock that the test moves: real database, the use cases that the jobs run."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest_asyncio
from sqlalchemy import select, text

from alert_service.domain.alertmanager import Foreign
from alert_service.domain.life import Hours
from alert_service.repository.groups import next_due
from alert_service.repository.policies import Policies
from alert_service.schemas.routing import PolicyBody
from alert_service.tables import NotificationRow, UntoldRow
from alert_service.usecases import alertmanager, routing
from alert_service.usecases.notifying import look_at_due, route_noted
from shared.contracts.vocabulary import Severity
from shared.kit.database import Database
from shared.testing import TestServers, drop_database, new_database

BEGIN = datetime(2026, 11, 23, 1, tzinfo=UTC)
HOURS: Hours = {each: timedelta(hours=8) for each in Severity}
LONG = timedelta(days=1)


def policy_of(**root: Any) -> dict[str, Any]:
    """Return a policy that tells the QA office of everything, at once unless it says otherwise."""
    inhibitions = root.pop("inhibitions", [])
    base = {
        "name": "root",
        "receivers": [{"to": "role/qa_office"}],
        "group_by": ["cluster"],
        "wait_seconds": 10,
        "interval_seconds": 60,
        "repeat_seconds": 3600,
    }
    return {"root": base | root, "inhibitions": inhibitions}


def alert(name: str, **labels: str) -> dict[str, str]:
    """Return the labels of an alert."""
    return {"alertname": name, "cluster": "c", "severity": "warning", **labels}


@dataclass(kw_only=True)
class Bell:
    """Alerts come and go at chosen instants; what was told is read from the table."""

    database: Database
    at: datetime = BEGIN
    known: Policies = field(default_factory=Policies)

    async def policy(self, document: Mapping[str, Any]) -> None:
        """Let a policy count."""
        body = PolicyBody.model_validate(document)
        async with self.database.transaction() as tx:
            await routing.put_policy(tx, body, "person/admin", lambda _: None, self.at)
        await self.settle()

    async def fire(self, *alerts: Mapping[str, str], ends_after: timedelta = LONG) -> None:
        """Tell of alerts as Prometheus does."""
        await self._tell(alerts, self.at + ends_after)

    async def resolve(self, *alerts: Mapping[str, str]) -> None:
        """Tell that alerts are over."""
        await self._tell(alerts, self.at)

    async def _tell(self, alerts: Sequence[Mapping[str, str]], ends_at: datetime) -> None:
        told = [
            Foreign(labels=each, annotations={}, starts_at=self.at, ends_at=ends_at, url="")
            for each in alerts
        ]
        async with self.database.transaction() as tx:
            await alertmanager.take(tx, told, self.at, HOURS)
        await self.settle()

    async def settle(self) -> None:
        """Do what the jobs do now."""
        while await self._once():
            pass

    async def _once(self) -> bool:
        async with self.database.transaction() as tx:
            await alertmanager.end_overdue(tx, self.at, HOURS)
        async with self.database.transaction() as tx:
            routed = await route_noted(tx, self.known, self.at)
        async with self.database.transaction() as tx:
            return await look_at_due(tx, self.known, "", self.at) or routed

    async def wait(self, seconds: float) -> None:
        """Let time pass, and do at each instant what is due then."""
        end = self.at + timedelta(seconds=seconds)
        while True:
            async with self.database.transaction() as tx:
                ends = text("SELECT min(ends_at) FROM foreign_alert WHERE is_open")
                dues = [await next_due(tx), await tx.session.scalar(ends)]
            due = min((each for each in dues if each), default=None)
            if due is None or due > end:
                break
            self.at = max(self.at, due)
            await self.settle()
        self.at = end
        await self.settle()

    async def told(self, channel: str | None = None) -> list[tuple[float, list[str], list[str]]]:
        """Return what was told: seconds since the begin, open alerts, and ended ones."""
        async with self.database.transaction() as tx:
            rows = await tx.session.scalars(select(NotificationRow).order_by(NotificationRow.id))
            return [
                ((row.made_at - BEGIN).total_seconds(), *self._names(row.document))
                for row in rows
                if channel in {None, row.channel}
            ]

    async def documents(self) -> list[dict[str, Any]]:
        """Return what was told, as programs read it, in its order."""
        async with self.database.transaction() as tx:
            rows = await tx.session.scalars(select(NotificationRow).order_by(NotificationRow.id))
            return [row.document for row in rows]

    alert = staticmethod(alert)
    policy_of = staticmethod(policy_of)
    begin: ClassVar = BEGIN
    hours: ClassVar = HOURS

    @staticmethod
    def _names(document: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        found: dict[str, list[str]] = {"firing": [], "resolved": []}
        for each in document["alerts"]:
            found[each["status"]].append(each["labels"]["alertname"])
        return sorted(found["firing"]), sorted(found["resolved"])

    async def untold(self) -> list[tuple[str, str, bool]]:
        """Return who was not told and why, and whether that holds still."""
        async with self.database.transaction() as tx:
            rows = await tx.session.scalars(
                select(UntoldRow).order_by(UntoldRow.first_at, UntoldRow.reason)
            )
            return [(row.person or row.channel, row.reason, row.over_at is None) for row in rows]


_EMPTIED = (
    "alert, alert_step, alert_group, alert_label, noted, untold, notification, letter,"
    " foreign_alert, silence, channel, notification_policy, outbox, fact, timer, scope, exemption"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(servers: TestServers) -> AsyncIterator[Database]:
    """One database for the tests of a file."""
    url = await new_database(servers, "alert_service")
    database = Database(url, "alert")
    yield database
    await database.dispose()
    await drop_database(servers, url)


@pytest_asyncio.fixture(loop_scope="module")
async def bell(database: Database) -> Bell:
    """A bell at the begin of time, that nobody has rung."""
    async with database.transaction() as tx:
        await tx.session.execute(text(f"TRUNCATE {_EMPTIED} CASCADE"))
    return Bell(database=database)
