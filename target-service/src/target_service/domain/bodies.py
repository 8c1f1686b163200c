"""Bodies of the plan (机构, M140–M149): members with dates, duties, responsibility matrix (RACI).

Of each duty that the matrix names exactly one party answers (A), and at least one does it (R).

Source: plan §八; RACI: our default, as the plan names no such letters.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from target_service.domain.units import Faults


class Part(StrEnum):
    """What a party does about a duty (责任矩阵)."""

    RESPONSIBLE = "R"
    """执行"""

    ACCOUNTABLE = "A"
    """负责"""

    CONSULTED = "C"
    """咨询"""

    INFORMED = "I"
    """知会"""


class Place(StrEnum):
    """What a member is in a body."""

    HEAD = "head"
    """组长"""

    DEPUTY = "deputy"
    """副组长"""

    MEMBER = "member"
    """成员"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person, or whoever holds a post."""

    party: str
    place: Place
    since: date | None
    until: date | None
    """The last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsibility:
    """One cell of the matrix."""

    duty: str
    party: str
    part: Part


def faults_of_body(
    members: Sequence[Member],
    duties: Sequence[str],
    matrix: Sequence[Responsibility],
    span: tuple[date | None, date | None],
) -> Faults:
    """Return what is wrong in a body, by JSON path.

    Args:
        span: the first and the last day of the body.
    """
    found = [*_twice(duties, "$.duties"), *_faults_of_members(members, span)]
    for place, each in enumerate(matrix):
        if each.duty not in duties:
            reason = f"没有职责 {each.duty}：先列入 duties (no such duty)"
            found.append((f"$.matrix[{place}].duty", reason))
    return [*found, *_faults_of_matrix(matrix)]


def _twice(keys: Sequence[str], path: str) -> Faults:
    """Return keys that stand twice in a list of documents."""
    counted = Counter(keys)
    return [
        (f"{path}[{place}].key", f"编号 {key} 出现不止一次 (the key stands there twice)")
        for place, key in enumerate(keys)
        if counted[key] > 1
    ]


def _faults_of_members(members: Sequence[Member], span: tuple[date | None, date | None]) -> Faults:
    found: Faults = []
    first, last = span
    if first and last and last < first:
        found.append(("$.until", f"撤销日 {last} 早于成立日 {first} (it ends before it begins)"))
    for place, each in enumerate(members):
        path = f"$.members[{place}]"
        if each.since and each.until and each.until < each.since:
            found.append((f"{path}.until", "任期在开始之前结束 (the term ends before it begins)"))
        if first and each.since and each.since < first:
            reason = f"早于机构成立日 {first} (before the body was established)"
            found.append((f"{path}.since", reason))
        if last and each.until and each.until > last:
            reason = f"晚于机构撤销日 {last} (after the body was dissolved)"
            found.append((f"{path}.until", reason))
    return [*found, *_same_party(members)]


def _same_party(members: Sequence[Member]) -> Faults:
    """Return parties that are members twice at one time."""
    found: Faults = []
    for place, each in enumerate(members):
        if any(other.party == each.party and _overlap(other, each) for other in members[:place]):
            reason = f"{each.party} 在同一时间列了两次 (a member twice at one time)"
            found.append((f"$.members[{place}].party", reason))
    return found


def _overlap(one: Member, other: Member) -> bool:
    far, early = date.max, date.min
    return (one.since or early) <= (other.until or far) and (other.since or early) <= (
        one.until or far
    )


def _faults_of_matrix(matrix: Sequence[Responsibility]) -> Faults:
    duties: dict[str, list[int]] = {}
    for place, each in enumerate(matrix):
        duties.setdefault(each.duty, []).append(place)
    found: Faults = []
    for duty, places in duties.items():
        parts = Counter(matrix[place].part for place in places)
        path = f"$.matrix[{places[-1]}].part"
        if parts[Part.ACCOUNTABLE] != 1:
            reason = f"职责 {duty} 的 A 须恰有一方，现有 {parts[Part.ACCOUNTABLE]} (exactly one A)"
            found.append((path, reason))
        if not parts[Part.RESPONSIBLE]:
            found.append((path, f"职责 {duty} 没有 R：谁来做 (nobody does it: give an R)"))
        cells = Counter(matrix[place].party for place in places)
        found += [
            (f"$.matrix[{place}].party", f"{matrix[place].party} 在职责 {duty} 中出现两次 (twice)")
            for place in places
            if cells[matrix[place].party] > 1
        ]
    return found
