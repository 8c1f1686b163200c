"""Where a hub is and how a source system gets in: our own suite's, or one that was named."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from helix8.embedded.ports import LOOPBACK
from helix8.home import Home
from helix8.keys import demo_key
from helix8.progress import say
from helix8.state import SuiteState, load_state
from helix8.suite import integrator


class NotRunningError(Exception):
    """No suite runs on the data directory."""


class Broker(NamedTuple):
    """A NATS server as one of its users sees it."""

    url: str
    user: str
    password: str


class Access(Protocol):
    """Asked anew for every connection: a suite that was restarted is elsewhere."""

    def address(self) -> str:
        """Return where the gateway is."""

    def key(self) -> str:
        """Return the API key."""

    def broker(self, system: str) -> Broker:
        """Return the NATS server for a source system."""


@dataclass(frozen=True, slots=True)
class OwnSuite:
    """The suite on a data directory."""

    home: Home

    def address(self) -> str:
        """Return where the gateway is now.

        Raises:
            NotRunningError: nothing ever ran here.
        """
        return self._state().url

    def key(self) -> str:
        """Return the key of the demo's systems.

        Raises:
            NotRunningError: nothing ever ran here.
        """
        self._state()
        return self.home.vault().read("demo-key", demo_key)

    def password(self) -> str:
        """Return the password of the demonstration's account."""
        return self.home.vault().read("demo-password")

    def broker(self, system: str) -> Broker:
        """Return the server, and the system's own user.

        Raises:
            NotRunningError: nothing ever ran here.
        """
        user = integrator(system)
        url = f"nats://{LOOPBACK}:{self._state().ports()['nats']}"
        return Broker(url, user, self.home.vault().read(f"nats-{user}"))

    def _state(self) -> SuiteState:
        state = load_state(self.home.state)
        if state is None:
            raise NotRunningError(say(f"{self.home.root} 上没有套件", "no suite here"))
        return state


@dataclass(frozen=True, slots=True)
class GivenHub:
    """A hub at ``url``, http or nats; ``secret`` is the API key, or the NATS user's password."""

    url: str
    secret: str

    def address(self) -> str:
        """Return where the gateway is."""
        return self.url.rstrip("/")

    def key(self) -> str:
        """Return the API key."""
        return self.secret

    def broker(self, system: str) -> Broker:
        """Return the server, and the system's own user."""
        return Broker(self.url, integrator(system), self.secret)
