"""API keys of systems: made, rotated, revoked, met; and the tokens that they get."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from gateway.access.domain.credentials import ShownKey, certificate_digest, digest, read_key
from gateway.access.domain.origins import networks_of
from gateway.access.domain.roles import SYSTEM_SCOPES, is_scope
from gateway.access.schemas import Visitor
from gateway.identity.domain.secrets import TOKEN, new_key, new_token
from gateway.identity.repository import keys
from gateway.identity.schemas import KeyView, MadeKey, NewKey
from gateway.identity.usecases.errors import (
    CertificateTakenError,
    MalformedKeyError,
    UnknownKeyError,
)
from gateway.tables import ApiKeyRow
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.database import Transaction
from shared.kit.identity import Caller, NotAllowedError

DEMO_PER_MINUTE: Final = 10_000_000
"""The simulators of the demonstration send as fast as they can."""

By = Literal["key", "token", "certificate"]


async def meet_key(tx: Transaction, shown: ShownKey) -> Visitor | None:
    """Return who holds a key, and write down its use."""
    row = await keys.shown_key(tx, shown)
    return await _met(tx, row, "key")


async def meet_certificate(tx: Transaction, certificate: bytes) -> Visitor | None:
    """Return whose client certificate this is, and write down its key's use."""
    row = await keys.key_of_certificate(tx, certificate)
    return await _met(tx, row, "certificate")


async def meet_token(tx: Transaction, token: bytes) -> Visitor | None:
    """Return whose access token this is, with the permissions that both it and its key have."""
    found = await keys.key_of_token(tx, token)
    if found is None:
        return None
    row, given = found
    return await _met(tx, row, "token", frozenset(given.scopes))


async def make_key(tx: Transaction, new: NewKey, maker: Caller, who: Circumstances) -> MadeKey:
    """Store a new key and return it, for once with its secret.

    Raises:
        NotAllowedError: the maker would give away what he has not.
        CertificateTakenError: the certificate stands for another key.
    """
    _require_own(new.scopes, maker)
    key = new_key()
    row = await _put_key(tx, _row_of(key, new, maker.subject))
    detail = {"subject": row.subject, "scopes": " ".join(row.scopes)}
    await append(tx, who, [Deed(kind="key-made", about=f"key/{row.id}", detail=detail)])
    return _made(row, key)


async def rotate_key(
    tx: Transaction, key_id: str, overlap_hours: int, maker: Caller, who: Circumstances
) -> MadeKey:
    """Make the successor of a key, which goes on for some hours; a certificate moves at once.

    Raises:
        UnknownKeyError: there is no live key of that id.
        NotAllowedError: the maker would give away what he has not.
    """
    old = await keys.live_key(tx, key_id, locked=True)
    if old is None:
        raise UnknownKeyError(f"没有生效的密钥 {key_id}", f"no live key {key_id}")
    _require_own(old.scopes, maker)
    key = new_key()
    shown = read_key(key)
    assert shown is not None
    row = ApiKeyRow(
        id=shown.id,
        secret_hash=shown.secret_hash,
        name=old.name,
        subject=old.subject,
        scopes=old.scopes,
        created_by=who.actor,
        expires_at=old.expires_at,
        networks=old.networks,
        certificate=old.certificate,
        per_minute=old.per_minute,
        per_day=old.per_day,
        replaces=old.id,
    )
    until = await keys.let_expire(tx, old.id, overlap_hours)
    stored = await _put_key(tx, row)
    detail = {"replaces": old.id, "until": until.isoformat()}
    await append(tx, who, [Deed(kind="key-rotated", about=f"key/{row.id}", detail=detail)])
    return _made(stored, key)


async def revoke_key(tx: Transaction, key_id: str, who: Circumstances) -> None:
    """Revoke a key and its tokens.

    Raises:
        UnknownKeyError: there is no live key of that id.
    """
    if not await keys.revoke_key(tx, key_id):
        raise UnknownKeyError(f"没有生效的密钥 {key_id}", f"no live key {key_id}")
    await append(tx, who, [Deed(kind="key-revoked", about=f"key/{key_id}")])


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A token just given: the only time that it is known."""

    token: str
    seconds: int
    scopes: tuple[str, ...]


async def give_token(
    tx: Transaction, key: Visitor, wanted: Collection[str], who: Circumstances
) -> GivenToken | None:
    """Give a token for some of a key's permissions, or all; None for one that it has not."""
    caller = key.caller
    if not all(is_scope(scope) and caller.may(scope) for scope in wanted):
        return None
    scopes = tuple(sorted(set(wanted) or caller.scopes))
    token = new_token()
    assert key.key is not None
    await keys.add_token(tx, digest(token), key.key, scopes, TOKEN)
    detail = {"scopes": " ".join(scopes)}
    deed = Deed(kind="token-given", about=f"key/{key.key}", detail=detail)
    await append(tx, who.of(caller.subject, "key"), [deed])
    return GivenToken(token, int(TOKEN.total_seconds()), scopes)


async def ensure_demo_key(tx: Transaction, key: str) -> None:
    """Have this very key for the simulators of the demonstration."""
    wanted = NewKey(
        name="演示数据源",
        subject="system/demo",
        scopes=sorted(SYSTEM_SCOPES),
        per_minute=DEMO_PER_MINUTE,
    )
    await _put_key(tx, _row_of(key, wanted, "person/demo"))


def _require_own(scopes: Collection[str], maker: Caller) -> None:
    beyond = sorted(scope for scope in scopes if not maker.may(scope))
    if beyond:
        raise NotAllowedError(
            f"不能授予自己没有的权限：{', '.join(beyond)}",
            f"you cannot give what you have not: {', '.join(beyond)}",
        )


async def _met(
    tx: Transaction, row: ApiKeyRow | None, by: By, only: frozenset[str] | None = None
) -> Visitor | None:
    if row is None:
        return None
    await keys.touch_key(tx, row.id)
    caller = Caller(subject=row.subject, scopes=frozenset(row.scopes) if only is None else only)
    return Visitor(
        caller=caller,
        name=row.name,
        by=by,
        until=row.expires_at,
        key=row.id,
        networks=networks_of(row.networks),
        per_minute=row.per_minute,
        per_day=row.per_day,
    )


def _row_of(key: str, new: NewKey, maker: str) -> ApiKeyRow:
    shown = read_key(key)
    if shown is None:
        raise MalformedKeyError("密钥应写作 h8k_<id>_<secret>", "a key is h8k_<id>_<secret>")
    return ApiKeyRow(
        id=shown.id,
        secret_hash=shown.secret_hash,
        name=new.name,
        subject=new.subject,
        scopes=sorted(set(new.scopes)),
        created_by=maker,
        expires_at=new.expires_at,
        networks=[str(each) for each in networks_of(new.networks)],
        certificate=certificate_digest(new.certificate) if new.certificate else None,
        per_minute=new.per_minute,
        per_day=new.per_day,
    )


async def _put_key(tx: Transaction, row: ApiKeyRow) -> ApiKeyRow:
    stored = await keys.put_key(tx, row)
    if stored is None:
        raise CertificateTakenError(
            "这张证书已用于另一密钥，先轮换或吊销它",
            "the certificate stands for another key: rotate or revoke that first",
        )
    return stored


def _made(row: ApiKeyRow, key: str) -> MadeKey:
    view = KeyView.of(row)
    return MadeKey(**view.model_dump(), key=key)
