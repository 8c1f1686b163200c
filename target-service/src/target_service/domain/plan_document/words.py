"""What a text is by its words: who, what, when; and of which level and kind a piece of work is.

Source: the words of the plans of vocational colleges; which words is our default.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from shared.contracts.vocabulary import Level
from target_service.domain.plan_document.dates import is_date, is_ongoing


class Kind(StrEnum):
    """What a cell holds."""

    EMPTY = "empty"
    PARTY = "party"
    """A unit or people."""

    DELIVERABLE = "deliverable"
    DATE = "date"
    OTHER = "other"


_PARTS: Final = re.compile(r"[、,，;；\s]+|(?<=[^调饱总])和(?!谐)|及")
_PARTIES: Final = re.compile(
    r"(?:部|处|科|系|室|院|办|馆|所|组|厅|团委|工会|中心|委员会|公司|学院|部门|单位|主体|个人|个体"
    r"|教师|学生|各方|负责人|辅导员)$"
)
_DELIVERABLES: Final = re.compile(
    r"(?:文件|报告|文本|清单|方案|材料|系统|平台|软件|制度|办法|表|结果|任务|分解|标准|手册|计划|规划"
    r"|总结|协议|台账|台帐|数据库|细则|规定|章程|纪要|证书|图)$"
)
_BRACKETS: Final = re.compile(r"[(（][^()（）]*[)）]|[()（）]")
_BLANKS: Final = re.compile(r"\s+")


def squeeze(text: str) -> str:
    """Return a text without the blanks that typesetting puts between Chinese characters."""
    return re.sub(r"(?<=[^\x00-\xff])[ \t\u3000]+|[ \t\u3000]+(?=[^\x00-\xff])", "", text).strip()


def parts_of(text: str) -> list[str]:
    """Return the things that a text lists; what stands in brackets does not divide it."""
    held = re.sub(r"[(（][^()（）]*[)）]", lambda found: found[0].replace("、", "\0"), text)
    return [each.replace("\0", "、") for each in _PARTS.split(held) if each]


def kind_of(text: str) -> Kind:
    """Return what a cell holds, by the end of the last thing that it lists."""
    parts = [_BRACKETS.sub("", each) for each in parts_of(text)]
    last = next((each for each in reversed(parts) if each), "")
    if not last:
        return Kind.EMPTY
    if is_date(text) or is_ongoing(text):
        return Kind.DATE
    if _DELIVERABLES.search(last):
        return Kind.DELIVERABLE
    return Kind.PARTY if _PARTIES.search(last) else Kind.OTHER


class Work(StrEnum):
    """What a row of the schedule does."""

    ORGANISE = "organise"
    """建立组织"""

    CHAIN = "chain"
    """打造目标链、标准链"""

    RUN = "run"
    """诊改运行"""

    HUB = "hub"
    """建设数据中心"""

    PLATFORM = "platform"
    """建设业务平台"""

    RULE = "rule"
    """建立制度"""

    CULTURE = "culture"
    """质量文化"""

    OTHER = "other"


_WORKS: Final[tuple[tuple[Work, re.Pattern[str]], ...]] = (
    # From the first place alone: what stands behind a later one stands behind that, too.
    (Work.RUN, re.compile(r"运行|^(?:(?!自我诊改[,，]).)*自我诊改[,，].*(?:提升|改进)")),
    (Work.HUB, re.compile(r"数据(?:中心|仓库|底座)|中台")),
    (Work.PLATFORM, re.compile(r"平台|软件|信息系统|管理系统")),
    (Work.RULE, re.compile(r"制度|机制|办法")),
    (Work.CHAIN, re.compile(r"两链|目标链|标准|目标体系|目标任务")),
    (Work.ORGANISE, re.compile(r"(?:组织|机构|工作组|领导小组)")),
    (Work.CULTURE, re.compile(r"文化")),
)
_LEVELS: Final[tuple[tuple[Level, re.Pattern[str]], ...]] = (
    (Level.COURSE, re.compile(r"课程|课堂")),
    (Level.MAJOR, re.compile(r"专业")),
    (Level.TEACHER, re.compile(r"教师|师资|教职工|教工")),
    (Level.STUDENT, re.compile(r"学生|学工")),
    (Level.SCHOOL, re.compile(r"学校|全校|校级|学院层面|事务大厅|办事大厅")),
)
_EVERY_LEVEL: Final = re.compile(r"各(?:个)?层面|各级|所有层面|五个层面")


def work_of(system: str, task: str, content: str, deliverable: str) -> Work:
    """Return what a row does; its task says it best, then its category, its output, its content."""
    for text in (task, system, deliverable, content):
        for work, pattern in _WORKS:
            if pattern.search(text) and not _is_mere_use(work, text):
                return work
    return Work.OTHER


def _is_mere_use(work: Work, text: str) -> bool:
    """Return whether a text only names a platform that the work uses."""
    return work in {Work.PLATFORM, Work.HUB} and _USING.search(text) is not None


def level_in(texts: Sequence[str]) -> Level | None:
    """Return the level that the first text names which names just one."""
    named = (levels_in(text) for text in texts)
    return next((levels[0] for levels in named if len(levels) == 1), None)


def levels_in(text: str) -> list[Level]:
    """Return every level that a text names."""
    return [level for level, pattern in _LEVELS if pattern.search(text)]


def names_every_level(text: str) -> bool:
    """Return whether a text is about all levels together (各层面)."""
    return _EVERY_LEVEL.search(text) is not None


_USING: Final = re.compile(
    r"(?:运用|利用|使用|依托|借助|通过|基于|应用|采用)(?:“[^”]{1,3}”)?"
    r"([^,，。;；“”\"]{2,20}?(?:平台|系统|大厅|课堂|中心|中台))"
)


def platforms_used(text: str) -> list[str]:
    """Return the names of the platforms that a text says are used."""
    return [found[1] for found in _USING.finditer(text)]
