"""Options that the commands share."""

from pathlib import Path
from typing import Annotated, Final

import typer

Data = Annotated[
    Path, typer.Option("--data", envvar="HELIX8_DATA", help="数据目录 · data directory")
]
DEFAULT_DATA: Final = Path(".helix8")
