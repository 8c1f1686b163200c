"""Pages look as they did when somebody looked at them: pictures of them lie beside this file.

``make pictures`` stores them anew; whoever does looks at each of them: Chinese glyphs present,
no table cut, charts right.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from report_service.domain.document.blocks import as_json, canonical
from report_service.domain.facts import Facts
from report_service.domain.kinds.composing import compose
from report_service.domain.kinds.registry import KINDS
from report_service.usecases.rendering.pdf import render_pdf

HERE = Path(__file__).parent / "pictures"
DOTS_AN_INCH = 50
BLOCK = 4
"""Dots of a side of what is compared: the ink in it, so that hair lines may move a little."""

FAR = 16
"""Of 255: from how much more or less ink on a block is another one."""

MOST_OTHERS = 0.005
"""Share of the blocks of a page: another version of a font moves fewer, a lost line more."""


def drawn(document: dict[str, Any], folder: Path) -> list[Image.Image]:
    """Return the pages of a document as pictures in shades of grey."""
    (folder / "report.pdf").write_bytes(render_pdf(document))
    command = [str(shutil.which("pdftoppm")), "-r", str(DOTS_AN_INCH), "-gray", "-png"]
    subprocess.run(  # noqa: S603
        [*command, str(folder / "report.pdf"), str(folder / "page")], check=True, timeout=60
    )
    return [Image.open(each).convert("L") for each in sorted(folder.glob("page*.png"))]


def others(page: Image.Image, stored: Image.Image) -> float:
    """Return the share of blocks that are other ones."""
    size = (page.width // BLOCK, page.height // BLOCK)
    both = [each.resize(size, Image.Resampling.BOX) for each in (page, stored)]
    shares = ImageChops.difference(*both).histogram()
    return sum(shares[FAR + 1 :]) / (size[0] * size[1])


def torn(page: Image.Image) -> Image.Image:
    """Return a page without the inch that holds most of its ink."""
    inked = [
        sum(page.crop((0, y, page.width, y + 1)).histogram()[:128]) for y in range(page.height)
    ]
    top = max(range(page.height - DOTS_AN_INCH), key=lambda y: sum(inked[y : y + DOTS_AN_INCH]))
    left = page.copy()
    left.paste(255, (0, top, page.width, top + DOTS_AN_INCH))
    return left


@pytest.mark.needs("pdftoppm")
@pytest.mark.parametrize("kind", ["self_diagnosis", "briefing"])
def test_pages_look_as_they_did(
    rich: Facts, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pages = drawn(json.loads(canonical(as_json(compose(KINDS[kind], rich)))), tmp_path)
    if request.config.getoption("--draw"):
        HERE.mkdir(exist_ok=True)
        for old in HERE.glob(f"{kind}-*.png"):
            old.unlink()
        for at, page in enumerate(pages, start=1):
            page.save(HERE / f"{kind}-{at}.png", optimize=True)

    stored = sorted(HERE.glob(f"{kind}-*.png"))
    assert len(stored) == len(pages)
    for page, file in zip(pages, stored, strict=True):
        with Image.open(file) as picture:
            was = picture.convert("L")
        assert page.size == was.size
        assert others(page, was) <= MOST_OTHERS, f"{file.name}: make pictures, and look"
        assert others(torn(page), was) > MOST_OTHERS
