"""The notification policy (通知策略) as it is given and answered, read into the rules."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from alert_service.domain.keeping import Keep
from alert_service.domain.matching import Matcher, Op, compile_pattern
from alert_service.domain.rhythm import Digest, QuietHours
from alert_service.domain.routing import INBOX, PARTIES, Inhibition, Policy, Receiver, Route
from shared.contracts.vocabulary import Severity

MOST_ROUTES: Final = 200
DEEPEST: Final = 6
EVERY_DAY: Final = (1, 2, 3, 4, 5, 6, 7)

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["red"])]
Label = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,59}$", examples=["severity"])]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
Weekday = Annotated[int, Field(ge=1, le=7)]
Seconds = Annotated[float, Field(ge=0, le=90 * 86400)]


class Strict(BaseModel):
    """A body that takes no field it does not know."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class MatcherBody(Strict):
    """A condition on a label; ``=~`` and ``!~`` take ``a|b.*``."""

    label: Label
    op: Op = "="
    value: Annotated[str, Field(max_length=300, examples=["red"])]

    @field_validator("value")
    @classmethod
    def _readable(cls, value: str, about: ValidationInfo) -> str:
        if about.data.get("op") in {"=~", "!~"}:
            compile_pattern(value)
        return value

    def read(self) -> Matcher:
        """Return the condition."""
        return Matcher(self.label, self.op, self.value)


class ReceiverBody(Strict):
    """Who is told, and by which channel."""

    channel: Slug = INBOX
    to: Annotated[str, Field(max_length=120, examples=["owner"])] = ""
    """``owner``, ``unit_head``, ``supervisor``, ``person/…`` or ``role/…``; empty: whoever reads
    the channel."""

    @model_validator(mode="after")
    def _known(self) -> "ReceiverBody":
        kind, _, key = self.to.partition("/")
        is_named = kind in {"person", "role"} and key
        if self.to and self.to not in PARTIES and not is_named:
            raise ValueError(
                f"to 须为 {' '.join(PARTIES)} 之一，或 person/…、role/… (one of these)"
            )
        if self.channel == INBOX and not self.to:
            raise ValueError("站内信须写明 to 给谁 (the inbox needs to)")
        return self


class QuietBody(Strict):
    """Within these hours nobody is told, but of the excepted colours; afterwards he is."""

    since: Clock
    until: Clock
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)] = list(EVERY_DAY)
    zone: Annotated[str, Field(max_length=60, examples=["Asia/Shanghai"])] = "Asia/Shanghai"
    excepted: Annotated[list[Severity], Field(max_length=4)] = [Severity.RED]

    @field_validator("zone")
    @classmethod
    def _exists(cls, given: str) -> str:
        return _zone(given).key

    def read(self) -> QuietHours:
        """Return the rule."""
        return QuietHours(
            since=time.fromisoformat(self.since),
            until=time.fromisoformat(self.until),
            weekdays=frozenset(self.weekdays),
            zone=_zone(self.zone),
            excepted=frozenset(self.excepted),
        )


class DigestBody(Strict):
    """People are told at these times alone, of all that came since."""

    times: Annotated[list[Clock], Field(min_length=1, max_length=24)]
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)] = list(EVERY_DAY)
    zone: Annotated[str, Field(max_length=60, examples=["Asia/Shanghai"])] = "Asia/Shanghai"

    @field_validator("zone")
    @classmethod
    def _exists(cls, given: str) -> str:
        return _zone(given).key

    def read(self) -> Digest:
        """Return the rule."""
        times = [time.fromisoformat(each) for each in self.times]
        return Digest(times=times, weekdays=frozenset(self.weekdays), zone=_zone(self.zone))


class RouteBody(Strict):
    """A route; what it leaves out it has from the one above, but quiet hours and digests."""

    name: Slug
    matchers: Annotated[list[MatcherBody], Field(max_length=20)] = []
    receivers: Annotated[list[ReceiverBody], Field(min_length=1, max_length=20)] | None = None
    group_by: Annotated[list[Label | Any], Field(max_length=20)] | None = None
    """Labels; ``["..."]``: each alert on its own."""

    wait_seconds: Seconds | None = None
    interval_seconds: Seconds | None = None
    repeat_seconds: Annotated[float, Field(gt=0, le=90 * 86400)] | None = None
    goes_on: Annotated[bool, Field(alias="continue")] = False
    tells_end: bool | None = None
    quiet: QuietBody | None = None
    digest: DigestBody | None = None
    routes: Annotated[list["RouteBody"], Field(max_length=50)] = []

    @field_validator("group_by")
    @classmethod
    def _labels(cls, given: list[Any] | None) -> list[Any] | None:
        for each in given or ():
            if each != "..." and (not isinstance(each, str) or not each.isidentifier()):
                raise ValueError(f"{each!r} 不是标签名 (no label)")
        return given

    @model_validator(mode="after")
    def _names(self) -> "RouteBody":
        twice = [name for name, n in Counter(each.name for each in self.routes).items() if n > 1]
        if twice:
            raise ValueError(f"同级路由重名：{' '.join(twice)} (routes of one name)")
        return self

    def walk(self, depth: int = 1) -> Iterator[tuple["RouteBody", int]]:
        """Yield this route and those below, with their depths."""
        yield self, depth
        for each in self.routes:
            yield from each.walk(depth + 1)


class InhibitionBody(Strict):
    """While an alert of the source is open, nobody is told of those of the target."""

    name: Slug
    source: Annotated[list[MatcherBody], Field(min_length=1, max_length=20)]
    target: Annotated[list[MatcherBody], Field(min_length=1, max_length=20)]
    equal: Annotated[list[Label], Field(max_length=20)] = []
    beneath: bool = False
    """The target's scope must lie within the source's."""

    def read(self) -> Inhibition:
        """Return the rule."""
        return Inhibition(
            name=self.name,
            source=[each.read() for each in self.source],
            target=[each.read() for each in self.target],
            equal=self.equal,
            beneath=self.beneath,
        )


Days = Annotated[int, Field(ge=30, le=3660)]


class KeepBody(Strict):
    """For how many days what was evaluated and told is kept.

    Alerts and their history are for ever, and what concerns an open one as long as it is open.
    """

    evaluations_days: Days = Keep().evaluations.days
    """What rules heard and remember: on it they are tried."""

    values_days: Annotated[int, Field(ge=366, le=36600)] = Keep().values.days
    """The newest value and judgement of each period."""

    told_days: Days = Keep().told.days
    """Notifications with their attempts, letters, why somebody was not told, silences."""

    def read(self) -> Keep:
        """Return the rule."""
        return Keep(
            evaluations=timedelta(days=self.evaluations_days),
            values=timedelta(days=self.values_days),
            told=timedelta(days=self.told_days),
        )


class PolicyBody(Strict):
    """Who is told of which alerts, when, and how."""

    root: Annotated[
        RouteBody,
        Field(
            examples=[
                {
                    "name": "all",
                    "receivers": [{"to": "owner"}],
                    "routes": [
                        {
                            "name": "red",
                            "matchers": [{"label": "severity", "value": "red"}],
                            "receivers": [{"to": "owner"}, {"to": "unit_head"}],
                        }
                    ],
                }
            ]
        ),
    ]
    inhibitions: Annotated[list[InhibitionBody], Field(max_length=50)] = []
    keep: KeepBody = KeepBody()
    note: Annotated[str, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _whole(self) -> "PolicyBody":
        found = list(self.root.walk())
        if len(found) > MOST_ROUTES or max(depth for _, depth in found) > DEEPEST:
            raise ValueError(
                f"至多 {MOST_ROUTES} 条路由、{DEEPEST} 层 (too many routes, or too deep)"
            )
        if self.root.matchers or self.root.receivers is None:
            raise ValueError("根路由接收一切：不写 matchers，须写 receivers (the root takes all)")
        return self

    def channels(self) -> dict[str, str]:
        """Return the channels that it names, with the place where each is named first."""
        found: dict[str, str] = {}
        for place, route in _places("$.root", self.root):
            for number, each in enumerate(route.receivers or ()):
                found.setdefault(each.channel, f"{place}.receivers[{number}].channel")
        found.pop(INBOX, None)
        return found

    def read(self, version: int) -> Policy:
        """Return the rules."""
        return Policy(
            version=version,
            root=_route(self.root, None),
            inhibitions=[each.read() for each in self.inhibitions],
            keep=self.keep.read(),
        )


class PolicyView(BaseModel):
    """The policy that counts."""

    version: int
    """0: the one that the package ships."""

    made_by: str
    made_at: datetime | None
    policy: PolicyBody


class TrialBody(Strict):
    """Which way would an alert go (试路由)? Its labels, or one that there is."""

    alert: Annotated[str, Field(max_length=64)] | None = None
    labels: Annotated[
        dict[Label, Annotated[str, Field(max_length=300)]],
        Field(max_length=50, examples=[{"severity": "red", "family": "indicator"}]),
    ] = {}


class TrialView(BaseModel):
    """The way that an alert goes."""

    labels: dict[str, str | list[str]]
    routes: list[str]
    receivers: list[ReceiverBody]
    inhibited_by: str | None
    silenced_by: list[str]


_ROOT: Final = {
    "receivers": (Receiver(INBOX, "owner"),),
    "group_by": ("owner",),
    "wait": timedelta(seconds=10),
    "interval": timedelta(minutes=5),
    "repeat": timedelta(hours=24),
    "tells_end": True,
}
"""What the root has where it does not say. Source: our default."""


def _route(body: RouteBody, above: Route | None) -> Route:
    from_above: dict[str, Any] = (
        _ROOT if above is None else {name: getattr(above, name) for name in _ROOT}
    )
    own: dict[str, Any] = {
        "receivers": body.receivers
        and [Receiver(each.channel, each.to) for each in body.receivers],
        "group_by": body.group_by,
        "wait": _span(body.wait_seconds),
        "interval": _span(body.interval_seconds),
        "repeat": _span(body.repeat_seconds),
        "tells_end": body.tells_end,
    }
    route = Route(
        path=f"{above.path}/{body.name}" if above else body.name,
        matchers=[each.read() for each in body.matchers],
        goes_on=body.goes_on,
        quiet=body.quiet.read() if body.quiet else None,
        digest=body.digest.read() if body.digest else None,
        **(from_above | {name: value for name, value in own.items() if value is not None}),
    )
    object.__setattr__(route, "children", [_route(each, route) for each in body.routes])
    return route


def _places(place: str, body: RouteBody) -> Iterator[tuple[str, RouteBody]]:
    yield place, body
    for number, each in enumerate(body.routes):
        yield from _places(f"{place}.routes[{number}]", each)


def _span(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"没有时区 {name[:60]} (no such time zone)") from error


def _inbox(*to: str) -> list[ReceiverBody]:
    return [ReceiverBody(to=each) for each in to]


def _is(label: str, value: str, op: Op = "=") -> MatcherBody:
    return MatcherBody(label=label, op=op, value=value)


SHIPPED: Final = PolicyBody(
    root=RouteBody(
        name="root",
        receivers=_inbox("owner", "supervisor"),
        group_by=["owner"],
        wait_seconds=10,
        interval_seconds=300,
        repeat_seconds=86400,
        routes=[
            RouteBody(
                name="data",
                matchers=[_is("family", "data")],
                receivers=_inbox("owner", "role/qa_office"),
                group_by=["scope"],
            ),
            RouteBody(
                name="red",
                matchers=[_is("severity", "red")],
                receivers=_inbox("owner", "supervisor", "unit_head", "role/qa_office"),
                wait_seconds=0,
                interval_seconds=60,
                repeat_seconds=28800,
            ),
            RouteBody(
                name="orange",
                matchers=[_is("severity", "orange")],
                receivers=_inbox("owner", "supervisor", "unit_head"),
            ),
        ],
    ),
    inhibitions=[
        InhibitionBody(
            name="late-feed",
            source=[_is("family", "data"), _is("severity", "orange|red", "=~")],
            target=[_is("hold", "stale|no-data", "=~")],
        ),
        InhibitionBody(
            name="feed-of-the-school",
            source=[_is("family", "data"), _is("severity", "red")],
            target=[_is("family", "data"), _is("severity", "blue|yellow|orange", "=~")],
            beneath=True,
        ),
    ],
)
"""The policy where nobody gave another one: who answers is told in the portal; the unit's head from
orange on, the QA office of red ones and of data. Source: our default, after design "Alerts" 5."""
