"""Who of the source systems gets into NATS: what the hub says, held against what it may say.

The hub writes a file: systems, public keys, what they push and read. It holds no secret, and the
hub none of the others' passwords. Whoever runs the server makes its users of it, and never gives
a source system more than this module does: to push under its own name, to hear its own verdicts,
and to read facts that it was granted.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from helix8.errors import StartError
from helix8.progress import say
from shared.contracts.streams import SOURCE_SYSTEMS, SUITE

LOOK_SECONDS: Final = 0.2
"""How often the file is looked at: a revoked key lives on for as long."""

AGAIN_SECONDS: Final = 2.0
"""After which a file is tried again that could not be applied."""

_ID: Final = re.compile(r"[a-z0-9_-]{1,32}")
_ENTITY: Final = re.compile(r"[a-z0-9_]{1,64}")
_KEY: Final = re.compile(r"U[A-Z2-7]{55}")
_FACT: Final = re.compile(r"qa\.evt\.v1\.[a-z]+\.[a-z0-9_]+\.[a-z0-9_]+\.\*")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A source system, as NATS is to know it."""

    id: str
    password: bool = False
    """Whether the user that the installation made gets in."""

    nkeys: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    """What it may push; without any, every entity."""

    reads: tuple[str, ...] = ()
    """Subjects of the facts that it was granted."""


SHIPPED: Final = tuple(System(id=system, password=system != SUITE) for system in SOURCE_SYSTEMS)
"""Before the hub has said anything. As the suite itself its services push, by their own users."""

Apply = Callable[[Sequence[System]], Awaitable[None]]


def read_systems(file: Path) -> tuple[System, ...]:
    """Return the systems of an accounts file; those that are shipped where there is none yet.

    Raises:
        StartError: it says what the hub may not say, or cannot be read.
    """
    if not file.exists():
        return SHIPPED
    return parse_systems(file.read_bytes(), file)


def parse_systems(content: bytes, file: Path) -> tuple[System, ...]:
    """Read the systems of an accounts file.

    Raises:
        StartError: it says what the hub may not say, or cannot be read.
    """
    try:
        return tuple(_system(each) for each in json.loads(content)["systems"])
    except (ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise StartError(
            say(f"账号文件 {file} 不可用（{why}）", f"the accounts file {file} is unfit ({why})")
        ) from None


def _system(document: Mapping[str, Any]) -> System:
    names = {"id", "password", "nkeys", "entities", "reads"}
    if document.keys() != names or not isinstance(document["password"], bool):
        raise ValueError(f"{sorted(document)}")
    [system] = _checked(_ID, [document["id"]])
    return System(
        id=system,
        password=document["password"],
        nkeys=_checked(_KEY, document["nkeys"]),
        entities=_checked(_ENTITY, document["entities"]),
        reads=_checked(_FACT, document["reads"]),
    )


def _checked(form: re.Pattern[str], words: Sequence[str]) -> tuple[str, ...]:
    for word in words:
        if not form.fullmatch(word):
            raise ValueError(word)
    return tuple(words)


async def follow(file: Path, apply: Apply, tell: Callable[[str, str], None]) -> None:
    """Apply the file whenever it has changed, for ever; what cannot be applied is tried again."""
    applied: bytes | None = None
    while True:
        seconds = LOOK_SECONDS
        try:
            content = await asyncio.to_thread(_content, file)
            if content is not None and content != applied:
                await apply(parse_systems(content, file))
                applied = content
        except (StartError, OSError) as error:
            tell(f"NATS 账号未能更新：{error}", f"the users of NATS are not up to date: {error}")
            seconds = AGAIN_SECONDS
        await asyncio.sleep(seconds)


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None
