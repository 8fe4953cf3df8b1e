"""`python -m attain_api.main`: the API as a process."""

import gc
import signal
import sys

import structlog
import uvicorn
from prometheus_client import CollectorRegistry

from attain_api.app import create_app
from attain_api.batches.rates import RedisLimiter
from attain_api.connections import WatchedProtocol
from attain_api.drain import DrainingServer
from attain_api.oidc.provider import OidcProvider
from attain_api.ops.sampler import Sampler
from attain_api.settings import ApiSettings
from attain_api.standby import Standby
from attain_api.state import ApiState
from attain_shared import logs
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import ArqDoorbell
from attain_shared.settings import read_settings
from attain_shared.telemetry import LoopLag, serve_metrics, watch_count
from attain_shared.tracing import start_tracing

GRACE_SECONDS = 20
"""How long running requests may go on once the API has stopped to listen."""

KEEP_ALIVE_SECONDS = 75
"""Longer than balancers keep an idle connection (a minute, as a rule): who closes first must be who sends the next."""


def create_state(settings: ApiSettings) -> ApiState:
    """Connections of a serving process; nothing is connected before it is used."""
    engine = create_engine(settings, application="attain-api")
    redis_url, registry = settings.redis_url.get_secret_value(), CollectorRegistry()
    sessions, doorbell = create_sessions(engine), ArqDoorbell(redis_url)
    standby = Standby(settings, sessions, registry) if settings.database_standby_url else None
    state = ApiState(
        settings=settings,
        engine=engine,
        health_engine=create_engine(
            settings.model_copy(update={"database_pool_size": 1}), application="attain-api health"
        ),
        sessions=sessions,
        doorbell=doorbell,
        ping_queue=doorbell.ping,
        registry=registry,
        limiter=RedisLimiter(redis_url, registry),
        oidc=OidcProvider(settings.oidc) if settings.oidc else None,
        standby=standby,
        beside=[LoopLag(registry).watch, *([standby.watch] if standby else [])],
    )
    watch_count(registry, "attain_rings_lost", "Rings given up to the sweep.", lambda: doorbell.lost)
    state.beside.append(Sampler(state).watch)
    return state


def main() -> None:
    """Serve until SIGTERM."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has shut down: a wanted end is no failure
        signal.signal(number, lambda *_: sys.exit(0))
    settings = read_settings(ApiSettings, program="attain-api")
    logs.configure(level=settings.log_level, service="attain-api")
    stop_tracing = start_tracing(settings, "attain-api", is_door=True)
    state = create_state(settings)
    config = uvicorn.Config(
        create_app(state),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=WatchedProtocol,
        ws="none",
        access_log=False,
        server_header=False,
        log_config=None,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    serve_metrics(settings, state.registry)
    server = DrainingServer(config, state)
    # what is there by now stays: going through it took longer than answering with ten thousand rows
    gc.collect()
    gc.freeze()
    structlog.get_logger(__name__).info("serving", host=settings.host, port=settings.port)
    try:
        server.run()
    finally:
        stop_tracing()
    if not server.started:
        sys.exit(3)


if __name__ == "__main__":
    main()
