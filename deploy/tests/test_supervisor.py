"""What the supervisor tells of the demo, and who may read its logs."""

import asyncio
from pathlib import Path

from helix8.home import Home
from helix8.progress import Progress
from helix8.supervisor import Plan, Supervisor


async def test_the_terminal_says_once_that_the_demo_data_is_complete(tmp_path: Path) -> None:
    home, said = Home(tmp_path), list[str]()
    home.prepare()
    plan = Plan(home=home, first_port=1, environment={})
    telling = asyncio.create_task(
        Supervisor(plan=plan, progress=Progress(said.append)).tell_loaded()
    )
    await asyncio.sleep(0)
    assert said == []

    home.loaded.write_text("已判定 120/120 个绑定", encoding="utf-8")
    await asyncio.wait_for(telling, 10)

    assert said == ["演示数据已全部载入 · the demo data is complete\n  已判定 120/120 个绑定"]


async def test_the_log_of_the_preparation_is_its_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    home.log("prepare").write_text("as it was", encoding="utf-8")
    home.log("prepare").chmod(0o644)
    plan = Plan(home=home, first_port=1, environment={}, prepare=("/bin/echo", "ready"))

    await Supervisor(plan=plan, progress=Progress(lambda _: None)).prepare_servers(
        {"postgres": 1, "nats": 2}, {}
    )

    assert home.log("prepare").stat().st_mode & 0o777 == 0o600
    assert home.log("prepare").read_text(encoding="utf-8").startswith("ready")
