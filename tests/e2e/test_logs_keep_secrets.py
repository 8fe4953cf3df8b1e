"""A log tells what happened, once, and nothing that anybody could misuse (ASVS 16.2.5)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.ports import free_port
from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD, Stack, wait_until
from tests.support.story import Company

FAULTY = '''
"""The API with a route whose failure quotes all it knows."""
import os
from attain_api import main
from attain_api.shops import service

async def fail(uow, *, actor, **_):
    url, secret = os.environ["ATTAIN_DATABASE_URL"], os.environ["PLANTED_TOKEN"]
    try:
        raise ValueError(f"cannot use {url} for hidden.person@planted.example.com")
    except ValueError as error:
        raise RuntimeError(f"Authorization: Bearer {secret}; password=planted-password&x") from error

service.get_shop = fail
main.main()
'''
FIELDS = {
    "event",
    "level",
    "timestamp",
    "service",
    "request_id",
    "method",
    "route",
    "status",
    "milliseconds",
    "statements",
}


@pytest.fixture(scope="module")
def faulty(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A second API on the stack's database, which fails on purpose; where it is, and its log."""
    folder, port = tmp_path_factory.mktemp("faulty"), free_port()
    (folder / "faulty_api.py").write_text(FAULTY)
    service = stack._service("faulty", "faulty_api")
    service.env = service.env | {
        "ATTAIN_PORT": str(port),
        "PYTHONPATH": str(folder),
        "PLANTED_TOKEN": "planted.bearer-token",
    }
    service.launch()
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: is_up(url), what="the faulty API")
    yield url, service.process.log
    service.terminate()


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def lines(log: Path) -> list[dict[str, Any]]:
    """What was logged; each line is JSON."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_no_secret_reaches_a_log_however_requests_end(stack: Stack, company: Company, faulty: tuple[str, Path]) -> None:
    url, log = faulty
    token = company.admin.http.headers["Authorization"].removeprefix("Bearer ")
    shop = company.make_shop("planted")
    connector = company.make_connector([shop])
    key = connector.http.headers["Authorization"].removeprefix("Bearer ")
    connector.http.close()
    with httpx.Client(base_url=url, timeout=20) as client:
        signed_in = client.post("/v1/auth/token", data={"username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}).json()
        refused = {"username": "planted@planted.example.com", "password": "planted-password"}
        assert client.post("/v1/auth/token", data=refused).status_code == 401
        client.post("/v1/auth/refresh", json={"refresh_token": signed_in["refresh_token"]})
        client.get("/v1/me", headers={"Authorization": f"Bearer {key}"})
        client.get(f"/v1/nowhere/planted@planted.example.com?token={token}&password=planted-password")
        failed = client.get(f"/v1/shops/{shop}", headers={"Authorization": f"Bearer {token}", "X-Request-ID": "one"})
        assert failed.status_code == 500
    said = log.read_text()
    planted = [
        token,
        key,
        signed_in["access_token"],
        signed_in["refresh_token"],
        ADMIN_PASSWORD,
        ADMIN_EMAIL,
        "planted",
        stack._env["ATTAIN_DATABASE_URL"],
        "hidden.person",
        stack._env["ATTAIN_SECRET_KEY"],
        stack._env["ATTAIN_DELIVERY_KEY"],
    ]
    assert [secret[:12] for secret in planted if secret in said] == []
    assert "RuntimeError" in said, "the failure itself is told"
    assert "Traceback" in said


def test_a_request_is_one_line_with_its_figures(stack: Stack, faulty: tuple[str, Path]) -> None:
    url, log = faulty
    for number in range(3):
        httpx.get(f"{url}/readyz", headers={"X-Request-ID": f"line-{number}"}, timeout=20)
    found = [line for line in lines(log) if line.get("request_id") == "line-1"]
    assert [set(line) for line in found] == [FIELDS]
    line = found[0]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/readyz", 200)
    assert line["milliseconds"] > 0
    assert line["statements"] >= 3
