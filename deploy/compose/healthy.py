# ruff: noqa: INP001 - a script, run by its path
"""Whether the service in this container is ready: exit code 0, or 1 with the answer printed.

``python -I healthy.py PORT``. Standard library only, and little of it: every container runs this
every few seconds.
"""

import socket
import sys

SECONDS = 4.0


def answer(port: int) -> bytes:
    """Return what the service answers to ``GET /readyz``.

    Raises:
        OSError: it does not answer in time.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        # HTTP/1.0: the answer ends with the connection.
        connection.sendall(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def main() -> int:
    """Ask, and say no aloud: ``docker inspect`` keeps what is printed."""
    try:
        head, _, body = answer(int(sys.argv[1])).partition(b"\r\n\r\n")
    except OSError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    if head.split(None, 2)[1:2] == [b"200"]:
        return 0
    sys.stdout.write(body.decode(errors="replace"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
