"""The command ``helix8 review``."""

from pathlib import Path
from typing import Annotated

import typer

from helix8.app import fetch_review
from helix8.errors import StartError
from helix8.home import Home
from helix8.options import DEFAULT_DATA, Data
from helix8.review import ReviewAsked


def review_command(  # noqa: PLR0913 — what a reviewer may choose
    *,
    scope: Annotated[str, typer.Option("--scope", help="对象 · major/440501")],
    period: Annotated[
        str | None, typer.Option("--period", help="周期，缺省为最近有标准的 · year:2026")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="数据截至 · 2026-11-23T16:00:00+08:00")
    ] = None,
    draw: Annotated[int, typer.Option("--draw", help="抽几个下级对象 · how many are drawn")] = 5,
    seed: Annotated[str, typer.Option("--seed", help="抽签种子 · the seed of the lot")] = "1",
    checklist: Annotated[str, typer.Option("--checklist", help="复核要点 · checklist")] = (
        "chongqing"
    ),
    out: Annotated[Path | None, typer.Option("--out", help="写到哪里 · where to")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """复核材料：一份离线可读的压缩包 · the review package: one archive that opens offline.

    helix8 review --scope major/440501 --as-of 2026-11-23T16:00:00+08:00
    """
    asked = ReviewAsked(
        scope=scope,
        period=period,
        as_of=as_of,
        draw=draw,
        seed=seed,
        checklist=checklist,
        out=out,
    )
    try:
        fetch_review(Home(data), asked, typer.echo)
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
