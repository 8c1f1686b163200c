"""Who is told of alerts: policy, channels, silences, groups, notifications, inboxes.

Revision: 0020, after 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _policy()
    _groups()
    _told()
    _notifications()
    _letters()
    # Those that are open are told once, by the policy as it is then.
    op.execute("INSERT INTO noted (alert) SELECT id FROM alert WHERE state = 'open' ORDER BY id")


def _policy() -> None:
    op.create_table(
        "notification_policy",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "document", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_notification_policy")),
    )
    op.create_table(
        "channel",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "config", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "secrets", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "templates", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_channel")),
    )
    op.create_table(
        "silence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("matchers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expired_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence")),
    )
    op.create_index("ix_silence_ends_at", "silence", ["ends_at"], unique=False)


def _groups() -> None:
    op.create_table(
        "noted",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("alert", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_noted")),
    )
    op.create_table(
        "alert_label",
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column(
            "labels", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("is_seen", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("alert", name=op.f("pk_alert_label")),
    )
    op.create_index(
        "ix_alert_label_open",
        "alert_label",
        ["labels"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"labels": "jsonb_path_ops"},
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "alert_group",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "labels", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_group")),
        sa.UniqueConstraint("route", "key", name=op.f("uq_alert_group_route")),
    )
    op.create_index(
        "ix_alert_group_due",
        "alert_group",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "alert_group_member",
        sa.Column("group", sa.BigInteger(), nullable=False),
        sa.Column("alert", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group"],
            ["alert_group.id"],
            name=op.f("fk_alert_group_member_group_alert_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group", "alert", name=op.f("pk_alert_group_member")),
    )
    op.create_index("ix_alert_group_member_alert", "alert_group_member", ["alert"], unique=False)


def _told() -> None:
    op.create_table(
        "told",
        sa.Column("group", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("open", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("ended", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group"],
            ["alert_group.id"],
            name=op.f("fk_told_group_alert_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("group", "channel", "person", name=op.f("pk_told")),
    )
    op.create_table(
        "untold",
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("group", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "alert", "channel", "person", "reason", "by", name=op.f("pk_untold")
        ),
    )
    op.create_index(
        "ix_untold_by", "untold", ["by"], unique=False, postgresql_where=sa.text("over_at IS NULL")
    )
    op.create_index(
        "ix_untold_group",
        "untold",
        ["group"],
        unique=False,
        postgresql_where=sa.text("over_at IS NULL"),
    )


def _notifications() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("group", sa.BigInteger(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("alerts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("open", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("ended", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("lines", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "document", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "group", "channel", "person", "number", name=op.f("uq_notification_group")
        ),
    )
    op.create_index(
        "ix_notification_alerts", "notification", ["alerts"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_notification_due",
        "notification",
        ["channel", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "notification_attempt",
        sa.Column("notification", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification"],
            ["notification.id"],
            name=op.f("fk_notification_attempt_notification_notification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification", "number", name=op.f("pk_notification_attempt")),
    )


def _letters() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("notification", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("lines", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("alerts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification"], ["notification.id"], name=op.f("fk_letter_notification_notification")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("notification", name=op.f("uq_letter_notification")),
    )
    op.create_index("ix_letter_person", "letter", ["person", "id"], unique=False)
    op.create_table(
        "letter_read",
        sa.Column("letter", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter"], ["letter.id"], name=op.f("fk_letter_read_letter_letter"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("letter", "person", name=op.f("pk_letter_read")),
    )
    op.create_table(
        "foreign_alert",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column(
            "labels", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "annotations",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_foreign_alert")),
    )
    op.create_index("ix_foreign_alert_alert", "foreign_alert", ["alert"], unique=False)
    op.create_index(
        "ix_foreign_alert_ends",
        "foreign_alert",
        ["ends_at"],
        unique=False,
        postgresql_where=sa.text("is_open"),
    )


def downgrade() -> None:
    for table in (
        *("foreign_alert", "letter_read", "letter", "notification_attempt", "notification"),
        *("untold", "told", "alert_group_member", "alert_group", "alert_label", "noted"),
        *("silence", "channel", "notification_policy"),
    ):
        op.drop_table(table)
