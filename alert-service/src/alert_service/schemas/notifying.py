"""Silences, channels, notifications and the inbox, as they are asked for and answered."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from alert_service.domain.channels import Kind
from alert_service.domain.messages import (
    LINE,
    OF_LINE,
    OF_TITLE,
    TITLE,
    Templates,
    check_template,
)
from alert_service.domain.silences import LONGEST, check_recurrence
from alert_service.domain.unsent import Unsent
from alert_service.schemas.common import Instant
from alert_service.schemas.routing import MatcherBody, Strict
from shared.contracts.vocabulary import Severity

Http = Annotated[
    str,
    Field(pattern=r"^https?://[^\s\x00]+$", max_length=2000, examples=["https://hooks.example"]),
]
Address = Annotated[
    str,
    Field(pattern=r"^[^@\s\x00]{1,64}@[^@\s\x00]{1,190}$", examples=["zlb@example.edu.cn"]),
]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=500)]


class RecurrenceBody(Strict):
    """Active for some minutes from each occurrence, in campus time."""

    rule: Annotated[
        str, Field(max_length=200, examples=["FREQ=WEEKLY;BYDAY=SA,SU;BYHOUR=0;BYMINUTE=0"])
    ]
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)]

    @field_validator("rule")
    @classmethod
    def _followed(cls, rule: str) -> str:
        check_recurrence(rule)
        return rule


class SilenceBody(Strict):
    """For a time, nobody is told of what meets all matchers (静默)."""

    matchers: Annotated[
        list[MatcherBody],
        Field(min_length=1, max_length=20, examples=[[{"label": "family", "value": "data"}]]),
    ]
    starts_at: Annotated[Instant | None, Field(examples=["2099-01-01T00:00:00+08:00"])] = None
    """None: now."""

    ends_at: Annotated[Instant, Field(examples=["2099-01-01T06:00:00+08:00"])]
    reason: Annotated[str, Field(min_length=2, max_length=500, examples=["机房停电检修"])]
    recurrence: RecurrenceBody | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "SilenceBody":
        if self.starts_at and self.ends_at <= self.starts_at:
            raise ValueError("ends_at 须晚于 starts_at (the end is after the start)")
        if self.starts_at and self.ends_at - self.starts_at > LONGEST:
            raise ValueError(f"至多 {LONGEST.days} 天 (at most so many days)")
        return self


class SilenceView(BaseModel):
    """A silence, and how it stands."""

    id: str
    state: Literal["pending", "active", "resting", "expired"]
    matchers: list[MatcherBody]
    starts_at: datetime
    ends_at: datetime
    recurrence: RecurrenceBody | None
    author: str
    reason: str
    made_at: datetime
    expired_by: str | None
    silences: int
    """Open alerts that it silences now."""


class SilenceFilter(BaseModel):
    """Which silences are wanted."""

    state: Literal["pending", "active", "resting", "expired"] | None = None


class TemplatesBody(Strict):
    """How a channel words its messages: fixed placeholders in braces, nothing else."""

    title: Annotated[str, Field(min_length=1, max_length=300, examples=[TITLE])] = TITLE
    line: Annotated[str, Field(min_length=1, max_length=500, examples=[LINE])] = LINE

    @field_validator("title", "line")
    @classmethod
    def _fillable(cls, text: str, about: ValidationInfo) -> str:
        check_template(text, OF_TITLE if about.field_name == "title" else OF_LINE)
        return text

    def read(self) -> Templates:
        """Return them."""
        return Templates(title=self.title, line=self.line)


class WebhookBody(Strict):
    """A program is told, in the shape of Alertmanager's webhook."""

    kind: Literal["webhook"]
    url: Http
    secret: Secret | None = None
    """Of the signature; left out: the one that was given before."""

    bearer: Secret | None = None


class EmailBody(Strict):
    """A mail server that takes letters."""

    kind: Literal["email"]
    host: Annotated[str, Field(pattern=r"^[^\s/\x00]+$", max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 465
    security: Literal["tls", "starttls", "none"] = "tls"
    user: Annotated[str, Field(max_length=200)] | None = None
    password: Secret | None = None
    sender: Address
    to: Annotated[list[Address], Field(max_length=50)] = []  # noqa: RUF012
    person_address: (
        Annotated[str, Field(max_length=200, examples=["{key}@example.edu.cn"])] | None
    ) = None
    """Where a person's letters go: ``{key}`` is the number of the person."""

    @model_validator(mode="after")
    def _somebody(self) -> "EmailBody":
        if not self.to and not self.person_address:
            raise ValueError("须给 to 或 person_address (to or person_address)")
        pattern = self.person_address or "{key}@x"
        if pattern.count("{key}") != 1 or pattern.count("@") != 1 or "}{" in pattern:
            raise ValueError("person_address 形如 {key}@example.edu.cn (has one {key})")
        return self


class WecomBody(Strict):
    """企业微信群机器人."""

    kind: Literal["wecom"]
    key: Secret | None = None
    base: Http | None = None


class DingtalkBody(Strict):
    """钉钉自定义机器人."""

    kind: Literal["dingtalk"]
    token: Secret | None = None
    secret: Secret | None = None
    base: Http | None = None


class FeishuBody(Strict):
    """飞书自定义机器人."""

    kind: Literal["feishu"]
    hook: Secret | None = None
    secret: Secret | None = None
    base: Http | None = None


Settings = Annotated[
    WebhookBody | EmailBody | WecomBody | DingtalkBody | FeishuBody, Field(discriminator="kind")
]
SECRETS: Final = frozenset({"secret", "bearer", "password", "key", "token", "hook"})
"""Fields that are never answered."""

NEEDED: Final = {Kind.WECOM: "key", Kind.DINGTALK: "token", Kind.FEISHU: "hook"}
"""Without it a robot has no address."""


class ChannelBody(Strict):
    """A channel (通知渠道). A secret that is left out stays as it was."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "质量办系统",
                    "settings": {"kind": "webhook", "url": "https://hooks.example/alerts"},
                }
            ]
        },
    )

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["质量办机器人"])]
    enabled: bool = True
    settings: Settings
    templates: TemplatesBody = TemplatesBody()


class HealthView(BaseModel):
    """How a channel gets on."""

    state: Literal["well", "failing", "resting", "off"]
    failures: int
    """In a row."""

    rests_until: datetime | None
    sent_at: datetime | None
    failed_at: datetime | None
    failure: str | None
    waiting: int
    """Notifications that are not sent yet."""


class ChannelView(BaseModel):
    """A channel without its secrets."""

    key: str
    version: int
    name: str
    kind: Kind
    enabled: bool
    settings: dict[str, Any]
    secrets: list[str]
    """Names of those that are set."""

    templates: TemplatesBody
    changed_by: str
    changed_at: datetime
    health: HealthView


class AttemptView(BaseModel):
    """One attempt to tell."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    at: datetime
    outcome: Literal["sent", "refused", "failed"] | None
    """None: it is under way, or its process ended before anybody knew."""

    detail: str | None
    took_ms: int | None


class NotificationView(BaseModel):
    """Something told to one receiver; its id is the idempotency key."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    route: str
    channel: str
    person: str
    number: int
    """Of this receiver and group: 1 the first."""

    alerts: list[str]
    open: list[str]
    ended: list[str]
    title: str
    lines: list[str]
    """Both are empty where it tells of alerts, too, that the reader does not see."""

    made_at: datetime
    state: Literal["pending", "sent", "failed"]
    due_at: datetime
    attempts: int
    over_at: datetime | None


class UnsentView(BaseModel):
    """Why a notification is not sent yet, or never will be."""

    reason: Unsent
    words: str
    until: datetime | None
    """Until when that holds, where it is known."""


class NotificationDetail(NotificationView):
    """A notification with every attempt."""

    unsent: UnsentView | None
    """None: it was sent."""

    history: list[AttemptView]


class NotificationFilter(BaseModel):
    """Which notifications are wanted."""

    channel: Annotated[str, Field(max_length=40)] | None = None
    state: Literal["pending", "sent", "failed"] | None = None
    alert: Annotated[str, Field(max_length=64)] | None = None


class UntoldView(BaseModel):
    """Somebody was not told, and why."""

    model_config = ConfigDict(from_attributes=True)

    channel: str
    person: str
    reason: str
    words: str
    by: str
    """The silence, alert or route behind it."""

    first_at: datetime
    last_at: datetime
    until: datetime | None
    over_at: datetime | None


class WaitingView(BaseModel):
    """A group in which the alert waits to be looked at."""

    route: str
    labels: dict[str, str]
    due_at: datetime


class AlertNotifications(BaseModel):
    """Who was told of an alert, when, how, and who was not and why."""

    alert: str
    told: list[NotificationDetail]
    not_told: list[UntoldView]
    waiting: list[WaitingView]


class LetterView(BaseModel):
    """A message in the inbox (站内信)."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    person: str
    severity: Severity | None
    """The gravest of its open alerts; None: all of them ended."""

    title: str
    lines: list[str]
    alerts: list[str]
    at: datetime
    read_at: datetime | None


class LetterFilter(BaseModel):
    """Which of one's own letters are wanted."""

    unread: bool | None = None
    """True: those that were not read; False: those that were."""

    alert: Annotated[str, Field(max_length=64)] | None = None
    """Only those that tell of an alert."""


Number = Annotated[int, Field(ge=0, lt=2**63)]


class ReadBody(Strict):
    """I have read my letters up to one, or some of them."""

    up_to: Number | None = None
    ids: Annotated[list[Number], Field(max_length=500)] = []  # noqa: RUF012


class UnreadView(BaseModel):
    """How many letters were not read."""

    unread: int


class TestedView(BaseModel):
    """A message is on its way."""

    notification: str
