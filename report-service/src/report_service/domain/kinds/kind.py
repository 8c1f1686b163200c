"""What a kind of report is: a title, whom it fits, its sections and when each stands in it.

Source: plan M160–M173; design "Reports" 1 and 4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from report_service.domain.document.blocks import Block
from report_service.domain.document.writing import Writer
from report_service.domain.facts import Facts
from report_service.domain.lines import Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a section is made from."""

    facts: Facts
    lines: Lines
    """The same facts as lines: each with its words."""

    writer: Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRule:
    """A section of a kind."""

    key: str
    title: str
    make: Callable[[Told], Sequence[Block]]
    when: Callable[[Told], bool] = lambda _: True
    """Whether it stands in the report at all."""

    condition: str = ""
    """The same in words, for who chooses sections; empty: always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of report."""

    key: str
    title: str
    number: str
    """What its numbers begin with."""

    version: int
    """Grows with every change of content or words, so that an old report can be explained."""

    scopes: frozenset[str]
    """Kinds of scope that it can be about."""

    sections: tuple[SectionRule, ...]
    signers: tuple[str, ...]
    output: str
    """Item of the plan that it answers."""
