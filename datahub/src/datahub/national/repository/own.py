"""What the hub knows about itself, as relations: no. 89 to 91 of the national tables.

How often a feed's records were called for is what the hub itself answered (`interface_call`): the
records of its entity, whoever delivered them, and the national tables that are made of them.
A value that the hub has no way to know is null, unless the college delivers it as ``data_feed``
(under the id of the feed) or ``source_system``. What a system is called, the registry of source
systems says, too; whether it pushed by HTTP or HTTPS, a hub behind a gateway cannot see. What the
suite hands over itself (``helix8``) is gathered from no system of the college.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from datahub.dictionary.domain.entity import Dictionary
from datahub.dictionary.tables import table_name
from datahub.national.domain.mapping import Mappings

Bind = Callable[[object, str], str]

_WORDS: Final = {
    "realtime": "7",
    "daily": "5",
    "weekly": "4",
    "monthly": "3",
    "term": "2",
    "yearly": "1",
    "rare": "9",
}
"""Rhythms by the codes of 数据表更新频率; a span, such as 24h, is told by its length."""

_FEEDS: Final = """
SELECT f.id AS key, f.id AS feed, current_database()::text AS database,
       e.doc ->> 'table' AS table_name, e.doc ->> 'zh' AS table_label, f.source AS system_code,
       coalesce({words} ->> coalesce(w.rhythm, e.doc ->> 'rhythm'),
         CASE WHEN w.rhythm::interval < interval '1 hour' THEN '7'
              WHEN w.rhythm::interval < interval '1 day' THEN '6'
              WHEN w.rhythm::interval < interval '7 days' THEN '5'
              WHEN w.rhythm::interval < interval '28 days' THEN '4'
              WHEN w.rhythm::interval < interval '120 days' THEN '3'
              WHEN w.rhythm::interval < interval '360 days' THEN '2' ELSE '1' END) AS frequency,
       b.taken AS rows_gathered, coalesce(d.calls, c.calls) AS calls,
       coalesce(d.way, CASE WHEN b.by_itself OR p.feed IS NOT NULL THEN '2' END) AS way,
       b.updated_at, (extract(epoch FROM coalesce(b.at, f.saved_at)) * 1000000)::bigint AS observed
  FROM feed f
  CROSS JOIN LATERAL (SELECT coalesce(f.document #>> '{{rhythm,every}}',
                                      f.document ->> 'rhythm') AS rhythm) w
  CROSS JOIN LATERAL (SELECT {entities} -> f.entity AS doc) e
  LEFT JOIN pull p ON p.feed = f.id
  LEFT JOIN record_data_feed d ON d.key = f.id AND d.deleted_at IS NULL
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(created + updated + deleted + unchanged), 0)::bigint AS taken,
           max(started_at) FILTER (WHERE created + updated + deleted > 0) AS updated_at,
           max(started_at) AS at, bool_or(channel = 'nats') AS by_itself
      FROM batch WHERE batch.feed = f.id) b
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(calls), 0)::bigint AS calls FROM interface_call
     WHERE name = f.entity OR name IN (
       SELECT t.table_name FROM jsonb_to_recordset({tables}) AS t(table_name text, entity text)
        WHERE t.entity = f.entity)) c
 WHERE f.source <> 'helix8' AND f.retired_at IS NULL
"""

_STANDARDS: Final = """
SELECT s.table_name || '/' || f.source AS key, s.table_name, s.zh AS table_label,
       f.source AS system_code, coalesce(y.name, g.name_zh) AS system_name,
       (extract(epoch FROM f.saved_at) * 1000000)::bigint AS observed
  FROM jsonb_to_recordset({tables}) AS s(table_name text, zh text, entity text)
  JOIN (SELECT source, entity, max(saved_at) AS saved_at
          FROM feed WHERE retired_at IS NULL GROUP BY 1, 2) f
    ON f.entity = s.entity
  LEFT JOIN record_source_system y ON y.key = f.source AND y.deleted_at IS NULL
  LEFT JOIN source_system g ON g.id = f.source
"""

_SYSTEMS: Final = """
SELECT f.source AS key, f.source AS system_code,
       coalesce(y.short_name, y.name, g.name_zh) AS short_name,
       coalesce(y.name, g.name_zh) AS name,
       coalesce(y.direction, '2') AS direction,
       coalesce(y.way, CASE WHEN b.rest OR b.nats OR f.http OR f.https THEN '1' END) AS way,
       coalesce(y.protocol, CASE WHEN f.https THEN '2' WHEN f.http THEN '1'
                                 WHEN b.nats AND NOT b.rest THEN '9' END) AS protocol,
       coalesce(y.authentication, CASE WHEN b.rest THEN '2' END) AS authentication,
       coalesce(y.integrated_on, (b.first_at AT TIME ZONE 'Asia/Shanghai')::date) AS integrated_on,
       (extract(epoch FROM coalesce(b.at, f.saved_at)) * 1000000)::bigint AS observed
  FROM (SELECT f.source, max(f.saved_at) AS saved_at,
               bool_or(p.document ->> 'url' LIKE 'http:%') AS http,
               bool_or(p.document ->> 'url' LIKE 'https:%') AS https
          FROM feed f LEFT JOIN pull p ON p.feed = f.id
         WHERE f.retired_at IS NULL GROUP BY 1) f
  LEFT JOIN record_source_system y ON y.key = f.source AND y.deleted_at IS NULL
  LEFT JOIN source_system g ON g.id = f.source
  CROSS JOIN LATERAL (
    SELECT bool_or(channel = 'rest') AS rest, bool_or(channel = 'nats') AS nats,
           min(started_at) AS first_at, max(started_at) AS at
      FROM batch WHERE batch.source = f.source) b
 WHERE f.source <> 'helix8'
"""


def relation(name: str, mappings: Mappings, dictionary: Dictionary, bind: Bind) -> str:
    """Return one of the hub's own relations; binds its values."""
    if name == "hub.feed":
        return _FEEDS.format(
            words=_bound(bind, _WORDS),
            entities=_bound(bind, _entities(dictionary)),
            tables=_bound(bind, _tables(mappings)),
        )
    if name == "hub.standard":
        return _STANDARDS.format(tables=_bound(bind, _tables(mappings)))
    return _SYSTEMS


def _bound(bind: Bind, document: object) -> str:
    return bind(msgspec.json.encode(document).decode(), "text") + "::jsonb"


def _entities(dictionary: Dictionary) -> Mapping[str, Mapping[str, str]]:
    return {
        each.name: {"table": table_name(each.name), "zh": each.zh, "rhythm": each.rhythm}
        for each in dictionary.entities.values()
    }


def _tables(mappings: Mappings) -> list[Mapping[str, str]]:
    return [
        {"table_name": name, "zh": each.table.zh, "entity": each.entity.name}
        for name, each in mappings.tables.items()
        if not each.is_own
    ]
