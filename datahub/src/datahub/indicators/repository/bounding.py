"""What a formula does to PostgreSQL is told apart from what is wrong with the database.

A statement that counts legs may run into its time-out, or meet a number that ``numeric`` does not
hold. The measurer then learns which leg it was, and goes on without the indicators that have it.
"""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Literal

from sqlalchemy.exc import DBAPIError

from shared.kit.database import Transaction

TOO_SLOW: Final = "too-slow"
FAILS: Final = "fails"

Reason = Literal["too-slow", "fails"]

_TIMED_OUT: Final = "57014"
_OF_DATA: Final = "22"
"""How the SQL states begin that speak of a value."""


class MeasuringFailedError(Exception):
    """A statement that counts could not be finished."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason, detail)


@contextmanager
def telling() -> Generator[None]:
    """Tell what a formula did to PostgreSQL.

    Raises:
        MeasuringFailedError: it ran too long, or into a number that is none.
    """
    try:
        yield
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", ""))
        if state == _TIMED_OUT:
            raise MeasuringFailedError(TOO_SLOW, "statement time-out") from error
        if state.startswith(_OF_DATA):
            raise MeasuringFailedError(FAILS, f"SQLSTATE {state}") from error
        raise


@asynccontextmanager
async def apart(tx: Transaction) -> AsyncGenerator[None]:
    """Let a part of a transaction fail alone.

    Raises:
        MeasuringFailedError: it did; the transaction is as it was before.
    """
    with telling():
        async with tx.session.begin_nested():
            yield
