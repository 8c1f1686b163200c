"""Prepares a PostgreSQL and a NATS that somebody else runs, such as those of docker-compose.yml.

Secrets are files, one each, in a directory that `make_secrets` fills and nobody here writes later.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import nats

from helix8.accounts import System, follow, read_systems
from helix8.embedded.nats import (
    configuration,
    rewrite_users,
    room_for_streams,
    users,
)
from helix8.embedded.postgres import SUPERUSER
from helix8.errors import StartError
from helix8.keys import demo_key, ensure_signing_keys
from helix8.prepare import database_specs, ready_databases
from helix8.probes import reload_broker
from helix8.progress import say
from helix8.streams import declare
from helix8.suite import ADMIN, MONITOR, NATS_USERS
from helix8.vault import Sealed, Vault, keep_private

READABLE: Final = 0o444
"""Mode of a secret for containers: theirs is another user than the one who made it. On this
machine the directory around it (0700) keeps everybody else out."""

NATS_PORT: Final = 4222


def make_secrets(directory: Path) -> list[str]:
    """Make the secrets that are missing; return their names. None is ever changed.

    Raises:
        StartError: the directory cannot be written.
    """
    try:
        vault = Vault(directory)
        before = {file.name for file in directory.iterdir()}
        vault.path(SUPERUSER)
        database_specs(vault)
        for user in NATS_USERS:
            vault.path(f"nats-{user}")
        ensure_signing_keys(vault)
        vault.path("totp-key")
        vault.path("alert-secrets-key")
        vault.path("demo-password")
        vault.path("demo-key", demo_key)
        made = sorted(file for file in directory.iterdir() if file.name not in before)
        for file in made:
            file.chmod(READABLE)
    except OSError as error:
        raise _unusable(error) from None
    return [file.name for file in made]


def write_nats_configuration(secrets: Sealed, target: Path, store: Path, accounts: Path) -> None:
    """Write what a NATS server of the suite is started with (0600: it holds passwords).

    Args:
        target: the configuration file.
        store: where the server will keep its streams; the room there is measured now.
        accounts: where the hub says whom of the source systems to let in.

    Raises:
        StartError: a secret is missing, or a directory cannot be used.
    """
    try:
        text = configuration(
            address=("0.0.0.0", NATS_PORT),  # noqa: S104 - in a container, on its own network
            store=store,
            file_store=room_for_streams(store, target),
            users=users(read_systems(accounts), partial(_password, secrets)),
            monitor_password=_password(secrets, MONITOR),
        )
        keep_private(target, text)
    except OSError as error:
        raise _unusable(error) from None


async def follow_accounts(
    nats_url: str,
    secrets: Sealed,
    config: Path,
    accounts: Path,
    tell: Callable[[str, str], None],
) -> None:
    """Let the source systems into a NATS server that the hub says, for ever.

    Args:
        nats_url: without user and password.
        config: the configuration that the server reads.
        accounts: what the hub says.
    """
    address = urlsplit(nats_url)

    async def apply(systems: Sequence[System]) -> None:
        rewrite_users(config, systems, partial(_password, secrets))
        host, port = address.hostname or "", address.port or NATS_PORT
        await reload_broker(host, port, _password(secrets, MONITOR))
        try:
            ids = [system.id for system in systems]
            await declare(nats_url, ADMIN, _password(secrets, ADMIN), ids)
        except nats.errors.Error as error:
            raise OSError(str(error)) from error
        tell(f"NATS 账号已更新（{len(ids)} 个系统）", f"NATS users: {len(ids)} systems")

    await follow(accounts, apply, tell)


def _password(secrets: Sealed, user: str) -> str:
    return secrets.read(f"nats-{user}")


async def prepare_servers(server: dict[str, Any], nats_url: str, secrets: Sealed) -> list[str]:
    """Make databases, roles, tables and streams that are missing; return what was done.

    Args:
        server: host, port and user of PostgreSQL's superuser.
        nats_url: without user and password; waited for, two minutes at most.

    Raises:
        StartError: a secret is missing, or a server does not let us in.
    """
    login = {**server, "password": secrets.read(SUPERUSER)}
    try:
        done = await ready_databases(login, database_specs(secrets))
        done += await declare(nats_url, ADMIN, secrets.read(f"nats-{ADMIN}"))
    except (asyncpg.PostgresError, nats.errors.Error, OSError) as error:
        why = f"{type(error).__name__}: {error}"
        raise StartError(
            say(f"无法准备服务器（{why}）", f"the servers cannot be prepared ({why})")
        ) from None
    return done


def _unusable(error: OSError) -> StartError:
    why = f"{error.filename}: {error.strerror}"
    return StartError(say(f"目录不可用（{why}）", f"a directory cannot be used ({why})"))
