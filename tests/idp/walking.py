"""A browser without a screen: follows links, fills in forms of the gateway and a campus login."""

import html
import re
from urllib.parse import urljoin

import httpx

from tests.idp import PASSWORD

INPUT = re.compile(r"<input\b[^>]*>")
PAGE = {"accept": "text/html,*/*"}


def browser() -> httpx.AsyncClient:
    """A browser that has been nowhere yet."""
    return httpx.AsyncClient(timeout=30, follow_redirects=False, headers=PAGE, trust_env=False)


async def follow(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    """Follow redirects until a page comes."""
    while answer.is_redirect:
        answer = await client.get(urljoin(str(answer.request.url), answer.headers["location"]))
    return answer


async def go(client: httpx.AsyncClient, url: str) -> httpx.Response:
    """Open a page."""
    return await follow(client, await client.get(url))


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


async def send_form(
    client: httpx.AsyncClient, page: httpx.Response, fields: dict[str, str]
) -> httpx.Response:
    """Fill in the one form of a page and send it; do not follow where that leads."""
    hidden = {
        attribute(tag, "name"): attribute(tag, "value")
        for tag in INPUT.findall(page.text)
        if 'type="hidden"' in tag
    }
    url = str(page.request.url)
    return await client.post(url, data={**hidden, **fields}, headers={"referer": url})


async def way_back(client: httpx.AsyncClient, gateway: str, path: str, user: str = "zhang") -> str:
    """Sign in at the campus login; return the address that it sends the browser back to."""
    page = await go(client, f"{gateway}{path}")
    answer = await send_form(client, page, {"username": user, "password": PASSWORD})
    while not (there := answer.headers.get("location", "")).startswith(gateway):
        assert answer.is_redirect, (answer.status_code, answer.text[:2000])
        answer = await client.get(urljoin(str(answer.request.url), there))
    return there


async def sign_in(
    client: httpx.AsyncClient, gateway: str, path: str, user: str = "zhang"
) -> httpx.Response:
    """Sign in at the campus login, and come back."""
    return await client.get(await way_back(client, gateway, path, user))
