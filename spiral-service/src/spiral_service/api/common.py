"""What the subjects share: who may, which database."""

from typing import Annotated

from fastapi import Depends, Request

from shared.kit.database import Database
from shared.kit.identity import require
from shared.kit.paging import Page, page

READ = Depends(require("spiral:read"))


WRITE = Depends(require("spiral:write"))


def get_database(request: Request) -> Database:
    """Return the database that the service opened."""
    database: Database = request.app.state.database
    return database


Db = Annotated[Database, Depends(get_database)]


Paging = Annotated[Page, Depends(page)]
