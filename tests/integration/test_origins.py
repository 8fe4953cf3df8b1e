"""Pages of other origins call the API only where the settings name them."""

import pytest
from httpx import AsyncClient
from pydantic import ValidationError

from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from tests.support.fresh import client_of

ORIGIN = "https://app.example.com"
ASKED = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}


def settings_with(state: ApiState, origins: str) -> ApiSettings:
    return ApiSettings(**(state.settings.model_dump() | {"cors_origins": origins}))


async def test_by_default_no_origin_is_let_in(api: AsyncClient) -> None:
    answer = await api.get("/v1/me", headers={"Origin": ORIGIN})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_named_origin_may_send_and_read_what_the_contract_has(state: ApiState) -> None:
    async with client_of(state, settings=settings_with(state, f"{ORIGIN}, http://127.0.0.1:5173")) as client:
        asked = await client.options("/v1/goals/1", headers={"Origin": ORIGIN, **ASKED})
        refused = await client.get("/v1/me", headers={"Origin": ORIGIN})
        stranger = await client.get("/v1/me", headers={"Origin": "https://elsewhere.example.com"})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == ORIGIN
    assert "ETag" in refused.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in refused.headers
    assert "access-control-allow-origin" not in stranger.headers


@pytest.mark.parametrize("origins", ["*", "app.example.com", "https://app.example.com/", "ftp://app.example.com"])
def test_what_is_no_origin_is_refused_at_the_start(state: ApiState, origins: str) -> None:
    with pytest.raises(ValidationError, match="must be origins"):
        settings_with(state, origins)
