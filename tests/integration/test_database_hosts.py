"""A URL that names several database servers: whichever takes writes is used, whatever the others do (promise 4)."""

import socket

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from attain_shared.db.failures import is_passing
from attain_shared.db.hosts import Hosts
from attain_shared.db.session import create_engine
from attain_shared.settings import DatabaseSettings
from deploy.local.ports import HOST, free_port


def settings_for(url: str, *places: str) -> DatabaseSettings:
    known = make_url(url)
    return DatabaseSettings(
        database_url=SecretStr(f"postgresql://{known.username}:{known.password}@{','.join(places)}/{known.database}")
    )


def place_of(url: str) -> str:
    known = make_url(url)
    return f"{known.host}:{known.port}"


async def test_the_server_that_is_there_is_found_and_asked_first_from_then_on(database_url: str) -> None:
    engine = create_engine(settings_for(database_url, f"{HOST}:{free_port()}", place_of(database_url)), application="t")
    for _ in range(2):
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
        await engine.dispose()


async def test_a_server_that_says_nothing_takes_only_its_share_of_the_time(database_url: str) -> None:
    known = make_url(database_url)
    with socket.create_server((HOST, 0)) as silent:
        hosts = Hosts()
        asked = {"user": known.username, "password": known.password, "database": known.database}
        names, ports = [HOST, str(known.host)], [silent.getsockname()[1], known.port or 5432]
        for _ in range(2):  # the second time it need not be asked at all
            connection = await hosts.connect(host=names, port=ports, timeout=1.0, **asked)
            await connection.close()
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


async def test_while_no_server_takes_writes_clients_are_told_to_come_again() -> None:
    engine = create_engine(
        settings_for("postgresql://attain:x@h/attain", f"{HOST}:{free_port()}", f"{HOST}:{free_port()}"),
        application="t",
    )
    with pytest.raises(ConnectionError, match="none of 2 database servers") as caught:
        async with engine.connect():
            pass
    assert is_passing(caught.value)
    await engine.dispose()
