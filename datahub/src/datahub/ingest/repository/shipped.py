"""Feeds that are shipped with the hub: what the services of the suite hand over (`SUITE`).

A service writes the words of the dictionary, so that its feed maps every field to itself. Of what
it tells nothing waits: an alert counts whether or not the hub knows the student whom it is about.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from datahub.dictionary.domain.entity import Dictionary, Entity
from datahub.dictionary.repository import load_dictionary
from datahub.ingest.tables import FeedRow, FeedVersionRow
from shared.contracts.streams import SUITE

SHIPPED = "shipped"


def shipped_feeds(dictionary: Dictionary) -> list[dict[str, Any]]:
    """Return the documents of the feeds that the package ships."""
    return [_document(each) for each in dictionary.entities.values() if SUITE in each.systems]


def install_shipped(connection: Connection) -> None:
    """Save the feeds that the package ships where they are new; one that was saved here stays."""
    for document in shipped_feeds(load_dictionary()):
        present = connection.execute(
            select(FeedRow.version, FeedRow.document, FeedRow.origin).where(
                FeedRow.id == document["feed"]
            )
        ).one_or_none()
        if present is None:
            _save(connection, document, 1)
        elif present.origin == SHIPPED and present.document != document:
            _save(connection, document, present.version + 1)


def _document(entity: Entity) -> dict[str, Any]:
    parents = [each.name for each in entity.fields.values() if each.parent]
    return {
        "feed": f"{SUITE}.{entity.name}",
        "title": f"平台各服务移交：{entity.zh} · handed over by the suite",
        "source": SUITE,
        "entity": entity.name,
        "default": True,
        "never_waits_for": parents,
        "fields": {name: {"from": name} for name in entity.fields},
    }


def _save(connection: Connection, document: Mapping[str, Any], version: int) -> None:
    feed = {"version": version, "document": document, "saved_at": func.now()}
    about = {"source": SUITE, "entity": document["entity"], "is_default": True, "origin": SHIPPED}
    connection.execute(
        insert(FeedRow)
        .values(id=document["feed"], **feed, **about)
        .on_conflict_do_update(index_elements=["id"], set_=feed)
    )
    connection.execute(insert(FeedVersionRow).values(feed=document["feed"], **feed))
