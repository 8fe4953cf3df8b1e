"""Settings both services share. Read once, in each service's `main`, and passed down."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

SECRETS_DIR = Path("/run/secrets")
"""Where Docker and Kubernetes put secrets: a setting that the environment lacks may be a file here, by its name."""


Settings = TypeVar("Settings", bound=BaseSettings)


class DatabaseSettings(BaseSettings):
    """Where the database is, and how long it may take."""

    model_config = SettingsConfigDict(
        env_prefix="ATTAIN_",
        extra="ignore",
        frozen=True,
        secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None,
    )

    database_password: SecretStr | None = None
    """For a URL that holds none, so that the password alone is the secret."""
    database_url: SecretStr
    log_level: str = "INFO"
    database_pool_size: int = 10
    statement_timeout_ms: int = 30_000
    lock_timeout_ms: int = 10_000
    idle_in_transaction_timeout_ms: int = 30_000

    @field_validator("database_url")
    @classmethod
    def _complete_database_url(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        """`postgresql://` is what people have at hand; SQLAlchemy would take it for another driver."""
        return complete_database_url(url, info.data.get("database_password"))


class SharedSettings(DatabaseSettings):
    """What both services need: the database and the queue."""

    redis_password: SecretStr | None = None
    """For a URL that holds none, so that the password alone is the secret."""
    redis_url: SecretStr
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Where Prometheus finds this process's metrics, without signing in: for a network of one's own. Off by default."""
    metrics_host: str = "127.0.0.1"
    otlp_endpoint: str | None = None
    """Where traces are sent to, by OTLP over HTTP, as `http://collector:4318`. Off by default."""
    trace_share: float = Field(default=1.0, ge=0, le=1)
    """Of the requests that bring no trace of their own, how many are traced."""
    delivery_key: SecretStr | None = Field(default=None, min_length=32)
    """Seals where webhooks are and what they are signed with; without it there are none."""
    delivery_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    """Networks besides the public one, with commas between, where webhooks and robots may be."""

    @field_validator("delivery_networks", mode="before")
    @classmethod
    def _split_networks(cls, networks: object) -> object:
        if not isinstance(networks, str):
            return networks
        return [network.strip() for network in networks.split(",") if network.strip()]

    @field_validator("otlp_endpoint")
    @classmethod
    def _check_tracing(cls, endpoint: str | None) -> str | None:
        if endpoint is not None and not endpoint.startswith(("http://", "https://")):
            msg = "must be an http:// or https:// URL"
            raise ValueError(msg)
        if endpoint is not None and find_spec("opentelemetry.sdk") is None:
            msg = "traces need the extra of the package: install attain-api[otel] and attain-worker[otel]"
            raise ValueError(msg)
        return endpoint

    @field_validator("redis_url")
    @classmethod
    def _complete_redis_url(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        if not url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            msg = "must be a redis://, rediss:// or unix:// URL"
            raise ValueError(msg)
        return _with_password(url.get_secret_value(), info.data.get("redis_password"))


def complete_database_url(url: SecretStr, password: SecretStr | None) -> SecretStr:
    """A URL of PostgreSQL as SQLAlchemy wants it, with the password that it lacks; it may name several hosts.

    Raises:
        ValueError: it is none; the text does not show it.
    """
    scheme, separator, rest = url.get_secret_value().partition("://")
    if scheme not in {"postgresql", "postgres", "postgresql+asyncpg"} or not separator:
        msg = "must be a postgresql:// URL"
        raise ValueError(msg)
    return _with_password(_with_hosts_apart(f"postgresql+asyncpg://{rest}"), password)


def read_settings(kind: type[Settings], *, program: str) -> Settings:
    """The settings; or the end of the program, with one line that says what is wrong and shows no value."""
    try:
        return kind()
    except ValidationError as error:
        sys.exit(f"{program}: bad settings: {explain(error)}")
    except (SettingsError, OSError) as error:
        sys.exit(f"{program}: bad settings: a file in {SECRETS_DIR} cannot be read ({type(error).__name__})")


def explain(error: ValidationError) -> str:
    """What is wrong with the settings, in one line; no value is shown."""
    return "; ".join(_explain_one(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors())


def _explain_one(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = "ATTAIN_" + ".".join(map(str, place)).upper()
    if kind == "missing":
        return f"{name} is not set, and there is no file {SECRETS_DIR / name.lower()}"
    return f"{name}: {message}"


def _with_password(url: str, password: SecretStr | None) -> SecretStr:
    if password is None or not password.get_secret_value():
        return SecretStr(url)
    address = _split(url)
    if address.password is not None:
        msg = "holds a password, and another one is given by itself"
        raise ValueError(msg)
    user, _, place = address.netloc.rpartition("@")
    netloc = f"{user}:{quote(password.get_secret_value(), safe='')}@{place}"
    return SecretStr(address._replace(netloc=netloc).geturl())


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # its text shows the URL
        msg = "is no URL"
        raise ValueError(msg) from None


def _with_hosts_apart(url: str) -> str:
    """`h1:5432,h2:5432` in the form that SQLAlchemy knows; of several hosts it must be one that takes writes."""
    user, _, places = url.partition("://")[2].partition("/")[0].rpartition("@")
    if "," not in places:
        return url
    if "[" in places:
        msg = "names several hosts: each must be a name or an IPv4 address"
        raise ValueError(msg)
    address = _split(url)
    hosts = [("host", place if ":" in place else f"{place}:5432") for place in places.split(",")]
    query = {"target_session_attrs": "read-write"} | dict(parse_qsl(address.query))
    return address._replace(netloc=f"{user}@", query=urlencode([*hosts, *query.items()])).geturl()
