"""F13 and F14: processes that are asked to end under load, and releases that meet each other."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from deploy.local.ports import HOST, free_port
from tests.faults.injections import Injection, Site
from tests.support import releases
from tests.support.stack import Service, wait_until
from tests.support.trial import Trial, api_instead, worker_instead

LINGER_SECONDS = 2.0
LOOK_SECONDS = 0.2
NEXT_SCHEMA = "9999"


class Balancer(httpx.BaseTransport):
    """Sends each request to one of the APIs that were ready a moment ago, as a proxy does, on connections kept alive."""

    def __init__(self, ports: list[int]) -> None:
        self._ready = list(ports)
        self._turns = itertools.count()
        self._transport = httpx.HTTPTransport(limits=httpx.Limits(max_connections=64, max_keepalive_connections=64))
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(ports,), daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """To each of them in its turn."""
        ready = self._ready
        request.url = request.url.copy_with(port=ready[next(self._turns) % len(ready)])
        return self._transport.handle_request(request)

    def close(self) -> None:
        """Send no more."""
        self._closing.set()
        self._thread.join()
        self._transport.close()

    def _look(self, ports: list[int]) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            self._ready = [port for port in ports if is_ready(port)] or self._ready


def is_ready(port: int) -> bool:
    """Whether the API at a port serves."""
    try:
        return httpx.get(f"http://{HOST}:{port}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def another_api(site: Site, module: str = "attain_api.main", **env: str) -> Iterator[tuple[Service, int]]:
    """One API more, started but perhaps not ready, and its port."""
    port = free_port()
    service = site.stack.another("api-beside", module, ATTAIN_PORT=str(port), **env)
    service.launch()
    try:
        yield service, port
    finally:
        if service.process.running:
            service.terminate()


@contextmanager
def balanced(trial: Trial, ports: list[int]) -> Iterator[None]:
    """The trial's pushes go by a balancer, for a while."""
    own = trial.connector.http
    balancer = Balancer(ports)
    trial.connector.http = httpx.Client(
        base_url=own.base_url, headers=own.headers, timeout=30, trust_env=False, transport=balancer
    )
    try:
        yield
    finally:
        trial.connector.http = own
        trial.wait_for_pushes(8)  # who was under way by the balancer is through
        balancer.close()


@dataclass
class Ends:
    """How processes ended that were asked to."""

    seconds: list[float] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def ask(self, service: Service, trial: Trial) -> None:
        """SIGTERM while pushes are under way."""
        trial.wait_for_pushes(8)
        started = time.monotonic()
        self.codes.append(service.terminate())
        self.seconds.append(time.monotonic() - started)


def asked_to_end(rounds: int) -> Injection:
    """F13: two APIs behind a balancer, and two workers, each asked to end and started again, one after the other."""

    def inject(site: Site, trial: Trial) -> None:
        env = {"ATTAIN_LINGER_SECONDS": str(LINGER_SECONDS)}
        ends = Ends()
        with (
            api_instead(site.stack, **env) as first,
            another_api(site, **env) as (second, port),
            site.stack.more_workers(1) as (worker,),
        ):
            ports = {first: site.stack.port, second: port}
            wait_until(lambda: is_ready(port), what="the second API")
            trial.wait_for_pushes(8)
            before = dict(trial.pushes.failed)
            with balanced(trial, list(ports.values())):
                for api, _ in itertools.product(ports, range(rounds)):
                    ends.ask(api, trial)
                    api.launch()
                    wait_until(lambda api=api: is_ready(ports[api]), what="the API")  # type: ignore[misc]
                    ends.ask(worker, trial)
                    site.stack.start_worker(worker)
                failed = sum(trial.pushes.failed.values()) - sum(before.values())
                trial.over()
        trial.note = f"{len(ends.codes)} ends within {max(ends.seconds):.1f} s, exit {set(ends.codes)}; {failed} failed"
        assert (failed, set(ends.codes)) == (0, {0}), trial.note

    return inject


def old_worker_hears_new_bell(site: Site, trial: Trial) -> None:
    """F14: the only worker does not know the bell that is rung: the ring is destroyed, and the sweep covers it."""
    env = {releases.PROCESS: "attain_worker.main", releases.BELLS: "marks"}
    with worker_instead(site.stack, releases.MODULE, **env) as worker:
        took = [trial.seconds_until_done(at_most=10) for _ in range(5)]
        wait_until(lambda: worker.said("function 'inbox' not found"), seconds=10, what="a bell that it does not know")
    trial.recovered = max(took)
    trial.note = f"a push was done after {', '.join(f'{one:.1f}' for one in took)} s"


def new_release_before_its_schema(site: Site, trial: Trial) -> None:
    """F14: a new worker waits and a new API is not ready until the migration has run; the old ones go on throughout."""
    new = {releases.SCHEMA: NEXT_SCHEMA}
    worker = site.stack.another("worker-beside", releases.MODULE, **new, **{releases.PROCESS: "attain_worker.main"})
    with another_api(site, releases.MODULE, **new, **{releases.PROCESS: "attain_api.main"}) as (api, port):
        try:
            worker.launch()
            wait_until(lambda: api.said("serving") and readiness(port) is not None, what="the new API")
            wait_until(lambda: worker.said("waiting for the migrations"), what="the new worker")
            assert readiness(port) == (503, "behind")
            assert site.stack.is_ready()
            trial.wait_for_pushes()
            with migrated(site):
                took = wait_until(lambda: worker.said("worker started") and is_ready(port), seconds=10)
                assert site.stack.is_ready(), "an old API serves on a newer schema"
                assert site.stack.workers[0].terminate() == 0
                alone = trial.seconds_until_done(at_most=10)
                site.stack.start_worker(site.stack.workers[0])
                assert worker.terminate() == 0
        finally:
            if worker.process.running:
                worker.kill()
    trial.over()
    trial.note = f"ready {took:.1f} s after the migration; the new worker alone: a push was done after {alone:.1f} s"


def readiness(port: int) -> tuple[int, str] | None:
    """The status of `/readyz`, and what it says of the schema; none while nobody listens."""
    try:
        reply = httpx.get(f"http://{HOST}:{port}/readyz", timeout=5)
    except httpx.TransportError:
        return None
    return reply.status_code, reply.json()["schema"]["state"]


@contextmanager
def migrated(site: Site) -> Iterator[None]:
    """The schema of the next release, for a while."""
    with site.stack.database() as database:
        own = database.value("SELECT version_num FROM alembic_version")
        database.rows("UPDATE alembic_version SET version_num = $1", NEXT_SCHEMA)
        try:
            yield
        finally:
            database.rows("UPDATE alembic_version SET version_num = $1", own)


def faults(*, long: bool) -> dict[str, Injection]:
    """Every one, by what it is called."""
    return {
        "F13 APIs and workers asked to end": asked_to_end(3 if long else 1),
        "F14 an old worker hears a new bell": old_worker_hears_new_bell,
        "F14 a new release before its schema": new_release_before_its_schema,
    }
