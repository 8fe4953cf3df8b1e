"""Brute force is throttled (SEC-7), in the database: neither a loss of Redis nor a crash of the API forgets a block.

A try is counted up front, in a short transaction of its own and before anything is hashed, so that no number of tries
at once slips through; one that turns out right is given back. What is counted is kept as a keyed hash alone: an e-mail
that nobody has behaves as any other, and the table holds nothing about anybody.
"""

import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from attain_api.access.client import Client
from attain_api.state import ApiState
from attain_api.throttling import repository
from attain_api.throttling.rule import Limit, Tally, Verdict, count_try
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.errors import TooManyRequests

PER_SUBJECT = Limit(tries=5, blocks=True)
PER_ADDRESS = Limit(tries=100, blocks=False)
"""No block: a whole office may share an address."""


class Throttled(TooManyRequests):
    """Too many wrong tries."""

    def __init__(self, verdict: Verdict) -> None:
        """Say how long to wait."""
        super().__init__("Too many tries: wait a while.", headers=verdict.headers)
        self.begins = verdict.begins_block


@dataclass(frozen=True, slots=True)
class Subject:
    """What tries are counted of."""

    kind: str
    name: str
    limit: Limit = PER_SUBJECT

    def key(self, secret_key: str) -> bytes:
        """What is stored of it."""
        return hmac.digest(secret_key.encode(), f"throttle\n{self.kind}\n{self.name}".encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Tries:
    """A try that was counted: to be given back if it turns out right."""

    subjects: Sequence[Subject]
    verdict: Verdict

    @property
    def headers(self) -> dict[str, str]:
        """How many are left."""
        return self.verdict.headers


def account(email: str) -> Subject:
    """The account of an e-mail as typed, whether there is one or not."""
    return Subject("account", email.strip().lower())


def link(token: str) -> Subject:
    """The one-time link of a token, whether there is one or not."""
    return Subject("link", token.partition("_")[0])


def address_of(client: Client, *, kind: str = "address") -> list[Subject]:
    """Where a request comes from. Of IPv6 the first half, as the other one is the client's to choose."""
    if client.address is None:
        return []
    try:
        address = ipaddress.ip_address(client.address)
    except ValueError:
        return [Subject(kind, client.address, PER_ADDRESS)]
    if address.version == 6 and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    name = str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
    return [Subject(kind, name, PER_ADDRESS)]


async def count(state: ApiState, *subjects: Subject) -> Tries:
    """Count a try on each subject; the first one that has had too many is the only one that notes it.

    Raises:
        Throttled: with the time to wait.
    """
    secret_key, now = state.settings.secret_key.get_secret_value(), utc_now()
    keys = {subject: subject.key(secret_key) for subject in subjects}
    async with transaction(state.sessions, state.doorbell) as uow:
        before = await repository.hold_tallies(uow.session, subjects=keys.values(), now=now)
        counted: dict[bytes, Tally] = {}
        verdicts: list[Verdict] = []
        for subject, key in keys.items():
            tally, verdict = count_try(before.get(key), limit=subject.limit, now=now)
            if not verdict.is_allowed:
                # what is refused costs nothing, so it does not use up the others' tries
                counted, verdicts = {key: tally}, [verdict]
                break
            counted[key] = tally
            verdicts.append(verdict)
        await repository.set_tallies(uow.session, tallies=counted)
    tightest = min(verdicts, key=lambda verdict: verdict.remaining)
    if not tightest.is_allowed:
        raise Throttled(tightest)
    return Tries(subjects, tightest)


async def succeed(state: ApiState, subjects: Iterable[Subject]) -> None:
    """A counted try was right: a subject of its own starts anew, an address gets one back."""
    secret_key = state.settings.secret_key.get_secret_value()
    ordered = sorted((subject.key(secret_key), subject.limit.blocks) for subject in subjects)
    async with transaction(state.sessions, state.doorbell) as uow:
        for key, starts_anew in ordered:
            if starts_anew:
                await repository.clear(uow.session, subject=key)
            else:
                await repository.give_back(uow.session, subject=key)
