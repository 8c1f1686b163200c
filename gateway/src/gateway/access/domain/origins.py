"""Whether one of our own pages sent a request (CSRF).

Source: design "Security"; OWASP, cross-site request forgery prevention.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LANDING: Final = "/home"
"""Leads to the page on which somebody begins."""


def from_own_page(headers: Mapping[str, str], own_origin: str) -> bool | None:
    """Return whether a page of this very origin sent the request; None when nothing says so.

    Browsers state it in ``Sec-Fetch-Site``, which no page can forge, and older ones in
    ``Origin``. A program that is no browser sends neither.

    Args:
        headers: lower-case names.
        own_origin: ``https://qa.example.edu.cn``; only host and port of it are compared when
            it has no scheme, because behind plain HTTP nobody knows the outside scheme.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is None:
        return None
    if "://" in own_origin:
        return origin == own_origin
    return urlsplit(origin).netloc == own_origin and bool(own_origin)


Network = IPv4Network | IPv6Network


def networks_of(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return networks written as CIDR; an address alone is a network of one.

    Raises:
        ValueError: one of them is none, or has bits beyond its mask.
    """
    return tuple(ip_network(each.strip()) for each in texts)


def lies_in(address: str, networks: Sequence[Network]) -> bool:
    """Return whether an address lies in one of the networks; what is no address lies in none."""
    try:
        known = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None)
    return any((mapped or known) in each for each in networks)


def client_address(peer: str, forwarded_for: Sequence[str], *, behind_proxy: bool) -> str:
    """Return whence a request came.

    Args:
        peer: address of the connection.
        forwarded_for: values of ``X-Forwarded-For``.
        behind_proxy: the peer is a proxy of ours. It appends the address that it saw; whatever
            stands before that is the client's own word.
    """
    told = ",".join(forwarded_for).rpartition(",")[2].strip()
    return told if behind_proxy and told else peer


def takes_gzip(accept_encoding: str) -> bool:
    """Return whether an ``Accept-Encoding`` takes gzip; silence takes nothing but what is plain."""
    for part in accept_encoding.lower().split(","):
        coding, _, more = part.partition(";")
        if coding.strip() == "gzip":
            return more.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def local_path(target: str) -> str:
    """Return ``target`` if it is a path on this host, else ``/`` (no open redirect)."""
    safe = (
        target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and all(" " < letter < "\x7f" for letter in target)
    )
    return target if safe else "/"


def landing(target: str) -> str:
    """Return where a sign-in leads: to what was asked for, else to one's own first page."""
    return LANDING if target == "/" else target
