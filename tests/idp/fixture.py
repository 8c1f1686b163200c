"""The campus login as a process of its own, once a run."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from helix8.embedded.ports import free_port
from tests.idp import CLIENT, SECRET

ROOT = Path(__file__).parents[2]


@dataclass
class CampusLogin:
    """A CAS server and an OpenID provider that run."""

    url: str
    directory: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        return f"{self.url}/o"

    def start(self) -> None:
        """Serve, and return when it answers."""
        (self.directory / "db.sqlite3").unlink(missing_ok=True)
        environment = os.environ | {"IDP_DIRECTORY": str(self.directory)}  # noqa: TID251
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.idp", self.url.rpartition(":")[2]],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.TransportError):
                httpx.get(f"{self.url}/cas/login", trust_env=False)
                return
            time.sleep(0.05)
        raise AssertionError((self.directory / "log").read_text(encoding="utf-8")[-3000:])

    def stop(self) -> None:
        """End at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def signed(self, claims: dict[str, Any], **header: str) -> str:
        """Return a token signed as the provider signs."""
        key = RSAKey.import_key((self.directory / "key.pem").read_text(encoding="utf-8"))
        known = httpx.get(f"{self.issuer}/.well-known/jwks.json", trust_env=False).json()
        kid = known["keys"][0]["kid"]
        return jwt.encode({"alg": "RS256", "kid": kid, **header}, claims, key, algorithms=["RS256"])

    def providers(self) -> str:
        """Return the setting by which a gateway knows both."""
        common = {"person": "number", "role": "kind", "roles": {"teacher": "teacher"}}
        return json.dumps(
            [
                {"kind": "cas", "id": "campus", "url": f"{self.url}/cas/", **common},
                {
                    "kind": "oidc",
                    "id": "sso",
                    "name_zh": "单点登录",
                    "name_en": "Single sign-on",
                    "issuer": self.issuer,
                    "client_id": CLIENT,
                    "client_secret": SECRET,
                    **common,
                    "person": "employee",
                },
            ]
        )


@pytest.fixture(scope="session")
def campus_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampusLogin]:
    directory = tmp_path_factory.mktemp("idp")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (directory / "key.pem").write_bytes(pem)
    login = CampusLogin(f"http://127.0.0.1:{free_port()}", directory)
    login.start()
    yield login
    login.stop()
