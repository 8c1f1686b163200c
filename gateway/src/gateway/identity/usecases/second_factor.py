"""One-time codes of an account: set up, confirmed by a first code, asked for, removed."""

import hashlib
from dataclasses import dataclass
from typing import Final

from gateway.identity.domain.codes import (
    address_of,
    fitting_step,
    letters_of,
    new_secret,
)
from gateway.identity.domain.secrets import recovery_code
from gateway.identity.repository import accounts
from gateway.identity.schemas import NewSecondFactor
from gateway.identity.usecases.errors import CodeNeededError, SecondFactorError, WrongCodeError
from gateway.tables import SecondFactorRow
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.clock import now
from shared.kit.database import Transaction
from shared.sealing import Seals

RECOVERY_CODES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The one-time code that somebody shows, and the keys by which secrets are sealed here."""

    code: str | None
    seals: Seals | None
    """None: the settings give none."""


async def begin(tx: Transaction, login: str, seals: Seals | None) -> NewSecondFactor:
    """Make a secret for an authenticator; it is asked for when a first code was shown.

    Raises:
        SecondFactorError: there is one already, or no key to seal it by.
    """
    if seals is None:
        raise SecondFactorError(
            "本系统没有配置动态口令（GATEWAY_TOTP_KEY）",
            "one-time codes are not configured here (GATEWAY_TOTP_KEY)",
        )
    present = await accounts.second_factor_of(tx, login)
    if present is not None and present.confirmed_at is not None:
        raise SecondFactorError(
            "已启用动态口令，先停用再重新绑定", "one-time codes are on: remove them first"
        )
    secret = new_secret()
    await accounts.begin_second_factor(tx, login, seals.seal(secret, login))
    return NewSecondFactor(secret=letters_of(secret), address=address_of(secret, login))


async def confirm(tx: Transaction, login: str, shown: Shown, who: Circumstances) -> list[str]:
    """Switch codes on by a first one; return the codes for a lost telephone, for once.

    Raises:
        SecondFactorError: none was begun, or it is on already.
        WrongCodeError: the code is wrong.
    """
    row = await accounts.second_factor_of(tx, login)
    if row is None or row.confirmed_at is not None:
        raise SecondFactorError(
            "没有待确认的动态口令，先申请密钥", "nothing to confirm: ask for a secret first"
        )
    _take(row, login, shown)
    codes = [recovery_code() for _ in range(RECOVERY_CODES)]
    row.recovery = [_digest(code) for code in codes]
    row.confirmed_at = now()
    await append(tx, who, [Deed(kind="second-factor-set", about=who.actor)])
    return codes


async def remove(tx: Transaction, login: str, shown: Shown, who: Circumstances) -> None:
    """Switch codes off, by a last one.

    Raises:
        SecondFactorError: they are not on.
        CodeNeededError: no code was shown.
        WrongCodeError: it is wrong.
    """
    row = await accounts.second_factor_of(tx, login)
    if row is None or row.confirmed_at is None:
        raise SecondFactorError("没有启用动态口令", "one-time codes are not on")
    await require(tx, login, shown)
    await accounts.drop_second_factor(tx, login)
    await append(tx, who, [Deed(kind="second-factor-removed", about=who.actor)])


async def reset(tx: Transaction, login: str, subject: str, who: Circumstances) -> None:
    """Switch the codes of somebody off who has lost everything.

    Raises:
        SecondFactorError: they are not on.
    """
    if not await accounts.drop_second_factor(tx, login):
        raise SecondFactorError("该账号没有启用动态口令", "the account has no one-time codes")
    await append(tx, who, [Deed(kind="second-factor-removed", about=subject)])


async def require(tx: Transaction, login: str, shown: Shown) -> None:
    """Take a code of an account that has them; nothing happens for one that has not.

    Raises:
        CodeNeededError: no code was shown.
        WrongCodeError: it is wrong, or was taken before.
    """
    row = await accounts.second_factor_of(tx, login)
    if row is None or row.confirmed_at is None:
        return
    if not shown.code:
        raise CodeNeededError(
            "请填写验证器上的六位动态口令，或一个备用码",
            "give the six digits of your authenticator, or a recovery code",
        )
    left = [each for each in row.recovery if each != _digest(shown.code)]
    if len(left) < len(row.recovery):
        row.recovery = left
    else:
        _take(row, login, shown)
    await tx.session.flush()


def _take(row: SecondFactorRow, login: str, shown: Shown) -> None:
    secret = shown.seals.open(row.sealed_secret, login) if shown.seals else None
    step = fitting_step(secret, shown.code or "", now(), row.last_step) if secret else None
    if step is None:
        raise WrongCodeError(
            "动态口令不正确、已过期或已用过", "the code is wrong, too old, or was used before"
        )
    row.last_step = step
    if secret and shown.seals and shown.seals.is_old(row.sealed_secret, login):
        row.sealed_secret = shown.seals.seal(secret, login)


def _digest(code: str) -> str:
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()
