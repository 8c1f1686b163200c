"""Becomes another program, after tying itself to its parent and laying down what it must not have.

Run as a script by a bare interpreter, ``child.py PARENT SIGNAL NAMESPACE USER PROGRAM ARGUMENT…``:
it imports as little as it can, for it runs before every process of the suite. What happens here
could happen between fork and exec in the parent too, but Python code there is not safe once the
parent has threads.

- PARENT: process id of the parent. SIGNAL: number of the signal to get when that dies.
- NAMESPACE: ``-``, or the user id to have inside a new user namespace.
- USER: ``-``, or the user id (and group id) to become.
"""

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

CLONE_NEWUSER: Final = 0x10000000
PR_SET_PDEATHSIG: Final = 1


def check(result: int, what: str) -> None:
    """Raise OSError when a C function failed.

    Raises:
        OSError: ``result`` is not 0.
    """
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def enter_namespace(libc: ctypes.CDLL, uid: int) -> None:
    """Keep the rights of this user on files, under another id: PostgreSQL refuses to be root."""
    outside_user, outside_group = os.geteuid(), os.getegid()
    check(libc.unshare(CLONE_NEWUSER), "unshare")
    # The kernel wants groups frozen before an ordinary user may write a group map.
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{uid} {outside_group} 1", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {outside_user} 1", encoding="ascii")


def become(uid: int) -> None:
    """Be the user and the group ``uid``, for good."""
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def main(arguments: list[str]) -> None:
    """Do what the module says; returns never."""
    parent, death_signal, namespace, user, *command = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    if namespace != "-":
        enter_namespace(libc, int(namespace))
    if user != "-":
        become(int(user))
    # After the change of user: the kernel forgets the signal with the old identity.
    check(libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0), "prctl")
    if os.getppid() != int(parent):
        sys.exit("the parent is gone")
    os.execv(command[0], command)  # noqa: S606 - the whole purpose


if __name__ == "__main__":
    main(sys.argv[1:])
