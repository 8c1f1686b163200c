"""Read a feed contract from its document: the whole of it is checked before it takes effect.

A document is refused with every fault at once, by its place. Whatever a feed lets through the
database can store: a parser that does not fit its field is a fault here, not an error there.
Source: design "Data hub" 2 and 3.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from datahub.dictionary.domain.document import Faults
from datahub.dictionary.domain.entity import Dictionary, Entity, FieldType
from datahub.ingest.domain import feed_layout
from datahub.ingest.domain.feed import KEEP, Expected, Feed, Measure
from datahub.ingest.domain.field_document import FieldReader
from datahub.ingest.domain.fixed_width import SIGN
from datahub.ingest.domain.reading import DETECT, ENCODINGS, MAX_DELIMITER, codec_of
from shared.errors import DomainError, ErrorKind

POLICIES: Final = frozenset({"reject", "quarantine", "ignore", KEEP})
CONTENTS: Final = frozenset({"delta", "full"})
RHYTHMS: Final = frozenset({"daily", "weekly", "monthly", "term"})
_KEYS: Final = frozenset(
    {
        *("feed", "source", "entity", "key", "mode", "default", "title", "format"),
        *("content", "max_vanish_ratio", "rhythm", "never_waits_for"),
        *("unknown_fields", "ignore", "null_words", "null_dates", "fields", "codes", "aggregate"),
    }
)
_FORMAT_KEYS: Final = (
    frozenset(
        {"encoding", "delimiter", "widths", "date_order", "decimal_mark", "fill_down", "footer"}
    )
    | feed_layout.KEYS
)
_SPAN: Final = re.compile(r"[1-9]\d{0,3}[mhdw]", re.ASCII)
_NULL_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class FeedInvalidError(DomainError):
    """A feed contract that contradicts itself or the dictionary."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "feed-invalid"
    title_zh: ClassVar = "数据源约定有误"
    title_en: ClassVar = "The feed contract is wrong"


def parse_feed(document: Mapping[str, Any], dictionary: Dictionary, version: int) -> Feed:
    """Build a feed from its document.

    Raises:
        FeedInvalidError: with every fault, by its place in the document.
    """
    faults = Faults()
    feed = _read(document, dictionary, version, faults)
    if feed is None or faults.found:
        raise feed_invalid(faults.found)
    return feed


def feed_invalid(faults: Mapping[str, list[str]]) -> FeedInvalidError:
    """Return the refusal that names every fault by its place."""
    return FeedInvalidError(
        f"数据源约定有误：{'、'.join(faults)}",
        f"the feed contract is wrong at {', '.join(faults)}",
        fields=faults,
        fixes=[
            "按 validationErrors 逐处修改后重新 PUT (mend each place and PUT again)",
            "或由样本推断 POST /api/datahub/v1/feeds/guess (or have it guessed from a sample)",
        ],
    )


def _entity(document: Mapping[str, Any], dictionary: Dictionary, faults: Faults) -> Entity | None:
    """Return the entity that the feed writes; None where it may write none."""
    asked = document.get("entity")
    entity = dictionary.entities.get(str(asked))
    if entity is None:
        faults.add("$.entity", f"未知实体 {asked!r} (unknown entity {asked!r})")
        return None
    if entity.is_raw:
        reason = f"{entity.zh}按原样接收，不用约定：POST /learning-events (comes raw, without feed)"
        faults.add("$.entity", reason)
        return None
    return entity


def _read(
    document: Mapping[str, Any], dictionary: Dictionary, version: int, faults: Faults
) -> Feed | None:
    faults.known("$", document, _KEYS)
    for name in ("feed", "source", "entity", "fields"):
        if not document.get(name):
            faults.add(f"$.{name}", "必填 (required)")
    entity = _entity(document, dictionary, faults)
    if entity is None:
        return None
    reader = FieldReader(entity, dictionary, document, faults)
    shape = faults.table("$.format", document.get("format"))
    faults.known("$.format", shape, _FORMAT_KEYS)
    feed = Feed(
        id=str(document.get("feed")),
        version=version,
        source=str(document.get("source")),
        entity=entity,
        is_default=document.get("default") is True,
        unknown_fields=str(document.get("unknown_fields", "reject")),
        ignore=frozenset(faults.words("$.ignore", document.get("ignore"))),
        null_words=frozenset(faults.words("$.null_words", document.get("null_words"))) | {""},
        encoding=str(shape.get("encoding", "utf-8")),
        delimiter=SIGN if "widths" in shape else str(shape.get("delimiter", ",")),
        dictionary_version=dictionary.version,
        mappings=reader.mappings(),
        measures=_measures(entity, document, faults),
        fill_down=faults.words("$.format.fill_down", shape.get("fill_down")),
        footer=faults.words("$.format.footer", shape.get("footer")),
        expects=_expected(document, faults),
        layout=feed_layout.read_layout(shape, faults),
        widths=feed_layout.read_widths(shape, faults),
        never_waits_for=frozenset(
            faults.words("$.never_waits_for", document.get("never_waits_for"))
        ),
    )
    _check_shape(feed, document, faults)
    _check_format(feed, faults)
    _check_fields(feed, faults)
    return feed


def _check_shape(feed: Feed, document: Mapping[str, Any], faults: Faults) -> None:
    if feed.unknown_fields not in POLICIES:
        faults.one_of("$.unknown_fields", sorted(POLICIES))
    if feed.is_aggregating and feed.keeps_unknown:
        faults.add("$.unknown_fields", "汇总的约定不能是 ext (not in an aggregating feed)")
    if document.get("mode", "upsert") != "upsert":
        faults.add("$.mode", "此处只能是 upsert (only upsert here)")
    if not isinstance(document.get("default", False), bool):
        faults.add("$.default", "true | false")
    key = faults.words("$.key", document.get("key"))
    if key and key != feed.entity.key:
        own = list(feed.entity.key)
        faults.add("$.key", f"{feed.entity.name} 的主键是 {own} (the key is {own})")
    for day in faults.words("$.null_dates", document.get("null_dates")):
        if not _NULL_DATE.fullmatch(day):
            faults.add("$.null_dates", f"{day!r}：须为 YYYY-MM-DD")


def _check_format(feed: Feed, faults: Faults) -> None:
    if feed.encoding not in ENCODINGS:
        faults.one_of("$.format.encoding", sorted(ENCODINGS))
    is_short = 1 <= len(feed.delimiter) <= MAX_DELIMITER
    if not is_short or set(feed.delimiter) & set('"\r\n'):
        reason = (
            f"一至 {MAX_DELIMITER} 个字符（不能有引号或换行），或 {DETECT}"
            f" (1 to {MAX_DELIMITER} characters without quotes, or {DETECT})"
        )
        faults.add("$.format.delimiter", reason)
    if feed.layout.columns:
        _check_columns(feed, faults)
    for name in sorted(set(feed.fill_down) - feed.columns - feed.ignore):
        faults.add("$.format.fill_down", f"约定没有列 {name} (the feed has no column {name})")
    if "" in feed.footer:
        faults.add("$.format.footer", "不能为空 (not empty)")


def _check_columns(feed: Feed, faults: Faults) -> None:
    """Hold the names that the feed gives to the columns against all that it says of them."""
    if feed.delimiter == DETECT:
        reason = f"写了 columns，就要写明 delimiter，不能是 {DETECT} (name the delimiter, too)"
        faults.add("$.format.delimiter", reason)
    for name in sorted(feed.columns - {*feed.layout.columns}):
        faults.add("$.format.columns", f"没有字段所读的列 {name} (a field reads {name})")
    if feed.encoding in ENCODINGS:
        try:
            "".join(feed.layout.columns).encode(codec_of(feed.encoding))
        except UnicodeError:
            reason = f"有 {feed.encoding} 写不了的字 (not to be written in {feed.encoding})"
            faults.add("$.format.columns", reason)


def _expected(document: Mapping[str, Any], faults: Faults) -> Expected:
    content = faults.choice("$.content", document.get("content"), CONTENTS) or "delta"
    share = faults.number("$.max_vanish_ratio", document.get("max_vanish_ratio"))
    if share is not None and not (content == "full" and 0 <= share <= 1):
        reason = "0–1，且只用于 content = 'full' (a ratio, for full deliveries only)"
        faults.add("$.max_vanish_ratio", reason)
    every, grace = _rhythm(document.get("rhythm"), faults)
    return Expected(content=content, every=every, grace=grace, max_vanish_ratio=share)


def _rhythm(value: object, faults: Faults) -> tuple[str | None, str | None]:
    spec = {"every": value} if isinstance(value, str) else faults.table("$.rhythm", value)
    faults.known("$.rhythm", spec, frozenset({"every", "grace"}))
    every = faults.text("$.rhythm.every", spec.get("every"))
    grace = faults.text("$.rhythm.grace", spec.get("grace"))
    if every is None and value is not None:
        faults.add("$.rhythm", "需要 every (needs every)")
    if every is not None and every not in RHYTHMS and not _SPAN.fullmatch(every):
        faults.add("$.rhythm", f"{sorted(RHYTHMS)} 之一，或 24h 这样的时长 (a word or a span)")
    if grace is not None and not _SPAN.fullmatch(grace):
        faults.add("$.rhythm.grace", "须为 2h 这样的时长 (a span such as 2h)")
    return every, grace


def _check_fields(feed: Feed, faults: Faults) -> None:
    mapped = {each.target.name for each in feed.mappings}
    for name in sorted(set(feed.entity.key) - mapped):
        reason = f"缺少主键字段 {name}，来源没有的写 constant"
        faults.add("$.fields", f"{reason} (the key field {name} is not mapped: a constant will do)")
    parents = {each.target.name for each in feed.mappings if each.target.parent}
    for name in sorted(feed.never_waits_for - parents):
        known = "、".join(sorted(parents)) or "—"
        reason = f"{name} 不是约定中等待父记录的字段：{known} (no field of it that waits)"
        faults.add("$.never_waits_for", reason)
    for name in sorted(mapped & {each.target for each in feed.measures}):
        faults.add(f"$.fields.{name}", "同时是汇总项 (it is a measure too)")
    if feed.is_aggregating and feed.ext:
        faults.add("$.fields", "汇总的约定不写校本字段 (no ext fields in an aggregating feed)")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,79}", feed.id):
        faults.add("$.feed", "小写字母、数字、_ . -，至多 80 字符 (lower-case, at most 80)")
    if not re.fullmatch(r"[a-z0-9_-]{1,32}", feed.source):
        faults.add("$.source", "小写字母、数字、_ -，至多 32 字符 (lower-case, at most 32)")


def _measures(entity: Entity, document: Mapping[str, Any], faults: Faults) -> tuple[Measure, ...]:
    if "aggregate" not in document:
        return ()
    aggregate = faults.table("$.aggregate", document["aggregate"])
    if aggregate.get("identity") != "document":
        faults.add("$.aggregate.identity", "只能是 document (only document)")
    measures = faults.table("$.aggregate.measures", aggregate.get("measures"))
    if not measures:
        faults.add("$.aggregate.measures", "至少一个 (at least one)")
    shape = document.get("format")
    comma = isinstance(shape, Mapping) and shape.get("decimal_mark") == ","
    found = []
    for name, spec in measures.items():
        place = f"$.aggregate.measures.{name}"
        target = entity.fields.get(name)
        if target is None or target.type not in {FieldType.INTEGER, FieldType.DECIMAL}:
            faults.add(place, "没有这个数值字段 (no such field of numbers)")
        match spec:
            case {"sum": str(column), **rest} if not rest:
                found.append(Measure(target=name, column=column, decimal_comma=comma))
            case {"count": True, **rest} if not rest:
                found.append(Measure(target=name, column=None))
            case _:
                faults.add(place, "{sum = 列} 或 {count = true} (one of them)")
    return tuple(found)
