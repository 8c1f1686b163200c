"""Open a session for whom a campus login vouches, and end those that it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.access.domain.credentials import digest
from gateway.campus.domain.people import Person, Reading, person_of
from gateway.campus.schemas import CasProvider, Claimed, OidcProvider
from gateway.identity.repository.sessions import Entry
from gateway.identity.usecases import sessions
from gateway.identity.usecases.errors import NoRoleError
from gateway.identity.usecases.signing_in import OpenedSession, open_session
from gateway.tables import SessionRow
from shared.kit.audit.deeds import Circumstances, Deed
from shared.kit.audit.rows import append
from shared.kit.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Browser:
    """The browser that somebody signs in with."""

    who: Circumstances
    agent: str


async def enter(
    database: Database, provider: CasProvider | OidcProvider, claimed: Claimed, browser: Browser
) -> OpenedSession:
    """Open a session for somebody whom a campus login vouches for.

    Raises:
        NotAPersonError: it does not say who he is here.
        NoRoleError: no role of his is known here.
    """
    person = person_of(claimed.user, claimed.attributes, _reading(provider))
    async with database.transaction() as tx:
        held = await sessions.roles_of(tx, person.subject, None, person.roles)
        if held:
            return await open_session(tx, _entry(provider, claimed, person, browser), browser.who)
        deed = Deed(
            kind="sign-in-refused",
            about=person.subject,
            detail={"why": NoRoleError.code, "by": provider.id},
        )
        await append(tx, browser.who, [deed])
    key = person.subject.removeprefix("person/")
    raise NoRoleError(
        f"您已通过统一身份认证（{person.name}，{key}），但本系统中还没有您的角色；请联系质量办",
        f"the campus login knows you ({key}), but no role of yours is known here yet;"
        " ask the quality office",
    )


async def end_by_ticket(
    tx: Transaction, provider: str, ticket: str, who: Circumstances
) -> Sequence[SessionRow]:
    """End the session that a ticket opened; a ticket that opened none ends none."""
    key = digest(f"{provider}\n{ticket}")
    return await sessions.end_by_provider(tx, provider, key, None, who)


async def end_by_token(
    tx: Transaction, provider: str, ended: tuple[str | None, str | None], who: Circumstances
) -> Sequence[SessionRow]:
    """End the session of a ``sid``; without one, all sessions of a ``sub``."""
    sid, sub = ended
    key = digest(f"{provider}\n{sid}") if sid else None
    subject = digest(f"{provider}\n{sub}") if sub and not sid else None
    return await sessions.end_by_provider(tx, provider, key, subject, who)


def _entry(
    provider: CasProvider | OidcProvider, claimed: Claimed, person: Person, browser: Browser
) -> Entry:
    return Entry(
        subject=person.subject,
        name=person.name,
        roles=person.roles,
        provider=provider.id,
        provider_key=digest(f"{provider.id}\n{claimed.key}") if claimed.key else None,
        provider_subject=digest(f"{provider.id}\n{claimed.user}"),
        logout_hint=claimed.id_token,
        address=browser.who.address,
        agent=browser.agent,
    )


def _reading(provider: CasProvider | OidcProvider) -> Reading:
    return Reading(
        person=provider.person,
        person_pattern=provider.person_pattern,
        name=provider.name,
        role=provider.role,
        roles=provider.roles,
    )
