"""The queues that batches wait in, so that a shop with thousands of them holds up no other."""

from zlib import crc32

SLOTS = 16
"""Queues of a lane: few enough to look into each, so many that a busy shop shares its own with few others."""


def slot_of(shop: str) -> int:
    """The queue of a batch whose first row is of this shop (`platform:external_id`)."""
    return crc32(shop.encode("utf-8", "surrogatepass")) % SLOTS
