"""Under which user a server runs that refuses to be root, and where that user can reach files."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from helix8.embedded import child

PRIVATE_USERS: Final = range(58_800, 58_900)
"""User ids without a name, for a data directory that nobody else may read."""

SHARED_ROOT: Final = Path("/var/lib/helix8")
"""Where an unprivileged user keeps its data when this process is root without user namespaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a process is; without both: who starts it."""

    namespace: int | None = None
    """User id inside a user namespace of its own; outside it stays who started it."""

    user: int | None = None
    """User id to become."""


DIRECT: Final = Identity()


def choose_identity() -> Identity:
    """Return how PostgreSQL can run here: directly, in a user namespace, as another user."""
    known = {entry.pw_uid for entry in pwd.getpwall()}
    if os.geteuid() != 0 and os.geteuid() in known:
        return DIRECT
    namespace = Identity(namespace=named_user())
    return namespace if works(namespace) else Identity(user=private_user())


def named_user() -> int:
    """Return an id that has a name and is not root: initdb looks its own name up."""
    return next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid), 65_534)


def private_user() -> int:
    """Return a user id that no account has."""
    known = {entry.pw_uid for entry in pwd.getpwall()}
    return next(uid for uid in PRIVATE_USERS if uid not in known)


def works(identity: Identity) -> bool:
    """Whether a process can be started as ``identity`` here."""
    script = [sys.executable, "-I", "-S", str(child.__file__), str(os.getpid()), "15"]
    command = [*script, str(identity.namespace), "-", "/bin/true"]
    tried = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - our own script
    return tried.returncode == 0


def reachable(path: Path) -> bool:
    """Whether any user may walk to ``path``, a directory it may list."""
    parents_open = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
    return parents_open and path.stat().st_mode & 0o005 == 0o005


def place_for(identity: Identity, directory: Path, root: Path) -> Path:
    """Return where the files meant for ``directory`` can lie for ``identity``.

    That is ``directory`` itself, unless another user must reach it: opening the directories above
    it would open them to everybody, so the files lie in a directory of that user under ``root``.
    """
    if identity.user is None:
        return directory
    name = hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:16]
    for part in (root, root / name):
        part.mkdir(mode=0o711, exist_ok=True)
        part.chmod(0o711)
    return root / name


def give(path: Path, user: int) -> None:
    """Make ``user`` the owner of ``path`` and of everything in it."""
    os.chown(path, user, user)
    for folder, _, files in os.walk(path):
        os.chown(folder, user, user)
        for file in files:
            os.chown(Path(folder, file), user, user, follow_symlinks=False)


def reachable_copy(source: Path, place: Path) -> Path:
    """Return ``source`` if any user can reach it, else a copy of it in ``place``."""
    if reachable(source):
        return source
    copy = place / f"{source.name}-{source.stat().st_mtime_ns}"
    if not copy.exists():
        draft = copy.with_suffix(".part")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(source, draft, ignore=shutil.ignore_patterns("*.a", "include"))
        draft.rename(copy)
    return copy
