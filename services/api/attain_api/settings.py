"""The API's settings: read once, in `main` or the commands, and passed down."""

from pydantic import Field, SecretStr

from attain_shared.settings import DatabaseSettings, SharedSettings
from attain_shared.wire import Email


class ApiSettings(SharedSettings):
    """What the API needs beyond the database and the queue."""

    secret_key: SecretStr = Field(min_length=32)
    """Signs access tokens; changing it signs everybody out within the life of an access token."""
    statement_timeout_ms: int = 10_000
    lock_timeout_ms: int = 5_000
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    access_token_seconds: int = Field(default=900, ge=60, le=86_400)
    refresh_token_days: int = Field(default=30, ge=1, le=365)
    linger_seconds: float = Field(default=0, ge=0, le=60)
    """How long after SIGTERM the API goes on serving, not ready, so that a balancer stops sending."""


class AdminSettings(DatabaseSettings):
    """What the commands need: no queue."""

    bootstrap_admin_email: Email | None = None
    bootstrap_admin_password: SecretStr | None = Field(default=None, min_length=10)
    bootstrap_company_name: str = "Attain"
