"""Where pulls read from. Each yields pages: rows, and the position behind them.

``sql``     foreign databases
``http``    web services that answer JSON
``guarded`` connections to checked addresses only
``folder``  watched folders
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from datahub.ingest.domain.reading import Chunk
from shared.errors import DomainError, ErrorKind


class SourceFailedError(DomainError):
    """The source did not answer, or not as the pull says that it does."""

    kind: ClassVar = ErrorKind.UNAVAILABLE
    code: ClassVar = "source-failed"
    title_zh: ClassVar = "数据源未能给出数据"
    title_en: ClassVar = "The source did not give its data"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a source, and how far it has been read with them."""

    chunk: Chunk
    position: Mapping[str, Any] | None
