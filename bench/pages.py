"""``portal.*``: the pages of the running suite, as a signed-in person asks for them."""

import shutil
import statistics
import time
from typing import Final

import httpx
from playwright.async_api import async_playwright

from bench.results import Figure
from helix8.home import Home
from helix8.state import SuiteState

PAGES: Final = (
    *("/", "/tasks", "/mine", "/inbox", "/map", "/chains", "/standards", "/plans", "/bindings"),
    *("/sheets", "/assessments", "/registers/bodies", "/cycles", "/corrections", "/reports"),
    *("/alerts", "/rules", "/data", "/quarantine", "/calendar", "/wall"),
    "/profiles?of=major/440301",
    "/trace?cell=attendance_rate|major/440301|term:2026-2027-1",
)
TIMES: Final = 20
PAINTS: Final = 7


async def pages(home: Home, state: SuiteState) -> list[Figure]:
    """Measure what the server takes for each page, and when the first one is seen."""
    password = home.vault().read("demo-password")
    seconds = await _server(state, password)
    ordered = {path: sorted(taken)[int(TIMES * 0.95) - 1] for path, taken in seconds.items()}
    worst = max(ordered, key=lambda path: ordered[path])
    middle = statistics.median(ordered.values())
    note = f"worst {worst}; of {len(PAGES)} pages the median p95 is {middle * 1000:.0f} ms"
    found = [Figure(id="portal.page", value=ordered[worst] * 1000, note=note)]
    if chromium := shutil.which("chromium"):
        paints = await _paints(state, password, chromium)
        note = f"the overview, median of {PAINTS} fresh browsers"
        found.append(Figure(id="portal.first_paint", value=statistics.median(paints), note=note))
    return found


async def _server(state: SuiteState, password: str) -> dict[str, list[float]]:
    headers = {"origin": state.url, "accept": "text/html"}
    async with httpx.AsyncClient(
        base_url=state.url, headers=headers, timeout=60, trust_env=False
    ) as client:
        who = {"login": "demo", "password": password}
        (await client.post("/api/gateway/v1/sessions", json=who)).raise_for_status()
        return {path: await _asked(client, path) for path in PAGES}


async def _asked(client: httpx.AsyncClient, path: str) -> list[float]:
    """Return the seconds of each time; the first two warm what is remembered."""
    seconds: list[float] = []
    for _ in range(TIMES + 2):
        started = time.perf_counter()
        (await client.get(path)).raise_for_status()
        seconds.append(time.perf_counter() - started)
    return seconds[2:]


async def _paints(state: SuiteState, password: str, chromium: str) -> list[float]:
    """Return the seconds to the first contentful paint of the overview."""
    script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    paints: list[float] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(PAINTS):
            context = await browser.new_context(base_url=state.url)
            page = await context.new_page()
            await page.goto("/login")
            await page.fill("input[name=login]", "demo")
            await page.fill("input[name=password]", password)
            await page.press("input[name=password]", "Enter")
            await page.wait_for_url(f"{state.url}/")
            # Not wait_for_function: the policy of the page lets no text be run as a script.
            while (painted := await page.evaluate(script)) is None:
                await page.wait_for_timeout(20)
            paints.append(float(painted) / 1000)
            await context.close()
        await browser.close()
    return paints
