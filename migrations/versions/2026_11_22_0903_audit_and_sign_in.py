"""The audit trail; sessions, one-time links, throttles and identities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# a refresh token's family is its session
SESSIONS_SO_FAR = """
    INSERT INTO sessions (id, account_id, company_id, created_at, last_used_at, expires_at, revoked_at)
    SELECT family_id, account_id, company_id, min(created_at), max(created_at), max(expires_at), max(revoked_at)
    FROM refresh_tokens GROUP BY family_id, account_id, company_id
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "audit_entries",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("resource_type", sa.String(length=80), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(length=200), nullable=False),
        sa.Column("digests", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("changes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_audit_entries_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "sequence", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        op.f("ix_audit_entries_company_id_actor_id_sequence"),
        "audit_entries",
        ["company_id", "actor_id", "sequence"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_entries_company_id_occurred_at"), "audit_entries", ["company_id", "occurred_at"], unique=False
    )
    op.create_index(
        op.f("ix_audit_entries_company_id_resource_type_resource_id_sequence"),
        "audit_entries",
        ["company_id", "resource_type", "resource_id", "sequence"],
        unique=False,
    )
    op.create_table(
        "audit_heads",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_audit_heads_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "company_id"],
            ["memberships.account_id", "memberships.company_id"],
            name=op.f("fk_sessions_account_id_company_id_memberships"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account_id_company_id"), "sessions", ["account_id", "company_id"], unique=False)
    op.create_table(
        "one_time_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('invitation', 'password_reset')", name=op.f("ck_one_time_links_kind")),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_one_time_links_company_id_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_links")),
    )
    op.create_index(
        op.f("ix_one_time_links_company_id_person_id"), "one_time_links", ["company_id", "person_id"], unique=False
    )
    op.create_table(
        "sign_in_throttles",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocks", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_throttles")),
    )
    op.create_index(
        op.f("ix_sign_in_throttles_window_started_at"), "sign_in_throttles", ["window_started_at"], unique=False
    )
    op.create_table(
        "account_identities",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_identities_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_account_identities")),
    )
    op.create_index(op.f("ix_account_identities_account_id"), "account_identities", ["account_id"], unique=False)
    op.create_table(
        "oidc_sign_ins",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_oidc_sign_ins")),
    )
    op.execute(SESSIONS_SO_FAR)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("oidc_sign_ins")
    op.drop_table("account_identities")
    op.drop_table("sign_in_throttles")
    op.drop_table("one_time_links")
    op.drop_table("sessions")
    op.drop_table("audit_heads")
    op.drop_table("audit_entries")
