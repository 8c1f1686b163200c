"""scopes as they were told, kept facts, the school calendar, and source systems

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.calendar.migration import create_calendar

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SHIPPED = {
    "academic": ("教务系统", "Academic system", "business"),
    "hr": ("人事系统", "Human resources", "business"),
    "research": ("科研系统", "Research", "business"),
    "student_affairs": ("学工系统", "Student affairs", "business"),
    "assets": ("国资系统", "Assets", "business"),
    "quality": ("质量管理系统", "Quality management", "business"),
    "classroom": ("智能云课堂", "Smart classroom", "teaching"),
    "survey": ("问卷平台", "Surveys", "survey"),
    "oulad": ("OULAD 开放数据", "OULAD open data", "open_data"),
    "helix8": ("诊改平台", "Helix8 itself", "suite"),
}


def upgrade() -> None:
    op.create_table(
        "scope",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("doc", postgresql.JSONB(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_scope")),
    )
    op.create_index(op.f("ix_scope_kind"), "scope", ["kind"])
    op.create_table(
        "told",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told")),
    )
    op.create_table(
        "fact",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("stream_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "published_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fact")),
        sa.UniqueConstraint("id", name=op.f("uq_fact_id")),
    )
    op.create_index("ix_fact_stream_seq", "fact", ["stream", "stream_seq"])
    create_calendar()
    systems = op.create_table(
        "source_system",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("contact", sa.String(), nullable=True),
        sa.Column("entities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("grants", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.Column(
            "saved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_system")),
    )
    keys = op.create_table(
        "source_system_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", "system", name=op.f("pk_source_system_key")),
    )
    op.create_index("ix_source_system_key_system", "source_system_key", ["system"])
    op.bulk_insert(
        systems,
        [
            {
                "id": system,
                "version": 1,
                "name_zh": zh,
                "name_en": en,
                "kind": kind,
                "entities": [],
                "grants": [],
                "active": True,
                "saved_by": "system/installation",
            }
            for system, (zh, en, kind) in SHIPPED.items()
        ],
    )
    # The installation made a password for each of them.
    op.bulk_insert(
        keys,
        [
            {
                "id": "password",
                "system": system,
                "note": "安装时生成 (made by the installation)",
                "made_by": "system/installation",
            }
            for system in SHIPPED
        ],
    )
