"""Who is who in the suite: the processes, their packages, databases and NATS users."""

from dataclasses import dataclass
from typing import Final

from shared.contracts.streams import SOURCE_SYSTEMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process of the suite; its name is also its database, its role and its NATS user."""

    name: str
    package: str
    zh: str

    @property
    def prefix(self) -> str:
        """Prefix of its environment variables, such as ``DATAHUB_``."""
        return f"{self.name.upper()}_"

    @property
    def owner(self) -> str:
        """Role that owns its tables and runs its migrations."""
        return f"{self.name}_owner"


SERVICES: Final = (
    Service(name="datahub", package="datahub", zh="数据中台"),
    Service(name="target", package="target_service", zh="目标服务"),
    Service(name="spiral", package="spiral_service", zh="螺旋服务"),
    Service(name="alert", package="alert_service", zh="预警服务"),
    Service(name="report", package="report_service", zh="报告服务"),
)
"""The five services behind the gateway."""

GATEWAY: Final = Service(name="gateway", package="gateway", zh="网关")

EVERY_SERVICE: Final = (*SERVICES, GATEWAY)

ADMIN: Final = "admin"
"""NATS user that declares the streams."""

MONITOR: Final = "monitor"
"""NATS user of the system account: asks the server whether it is well."""


DEMO: Final = "demo"
"""Process that loads the demonstration data and then plays the source systems."""


def integrator(system: str) -> str:
    """Return the NATS user that pushes the records of a source system."""
    return f"integrator-{system}"


NATS_USERS: Final = (
    *(service.name for service in EVERY_SERVICE),
    *(integrator(system) for system in SOURCE_SYSTEMS),
    ADMIN,
    MONITOR,
)
