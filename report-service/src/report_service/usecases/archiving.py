"""Archives of batches, written as they are sent: a file at a time, the same bytes every time."""

from collections.abc import AsyncIterator, Iterable, Sequence
from csv import writer
from io import RawIOBase, StringIO
from typing import Any, Final
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from typing_extensions import override

from report_service.domain.orders import file_name, told_apart
from report_service.repository import orders
from shared.kit.database import Database

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
ERRORS: Final = "失败清单.csv"
_PACKED: Final = frozenset({"docx", "pdf"})
"""Formats that are compressed already."""

_PAGE: Final = 20
"""Files that are in memory at once."""


class Outlet(RawIOBase):
    """Where a zip is written that nobody can go back in; what was written is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._place = 0

    @override
    def writable(self) -> bool:
        """It is."""
        return True

    @override
    def write(self, part: Any) -> int:
        """Keep a part until it is taken."""
        self._parts.append(bytes(part))
        self._place += len(part)
        return len(part)

    @override
    def tell(self) -> int:
        """Return how much was written."""
        return self._place

    def take(self) -> bytes:
        """Return what was written since it was last taken."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


async def archive(database: Database, batch: UUID, folder: str | None) -> AsyncIterator[bytes]:
    """Yield the archive of a batch, or of one folder of it, with the list of what failed.

    Whoever takes it may pause for as long as he likes: no transaction is open while it is sent.

    Raises:
        BatchNotFoundError: the batch was deleted meanwhile.
    """
    outlet = Outlet()
    async with database.transaction() as tx:
        files = await orders.made_files(tx, batch, folder)
        failed = await orders.failures_of(tx, batch, folder)
    names = told_apart(
        f"{each.folder}/{file_name(each.scope, each.scope_name, each.title, each.format)}"
        for each in files
    )
    with ZipFile(outlet, "w") as zipped:
        for at in range(0, len(files), _PAGE):
            async with database.transaction() as tx:
                contents = await orders.contents_of(tx, files[at : at + _PAGE])
            for name, content in zip(names[at : at + _PAGE], contents, strict=True):
                add(zipped, name, content)
                yield outlet.take()
        if failed:
            add(zipped, ERRORS, _told(failed))
    yield outlet.take()


def add(zipped: ZipFile, name: str, content: bytes) -> None:
    """Add a file without a clock: the same content gives the same bytes."""
    info = ZipInfo(name, _EPOCH)
    info.compress_type = ZIP_STORED if name.rpartition(".")[2] in _PACKED else ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    zipped.writestr(info, content)


def _told(failed: list[Any]) -> bytes:
    """Return what failed as a table."""
    head = ["班级/部门", "对象", "代码", "原因", "reason"]
    rows = [[each.folder, each.scope, each.code, each.zh, each.en] for each in failed]
    return as_table([head, *rows])


def as_table(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as a table that Excel shows in Chinese, and in which it computes nothing."""
    made = StringIO()
    writer(made).writerows(map(_as_texts, rows))
    return made.getvalue().encode("utf-8-sig")


def _as_texts(row: Sequence[Any]) -> list[str]:
    told = ["" if each is None else str(each) for each in row]
    return [
        f"'{each}" if each.startswith(("=", "+", "-", "@", "\t", "\r")) else each for each in told
    ]
