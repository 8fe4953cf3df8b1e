"""Companies, accounts and credentials; departments, people and shops."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_platform", sa.Boolean(), nullable=False),
        sa.Column("is_ops", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "companies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("code", name=op.f("uq_companies_code")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "principal_id", "route", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "worker_heartbeats",
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_worker_heartbeats")),
    )
    op.create_table(
        "company_work",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_company_work_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_company_work")),
    )
    op.create_table(
        "connectors",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("shop_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("scopes <@ ARRAY['write', 'backfill']::text[]", name=op.f("ck_connectors_scopes")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_connectors_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_connectors")),
    )
    op.create_table(
        "departments",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("function", sa.String(length=80), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("head_id", sa.Uuid(), nullable=True),
        sa.Column("headcount_plan", sa.Integer(), nullable=True),
        sa.Column("duties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("headcount_plan >= 0", name=op.f("ck_departments_headcount_plan")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_departments_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["company_id", "head_id"],
            ["people.company_id", "people.id"],
            name="fk_departments_company_id_head_people",
            use_alter=True,
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "parent_id"],
            ["departments.company_id", "departments.id"],
            name=op.f("fk_departments_company_id_parent_id_departments"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_departments_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_departments")),
    )
    op.create_index(
        op.f("ix_departments_company_id_name_id"), "departments", ["company_id", "name", "id"], unique=False
    )
    op.create_index(
        op.f("ix_departments_company_id_parent_id"), "departments", ["company_id", "parent_id"], unique=False
    )
    op.create_table(
        "shops",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=80), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_shops_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_shops")),
        sa.UniqueConstraint(
            "company_id", "platform", "external_id", name=op.f("uq_shops_company_id_platform_external_id")
        ),
    )
    op.create_index(op.f("ix_shops_company_id_name_id"), "shops", ["company_id", "name", "id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connector_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connector_id"],
            ["connectors.company_id", "connectors.id"],
            name=op.f("fk_api_keys_company_id_connector_id_connectors"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_table(
        "people",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("manager_id", sa.Uuid(), nullable=True),
        sa.Column("employment_type", sa.String(length=80), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "roles <@ ARRAY['admin', 'hr', 'executive', 'employee']::text[]", name=op.f("ck_people_roles")
        ),
        sa.CheckConstraint("manager_id <> id", name=op.f("ck_people_not_their_own_manager")),
        sa.ForeignKeyConstraint(
            ["company_id", "department_id"],
            ["departments.company_id", "departments.id"],
            name=op.f("fk_people_company_id_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "manager_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_people_company_id_manager_id_people"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_people_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_people")),
        sa.UniqueConstraint("company_id", "email", name=op.f("uq_people_company_id_email")),
    )
    op.create_index(op.f("ix_people_company_id_department_id"), "people", ["company_id", "department_id"], unique=False)
    op.create_index(op.f("ix_people_company_id_manager_id"), "people", ["company_id", "manager_id"], unique=False)
    op.create_index(op.f("ix_people_company_id_name_id"), "people", ["company_id", "name", "id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_memberships_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_memberships_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_memberships_company_id_companies")),
        sa.PrimaryKeyConstraint("account_id", "company_id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("company_id", "person_id", name=op.f("uq_memberships_company_id_person_id")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "company_id"],
            ["memberships.account_id", "memberships.company_id"],
            name=op.f("fk_refresh_tokens_account_id_company_id_memberships"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_family_id"), "refresh_tokens", ["family_id"], unique=False)
    op.create_foreign_key(
        "fk_departments_company_id_head_people",
        "departments",
        "people",
        ["company_id", "head_id"],
        ["company_id", "id"],
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("fk_departments_company_id_head_people", "departments", type_="foreignkey")
    op.drop_index(op.f("ix_refresh_tokens_family_id"), table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_table("memberships")
    op.drop_index(op.f("ix_people_company_id_name_id"), table_name="people")
    op.drop_index(op.f("ix_people_company_id_manager_id"), table_name="people")
    op.drop_index(op.f("ix_people_company_id_department_id"), table_name="people")
    op.drop_table("people")
    op.drop_table("api_keys")
    op.drop_index(op.f("ix_shops_company_id_name_id"), table_name="shops")
    op.drop_table("shops")
    op.drop_index(op.f("ix_departments_company_id_parent_id"), table_name="departments")
    op.drop_index(op.f("ix_departments_company_id_name_id"), table_name="departments")
    op.drop_table("departments")
    op.drop_table("connectors")
    op.drop_table("company_work")
    op.drop_table("worker_heartbeats")
    op.drop_table("idempotency_keys")
    op.drop_table("companies")
    op.drop_table("accounts")
