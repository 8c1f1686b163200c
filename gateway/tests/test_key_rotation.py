"""The key of the internal token is another one from one second to the next, and nobody notices."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from helix8.keys import SIGNING_KEYS, rotate_signing_keys

URL = "/api/datahub/v1/count"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory, signing_key: str) -> Path:
    file = tmp_path_factory.mktemp("keys") / SIGNING_KEYS
    file.write_text(signing_key, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def more_settings(keys: Path) -> Callable[[str], dict[str, str]]:
    return lambda _url: {"GATEWAY_SIGNING_KEY_FILE": str(keys)}


def kid_of(gateway: Any) -> str:
    """Return by which key the last token that a service saw was signed."""
    token = gateway.services["datahub"].seen[-1].headers["authorization"].split()[1]
    head = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def spoil(keys: Path, nonsense: str | None) -> None:
    """Write nonsense; None: let nobody read it."""
    if nonsense is None:
        keys.unlink()
        keys.mkdir()
    else:
        keys.write_text(nonsense, encoding="utf-8")


def mend(keys: Path, whole: str) -> None:
    """Write the set in place of what nobody could read."""
    keys.rmdir()
    keys.write_text(whole, encoding="utf-8")


def refusals(gateway: Any) -> int:
    return int(gateway.log.read_text(encoding="utf-8").count("signing_keys_refused"))


async def test_keys_rotate_while_requests_go_on(
    gateway: Any, system: httpx.AsyncClient, keys: Path
) -> None:
    async def published() -> list[str]:
        answer = await system.get("/.well-known/jwks.json")
        assert all("d" not in each for each in answer.json()["keys"]), "public parts alone"
        return [each["kid"] for each in answer.json()["keys"]]

    async def ask_until_signed_by(kid: str) -> None:
        """Ask all the time; the service keeps what it knows of the keys, as every service does."""
        async with asyncio.timeout(20):
            while kid_of(gateway) != kid:
                assert (await system.get(URL)).status_code == 200
                await asyncio.sleep(0.05)

    [old] = await published()
    assert (await system.get(URL)).status_code == 200
    assert kid_of(gateway) == old

    both = rotate_signing_keys(keys.parent)
    assert both[1:] == [old]
    await ask_until_signed_by(both[0])
    assert await published() == both

    # A set that is none, or cannot be read for a while, changes nothing.
    whole = await asyncio.to_thread(keys.read_text)
    for nonsense in ("", '{"keys": []}', '{"keys": [{"kty": "EC"}]}', "no JSON", None):
        told = refusals(gateway)
        await asyncio.to_thread(spoil, keys, nonsense)
        async with asyncio.timeout(10):
            while refusals(gateway) == told:
                assert (await system.get(URL)).status_code == 200
                await asyncio.sleep(0.05)
    await asyncio.to_thread(mend, keys, whole)

    third = rotate_signing_keys(keys.parent)
    assert third[1:] == both[:1]
    await ask_until_signed_by(third[0])
    assert await published() == third
