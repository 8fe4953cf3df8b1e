"""Settings of single sign-on: all of them or none, and never half a provider."""

import pytest
from pydantic import ValidationError

from attain_api import settings as module
from attain_api.settings import ApiSettings
from attain_shared.settings import explain

OIDC = {
    "oidc_issuer": "https://id.example.com",
    "oidc_client_id": "attain",
    "oidc_client_secret": "hidden-secret",
    "oidc_redirect_uri": "https://one.example.com/in, https://two.example.com/in",
}


def settings(**given: str) -> ApiSettings:
    needed = {"database_url": "postgresql://u:p@h/d", "redis_url": "redis://h/0", "secret_key": "x" * 40}
    return ApiSettings(**needed | given)  # type: ignore[arg-type]


def test_without_settings_there_is_no_provider() -> None:
    assert settings().oidc is None


def test_all_of_them_make_a_provider() -> None:
    made = settings(**OIDC).oidc
    assert made is not None
    assert (made.issuer, made.client_id) == ("https://id.example.com", "attain")
    assert made.redirect_uris == {"https://one.example.com/in", "https://two.example.com/in"}


@pytest.mark.parametrize("missing", sorted(OIDC))
def test_some_of_them_are_refused_and_no_value_is_shown(missing: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        settings(**{name: value for name, value in OIDC.items() if name != missing})
    said = explain(wrong.value)
    assert "ATTAIN_OIDC_REDIRECT_URI" in said
    assert "together" in said
    assert "hidden-secret" not in said


@pytest.mark.parametrize("issuer", ["http://id.example.com", "id.example.com", "ftp://localhost"])
def test_a_provider_is_asked_over_https_alone(issuer: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        settings(**OIDC | {"oidc_issuer": issuer})
    assert "https://" in explain(wrong.value)


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    assert settings().oidc is None
    with pytest.raises(ValidationError) as wrong:
        settings(**OIDC)
    assert "attain-api[oidc]" in explain(wrong.value)
