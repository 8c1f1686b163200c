"""Who holds a session, in which role he acts; list and end sessions."""

from collections.abc import Sequence
from uuid import UUID

from gateway.access.domain.credentials import digest
from gateway.access.domain.roles import EVERYWHERE, permissions_of
from gateway.access.schemas import HeldRole, Visitor
from gateway.identity.domain.secrets import new_session_id
from gateway.identity.repository import sessions
from gateway.identity.usecases.errors import RoleNotHeldError, UnknownSessionError
from gateway.roles.repository import held_by
from gateway.tables import AccountRow, SessionRow
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.database import Transaction
from shared.kit.identity import Caller, UnauthenticatedError

Acting = tuple[str, str | None]


async def meet(tx: Transaction, id_hash: bytes, *, awake: bool) -> Visitor | None:
    """Return who holds a session, with the roles that are his today; None when it ended.

    Args:
        awake: postpones its idle limit.
    """
    found = await sessions.live_session(tx, id_hash)
    if found is None:
        return None
    if awake:
        await sessions.touch_session(tx, id_hash)
    row, account = found
    return visitor_of(row, await roles_of(tx, row.subject, account, row.roles))


async def roles_of(
    tx: Transaction, subject: str, account: AccountRow | None, told: Sequence[str]
) -> tuple[HeldRole, ...]:
    """Return every role that is somebody's today, each once: as his own where it was lent, too.

    That somebody is a teacher or a student holds for himself; any other role of an account or of
    the campus login holds everywhere.

    Args:
        account: None: he has none.
        told: roles that the campus login told of.
    """
    key = subject.partition("/")[2]

    def where(role: str) -> str | None:
        return f"{role}/{key}" if role in {"teacher", "student"} else None

    held = [
        HeldRole(role=role, scope=where(role), origin="account")
        for role in (account.roles if account else ())
    ]
    held += [HeldRole(role=role, scope=where(role), origin="login") for role in told]
    held += await held_by(tx, subject)
    return tuple({(each.role, each.scope): each for each in reversed(held)}.values())[::-1]


def visitor_of(row: SessionRow, held: tuple[HeldRole, ...]) -> Visitor:
    """Return the visitor of a session: in the role he chose, as long as it is his, else in all."""
    acting: Acting | None = None
    if row.active_role and any(
        (each.role, each.scope) == (row.active_role, row.active_scope) for each in held
    ):
        acting = (row.active_role, row.active_scope)
    used = [each for each in held if acting is None or (each.role, each.scope) == acting]
    roles = frozenset(each.role for each in used)
    caller = Caller(
        subject=row.subject,
        roles=roles,
        scopes=permissions_of(roles),
        holds=frozenset((each.role, each.scope or EVERYWHERE) for each in used),
    )
    return Visitor(
        caller=caller,
        name=row.name,
        by="session",
        until=row.expires_at,
        held=held,
        acting=acting,
        session=row.id,
        provider=row.provider,
    )


async def switch_role(
    tx: Transaction, cookie: str, visitor: Visitor, wanted: Acting | None, who: Circumstances
) -> str:
    """Let a visitor act in one of his roles, or in all; return the session's new cookie.

    Raises:
        RoleNotHeldError: it is not one of his.
        UnauthenticatedError: the session has ended, or has another cookie already.
    """
    if wanted is not None and wanted not in {(each.role, each.scope) for each in visitor.held}:
        raise RoleNotHeldError(
            f"您没有角色 {wanted[0]}（{wanted[1] or '全校'}）",
            f"you do not hold {wanted[0]} for {wanted[1] or 'everywhere'}",
            fixes=["GET /api/gateway/v1/me 列出您的角色 (lists your roles)"],
        )
    fresh = new_session_id()
    if not await sessions.rotate(tx, digest(cookie), digest(fresh), wanted):
        raise UnauthenticatedError(
            "会话已结束，或刚刚切换过角色；请刷新页面",
            "the session has ended, or a role was just chosen: load the page again",
        )
    role, scope = wanted or ("*", None)
    detail = {"role": role, "scope": scope or "*"}
    await append(tx, who, [Deed(kind="role-switched", about=who.actor, detail=detail)])
    return fresh


async def sign_out(tx: Transaction, cookie: str, who: Circumstances) -> SessionRow | None:
    """End the session of a cookie and return it; nothing happens when it has ended."""
    gone = await sessions.end_by_cookie(tx, digest(cookie))
    if gone is not None:
        await append(tx, who.of(gone.subject), [Deed(kind="signed-out", about=gone.subject)])
    return gone


async def end_session(
    tx: Transaction, session: UUID, who: Circumstances, *, may_all: bool
) -> SessionRow:
    """End a session, of somebody else only by an administrator.

    Raises:
        UnknownSessionError: there is no such session, or it is not his.
    """
    gone = await sessions.end_one(tx, session, None if may_all else who.actor)
    if gone is None:
        raise UnknownSessionError(f"没有会话 {session}", f"no session {session}")
    await record_ended(tx, [gone], who, "ended")
    return gone


async def end_all(tx: Transaction, subject: str, who: Circumstances) -> Sequence[SessionRow]:
    """End every session of somebody."""
    gone = await sessions.end_all(tx, subject)
    await record_ended(tx, gone, who, "all ended")
    return gone


async def end_by_provider(
    tx: Transaction, provider: str, key: bytes | None, subject: bytes | None, who: Circumstances
) -> Sequence[SessionRow]:
    """End the sessions that the campus login ends (single logout)."""
    gone = await sessions.end_by_provider(tx, provider, key, subject)
    await record_ended(tx, gone, who, "single logout")
    return gone


async def record_ended(
    tx: Transaction, gone: Sequence[SessionRow], who: Circumstances, why: str
) -> None:
    """Record sessions that somebody ended."""
    deeds = [
        Deed(kind="session-ended", about=row.subject, detail={"session": str(row.id), "why": why})
        for row in gone
    ]
    if deeds:
        await append(tx, who, deeds)
