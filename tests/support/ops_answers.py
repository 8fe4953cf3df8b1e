"""Answers of `/readyz` and `/v1/ops` as a night may bring them, for the page that shows them."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
SLOT = 15


def readiness(**states: str) -> Json:
    """All is well, but for the dependencies named."""
    names = ("database", "schema", "queue", "worker")
    checks = {name: {"state": states.get(name, "ok"), "milliseconds": 0.8} for name in names}
    away = any(states.get(name, "ok") != "ok" for name in ("database", "schema"))
    status = "unavailable" if away else "degraded" if states else "ok"
    return {"status": status, "draining": False, **checks}


def worker(host: str, *, beat_ago: float = 2, is_alive: bool = True, **fields: object) -> Json:
    """A worker."""
    now = datetime.now(UTC)
    return {
        "id": f"01997b1c-0000-7000-8000-{abs(hash(host)) % 10**12:012}",
        "host": host,
        "version": "0.1.0",
        "started_at": (now - timedelta(hours=30)).isoformat(),
        "beat_at": (now - timedelta(seconds=beat_ago)).isoformat(),
        "is_alive": is_alive,
        "memory_bytes": 131_400_000,
        "batches_taken_in": 48_211,
        "rows_taken_in": 9_642_200,
        "goals_recomputed": 381_774,
        "jobs_failed": 0,
        **fields,
    }


def status(*, workers: list[Json] | None = None, **parts: Any) -> Json:
    """A quiet installation, but for the parts named."""
    whole: Json = {
        "status": "ok",
        "version": "0.1.0",
        "revision": "6c17123ab90d2f41",
        "started_at": (datetime.now(UTC) - timedelta(hours=30)).isoformat(),
        "uptime_seconds": 108_720,
        "database": {
            "state": "ok",
            "milliseconds": 0.9,
            "schema": "0013",
            "size_bytes": 18_713_000_000,
            "connections": 37,
            "oldest_transaction_seconds": 0.02,
            "archive_failing_seconds": None,
            "synchronous_standbys": 1,
            "synchronous_standbys_wanted": 1,
        },
        "queue": {"state": "ok", "milliseconds": 0.4},
        "workers": [worker("attain-worker-1"), worker("attain-worker-2")] if workers is None else workers,
        "inbox": {"live": 3, "backfill": 0, "oldest_seconds": 0.4, "failed": 0},
        "marks": {"goals": 12, "oldest_seconds": 0.3, "checks": 0},
        "ingestion_lag_seconds": 0.62,
        "silent_connectors": 0,
    }
    for name, part in parts.items():
        whole[name] = whole[name] | part if isinstance(part, dict) else part
    return whole


def samples(*, stuck_for: int = 0, gap: range = range(0)) -> Json:
    """The last hour; nothing was taken in for the newest so many slots, and nobody looked in those of the gap."""
    now = datetime.now(UTC)
    newest = now - timedelta(seconds=now.timestamp() % SLOT)
    hour = [_sample(newest, place, stuck_for=stuck_for) for place in range(240) if place not in gap]
    return {"slot_seconds": SLOT, "samples": hour}


def _sample(newest: datetime, place: int, *, stuck_for: int) -> Json:
    wave = math.sin(place / 17) + math.sin(place / 5) / 3
    stuck = max(0, place - (239 - stuck_for)) if stuck_for else 0
    return {
        "at": (newest - timedelta(seconds=SLOT * (239 - place))).isoformat(),
        "requests": round(900 + 240 * wave),
        "failed_requests": 18 if stuck else int(place % 90 == 0),
        "slow_requests": 4 if stuck else int(place % 60 == 0),
        "inbox_live": 40 * stuck + round(4 + 3 * wave),
        "inbox_backfill": max(0, 400 - 3 * place),
        "inbox_oldest_seconds": SLOT * stuck if stuck else None if place < 40 else round(0.6 + 0.3 * wave, 2),
        "inbox_oldest_live_seconds": SLOT * stuck if stuck else None if place < 40 else round(0.6 + 0.3 * wave, 2),
        "failed_batches": 0,
        "marks": 12 + round(8 * (wave + 1.4)),
        "marks_oldest_seconds": 0.3,
        "checks": 0,
        "silent_connectors": 0,
        "workers": 0 if stuck else 2,
        "batches_taken_in": 0 if stuck else round(300 + 80 * wave),
        "rows_taken_in": 0 if stuck else round(60_000 + 16_000 * wave),
        "ingestion_lag_seconds": None if stuck or (place % 7 and place < 120) else round(0.62 + 0.2 * wave, 3),
        "database_bytes": 18_713_000_000,
        "connections": 37 + round(4 * wave),
        "oldest_transaction_seconds": 0.02,
        "archive_failing_seconds": None,
        "synchronous_standbys": 1,
        "synchronous_standbys_wanted": 1,
    }
