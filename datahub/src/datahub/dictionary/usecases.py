"""What can be done with the dictionary: draft the college's part, compare it, publish it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from datahub.dictionary.domain.differences import Difference, Obstacle, differences, obstacles
from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.domain.integrity import OWN_SET, Problem, faults, part_problems, problems
from datahub.dictionary.domain.part import Part, compose
from datahub.dictionary.repository import versions
from datahub.dictionary.repository.versions import Dictionaries
from datahub.dictionary.tables import DraftRow
from shared.errors import DomainError, ErrorKind
from shared.kit.database import Transaction


class DraftNotFoundError(DomainError):
    """There is no draft."""

    kind: ClassVar = ErrorKind.NOT_FOUND
    code: ClassVar = "dictionary-draft-not-found"
    title_zh: ClassVar = "没有字典草稿"
    title_en: ClassVar = "There is no draft"


class DraftUnchangedError(DomainError):
    """The draft says what the published version says."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "dictionary-draft-unchanged"
    title_zh: ClassVar = "草稿没有改动"
    title_en: ClassVar = "The draft changes nothing"


class DictionaryInvalidError(DomainError):
    """The draft contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "dictionary-invalid"
    title_zh: ClassVar = "数据字典自相矛盾"
    title_en: ClassVar = "The dictionary contradicts itself"


class DictionaryBreakingError(DomainError):
    """The draft would break feeds or indicators that are in use."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "dictionary-breaking"
    title_zh: ClassVar = "会破坏正在使用的约定"
    title_en: ClassVar = "It would break what is in use"


class CodeSetIdError(DomainError):
    """A code set that no standard has, under a name that a standard might take."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "code-set-id"
    title_zh: ClassVar = "代码集标识不合要求"
    title_en: ClassVar = "Such an id a code set may not have"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who changes the draft."""

    subject: str
    check: Callable[[int | None], None]
    """Refuses a revision of the draft that is another than he saw; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What publishing the draft would mean."""

    against: Dictionary
    after: Dictionary
    part: Part
    differences: Sequence[Difference]
    problems: Sequence[Problem]
    obstacles: Sequence[Obstacle]

    @property
    def blocked_by(self) -> list[str]:
        """Why it may not be published; empty when it may."""
        wrong = [f"{each.place}: {each.reason}" for each in self.problems if not each.is_warning]
        held = [f"{each.place}: {each.reason}" for each in self.obstacles]
        return [*wrong, *held] if self.differences else ["草稿没有改动 (the draft changes nothing)"]


def check_code_set_id(dictionary: Dictionary, code_set: str) -> None:
    """Refuse an id that is neither that of a known code set nor one of the college's own.

    Raises:
        CodeSetIdError: it is not.
    """
    if code_set in dictionary.code_sets or re.fullmatch(rf"{OWN_SET}[a-z0-9_]{{1,60}}", code_set):
        return
    raise CodeSetIdError(
        f"没有代码集 {code_set}；自有代码集以 {OWN_SET} 开头",
        f"there is no code set {code_set}; the college's own begin with {OWN_SET}",
        fields={"path.code_set": [f"已有的代码集，或 {OWN_SET} 加小写字母 (known, or so begun)"]},
        fixes=[f"PUT …/dictionary/draft/code-sets/{OWN_SET}<name>"],
    )


async def edit_draft(tx: Transaction, by: Writer, edit: Callable[[Part], Part]) -> DraftRow:
    """Change the draft; the first change begins it with what is published."""
    draft = await _locked(tx, by)
    part = await versions.read_newest_part(tx) if draft.part is None else draft.part
    return await versions.save_draft(tx, edit(part), by.subject)


async def _locked(tx: Transaction, by: Writer) -> DraftRow:
    draft = await versions.get_draft(tx, lock=True)
    by.check(None if draft.part is None else draft.revision)
    return draft


async def get_draft(tx: Transaction) -> DraftRow:
    """Return the draft.

    Raises:
        DraftNotFoundError: there is none.
    """
    draft = await versions.get_draft(tx)
    if draft.part is None:
        raise DraftNotFoundError(
            "目前没有草稿",
            "there is no draft for now",
            fixes=["PUT /api/datahub/v1/dictionary/draft/code-sets/{set}"],
        )
    return draft


async def review_draft(tx: Transaction, dictionaries: Dictionaries) -> Review:
    """Compare the draft with what is published, and ask whom it would break.

    Raises:
        DraftNotFoundError: there is none.
    """
    draft = await get_draft(tx)
    assert draft.part is not None
    against = await dictionaries.newest(tx)
    base = await versions.read_base(tx, against.base)
    day = versions.day_of(await versions.read_clock(tx))
    after = compose(base, draft.part, version=against.version + 1, as_of=day)
    found = differences(against, after)
    bound = [each for ask in dictionaries.bound for each in await ask(tx, against, after)]
    return Review(
        against=against,
        after=after,
        part=draft.part,
        differences=found,
        problems=[*part_problems(draft.part, base), *problems(after)],
        obstacles=obstacles(found, bound),
    )


async def publish_draft(tx: Transaction, dictionaries: Dictionaries, by: Writer, note: str) -> int:
    """Publish the draft as the next version; return its number.

    Raises:
        DraftNotFoundError: there is none.
        DraftUnchangedError: it changes nothing.
        DictionaryInvalidError: with every fault, by its place.
        DictionaryBreakingError: with every feed and indicator that it would break.
    """
    await versions.lock_versions(tx)
    await _locked(tx, by)
    review = await review_draft(tx, dictionaries)
    _check(review)
    await versions.add_version(
        tx,
        review.after,
        review.part,
        review.differences,
        note=note,
        published_by=by.subject,
        published_at=await versions.read_clock(tx),
    )
    await versions.save_draft(tx, None, by.subject)
    return review.after.version


def _check(review: Review) -> None:
    if wrong := faults(review.problems):
        raise DictionaryInvalidError(
            f"数据字典自相矛盾：{'、'.join(wrong)}",
            f"it contradicts itself at {', '.join(wrong)}",
            fields=wrong,
        )
    if not review.differences:
        raise DraftUnchangedError("草稿与已发布版本相同", "the draft says what is published")
    if review.obstacles:
        held: dict[str, list[str]] = {}
        for each in review.obstacles:
            held.setdefault(f"$.{each.place}", []).append(each.reason)
        names = sorted({f"{each.kind} {each.id}" for each in review.obstacles})
        raise DictionaryBreakingError(
            f"{'、'.join(names)} 仍在使用将被改动的内容",
            f"{', '.join(names)} still use what would change",
            fields=held,
            fixes=list(dict.fromkeys(each.remedy for each in review.obstacles)),
        )


async def discard_draft(tx: Transaction, by: Writer) -> None:
    """Take the draft away.

    Raises:
        DraftNotFoundError: there is none.
    """
    await _locked(tx, by)
    await get_draft(tx)
    await versions.save_draft(tx, None, by.subject)
