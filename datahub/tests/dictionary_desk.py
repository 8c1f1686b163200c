"""A desk at which the college's part of the dictionary is drafted and published."""

from typing import Any

DRAFT = "/v1/dictionary/draft"


async def put_codes(hub: Any, name: str, *codes: dict[str, Any], **more: Any) -> Any:
    return await hub.client.put(f"{DRAFT}/code-sets/{name}", json={"codes": codes, **more})


async def publish(hub: Any, note: str = "") -> int:
    answer = await hub.client.post(f"{DRAFT}/publish", json={"note": note})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["version"])


async def add_codes(hub: Any, name: str, *codes: dict[str, Any], **more: Any) -> int:
    answer = await put_codes(hub, name, *codes, **more)
    assert answer.status_code == 200, answer.text
    return await publish(hub)


def codes_of(document: Any) -> dict[str, Any]:
    return {each["code"]: each for each in document["codes"]}
