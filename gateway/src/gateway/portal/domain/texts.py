"""Times, counts and titles as people read them.

Source: our default.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from gateway.portal.domain.words import Words
from shared.contracts.vocabulary import PeriodKey

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_YEAR = 365
_YEARS = 2 * _YEAR
"""Days from which on nobody counts them."""


def ago(moment: datetime, now: datetime, words: Words) -> str:
    """Return how long ago something was; clocks of two machines may differ by a little."""
    passed = now - moment
    if passed < _MINUTE:
        return words("just-now")
    if passed < _HOUR:
        return words("minutes-ago", passed // _MINUTE)
    if passed < _DAY:
        return words("hours-ago", passed // _HOUR)
    return words("days-ago", passed // _DAY)


def left(due: datetime | None, now: datetime, words: Words) -> str:
    """Return how much time is left, rounded down, or how much it is overdue, rounded up."""
    if due is None:
        return words("no-due")
    if due < now:
        return _late(now - due, words)
    rest = due - now
    if rest < _HOUR:
        return words("minutes-left", rest // _MINUTE)
    return words("time-left", _hours(rest // _HOUR, words))


def _late(late: timedelta, words: Words) -> str:
    return words("overdue", _hours(-(-late // _HOUR), words))


def _hours(hours: int, words: Words) -> str:
    days, rest = divmod(hours, 24)
    if days >= _YEARS:
        return words("years", days // _YEAR)
    if days == 0:
        return words("hours", rest)
    return words("days-hours", days, rest) if rest and days < 14 else words("days", days)


def periods_near(now: datetime, zone: tzinfo) -> list[PeriodKey]:
    """Return the periods that a form offers: of today and those before, by the usual terms.

    A first term begins in August, a second in February. Source: our default.
    """
    today = now.astimezone(zone)
    year = today.year if today.month >= 8 else today.year - 1
    first = today.month >= 8 or today.month == 1
    terms = [f"{year}-{year + 1}-{1 if first else 2}"]
    terms.append(f"{year - 1}-{year}-2" if first else f"{year}-{year + 1}-1")
    years = [f"ayear:{each}-{each + 1}" for each in (year, year - 1)]
    months = f"month:{today:%Y-%m}"
    return [
        *(f"term:{each}" for each in terms),
        *years,
        *(f"year:{each}" for each in (today.year, today.year - 1)),
        months,
    ]


def clock(moment: datetime, zone: tzinfo) -> str:
    """Return an instant in the time of a zone, to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def matter_text(title: str, names: Iterable[str], measure: str | None) -> str:
    """Return what an alert is about, to stand beside the name of its object.

    Args:
        names: name and key of the object; a title that holds one of them would say it twice.
        measure: name of the indicator, which says no object; None where it is not known.
    """
    twice = any(name in title for name in names)
    return measure if measure and twice else title


def work_text(title: str, *names: str) -> str:
    """Return what waits for somebody: of which object, unless its title names that.

    Args:
        names: of the object, in any language; the last is the one to show. What its service
            did not name is left out.
    """
    is_said = names[-1].startswith("feed/") or any(each in title for each in names)
    return title if is_said else f"{names[-1]} · {title}"


def share_text(part: int, whole: int) -> str:
    """Return a share in percent with one decimal, without its sign; ``whole`` is not 0.

    All of it is 100, and nothing 0: a decimal says no more there.
    """
    return (
        f"{Decimal(part) * 100 / Decimal(whole):.1f}" if 0 < part < whole else f"{100 * bool(part)}"
    )


def count_text(count: int) -> str:
    """Return a count with separators."""
    return f"{count:,}"


def period_text(period: PeriodKey, words: Words) -> str:
    """Return a period in words: ``term:2013-2014-1`` → 2013-2014 学年第 1 学期."""
    kind, _, key = period.partition(":")
    if kind == "week":
        key, _, week = key.rpartition("/")
        return words("period-week", week, period_text(f"term:{key}", words))
    if kind == "term":
        year, _, term = key.rpartition("-")
        return words("period-term", year, term)
    if kind == "month":
        year, _, month = key.partition("-")
        return words("period-month", year, month.lstrip("0"))
    if kind == "span":
        first, _, end = key.partition("/")
        return words("period-span", first, day_before(date.fromisoformat(end)))
    return words(f"period-{kind}", key)


def choice_text(word: str, value: str, words: Words) -> str:
    """Return the name of a choice of a field; what has none goes by its key."""
    known = [key for key in (f"{word}-{value}", f"c-{value}") if words.knows(key)]
    return words(known[0]) if known else value


def route_text(path: str, words: Words) -> str:
    """Return the name of a route of alerts by the way to it: ``root/red`` → 红色."""
    steps = path.split("/")
    below = steps[1:] if len(steps) > 1 else steps
    return " / ".join(
        words(f"route-{each}") if words.knows(f"route-{each}") else each for each in below
    )


_PATTERN = re.compile(r"不合格式 \^.*|String should match pattern .*")


def fault_text(text: str, words: Words) -> str:
    """Return what is wrong with a field in one language, and no pattern for programs."""
    told = one_language(text, words)
    return words("fault-pattern") if _PATTERN.fullmatch(told) else told


_PERIOD = re.compile(
    r"\b(?:term:\d{4}-\d{4}-\d(?!\d)|week:\d{4}-\d{4}-\d/\d+|(?:day|month|ayear|year|plan):\d[\d-]*)"
)


def periods_in(text: str, words: Words) -> str:
    """Return a text of a service with the keys of periods in words."""
    return _PERIOD.sub(lambda found: period_text(found[0], words), text)


def day_before(end: date | None) -> date | None:
    """Return the last day of what ends, half-open, with a day."""
    return end and end - _DAY


def day_of(moment: datetime, zone: tzinfo) -> str:
    """Return the day of an instant in the time of a zone."""
    return moment.astimezone(zone).strftime("%Y-%m-%d")


def day_near(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Return the day of an instant; without its year where that is this one."""
    there = moment.astimezone(zone)
    return f"{there:%m-%d}" if there.year == now.astimezone(zone).year else f"{there:%Y-%m-%d}"


_BOTH = re.compile(
    r"(.*[^\x00-\x7f].*?) \(([^\u3400-\u9fff]+|[A-Za-z][\x20-\x7e]{8}.*)\)\Z", re.DOTALL
)
"""Chinese, and the same in English in brackets: so services say what stands for both."""


_ABOUT = re.compile(r"(.+?)：(.+) \(\1: ([^\u3400-\u9fff]+)\)\Z", re.DOTALL)
"""The same where both begin with a name, which has one language."""


def one_language(text: str, words: Words) -> str:
    """Return what a service said in both languages in the one that is read."""
    if about := _ABOUT.match(text):
        return f"{about[1]}: {about[3]}" if words.language == "en" else f"{about[1]}：{about[2]}"
    both = _BOTH.match(text)
    if both is None:
        return text
    return both[2] if words.language == "en" else both[1]


_PLACE = re.compile(r"(?:https?://[^\s/]+)?(/[^\s/]\S*)")
"""An address of a page, with or without the host that the portal is reached by."""


def place_in(line: str) -> str | None:
    """Return the path that a line of a letter is an address of; None for what is a sentence."""
    found = _PLACE.fullmatch(line)
    return found[1] if found else None
