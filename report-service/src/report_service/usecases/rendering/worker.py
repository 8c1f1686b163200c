"""The process that makes files: ``python -m report_service.usecases.rendering.worker``.

It reads and answers in frames (see ``frames``). A head in is ``{document, formats, typst}``, behind
it the Word template; out, ``{files, missing}`` with the size of each file and the characters that
no font has, behind it the files; or ``{refused: {zh, en, fix}}``.
It is kept warm: fonts and templates are read once. Memory is limited here, time by whoever waits.
"""

import json
import resource
import sys
from typing import Any, BinaryIO, Final

from report_service.domain.document.blocks import canonical
from report_service.usecases.rendering.docx.filling import render_docx
from report_service.usecases.rendering.frames import PREFIX, packed, sizes
from report_service.usecases.rendering.html import render_html
from report_service.usecases.rendering.pdf import render_pdf
from report_service.usecases.rendering.refusing import TemplateRefusal

MAX_MEMORY: Final = 768 * 1024 * 1024
"""Bytes of data: fonts and the cache of the typesetter, and one report beside them."""


def main() -> None:
    """Make files until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    into, out = sys.stdin.buffer, sys.stdout.buffer
    while (wish := _next(into)) is not None:
        out.write(_made(*wish))
        out.flush()


def _next(into: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    prefix = into.read(PREFIX)
    if not prefix:
        return None
    head, tail = sizes(prefix)
    return json.loads(into.read(head)), into.read(tail)


def _made(wish: dict[str, Any], docx: bytes) -> bytes:
    missing: list[str] = []
    try:
        files = {each: _file(each, wish, docx or None, missing) for each in wish["formats"]}
        told = {name: len(each) for name, each in files.items()}
        return packed({"files": told, "missing": "".join(missing)}, b"".join(files.values()))
    except TemplateRefusal as refusal:
        return packed({"refused": {"zh": refusal.zh, "en": refusal.en, "fix": refusal.fix}})
    except MemoryError:
        return packed(
            {
                "refused": {
                    "zh": f"渲染用去的内存超过 {MAX_MEMORY >> 20} MiB",
                    "en": f"rendering took more than {MAX_MEMORY >> 20} MiB of memory",
                    "fix": "缩小模板中的图片 (make the pictures of the template smaller)",
                }
            }
        )


def _file(kind: str, wish: dict[str, Any], docx: bytes | None, missing: list[str]) -> bytes:
    document = wish["document"]
    match kind:
        case "pdf":
            return render_pdf(document, wish["typst"], missing)
        case "docx":
            return render_docx(document, docx)
        case "html":
            return render_html(document).encode()
        case _:
            return canonical(document).encode()


if __name__ == "__main__":
    main()
