"""What is read comes in an order of its own: where rows happen to lie would tell what was written last (REV-7)."""

import pytest
from sqlalchemy import func, text, update

from attain_shared.db.base import Base
from tests.support.matrix_world import World
from tests.support.watching import differences, look, readings, summary, supposing

pytestmark = [pytest.mark.no_cover, pytest.mark.timeout(600)]

CALLERS = ("subject", "manager", "hr", "admin")


async def test_answers_do_not_depend_on_where_rows_lie(world: World) -> None:
    """Half of the rows of every table are written again as they are, which moves them behind the others."""
    assert world.connection is not None
    requests = {name: request for name, request in readings(world.ids).items() if "?" not in name}
    before = await look(world, requests, CALLERS)
    moved = 0
    async with supposing(world):
        await world.connection.execute(text("SET LOCAL attain.months = 'kept'"))  # as a worker of this build
        for table in Base.metadata.sorted_tables:
            if "company_id" in table.c:
                ours = (table.c.company_id == world.company_id, func.random() < 0.5)
                result = await world.connection.execute(update(table).where(*ours).values(company_id=world.company_id))
                moved += result.rowcount
        after = await look(world, requests, CALLERS)
    assert moved, "nothing was moved"
    assert differences(before, after) == {}
    print(f"\n{moved} rows moved: {summary(before, after)}")
