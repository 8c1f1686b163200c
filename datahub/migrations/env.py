from alembic import context

from datahub.changes import tables as change_tables
from datahub.dictionary.repository import adopt_shipped, load_dictionary
from datahub.dictionary.tables import sync_record_tables
from datahub.indicators import tables as indicator_tables
from datahub.ingest import tables as ingest_tables
from datahub.ingest.repository.shipped import install_shipped
from datahub.learning import tables as learning_tables
from datahub.national import tables as national_tables
from datahub.pulls import tables as pull_tables
from datahub.quality import tables as quality_tables
from datahub.systems import tables as system_tables
from datahub.tables import Base
from shared.kit.migrations import run_env

assert indicator_tables.MeasurementRow.metadata is ingest_tables.BatchRow.metadata
assert learning_tables.LearningEventRow.metadata is ingest_tables.BatchRow.metadata
assert quality_tables.QualityRuleRow.metadata is ingest_tables.BatchRow.metadata
assert pull_tables.PullRow.metadata is ingest_tables.BatchRow.metadata
assert system_tables.SystemRow.metadata is ingest_tables.BatchRow.metadata
assert change_tables.ScopeRow.metadata is ingest_tables.BatchRow.metadata
assert national_tables.InterfaceCallRow.metadata is ingest_tables.BatchRow.metadata
run_env(Base.metadata)
# The tables of records follow the dictionary, not the migrations.
connection = context.config.attributes["connection"]
sync_record_tables(connection, load_dictionary())
adopt_shipped(connection)
install_shipped(connection)
