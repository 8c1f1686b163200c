"""The process that reads one workbook: ``python -m shared.workbooks.worker <layout>``.

The workbook is its standard input, a file. It answers in frames: four bytes of length, then JSON:
``{"header": […], "sheet": …}``, any number of ``{"block": …}``, ``{"end": true}``; or
``{"refused": {zh, en, fix}}``.
"""

import resource
import sys
from typing import Any, BinaryIO, Final

import msgspec

from shared.workbooks import sheet as sheets
from shared.workbooks import xls, xlsx
from shared.workbooks.guard import Refusal
from shared.workbooks.sheet import Layout, Sheet

MAX_MEMORY: Final = 232 * 1024 * 1024
"""Bytes of data: what the library lays out, and what is on its way to the service. With the program
itself the process stays below 256 MiB."""

READ_SECONDS: Final = 5
"""Of processor time, for making sense of the file; handing its rows out may take longer."""

TOTAL_SECONDS: Final = 120
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"


def main() -> None:
    """Read the workbook and say it."""
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (READ_SECONDS, TOTAL_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    layout = msgspec.json.decode(sys.argv[1], type=Layout)
    out = sys.stdout.buffer
    try:
        _say_sheet(out, _open(sys.stdin.buffer, layout), layout)
        _say(out, {"end": True})
    except Refusal as refusal:
        _say(out, {"refused": {"zh": refusal.zh, "en": refusal.en, "fix": refusal.fix}})


def _open(file: BinaryIO, layout: Layout) -> Sheet:
    mark = file.read(8)
    file.seek(0)
    if mark.startswith(_ZIP):
        return xlsx.read(file, layout.sheet)
    if mark.startswith(_OLE):
        return xls.read(file, layout.sheet, with_merges=layout.fill_merged)
    if mark.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise Refusal(
            "这是改名为表格的网页（HTML）",
            "it is a web page (HTML) under another name",
            Refusal.SAVE_AGAIN,
        )
    raise Refusal(
        "不是 .xlsx 或 .xls 工作簿",
        "it is neither an .xlsx nor an .xls workbook",
        "CSV 请用 Content-Type: text/csv (send CSV as text/csv)",
    )


def _say_sheet(out: BinaryIO, sheet: Sheet, layout: Layout) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (TOTAL_SECONDS, TOTAL_SECONDS))
    for part in sheets.cut(sheet, layout):
        if isinstance(part, list):
            _say(out, {"header": part, "sheet": sheet.name})
        else:
            _say(out, {"block": part})


def _say(out: BinaryIO, frame: Any) -> None:
    body = msgspec.json.encode(frame)
    out.write(len(body).to_bytes(4, "big") + body)
    out.flush()


if __name__ == "__main__":
    main()
