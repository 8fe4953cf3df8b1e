"""Settings both services share. Read once, in each service's `main`, and passed down."""

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """Where the database is, and how long it may take."""

    model_config = SettingsConfigDict(env_prefix="ATTAIN_", extra="ignore", frozen=True)

    database_url: SecretStr
    log_level: str = "INFO"
    database_pool_size: int = 10
    statement_timeout_ms: int = 30_000
    lock_timeout_ms: int = 10_000
    idle_in_transaction_timeout_ms: int = 30_000

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: SecretStr) -> SecretStr:
        """`postgresql://` is what people have at hand; SQLAlchemy would take it for another driver."""
        scheme, separator, rest = url.get_secret_value().partition("://")
        if scheme not in {"postgresql", "postgres", "postgresql+asyncpg"} or not separator:
            msg = "must be a postgresql:// URL"
            raise ValueError(msg)
        return SecretStr(f"postgresql+asyncpg://{rest}")


class SharedSettings(DatabaseSettings):
    """What both services need: the database and the queue."""

    redis_url: SecretStr
