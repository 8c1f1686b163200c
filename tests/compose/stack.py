"""One suite in containers, under a name and with secrets of its own."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from helix8.embedded.ports import free_port
from helix8.given import make_secrets

ROOT: Final = Path(__file__).parents[2]
FILES: Final = ("docker-compose.yml", "deploy/nats/published.yml")
SERVICES: Final = ("datahub", "target", "spiral", "alert", "report", "gateway")
STORES: Final = ("postgres", "nats")
KEEPERS: Final = ("nats-accounts",)
EVERYTHING: Final = (*SERVICES, *STORES, *KEEPERS)

BUILD_SECONDS: Final = 1200
"""The first time, packages are downloaded."""

START_SECONDS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A suite that `docker compose` runs; its secrets are in ``secrets``."""

    project: str
    secrets: Path
    ports: dict[str, int] = field(default_factory=lambda: {"gateway": 0, "nats": 0})

    @property
    def url(self) -> str:
        """Address of the gateway."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def nats_url(self) -> str:
        """Address for source systems, published for these tests."""
        return f"nats://127.0.0.1:{self.ports['nats']}"

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text(encoding="utf-8")

    @property
    def api_key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret('demo-key')}"}

    def compose(self, *words: str, seconds: float = START_SECONDS) -> str:
        """Run ``docker compose`` and return what it printed.

        Raises:
            AssertionError: it failed; the message holds its output.
        """
        done = self.attempt(*words, seconds=seconds)
        assert done.returncode == 0, f"docker compose {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def attempt(
        self, *words: str, seconds: float = START_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run ``docker compose`` and return how it ended."""
        return self.run("docker", "compose", *words, seconds=seconds)

    def run(
        self, *command: str, seconds: float = START_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run a command for which this is the suite, and return how it ended."""
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=ROOT,
            env=os.environ  # noqa: TID251 - Docker's own variables go along
            | {
                "COMPOSE_PROJECT_NAME": self.project,
                "COMPOSE_FILE": ":".join(FILES),
                "HELIX8_SECRETS": str(self.secrets),
                "HELIX8_PORT": str(self.ports["gateway"]),
                "HELIX8_NATS_PORT": str(self.ports["nats"]),
            },
        )

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what Docker says about every running container, by service."""
        ids = self.compose("ps", "--quiet").split()
        told = json.loads(docker("inspect", *ids))
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in told}

    def ready(self) -> bool:
        """Whether the gateway calls the whole suite ready."""
        try:
            answer = httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and answer.json()["status"] == "ready"

    def kill(self, container: dict[str, Any]) -> None:
        """Kill -9 the process of a container from outside; `docker kill` would forbid its restart.

        In a container of its own that sees the processes of the machine: this works without root.
        """
        image = self.containers()["gateway"]["Image"]
        docker(
            *("run", "--rm", "--pid=host", "--user=0:0", "--network=none", "--entrypoint=python"),
            *(image, "-c", f"import os; os.kill({container['State']['Pid']}, 9)"),
        )


def docker(*words: str) -> str:
    """Run ``docker`` and return what it printed."""
    done = subprocess.run(
        ["docker", *words], check=True, capture_output=True, text=True, timeout=120
    )
    return done.stdout


@contextmanager
def start_stack(directory: Path) -> Iterator[Stack]:
    """Build and start a suite; at the end nothing of it is left but the images."""
    gateway = free_port()
    ports = {"gateway": gateway, "nats": free_port(taken=[gateway])}
    stack = Stack(project=f"helix8-test-{gateway}", secrets=directory / "secrets", ports=ports)
    make_secrets(stack.secrets)
    try:
        stack.compose("build", "--quiet", seconds=BUILD_SECONDS)
        up = stack.attempt("up", "--detach", "--wait")
        assert up.returncode == 0, f"{up.stderr}\n{stack.attempt('logs', '--tail=30').stdout}"
        yield stack
    finally:
        stack.attempt("down", "--volumes", "--timeout=20", "--remove-orphans")


def seconds_until(is_so: Any, limit: float) -> float:
    """Ask five times a second; return the seconds that it took.

    Raises:
        AssertionError: it took longer than ``limit``.
    """
    begin = time.monotonic()
    while not is_so():
        assert time.monotonic() - begin < limit, f"not within {limit} s"
        time.sleep(0.2)
    return time.monotonic() - begin
