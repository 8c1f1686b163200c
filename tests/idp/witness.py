"""The second provider as a process: the package ``oidc-provider`` of npm, where npm is."""

import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

PACKAGE = "oidc-provider@9.13.3"
SOURCE = Path(__file__).with_name("witness.mjs")


@dataclass
class Witness:
    """An OpenID provider that runs; a new start has new keys and knows nobody any more."""

    port: int
    gateway: str
    directory: Path
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def install(self) -> None:
        """Fetch the package."""
        npm = shutil.which("npm")
        assert npm is not None
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", "."]
        subprocess.run(
            [*command, PACKAGE], cwd=self.directory, check=True, capture_output=True, timeout=120
        )
        shutil.copy(SOURCE, self.directory)

    def start(self) -> None:
        """Serve with new keys, and return when it answers."""
        self.starts += 1
        node = shutil.which("node")
        assert node is not None
        words = [node, SOURCE.name, str(self.port), self.gateway, f"key-{self.starts}"]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(words, cwd=self.directory, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.TransportError):
                httpx.get(f"{self.url}/jwks", trust_env=False)
                return
            time.sleep(0.05)
        raise AssertionError((self.directory / "log").read_text(encoding="utf-8")[-3000:])

    def stop(self) -> None:
        """End at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
