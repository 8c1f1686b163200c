"""Which path belongs to which service.

Source: contract "HTTP".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from gateway.proxy.domain.replicas import Replica, RetryBudget
from shared.errors import DomainError, ErrorKind

PREFIX: Final = "/api/"
OWN: Final = "gateway"

MOST_BYTES: Final = 4 * 1024**3
"""The file of a college's largest system, several times over."""


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
class Patience:
    """How long a service may be silent, seconds: until it begins to answer, and in between."""

    read: float = 60.0
    """What only reads; a statement ends after 30 s at the latest."""

    write: float = 300.0
    """Once it has the whole request: a large import takes minutes."""


@dataclass(frozen=True, slots=True)
class Route:
    """A service behind the gateway."""

    service: str
    replicas: tuple[Replica, ...]
    path: str
    """As it stands in metrics and logs: one name for all paths of the service."""

    patience: Patience = Patience()
    most_bytes: int = MOST_BYTES
    """Longest body of a request."""

    retries: RetryBudget = field(default_factory=RetryBudget)

    def replica(self, address: str) -> Replica | None:
        """Return one of its addresses."""
        return next((each for each in self.replicas if each.address == address), None)


def route(
    service: str, addresses: Sequence[str], *, known: Route | None = None, **more: Any
) -> Route:
    """Return a route.

    Args:
        addresses: ``http://127.0.0.1:8101``, one for each replica.
        known: the route that it replaces; addresses that stay keep what is known of them.
    """
    plain = [each.rstrip("/") for each in addresses]
    kept = {each.address: each for each in known.replicas} if known else {}
    replicas = tuple(kept.get(each) or Replica(each) for each in plain)
    return Route(service, replicas, f"{PREFIX}{service}/…", **more)


def routes_of(addresses: Mapping[str, str]) -> dict[str, Route]:
    """Return the route table by service name; replicas of a service stand between commas."""
    return {
        service: route(service, [each.strip() for each in written.split(",") if each.strip()])
        for service, written in addresses.items()
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
