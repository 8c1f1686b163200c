"""The command ``helix8 rebuild``: cycles from their events, held against the tables."""

from typing import Annotated

import typer

from helix8.app import rebuild_cycles
from helix8.errors import StartError
from helix8.home import Home
from helix8.options import DEFAULT_DATA, Data


def rebuild_command(
    keys: Annotated[
        list[str] | None, typer.Argument(help="周期编号，缺省为全部 · cycles; all by default")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """由事件重建诊改周期，与数据库比对 · rebuild cycles from their events, and compare.

    In containers: docker compose exec spiral python -m spiral_service rebuild
    """
    try:
        raise typer.Exit(rebuild_cycles(Home(data), keys or []))
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
