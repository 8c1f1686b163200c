"""Storage of accounts, their second factors, and attempts to sign in."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.identity.domain.lockout import Attempts
from gateway.tables import AccountRow, SecondFactorRow, SignInAttemptRow
from shared.kit.database import Transaction


async def now(tx: Transaction) -> datetime:
    """Return the database's clock, at the start of the transaction."""
    moment: datetime = (await tx.session.execute(select(func.now()))).scalar_one()
    return moment


async def attempts_at(tx: Transaction, login_hash: bytes) -> Attempts:
    """Return what is remembered of a login, or of one from an address; locked until commit."""
    # One statement: between two, whoever gets in meanwhile would take the row away.
    kept = insert(SignInAttemptRow).values(login_hash=login_hash)
    row = (
        await tx.session.execute(
            kept.on_conflict_do_update(
                index_elements=[SignInAttemptRow.login_hash], set_={"login_hash": login_hash}
            ).returning(
                SignInAttemptRow.failures, SignInAttemptRow.last_at, SignInAttemptRow.locked_until
            )
        )
    ).one()
    return Attempts(failures=row.failures, last_at=row.last_at, locked_until=row.locked_until)


async def keep_attempts(tx: Transaction, login_hash: bytes, attempts: Attempts) -> None:
    """Store the count of a login (from an address)."""
    await tx.session.execute(
        update(SignInAttemptRow)
        .where(SignInAttemptRow.login_hash == login_hash)
        .values(
            failures=attempts.failures,
            last_at=attempts.last_at,
            locked_until=attempts.locked_until,
        )
    )


async def take_back_attempt(tx: Transaction, login_hash: bytes) -> None:
    """Count one attempt less: it was no failure."""
    await tx.session.execute(
        update(SignInAttemptRow)
        .where(SignInAttemptRow.login_hash == login_hash)
        .values(failures=SignInAttemptRow.failures - 1)
    )


async def forget_attempts(tx: Transaction, login_hash: bytes) -> None:
    """Drop the count of a login from an address: somebody got in."""
    await tx.session.execute(
        delete(SignInAttemptRow).where(SignInAttemptRow.login_hash == login_hash)
    )


async def account_of(tx: Transaction, login: str) -> AccountRow | None:
    """Return the account of a login that may sign in."""
    return (
        await tx.session.execute(
            select(AccountRow).where(AccountRow.login == login, AccountRow.disabled_at.is_(None))
        )
    ).scalar_one_or_none()


async def account_of_subject(tx: Transaction, subject: str) -> AccountRow | None:
    """Return the live account of a person."""
    return (
        await tx.session.execute(
            select(AccountRow).where(
                AccountRow.subject == subject, AccountRow.disabled_at.is_(None)
            )
        )
    ).scalar_one_or_none()


async def add_account(tx: Transaction, account: AccountRow) -> bool:
    """Store a new account; return False when its login or subject is taken."""
    made = await tx.session.execute(
        insert(AccountRow)
        .values(
            login=account.login,
            subject=account.subject,
            name=account.name,
            password_hash=account.password_hash,
            roles=account.roles,
        )
        .on_conflict_do_nothing()
        .returning(AccountRow.login)
    )
    return made.first() is not None


async def change_password(tx: Transaction, login: str, password_hash: str) -> None:
    """Store another password of an account."""
    await tx.session.execute(
        update(AccountRow).where(AccountRow.login == login).values(password_hash=password_hash)
    )


async def disable_account(tx: Transaction, login: str) -> str | None:
    """Let nobody sign in by an account any more; return whose it is, None where none is live."""
    return await tx.session.scalar(
        update(AccountRow)
        .where(AccountRow.login == login, AccountRow.disabled_at.is_(None))
        .values(disabled_at=func.now())
        .returning(AccountRow.subject)
    )


async def second_factor_of(tx: Transaction, login: str) -> SecondFactorRow | None:
    """Return the second factor of an account, locked until the end of the transaction."""
    return await tx.session.get(SecondFactorRow, login, with_for_update=True)


async def begin_second_factor(tx: Transaction, login: str, sealed_secret: bytes) -> None:
    """Store a secret of which no code was shown yet, instead of another such."""
    values: dict[str, Any] = {"sealed_secret": sealed_secret, "recovery": [], "last_step": 0}
    await tx.session.execute(
        insert(SecondFactorRow)
        .values(login=login, **values)
        .on_conflict_do_update(index_elements=[SecondFactorRow.login], set_=values)
    )


async def drop_second_factor(tx: Transaction, login: str) -> bool:
    """Delete a second factor; return False when there was none."""
    gone = await tx.session.execute(
        delete(SecondFactorRow)
        .where(SecondFactorRow.login == login)
        .returning(SecondFactorRow.login)
    )
    return gone.first() is not None


async def purge_attempts(tx: Transaction) -> None:
    """Delete attempts that no longer count."""
    await tx.session.execute(
        delete(SignInAttemptRow).where(SignInAttemptRow.last_at < func.now() - timedelta(hours=1))
    )
