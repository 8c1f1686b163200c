"""Whose records a caller may push: a source system pushes its own, whatever its key permits.

Source: contract "Permissions" (an integrator publishes its own system alone), here over HTTP.
"""

from typing import ClassVar

from datahub.ingest.domain.feed import Feed
from shared.errors import DomainError, ErrorKind


class ForeignSourceError(DomainError):
    """A source system pushes by the feed of another one."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "foreign-source"
    title_zh: ClassVar = "只能推送本系统的数据"
    title_en: ClassVar = "A system pushes its own records"


def check_source(system: str | None, feed: Feed) -> None:
    """Refuse a push by the feed of another system.

    Args:
        system: that pushes; None for a person, or for who may administer the hub.

    Raises:
        ForeignSourceError: the feed is of another system.
    """
    if system is None or system == feed.source:
        return
    raise ForeignSourceError(
        f"密钥属于 {system}，数据源约定 {feed.id} 属于 {feed.source}",
        f"the key is of {system}, feed {feed.id} is of {feed.source}",
        fixes=[
            (
                f"用 system/{feed.source} 的密钥，或 source={system}"
                f" (use a key of system/{feed.source}, or source={system})"
            )
        ],
    )
