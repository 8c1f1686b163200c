"""Tasks, their reports and notes, evidence files, and what people write on one-page sheets.

Revision: 0025, after 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0025"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _scopes()
    _tasks()
    _reports()
    _files()
    op.create_table(
        "sheet",
        _text("key", primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text(name) for name in ("title", "leader", "objective")),
        sa.Column("tasks", ARRAY(sa.Text()), nullable=False),
        *(_text(name) for name in ("summary", "forecast", "updated_by")),
        _instant("updated_at", nullable=False),
    )


def downgrade() -> None:
    for table in ("sheet", "evidence_upload", "file", "task_note", "task_report", "task"):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable, primary_key=primary_key)


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _scopes() -> None:
    # Whichever revision comes first makes them: others need the same.
    op.execute("ALTER TABLE scope ADD COLUMN IF NOT EXISTS parents text[] NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE scope ADD COLUMN IF NOT EXISTS tags text[] NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE scope ADD COLUMN IF NOT EXISTS owners jsonb NOT NULL DEFAULT '[]'")
    op.execute("CREATE INDEX IF NOT EXISTS ix_scope_parents ON scope USING gin (parents)")


def _tasks() -> None:
    op.create_table(
        "task",
        _text("key", primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text(name) for name in ("state", "title", "detail", "kind", "system", "scope")),
        _text("unit", nullable=True),
        _text("owner"),
        sa.Column("helpers", JSONB(), nullable=False),
        sa.Column("goals", ARRAY(sa.Text()), nullable=False),
        sa.Column("after", ARRAY(sa.Text()), nullable=False),
        sa.Column("starts_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        sa.Column("sla_hours", sa.Integer()),
        _instant("due_at"),
        sa.Column("started_on", sa.Date()),
        sa.Column("done_on", sa.Date()),
        sa.Column("progress", sa.Numeric(), nullable=False),
        sa.Column("qualitative", sa.Boolean(), nullable=False),
        sa.Column("resources", JSONB(), nullable=False),
        sa.Column("budget", sa.Numeric()),
        sa.Column("spent", sa.Numeric(), nullable=False),
        sa.Column("deliverables", JSONB(), nullable=False),
        *(_instant(name) for name in ("issued_at", "accepted_at", "overdue_since")),
        _instant("updated_at", nullable=False),
    )
    for name in ("scope", "owner", "state"):
        op.create_index(f"ix_task_{name}", "task", [name])
    for name in ("goals", "after"):
        op.create_index(f"ix_task_{name}", "task", [name], postgresql_using="gin")


def _reports() -> None:
    op.create_table(
        "task_report",
        sa.Column("task", sa.String(), sa.ForeignKey("task.key"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("state"),
        sa.Column("progress", sa.Numeric(), nullable=False),
        _text("said"),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("spent", sa.Numeric()),
        _text("light", nullable=True),
        sa.Column("evidence", JSONB(), nullable=False),
        _text("by"),
        _instant("at", nullable=False),
        _text("decided_by", nullable=True),
        _instant("decided_at"),
        _text("reason", nullable=True),
    )
    op.create_table(
        "task_note",
        sa.Column("task", sa.String(), sa.ForeignKey("task.key"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        *(_text(name) for name in ("what", "by")),
        _instant("at", nullable=False),
        _text("reason", nullable=True),
        sa.Column("changes", JSONB(), nullable=False),
    )


def _files() -> None:
    now = sa.func.now()
    op.create_table(
        "file",
        _text("digest", primary_key=True),
        _text("media_type"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _text("stored_by"),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
    )
    op.create_table(
        "evidence_upload",
        _text("digest", primary_key=True),
        _text("by", primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=now),
    )
