"""``helix8 audit verify``."""

from enum import StrEnum
from typing import Annotated

import typer

from helix8.app import check_audits
from helix8.errors import StartError
from helix8.home import Home
from helix8.options import DEFAULT_DATA, Data


class AuditDoing(StrEnum):
    """What is done with the audits."""

    VERIFY = "verify"


def audit_command(
    *,
    doing: Annotated[AuditDoing, typer.Argument(help="核对 · what to do")] = AuditDoing.VERIFY,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", help="另处所记的末块 · service=NUMBER:DIGEST"),
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """审计：逐块核对全部服务的封存记录 · the audit of every service, each block computed anew.

    helix8 audit verify --expect datahub=12:9f3a…
    """
    assert doing is AuditDoing.VERIFY
    expected = dict(each.split("=", 1) for each in expect or () if "=" in each)
    try:
        for line in check_audits(Home(data), expected):
            typer.echo(line)
    except StartError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
