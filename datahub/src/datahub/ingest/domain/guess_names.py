"""Guess by names which canonical field a column is: identifier, labels, synonyms, pinyin initials.

Every form of a field's name has a score; a column has the score of the form it is. Source: our
default; the forms are those of 正方, 金智 and the national dictionary (initials of the label).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import chain, product
from typing import Final, NamedTuple

from datahub.dictionary.domain.entity import Entity, Field, FieldType

_GROUPS: Final = (
    ("机构", "部门", "单位", "院系", "学院"),
    ("日期", "时间"),
    ("类型", "类别"),
    ("状态", "状况"),
    ("名称", "名"),
)
"""Words that systems use for one another."""

_ENDINGS: Final = ("学工号", "工号", "编号", "代码", "编码", "号", "名称", "情况", "类别", "类型")
_NUMBERS: Final = ("学工号", "工号", "编号", "代码", "编码", "号")
_NUMBER_INITIALS: Final = ("h", "dm", "bh", "gh", "bm", "m")
_OWNERS: Final = ("所属", "所在", "使用", "任教", "设备")
_BRACKETS: Final = re.compile(r"[（(].*?[）)]")
_NOT_WORDS: Final = re.compile(r"[^a-z0-9\u4e00-\u9fff]+")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_ID: Final = re.compile(r"(?<=.)_?id$", re.IGNORECASE)
_PARTIAL: Final = 0.6


class Match(NamedTuple):
    """How well a column's name is that of a field."""

    score: float
    """0 to 1."""

    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What is commonly said for a field and for a value; see ``words/``."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Words by ``field``, or by ``entity.field`` where only that one is meant."""

    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Code by what is said for it, for each code set and each ``entity.field`` with words."""

    labels: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    """Chinese and English label by code, for each code set and each ``entity.field`` with words."""

    said: dict[tuple[str, frozenset[str]], Mapping[str, str]] = field(default_factory=dict)
    """What was worked out already: the code by what may be said for it."""


class Names:
    """The names of every field of some entities, found by a name and by its pairs of letters."""

    def __init__(self, entities: Iterable[Entity], vocabulary: Vocabulary) -> None:
        self._forms: dict[str, dict[tuple[str, str], Match]] = {}
        for entity in entities:
            for each in entity.fields.values():
                for form, match in _best(_forms(entity, each, vocabulary)):
                    self._forms.setdefault(form, {})[entity.name, each.name] = match
        self._by_pair: dict[str, list[str]] = {}
        for form in filter(_HAN.search, self._forms):
            for pair in _pairs(form):
                self._by_pair.setdefault(pair, []).append(form)

    def matches(self, name: str, label: str | None) -> dict[str, dict[str, Match]]:
        """Return how well a column's name, or its label, is that of a field, by entity."""
        best: dict[str, dict[str, Match]] = {}
        for (entity, target), match in self._found(name, label):
            fields = best.setdefault(entity, {})
            fields[target] = max(match, fields.get(target, match))
        return best

    def _found(self, *texts: str | None) -> Iterator[tuple[tuple[str, str], Match]]:
        for text in filter(None, texts):
            yield from self._forms.get(plain(text), {}).items()
            # An ``_id`` behind a name, or a unit in brackets, is no part of it.
            for bare in {plain(_ID.sub("", text)), plain(_BRACKETS.sub("", text))} - {plain(text)}:
                for place, (score, why) in self._forms.get(bare, {}).items():
                    yield place, Match(score * 0.98, why)
            if _HAN.search(text):
                yield from self._partial(plain(text))

    def _partial(self, name: str) -> Iterator[tuple[tuple[str, str], Match]]:
        """Yield the fields of which a form is in a Chinese name, or the other way about."""
        pairs = _pairs(name)
        shared = Counter(chain.from_iterable(self._by_pair.get(pair, ()) for pair in pairs))
        for form, count in shared.items():
            # Dice: the share of pairs of letters that two names have in common.
            share = 2 * count / (len(pairs) + len(_pairs(form)))
            if share >= _PARTIAL:
                for place, match in self._forms[form].items():
                    score = round(match.score * share * 0.8, 3)
                    yield place, Match(score, f"与 {form} 相近 (close to it)")


def plain(text: str) -> str:
    """Return a name without case, signs and blanks."""
    return _NOT_WORDS.sub("", text.lower())


@cache
def initials(text: str) -> str:
    """Return the initials of a Chinese text: 学号 is ``xh``."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 — 50 MiB, for processes that guess

    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()


def _best(forms: Iterator[tuple[str, Match]]) -> Iterator[tuple[str, Match]]:
    best: dict[str, Match] = {}
    for form, match in forms:
        if form and match > best.get(form, Match(0)):
            best[form] = match
    yield from best.items()


def _forms(entity: Entity, target: Field, vocabulary: Vocabulary) -> Iterator[tuple[str, Match]]:
    yield plain(target.name), Match(1.0, f"字段名 {target.name} (its identifier)")
    yield plain(f"{entity.name}_{target.name}"), Match(0.97, "实体名＋字段名 (entity and field)")
    yield plain(target.en), Match(0.95, f"英文名 {target.en} (English label)")
    yield plain(f"{entity.en} {target.en}"), Match(0.93, f"英文名 {target.en} (English label)")
    for word in _words(entity, target, vocabulary):
        yield plain(word), Match(0.95, f"常用名 {word} (a common name)")
        yield from _initials(word, Match(0.95, ""), is_code=False)
        for text in _exchanged(word, [word]):
            yield plain(text), Match(0.9, f"常用名 {word} (a common name)")
    label = _BRACKETS.sub("", target.zh)
    for text, score in _labels(entity, label, target.type):
        yield plain(text), Match(score, f"中文名 {text} (Chinese label)")
        is_code = target.type is FieldType.CODE or label.endswith(_NUMBERS)
        yield from _initials(text, Match(score, ""), is_code=is_code)


def _words(entity: Entity, target: Field, vocabulary: Vocabulary) -> Sequence[str]:
    own = vocabulary.fields.get(f"{entity.name}.{target.name}", ())
    return (*own, *vocabulary.fields.get(target.name, ()))


def _labels(entity: Entity, label: str, kind: FieldType) -> Iterator[tuple[str, float]]:
    """Yield how a label may be written, with its score."""
    for text in _variants(label):
        score = 1.0 if text == label else 0.9
        yield text, score
        yield f"{entity.zh}{text}", score - 0.05
        if text.startswith(entity.zh):
            yield text.removeprefix(entity.zh), score - 0.15
        for ending in _ENDINGS:
            if text.endswith(ending) and len(text) > len(ending) + 1:
                yield text.removesuffix(ending), score - 0.12
        if kind is FieldType.BOOLEAN:
            yield f"是否{text.removeprefix('是否')}", score - 0.05
            yield text.removeprefix("是否"), score - 0.05


def _variants(label: str) -> Iterator[str]:
    """Yield a label with each of its words said in another way."""
    pieces = [label, *(label.removeprefix(each) for each in _OWNERS if label.startswith(each))]
    for each in list(pieces):
        ending = next((it for it in _NUMBERS if each.endswith(it)), None)
        if ending is not None:
            pieces += [each.removesuffix(ending) + other for other in ("编号", "代码", "号")]
    yield label
    yield from (each for each in _exchanged(label, pieces) if each != label)


def _exchanged(label: str, pieces: Sequence[str]) -> Sequence[str]:
    """Return pieces of a label, and what they are when its words are exchanged for others."""
    for group in _GROUPS:
        for word in group:
            if word in label:
                others = [each.replace(word, other) for each in pieces for other in group]
                pieces = sorted({*pieces, *others})
                break
    return pieces


def _initials(text: str, match: Match, *, is_code: bool) -> Iterator[tuple[str, Match]]:
    if not _HAN.search(text):
        return
    letters = initials(text)
    if len(letters) > 1:
        loss = 0.1 if len(letters) > 2 else 0.2
        yield letters, Match(match.score - loss, f"拼音首字母 {text} (initials)")
    if is_code and len(letters) > 1:
        bases = {letters, *(initials(text.removesuffix(each)) for each in _NUMBERS)}
        for base, ending in product(sorted(bases), _NUMBER_INITIALS):
            if len(base) > 1:
                yield base + ending, Match(match.score - 0.14, f"拼音首字母 {text} (initials)")


def shared_letters(one: str, other: str) -> float:
    """Return the share of Chinese characters that two names have in common (Dice)."""
    letters, others = set(_HAN.findall(one)), set(_HAN.findall(other))
    return 2 * len(letters & others) / max(1, len(letters) + len(others))


@lru_cache(maxsize=20_000)
def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))
