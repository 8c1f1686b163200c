"""``python -m helix8.demo``: loads the demonstration data into a running suite."""

import argparse
import asyncio
import os
import sys
from datetime import date
from pathlib import Path

from helix8.demo.access import NotRunningError, OwnSuite
from helix8.demo.campus import today, write
from helix8.demo.college import College
from helix8.demo.portal import Portal, RefusedError, running_suite
from helix8.home import Home
from helix8.progress import Progress, say


def arguments() -> argparse.ArgumentParser:
    """Return what the command takes."""
    parser = argparse.ArgumentParser(
        prog="helix8 demo", description="载入演示数据 · load the demonstration data"
    )
    add = parser.add_argument
    add("--data", type=Path, default=Path(".helix8"), help="数据目录 · data directory")
    add("--oulad", type=Path, metavar="DIR", help="OULAD 全集所在目录 · directory of the full set")
    add(
        "--oea",
        type=Path,
        nargs="?",
        const="",
        metavar="DIR",
        help="OEA 三个系统，不写目录即样本 · three linked systems; without DIR the sample",
    )
    add("--stream", action="store_true", help="载入后持续推送变更 · then push changes for ever")
    add("--rate", type=_rate, default=2.0, help="每秒变更数 · changes a second (2)")
    add("--no-load", action="store_true", help="只推送 · push only")
    return parser


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError("0 < rate <= 1000")
    return rate


def main() -> int:
    """Load and push what the command line asks for; return the exit code."""
    asked = arguments().parse_args()
    try:
        surprises = 0 if asked.no_load else asyncio.run(_load(asked))
        if asked.stream and not asked.no_load:
            _begin_again(asked)
        if asked.stream:
            asyncio.run(_push(asked))
    except (NotRunningError, RefusedError, FileNotFoundError) as error:
        write(say(f"未完成：{error}", f"not finished: {error}"))
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if surprises else 0


async def _load(asked: argparse.Namespace) -> int:
    # The pusher, which runs on, does not need these.
    from helix8.demo.loader import Loader  # noqa: PLC0415
    from helix8.demo.sources import (  # noqa: PLC0415
        college_package_of,
        oea_package_of,
        oulad_package_of,
        the_college,
    )

    progress = Progress(write)
    day = today().date()
    async with running_suite(asked.data) as portal:
        loader = Loader(portal=portal, progress=progress)
        if asked.oea is not None:
            await loader.load(oea_package_of(asked.oea or None, day))
            await loader.settle()
            return loader.surprises
        oulad = oulad_package_of(asked.oulad, day)
        if asked.oulad is None and await loader.has_more_clicks(oulad):
            progress.step(
                "已有 OULAD 全集，不再载入样本", "all of OULAD is there: the sample is left out"
            )
        else:
            await loader.load(oulad)
        college = the_college(day) if asked.oulad is None else None
        if college is not None:
            await loader.load(college_package_of(college))
        told = await loader.settle()
        if college is not None:
            await _live(portal, OwnSuite(Home(asked.data)), progress, college, day)
    home = Home(asked.data)
    if home.run.is_dir():  # the suite that runs there waits for it; another is on its own
        home.loaded.write_text(told, encoding="utf-8")
    return loader.surprises


async def _live(
    portal: Portal, suite: OwnSuite, progress: Progress, college: College, day: date
) -> None:
    """Let the people of the college do what they do: hand in, report, approve, assess."""
    from helix8.demo.assessing import assess  # noqa: PLC0415 - as in `_load`
    from helix8.demo.chaining import put_in_force  # noqa: PLC0415
    from helix8.demo.correcting import correct  # noqa: PLC0415
    from helix8.demo.handing import hand_in  # noqa: PLC0415
    from helix8.demo.improving import improve  # noqa: PLC0415
    from helix8.demo.reporting import report  # noqa: PLC0415
    from helix8.demo.standing import set_standards  # noqa: PLC0415
    from helix8.demo.tasking import do_tasks  # noqa: PLC0415

    await hand_in(portal, suite, progress)
    await do_tasks(portal, suite, progress, day)
    await set_standards(portal, suite, progress)
    await improve(portal, suite, progress, college, day)
    await put_in_force(portal, suite, progress, day)
    await correct(portal, suite, progress, college, day)
    await assess(portal, suite, progress, day)
    await report(portal, suite, progress)


def _begin_again(asked: argparse.Namespace) -> None:
    """Go on as a fresh process, which does not keep the memory of the load."""
    options = [f"--data={asked.data}", f"--rate={asked.rate}", "--stream", "--no-load"]
    command = [sys.executable, "-m", "helix8.demo", *options]
    os.execv(sys.executable, command)  # noqa: S606 - our own module


async def _push(asked: argparse.Namespace) -> None:
    from helix8.demo.stream import Stream  # noqa: PLC0415 - as in `_load`

    portal: Portal = running_suite(asked.data)
    async with portal:
        stream = Stream(portal=portal, progress=Progress(write), rate=asked.rate, now=today)
        await stream.run()


if __name__ == "__main__":
    sys.exit(main())
