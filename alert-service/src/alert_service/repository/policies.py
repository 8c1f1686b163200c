"""Load and save the policy, channels and silences."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import func, select

from alert_service.domain.channels import Channel, Kind
from alert_service.domain.matching import Matcher
from alert_service.domain.messages import Templates
from alert_service.domain.routing import Policy
from alert_service.domain.silences import Recurrence, Silence
from alert_service.repository.sealed import open_secrets, seal_anew
from alert_service.schemas.routing import SHIPPED, PolicyBody
from alert_service.tables import ChannelRow, NotificationRow, PolicyRow, SilenceRow
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction
from shared.kit.sql import text
from shared.sealing import Seals

POLICY_LOCK = 7_007
"""Advisory lock: one writer of the policy at a time."""


class ChannelNotFoundError(DomainError):
    """No channel has that key."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "channel-not-found"
    title_zh: ClassVar = "没有这个渠道"
    title_en: ClassVar = "No such channel"


class SilenceNotFoundError(DomainError):
    """No silence has that id."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "silence-not-found"
    title_zh: ClassVar = "没有这个静默"
    title_en: ClassVar = "No such silence"


class Policies:
    """The policy that counts, read anew when there is another version."""

    def __init__(self) -> None:
        self._policy = SHIPPED.read(0)

    async def get(self, tx: Transaction) -> Policy:
        """Return the policy that counts."""
        version = await tx.session.scalar(select(func.max(PolicyRow.version))) or 0
        if version != self._policy.version:
            row = await get_policy(tx)
            assert row is not None
            self._policy = PolicyBody.model_validate(row.document).read(row.version)
        return self._policy


async def get_policy(tx: Transaction) -> PolicyRow | None:
    """Return the last version of the policy; None where nobody gave one."""
    query = select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1)
    return (await tx.session.scalars(query)).one_or_none()


async def lock_policy(tx: Transaction) -> int:
    """Keep other writers away until the transaction ends; return the version that there is."""
    await tx.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POLICY_LOCK})
    return await tx.session.scalar(select(func.max(PolicyRow.version))) or 0


async def share_policy(tx: Transaction) -> None:
    """Let nobody change the policy until the transaction ends."""
    await tx.session.execute(
        text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": POLICY_LOCK}
    )


async def list_channel_keys(tx: Transaction) -> list[str]:
    """Return the keys of all channels."""
    return list(await tx.session.scalars(select(ChannelRow.key).order_by(ChannelRow.key)))


async def enabled_channels(tx: Transaction) -> dict[str, Templates]:
    """Return how the channels that are on word their messages."""
    rows = await tx.session.execute(
        select(ChannelRow.key, ChannelRow.templates).where(ChannelRow.enabled)
    )
    return {row.key: Templates(**row.templates) for row in rows}


async def find_channel(tx: Transaction, key: str, *, lock: bool = False) -> ChannelRow | None:
    """Return the row of a channel, None where there is none."""
    return await tx.session.get(ChannelRow, key, with_for_update=lock or None)


async def get_channel(tx: Transaction, key: str, *, lock: bool = False) -> ChannelRow:
    """Return the row of a channel.

    Raises:
        ChannelNotFoundError: there is none.
    """
    row = await find_channel(tx, key, lock=lock)
    if row is None:
        raise ChannelNotFoundError(f"没有渠道 {key}", f"there is no channel {key}")
    return row


def read_channel(row: ChannelRow, seals: Seals | None) -> Channel:
    """Return the channel of a row, with its secrets."""
    return Channel(
        key=row.key,
        kind=Kind(row.kind),
        config=row.config,
        secrets=open_secrets(seals, row.key, row.secrets),
        templates=Templates(**row.templates),
    )


async def seal_channels(tx: Transaction, seals: Seals) -> list[str]:
    """Seal by the newest key what is not sealed by it; return the channels that were."""
    rows = await tx.session.scalars(select(ChannelRow).order_by(ChannelRow.key).with_for_update())
    found: list[str] = []
    for row in rows:
        anew = seal_anew(seals, row.key, row.secrets)
        if anew is not None:
            row.secrets = anew
            found.append(row.key)
    return found


async def count_waiting(tx: Transaction, key: str) -> int:
    """Return how many notifications of a channel are not sent yet."""
    query = select(func.count()).where(
        NotificationRow.channel == key, NotificationRow.state == "pending"
    )
    return await tx.session.scalar(query) or 0


async def get_silence(tx: Transaction, key: str) -> SilenceRow:
    """Return the row of a silence, locked.

    Raises:
        SilenceNotFoundError: there is none.
    """
    row = await tx.session.get(SilenceRow, key, with_for_update=True)
    if row is None:
        raise no_silence(key)
    return row


def no_silence(key: str) -> SilenceNotFoundError:
    """Return that there is no silence of an id."""
    return SilenceNotFoundError(f"没有静默 {key}", f"there is no silence {key}")


async def silences_at(tx: Transaction, at: datetime) -> list[Silence]:
    """Return the silences that may silence something at an instant."""
    rows = await tx.session.scalars(
        select(SilenceRow)
        .where(SilenceRow.starts_at <= at, SilenceRow.ends_at > at)
        .order_by(SilenceRow.id)
    )
    return [read_silence(row) for row in rows]


def read_silence(row: SilenceRow) -> Silence:
    """Return the silence of a row."""
    recurrence = None
    if row.rule and row.minutes:
        recurrence = Recurrence(rule=row.rule, minutes=row.minutes)
    return Silence(
        id=row.id,
        matchers=read_matchers(row.matchers),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        author=row.author,
        reason=row.reason,
        recurrence=recurrence,
    )


def read_matchers(documents: Sequence[Mapping[str, Any]]) -> list[Matcher]:
    """Return the matchers of documents."""
    return [Matcher(each["label"], each["op"], each["value"]) for each in documents]
