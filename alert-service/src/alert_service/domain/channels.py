"""Channels (通知渠道): what is sent to each kind, how it is signed, and what its answer means.

Sources: the robots' own documents (企业微信群机器人, 钉钉自定义机器人, 飞书自定义机器人); the
webhook has the shape of Alertmanager's, and a signature over instant, id and body.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote, urlencode

from alert_service.domain.messages import Templates, Text

WECOM: Final = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
DINGTALK: Final = "https://oapi.dingtalk.com/robot/send"
FEISHU: Final = "https://open.feishu.cn/open-apis/bot/v2/hook"

WECOM_BYTES: Final = 4096
"""Of a markdown message."""

ROBOT_BYTES: Final = 18_000
"""Of the other robots' bodies, of which they take 20,000."""

RETRY_SECONDS: Final = (1, 2, 5, 10, 30, 60, 120, 300)
"""Seconds before what failed is tried again: after the first failure, the second, …; then the last.
Source: our default."""

GIVE_UP: Final = timedelta(hours=24)
"""After which a notification counts as failed. Source: our default."""

BREAKS_AFTER: Final = 5
"""Failures in a row after which a channel rests."""

REST_SECONDS: Final = (15, 30, 60, 120, 300)

_MAILBOX: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}")
"""What the number of a person must be to stand in an address: a comma would make two of it."""


class Kind(StrEnum):
    """Kinds of channels beside the portal's inbox."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


class Outcome(StrEnum):
    """What came of an attempt."""

    SENT = "sent"
    REFUSED = "refused"
    """It will never be taken: trying again is no use."""

    FAILED = "failed"
    """It may be taken later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel with its secrets; they are in no ``repr``."""

    key: str
    kind: Kind
    config: Mapping[str, Any]
    secrets: Mapping[str, str] | None = field(repr=False)
    """None: they were sealed by a key that is not there, and nothing can be sent."""

    templates: Templates

    def secret(self, name: str) -> str | None:
        """Return a secret, None where it is not set."""
        return (self.secrets or {}).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An HTTP request to a receiver; its address may hold a secret."""

    url: str = field(repr=False)
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A letter."""

    to: tuple[str, ...]
    subject: str
    body: str
    message_id: str
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a receiver's answer means."""

    outcome: Outcome
    detail: str = ""


def post_of(
    channel: Channel, key: str, text: Text, document: Mapping[str, Any], at: datetime
) -> Post:
    """Return the request that tells a channel.

    Args:
        key: of the notification: the same on every attempt, so that a receiver knows it again.
        document: the notification for programs.
    """
    match channel.kind:
        case Kind.WECOM:
            return _wecom(channel, text)
        case Kind.DINGTALK:
            return _dingtalk(channel, text, at)
        case Kind.FEISHU:
            return _feishu(channel, text, at)
        case _:
            return _webhook(channel, key, document, at)


def mail_of(
    channel: Channel, key: str, text: Text, person: str, document: Mapping[str, Any]
) -> Mail | None:
    """Return the letter that tells a channel, or one person; None: no address can hold his number.

    Args:
        document: the notification for programs; the files of its report are attached.
    """
    to = tuple(channel.config.get("to", ()))
    if person:
        number = person.partition("/")[2]
        if not _MAILBOX.fullmatch(number):
            return None
        to = (str(channel.config["person_address"]).replace("{key}", number),)
    domain = str(channel.config["sender"]).rpartition("@")[2]
    files = tuple(
        Attachment(
            name=str(each["name"]),
            media_type=str(each["media_type"]).partition(";")[0],
            content=base64.b64decode(each["content"]),
        )
        for each in document.get("report", {}).get("files", ())
    )
    message_id = f"<{key}@{domain}>"
    subject = " ".join(text.title.split())
    return Mail(to=to, subject=subject, body=text.body, message_id=message_id, files=files)


def signature_of(secret: str, stamp: str, key: str, body: bytes) -> str:
    """Return the signature of a webhook: HMAC-SHA256 over ``<seconds>.<id>.<body>``, hex."""
    return hmac.new(secret.encode(), f"{stamp}.{key}.".encode() + body, hashlib.sha256).hexdigest()


def _webhook(channel: Channel, key: str, document: Mapping[str, Any], at: datetime) -> Post:
    body = _json(document)
    stamp = str(int(at.timestamp()))
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    if secret := channel.secret("secret"):
        signed = signature_of(secret, stamp, key, body)
        headers["Helix8-Signature"] = f"t={stamp},v1={signed}"
    if bearer := channel.secret("bearer"):
        headers["Authorization"] = f"Bearer {bearer}"
    return Post(url=str(channel.config["url"]), body=body, headers=headers)


def _wecom(channel: Channel, text: Text) -> Post:
    content = _cut(
        f"**{text.title}**\n" + "\n".join(f"> {each}" for each in text.lines), WECOM_BYTES
    )
    body = {"msgtype": "markdown", "markdown": {"content": content}}
    query = urlencode({"key": channel.secret("key")})
    return _robot(f"{channel.config.get('base') or WECOM}?{query}", body)


def _dingtalk(channel: Channel, text: Text, at: datetime) -> Post:
    query = {"access_token": channel.secret("token") or ""}
    if secret := channel.secret("secret"):
        stamp = str(int(at.timestamp() * 1000))
        query |= {"timestamp": stamp, "sign": _hmac(secret, f"{stamp}\n{secret}")}
    content = _cut(
        f"### {text.title}\n" + "\n".join(f"- {each}" for each in text.lines), ROBOT_BYTES
    )
    body = {
        "msgtype": "markdown",
        "markdown": {"title": text.title, "text": content},
        "at": {"isAtAll": False},
    }
    return _robot(f"{channel.config.get('base') or DINGTALK}?{urlencode(query)}", body)


def _feishu(channel: Channel, text: Text, at: datetime) -> Post:
    body: dict[str, Any] = {
        "msg_type": "text",
        "content": {"text": _cut(f"{text.title}\n{text.body}", ROBOT_BYTES)},
    }
    if secret := channel.secret("secret"):
        stamp = str(int(at.timestamp()))
        # The key is what others sign, and nothing is signed: it is how the robot wants it.
        body |= {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{secret}", "")}
    hook = quote(channel.secret("hook") or "", safe="")
    return _robot(f"{channel.config.get('base') or FEISHU}/{hook}", body)


def _robot(url: str, body: Mapping[str, Any]) -> Post:
    return Post(
        url=url, body=_json(body), headers={"Content-Type": "application/json; charset=utf-8"}
    )


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _cut(text: str, most: int) -> str:
    """Cut a text to bytes, never inside of a letter."""
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - 3].decode(errors="ignore") + "…"


_LATER: Final = frozenset({408, 425, 429})
_BUSY: Final = {
    Kind.WECOM: frozenset({45009, 45033, -1}),
    Kind.DINGTALK: frozenset({130101, 410100, -1}),
    Kind.FEISHU: frozenset({9499, 11232}),
}
"""Codes by which a robot says that it takes no more for now."""


def judge(kind: Kind, status: int, body: bytes) -> Verdict:
    """Return what the answer to a request means; a redirect is not followed."""
    if 300 <= status < 400:
        return Verdict(
            outcome=Outcome.REFUSED, detail=f"{status}: 不跟随转向 (redirects are not followed)"
        )
    if status >= 500 or status in _LATER:
        return Verdict(outcome=Outcome.FAILED, detail=str(status))
    if status >= 400:
        return Verdict(outcome=Outcome.REFUSED, detail=str(status))
    if kind in _BUSY:
        return _judge_robot(kind, body)
    return Verdict(outcome=Outcome.SENT, detail=str(status))


def _judge_robot(kind: Kind, body: bytes) -> Verdict:
    """A robot answers 200 to what it refuses: its code tells."""
    try:
        said = json.loads(body)
        code = int(said.get("errcode", said.get("code", 0)))
    except (ValueError, TypeError, AttributeError):
        return Verdict(outcome=Outcome.FAILED, detail="答复无法读取 (an answer that is none)")
    words = str(said.get("errmsg", said.get("msg", "")))[:200]
    if code == 0:
        return Verdict(outcome=Outcome.SENT, detail=words)
    outcome = Outcome.FAILED if code in _BUSY[kind] else Outcome.REFUSED
    return Verdict(outcome=outcome, detail=f"{code} {words}")


def retry_at(attempts: int, at: datetime) -> datetime:
    """Return when a notification is tried again after so many attempts that failed."""
    seconds = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1]
    return at + timedelta(seconds=seconds)


def rests_until(failures: int, at: datetime) -> datetime | None:
    """Return until when a channel rests after so many failures in a row; None: it does not."""
    if failures < BREAKS_AFTER:
        return None
    place = min(failures - BREAKS_AFTER, len(REST_SECONDS) - 1)
    return at + timedelta(seconds=REST_SECONDS[place])
