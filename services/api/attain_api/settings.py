"""The API's settings: read once, in `main` or the commands, and passed down."""

from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from attain_shared.settings import DatabaseSettings, SharedSettings, complete_database_url
from attain_shared.wire import Email

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def split(several: str) -> list[str]:
    """What stands between commas."""
    return [one.strip() for one in several.split(",") if one.strip()]


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """How to reach the identity provider for single sign-on."""

    issuer: str
    client_id: str
    client_secret: SecretStr
    redirect_uris: frozenset[str]
    """Where it may send browsers back to."""


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
    cors_origins: str = ""
    """Origins whose pages may call the API from a browser, with commas between, as `https://app.example.com`; none by
    default: the console is of the API's own."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses and networks, with commas between, whose X-Forwarded-For names the client."""
    push_batches_per_minute: int = Field(default=3000, ge=0, le=6_000_000)
    """Of one connector, or of one person who pushes by hand; 0 for no limit."""
    backfill_batches_per_minute: int = Field(default=3000, ge=0, le=6_000_000)
    """The same, into the backfill lane."""
    inbox_max_batches: int = Field(default=20_000, ge=0)
    """Batches that may wait in one lane of one company before pushes are refused; 0 for no limit."""
    max_requests: int = Field(default=200, ge=1)
    """Requests that one process has in hand at once; more are sent away at once."""
    max_streams: int = Field(default=2000, ge=0)
    """Listeners to `/v1/events` that one process has at once; beside the requests."""
    stream_seconds: float = Field(default=300, ge=0, le=3600)
    """How long one of them lasts: then the listener comes back, with a token that is good, to whatever process."""
    body_seconds: float = Field(default=30, gt=0, le=600)
    """How long a request's body may take to arrive."""
    send_seconds: float = Field(default=60, gt=0, le=3600)
    """How long a client may take nothing of its answer."""
    database_standby_url: SecretStr | None = None
    """A standby of the same database, for reads that may lag; the password may be missing, as in the other URL."""
    standby_max_lag_seconds: float = Field(default=10, ge=1, le=60)
    """How old the standby's answers may be; from an older one nothing is read."""
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_redirect_uri: str | None = Field(default=None, validate_default=True)
    """One or several, with commas between."""

    @field_validator("database_standby_url")
    @classmethod
    def _complete_standby_url(cls, url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        return complete_database_url(url, info.data.get("database_password")) if url is not None else None

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, origins: str) -> str:
        for origin in split(origins):
            address = urlsplit(origin)
            if address.scheme not in {"http", "https"} or origin != f"{address.scheme}://{address.netloc}":
                msg = "must be origins, as https://app.example.com, with commas between"
                raise ValueError(msg)
        return origins

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, issuer: str | None) -> str | None:
        if issuer is None:
            return None
        address = urlsplit(issuer)
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
            msg = "must be an https:// URL"
            raise ValueError(msg)
        return issuer

    @field_validator("oidc_redirect_uri")
    @classmethod
    def _check_oidc(cls, redirect_uri: str | None, info: ValidationInfo) -> str | None:
        """All four or none, and what they need is installed."""
        others = [info.data.get(name) for name in ("oidc_issuer", "oidc_client_id", "oidc_client_secret")]
        given = sum(value is not None for value in (*others, redirect_uri))
        if given not in {0, 4}:
            msg = "single sign-on needs ATTAIN_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET and _REDIRECT_URI together"
            raise ValueError(msg)
        if given and (find_spec("authlib") is None or find_spec("httpx") is None):
            msg = "single sign-on needs the extra of the package: install attain-api[oidc]"
            raise ValueError(msg)
        return redirect_uri

    @property
    def oidc(self) -> OidcSettings | None:
        """The identity provider, if there is one."""
        if not (self.oidc_issuer and self.oidc_client_id and self.oidc_client_secret and self.oidc_redirect_uri):
            return None
        return OidcSettings(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            client_secret=self.oidc_client_secret,
            redirect_uris=frozenset(split(self.oidc_redirect_uri)),
        )


class AdminSettings(DatabaseSettings):
    """What the commands need: no queue."""

    bootstrap_admin_email: Email | None = None
    bootstrap_admin_password: SecretStr | None = Field(default=None, min_length=10)
    bootstrap_company_name: str = "Attain"
