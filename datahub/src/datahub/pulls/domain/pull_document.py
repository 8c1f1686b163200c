"""Read a pull from its document: every fault at once, by its place.

Source: design "Security" (secrets by reference, allowed receivers); our default for its form.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from datahub.dictionary.domain.document import Faults
from datahub.ingest.domain.feed import Feed
from datahub.pulls.domain.pull import (
    MAX_PAGE,
    FolderSource,
    HttpSource,
    Paging,
    Pull,
    Secret,
    Source,
    SqlSource,
)
from datahub.pulls.domain.schedule import Schedule, is_cron
from datahub.pulls.domain.select import problems_of
from shared.addresses import AddressRefusedError, Receivers
from shared.errors import DomainError, ErrorKind

SNAPSHOT: Final = "snapshot"
MODES: Final = frozenset({"create", "update", "upsert", "delete", SNAPSHOT})
VARIABLES: Final = "DATAHUB_SECRET_"
PAGINGS: Final = frozenset({"none", "page", "offset", "cursor", "link"})
MAX_SETTLE_SECONDS: Final = 60
MAX_MINUTES: Final = 31 * 24 * 60
MAX_LOOKBACK: Final = 1_000_000
_COMMON: Final = frozenset({"kind", "mode", "schedule"})
_KEYS: Final = {
    "sql": _COMMON | {"url", "statement", "watermark", "lookback", "page"},
    "folder": _COMMON | {"path", "pattern", "settle_seconds"},
    "http": _COMMON | {"url", "items", "query", "headers", "paging", "watermark", "since"},
}
_SECRET_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_PLAIN: Final = re.compile(r"[\t\x20-\x7e\x80-\uffff]*")
_CONNECTION: Final = frozenset({"host", "content-length", "transfer-encoding", "accept-encoding"})
"""Headers that belong to the connection."""


class PullInvalidError(DomainError):
    """A pull that contradicts itself, its feed or what the hub may reach."""

    kind: ClassVar = ErrorKind.INVALID
    code: ClassVar = "pull-invalid"
    title_zh: ClassVar = "拉取约定有误"
    title_en: ClassVar = "The pull is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the hub may reach, and what it knows, by its settings."""

    roots: tuple[Path, ...] = ()
    receivers: Receivers = field(default_factory=Receivers)
    secret: Callable[[Secret], str | None] = lambda _: None
    """Reads a secret; None when there is none of that name."""


def parse_pull(document: Mapping[str, Any], feed: Feed, reach: Reach, now: datetime) -> Pull:
    """Build a pull from its document.

    Raises:
        PullInvalidError: with every fault, by its place in the document.
    """
    faults = Faults()
    kind = str(document.get("kind"))
    if kind not in _KEYS:
        faults.one_of("$.kind", sorted(_KEYS))
        raise invalid(faults.found)
    faults.known("$", document, _KEYS[kind])
    reader = _Reader(document, feed, reach, faults)
    source = {"sql": reader.sql, "folder": reader.folder, "http": reader.http}[kind]()
    pull = Pull(
        feed=feed.id,
        kind=kind,
        mode=reader.mode(kind),
        source=source,
        schedule=reader.schedule(now),
    )
    if faults.found:
        raise invalid(faults.found)
    return pull


def invalid(faults: Mapping[str, list[str]]) -> PullInvalidError:
    """Return the refusal of a pull with every fault."""
    return PullInvalidError(
        f"拉取约定有误：{'、'.join(faults)}",
        f"the pull is wrong at {', '.join(faults)}",
        fields=faults,
        fixes=["按 validationErrors 逐处修改后重新 PUT (mend each place and PUT again)"],
    )


class _Reader:
    """Reads the parts of a document."""

    def __init__(
        self, document: Mapping[str, Any], feed: Feed, reach: Reach, faults: Faults
    ) -> None:
        self._document = document
        self._feed = feed
        self._reach = reach
        self._faults = faults

    def mode(self, kind: str) -> str:
        mode = str(self._document.get("mode", "upsert"))
        # The last rows of a run are read again by the next one: as new ones they would be refused.
        allowed = MODES if kind == "folder" else MODES - {"create"}
        if mode not in allowed:
            self._faults.one_of("$.mode", sorted(allowed))
        if self._feed.is_aggregating and kind != "folder":
            reason = (
                "按文件汇总的约定只能从文件夹拉取 (an aggregating feed takes whole files: folder)"
            )
            self._faults.add("$.kind", reason)
        if mode == SNAPSHOT:
            self._check_snapshot()
        return mode

    def _check_snapshot(self) -> None:
        """Refuse to read changes, or a part, as everything that there is."""
        if self._feed.expects.content != "full" or self._feed.is_aggregating:
            reason = '约定须写 content = "full"，且不汇总 (of a full feed that sums nothing)'
            self._faults.add("$.mode", reason)
        if self._document.get("watermark") is not None:
            reason = "全量须读全部，不能有水位 (a snapshot reads everything: no watermark)"
            self._faults.add("$.watermark", reason)

    def schedule(self, now: datetime) -> Schedule:
        spec = self._faults.table("$.schedule", self._document.get("schedule"))
        self._faults.known("$.schedule", spec, frozenset({"every_minutes", "cron"}))
        minutes = self._faults.whole("$.schedule.every_minutes", spec.get("every_minutes"))
        cron = self._faults.text("$.schedule.cron", spec.get("cron"))
        if minutes is not None and not 1 <= minutes <= MAX_MINUTES:
            self._faults.add("$.schedule.every_minutes", f"1 – {MAX_MINUTES}")
        if cron is not None and not is_cron(cron, now):
            self._faults.add("$.schedule.cron", "须为五段 cron 表达式 (five fields of cron)")
        if minutes is not None and cron is not None:
            self._faults.add("$.schedule", "every_minutes 与 cron 只能有一个 (one of them)")
        return Schedule(every_minutes=minutes, cron=cron)

    def sql(self) -> Source:
        url = self._secret("$.url", self._document.get("url"))
        statement = self._required("statement").strip().rstrip(";")
        address = self._reach.secret(url)
        if address is not None and "://" not in address:
            reason = "密钥内容不是数据库地址 (the secret is no database URL)"
            self._faults.add("$.url", reason)
        watermark = self._text("watermark")
        lookback = self._whole("lookback", 0, 0, MAX_LOOKBACK)
        if lookback and watermark is None:
            self._faults.add("$.lookback", "与 watermark 一起使用 (together with watermark)")
        dialect = (address or "").partition(":")[0].partition("+")[0]
        for reason in problems_of(statement, dialect) if statement else ():
            self._faults.add("$.statement", reason)
        return SqlSource(
            url=url,
            statement=statement,
            watermark=watermark,
            lookback=lookback,
            page=self._whole("page", 5_000, 1, MAX_PAGE),
        )

    def folder(self) -> Source:
        path = self._required("path")
        pattern = self._text("pattern") or "*"
        if not any(_is_inside(path, root) for root in self._reach.roots):
            roots = [str(root) for root in self._reach.roots]
            self._faults.add(
                "$.path", f"须在允许的目录之内 {roots} (a folder inside DATAHUB_PULL_ROOTS)"
            )
        if "/" in pattern:
            self._faults.add("$.pattern", "只匹配文件名 (it matches names of files)")
        return FolderSource(
            path=path,
            pattern=pattern,
            settle_seconds=self._whole("settle_seconds", 5, 1, MAX_SETTLE_SECONDS),
        )

    def http(self) -> Source:
        source = HttpSource(
            url=self._url(),
            items=_path(self._text("items")),
            query=self._words("query"),
            headers=self._headers(),
            paging=self._paging(),
            watermark=self._text("watermark"),
            since=self._text("since"),
        )
        host = urlsplit(source.url).hostname or ""
        if source.is_secret and not self._reach.receivers.names(host):
            self._faults.add(
                "$.url",
                f"{host} 不在 DATAHUB_PULL_HOSTS，不会向它发送密钥 ({host} is sent no secret)",
            )
        if host:
            self._check_address(host)
        if (source.watermark is None) != (source.since is None):
            self._faults.add("$.since", "与 watermark 一起使用 (together with watermark)")
        return source

    def _check_address(self, host: str) -> None:
        """Refuse an address that a run would refuse; where a name leads, the run finds out."""
        try:
            ip_address(host)
        except ValueError:
            return
        try:
            self._reach.receivers.allow(host, host)
        except AddressRefusedError as error:
            self._faults.add("$.url", error.told)

    def _url(self) -> str:
        url = self._required("url")
        try:
            parts = urlsplit(url)
            is_whole = (
                parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
            )
        except ValueError:
            is_whole = False
        if not is_whole or "@" in urlsplit(url).netloc:
            reason = "须为 http(s) 地址，不含用户名与密码 (an http(s) address without user info)"
            self._faults.add("$.url", reason)
            return ""
        return url

    def _paging(self) -> Paging:
        spec = self._faults.table("$.paging", self._document.get("paging"))
        keys = frozenset({"kind", "param", "first", "size_param", "size", "next"})
        self._faults.known("$.paging", spec, keys)
        paging = Paging(
            kind=str(spec.get("kind", "none")),
            param=self._faults.text("$.paging.param", spec.get("param")) or "",
            first=self._faults.whole("$.paging.first", spec.get("first", 1)) or 0,
            size_param=self._faults.text("$.paging.size_param", spec.get("size_param")),
            size=self._faults.whole("$.paging.size", spec.get("size")),
            next=_path(self._faults.text("$.paging.next", spec.get("next"))),
        )
        self._check_paging(paging)
        return paging

    def _check_paging(self, paging: Paging) -> None:
        add = self._faults.add
        if paging.kind not in PAGINGS:
            self._faults.one_of("$.paging.kind", sorted(PAGINGS))
        if paging.kind in {"page", "offset", "cursor"} and not paging.param:
            add("$.paging.param", "必填 (required)")
        if paging.kind == "cursor" and not paging.next:
            add("$.paging.next", "必填 (required)")
        if paging.kind == "offset" and paging.size is None:
            add("$.paging.size", "必填 (required)")
        if paging.size is not None and not 1 <= paging.size <= MAX_PAGE:
            add("$.paging.size", f"1 – {MAX_PAGE}")

    def _headers(self) -> dict[str, str | Secret]:
        given = self._faults.table("$.headers", self._document.get("headers"))
        found: dict[str, str | Secret] = {}
        for name, value in given.items():
            place = f"$.headers.{name}"
            if not _HEADER.fullmatch(name) or name.lower() in _CONNECTION:
                self._faults.add(place, "不能设置这个请求头 (this header cannot be set)")
            if isinstance(value, Mapping):
                found[name] = self._secret(place, value)
            else:
                found[name] = self._faults.text(place, value) or ""
                if not _PLAIN.fullmatch(str(found[name])):
                    self._faults.add(place, "含控制字符 (control characters)")
        return found

    def _secret(self, place: str, value: object) -> Secret:
        spec = self._faults.table(place, value)
        self._faults.known(place, spec, frozenset({"env", "file", "prefix"}))
        secret = Secret(
            env=self._faults.text(f"{place}.env", spec.get("env")),
            file=self._faults.text(f"{place}.file", spec.get("file")),
            prefix=self._faults.text(f"{place}.prefix", spec.get("prefix")) or "",
        )
        if (secret.env is None) == (secret.file is None):
            self._faults.add(place, "{env = …} 或 {file = …} (one of them: a name, not the secret)")
        elif secret.file is not None and not _SECRET_NAME.fullmatch(secret.file):
            self._faults.add(f"{place}.file", "密钥目录中的文件名 (a name in DATAHUB_SECRETS_DIR)")
        elif self._reach.secret(secret) is None:
            self._faults.add(place, _no_secret(secret))
        return secret

    def _words(self, name: str) -> dict[str, str]:
        given = self._faults.table(f"$.{name}", self._document.get(name))
        return {
            key: self._faults.text(f"$.{name}.{key}", value) or "" for key, value in given.items()
        }

    def _text(self, name: str) -> str | None:
        return self._faults.text(f"$.{name}", self._document.get(name))

    def _required(self, name: str) -> str:
        text = self._text(name)
        if not text:
            self._faults.add(f"$.{name}", "必填 (required)")
        return text or ""

    def _whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self._faults.whole(f"$.{name}", self._document.get(name, default))
        if value is None or not least <= value <= most:
            self._faults.add(f"$.{name}", f"{least} – {most}")
            return default
        return value


def _no_secret(secret: Secret) -> str:
    """Say why a secret cannot be read, and what to do."""
    if secret.file is not None:
        return f"密钥目录中没有文件 {secret.file} (DATAHUB_SECRETS_DIR holds no such file)"
    if not str(secret.env).startswith(VARIABLES):
        return f"环境变量须以 {VARIABLES} 开头 (its name begins with {VARIABLES})"
    return (
        f"中台进程没有环境变量 {secret.env}：设置它再启动中台"
        f" (the hub has no variable {secret.env}: set it and start the hub again)"
    )


def _path(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _is_inside(path: str, root: Path) -> bool:
    """Whether a path is a folder inside a root, links resolved."""
    folder = Path(path)
    try:
        return folder.is_absolute() and folder.is_dir() and folder.resolve().is_relative_to(root)
    except OSError:
        # Of a name that is too long, or a folder that the hub may not look into.
        return False
