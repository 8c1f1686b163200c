"""On what each piece of work depends, inferred from what the plan says.

- running diagnosis on a level needs that level's standards (打造两链), and its rules (制度)
- a piece that uses a platform (运用、依托 …) needs the piece that builds it
- a platform needs the data centre
- a rule for all levels together (各层面) needs the rules of the levels

Source: plan §四, §五: 对照两链自主诊改; 以平台为支撑; 在建成的校本数据中心基础上建设平台.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.vocabulary import Level
from target_service.domain.plan_document.document import Column
from target_service.domain.plan_document.words import Work, level_in
from target_service.domain.plan_lint.pieces import Piece


class Why(StrEnum):
    """Why one piece needs another one."""

    STANDARDS = "standards"
    """它运行所依的目标与标准."""

    RULE = "rule"
    """它运行所依的制度."""

    PLATFORM = "platform"
    """它所用的平台."""

    HUB = "hub"
    """平台所依的数据中心."""

    LEVEL_RULES = "level-rules"
    """各层面的制度."""


STARTS_AFTER = frozenset({Why.STANDARDS, Why.RULE, Why.PLATFORM})
"""Needs that must be met when a piece begins; the others when it ends."""


@dataclass(frozen=True, slots=True)
class Need:
    """One piece needs another one."""

    piece: Piece
    needed: Piece
    why: Why


def needs_of(pieces: Sequence[Piece]) -> list[Need]:
    """Return every need, in the order of the plan."""
    return [need for piece in pieces for need in _needs(piece, pieces)]


def _needs(piece: Piece, pieces: Sequence[Piece]) -> Iterator[Need]:
    others = [each for each in pieces if each is not piece]
    if piece.work is Work.RUN:
        yield from _of_level(piece, others, Work.CHAIN, Why.STANDARDS)
        yield from _of_level(piece, others, Work.RULE, Why.RULE)
    for name in piece.uses:
        yield from (Need(piece, each, Why.PLATFORM) for each in builders_of(name, others))
    if piece.work is Work.PLATFORM:
        yield from (Need(piece, each, Why.HUB) for each in others if each.work is Work.HUB)
    if piece.work is Work.RULE and piece.every_level:
        yield from (
            Need(piece, each, Why.LEVEL_RULES)
            for each in others
            if each.work is Work.RULE and each.level is not None
        )


def _of_level(piece: Piece, others: Sequence[Piece], work: Work, why: Why) -> Iterator[Need]:
    if piece.level is not None:
        yield from (
            Need(piece, each, why)
            for each in others
            if each.work is work and each.level is piece.level
        )


def builders_of(name: str, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces that build what is used under a name.

    By the name itself; else by the level that the name is about (师资平台 is the system of the
    teachers), where only one platform is built for it.
    """
    built = [each for each in pieces if each.work in {Work.PLATFORM, Work.HUB}]
    by_name = [each for each in built if _is_called(name, each)]
    if by_name:
        return by_name
    level: Level | None = level_in([name])
    by_level = [each for each in built if level is not None and each.level is level]
    return by_level if len(by_level) == 1 else []


def _is_called(name: str, piece: Piece) -> bool:
    told = (piece.row.text(Column.CONTENT), piece.row.text(Column.TASK))
    return any(name in text or (len(text) > 2 and text in name) for text in told)
