"""The command ``helix8 rebuild``: cycles from their events, held against the tables."""

import subprocess
import sys
from typing import Annotated

import typer

from helix8.app import needed
from helix8.embedded.postgres import PostgresServer
from helix8.errors import StartError
from helix8.home import Home
from helix8.options import DEFAULT_DATA, Data
from helix8.parts import joined, service_environment
from helix8.settings import inherited
from helix8.suite import SERVICES


def rebuild_command(
    keys: Annotated[
        list[str] | None, typer.Argument(help="周期编号，缺省为全部 · cycles; all by default")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """由事件重建诊改周期，与数据库比对 · rebuild cycles from their events, and compare.

    In containers: docker compose exec spiral python -m spiral_service rebuild
    """
    home = Home(data)
    try:
        ports = needed(home).ports()
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    spiral = next(each for each in SERVICES if each.name == "spiral")
    postgres = PostgresServer(home.postgres, port=ports["postgres"])
    environment = joined(inherited(), service_environment(spiral, home, ports, postgres))
    command = [sys.executable, "-m", spiral.package, "rebuild", *(keys or [])]
    done = subprocess.run(command, env=environment, check=False)  # noqa: S603 - our own module
    raise typer.Exit(done.returncode)
