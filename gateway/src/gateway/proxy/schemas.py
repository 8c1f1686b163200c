"""The route table as it is written: TOML, a table for each service."""

from typing import Annotated

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from gateway.proxy.domain.routes import MOST_BYTES, Patience, Route, route


class RouteEntry(BaseModel):
    """A service as the table tells it."""

    model_config = ConfigDict(extra="forbid")

    addresses: Annotated[list[AnyHttpUrl], Field(min_length=1, max_length=64)]
    """One for each replica; no path."""

    read_seconds: PositiveFloat = Patience().read
    write_seconds: PositiveFloat = Patience().write
    most_bytes: PositiveInt = MOST_BYTES

    def route(self, service: str, known: Route) -> Route:
        """Return the route; what is known of addresses that stay is kept."""
        return route(
            service,
            [str(each) for each in self.addresses],
            known=known,
            patience=Patience(self.read_seconds, self.write_seconds),
            most_bytes=self.most_bytes,
        )
