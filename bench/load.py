"""Load by HTTP: as many answers as there are, or requests at an even rate; a static upstream."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.read import Client
from helix8.embedded.ports import free_port

NGINX: Final = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
WRK: Final = shutil.which("wrk")
TOGETHER: Final = 32
SECONDS: Final = 3
DOCUMENT: Final = '{"items":["' + "x" * 880 + '"]}'

Headers = Mapping[str, str]

_CONFIG: Final = """
daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.err; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/{name}-b; proxy_temp_path {folder}/{name}-p;
  fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u;
  scgi_temp_path {folder}/{name}-s;
  {more}
}}
"""
_UPSTREAM: Final = """
server {{ listen 127.0.0.1:{port} backlog=4096;
  location / {{ default_type application/json; return 200 '{document}'; }} }}
"""
_PROXY: Final = """
upstream service {{ server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 100000000; }}
server {{ listen 127.0.0.1:{port} backlog=4096;
  location / {{ proxy_pass http://service; proxy_http_version 1.1;
    proxy_set_header Connection ""; }} }}
"""


@contextmanager
def upstream(folder: Path) -> Iterator[int]:
    """Serve a static document of 900 bytes; yield the port."""
    port = free_port()
    with _nginx(folder, "upstream", port, _UPSTREAM.format(port=port, document=DOCUMENT)):
        yield port


@contextmanager
def nginx_before(folder: Path, behind: int) -> Iterator[int]:
    """Run nginx as a proxy, one worker, connections kept; yield its port."""
    port = free_port()
    with _nginx(folder, "proxy", port, _PROXY.format(port=port, behind=behind)):
        yield port


@contextmanager
def _nginx(folder: Path, name: str, port: int, more: str) -> Iterator[None]:
    assert NGINX is not None, "nginx is not here: apt install nginx-light"
    config = folder / f"{name}.conf"
    config.write_text(_CONFIG.format(folder=folder, name=name, more=more), encoding="utf-8")
    process = subprocess.Popen([NGINX, "-p", folder, "-c", config], stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int) -> None:
    """Wait until something listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens at {port}")


async def rate(url: str, headers: Headers, together: int = TOGETHER) -> float:
    """Return answers a second that busy clients get: by wrk where it is, else by our own."""
    if WRK is not None:
        return await asyncio.to_thread(_by_wrk, url, headers, together)
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    asked = request(url, headers)
    pairs = [
        await loop.create_connection(lambda: Client(asked), parts.hostname, parts.port)
        for _ in range(together)
    ]
    began = time.perf_counter()
    await asyncio.sleep(SECONDS)
    seconds = time.perf_counter() - began
    for transport, _ in pairs:
        transport.abort()
    return sum(each.answers for _, each in pairs) / seconds


def client_name() -> str:
    """Name what makes the load."""
    return "wrk" if WRK is not None else "a client in Python"


def _by_wrk(url: str, headers: Headers, together: int) -> float:
    assert WRK is not None
    said = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [WRK, "-t1", f"-c{together}", f"-d{SECONDS}s", *said, url]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in told, told
    return float(told.partition("Requests/sec:")[2].split()[0])


def request(url: str, headers: Headers) -> bytes:
    """Return a GET request as it is sent."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def evenly(url: str, headers: Headers, *, per_second: int, seconds: int) -> list[float]:
    """Ask at an even rate; return the milliseconds of each, from when it was due to be sent.

    A slow answer never slows the next request: it takes another connection.
    """
    parts, asked = urlsplit(url), request(url, headers)
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def one(due: float) -> float:
        reader, writer = (
            idle.pop() if idle else await asyncio.open_connection(parts.hostname, parts.port)
        )
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.split(b" ", 2)[1] == b"200", head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        idle.append((reader, writer))
        return (time.perf_counter() - due) * 1000

    began = time.perf_counter()
    sent = []
    for place in range(per_second * seconds):
        due = began + place / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sent.append(asyncio.create_task(one(time.perf_counter())))
    found = await asyncio.gather(*sent)
    for _, writer in idle:
        writer.close()
    return found
