"""The documents of CAS: what it answers to a ticket, and how it ends a session.

Source: CAS Protocol 3.0 §2.5, §2.3.3 (single logout). They are read by a parser that takes no
entities and no document types.
"""

import re
from typing import Any, ClassVar, Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from shared.errors import DomainError, ErrorKind

CAS: Final = "{http://www.yale.edu/tp/cas}"
SAML: Final = "{urn:oasis:names:tc:SAML:2.0:protocol}"
TICKET: Final = re.compile(r"ST-[A-Za-z0-9._-]{8,250}")
LONGEST: Final = 100_000
"""Characters of a document."""


class RefusedTicketError(DomainError):
    """CAS does not know the ticket: it is forged, old, used, or for another service."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "ticket-refused"
    title_zh: ClassVar = "登录票据无效"
    title_en: ClassVar = "The ticket is not valid"


class StrangeAnswerError(DomainError):
    """The campus login answers what its protocol does not know."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "login-strange"
    title_zh: ClassVar = "统一身份认证应答异常"
    title_en: ClassVar = "A strange answer of the campus login"


def read_validation(text: str) -> tuple[str, dict[str, Any]]:
    """Return user and attributes of a validated ticket.

    Raises:
        RefusedTicketError: CAS refuses the ticket.
        StrangeAnswerError: it is no answer of CAS.
    """
    root = _parse(text)
    success = root.find(f"{CAS}authenticationSuccess") if root is not None else None
    if success is None:
        failure = root.find(f"{CAS}authenticationFailure") if root is not None else None
        if failure is None:
            raise strange()
        raise RefusedTicketError(
            "票据无效、已用过、已过期或属于别的系统；请重新登录",
            "the ticket is forged, used, too old, or for another system; sign in again",
        )
    user = (success.findtext(f"{CAS}user") or "").strip()
    if not user:
        raise strange()
    attributes: dict[str, Any] = {}
    for each in success.find(f"{CAS}attributes") or ():
        name, value = each.tag.removeprefix(CAS), (each.text or "").strip()
        attributes.setdefault(name, []).append(value)
    return user, attributes


def ended_ticket(text: str) -> str | None:
    """Return the ticket whose session a logout request ends; None when it is none."""
    root = _parse(text)
    if root is None or root.tag != f"{SAML}LogoutRequest":
        return None
    index = (root.findtext(f"{SAML}SessionIndex") or "").strip()
    return index if TICKET.fullmatch(index) else None


def strange() -> StrangeAnswerError:
    """Return the refusal of an answer that is none."""
    return StrangeAnswerError(
        "统一身份认证的应答无法读取，请稍后重试", "the campus login answers what nobody can read"
    )


def _parse(text: str) -> Any:
    if len(text) > LONGEST:
        return None
    try:
        return fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
