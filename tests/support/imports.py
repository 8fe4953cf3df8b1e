"""Uploads of sellers' reports."""

from collections.abc import Mapping

from httpx import AsyncClient, Response

from tests.support.companies import Member
from tests.support.pushes import Pusher, name_of
from tests.support.reports import Cell, Rows, as_csv

IMPORTS = "/v1/metric-imports"
HEADER: list[Cell] = ["统计日期", "支付金额", "访客数", "支付转化率", "店铺名称"]
ROWS: list[list[Cell]] = [
    HEADER,
    ["2026-07-01", "1,234.56", "１，２１０", "3.60%", "旗舰店"],
    ["2026-07-02", "-", "1180", "", "旗舰店"],
]


async def send(
    api: AsyncClient,
    pusher: Pusher,
    content: bytes | Rows,
    form: Mapping[str, str] | None = None,
    *,
    who: Member | None = None,
    key: str | None = None,
) -> Response:
    """Upload a file, or rows as a CSV, for the pusher's shop."""
    data = content if isinstance(content, bytes) else as_csv(content)
    headers = (who or pusher.company).headers | ({"Idempotency-Key": key} if key else {})
    fields = {"shop": name_of(pusher.shop), **(form or {})}
    return await api.post(IMPORTS, files={"file": ("7月.csv", data, "text/csv")}, data=fields, headers=headers)
