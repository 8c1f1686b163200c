"""Dead letters of the running suite, at the command line: the same operations as over REST."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import httpx

from helix8.calls import RefusedError, open_client, send
from helix8.progress import say

SERVICES: Final = ("datahub", "target", "spiral", "alert", "report")
LISTED: Final = 100


class Action(StrEnum):
    """What is done with dead letters."""

    LIST = "list"
    SHOW = "show"
    MEND = "mend"
    REPLAY = "replay"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks for."""

    service: str | None
    action: Action
    letter: int | None
    payload: str | None = None
    reason: str | None = None


def attend(asked: Asked, url: str, key: str, write: Callable[[str], None]) -> None:
    """Do what is asked, and write what came of it.

    Raises:
        RefusedError: something is missing, or the suite refuses it.
    """
    with open_client(url, key) as client:
        if asked.action is Action.LIST:
            for service in [asked.service] if asked.service else SERVICES:
                _list(client, service, write)
            return
        found = send(client, *_request_of(asked))
        write(json.dumps(found, ensure_ascii=False, indent=1))


def _request_of(asked: Asked) -> tuple[str, str, Any]:
    path = _path_of(asked)
    match asked.action:
        case Action.MEND:
            return "PUT", path, _mending(asked)
        case Action.REPLAY:
            return "POST", f"{path}/replay", {}
        case Action.DISCARD:
            return "POST", f"{path}/discard", {"reason": _reason(asked)}
        case _:
            return "GET", path, None


def _list(client: httpx.Client, service: str, write: Callable[[str], None]) -> None:
    path = f"/api/{service}/v1/dead-letters?state=open&limit={LISTED}"
    letters: Sequence[Mapping[str, Any]] = send(client, "GET", path)
    if not letters:
        write(f"{service}: {say('没有死信', 'no dead letters')}")
    for each in letters:
        why = f"{each['reason']}: {each['detail']}"
        write(f"{service} {each['id']}  {each['buried_at']}  {each['subject']}  {why}")


def _path_of(asked: Asked) -> str:
    if asked.service is None or asked.letter is None:
        form = f"helix8 dead-letters <service> {asked.action} <id>"
        raise RefusedError(say(f"请写明服务与编号：{form}", f"name a service and an id: {form}"))
    return f"/api/{asked.service}/v1/dead-letters/{asked.letter}"


def _mending(asked: Asked) -> dict[str, str]:
    if asked.payload is None:
        raise RefusedError(say("请用 --file 给出改正后的消息", "give the mended message by --file"))
    return {"payload": asked.payload, "reason": _reason(asked)}


def _reason(asked: Asked) -> str:
    if asked.reason is None:
        raise RefusedError(say("请用 --reason 写明原因", "say why by --reason"))
    return asked.reason
