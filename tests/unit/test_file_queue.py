"""Whose uploaded file is read next."""

import asyncio

import pytest

from attain_api.file_queue import MAX_FILES, FileQueue, TooManyFiles
from attain_shared.errors import Conflict


async def test_one_file_is_read_at_a_time_so_many_wait_and_the_next_one_is_sent_away() -> None:
    queue, reading, most = FileQueue(), 0, 0

    async def read() -> None:
        nonlocal reading, most
        async with queue.turn():
            reading += 1
            most = max(most, reading)
            await asyncio.sleep(0.001)
            reading -= 1

    answers = await asyncio.gather(*(read() for _ in range(MAX_FILES + 2)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, TooManyFiles)]
    assert (most, len(refused)) == (1, 2)
    assert all(5 <= int(answer.headers["Retry-After"]) <= 10 for answer in refused)
    await read()


async def test_a_request_that_is_sent_again_does_not_wait_beside_the_first() -> None:
    queue = FileQueue()
    async with queue.turn("key"):
        with pytest.raises(Conflict) as refused:
            async with queue.turn("key"):
                pass
        assert refused.value.code == "request-in-progress"
    async with queue.turn("key"):
        pass
