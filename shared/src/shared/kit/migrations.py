"""Bring the database of a service to its newest version, as the role that owns its tables.

``python -m shared.kit.migrations <package> …`` reads ``<PREFIX>_MIGRATION_URL`` and
``<PREFIX>_MIGRATION_PASSWORD`` (or ``…_FILE``) for each package.
"""

import asyncio
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context, op
from alembic.config import Config
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

from shared.kit.settings import ServiceSettings, with_password

LOCK = 8_140_001
"""Advisory lock: two runners never migrate one database at the same time."""


class MigrationSettings(ServiceSettings):
    """Where to migrate, and as whom."""

    database_url: str = ""
    migration_url: str
    migration_password: SecretStr | None = None


def migrate(package: str, url: str) -> None:
    """Upgrade one service's database to head; does nothing when it is there.

    Args:
        url: SQLAlchemy URL with the asyncpg driver and the owner's password.
    """
    asyncio.run(migrate_async(package, url))


async def migrate_async(package: str, url: str, revision: str = "head") -> None:
    """Upgrade one service's database to a revision; does nothing when it is there."""
    module = importlib.import_module(package)
    assert module.__file__ is not None
    folder = Path(module.__file__).parents[2] / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = create_async_engine(url, connect_args={"server_settings": {"statement_timeout": "0"}})

    def upgrade(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    try:
        async with engine.connect() as connection:
            # Whoever comes second waits for the first, however long that takes.
            await connection.execute(text("SET lock_timeout = 0"))
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            await connection.execute(text("RESET lock_timeout"))
            await connection.commit()
            await connection.run_sync(upgrade)
            await connection.commit()
            await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
    finally:
        await engine.dispose()


def run_env(metadata: MetaData) -> None:
    """Do what an ``env.py`` of Alembic does, on the connection that `migrate` opened."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


def know_events_by_source(
    publishers: Mapping[str, Sequence[str]], words: sa.types.TypeEngine[str]
) -> None:
    """Make source and id the identity of an event in the inbox, where the id alone was it.

    Args:
        publishers: by consumer, the sources of what it takes: an event that it had from one of
            them stays known.
        words: type of the service's columns of text.
    """
    op.add_column("inbox", sa.Column("source", words, server_default="", nullable=False))
    op.add_column(
        "inbox", sa.Column("stream_seq", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("inbox", sa.Column("stored_at", sa.DateTime(timezone=True)))
    op.drop_constraint("pk_inbox", "inbox")
    op.execute("UPDATE inbox SET stored_at = at")
    for consumer, sources in publishers.items():
        for source in sources:
            op.execute(
                sa.text(
                    "INSERT INTO inbox (consumer, source, event_id, stream_seq, stored_at, at)"
                    " SELECT consumer, :source, event_id, 0, stored_at, at FROM inbox"
                    " WHERE consumer = :consumer AND source = ''"
                ).bindparams(consumer=consumer, source=source)
            )
    op.execute("DELETE FROM inbox WHERE source = ''")
    op.create_primary_key("pk_inbox", "inbox", ["consumer", "source", "event_id"])
    op.alter_column("inbox", "source", server_default=None)
    op.alter_column("inbox", "stream_seq", server_default=None)
    op.alter_column("inbox", "stored_at", nullable=False)
    op.create_table(
        "inbox_repeat",
        sa.Column("consumer", words, nullable=False),
        sa.Column("source", words, nullable=False),
        sa.Column("event_id", words, nullable=False),
        sa.Column("stream_seq", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "consumer", "source", "event_id", "stream_seq", "stored_at", name="pk_inbox_repeat"
        ),
    )


def know_when_letters_were_stored() -> None:
    """Let a dead letter tell when its stream took it; of those that are there, when they came."""
    op.add_column("dead_letter", sa.Column("stored_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE dead_letter SET stored_at = buried_at")
    op.alter_column("dead_letter", "stored_at", nullable=False)


def keep_answers(words: sa.types.TypeEngine[str]) -> None:
    """Make the table of idempotency keys.

    Args:
        words: type of the service's columns of text.
    """
    op.create_table(
        "idempotency",
        sa.Column("caller", words, nullable=False),
        sa.Column("key", words, nullable=False),
        sa.Column("digest", words, nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency")),
    )


AUDIT_IS_KEPT = """
CREATE OR REPLACE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('helix8.audit_retires', true) = 'on' AND current_user::regrole::oid =
     (SELECT relowner FROM pg_class WHERE oid = TG_RELID) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'the audit is append-only';
END $$
"""

AUDIT_RETIRE = """
CREATE FUNCTION audit_retire(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE upto bigint; gone bigint;
BEGIN
  IF before > now() - interval '3 years' THEN
    RAISE EXCEPTION 'the audit is kept for three years at least';
  END IF;
  SELECT max(last_seq) INTO upto FROM audit_block
   WHERE sealed_at < before AND retired_at IS NULL;
  IF upto IS NULL THEN RETURN 0; END IF;
  PERFORM set_config('helix8.audit_retires', 'on', true);
  DELETE FROM audit_entry WHERE seq <= upto;
  GET DIAGNOSTICS gone = ROW_COUNT;
  UPDATE audit_block SET retired_at = now() WHERE last_seq <= upto AND retired_at IS NULL;
  PERFORM set_config('helix8.audit_retires', '', true);
  RETURN gone;
END $$
"""


def keep_audit(words: sa.types.TypeEngine[str]) -> None:
    """Make the tables of the audit; a trigger keeps what is in them.

    Args:
        words: type of the service's columns of text.
    """
    instant = sa.DateTime(timezone=True)
    texts = ("about", "address", "request", "trace")
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", instant, server_default=sa.text("clock_timestamp()"), nullable=False),
        *(sa.Column(each, words, nullable=False) for each in ("kind", "actor", "by", *texts)),
        *(sa.Column(each, words) for each in ("role", "method")),
        sa.Column("status", sa.Integer()),
        sa.Column("detail", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    for names in (["actor", "seq"], ["about", "seq"], ["trace"], ["request"], ["at"]):
        op.create_index(f"ix_audit_entry_{names[0]}", "audit_entry", names)
    op.create_table(
        "audit_block",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", instant, server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", instant),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_block")),
    )
    op.execute(AUDIT_IS_KEPT)
    for table in ("audit_entry", "audit_block"):
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()"
        )
    op.execute(AUDIT_RETIRE)


def let_audit_retire() -> None:
    """Let entries of the audit go after their time, where the tables were there before."""
    op.add_column("audit_block", sa.Column("retired_at", sa.DateTime(timezone=True)))
    op.create_index("ix_audit_entry_request", "audit_entry", ["request"])
    op.execute(AUDIT_IS_KEPT)
    op.execute(AUDIT_RETIRE)


def know_what_was_handed_over(words: sa.types.TypeEngine[str]) -> None:
    """Make the table of how far what was there before has been handed over to the hub.

    Args:
        words: type of the service's columns of text.
    """
    op.create_table(
        "handed_over",
        sa.Column("entity", words, nullable=False),
        sa.Column("after", words, nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("entity", name=op.f("pk_handed_over")),
    )


def order_answers() -> None:
    """Let the answers to keys be found by their age: they are dropped when they are old."""
    op.create_index("ix_idempotency_at", "idempotency", ["at"])


def mend_dead_letters() -> None:
    """Make room for how a dead letter was mended, and why it was given up."""
    op.add_column(
        "dead_letter",
        sa.Column("edits", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("dead_letter", sa.Column("discarded", postgresql.JSONB(), nullable=True))


def prefix_of(package: str) -> str:
    """Return the environment prefix of a package: ``target_service`` → ``TARGET_``."""
    return package.removesuffix("_service").upper() + "_"


def main(packages: list[str]) -> None:
    """Migrate every named package."""
    for package in packages:

        class Settings(MigrationSettings):
            model_config = SettingsConfigDict(env_prefix=prefix_of(package))

        settings = Settings()
        migrate(package, with_password(settings.migration_url, settings.migration_password))


if __name__ == "__main__":
    main(sys.argv[1:])
