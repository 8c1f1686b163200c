"""In which period a rule looks for what is absent: the present one of its kind."""

from datetime import date

from shared.calendar import Calendar


def present_period(kind: str, day: date, calendar: Calendar) -> str | None:
    """Return the period of a kind that a day lies in; None between two of them."""
    told = calendar.told
    terms = (each.term for each in told.terms if each.starts_on <= day <= each.ends_on)
    years = (each.year for each in told.years if each.starts_on <= day <= each.ends_on)
    key = {
        "day": day.isoformat(),
        "month": f"{day:%Y-%m}",
        "year": str(day.year),
        "week": calendar.week_of(day),
        "term": next(terms, None),
        "ayear": next(years, None),
    }.get(kind)
    return f"{kind}:{key}" if key else None
