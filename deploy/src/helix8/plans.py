"""Plans at the command line: a file is read, looked through, and brought in by the running suite.

What was read is shown with the lines of the file; ``〃`` is a cell that means what stands above it,
``*`` one that stood under another column, ``?`` one that was lost.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from helix8.calls import RefusedError, open_client, upload
from helix8.progress import say
from helix8.table import table, width

PLANS: Final = "/api/target/v1/plans"
KINDS: Final[Mapping[str, str]] = {
    ".txt": "text/plain",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_COLUMNS: Final[Mapping[str, str]] = {
    "system": "体系类别",
    "task": "工作任务",
    "content": "主要内容",
    "lead": "牵头部门",
    "undertakers": "承担部门",
    "deliverable": "成果形式",
    "start": "开始",
    "end": "完成",
}
_WIDEST: Final = 26
_MARKS: Final = {"moved": "*", "lost": "?"}
_SEVERITIES: Final[Mapping[str, tuple[str, str]]] = {
    "conflict": (say("冲突", "conflict"), "31"),
    "warning": (say("提醒", "warning"), "33"),
    "slip": (say("笔误", "slip"), "36"),
}
"""How a finding is headed, and the colour of it on a terminal."""

_MADE: Final = {
    "plan": say("规划", "plans"),
    "goal": say("目标", "goals"),
    "task": say("任务", "tasks"),
    "body": say("机构", "bodies"),
    "basis": say("依据文件", "basis documents"),
}
_CHANGES: Final = {
    "created": say("新增", "new"),
    "changed": say("变更", "changed"),
    "unchanged": say("不变", "unchanged"),
}


class Deed(StrEnum):
    """What is done with the file of a plan."""

    LINT = "lint"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAsked:
    """What somebody asks for."""

    deed: Deed
    file: Path
    dry_run: bool = False
    scope: str | None = None
    """The school; None: the only one that there is."""

    coloured: bool = False


def attend_plan(asked: PlanAsked, url: str, key: str, write: Callable[[str], None]) -> None:
    """Read, look through or bring in the file of a plan, and write what came of it.

    Raises:
        RefusedError: the file is not there or of another kind, or the suite refuses it.
    """
    content, kind = _file(asked.file)
    with open_client(url, key) as client:
        if asked.deed is Deed.LINT:
            read = upload(client, f"{PLANS}/lint", content, kind)
            done: Mapping[str, Any] = {}
        else:
            query = {"dryRun": "true"} if asked.dry_run else {}
            query |= {"scope": asked.scope} if asked.scope else {}
            done = upload(client, f"{PLANS}/import?{urlencode(query)}", content, kind)
            read = done["read"]
    for line in _lines(read, done, coloured=asked.coloured):
        write(line)


def _file(file: Path) -> tuple[bytes, str]:
    kind = KINDS.get(file.suffix.lower())
    if kind is None:
        raise RefusedError(
            say(
                f"不读 {file.name}：用 {' '.join(KINDS)}，Word 请另存为纯文本",
                f"not read: use {' '.join(KINDS)}; save a Word file as plain text",
            )
        )
    try:
        return file.read_bytes(), kind
    except OSError as error:
        raise RefusedError(
            say(f"读不了 {file}：{error.strerror}", "the file cannot be read")
        ) from None


def _lines(read: Mapping[str, Any], done: Mapping[str, Any], *, coloured: bool) -> Iterator[str]:
    yield f"{read['title']}  {read['number'] or ''}".rstrip()
    yield ""
    yield table([["行", *_COLUMNS.values()], *(_row(each) for each in read["rows"])])
    yield say("〃 同上行  * 已归位  ? 缺失，暂按上行", "〃 as above, * put right, ? lost, as above")
    yield from _parts(read)
    yield from _found(read["findings"], coloured=coloured)
    if done:
        yield from _came_of(done)


def _row(row: Mapping[str, Any]) -> list[str]:
    return [str(row["line"]), *(_cell(row, column) for column in _COLUMNS)]


def _cell(row: Mapping[str, Any], column: str) -> str:
    how = row["how"].get(column)
    text = "〃" if how == "carried" else row["cells"][column]
    return f"{_short(text)}{_MARKS.get(how, '')}"


def _short(text: str) -> str:
    """Return a text as wide as a column may be, by whole characters."""
    if width(text) <= _WIDEST:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > _WIDEST - 2:
            break
        kept += character
    return f"{kept}…"


def _parts(read: Mapping[str, Any]) -> Iterator[str]:
    bodies = [
        [
            str(each["line"]),
            each["title"],
            f"成员 {len(each['members'])}",
            f"职责 {len(each['duties'])}",
        ]
        for each in read["bodies"]
    ]
    basis = [[str(each["line"]), each["number"] or "", each["title"]] for each in read["basis"]]
    cycles = [[str(each["line"]), each["level"], each["words"]] for each in read["cycles"]]
    aliases = [
        [",".join(map(str, each["lines"])), each["name"], f"= {each['known_as']}"]
        for each in read["units"]
        if each["known_as"]
    ]
    for heading, rows in (
        (say("机构", "bodies"), bodies),
        (say("依据文件", "documents it rests on"), basis),
        (say("诊改周期", "rhythms"), cycles),
        (say("部门的别名", "other names of units"), aliases),
    ):
        if rows:
            yield ""
            yield heading
            yield table(rows)


def _found(findings: Sequence[Mapping[str, Any]], *, coloured: bool) -> Iterator[str]:
    yield ""
    if not findings:
        yield say("没有发现问题", "nothing was found")
        return
    for each in findings:
        word, colour = _SEVERITIES[each["severity"]]
        head = f"\x1b[{colour}m{word}\x1b[0m" if coloured else word
        yield f"{head}  行 {','.join(map(str, each['lines']))}  [{each['rule']}]"
        yield f"  {each['zh']}"
        yield f"  {each['en']}"
        yield f"  → {say(each['remedy_zh'], each['remedy_en'])}"
    counted = [
        f"{word} {sum(each['severity'] == name for each in findings)}"
        for name, (word, _) in _SEVERITIES.items()
    ]
    yield f"{say('共', 'in all')} {len(findings)}：{'，'.join(counted)}"


def _came_of(done: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield (
        say("试运行，什么也没有保存", "a dry run: nothing was kept")
        if done["dry_run"]
        else say("已导入", "brought in")
    )
    rows = []
    for kind, name in _MADE.items():
        of_kind = [each["change"] for each in done["made"] if each["kind"] == kind]
        told = [f"{word} {of_kind.count(change)}" for change, word in _CHANGES.items()]
        rows.append([name, *told])
    yield table(rows)
    yield say(f"建议的诊改周期 {len(done['cycles'])} 项", f"{len(done['cycles'])} cycles proposed")
