"""Live updates: whoever listens is told of what they may see, whatever process they listen to, and misses nothing."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import httpx
import pytest

from deploy.local.ports import free_port
from tests.support.events import Listener
from tests.support.stack import GRACE_SECONDS, Service, Stack, wait_until
from tests.support.story import PASSWORD, Client, Company, Connector, make_company, metric_indicator

VALUES = count(1)


class Told:
    """A company with a goal that every push moves."""

    def __init__(self, company: Company) -> None:
        self.company = company
        shop_id = company.make_shop("shop")
        cycle_id = company.make_cycle("month", "2025-03-01")
        self.goal_ids = [
            company.make_goal(cycle_id, [metric_indicator("gmv", [shop_id], str(target))]) for target in (1000, 2000)
        ]
        self.connector: Connector = company.make_connector([shop_id])

    def push(self) -> str:
        """A day's figure, another one each time; its batch, once the goals show it."""
        value = next(VALUES)
        row = {"shop": "tmall:shop", "metric": "gmv", "bucket": f"2025-03-{value % 28 + 1:02}", "value": str(value)}
        batch_id = str(self.connector.push([row])["id"])
        for goal_id in self.goal_ids:
            self.company.wait_for_batch(goal_id, batch_id)
        return batch_id

    def listener(self, base_url: str = "") -> Listener:
        """Its administrator."""
        return listener_of(self.company.admin, base_url)


def listener_of(client: Client, base_url: str = "") -> Listener:
    return Listener(base_url or str(client.http.base_url), dict(client.http.headers))


@pytest.fixture
def told(company: Company) -> Iterator[Told]:
    made = Told(company)
    yield made
    made.connector.http.close()


@contextmanager
def another_api(stack: Stack) -> Iterator[tuple[Service, str]]:
    """A second process of the API, over the same database."""
    port = free_port()
    service = stack.another("api-2", "attain_api.main", ATTAIN_PORT=str(port))
    service.launch()
    base_url = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        try:
            return httpx.get(f"{base_url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    wait_until(is_ready, what="the second API")
    try:
        yield service, base_url
    finally:
        service.process.stop(signal.SIGTERM, grace=GRACE_SECONDS)


def test_a_push_is_told_to_whoever_sees_the_goal_and_to_nobody_else(told: Told, stack: Stack) -> None:
    other = make_company(stack.base_url)
    mine, theirs = told.listener().listen(), listener_of(other.admin).listen()
    assert (mine.heard[0].name, theirs.heard[0].name) == ("hello", "hello")
    told.push()
    mine.wait(lambda: len(mine.told()) >= 2)
    event = mine.told()[0]
    assert event.name == event.data["kind"] == "attainment.changed"
    assert event.data["data"] == {"goal_id": event.data["subject_id"]}
    assert sorted(mine.subjects()) == sorted(told.goal_ids)
    assert theirs.told() == []
    for listener in (mine, theirs):
        listener.close()
    other.admin.http.close()


def test_what_was_missed_is_told_to_whoever_comes_back_to_any_process(told: Told, stack: Stack) -> None:
    """A killed API: its listeners go on at another one, without a gap and without a repetition."""
    with another_api(stack) as (service, base_url):
        there, throughout = told.listener(base_url).listen(), told.listener().listen()
        told.push()
        there.wait(lambda: len(there.told()) == 2)
        service.kill()
        there.wait(lambda: there.has_ended)
        there.close()
        for pushes in (1, 2, 3):
            throughout.wait(lambda: len(throughout.told()) == 2 * pushes)  # noqa: B023 - called here
            told.push()
        throughout.wait(lambda: len(throughout.told()) == 8)
        there.base_url = stack.base_url
        there.listen(after=there.last_id)
        told.push()
        throughout.wait(lambda: len(throughout.told()) == 10)
        there.wait(lambda: len(there.told()) == 6)
    # what came several times while nobody listened is told once: the last time
    assert [one.name for one in there.heard if one.name in {"hello", "reset"}] == ["hello", "hello"]
    missed = there.told()[2:-2]
    assert [one.data["id"] for one in missed] == [one.data["id"] for one in throughout.told()[6:8]]
    ids = [one.data["id"] for one in there.told()]
    assert ids[-2:] == [one.data["id"] for one in throughout.told()[-2:]]
    assert len(set(ids)) == 6
    for listener in (there, throughout):
        listener.close()


def test_whoever_cannot_be_told_of_all_is_told_to_begin_anew(told: Told) -> None:
    """A place that is none, one of another database, one that is too old."""
    current = told.listener().listen()
    position, _, rest = current.last_id.partition(".")
    identifier = rest.partition(".")[0]
    told_at = current.last_id.rpartition(".")[2]
    week_ago = str(int(told_at) - 7 * 86_400)
    for after in ("nonsense", f"{int(position) + 10**9}.{identifier}.{told_at}", f"{position}.{identifier}.{week_ago}"):
        listener = told.listener().listen(after=after)
        assert listener.heard[0].name == "reset", after
        told.push()
        listener.wait(lambda: bool(listener.told()))  # noqa: B023 - called here
        listener.close()
    current.close()


def test_a_process_that_drains_ends_its_streams(told: Told, stack: Stack) -> None:
    with another_api(stack) as (service, base_url):
        listener = told.listener(base_url).listen()
        assert service.terminate() == 0
        listener.wait(lambda: listener.has_ended)
        listener.close()


def test_whoever_signs_out_hears_nothing_more(told: Told, stack: Stack) -> None:
    form = {"username": told.company.admin.get("/v1/me")["email"], "password": PASSWORD}
    signed_in = httpx.post(
        f"{stack.base_url}/v1/auth/token", data=form | {"scope": f"company:{told.company.code}"}
    ).json()
    listener = Listener(stack.base_url, {"Authorization": f"Bearer {signed_in['access_token']}"}).listen()
    given_back = {"refresh_token": signed_in["refresh_token"]}
    assert httpx.post(f"{stack.base_url}/v1/auth/logout", json=given_back, headers=listener.headers).is_success
    listener.wait(lambda: listener.has_ended, seconds=15)
    listener.close()


def test_connectors_and_strangers_are_told_why_not(told: Told, stack: Stack) -> None:
    assert told.connector.http.get("/v1/events").status_code == 403
    assert httpx.get(f"{stack.base_url}/v1/events").status_code == 401
    unknown = told.company.admin.http.get("/v1/events", params={"goal_id": told.goal_ids[0]})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/query/goal_id")
