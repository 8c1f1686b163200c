"""The services as one visitor may see them: asked, and made to do something."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from gateway.docs.queries import SELF, EntityNames
from gateway.portal.domain.owners import scope_of
from gateway.portal.domain.refusals import refusal
from gateway.portal.domain.words import Language
from gateway.portal.schemas import Acknowledged, Indicator, MadeReport, Measure, Named, ReportWish
from gateway.proxy.upstream import Answer, Remembered, Upstream, away
from shared.errors import DomainError, ErrorKind
from shared.kit.identity import Caller, NotAllowedError

log = structlog.get_logger()
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Asked = str | int | list[str] | None
"""What a query says; None says nothing."""

UNITS_SECONDS: Final = 20.0
Units = Remembered[dict[str, Measure]]
"""By indicator: its unit (``ratio``, ``count``, …) and its name."""

Accounts = Callable[[Collection[str]], Awaitable[dict[str, str]]]
"""Gives the names of those keys that are accounts of the gateway."""


class AcknowledgementRefusedError(DomainError):
    """The alert service has a reason not to take the acknowledgement."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "acknowledgement-refused"
    title_zh: ClassVar = "没有签收"
    title_en: ClassVar = "Not acknowledged"


class ReportRefusedError(DomainError):
    """The report service has a reason not to make the report."""

    kind: ClassVar = ErrorKind.CONFLICT
    code: ClassVar = "report-refused"
    title_zh: ClassVar = "报告没有生成"
    title_en: ClassVar = "The report was not made"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A part of a list."""

    rows: list[Any]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services, as one visitor may see them.

    Every question raises `UnavailableError` when its service is away or answers something that
    cannot be read, and `NotAllowedError` when the visitor may not ask.
    """

    upstream: Upstream
    caller: Caller
    units: Units
    entities: Remembered[dict[str, EntityNames]]
    accounts: Accounts
    language: Language = "zh"
    """In which the services are asked to say why they refuse something."""

    async def get(self, service: str, path: str, **query: Asked) -> Answer:
        """Ask with GET; only 200 is an answer."""
        answer = await self._ask(service, _target(path, query))
        if answer.status == 403:
            raise NotAllowedError("没有查看权限", "you may not see this")
        if answer.status != 200:
            log.warning("part_unavailable", service=service, path=path, status=answer.status)
            raise away(service)
        return answer

    async def find(self, service: str, path: str, **query: Asked) -> Answer:
        """Ask for one thing by its key, with GET.

        Raises:
            RefusedError: there is none, or what is asked of it is wrong.
        """
        answer = await self._ask(service, _target(path, query))
        if answer.status in {400, 404, 409, 422}:
            raise refusal(answer.status, answer.json())
        if answer.status == 403:
            raise NotAllowedError("没有查看权限", "you may not see this")
        if answer.status != 200:
            raise away(service)
        return answer

    async def act(
        self,
        service: str,
        path: str,
        body: Any,
        *,
        expect: int | None = None,
        method: str = "POST",
        is_new: bool = False,
    ) -> Answer:
        """Do something, on the version that the visitor saw.

        Args:
            is_new: there must be none of its key yet.

        Raises:
            NotAllowedError: the visitor may not.
            RefusedError: with what the service has against it.
        """
        more = [] if expect is None else [("if-match", f'"{expect}"')]
        more += [("if-none-match", "*")] if is_new else []
        answer = await self._ask(service, f"/v1/{path}", json=body, more=more, method=method)
        if answer.status >= 500:
            raise away(service)
        if answer.status >= 400:
            raise refusal(answer.status, answer.json())
        return answer

    async def _ask(self, service: str, target: str, **asked: Any) -> Answer:
        spoken = ("accept-language", "en" if self.language == "en" else "zh-CN")
        more = [spoken, *asked.pop("more", ())]
        return await self.upstream.ask(service, target, self.caller, more=more, **asked)

    async def make_report(self, wish: ReportWish) -> str:
        """Have a report made; return the path of its page.

        Raises:
            NotAllowedError: the visitor may not make reports.
            ReportRefusedError: there is no such object, or nothing to report.
        """
        answer = await self.upstream.ask(
            "report", "/v1/reports", self.caller, json=wish.model_dump()
        )
        if answer.status == 403:
            raise NotAllowedError("没有生成报告的权限", "you may not make reports")
        if answer.status not in {200, 201}:
            detail = str(answer.json().get("detail", answer.status))
            raise ReportRefusedError(detail, detail)
        made = read_answer(TypeAdapter(MadeReport), "report", answer)
        return f"/reports/{quote(str(made.id), safe='')}"

    async def acknowledge(self, alert: UUID, note: str = "") -> tuple[Acknowledged, bool]:
        """Acknowledge an alert; return who was first, and whether that was just now.

        Raises:
            NotAllowedError: the visitor may not acknowledge.
            AcknowledgementRefusedError: there is no such alert, or it is settled.
        """
        path = f"/v1/alerts/{alert}/acknowledgement"
        answer = await self.upstream.ask(
            "alert", path, self.caller, json={"note": note} if note else {}
        )
        if answer.status == 403:
            raise NotAllowedError("没有签收的权限", "you may not acknowledge alerts")
        if answer.status != 200:
            detail = str(answer.json().get("detail", answer.status))
            raise AcknowledgementRefusedError(detail, detail)
        first = read_answer(TypeAdapter(Acknowledged), "alert", answer)
        return first, answer.headers.get("Changed") == "true"


def _target(path: str, query: Mapping[str, Asked]) -> str:
    said = {name: value for name, value in query.items() if value is not None}
    return f"/v1/{path}?{urlencode(said, doseq=True)}" if said else f"/v1/{path}"


async def names(services: Services, keys: Iterable[str | None]) -> dict[str, str]:
    """Return the name of each owner that the visitor may know, by the key that stands for it.

    Names are personal: the hub is asked with the visitor's own rights. Who may not know them, or
    asks while the hub is away, reads the keys.
    """
    wanted = {key for key in keys if key}
    found = await services.accounts(wanted) if wanted else {}
    scopes = {key: scope for key in wanted - found.keys() if (scope := scope_of(key))}
    if not scopes:
        return found
    try:
        answer = await services.get("datahub", "scopes", scope=sorted(set(scopes.values())))
        listed = read_answer(TypeAdapter(list[Named]), "datahub", answer)
    except DomainError:
        return found
    told = {each.scope: each.name for each in listed}
    return found | {key: told[scope] for key, scope in scopes.items() if scope in told}


def units_of(upstream: Upstream) -> Units:
    """Return all indicators, remembered: they change when one is published."""
    return Remembered(lambda: _read_units(upstream), UNITS_SECONDS)


async def _read_units(upstream: Upstream) -> dict[str, Measure]:
    """Return what each indicator says of itself; nothing while the hub is away."""
    try:
        answer = await upstream.ask("datahub", "/v1/indicators", SELF)
        found = read_answer(TypeAdapter(list[Indicator]), "datahub", answer)
    except DomainError:
        return {}
    return {each.indicator: each.document for each in found}


def read_answer(adapter: TypeAdapter[T], service: str, answer: Answer) -> T:
    """Return what an answer says.

    Raises:
        UnavailableError: it cannot be read.
    """
    try:
        return adapter.validate_python(answer.json())
    except ValidationError as error:
        fields = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
        log.warning("part_unreadable", service=service, fields=fields[:10])
        raise away(service) from error


def number_of(answer: Answer | BaseException, header: str) -> int | None:
    """Return the number that a header of an answer says; None where it says none."""
    if isinstance(answer, DomainError):
        return None
    if isinstance(answer, BaseException):
        raise answer
    text = answer.headers.get(header, "")
    return int(text) if text.isdigit() else None


def total_of(answer: Answer, at_least: int) -> int:
    """Return how many rows there are in all."""
    total = number_of(answer, "Total-Count")
    return at_least if total is None else total


async def list_of(
    services: Services, service: str, path: str, model: type[M], **query: Asked
) -> list[M]:
    """Return a list of a service."""
    answer = await services.get(service, path, **query)
    return read_answer(TypeAdapter(list[model]), service, answer)  # type: ignore[valid-type]
