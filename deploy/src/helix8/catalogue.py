"""The hub's catalogue of indicators, at the command line: listed, and published."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from helix8.calls import RefusedError, open_client, send
from helix8.progress import say

CATALOGUE: Final = "/api/datahub/v1/catalogue"
_ROW: Final = re.compile(r"[A-Z]{2}\d*")


class Doing(StrEnum):
    """What is done with the catalogue."""

    LIST = "list"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks for."""

    doing: Doing
    names: Sequence[str] = ()
    """Ids of indicators, rows or families of the catalogue."""

    everything: bool = False


def attend_catalogue(wanted: Wanted, url: str, key: str, write: Callable[[str], None]) -> None:
    """Do what is asked, and write what came of it.

    Raises:
        RefusedError: nothing is named to be published, or the suite refuses it.
    """
    with open_client(url, key) as client:
        if wanted.doing is Doing.LIST:
            for each in send(client, "GET", CATALOGUE):
                write(_line(each))
            return
        states = send(client, "POST", f"{CATALOGUE}/publish", _asked(wanted))
        for name, state in states.items():
            write(f"{name}  {_STATES[state]}")


def _asked(wanted: Wanted) -> dict[str, list[str]]:
    if wanted.everything is bool(wanted.names):
        raise RefusedError(
            say(
                "请写明指标编号、目录行（SC01）或类（SC），或只写 --all",
                "name indicators, rows (SC01) or families (SC), or write --all alone",
            )
        )
    if wanted.everything:
        return {}
    rows = [each for each in wanted.names if _ROW.fullmatch(each)]
    return {"rows": rows, "indicators": [each for each in wanted.names if each not in rows]}


_STATES: Final = {
    "published": say("已发布", "published"),
    "unchanged": say("没有变化", "unchanged"),
    "retired": say("已停用，保持不变", "retired, which stays"),
    "kept": say("学校另有定义，保持不变", "the college has its own, which stays"),
}


def _line(each: Mapping[str, Any]) -> str:
    state = say("未发布", "not published")
    if each["version"] is not None:
        state = f"v{each['version']} {each['origin']}"
    if each["retired_on"] is not None:
        state += f"  {say('已停用', 'retired')}"
    if each["shipped_changed"]:
        state += f"  {say('随附定义已变', 'the shipped definition has changed')}"
    document = each["document"]
    rows = " ".join(each["catalogue"])
    return f"{rows}  {each['indicator']}  {document['zh']} · {document['en']}  {state}"
