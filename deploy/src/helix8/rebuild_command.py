"""The commands ``helix8 rebuild cycles`` and ``helix8 rebuild reports``."""

from collections.abc import Callable
from typing import Annotated

import typer

from helix8.app import rebuild_cycles, rebuild_reports
from helix8.errors import StartError
from helix8.home import Home
from helix8.options import DEFAULT_DATA, Data

rebuild_app = typer.Typer(
    no_args_is_help=True, help="由事件重建并与数据库比对 · rebuild from events, and compare"
)


@rebuild_app.command("cycles")
def cycles_command(
    keys: Annotated[
        list[str] | None, typer.Argument(help="周期编号，缺省为全部 · cycles; all by default")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """诊改周期 · cycles of the spiral.

    In containers: docker compose exec spiral python -m spiral_service rebuild
    """
    _exit(lambda: rebuild_cycles(Home(data), keys or []))


@rebuild_app.command("reports")
def reports_command(
    *,
    streams: Annotated[
        bool, typer.Option("--streams", help="由消息流，而非各服务留存的 · from the streams")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="以重建的取代 · put it in place")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """报告的读模型，由各服务的事实与历史 · the read model of reports, from facts and history."""
    _exit(lambda: rebuild_reports(Home(data), kept=not streams, apply=apply))


def _exit(work: Callable[[], int]) -> None:
    try:
        code = work()
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(code)
