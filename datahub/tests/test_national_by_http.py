"""National tables by HTTP: exact rows, exact gaps, files to the byte."""

from typing import Any

import pytest

from datahub.national.repository.shipped import load_mappings

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_table_that_is_built_can_be_read(hub: Any) -> None:
    tables = await hub.get("national", limit=1000)
    for name, mapping in load_mappings().tables.items():
        status = 403 if mapping.is_closed else 200
        for path in (f"/v1/national/{name}", f"/v1/national/{name}/export"):
            answer = await hub.client.get(path)
            assert answer.status_code == status, (name, answer.text)
    assert len(tables) == 98
