"""Number what has committed, and tell the others: changes, scopes, the calendar."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from datahub.changes.repository import calendar, numbering, scopes
from datahub.changes.repository.numbering import Numbered
from datahub.changes.repository.scopes import Moment
from datahub.dictionary.domain.entity import Dictionary
from shared.kit.clock import CAMPUS
from shared.kit.database import Transaction


async def number_changes(tx: Transaction, dictionary: Dictionary, at: datetime) -> list[Numbered]:
    """Number change sets and publish what they mean; return them, none where another leads."""
    last = await numbering.lead(tx)
    if last is None:
        return []
    tx.on_record = True
    moment = Moment(dictionary, at.astimezone(CAMPUS).date())
    numbered = await numbering.number_change_sets(tx, last)
    for change_set in numbered:
        tx.correlation = change_set.correlation
        await numbering.publish_changes(tx, change_set, dictionary)
    for sets in _by_entity(numbered):
        tx.correlation = sets[-1].correlation
        await scopes.publish_scopes(tx, sets, moment)
    tx.correlation = None
    await _take_stock(tx, moment, numbered, numbered[-1].last_seq if numbered else last)
    return numbered


def _by_entity(numbered: Sequence[Numbered]) -> Iterable[Sequence[Numbered]]:
    """Gather change sets by entity: of many small ones the scopes are told at once."""
    found: dict[str, list[Numbered]] = {}
    for each in numbered:
        found.setdefault(each.entity, []).append(each)
    return found.values()


async def _take_stock(
    tx: Transaction, moment: Moment, numbered: Sequence[Numbered], last_seq: int
) -> None:
    """Tell what is new for another reason than a change, and the calendar."""
    news = await numbering.take_news(tx, moment.dictionary.version, moment.today)
    if "dictionary" in news:
        await scopes.publish_all(tx, moment, last_seq)
    elif "day" in news:
        await scopes.publish_all(tx, moment, last_seq, appointed_only=True)
    if news & {"dictionary", "feeds", "systems"}:
        await scopes.publish_feeds(tx, moment, last_seq)
    if "dictionary" in news or any(each.entity in calendar.ENTITIES for each in numbered):
        await calendar.publish_calendar(tx, last_seq)
