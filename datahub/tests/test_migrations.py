"""The hub's models and its migrated database agree; record tables follow the dictionary."""

import json
from uuid import uuid4

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from datahub.changes import tables as change_tables
from datahub.dictionary.domain.entity import Dictionary, FieldType
from datahub.dictionary.domain.entity_document import parse_entity
from datahub.dictionary.tables import record_table, sync_record_tables
from datahub.indicators import tables as indicator_tables
from datahub.ingest import tables as ingest_tables
from datahub.learning import tables as learning_tables
from datahub.national import tables as national_tables
from datahub.pulls import tables as pull_tables
from datahub.quality import tables as quality_tables
from datahub.systems import tables as system_tables
from datahub.tables import Base
from shared.kit.migrations import migrate_async
from shared.testing import TestServers, new_database


def differences(connection: Connection, dictionary: Dictionary) -> list[object]:
    """Compare the database with the models and the tables of the dictionary's entities."""
    assert indicator_tables.IndicatorRow.metadata is ingest_tables.FeedRow.metadata
    assert learning_tables.LearningEventRow.metadata is ingest_tables.FeedRow.metadata
    assert quality_tables.QualityRuleRow.metadata is ingest_tables.FeedRow.metadata
    assert pull_tables.PullRow.metadata is ingest_tables.FeedRow.metadata
    assert system_tables.SystemRow.metadata is ingest_tables.FeedRow.metadata
    assert change_tables.ScopeRow.metadata is ingest_tables.FeedRow.metadata
    assert national_tables.InterfaceCallRow.metadata is ingest_tables.FeedRow.metadata
    wanted = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in Base.metadata.tables.values():
        table.to_metadata(wanted)
    for entity in dictionary.entities.values():
        if not entity.is_raw:
            record_table(entity, wanted)
    return list(compare_metadata(MigrationContext.configure(connection), wanted))


async def test_models_and_migrated_database_agree(
    servers: TestServers, dictionary: Dictionary
) -> None:
    engine = create_async_engine(await new_database(servers, "datahub"))
    async with engine.connect() as connection:
        found = await connection.run_sync(differences, dictionary)
    await engine.dispose()

    assert found == []


async def test_a_new_field_of_the_dictionary_becomes_a_column(
    servers: TestServers, dictionary: Dictionary
) -> None:
    def thing(**fields: str) -> Dictionary:
        entity = parse_entity(
            {
                "entity": "thing",
                "zh": "物",
                "en": "Thing",
                "key": ["no"],
                "fields": {
                    name: {"type": kind, "zh": name} | ({"ref": "thing"} if name == "upper" else {})
                    for name, kind in fields.items()
                },
            }
        )
        return Dictionary({"thing": entity}, {})

    def columns(connection: Connection) -> list[str]:
        more = thing(no="text", size="decimal", upper="text")
        for version in (thing(no="text"), more, more, thing(no="text")):
            sync_record_tables(connection, version)
        names = [column["name"] for column in inspect(connection).get_columns("record_thing")]
        return [*names, *(str(i["name"]) for i in inspect(connection).get_indexes("record_thing"))]

    engine = create_async_engine(await new_database(servers, "datahub"))
    async with engine.begin() as connection:
        names = await connection.run_sync(columns)
    await engine.dispose()

    assert {"no", "size", "seen", "deleted_at", "ix_record_thing_upper_key"} <= set(names)
    assert FieldType.DECIMAL in {
        each.type for entity in dictionary.entities.values() for each in entity.fields.values()
    }


async def test_values_that_waited_before_they_were_told_are_told_once_by_the_migration(
    servers: TestServers,
) -> None:
    name = f"test_{uuid4().hex}"
    server = await asyncpg.connect(servers.dsn)
    await server.execute(f"CREATE DATABASE {name}")
    await server.close()
    url = make_url(servers.dsn).set(drivername="postgresql+asyncpg", database=name)
    address = url.render_as_string(hide_password=False)
    await migrate_async("datahub", address, "0024")
    database = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(False))
    await database.execute(WAITED)
    await migrate_async("datahub", address, "0025")

    rows = await database.fetch("SELECT subject, partition_key, payload FROM outbox")
    uploads = await database.fetch('SELECT digest, "by" FROM evidence_upload')
    await database.close()

    [told] = [json.loads(row["payload"]) for row in rows]
    assert (rows[0]["partition_key"], told["type"]) == (
        "datahub/handed-in/H1",
        "qa.datahub.step.opened.v1",
    )
    assert told["data"] == {
        "step": "datahub/handed-in/H1",
        "kind": "approval",
        "scope": "major/M1",
        "link": "/handed-in/H1",
        "title_zh": "审批填报：满意度（新）",
        "title_en": "Approve a value: Content",
        "period": "year:2025",
        "role": "leader",
        "permission": "datahub:approve",
        "not_by": "person/T1",
        "opened_at": "2026-09-01T00:00:00+00:00",
        "due_at": "2026-09-08T00:00:00+00:00",
    }
    assert [tuple(row) for row in uploads] == [("d1", "person/T1")]


WAITED = """
    INSERT INTO indicator (id, version, document, origin)
         VALUES ('content', 1, '{"zh": "满意度", "en": "Content"}', 'college'),
                ('content', 2, '{"zh": "满意度（新）", "en": "Content"}', 'college');
    INSERT INTO file (digest, media_type, size, content, stored_by)
         VALUES ('d1', 'text/plain', 1, 'x', 'person/T1');
    INSERT INTO handed_value (id, indicator, scope, period, value, n, evidence, state, version,
                              entered_by, entered_at)
         VALUES ('H1', 'content', 'major/M1', 'year:2025', 0.9, 50, 'd1', 'waiting', 1,
                 'person/T1', '2026-09-01T00:00:00Z'),
                ('H2', 'content', 'major/M2', 'year:2025', 0.8, 50, NULL, 'approved', 1,
                 'person/T1', '2026-09-01T00:00:00Z');
"""
"""One value that waits and one that was approved, as they stood before steps were told."""
