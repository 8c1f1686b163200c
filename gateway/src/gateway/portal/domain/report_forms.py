"""What the forms of the report centre say, as the report service takes it.

Source: contract of the report service; the forms are our default.
"""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any, Final

from gateway.portal.domain.cycle_forms import end_of_day

FORMATS: Final = ("docx", "pdf", "html", "json")
FORMAT: Final = "format."
RULES: Final = {
    "once": None,
    "yearly": "FREQ=YEARLY",
    "half-yearly": "FREQ=MONTHLY;INTERVAL=6",
    "monthly": "FREQ=MONTHLY",
}
"""How often a schedule orders. A college's own rhythm: ``PUT /v1/schedules/{key}``."""

Given = Mapping[str, str]


def making(given: Given, zone: tzinfo) -> dict[str, Any]:
    """Return which report is wanted, of facts until the end of a day."""
    said: dict[str, Any] = {name: given.get(name, "") for name in ("scope", "period", "kind")}
    return said | _as_of(given, zone)


def ordering(given: Given, zone: tzinfo) -> dict[str, Any]:
    """Return which reports a batch is of: those named line by line, or all of a kind."""
    said: dict[str, Any] = {name: given.get(name, "") for name in ("period", "kind", "title")}
    return said | _choice(given) | _as_of(given, zone)


def scheduling(given: Given, zone: tzinfo) -> dict[str, Any]:
    """Return a new schedule: on a date at eight in the morning, and then again by its rhythm."""
    said: dict[str, Any] = {name: given.get(name, "") for name in ("title", "kind", "period")}
    said |= {"of_period": given.get("of_period", "current"), **_choice(given)}
    said["starts_at"] = _morning(given.get("starts_on", ""), zone)
    return said | {"rule": RULES.get(given.get("rhythm", "once"))}


def _choice(given: Given) -> dict[str, Any]:
    named = [line.strip() for line in given.get("scopes", "").splitlines() if line.strip()]
    chosen: dict[str, Any] = {"scopes": named}
    chosen |= {name: given[name] for name in ("of", "within") if name in given}
    formats = [each for each in FORMATS if FORMAT + each in given]
    return chosen | {"formats": formats or ["docx", "pdf"]} | _delivery(given)


def _delivery(given: Given) -> dict[str, Any]:
    """Return whom to tell when it is over; nothing where nobody is named."""
    named = {each: given.get(f"tell_{each}", "").split() for each in ("persons", "channels")}
    if not any(named.values()):
        return {}
    return {"deliver": named | {"attach": "tell_attach" in given}}


def _as_of(given: Given, zone: tzinfo) -> dict[str, Any]:
    return {"as_of": end_of_day(given["as_of"], zone)} if given.get("as_of") else {}


def _morning(text: str, zone: tzinfo) -> str:
    """Return eight o'clock of a day; what is no day as it stands: the service refuses it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return datetime(day.year, day.month, day.day, 8, tzinfo=zone).isoformat()
