"""One database a service, with a role that owns it and a role that runs on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSpec:
    """A database with its two roles and their passwords."""

    name: str
    owner: str
    """Owns the public schema and runs migrations."""

    owner_password: str
    user: str
    """Reads and writes rows of every table; no DDL."""

    user_password: str


LONG_WORK = "10min"
"""Limit of one statement of a migration; the ordinary one is 30 s."""


async def ensure_databases(server: Mapping[str, Any], specs: tuple[DatabaseSpec, ...]) -> None:
    """Make what is missing, and set passwords and rights to what they should be.

    ``server``: arguments of ``asyncpg.connect`` for a superuser, without ``database``.
    """
    connection = await asyncpg.connect(**server, database="postgres")
    try:
        for spec in specs:
            await _ensure_roles(connection, spec)
            await _ensure_database(connection, spec)
        await connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    finally:
        await connection.close()
    for spec in specs:
        await _ensure_rights(server, spec)


async def _ensure_roles(connection: asyncpg.Connection, spec: DatabaseSpec) -> None:
    roles = ((spec.owner, spec.owner_password), (spec.user, spec.user_password))
    for role, password in roles:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await connection.execute(f"CREATE ROLE {name(role)}")
        await connection.execute(
            f"ALTER ROLE {name(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS "
            f"PASSWORD {literal(password)}"
        )
    await connection.execute(
        f"ALTER ROLE {name(spec.owner)} SET statement_timeout = '{LONG_WORK}';"
        f"ALTER ROLE {name(spec.owner)} SET idle_in_transaction_session_timeout = '{LONG_WORK}'"
    )


async def _ensure_database(connection: asyncpg.Connection, spec: DatabaseSpec) -> None:
    known = "SELECT 1 FROM pg_database WHERE datname = $1"
    if not await connection.fetchval(known, spec.name):
        await connection.execute(
            f"CREATE DATABASE {name(spec.name)} OWNER {name(spec.owner)} TEMPLATE template0"
        )
    await connection.execute(
        f"REVOKE ALL ON DATABASE {name(spec.name)} FROM PUBLIC;"
        f"GRANT CONNECT, TEMPORARY ON DATABASE {name(spec.name)} TO {name(spec.user)}"
    )


async def _ensure_rights(server: Mapping[str, Any], spec: DatabaseSpec) -> None:
    owner, user = name(spec.owner), name(spec.user)
    future = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT"
    connection = await asyncpg.connect(**server, database=spec.name)
    try:
        await connection.execute(
            f"ALTER SCHEMA public OWNER TO {owner};"
            "REVOKE ALL ON SCHEMA public FROM PUBLIC;"
            f"GRANT USAGE ON SCHEMA public TO {user};"
            f"{future} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {user};"
            f"{future} USAGE, SELECT ON SEQUENCES TO {user};"
        )
    finally:
        await connection.close()


def name(identifier: str) -> str:
    """Return ``identifier`` quoted for SQL."""
    return '"{}"'.format(identifier.replace('"', '""'))


def literal(text: str) -> str:
    """Return ``text`` as an SQL string, under any setting of the server."""
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{quoted}'"
