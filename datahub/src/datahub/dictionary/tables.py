"""One typed table per canonical entity, made from the dictionary; and the dictionary's versions.

Beside its fields each record keeps where it came from (``batch``, ``line``), what the source
wrote where that differs (``raw``), registered extensions (``ext``), its ``version`` counter,
the newest instant at which a source spoke of it (``observed``, microseconds since 1970) and the
same per feed (``seen``; under the empty name, of its last deletion), by which an older push is
told from a newer one, and ``deleted_at``: a deleted record stays as a tombstone, so that its
version goes on. A record that was deleted before it came is a tombstone of version 0. ``identity``
is what its stable id is made from, where that is not its key: the first one that it had. A record
whose key changes leaves a tombstone, too, with an identity of its own: should another record ever
come to stand there, it is another one.
"""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    func,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from datahub.dictionary.domain.entity import EXT, Dictionary, Entity, Field, FieldType
from datahub.tables import Base
from shared.kit.columns import Instant

_TYPES: Final[dict[FieldType, Any]] = {
    FieldType.TEXT: Text(),
    FieldType.INTEGER: BigInteger(),
    FieldType.DECIMAL: Numeric(),
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.TIMESTAMP: DateTime(timezone=True),
    FieldType.CODE: Text(),
    FieldType.ENUM: Text(),
    FieldType.LIST: ARRAY(Text()),
}


SQL_TYPES: Final = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.DECIMAL: "numeric",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.TIMESTAMP: "timestamptz",
    FieldType.CODE: "text",
    FieldType.ENUM: "text",
    FieldType.LIST: "text[]",
}
"""How PostgreSQL calls the types of fields."""


def table_name(entity: str) -> str:
    """Return the name of an entity's table."""
    return f"record_{entity}"


def record_id(entity: str) -> str:
    """Return the SQL of the stable id of an entity's record."""
    return f"record_id('{entity}', coalesce(identity, key))"


def ext_of(entity: Entity) -> str:
    """Return the SQL of what of the column ``ext`` may leave the hub; null where nothing is."""
    pairs = ", ".join(f"'{name}', {EXT} -> '{name}'" for name in entity.open_ext)
    return f"nullif(jsonb_strip_nulls(jsonb_build_object({pairs})), '{{}}') AS {EXT}"


def record_table(entity: Entity, metadata: MetaData) -> Table:
    """Return the table of an entity's records."""
    name = table_name(entity.name)
    if name in metadata.tables:
        return metadata.tables[name]
    return Table(
        name,
        metadata,
        Column("key", Text, primary_key=True),
        Column("identity", Text),
        *(Column(each.name, _TYPES[each.type]) for each in entity.fields.values()),
        Column("ext", JSONB),
        Column("raw", JSONB),
        Column("version", Integer, nullable=False),
        Column("observed", BigInteger, nullable=False),
        Column("seen", JSONB),
        Column("batch", BigInteger, nullable=False),
        Column("line", BigInteger, nullable=False),
        Column("deleted_at", DateTime(timezone=True)),
        *(_index_of(name, each) for each in entity.indexed if entity.key != (each.name,)),
        # One for all fields of the college, whichever it declares; no value can be too long for it.
        Index(
            f"ix_{name}_{EXT}",
            EXT,
            postgresql_using="gin",
            postgresql_ops={EXT: "jsonb_path_ops"},
            postgresql_where=text(f"{EXT} IS NOT NULL"),
        ),
    )


def _index_of(table: str, of: Field) -> Index:
    """Return the index by which records are found by a field; of a list, by what it holds."""
    if of.type is FieldType.LIST:
        return Index(f"ix_{table}_{of.name}", of.name, postgresql_using="gin")
    # With the key behind it, a page that is filtered is read in order from the index.
    return Index(f"ix_{table}_{of.name}_key", of.name, "key")


def sync_record_tables(connection: Connection, dictionary: Dictionary) -> None:
    """Create the tables, columns and indexes that the dictionary has and the database lacks.

    Nothing is dropped or retyped: a field that left the dictionary keeps its column. Raw events
    have a store of their own, which a migration makes.
    """
    metadata = MetaData()
    inspector = inspect(connection)
    columns = {
        table: {each["name"] for each in found}
        for (_, table), found in inspector.get_multi_columns().items()
    }
    found = inspector.get_multi_indexes().values()
    indexes = {each["name"] for table in found for each in table}
    for entity in dictionary.entities.values():
        if entity.is_raw:
            continue
        table = record_table(entity, metadata)
        if table.name in columns:
            _widen(connection, table, columns[table.name])
        else:
            connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            if index.name not in indexes:
                connection.execute(CreateIndex(index))


def _widen(connection: Connection, table: Table, present: set[str]) -> None:
    for column in table.columns:
        if column.name not in present:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}')


class BaseRow(Base):
    """A dictionary as a package shipped it: a version that rests on it stays readable."""

    __tablename__ = "dictionary_base"

    id: Mapped[str] = mapped_column(primary_key=True)
    """Version of the package and digest of the documents."""

    documents: Mapped[dict[str, Any]] = mapped_column(JSON)
    """JSON and not JSONB, which would lose the order of the fields."""


class VersionRow(Base):
    """A published version of the dictionary. A trigger refuses to change or delete one."""

    __tablename__ = "dictionary_version"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    base: Mapped[str] = mapped_column(ForeignKey("dictionary_base.id"))
    part: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What the college laid on the base."""

    differences: Mapped[list[Any]] = mapped_column(JSON)
    """From the version before."""

    note: Mapped[str]
    published_by: Mapped[str]
    published_at: Mapped[Instant]


class DraftRow(Base):
    """The one draft of the college's part; ``part`` is null while there is none."""

    __tablename__ = "dictionary_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]
    """Grows with every change, over all drafts."""

    part: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    saved_by: Mapped[str | None]
    saved_at: Mapped[Instant] = mapped_column(server_default=func.now())
