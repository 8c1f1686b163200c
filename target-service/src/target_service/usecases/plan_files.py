"""Plans as files: the text of the college, YAML, and the workbook of the template.

A text is UTF-8, or GB 18030 as older programs save it. Of YAML only plain values are taken: no
anchors, of which a few lines can make gigabytes, and no tags.
"""

import re
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final

import yaml

from target_service.domain.plan_document.document import PlanDocument
from target_service.domain.plan_document.reading import UnreadablePlanError, read_text
from target_service.domain.plan_document.structured import (
    HEAD,
    TABLES,
    Entry,
    Faults,
    Given,
    read_given,
)
from target_service.usecases.coded_sheets import CODES_ROW, decoded, places_of, read_sheet

SHEETS: Final = {
    "head": "规划",
    "schedule": "进程表",
    "bodies": "机构",
    "basis": "依据",
    "cycles": "周期",
}
_DEEPEST: Final = 8
_UNWRITABLE: Final = re.compile("[\0\ud800-\udfff]")
"""What YAML may write with a backslash, and no database keeps."""

_LISTS: Final = {"head": "、", "deputy": "、", "member": "、", "duties": "；"}
"""Fields that YAML may give as a list, and what joins it."""


def read_plain(content: bytes) -> PlanDocument:
    """Return what the college's own text says.

    Raises:
        UnreadablePlanError: it is no text, or holds no schedule.
    """
    return read_text(_decoded(content))


def _decoded(content: bytes) -> str:
    text = decoded(content)
    if text is not None and "\0" not in text:
        return text
    raise UnreadablePlanError(
        "既不是 UTF-8，也不是 GB 18030 文本",
        "it is neither UTF-8 nor GB 18030",
        fixes=["另存为 UTF-8 纯文本 (save it as plain text in UTF-8)"],
    )


def read_yaml(content: bytes) -> PlanDocument:
    """Return what a YAML file says.

    Raises:
        UnreadablePlanError: with every fault, by its JSON path.
    """
    text = _decoded(content)
    try:
        _refuse_tricks(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise UnreadablePlanError(
            f"第 {line} 行不是 YAML：{error.problem}", f"line {line} is no YAML: {error.problem}"
        ) from error
    # The library lets through what Python says of "\UFFFFFFFF", and of a version of 5,000 digits.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise UnreadablePlanError(f"不是 YAML：{error}", f"no YAML: {error}") from error
    return read_given(_of_yaml(root))


def _refuse_tricks(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) and event.anchor:
            raise UnreadablePlanError(
                f"引用了锚点 *{event.anchor[:40]}，请写出内容",
                f"it refers to the anchor *{event.anchor[:40]}: write it out",
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise UnreadablePlanError("嵌套过深", "it is nested too deeply")


def _of_yaml(root: yaml.Node | None) -> Given:
    faults: Faults = []
    if not isinstance(root, yaml.MappingNode):
        raise UnreadablePlanError(
            "顶层应为 title、schedule 等字段", "the top of it has fields such as title, schedule"
        )
    tables: dict[str, list[Entry]] = {name: [] for name in TABLES}
    head: list[tuple[Any, Any]] = []
    for key, value in root.value:
        name = str(key.value)
        if name not in TABLES:
            head.append((key, value))
        elif isinstance(value, yaml.SequenceNode):
            tables[name] = _of_sequence(name, value, faults)
        else:
            faults.append((f"$.{name}", "应为列表 (a list)"))
    return Given(_entry(head, HEAD, "$", 1, faults), tables, faults)


def _of_sequence(name: str, node: yaml.SequenceNode, faults: Faults) -> list[Entry]:
    entries: list[Entry] = []
    for place, each in enumerate(node.value):
        path = f"$.{name}[{place}]"
        if isinstance(each, yaml.MappingNode):
            line = each.start_mark.line + 1
            entries.append(_entry(each.value, TABLES[name], path, line, faults))
        else:
            faults.append((path, "应为带字段名的一项 (an item with named fields)"))
    return entries


def _entry(
    pairs: list[tuple[Any, Any]], fields: Mapping[str, str], path: str, line: int, faults: Faults
) -> Entry:
    texts: dict[str, str] = {}
    for key, value in pairs:
        name = str(key.value)
        place = f"{path}.{name[:40]}"
        if name not in fields:
            known = ", ".join([*fields, *(TABLES if path == "$" else ())])
            faults.append((place, f"没有这个字段，有 {known} (no such field)"))
        elif name in texts:
            faults.append((place, "出现两次 (it is there twice)"))
        else:
            texts[name] = _text(name, value, place, faults)
    return Entry(line, texts, {name: f"{path}.{name}" for name in fields})


def _text(name: str, node: Any, place: str, faults: Faults) -> str:
    if isinstance(node, yaml.ScalarNode):
        said = "" if node.tag == "tag:yaml.org,2002:null" else str(node.value).strip()
    else:
        parts = node.value if isinstance(node, yaml.SequenceNode) else []
        if name not in _LISTS or not all(isinstance(each, yaml.ScalarNode) for each in parts):
            faults.append((place, "应为文字 (a text)"))
            return ""
        said = _LISTS[name].join(str(each.value).strip() for each in parts)
    if _UNWRITABLE.search(said):
        faults.append((place, "含 NUL 或残缺的代理对 (it holds NUL or a lone surrogate)"))
        return ""
    return said


async def read_workbook(file: IO[Any]) -> PlanDocument:
    """Return what a workbook of the template says.

    Args:
        file: an open file of the system.

    Raises:
        UnreadablePlanError: with every fault, by its cell.
        WorkbookRefusedError: it is no workbook, or lacks a sheet.
    """
    faults: Faults = []
    sheets = {name: await _sheet(file, name, faults) for name in SHEETS}
    head = sheets.pop("head")
    blank = Entry(1, {}, places_of(f"{SHEETS['head']}!", HEAD, CODES_ROW + 1))
    return read_given(Given(head[0] if head else blank, sheets, faults))


async def _sheet(file: IO[Any], name: str, faults: Faults) -> list[Entry]:
    fields = HEAD if name == "head" else TABLES[name]

    def why_not(header: Sequence[str]) -> str:
        if sorted(header) == sorted(fields):
            return ""
        told = f"第 {CODES_ROW} 行（隐藏）应为字段名 {'、'.join(fields)}，请用模板填写"
        return f"{told} (use the template)"

    return await read_sheet(file, SHEETS[name], why_not, faults)
