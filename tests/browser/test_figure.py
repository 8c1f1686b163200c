"""The figure-eight fits its frame: every word, in both languages, wherever the step stands."""

from typing import Any

import pytest
from playwright.async_api import Page

from gateway.portal.api.rendering import static_files
from gateway.portal.domain.figure import BIG_ORDER, FRAMES, ROUTINE, Lit, Shape, draw
from gateway.portal.domain.words import Language, Words

pytestmark = pytest.mark.needs("chromium")

CUT = """
    (all) => all.flatMap((svg) => {
        const frame = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.left < frame.left || box.right > frame.right || box.top < frame.top;
        }).map((text) => text.textContent);
    })
"""


def figures(language: Language, shape: Shape) -> str:
    words = Words(language)
    lit = [
        Lit(step=step, routine=routine, big_note="", small_note="", said="")
        for step, routine in zip(BIG_ORDER, ROUTINE * 4, strict=False)
    ]
    return "".join(draw(each, shape, words) for each in lit)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("shape", list(FRAMES))
async def test_no_word_of_the_figure_is_cut(page: Page, language: Any, shape: Any) -> None:
    width = {"tall": 390, "wide": 720}[shape]
    await page.set_viewport_size({"width": width, "height": 900})
    style = static_files()["portal.css"].content.decode()
    shown = f"<style>{style}.eight.{shape} {{ display: block; }}</style>"
    await page.set_content(f"{shown}<main>{figures(language, shape)}</main>")

    cut = await page.locator("svg").evaluate_all(CUT)

    assert await page.locator("svg text").count() > 140
    assert cut == []
