"""Make a report: from a kind, facts and what people wrote to a document; nothing is added.

Source: design "Reports" 2: the same facts and template version make the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from report_service.domain.document.blocks import Cover, Document, Section, sealed
from report_service.domain.document.writing import Writer
from report_service.domain.explaining import sources_of
from report_service.domain.facts import Facts
from report_service.domain.kinds.kind import Kind, Told
from report_service.domain.kinds.registry import sections_of, title_of
from report_service.domain.making_lines import make_lines
from report_service.domain.wording import CAMPUS, instant, instant_words, period_words
from shared.contracts.vocabulary import LEVEL_ZH, level_of

_ORDINALS: Final = "一二三四五六七八九十"


def compose(
    kind: Kind,
    facts: Facts,
    texts: Mapping[str, str] | None = None,
    *,
    number: str | None = None,
    sections: Sequence[str] | None = None,
) -> Document:
    """Return the report of a kind on one scope and period.

    Args:
        texts: what people wrote, by place.
        number: the number that it has; made from the facts while it has none.
        sections: keys of those that a template chooses, in its order; all of the kind's for None.

    Raises:
        NothingToReportError: nothing is known of the scope in that period.
    """
    writer = Writer(texts=texts or {}, sources=sources_of(facts) if facts.has_data() else {})
    told = Told(facts=facts, lines=make_lines(facts), writer=writer)
    rules = {each.key: each for each in sections_of(kind, facts.about.scope)}
    chosen = [rules[key] for key in (sections or rules) if key in rules]
    standing = [each for each in chosen if each.when(told)]
    made = [
        Section(key=each.key, title=f"{ordinal(at)}、{each.title}", blocks=tuple(each.make(told)))
        for at, each in enumerate(standing, start=1)
    ]
    document = Document(
        cover=_cover(kind, facts, number or ""),
        sections=tuple(made),
        notes=tuple(writer.notes.values()),
    )
    return sealed(document if number else _numbered(document, kind, facts))


def ordinal(number: int) -> str:
    """Return a number below 100 as Chinese sections count: 一, 十, 十一, 二十."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_ORDINALS[tens - 1]}十"
    return head + (_ORDINALS[ones - 1] if ones else "")


def _numbered(document: Document, kind: Kind, facts: Facts) -> Document:
    digest = sealed(document).cover.digest
    number = f"{kind.number}-{facts.as_of().astimezone(CAMPUS):%Y%m%d}-{digest[:8].upper()}"
    return replace(document, cover=replace(document.cover, number=number))


def _cover(kind: Kind, facts: Facts, number: str) -> Cover:
    scope = facts.about.scope
    return Cover(
        title=title_of(kind, scope),
        kind=kind.key,
        template_version=kind.version,
        number=number,
        digest="",
        level_zh=LEVEL_ZH[level_of(scope)],
        scope=scope,
        scope_name=facts.about.name_zh,
        period=facts.period,
        period_zh=period_words(facts.period),
        as_of=instant(facts.as_of()) or "",
        as_of_zh=instant_words(facts.as_of()),
        signers=kind.signers,
    )
