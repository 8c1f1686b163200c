"""How long what was evaluated and told is kept (保留期限); alerts are for ever."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long each is kept. Source: our default.

    What concerns an open alert is kept as long as that is open.
    """

    evaluations: timedelta = timedelta(days=400)
    """What rules heard and remember, and things that are over: on it rules are tried."""

    values: timedelta = timedelta(days=5 * 366)
    """The newest value and judgement of each period: rules compare with those."""

    told: timedelta = timedelta(days=400)
    """Notifications with their attempts, letters, why somebody was not told, silences."""
