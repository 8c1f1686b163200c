"""Questions to the running suite at the command line: the same operations as over REST."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from helix8.errors import StartError
from helix8.progress import say

SECONDS: Final = 30.0


class RefusedError(StartError):
    """It was asked for wrongly, or the suite refuses it."""


def open_client(url: str, key: str) -> httpx.Client:
    """Return what speaks to a gateway."""
    headers = {"authorization": f"Bearer {key}", "accept-language": "zh"}
    return httpx.Client(base_url=url, headers=headers, timeout=SECONDS, trust_env=False)


def send(client: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    """Return what the suite answers.

    Raises:
        RefusedError: it refuses, or does not answer; with its reasons.
    """
    return _ask(client, method, path, json=body)


def upload(client: httpx.Client, path: str, content: bytes, kind: str) -> Any:
    """Return what the suite answers to a file.

    Args:
        kind: its content type.

    Raises:
        RefusedError: as `send`.
    """
    return _ask(client, "POST", path, content=content, headers={"content-type": kind})


def _ask(client: httpx.Client, method: str, path: str, **more: Any) -> Any:
    try:
        answer = client.request(method, path, **more)
    except httpx.TransportError as error:
        raise RefusedError(say(f"网关没有应答：{error}", "the gateway does not answer")) from error
    document = answer.json()
    if answer.is_success:
        return document
    wrong: Mapping[str, Sequence[str]] = document["validationErrors"]
    reasons = [f"{place}: {'; '.join(each)}" for place, each in wrong.items()]
    raise RefusedError("\n".join([document["detail"], *reasons, *document["fixes"]]))
