"""A finding of the linter."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a finding is."""

    CONFLICT = "conflict"
    """冲突: the plan cannot be carried out as it is written."""

    WARNING = "warning"
    """提醒: it can, with luck, or something is left open."""

    SLIP = "slip"
    """笔误: it is plain what is meant."""


SEVERITY_ZH = {
    Severity.CONFLICT: "冲突",
    Severity.WARNING: "提醒",
    Severity.SLIP: "笔误",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found, where, and what to do about it."""

    rule: str
    severity: Severity
    lines: tuple[int, ...]
    """The line that is to be changed first."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
