"""A PostgreSQL and a Redis of our own, which may be killed: containers, or the embedded servers."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol

from deploy.local.servers import Postgres, Valkey
from tests.support.containers import PostgresContainer, RedisContainer, docker_answers

VARIABLE = "ATTAIN_TEST_SERVERS"


class Source(StrEnum):
    """Where servers of our own come from."""

    DOCKER = "docker"
    EMBEDDED = "embedded"


class Killable(Protocol):
    """A server that was started; its URL is the same after each start."""

    @property
    def url(self) -> str:
        """Where clients connect, with the password."""

    def stop_immediately(self) -> None:
        """Stop it as a crash would."""

    def start(self) -> None:
        """Start it again, and return when it answers."""


class Pausable(Killable, Protocol):
    """A server that can be frozen, too."""

    def pause(self) -> None:
        """Freeze it: it takes connections still, and says nothing."""

    def resume(self) -> None:
        """Let it go on."""


class PausableValkey(Valkey):
    """The embedded Valkey, which can be frozen."""

    def pause(self) -> None:
        """Freeze it."""
        self.process.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send(signal.SIGCONT)


@contextmanager
def own_postgres(*, durable: bool) -> Iterator[Killable]:
    """A PostgreSQL; a durable one really writes to the disk before it says so."""
    if source() is Source.DOCKER:
        with PostgresContainer(durable=durable) as container:
            yield container
    else:
        with _data_dir() as data_dir, Postgres(data_dir, durable=durable) as server:
            yield server


@contextmanager
def own_redis() -> Iterator[Pausable]:
    """A Redis that keeps its data over restarts."""
    if source() is Source.DOCKER:
        with RedisContainer() as container:
            yield container
    else:
        with _data_dir() as data_dir, PausableValkey(data_dir) as server:
            yield server


@cache
def source() -> Source:
    """Where servers of our own come from in this run."""
    return choose_source(os.environ.get(VARIABLE, ""), engine=docker_answers())


def choose_source(wanted: str, *, engine: bool) -> Source:
    """What is wanted, by default Docker if an engine answers; `ValueError` where it cannot be had."""
    if not wanted:
        return Source.DOCKER if engine else Source.EMBEDDED
    if wanted not in set(Source):
        raise ValueError(f"{VARIABLE} is {wanted!r}, and not one of: {', '.join(Source)}")
    if wanted == Source.DOCKER and not engine:
        raise ValueError(f"{VARIABLE} is {wanted!r}, and no Docker engine answers")
    return Source(wanted)


@contextmanager
def _data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="attain-test-") as folder:
        yield Path(folder)
