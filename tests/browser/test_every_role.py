"""Every screen of the demonstration as every role, in both languages, at three widths.

Of a list also the first page that it leads to. A page is loaded once and shown at each width; axe
looks at it again only where a role is shown what none was before; how pages refuse is kept once.
``make browser-full`` keeps the pictures in ``pictures`` below ``--basetemp``: look at them.
"""

import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from gateway.access.domain.roles import PERMISSIONS, permissions_of
from gateway.portal.domain.navigation import GROUPS, Place
from helix8.embedded.ports import free_port
from helix8.home import Home
from helix8.state import load_state
from tests.browser.conftest import CHROMIUM, QUIET
from tests.browser.test_every_page import faults
from tests.conftest import HELIX8, Suite

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.long]

PLACES = [place for group in GROUPS for place in group.places]
WIDTHS = (390, 1280, 1920)
SECONDS_TO_LOAD = 900
TALL = 2_400
"""Pixels of a page that a picture shows."""

KINDS = "[...document.querySelectorAll('*')].map((e) => `${e.tagName} ${e.getAttribute('class')}`)"
EXAMINED: defaultdict[str, set[str]] = defaultdict(set)
"""By screen, the kinds of elements that axe has looked at."""

PASSWORD = "look at every screen"
WHO = {"teacher": "T043", "student": "20260002", "counsellor": "T012", "head_teacher": "T162"}
"""People of the demonstration to whom it gives no accounts; the other roles are held by others."""


@pytest.fixture(scope="module")
def college(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """The demonstration, as ``make run`` starts it, with all of its data."""
    data = ["--data", str(tmp_path_factory.mktemp("college") / "data")]
    command = [str(HELIX8), "up", "--demo", *data, "--port", str(free_port()), "--detach"]
    subprocess.run(command, check=True, timeout=600, capture_output=True)
    home = Home(Path(data[1]))
    state = load_state(home.state)
    assert state is not None
    end = time.monotonic() + SECONDS_TO_LOAD
    while not home.loaded.exists():
        assert time.monotonic() < end, "the data of the demonstration is not in yet"
        time.sleep(1)
    yield Suite(home=home, url=state.url)
    subprocess.run([str(HELIX8), "down", *data], check=True, timeout=60, capture_output=True)


@pytest_asyncio.fixture(params=sorted(PERMISSIONS))
async def somebody(
    request: pytest.FixtureRequest, college: Suite
) -> AsyncIterator[tuple[str, Page]]:
    """A role, and the page of somebody who holds it; the page complains of nothing."""
    role = request.param
    headers = {"origin": college.url}
    async with httpx.AsyncClient(base_url=college.url, headers=headers, trust_env=False) as client:
        form = {"login": "demo", "password": college.secret("demo-password")}
        (await client.post("/api/gateway/v1/sessions", json=form)).raise_for_status()
        login = f"as-{role.replace('_', '-')}"
        account = {"login": login, "password": PASSWORD, "roles": [role]}
        account |= {"subject": f"person/{WHO.get(role, 'X-' + role)}", "name": role}
        (await client.post("/api/gateway/v1/accounts", json=account)).raise_for_status()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await browser.new_context(locale="zh-CN", base_url=college.url)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(f"{page.url} {error}"))
        page.on("console", lambda said: complaints.append(f"{page.url} {said.text}"))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(college.url) else complaints.append(request.url)
            ),
        )
        await page.goto("/login")
        await page.fill("input[name=login]", login)
        await page.fill("input[name=password]", PASSWORD)
        await page.press("input[name=password]", "Enter")
        await page.wait_for_load_state()
        yield role, page
        await browser.close()
        # A browser notes a page that is refused.
        assert [each for each in complaints if "status of 403" not in each] == []


async def test_every_screen_is_whole_or_refused_for_every_role(
    somebody: tuple[str, Page], tmp_path_factory: pytest.TempPathFactory
) -> None:
    role, page = somebody
    folder = tmp_path_factory.getbasetemp() / "pictures" / role
    folder.mkdir(parents=True, exist_ok=True)
    may = permissions_of([role])
    wrong = {}
    for language in ("zh", "en"):
        await page.goto(f"/account?lang={language}")
        for place in PLACES:
            if place.needs is None or {"*", place.needs} & may:
                wrong |= await look(page, folder, place, language)
            else:
                wrong[language, place.path] = await refusal(page, folder, place.path, language)

    assert {where: found for where, found in wrong.items() if found} == {}


async def refusal(page: Page, folder: Path, path: str, language: str) -> list[str]:
    """Go to a page that is not for this role; return what is wrong, and keep how it refuses."""
    answer = await page.goto(path)
    assert answer is not None
    await page.screenshot(path=folder / f"refused-{language}.jpeg")
    return [] if answer.status == 403 else [f"is not refused: {answer.status}"]


async def look(
    page: Page, folder: Path, place: Place, language: str
) -> dict[tuple[str, str], list[str]]:
    """Keep the pictures of a screen and of the first page it leads to; return what is wrong."""
    name = place.path.strip("/").replace("/", "-") or "overview"
    wrong = {(language, place.path): await keep(page, place.path, folder / name, language)}
    below = [each.rstrip("/") for each in (place.path, place.also) if each.strip("/")]
    inside = ", ".join(
        f"main :not(.filters) > a[href^='{each}/']:not([href*='/_'])" for each in below
    )
    if inside and not place.is_open and (link := page.locator(inside)) and await link.count():
        path = str(await link.first.get_attribute("href"))
        wrong[language, path] = await keep(page, path, folder / f"{name}-first", language)
    return wrong


async def keep(page: Page, path: str, named: Path, language: str) -> list[str]:
    """Keep the pictures of a page; return what is wrong with it."""
    answer = await page.goto(path)
    assert answer is not None
    found = [] if answer.status == 200 else [str(answer.status)]
    found += await news(page, named.name) if language == "zh" else []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        wide, high = await page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        found += [f"wider than {width}"] if wide > width else []
        clip = {"x": 0, "y": 0, "width": width, "height": min(high, TALL)}
        picture = named.with_name(f"{named.name}-{width}-{language}.jpeg")
        await page.screenshot(path=picture, clip=clip, full_page=True, quality=80)  # type: ignore[arg-type]
    return found


async def news(page: Page, name: str) -> list[str]:
    """Return what axe finds wrong with a page; it looks at no kinds of elements twice."""
    kinds = set(await page.evaluate(KINDS))
    if kinds <= EXAMINED[name]:
        return []
    EXAMINED[name] |= kinds
    return await faults(page)
