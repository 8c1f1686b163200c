"""Whether one of our own pages sent a request (CSRF).

Source: design "Security"; OWASP, cross-site request forgery prevention.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


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


def client_address(peer: str, forwarded_for: Sequence[str], *, behind_proxy: bool) -> str:
    """Return whence a request came.

    Args:
        peer: address of the connection.
        forwarded_for: values of ``X-Forwarded-For``.
        behind_proxy: a proxy of ours stands before the gateway. It appends the address that it
            saw; whatever stands before that is the client's own word.
    """
    told = ",".join(forwarded_for).rpartition(",")[2].strip()
    return told if behind_proxy and told else peer


def local_path(target: str) -> str:
    """Return ``target`` if it is a path on this host, else ``/`` (no open redirect)."""
    safe = (
        target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and all(" " < letter < "\x7f" for letter in target)
    )
    return target if safe else "/"
