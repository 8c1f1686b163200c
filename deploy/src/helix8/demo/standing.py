"""The chain of standards of the college: plans and documents that are approved, lines that bind.

The loader's key drafts, the demonstration's account approves. What is approved already is left
alone; selectors come after the documents that they rest on.
"""

import tomllib
from pathlib import Path
from typing import Final
from urllib.parse import quote

from helix8.demo.access import OwnSuite
from helix8.demo.person import Person, another
from helix8.demo.portal import Portal
from helix8.progress import Progress

FILE: Final = Path(__file__).parent / "college" / "standards.toml"
PLANS: Final = "/api/target/v1/plans"
STANDARDS: Final = "/api/target/v1/standards"
CLASSES: Final = "/api/target/v1/object-classes"
SELECTORS: Final = "/api/target/v1/selectors"


async def set_standards(portal: Portal, suite: OwnSuite, progress: Progress) -> None:
    """Put the documents in force and bind by them; and approve the plans.

    Raises:
        RefusedError: something was refused.
    """
    given = tomllib.loads(FILE.read_text(encoding="utf-8"))
    for each in given["classes"]:
        await portal.post(CLASSES, each)
    for each in given["documents"]:
        await portal.post(STANDARDS, each)
    async with another(suite) as person:
        plans = await _approve_plans(portal, person)
        documents = await _approve_documents(portal, person)
    for each in given["selectors"]:
        await portal.post(SELECTORS, each)
    count = len(given["documents"])
    progress.step(
        f"标准文本 {count} 份，批准 {documents} 份；批准规划 {plans} 份；"
        f"选择器 {len(given['selectors'])} 个",
        f"{count} standards, {documents} approved now; {plans} plans approved now",
    )


async def _approve_plans(portal: Portal, person: Person) -> int:
    found = (await portal.get(PLANS, limit=200)).json()
    waiting = [each for each in found if each["state"] in {"draft", "submitted"}]
    for each in waiting:
        path = f"{PLANS}/{quote(each['key'])}"
        if each["state"] == "draft":
            await portal.send(f"{path}/submit", {})
        await person.say(f"{path}/approve", {})
    return len(waiting)


async def _approve_documents(portal: Portal, person: Person) -> int:
    waiting = (await portal.get(STANDARDS, state="draft", limit=200)).json()
    for each in waiting:
        said = {"decision": "approve"}
        await person.say(f"{STANDARDS}/{quote(each['key'])}/decision", said)
    return len(waiting)
