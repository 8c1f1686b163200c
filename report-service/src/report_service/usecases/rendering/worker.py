"""The process that makes files: ``python -m report_service.usecases.rendering.worker``.

It reads and answers in frames: four bytes of length, then MessagePack. A frame in is
``{document, formats, docx, typst}``; out, ``{files}`` by format, or ``{refused: {zh, en, fix}}``.
It is kept warm: fonts and templates are read once. Memory is limited here, time by whoever waits.
"""

import resource
import sys
from typing import Any, BinaryIO, Final

import msgspec

from report_service.domain.document.blocks import canonical
from report_service.usecases.rendering.docx.filling import render_docx
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
        body = msgspec.msgpack.encode(_made(wish))
        out.write(len(body).to_bytes(4, "big") + body)
        out.flush()


def _next(into: BinaryIO) -> Any:
    size = into.read(4)
    return msgspec.msgpack.decode(into.read(int.from_bytes(size, "big"))) if size else None


def _made(wish: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"files": {each: _file(each, wish) for each in wish["formats"]}}
    except TemplateRefusal as refusal:
        return {"refused": {"zh": refusal.zh, "en": refusal.en, "fix": refusal.fix}}
    except MemoryError:
        return {
            "refused": {
                "zh": f"渲染用去的内存超过 {MAX_MEMORY >> 20} MiB",
                "en": f"rendering took more than {MAX_MEMORY >> 20} MiB of memory",
                "fix": "缩小模板中的图片 (make the pictures of the template smaller)",
            }
        }


def _file(kind: str, wish: dict[str, Any]) -> bytes:
    document = wish["document"]
    match kind:
        case "pdf":
            return render_pdf(document, wish["typst"])
        case "docx":
            return render_docx(document, wish["docx"])
        case "html":
            return render_html(document).encode()
        case _:
            return canonical(document).encode()


if __name__ == "__main__":
    main()
