"""The hub's models and its migrated database agree; record tables follow the dictionary."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from datahub.changes import tables as change_tables
from datahub.dictionary.domain.entity import Dictionary, FieldType, parse_entity
from datahub.dictionary.tables import record_table, sync_record_tables
from datahub.indicators import tables as indicator_tables
from datahub.ingest import tables as ingest_tables
from datahub.learning import tables as learning_tables
from datahub.pulls import tables as pull_tables
from datahub.quality import tables as quality_tables
from datahub.systems import tables as system_tables
from datahub.tables import Base
from shared.testing import TestServers, new_database


def differences(connection: Connection, dictionary: Dictionary) -> list[object]:
    """Compare the database with the models and the tables of the dictionary's entities."""
    assert indicator_tables.IndicatorRow.metadata is ingest_tables.FeedRow.metadata
    assert learning_tables.LearningEventRow.metadata is ingest_tables.FeedRow.metadata
    assert quality_tables.QualityRuleRow.metadata is ingest_tables.FeedRow.metadata
    assert pull_tables.PullRow.metadata is ingest_tables.FeedRow.metadata
    assert system_tables.SystemRow.metadata is ingest_tables.FeedRow.metadata
    assert change_tables.ScopeRow.metadata is ingest_tables.FeedRow.metadata
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
