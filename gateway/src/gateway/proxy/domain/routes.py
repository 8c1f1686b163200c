"""Which path belongs to which service.

Source: contract "HTTP".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind

PREFIX: Final = "/api/"
OWN: Final = "gateway"


class UnknownServiceError(DomainError):
    """The path names no service."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "unknown-service"
    title_zh: ClassVar = "没有这个服务"
    title_en: ClassVar = "No such service"


class BadPathError(DomainError):
    """The path could mean another one to the service than to the gateway."""

    kind: ClassVar = ErrorKind.MALFORMED
    code: ClassVar = "bad-path"
    title_zh: ClassVar = "路径不合法"
    title_en: ClassVar = "Bad path"


@dataclass(frozen=True, slots=True)
class Route:
    """A service behind the gateway."""

    service: str
    address: str
    """``http://127.0.0.1:8101``, no path."""

    path: str
    """As it stands in metrics and logs: one name for all paths of the service."""


def routes_of(addresses: Mapping[str, str]) -> dict[str, Route]:
    """Return the route table by service name."""
    return {
        service: Route(service, address.rstrip("/"), f"{PREFIX}{service}/…")
        for service, address in addresses.items()
    }


def is_proxied(path: str) -> bool:
    """Return whether a path is a service's, not the gateway's own."""
    own = (f"{PREFIX}{OWN}/", f"{PREFIX}openapi.json")
    return path.startswith(PREFIX) and not path.startswith(own)


def split_path(raw_path: bytes) -> tuple[str, str]:
    """Return service and path inside it, percent-encoding untouched.

    ``/api/datahub/v1/records/course/A%2FB`` → ``datahub``, ``/v1/records/course/A%2FB``.

    Raises:
        BadPathError: bytes beyond ASCII, dot segments in any spelling, a backslash or ``#``.
        UnknownServiceError: it does not continue with ``/v1/``.
    """
    if not raw_path.isascii() or any(sign in raw_path for sign in (b"\\", b"#", b"\0", b"?")):
        raise BadPathError("路径含有不允许的字符", "the path holds characters that are not allowed")
    path = raw_path.decode()
    lowered = path.lower().replace("%2e", ".").replace("%5c", "/").replace("%2f", "/")
    if any(part in {".", ".."} for part in lowered.split("/")) or "%00" in lowered:
        raise BadPathError("路径含有 . 或 .. 段", "the path holds dot segments")
    service, slash, rest = path.removeprefix(PREFIX).partition("/")
    if not slash or not rest.startswith("v1/"):
        raise UnknownServiceError(
            f"没有 {service!r} 的这个版本；路径应为 /api/<service>/v1/…",
            "a path is /api/<service>/v1/…",
        )
    return service, f"/{rest}"
