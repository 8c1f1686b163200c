"""Who is told of alerts is decided: the policy, channels and silences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from pydantic import SecretStr

from alert_service.domain.channels import Kind
from alert_service.domain.silences import LONGEST, SilenceOverError, SilenceSpanError
from alert_service.repository import groups, notifications, policies
from alert_service.repository.sealed import seal_secrets
from alert_service.schemas.notifying import NEEDED, SECRETS, ChannelBody, SilenceBody
from alert_service.schemas.routing import PolicyBody
from alert_service.tables import ChannelRow, PolicyRow, SilenceRow
from shared.errors import DomainError, ErrorKind, UnknownReferenceError, no_such
from shared.kit.database import Transaction
from shared.kit.ids import uuid7
from shared.sealing import Seals

Precondition = Callable[[int | None], None]


class ChannelInUseError(DomainError):
    """The policy still names the channel."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "channel-in-use"
    title_zh: ClassVar = "渠道仍被通知策略使用"
    title_en: ClassVar = "The policy still names the channel"


class ChannelBodyError(DomainError):
    """A channel that cannot work."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "channel-body"
    title_zh: ClassVar = "渠道设置不完整"
    title_en: ClassVar = "The channel is not complete"


class NoSealError(DomainError):
    """There is nothing to seal a secret by."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "channel-secrets-key"
    title_zh: ClassVar = "没有封存渠道密钥的钥匙"
    title_en: ClassVar = "There is no key to seal the secrets of channels by"


@dataclass(frozen=True, slots=True)
class GivenChannel:
    """A channel as it is given, and what its secrets are sealed by."""

    body: ChannelBody
    seals: Seals | None


async def put_policy(
    tx: Transaction, body: PolicyBody, by: str, expect: Precondition, at: datetime
) -> int:
    """Let another policy count from now on; every open alert is routed anew; return its version.

    Raises:
        UnknownReferenceError: it names channels that there are none of.
    """
    version = await policies.lock_policy(tx)
    expect(version)
    there = await policies.list_channel_keys(tx)
    missing = {
        place: [no_such("渠道", "channel", key, there)]
        for key, place in body.channels().items()
        if key not in there
    }
    if missing:
        raise UnknownReferenceError(
            "通知策略引用了不存在的渠道",
            "the policy names channels that are not there",
            fields=missing,
        )
    tx.session.add(
        PolicyRow(
            version=version + 1,
            document=body.model_dump(mode="json", by_alias=True),
            made_by=by,
            made_at=at,
            note=body.note,
        )
    )
    await groups.note_open(tx)
    return version + 1


async def put_channel(
    tx: Transaction, key: str, given: GivenChannel, by: str, expect: Precondition, at: datetime
) -> bool:
    """Make a channel, or change it; a secret that is not given stays; return whether it is new.

    Raises:
        ChannelBodyError: a robot without its key; or it leads elsewhere, and a secret that was for
            where it led before is not given anew.
        NoSealError: a secret, and nothing to seal it by.
    """
    body = given.body
    await tx.take_turn(f"channel {key}")
    row = await policies.find_channel(tx, key, lock=True)
    expect(row.version if row else None)
    config, told = _split(body)
    kept = row.secrets if row and row.kind == body.settings.kind else {}
    if row and _leads_to(row.config) != _leads_to(config):
        _ask_anew(kept.keys() - told.keys())
    secrets = {**kept, **_sealed(given.seals, key, told)}
    needed = NEEDED.get(Kind(body.settings.kind))
    if needed and needed not in secrets:
        raise ChannelBodyError(
            f"{body.settings.kind} 须给 {needed}",
            f"{body.settings.kind} needs {needed}",
            fields={f"$.settings.{needed}": ["必填 (required)"]},
        )
    if row is None:
        row = ChannelRow(key=key, version=0, failures=0)
        tx.session.add(row)
    row.version += 1
    row.kind, row.name, row.enabled = body.settings.kind, body.name, body.enabled
    row.config, row.secrets = config, secrets
    row.templates = body.templates.model_dump()
    row.changed_by, row.changed_at = by, at
    row.failures, row.rests_until = 0, None
    return row.version == 1


def _leads_to(config: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return who gets the secrets of a channel, and how: scheme and host, or the mail server."""
    address = str(config.get("url") or config.get("base") or "")
    return ("/".join(address.split("/")[:3]), *map(config.get, ("host", "port", "security")))


def _ask_anew(secrets: set[str]) -> None:
    """Refuse to send secrets elsewhere that nobody can read: whoever knows them gives them."""
    if secrets:
        raise ChannelBodyError(
            "渠道改了地址，须重新给出密钥",
            "the channel leads elsewhere: give its secrets anew",
            fields={
                f"$.settings.{each}": ["地址已变，须重新给出 (give it anew)"]
                for each in sorted(secrets)
            },
        )


def _sealed(seals: Seals | None, key: str, told: Mapping[str, str]) -> dict[str, Any]:
    if not told:
        return {}
    if seals is None:
        raise NoSealError(
            "未配置 ALERT_SECRETS_KEY，不能保存渠道密钥",
            "ALERT_SECRETS_KEY is not configured: no secret of a channel can be kept",
            fields={f"$.settings.{each}": ["无法封存 (cannot be sealed)"] for each in told},
            fixes=["在密钥目录放 alert-secrets-key 并重启预警服务 (give the key, then restart)"],
        )
    return seal_secrets(seals, key, told)


def _split(body: ChannelBody) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what may be answered, and what may not."""
    values: Mapping[str, Any] = dict(body.settings)
    secrets = {
        name: value.get_secret_value()
        for name, value in values.items()
        if name in SECRETS and isinstance(value, SecretStr)
    }
    config = {name: each for name, each in values.items() if name not in SECRETS and name != "kind"}
    return config, secrets


async def drop_channel(tx: Transaction, key: str, expect: Precondition, at: datetime) -> None:
    """Remove a channel; what it still had to send is not sent, nor by one of the same key later.

    Raises:
        ChannelNotFoundError: there is none.
        ChannelInUseError: the policy names it.
    """
    await policies.lock_policy(tx)
    # Notifications before their channel, as whoever sends them locks both.
    await notifications.give_up(tx, key, at)
    row = await policies.get_channel(tx, key, lock=True)
    expect(row.version)
    last = await policies.get_policy(tx)
    named = PolicyBody.model_validate(last.document).channels() if last else {}
    if key in named:
        raise ChannelInUseError(
            f"通知策略 {named[key]} 仍使用渠道 {key}",
            f"{named[key]} of the policy still names the channel {key}",
            fixes=["先改通知策略 (change the policy first)"],
        )
    await tx.session.delete(row)


async def silence(tx: Transaction, body: SilenceBody, by: str, at: datetime) -> str:
    """Let nobody be told of some alerts for a time; return the silence's id.

    Raises:
        SilenceSpanError: it would be over already, or lasts too long.
    """
    starts_at = body.starts_at or at
    if body.ends_at <= at or body.ends_at - starts_at > LONGEST:
        raise SilenceSpanError(
            f"ends_at 须在将来，且不晚于开始后 {LONGEST.days} 天",
            "ends_at lies in the past, or too late",
            fields={
                "$.ends_at": [
                    f"须在将来、{LONGEST.days} 天之内 (in the future, within so many days)"
                ]
            },
        )
    row = SilenceRow(
        id=str(uuid7()),
        matchers=[each.model_dump() for each in body.matchers],
        starts_at=starts_at,
        ends_at=body.ends_at,
        rule=body.recurrence.rule if body.recurrence else None,
        minutes=body.recurrence.minutes if body.recurrence else None,
        author=by,
        reason=body.reason,
        made_at=at,
    )
    tx.session.add(row)
    await tx.session.flush()
    return row.id


async def expire_silence(tx: Transaction, key: str, by: str, at: datetime) -> None:
    """End a silence now; what it held back is told.

    Raises:
        SilenceNotFoundError: there is none.
        SilenceOverError: it has ended.
    """
    row = await policies.get_silence(tx, key)
    if row.ends_at <= at:
        raise SilenceOverError("静默已结束", "the silence is over")
    row.ends_at, row.expired_by = at, by
    row.starts_at = min(row.starts_at, at)
    await groups.wake_held_back(tx, [f"silence/{key}"], at)
