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
from PIL import Image, ImageChops, ImageFilter

from report_service.domain.document.blocks import as_json, canonical
from report_service.domain.facts import Facts
from report_service.domain.kinds.composing import compose
from report_service.domain.kinds.registry import KINDS
from report_service.usecases.rendering.pdf import render_pdf

HERE = Path(__file__).parent / "pictures"
DOTS_AN_INCH = 50
FAR = 96
"""Of 255: how far a dot may be from the stored one, both a little blurred, before it is another."""

MOST_OTHERS = 0.004
"""Share of the dots of a page: another version of a font moves fewer, a lost line more."""


def drawn(document: dict[str, Any], folder: Path) -> list[Image.Image]:
    """Return the pages of a document as pictures in shades of grey."""
    (folder / "report.pdf").write_bytes(render_pdf(document))
    command = [str(shutil.which("pdftoppm")), "-r", str(DOTS_AN_INCH), "-gray", "-png"]
    subprocess.run(  # noqa: S603
        [*command, str(folder / "report.pdf"), str(folder / "page")], check=True, timeout=60
    )
    return [Image.open(each) for each in sorted(folder.glob("page*.png"))]


def others(page: Image.Image, stored: Image.Image) -> float:
    """Return the share of dots that are other ones."""
    soft = (each.filter(ImageFilter.BoxBlur(1)) for each in (page, stored))
    far = ImageChops.difference(*soft).point(lambda value: 255 if value > FAR else 0)
    return far.histogram()[255] / (page.width * page.height)


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
            page.quantize(16).save(HERE / f"{kind}-{at}.png", optimize=True)

    stored = sorted(HERE.glob(f"{kind}-*.png"))
    assert len(stored) == len(pages)
    for page, file in zip(pages, stored, strict=True):
        with Image.open(file) as picture:
            was = picture.convert("L")
        assert page.size == was.size
        assert others(page, was) <= MOST_OTHERS, f"{file.name}: make pictures, and look"
        # What is compared tells a page from one that lost a part.
        torn = page.copy()
        torn.paste(255, (0, page.height // 4, page.width, page.height // 3))
        assert others(torn, was) > MOST_OTHERS
