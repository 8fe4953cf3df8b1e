"""Settings: passwords beside the URL, secrets as files, and errors that name what is missing but show no value."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict
from sqlalchemy import make_url

from attain_shared.doorbell import redis_settings
from attain_shared.settings import SharedSettings, explain, read_settings
from attain_worker.settings import WorkerSettings

DATABASE = "postgresql://attain@postgres:5432/attain"
REDIS = "redis://redis:6379/0"
AWKWARD = "p@ss/w:rd?#%"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_PASSWORD", "REDIS_URL", "REDIS_PASSWORD"):
        monkeypatch.delenv(f"ATTAIN_{name}", raising=False)


def settings(**given: object) -> SharedSettings:
    return SharedSettings(**{"database_url": DATABASE, "redis_url": REDIS, **given})  # type: ignore[arg-type]


def test_a_password_beside_the_url_becomes_part_of_it() -> None:
    made = settings(database_password=AWKWARD, redis_password=AWKWARD)
    quoted = "p%40ss%2Fw%3Ard%3F%23%25"
    assert made.database_url.get_secret_value() == f"postgresql+asyncpg://attain:{quoted}@postgres:5432/attain"
    assert made.redis_url.get_secret_value() == f"redis://:{quoted}@redis:6379/0"
    assert redis_settings(made.redis_url.get_secret_value()).password == AWKWARD


def test_a_url_that_names_several_hosts_means_the_one_that_takes_writes() -> None:
    made = settings(database_url="postgresql://attain@h1,h2:5433/attain?ssl=disable", database_password=AWKWARD)
    url = make_url(made.database_url.get_secret_value())
    _, options = url.get_dialect()().create_connect_args(url)
    assert options == {
        "host": ["h1", "h2"],
        "port": [5432, 5433],
        "user": "attain",
        "password": AWKWARD,
        "database": "attain",
        "ssl": "disable",
        "target_session_attrs": "read-write",
    }


def test_what_the_url_says_of_the_session_it_wants_holds() -> None:
    made = settings(database_url="postgresql://u:pw@h1:1,h2:2/d?target_session_attrs=any")
    assert make_url(made.database_url.get_secret_value()).query["target_session_attrs"] == "any"


def test_an_empty_password_is_none() -> None:
    made = settings(database_url="postgresql://u:pw-1@h/d", database_password="", redis_password="")
    assert made.database_url.get_secret_value() == "postgresql+asyncpg://u:pw-1@h/d"
    assert made.redis_url.get_secret_value() == REDIS


def test_a_url_may_hold_its_password_itself() -> None:
    made = settings(database_url="postgres://u:pw-1@host/d", redis_url="rediss://:two@host:6380/1")
    assert made.database_url.get_secret_value() == "postgresql+asyncpg://u:pw-1@host/d"
    assert made.redis_url.get_secret_value() == "rediss://:two@host:6380/1"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"database_url": "postgresql://u:pw-1@h/d", "database_password": "pw-2"}, "ATTAIN_DATABASE_URL"),
        ({"redis_url": "redis://:pw-1@h", "redis_password": "pw-2"}, "ATTAIN_REDIS_URL"),
        ({"database_url": "mysql://u@h/d"}, "ATTAIN_DATABASE_URL: Value error, must be a postgresql:// URL"),
        ({"database_url": "postgresql://u:pw-1@[::1]:1,[::2]:2/d"}, "ATTAIN_DATABASE_URL: Value error, names several"),
        ({"redis_url": "http://h"}, "ATTAIN_REDIS_URL: Value error, must be a redis://"),
        ({"database_url": "postgresql://u:pw-1\u2100@h/d", "database_password": "pw-2"}, "ATTAIN_DATABASE_URL: Value"),
    ],
)
def test_what_is_wrong_is_named_and_no_value_shown(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        settings(**given)
    message = explain(raised.value)
    assert message.startswith(said)
    assert not any(value in message for value in ("pw-", "mysql", "http://h"))


def test_what_is_missing_is_named_with_both_its_places() -> None:
    with pytest.raises(ValidationError) as raised:
        SharedSettings()
    assert explain(raised.value) == (
        "ATTAIN_DATABASE_URL is not set, and there is no file /run/secrets/attain_database_url; "
        "ATTAIN_REDIS_URL is not set, and there is no file /run/secrets/attain_redis_url"
    )


def test_secrets_are_read_from_files_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Settings(SharedSettings):
        model_config = SettingsConfigDict(secrets_dir=tmp_path)

    (tmp_path / "attain_database_url").write_text(f"{DATABASE}\n")
    (tmp_path / "attain_database_password").write_text("of the file\n")
    (tmp_path / "attain_redis_url").write_text(REDIS)
    monkeypatch.setenv("ATTAIN_REDIS_URL", "redis://other/2")
    made = Settings()
    assert made.database_password == SecretStr("of the file")
    assert "attain:of%20the%20file@postgres" in made.database_url.get_secret_value()
    assert made.redis_url.get_secret_value() == "redis://other/2"
    assert "of the file" not in repr(made)


def test_a_secret_that_cannot_be_read_is_one_line_too(tmp_path: Path) -> None:
    class Settings(SharedSettings):
        model_config = SettingsConfigDict(secrets_dir=tmp_path)

    (tmp_path / "attain_database_url").write_bytes(b"\xff\xfe")
    with pytest.raises(SystemExit) as raised:
        read_settings(Settings, program="attain-api")
    assert str(raised.value).startswith("attain-api: bad settings: a file in /run/secrets cannot be read")


@pytest.mark.parametrize(("text", "accepted"), [("", True), ("https://attain.example.com", True), ("attain", False)])
def test_where_people_reach_attain_is_a_url_or_nothing(text: str, accepted: bool) -> None:
    def read() -> WorkerSettings:
        return WorkerSettings.model_validate({"database_url": DATABASE, "redis_url": REDIS, "public_url": text})

    if accepted:
        assert read().public_url == text
    else:
        with pytest.raises(ValidationError, match="public_url"):
            read()
