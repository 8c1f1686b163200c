"""Which systems feed which indicators, and what stands alone."""

from typing import Any, Final

from datahub.dictionary.api import Known
from datahub.dictionary.domain.entity import Dictionary
from datahub.indicators.api.asking import READ, TAGS, example
from datahub.indicators.domain.definition import Indicator
from datahub.indicators.domain.document import IndicatorNotFoundError
from datahub.indicators.domain.islands import Need, Supply, is_island, missing_of, needs_of
from datahub.indicators.queries.supplies import list_systems, supplies_of
from datahub.indicators.repository import following
from shared.kit.admin import Db
from shared.kit.app import new_router
from shared.kit.database import Transaction

router = new_router(tags=TAGS, dependencies=READ)

_EXAMPLE: Final = {
    "measured": 12,
    "islands": [
        {
            "indicator": "library_loans",
            "zh": "图书借阅量",
            "en": "Library loans",
            "missing": {"library_loan": "no-feed"},
        }
    ],
    "incomplete": [],
    "unused_systems": [
        {
            "source": "research",
            "name_zh": "科研管理系统",
            "name_en": "Research",
            "active": True,
            "entities": ["paper"],
        }
    ],
}


@router.get("/indicators/islands", summary="数据孤岛", responses=example(_EXAMPLE))
async def list_islands(db: Db, dictionary: Known) -> dict[str, Any]:
    """Indicators that no system feeds, those that lack a part, and systems that feed none.

    `missing` tells of each counted entity without a record whether it is `silent` (a feed is
    there) or has `no-feed`. The entities of a system are those of its feeds.
    """
    async with db.transaction() as tx:
        known = await _known(tx, dictionary)
        needs = {name: needs_of(each, known) for name, each in known.items()}
        used = {each.entity for some in needs.values() for each in some}
        supplies = await supplies_of(tx, used)
        systems = await list_systems(tx)
    lacking = [name for name, some in sorted(needs.items()) if missing_of(some, supplies)]
    alone = {name for name in lacking if is_island(needs[name], supplies)}
    told = {name: _told(known[name], needs[name], supplies) for name in lacking}
    return {
        "measured": len(known) - len(alone),
        "islands": [told[name] for name in lacking if name in alone],
        "incomplete": [told[name] for name in lacking if name not in alone],
        "unused_systems": [each for each in systems if used.isdisjoint(each["entities"])],
    }


@router.get("/indicators/{indicator_id}/islands", summary="指标由哪些系统供数")
async def get_islands(db: Db, dictionary: Known, indicator_id: str) -> dict[str, Any]:
    """Every entity behind an indicator, over what it takes too, with feeds and last deliveries."""
    async with db.transaction() as tx:
        known = await _known(tx, dictionary)
        if indicator_id not in known:
            raise IndicatorNotFoundError(
                f"没有在测的指标 {indicator_id}", f"no indicator {indicator_id} is measured"
            )
        needs = needs_of(known[indicator_id], known)
        supplies = await supplies_of(tx, {each.entity for each in needs})
    return {
        **_told(known[indicator_id], needs, supplies),
        "is_island": is_island(needs, supplies),
        "entities": [_entity(each, supplies[each.entity], dictionary) for each in needs],
    }


async def _known(tx: Transaction, dictionary: Dictionary) -> dict[str, Indicator]:
    found = await following.list_indicators(tx, dictionary)
    return {each.id: each for each in found if each.retired_on is None}


def _told(indicator: Indicator, needs: list[Need], supplies: dict[str, Supply]) -> dict[str, Any]:
    return {
        "indicator": indicator.id,
        "zh": indicator.zh,
        "en": indicator.en,
        "missing": missing_of(needs, supplies),
    }


def _entity(need: Need, supply: Supply, dictionary: Dictionary) -> dict[str, Any]:
    entity = dictionary.entities[need.entity]
    return {
        "entity": entity.name,
        "zh": entity.zh,
        "en": entity.en,
        "counted": need.is_counted,
        "by": need.by,
        "state": supply.state,
        "feeds": supply.feeds,
    }
