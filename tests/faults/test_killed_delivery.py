"""Webhooks over real processes: a receiver that fails and hangs, workers that are killed; each event once in effect, in order."""

from collections import defaultdict
from collections.abc import Iterator

import pytest

from attain_shared.identifiers import new_id
from attain_worker.delivery.running import LEASE_IN_TRIES
from attain_worker.delivery.service import REQUESTS_PER_WEBHOOK
from tests.support.database import Database
from tests.support.listening import Listener, listening
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import Stack, running_stack, wait_until
from tests.support.story import Company, make_company

SUBJECTS, TURNS = 30, 6
ANSWER_SECONDS = 2


@pytest.fixture(scope="module")
def reaching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An installation that may send to the loopback, with two workers."""
    env = {"ATTAIN_DELIVERY_NETWORKS": "127.0.0.1/32", "ATTAIN_DELIVERY_SECONDS": str(ANSWER_SECONDS)}
    with (
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, tmp_path_factory.mktemp("reaching"), workers=2, env=env) as running,
    ):
        yield running


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as made:
        yield made


def happen(database: Database, company: Company, subjects: list[str], turn: int) -> None:
    """Something happens to each of them, in one transaction."""
    database.rows(
        """INSERT INTO events (company_id, id, kind, subject_id, data, happened_at)
           SELECT $1, row.id, 'alert.raised', row.subject,
                  jsonb_build_object('alert_id', row.subject, 'turn', CAST($4 AS text)), now()
           FROM unnest($2::uuid[], $3::uuid[]) AS row (id, subject)""",
        *(company.id, [new_id() for _ in subjects], subjects, str(turn)),
    )


@pytest.mark.timeout(300)
def test_a_receiver_that_fails_and_workers_that_are_killed_lose_and_double_nothing(
    reaching: Stack, listener: Listener
) -> None:
    company = make_company(reaching.base_url)
    subjects = [str(new_id()) for _ in range(SUBJECTS)]
    body = {"name": "x", "channel": "webhook", "url": listener.url, "event_kinds": ["alert.raised"]}
    with company.admin, reaching.database() as database:
        webhook = company.admin.create("/v1/webhooks", body)
        listener.secret = webhook["signing_secret"]
        happen(database, company, subjects, 0)
        wait_until(lambda: len(listener.arrivals) >= REQUESTS_PER_WEBHOOK, what="requests under way")
        for worker in reaching.workers:
            worker.kill()
        hanging = dict(listener.arrivals)
        listener.open.set()
        for worker in reaching.workers:
            reaching.start_worker(worker)
        listener.failing = True
        for turn in range(1, TURNS):
            happen(database, company, subjects, turn)
        most = LEASE_IN_TRIES * ANSWER_SECONDS + 60
        took = wait_until(lambda: len(listener.effects) == SUBJECTS * TURNS, seconds=most, what="all events")
        path = f"/v1/webhooks/{webhook['id']}/deliveries"
        wait_until(lambda: not list(company.admin.items(path, state="pending")), what="the log")
        assert len(list(company.admin.items(path, state="delivered"))) == SUBJECTS * TURNS
    turns = defaultdict(list)
    for data in listener.effects:
        turns[data["alert_id"]].append(int(data["turn"]))
    assert turns == {subject: list(range(TURNS)) for subject in subjects}
    again = {name for name, times in listener.arrivals.items() if times > 1}
    assert hanging.keys() <= again
    print(
        f"\n{len(listener.effects)} events in effect once and in order, {len(again)} sent more than once "
        f"({len(hanging)} of them by workers killed as they sent), all {took:.0f} s after the kill"
    )
