"""What a zip may hold before anybody unpacks it, and which of a sheet's cells are errors.

The directory at the end of a zip is read first: how many parts, how large, how dense, encrypted
or not. It may lie, so the parts that will be read are unpacked once with a counter, and looked
through for document types (the door to external entities). Source: design "Security".
"""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, ClassVar, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from shared.workbooks.cells import UNCALCULATED

MAX_UNPACKED: Final = 100 * 1024 * 1024
MAX_RATIO: Final = 100
MAX_PARTS: Final = 2_000
_RATIO_FROM: Final = 1024 * 1024
"""Bytes below which a part may be as dense as it likes: a small one harms nobody."""

_PIECE: Final = 256 * 1024
_ENCRYPTED: Final = 0x1
_LOCAL_HEADER: Final = 30
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_DOCTYPE: Final = b"<!DOCTYPE"

_ERROR: Final = re.compile(rb"""<(?:\w+:)?c\b([^>]*)\bt=["']e["']([^>]*)>""")
_EMPTY_FORMULA: Final = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_VALUE: Final = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
_PLACE: Final = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_FAR: Final = re.compile(rb' r="([A-Z]*)([0-9]*)"')
_LONG: Final = re.compile(rb' r="[^"]{8}')
"""References are shorter, but beyond row 999,999 and where they are impossible."""

_CELL_OR_ROW: Final = re.compile(rb"<(?:\w+:)?(?:c|row)\s")
MAX_SHEET_ROWS: Final = 1_048_576
MAX_LETTERS: Final = 3
_TEXT_RESULT: Final = re.compile(rb"""\bt=["']str["']""")


class Refusal(Exception):  # noqa: N818 — an answer, not a failure
    """A workbook that is not read, and what its sender can do.

    Args:
        zh: why, in Chinese.
        en: the same in English.
        fix: what to do about it.
    """

    SAVE_AGAIN: ClassVar = "用 Excel 或 WPS 打开后另存为 .xlsx (open it and save it as .xlsx again)"
    AS_CSV: ClassVar = "另存为 CSV 上传，或拆成几个文件 (save it as CSV, or split it)"

    def __init__(self, zh: str, en: str, fix: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.fix = fix


def open_zip(file: BinaryIO) -> ZipFile:
    """Open a workbook's zip whose directory promises nothing outrageous."""
    try:
        zipped = ZipFile(file)
    except (BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Refusal(
            f"压缩包已损坏：{error}", f"the zip is damaged: {error}", Refusal.SAVE_AGAIN
        ) from error
    parts = zipped.infolist()
    names = {part.filename for part in parts}
    if len(parts) > MAX_PARTS or len(names) < len(parts):
        raise Refusal(
            f"压缩包有 {len(parts)} 个部件，上限 {MAX_PARTS}，且不得重名",
            f"the zip holds {len(parts)} parts, more than {MAX_PARTS}, or two of one name",
            Refusal.SAVE_AGAIN,
        )
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise _too_large()
    for part in parts:
        _check(part)
    return zipped


def _check(part: ZipInfo) -> None:
    if part.flag_bits & _ENCRYPTED:
        raise Refusal(
            "压缩包已加密", "the zip is encrypted", "去掉密码后上传 (remove the password)"
        )
    if part.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        raise Refusal(
            f"部件 {part.filename[:80]} 的压缩方式不受支持",
            f"the part {part.filename[:80]} is compressed in an unknown way",
            Refusal.SAVE_AGAIN,
        )
    if part.file_size > _RATIO_FROM and part.file_size > MAX_RATIO * part.compress_size:
        raise Refusal(
            f"部件 {part.filename[:80]} 的压缩比超过 {MAX_RATIO}（疑似压缩炸弹）",
            f"the part {part.filename[:80]} unpacks to more than {MAX_RATIO} times its size",
            Refusal.AS_CSV,
        )


def _too_large() -> Refusal:
    return Refusal(
        f"解压后超过 {MAX_UNPACKED >> 20} MiB",
        f"it unpacks to more than {MAX_UNPACKED >> 20} MiB",
        Refusal.AS_CSV,
    )


def check_parts(zipped: ZipFile, file: BinaryIO) -> None:
    """Unpack every part of XML once, without keeping it; refuse one that says or is too much."""
    for part in zipped.infolist():
        if part.filename.lower().endswith((".xml", ".rels")):
            for _ in unpacked(part, file):
                pass


def unpacked(part: ZipInfo, file: BinaryIO) -> Iterator[bytes]:
    """Yield a part piece by piece; what is larger than the directory says is refused."""
    size = 0
    before = b""
    for piece in _inflated(part, file):
        if size == 0 and piece.startswith(_WIDE):
            raise Refusal("部件为 UTF-16 编码", "a part is encoded in UTF-16", Refusal.SAVE_AGAIN)
        size += len(piece)
        if size > part.file_size:
            raise Refusal(
                f"部件 {part.filename[:80]} 比目录所说的大（疑似压缩炸弹）",
                f"the part {part.filename[:80]} is larger than the directory says",
                Refusal.SAVE_AGAIN,
            )
        if _DOCTYPE in before + piece:
            raise Refusal(
                "含文档类型声明（DOCTYPE），可能引用外部实体",
                "it declares a document type, which may name external entities",
                Refusal.SAVE_AGAIN,
            )
        yield piece
        before = piece[-len(_DOCTYPE) :]


def _inflated(part: ZipInfo, file: BinaryIO) -> Iterator[bytes]:
    """Unpack by zlib itself: the library would stop where the directory says, and not tell."""
    file.seek(part.header_offset)
    header = file.read(_LOCAL_HEADER)
    skip = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    file.seek(skip, 1)
    left = part.compress_size
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while left and (packed := file.read(min(_PIECE, left))):
            left -= len(packed)
            if part.compress_type == ZIP_STORED:
                yield packed
                continue
            while packed:
                yield inflate.decompress(packed, _PIECE)
                packed = inflate.unconsumed_tail
    except zlib.error as error:
        raise Refusal(
            f"部件 {part.filename[:80]} 已损坏：{error}",
            f"the part {part.filename[:80]} is damaged: {error}",
            Refusal.SAVE_AGAIN,
        ) from error


def error_cells(part: ZipInfo, file: BinaryIO) -> dict[tuple[int, int], str]:
    """Return the cells of a sheet that show an error, by row and column from 0.

    calamine reads them as empty, and so it reads a formula whose result was never stored.
    """
    sheet = b"".join(unpacked(part, file))
    _check_places(sheet)
    found: dict[tuple[int, int], str] = {}
    for match in _ERROR.finditer(sheet):
        value = _VALUE.search(sheet, match.end(), match.end() + 20_000)
        shown = value[1].decode("ascii", "replace") if value else UNCALCULATED
        found[_place(match[1] + b" " + match[2])] = shown
    if b"<f" in sheet or b":f" in sheet:
        for match in _EMPTY_FORMULA.finditer(sheet):
            if not _TEXT_RESULT.search(match[1]):
                found.setdefault(_place(match[1]), UNCALCULATED)
    return found


def _check_places(sheet: bytes) -> None:
    """Refuse a cell or row beyond the end of any sheet: its number would be cut off, or laid out.

    Text may hold what looks like a reference; a tag begins with the last ``<`` before it.
    """
    for match in _LONG.finditer(sheet):
        place = _FAR.match(sheet, match.start())
        is_place = _CELL_OR_ROW.match(sheet, sheet.rfind(b"<", 0, match.start()))
        if place is None or not is_place:
            continue
        letters, digits = place.groups()
        if len(letters) > MAX_LETTERS or int(digits[:20] or b"0") > MAX_SHEET_ROWS:
            shown = (letters + digits)[:40].decode()
            raise Refusal(
                f"单元格或行 {shown} 不可能存在：工作表至多 {MAX_SHEET_ROWS} 行，列号至多三个字母",
                f"there can be no cell or row {shown}: a sheet ends at row {MAX_SHEET_ROWS}",
                Refusal.SAVE_AGAIN,
            )


def _place(attributes: bytes) -> tuple[int, int]:
    match = _PLACE.search(attributes)
    if match is None:
        raise Refusal(
            "出错的单元格没有位置", "a cell with an error has no reference", Refusal.SAVE_AGAIN
        )
    column = 0
    for letter in match[1]:
        column = column * 26 + letter - ord("A") + 1
    return int(match[2]) - 1, column - 1
