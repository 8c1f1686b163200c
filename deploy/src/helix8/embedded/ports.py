"""TCP ports on loopback."""

import secrets
import socket
from collections.abc import Container
from contextlib import closing
from itertools import chain

LOOPBACK = "127.0.0.1"

RANDOM_PORTS = range(20_000, 32_000)
"""Below the range from which the kernel takes ports for outgoing connections: a port chosen here
is not stolen by one of those while a server restarts."""


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` now."""
    with closing(socket.socket()) as probe:
        # As servers do: a connection of the last run in TIME_WAIT does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None, *, taken: Container[int] = ()) -> int:
    """Return a free port: ``preferred``, else one of the 99 after it, else any.

    ``taken``: ports promised to somebody who does not listen yet.
    """
    near = range(preferred, min(preferred + 100, 65_536)) if preferred else range(0)
    wild = (secrets.choice(RANDOM_PORTS) for _ in range(1_000))
    for port in chain(near, wild):
        if port not in taken and is_free(port):
            return port
    raise OSError("没有可用的端口 · no free TCP port on 127.0.0.1")
