"""Who acts, and what is done, as a request carries it with it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})

_TRACE: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

WRITE: Final = "write"
"""Kind of an entry that a transaction leaves because it changed something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Who acts, and how the request came."""

    actor: str
    by: str
    """``session``, ``key``, ``token``, ``certificate``; ``nobody`` before a sign-in; at a service
    ``gateway``, which knew him by one of these; ``event`` or ``job``: no request is at work."""

    role: str | None = None
    address: str = ""
    request: str = ""
    trace: str = ""

    def of(self, actor: str, by: str = "session") -> "Circumstances":
        """Return the same of somebody who has just made himself known."""
        return replace(self, actor=actor, by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done."""

    kind: str
    about: str
    method: str | None = None
    status: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    """Words that explain it; never a secret, never a value of a record."""


def trace_id(traceparent: str | None) -> str:
    """Return the id of the trace in a W3C ``traceparent``; empty where it is none."""
    found = _TRACE.fullmatch(traceparent or "")
    return found[1] if found else ""


@dataclass(slots=True, kw_only=True)
class Doing:
    """A request at work: filled as it becomes known who asks."""

    method: str
    path: str
    """As the caller of the gateway knows it."""

    request: str
    trace: str = ""
    actor: str = ""
    """Empty: nobody has shown a token yet."""

    act: str | None = None
    """The system that asks on behalf of the actor."""

    role: str | None = None

    @property
    def is_write(self) -> bool:
        """Whether what it changes is on record."""
        return self.method not in SAFE and bool(self.actor)

    def circumstances(self) -> Circumstances:
        """Return who acts, for an entry."""
        return Circumstances(
            actor=self.actor or "unknown",
            by="gateway",
            role=self.role,
            request=self.request,
            trace=self.trace,
        )

    def deed(self, kind: str, about: str = "", **detail: Any) -> Deed:
        """Return what is done, for an entry.

        Args:
            about: whom or what it is done to; the path of the request where not given.
        """
        told = detail | ({"act": self.act} if self.act else {})
        return Deed(kind=kind, about=about or self.path, method=self.method, detail=told)


_doing: ContextVar[Doing | None] = ContextVar("doing", default=None)
_job: ContextVar[str] = ContextVar("job", default="")


@contextmanager
def at_work(doing: Doing) -> Iterator[None]:
    """Let whatever the block calls know which request is at work."""
    token = _doing.set(doing)
    try:
        yield
    finally:
        _doing.reset(token)


def doing() -> Doing | None:
    """Return the request at work; None in jobs and consumers of events."""
    return _doing.get()


def name_job(name: str) -> None:
    """Let whatever this task and its children do be known as the work of a job."""
    _job.set(name)


def job_at_work() -> str:
    """Return the name of the job at work; empty where none has one."""
    return _job.get()


def doing_in(context: Context) -> Doing | None:
    """Return the request that a context was copied from."""
    return context.get(_doing)
