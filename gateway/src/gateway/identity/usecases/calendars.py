"""A person's own address for calendar programs: they can neither sign in nor send a key.

Whoever has the address reads the deadlines of one person, and nothing else. Source: our default.
"""

from dataclasses import replace
from typing import ClassVar, Final

from gateway.access.domain.credentials import digest
from gateway.access.domain.roles import EVERYWHERE, permissions_of
from gateway.access.schemas import Visitor
from gateway.identity.domain.secrets import new_calendar_token
from gateway.identity.repository import calendars
from gateway.identity.repository.accounts import account_of_subject
from gateway.identity.usecases.sessions import roles_of
from shared.errors import DomainError, ErrorKind
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.database import Transaction
from shared.kit.identity import Caller

SEES: Final = frozenset({"alert:read"})
"""All that such an address may be used for."""


class UnknownCalendarError(DomainError):
    """Nobody's calendar has this address, or not any more."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "calendar-unknown"
    title_zh: ClassVar = "没有这个日历地址"
    title_en: ClassVar = "No such calendar address"


async def give_address(tx: Transaction, who: Circumstances) -> str:
    """Return a new token of somebody's address; the one before ends."""
    token = new_calendar_token()
    await calendars.keep_address(tx, who.actor, digest(token))
    await append(tx, who, [Deed(kind="calendar-address-given", about=who.actor)])
    return token


async def end_address(tx: Transaction, who: Circumstances) -> None:
    """End somebody's address; nothing happens when there is none."""
    if await calendars.end_address(tx, who.actor):
        await append(tx, who, [Deed(kind="calendar-address-ended", about=who.actor)])


async def meet(tx: Transaction, token: str) -> Visitor:
    """Return whose calendar is asked for: with the roles that are his now, to read alerts alone.

    Raises:
        UnknownCalendarError: it is nobody's, or of somebody who has no role any more.
    """
    subject = await calendars.subject_of(tx, digest(token))
    held = await roles_of(tx, subject, await account_of_subject(tx, subject), ()) if subject else ()
    if subject is None or not held:
        raise UnknownCalendarError(
            "日历地址无效或已停用，在“账号”页重新生成",
            "this calendar address is not valid, or was ended; make another on your account page",
        )
    roles = frozenset(each.role for each in held)
    caller = Caller(
        subject=subject,
        roles=roles,
        scopes=permissions_of(roles),
        holds=frozenset((each.role, each.scope or EVERYWHERE) for each in held),
    )
    narrowed = replace(caller, scopes=frozenset(each for each in SEES if caller.may(each)))
    return Visitor(caller=narrowed, name=subject, by="token", until=None, held=held)
