"""`python -m attain_api.main`: the API as a process."""

import signal
import sys

import structlog
import uvicorn
from pydantic import ValidationError

from attain_api.app import create_app
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared import logs
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import ArqDoorbell

GRACE_SECONDS = 20
"""How long running requests may go on after SIGTERM."""


def read_settings() -> ApiSettings:
    """The settings, or one line that says what is wrong with them; values are never shown."""
    try:
        return ApiSettings()
    except ValidationError as error:
        wrong = "; ".join(f"ATTAIN_{'.'.join(map(str, at['loc'])).upper()}: {at['msg']}" for at in error.errors())
        sys.exit(f"attain-api: bad settings: {wrong}")


def create_state(settings: ApiSettings) -> ApiState:
    """Connections of a serving process; nothing is connected before it is used."""
    engine = create_engine(settings, application="attain-api")
    doorbell = ArqDoorbell(settings.redis_url.get_secret_value())
    return ApiState(
        settings=settings,
        engine=engine,
        sessions=create_sessions(engine),
        doorbell=doorbell,
        ping_queue=doorbell.ping,
    )


def main() -> None:
    """Serve until SIGTERM."""
    settings = read_settings()
    logs.configure(level=settings.log_level, service="attain-api")
    config = uvicorn.Config(
        create_app(create_state(settings)),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    structlog.get_logger(__name__).info("serving", host=settings.host, port=settings.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again once it has shut down: a wanted end is no failure
        signal.signal(number, lambda *_: sys.exit(0))
    server.run()
    if not server.started:
        sys.exit(3)


if __name__ == "__main__":
    main()
