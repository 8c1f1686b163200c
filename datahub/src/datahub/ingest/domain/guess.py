"""Guess a feed contract from a sample: entity, fields, codes; each with a score and why.

A proposal, never more: whoever saves it has read it. The same sample gives the same proposal.
Source: design "Data hub" 2 and 3 (nothing guessed silently); our default for the weights.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.entity import Entity, Field, FieldType
from datahub.ingest.domain import mapping
from datahub.ingest.domain.feed_document import FeedInvalidError, parse_feed
from datahub.ingest.domain.guess_columns import Column, is_comma
from datahub.ingest.domain.guess_file import Doubt, Sample
from datahub.ingest.domain.guess_fit import ENOUGH, Known, fit_of, may_tell, score
from datahub.ingest.domain.guess_names import Match, Names, shared_letters
from datahub.ingest.domain.guess_spec import Question, Spec, spec_of, without_gaps
from datahub.ingest.domain.guess_terms import terms_of
from datahub.ingest.domain.ledger import Verdict
from datahub.ingest.domain.reading import Chunk
from shared.errors import DomainError, ErrorKind

_TOGETHER: Final = (
    {FieldType.DATE, FieldType.TIMESTAMP},
    {FieldType.TEXT, FieldType.DECIMAL},
    {FieldType.TEXT, FieldType.LIST},
)
"""Types of two fields that one column may well be."""

LEAST: Final = 0.1
"""Score of an entity below which none is proposed. Source: our default."""

TOLD: Final = 10
_SURE: Final = 0.7
_REFERENCE: Final = 0.7
OTHERS: Final = 3
CANDIDATES: Final = 6
_FITS: Final = 0.8
_CANNOT: Final = -0.5
ROW_NUMBERS: Final = frozenset({"序号", "行号", "no", "no."})
"""How a column is called that counts the rows: nobody need say that he does not want it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A field with its column."""

    target: str
    column: str
    match: Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the proposal makes of the sample's own rows."""

    rows: int
    good: int
    reasons: tuple[tuple[str, str, int], ...]
    """Code, path and rows, the most frequent first."""

    faults: Mapping[str, Sequence[str]]
    """What keeps the proposal from being a feed at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A proposed feed, and why."""

    document: dict[str, Any]
    entity: Entity
    entities: tuple[tuple[str, float], ...]
    """The entities that fit best, with their scores."""

    columns: tuple[Column, ...]
    placed: tuple[Placed, ...]
    others: Mapping[str, tuple[tuple[str, float], ...]]
    """For each column, the other fields that it might be."""

    specs: Mapping[str, Spec]
    questions: tuple[Question, ...]
    trial: Trial


class EntityUnclearError(DomainError):
    """No entity explains enough of the sample to be proposed."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "guess-entity-unclear"
    title_zh: ClassVar = "看不出是哪个实体"
    title_en: ClassVar = "Which entity is it?"


@dataclass(slots=True)
class _Fitting:
    """How the columns fit one entity."""

    entity: Entity
    placed: list[Placed]
    scores: dict[tuple[str, str], Match]
    terms: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def fields(self) -> set[str]:
        return {each.target for each in self.placed} | set(self.terms)

    def score(self, columns: int) -> float:
        """Return how much of the file and of the key is explained, 0 to 1."""
        best: dict[str, float] = {}
        for each in self.placed:
            # Every entity refers to students and courses; its own fields tell it from the others.
            weight = _REFERENCE if self.entity.fields[each.target].ref else 1.0
            best[each.column] = max(best.get(each.column, 0.0), weight * each.match.score)
        for spec in self.terms.values():
            best |= dict.fromkeys(_columns_read(spec), _REFERENCE)
        explained = sum(best.values()) / max(1, columns)
        keys = sum(name in self.fields for name in self.entity.key) / len(self.entity.key)
        # A key alone says little: of a course, every file about courses has it.
        return round(0.6 * explained + 0.4 * keys * (0.4 + 0.6 * explained), 3)


def guess(
    sample: Sample, columns: Sequence[Column], known: Known, source: str, entity: str | None
) -> Guess:
    """Propose a feed.

    Args:
        entity: None looks for the entity that explains most of the file.

    Raises:
        EntityUnclearError: none explains enough of it.
    """
    entities = known.dictionary.entities
    wanted = [entities[entity]] if entity is not None else list(entities.values())
    fittings = sorted(
        _fittings(wanted, columns, known),
        # Of two that fit alike it is the one that the source is expected to deliver.
        key=lambda each: (
            -each.score(len(columns)),
            source not in each.entity.systems,
            each.entity.name,
        ),
    )
    best = fittings[0]
    if entity is None and best.score(len(columns)) < LEAST:
        raise EntityUnclearError(
            f"没有实体像这些列：{'、'.join(each.name for each in columns[:TOLD])}",
            f"no entity has such columns: {', '.join(each.name for each in columns[:TOLD])}",
            fields={"query.entity": ["请指明实体 (name the entity)"]},
            fixes=["entity=<name>", "GET /api/datahub/v1/dictionary/entities"],
        )
    specs = _specs(best, columns, known)
    document = _document(sample, columns, best, specs, source)
    return Guess(
        document=document,
        entity=best.entity,
        entities=tuple((each.entity.name, each.score(len(columns))) for each in fittings[:OTHERS]),
        columns=tuple(columns),
        placed=tuple(sorted(best.placed, key=lambda each: (each.column, each.target))),
        others=_others(best, columns),
        specs=specs,
        questions=(
            *(_about_format(each) for each in sample.doubts),
            *(each for spec in specs.values() for each in spec.questions),
            *_about_unread(document, columns, best, known),
        ),
        trial=_try(document, sample, known),
    )


def _fittings(
    entities: Sequence[Entity], columns: Sequence[Column], known: Known
) -> Iterator[_Fitting]:
    names = Names(entities, known.vocabulary)
    named = [names.matches(each.name, each.label) for each in columns]
    telling = [may_tell(known, each) for each in columns]
    terms = terms_of(columns, known.vocabulary)
    for entity in entities:
        found = [matches.get(entity.name, {}) for matches in named]
        scores = {
            (target, column.name): fit
            for column, matches, by_values in zip(columns, found, telling, strict=True)
            for target in (entity.fields if by_values else matches)
            if (fit := _score(known, entity, target, column, matches)).score >= ENOUGH
        }
        own = {
            name: spec
            for name, spec in terms.items()
            if name in entity.fields and (name == "term" or entity.name == "term")
        }
        yield _Fitting(entity, _place(entity, scores, own), scores, own)


def _score(
    known: Known, entity: Entity, target: str, column: Column, named: Mapping[str, Match]
) -> Match:
    return score(known, entity, entity.fields[target], column, named.get(target, Match(0)))


def _place(
    entity: Entity, scores: Mapping[tuple[str, str], Match], terms: Mapping[str, Any]
) -> list[Placed]:
    """Give each field its column, the best first; some columns serve two fields."""
    taken: dict[str, list[str]] = {}
    placed: list[Placed] = []
    done = set(terms)
    for (target, column), match in sorted(scores.items(), key=lambda it: (-it[1].score, it[0])):
        others = [entity.fields[name] for name in taken.get(column, ())]
        is_free = not others or (
            match.score >= _SURE and all(_go_together(entity.fields[target], it) for it in others)
        )
        if target not in done and is_free:
            done.add(target)
            taken.setdefault(column, []).append(target)
            placed.append(Placed(target=target, column=column, match=match))
    return placed


def _go_together(one: Field, other: Field) -> bool:
    return {one.type, other.type} in _TOGETHER


def _specs(best: _Fitting, columns: Sequence[Column], known: Known) -> dict[str, Spec]:
    by_name = {each.name: each for each in columns}
    found = {name: Spec(spec=dict(spec)) for name, spec in best.terms.items()}
    if "codes" in best.terms.get("term", {}):
        found["term"].questions.append(_about_terms(best.terms["term"]))
    for each in best.placed:
        target = best.entity.fields[each.target]
        found[each.target] = spec_of(known, best.entity, target, by_name[each.column])
    return {name: found[name] for name in best.entity.fields if name in found}


def _about_format(doubt: Doubt) -> Question:
    path = f"$.format.{doubt.name}"
    return Question(path=path, zh=doubt.zh, en=doubt.en, choices=doubt.choices)


def _about_terms(spec: Mapping[str, Any]) -> Question:
    (first, term), *_ = spec["codes"].items()
    return Question(
        path="$.fields.term.codes",
        zh=f"{'、'.join(spec['from'])} 的 {first} 读作 {term}，请确认",
        en=f"{first} is read as the term {term}: is it meant so?",
    )


def _about_unread(
    document: Mapping[str, Any], columns: Sequence[Column], best: _Fitting, known: Known
) -> Iterator[Question]:
    """Ask about every column that no field reads, though it holds something."""
    unread = set(document["ignore"])
    for column in columns:
        if column.name in unread - ROW_NUMBERS and column.count:
            choices = tuple(_candidates(column, best, known))
            zh = f"，可能是 {'、'.join(choices)}" if choices else ""
            en = f"; perhaps {', '.join(choices)}" if choices else ""
            yield Question(
                path="$.ignore",
                zh=f"{column.name} 没有对应的字段{zh}；不需要就留在 ignore",
                en=f"no field reads {column.name}{en}; leave it in ignore if nobody needs it",
                choices=choices,
            )


def _candidates(column: Column, best: _Fitting, known: Known) -> Sequence[str]:
    """Return the fields that nothing fills which a column may be, the likeliest first.

    By its name where that shares a character with theirs, then by values of a telling type.
    """
    found: list[tuple[float, str]] = []
    for target in best.entity.fields.values():
        if target.name in best.fields:
            continue
        fit = fit_of(known, best.entity, target, column)
        alike = shared_letters(column.label or column.name, target.zh)
        is_telling = target.type is not FieldType.TEXT and fit >= _FITS
        is_telling |= column.kind in {"id-number", "phone"} and fit >= _FITS
        if fit > _CANNOT and (alike or is_telling):
            found.append((2 * alike + fit, target.name))
    return [name for _, name in sorted(found, key=lambda each: (-each[0], each[1]))[:CANDIDATES]]


def _document(
    sample: Sample,
    columns: Sequence[Column],
    best: _Fitting,
    specs: Mapping[str, Spec],
    source: str,
) -> dict[str, Any]:
    read = {name for spec in specs.values() for name in _columns_read(spec.spec)}
    shape: dict[str, Any] = {"encoding": sample.encoding, "delimiter": sample.delimiter}
    shape = {name: value for name, value in shape.items() if value is not None}
    if sample.header != 1:
        shape["header"] = sample.header
    if sample.first_row != sample.header + 1:
        shape["first_row"] = sample.first_row
    if sample.given:
        shape |= {"header": sample.header, "columns": list(sample.given)}
    if sample.footer:
        shape["footer"] = list(sample.footer)
    if any(is_comma(column) for column in _of_decimals(best, columns)):
        shape["decimal_mark"] = ","
    plain = {
        name
        for spec in specs.values()
        if "null_words" not in spec.spec
        for name in _columns_read(spec.spec)
    }
    nothing = dict.fromkeys(
        word for column in columns if column.name in plain for word in column.null_words
    )
    return {
        "feed": f"{source}.{best.entity.name}",
        "source": source,
        "entity": best.entity.name,
        "mode": "upsert",
        "unknown_fields": "reject",
        "ignore": [column.name for column in columns if column.name not in read],
        "null_words": list(nothing),
        "format": shape,
        "fields": {name: spec.spec for name, spec in specs.items()},
    }


def _of_decimals(best: _Fitting, columns: Sequence[Column]) -> Iterator[Column]:
    """Yield the columns from which fields of decimals are filled."""
    fields = best.entity.fields
    read = {each.column for each in best.placed if fields[each.target].type is FieldType.DECIMAL}
    yield from (each for each in columns if each.name in read)


def _columns_read(spec: Mapping[str, Any]) -> list[str]:
    names = spec["from"]
    return names if isinstance(names, list) else [names]


def _others(best: _Fitting, columns: Sequence[Column]) -> dict[str, tuple[tuple[str, float], ...]]:
    placed = {(each.target, each.column) for each in best.placed}
    rest: dict[str, list[tuple[str, float]]] = {column.name: [] for column in columns}
    for (target, name), match in best.scores.items():
        if (target, name) not in placed:
            rest[name].append((target, match.score))
    return {
        name: tuple(sorted(others, key=lambda each: (-each[1], each[0]))[:OTHERS])
        for name, others in rest.items()
    }


def _try(document: Mapping[str, Any], sample: Sample, known: Known) -> Trial:
    """Drive the sample through the proposal, without what the user has yet to fill."""
    rows = sample.frame.height
    try:
        feed = parse_feed(without_gaps(document), known.dictionary, 1)
    except FeedInvalidError as error:
        return Trial(rows=rows, good=0, reasons=(), faults=error.fields)
    mapped = mapping.apply(feed, Chunk(sample.frame, []), {})
    counts: dict[tuple[str, str], int] = {}
    for each in mapped.verdicts:
        counts[each.code, each.path] = counts.get((each.code, each.path), 0) + 1
    duplicates = sum(each.verdict is Verdict.DUPLICATE for each in mapped.verdicts)
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return Trial(
        rows=rows,
        good=mapped.good.height + duplicates,
        reasons=tuple(starmap(lambda place, count: (*place, count), ordered)),
        faults={},
    )
