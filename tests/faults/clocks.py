"""F11: the clock of the API or of the worker jumps by an hour; PostgreSQL's own goes right.

What holds throughout: every push is done within seconds, and MET-7 goes by `observed_at`, which no server's clock makes.
"""

import httpx

from tests.faults.injections import Injection, Site
from tests.support import shifted
from tests.support.shifted import set_clock
from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD, wait_until
from tests.support.story import Json
from tests.support.trial import Trial, api_instead, worker_instead

HOUR, LEEWAY = 3600.0, 20.0
JUMPS = (HOUR, -HOUR, 0.0)
AT_MOST = 25.0
"""Seconds until a push is done: far less than the look from the start, which comes once a minute."""


def api_clock_jumps(site: Site, trial: Trial) -> None:
    """While it runs, ahead and back behind; tokens of one time are shown at another."""
    with api_instead(site.stack, shifted.MODULE, **_env(site, "attain_api.main", 0)) as api:
        before = sign_in(site)
        set_clock(api, LEEWAY)
        assert who_am_i(site, before) == (200, None)
        within = sign_in(site)
        took = []
        set_clock(api, HOUR)
        assert who_am_i(site, before) == (401, "invalid-token")
        ahead = refresh(site, before)
        assert who_am_i(site, ahead) == (200, None)
        for seconds in JUMPS:
            set_clock(api, seconds)
            took.append(trial.seconds_until_done(at_most=AT_MOST))
        assert who_am_i(site, within) == (200, None)
        assert who_am_i(site, ahead) == (401, "invalid-token")
        assert who_am_i(site, refresh(site, ahead)) == (200, None)
    tell(trial, took)


def api_is_behind(site: Site, trial: Trial) -> None:
    """It was started an hour behind: its identifiers are older than all that the worker has seen."""
    trial.wait_for_pushes()
    with api_instead(site.stack, shifted.MODULE, **_env(site, "attain_api.main", -HOUR)):
        tell(trial, [trial.seconds_until_done(at_most=AT_MOST) for _ in range(3)])


def worker_clock_jumps(site: Site, trial: Trial) -> None:
    """It hears no bell meanwhile: the sweep goes on by itself, and so does its heartbeat."""
    env = _env(site, "attain_worker.main", 0)
    with worker_instead(site.stack, shifted.MODULE, **env, ATTAIN_REDIS_URL=site.another_queue()) as worker:
        took = []
        for seconds in JUMPS:
            set_clock(worker, seconds)
            trial.wait_for_pushes(10)
            took.append(trial.seconds_until_done(at_most=AT_MOST))
        beats = count_beats(site)
        wait_until(lambda: count_beats(site) > beats, seconds=10, what="a heartbeat")
    tell(trial, took)


def tell(trial: Trial, took: list[float]) -> None:
    """The times that pushes took after each jump."""
    trial.recovered = max(took)
    trial.note = f"a push was done after {', '.join(f'{one:.1f}' for one in took)} s"


def sign_in(site: Site) -> Json:
    """A pair of tokens."""
    form = {"username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    reply = httpx.post(f"{site.stack.base_url}/v1/auth/token", data=form)
    assert reply.status_code == 200, reply.text
    tokens: Json = reply.json()
    return tokens


def refresh(site: Site, tokens: Json) -> Json:
    """The next pair: what a client does with a 401."""
    body = {"refresh_token": tokens["refresh_token"]}
    reply = httpx.post(f"{site.stack.base_url}/v1/auth/refresh", json=body)
    assert reply.status_code == 200, reply.text
    fresh: Json = reply.json()
    return fresh


def who_am_i(site: Site, tokens: Json) -> tuple[int, str | None]:
    """What an access token is answered: the status, and the problem's code."""
    reply = httpx.get(f"{site.stack.base_url}/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    return reply.status_code, reply.json().get("code")


def count_beats(site: Site) -> int:
    """How often a heartbeat was written: PostgreSQL counts, and no clock is asked."""
    with site.stack.database() as database:
        return int(
            database.value("SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'worker_heartbeats'")
        )


def _env(site: Site, module: str, seconds: float) -> dict[str, str]:
    return shifted.env_of(module, site.stack.folder / f"clock-{module}", seconds=seconds)


FAULTS: dict[str, Injection] = {
    "F11 the API's clock jumps an hour": api_clock_jumps,
    "F11 the API's clock an hour behind": api_is_behind,
    "F11 the worker's clock jumps an hour, unrung": worker_clock_jumps,
}
