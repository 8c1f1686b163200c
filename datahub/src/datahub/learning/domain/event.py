"""Read one learning event, an xAPI statement or a Caliper event, and say all that is wrong with it.

What both formats call differently is named here once; how a source names its people and classes
says its document. Source: xAPI 1.0.3, Caliper 1.1 and 1.2.
"""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from datahub.dictionary.domain.entity import Entity
from datahub.ingest.domain.ledger import RowVerdict, Verdict
from datahub.learning.domain.source import LearningSource, Place, first_of

CAMPUS: Final = ZoneInfo("Asia/Shanghai")
VOIDED: Final = "voided"
SKEW: Final = timedelta(minutes=5)
"""By how much a source's clock may be ahead of ours."""

_VOID_VERB: Final = "http://adlnet.gov/expapi/verbs/voided"
_BY_LRS: Final = frozenset({"stored", "authority", "version"})
"""What a learning record store adds to a statement on its way: the same event without it."""

_MENDABLE: Final = frozenset({"unreadable-actor", "unknown-verb"})
"""Where another document of the source reads the same event."""

_SPAN: Final = re.compile(
    r"P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_UUID: Final = re.compile(r"(?i)(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SECONDS: Final = (604_800, 86_400, 3_600, 60, 1)
_MAX_SECONDS: Final = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when to when an event may have happened."""

    since: datetime
    """What is older was dropped, or would be at once."""

    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where a format keeps what every event has."""

    at: str
    verb: Place
    object_id: Place
    object_type: tuple[Place, ...]
    score: tuple[Place, ...]
    span: Place


def _at(way: str) -> Place:
    return Place(way=tuple(way.split(".")))


XAPI: Final = Form(
    at="timestamp",
    verb=_at("verb.id"),
    object_id=_at("object.id"),
    object_type=(_at("object.definition.type"), _at("object.objectType")),
    score=(_at("result.score.raw"), _at("result.score.scaled")),
    span=_at("result.duration"),
)
CALIPER: Final = Form(
    at="eventTime",
    verb=_at("action"),
    object_id=_at("object.id"),
    object_type=(_at("object.type"),),
    score=(_at("generated.scoreGiven"),),
    span=_at("duration"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningEvent:
    """What is read of an event; ``line`` is its place in the delivery."""

    line: int
    event_id: str
    event_at: datetime
    digest: bytes
    statement: str
    verb: str
    student_no: str | None = None
    class_no: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    duration_s: int | None = None
    result_score: str | None = None
    voids: str | None = None

    @property
    def is_uuid(self) -> bool:
        """Whether its id is nobody else's."""
        return _UUID.fullmatch(self.event_id) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the events of one source."""

    entity: Entity
    source: LearningSource
    verbs: Mapping[str, str]
    """The dictionary's verb by every verb that is known."""

    window: Window

    def read(self, line: int, event: object, statement: str) -> LearningEvent | list[RowVerdict]:
        """Return what an event says, or every reason why it has no place among the others."""
        form = _form_of(event)
        if form is None or not isinstance(event, dict):
            return [verdict(line, "not-an-event", "$")]
        found = _Found(self, line, event, form)
        if event_verb(event, form) == _VOID_VERB:
            read = found.voiding(statement)
        else:
            read = found.event(statement)
        return read if not found.faults else found.faults


def event_verb(event: Mapping[str, Any], form: Form) -> str:
    """Return the verb as the source writes it."""
    return form.verb.found_in(event) or ""


def _form_of(event: object) -> Form | None:
    match event:
        case {"verb": _}:
            return XAPI
        case {"action": _} | {"eventTime": _}:
            return CALIPER
        case _:
            return None


class _Found:
    """One event while it is read."""

    def __init__(self, reader: Reader, line: int, event: Mapping[str, Any], form: Form) -> None:
        self._reader = reader
        self._line = line
        self._event = event
        self._form = form
        self.faults: list[RowVerdict] = []

    def voiding(self, statement: str) -> LearningEvent:
        """Read a statement that takes another one back."""
        target = _at("object.id").found_in(self._event)
        is_reference = _at("object.objectType").found_in(self._event) == "StatementRef"
        if target is None or not is_reference:
            self._fault("unreadable-object", "$.object")
        read = replace(self._common(statement, VOIDED), voids=_id_of(target))
        self._check_lengths(read)
        self._check_length(read.voids, "event_id", "voids")
        return read

    def event(self, statement: str) -> LearningEvent:
        """Read what somebody did."""
        common = self._common(statement, self._verb())
        read = replace(
            common,
            student_no=self._student(),
            class_no=first_of(self._reader.source.class_, self._event),
            object_type=first_of(self._form.object_type, self._event),
            object_id=self._form.object_id.found_in(self._event),
            duration_s=self._duration(),
            result_score=self._score(),
        )
        self._check_lengths(read)
        return read

    def _common(self, statement: str, verb: str) -> LearningEvent:
        event_id = _id_of(self._event.get("id"))
        if not event_id or "\0" in event_id:
            self._fault("missing-id", "$.id")
            event_id = ""
        return LearningEvent(
            line=self._line,
            event_id=event_id,
            event_at=self._instant(),
            digest=digest_of(self._event),
            statement=statement,
            verb=verb,
        )

    def _instant(self) -> datetime:
        window, path = self._reader.window, f"$.{self._form.at}"
        said = self._event.get(self._form.at)
        try:
            at = datetime.fromisoformat(said) if isinstance(said, str) else None
            at = at.replace(tzinfo=CAMPUS) if at and at.tzinfo is None else at
            is_old = at is not None and at < window.since
        except (ValueError, OverflowError):
            at = None
            is_old = False
        if at is None:
            self._fault("missing-time", path)
        elif at > window.now + SKEW:
            self._fault("in-future", path, at.isoformat())
        elif is_old:
            self._fault("too-old", path, f"{window.since.astimezone(CAMPUS):%Y-%m-%d}")
        return at or window.now

    def _verb(self) -> str:
        said = event_verb(self._event, self._form)
        verb = self._reader.verbs.get(said)
        if verb is None:
            place = ".".join(self._form.verb.way)
            self._fault("unknown-verb", f"$.{place}", said[:200])
        return verb or ""

    def _student(self) -> str | None:
        actor = self._event.get("actor")
        is_group = isinstance(actor, dict) and (
            actor.get("objectType") == "Group" or "member" in actor
        )
        student = None if is_group else first_of(self._reader.source.student, self._event)
        if student is None:
            self._fault("unreadable-actor", "$.actor")
        return student

    def _duration(self) -> int | None:
        said = self._form.span.found_in(self._event)
        if said is None:
            return None
        seconds = seconds_of(said)
        if seconds is None:
            way = ".".join(self._form.span.way)
            self._fault("unreadable-duration", f"$.{way}", said[:100])
        return seconds

    def _score(self) -> str | None:
        for place in self._form.score:
            value: Any = self._event
            for name in place.way:
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, int | float) and not isinstance(value, bool):
                # A whole number is one, but may be too large for a float to tell so.
                if isinstance(value, int) or math.isfinite(value):
                    return str(value)
                value = "∞"
            if value is not None:
                self._fault("unreadable-score", f"$.{'.'.join(place.way)}", str(value)[:100])
                return None
        return None

    def _check_lengths(self, read: LearningEvent) -> None:
        for name in self._reader.entity.fields:
            self._check_length(getattr(read, name), name, name)

    def _check_length(self, value: object, field: str, told: str) -> None:
        most = self._reader.entity.fields[field].max_length
        if most is None or not isinstance(value, str):
            return
        if len(value) > most:
            self._fault("too-long", f"$ → {told}", str(most))
        elif "\0" in value:
            self._fault("bad-character", f"$ → {told}")

    def _fault(self, code: str, path: str, said: str = "") -> None:
        self.faults.append(verdict(self._line, code, path, said))


def _id_of(event_id: object) -> str | None:
    """Return an id as it is kept: a UUID is the same in small and in capital letters."""
    if not isinstance(event_id, str):
        return None
    stripped = event_id.strip()
    return stripped.lower() if _UUID.fullmatch(stripped) else stripped


def digest_of(event: Mapping[str, Any]) -> bytes:
    """Return what tells the content of an event from any other."""
    own = {name: value for name, value in event.items() if name not in _BY_LRS}
    return hashlib.blake2b(msgspec.json.encode(own, order="sorted"), digest_size=16).digest()


def seconds_of(span: str) -> int | None:
    """Return the seconds of an ISO 8601 duration, rounded; None where it is none.

    Years and months have no length of their own, and a learning event lasts none of them.
    """
    found = _SPAN.fullmatch(span)
    if found is None or not any(found.groups()):
        return None
    parts = zip(found.groups(), _SECONDS, strict=True)
    seconds = sum(float(number) * unit for number, unit in parts if number)
    # Half a second below the end would be rounded up to it.
    return round(seconds) if seconds < _MAX_SECONDS - 1 else None


REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "not-an-event": (
        "既不是 xAPI 语句（有 verb），也不是 Caliper 事件（有 action、eventTime）",
        "neither an xAPI statement, with a verb, nor a Caliper event, with action and eventTime",
    ),
    "undecodable": ("不是合法的 UTF-8 JSON", "no JSON in UTF-8"),
    "missing-id": (
        "没有 id：没有它，分不出重发与重复；请由来源给出 UUID，或不重复使用的编号",
        "no id: nothing tells what is sent again; the source gives a UUID, or an id of its own",
    ),
    "missing-time": (
        "没有可读的时间，须为 ISO 8601（不带时区的按校园时间）",
        "no readable time; write ISO 8601, without a zone it is campus time",
    ),
    "in-future": ("时间 {said} 在将来，请校准来源的时钟", "{said} is in the future: set the clock"),
    "too-old": (
        "早于 {said}：那时的事件已不保留，其每日汇总不再改变",
        "before {said}: events of then are not kept, and their daily totals stand",
    ),
    "unknown-verb": (
        "不认识的动词 {said!r}，请在来源的 verbs 中给出对应",
        "unknown verb {said!r}: name it among the verbs of the source",
    ),
    "unreadable-actor": (
        "行为人不是一个学生，或学号不在来源所说的位置",
        "the actor is no single student, or no number stands where the source says",
    ),
    "unreadable-object": (
        "撤销须指明被撤销的事件（object 为 StatementRef）",
        "voiding names the event it takes back, by a StatementRef as its object",
    ),
    "unreadable-duration": (
        "时长 {said!r} 不是 PT1H30M 这样的 ISO 8601",
        "{said!r} is no ISO 8601 duration such as PT1H30M",
    ),
    "unreadable-score": ("得分 {said!r} 不是数字", "the score {said!r} is no number"),
    "too-long": ("超过 {said} 个字符", "longer than {said} characters"),
    "bad-character": ("含有 NUL 字符", "holds the character NUL"),
    "conflict": (
        "该 id 的事件已收到，内容不同；保留先到的，更正请撤销后以新 id 重发",
        "the id came with other content; the first stays: void it, send the other under a new id",
    ),
    "duplicate": ("该事件此前已收到", "the event came before"),
}


def verdict(line: int, code: str, path: str, said: str = "") -> RowVerdict:
    """Return why an event is not simply taken in."""
    fate = Verdict.REJECTED
    if code == "duplicate":
        fate = Verdict.DUPLICATE
    elif code in _MENDABLE:
        fate = Verdict.QUARANTINED
    zh, en = REASONS[code]
    message = f"{zh.format(said=said)} ({en.format(said=said)})"
    return RowVerdict(row=line, verdict=fate, code=code, path=path, message=message)
