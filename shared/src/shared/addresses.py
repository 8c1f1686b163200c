"""Which addresses a service may connect to when somebody else names them.

Refused is everything that is not on the public internet, in every spelling, and what embeds an
IPv4 address is judged by that address as well: NAT64 and 6to4 count as global otherwise. A
campus system is reached by an entry of the list of allowed receivers. Source: design "Security".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import ClassVar, Final

from shared.errors import DomainError, ErrorKind

Address = IPv4Address | IPv6Address
_NAT64: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_COMPATIBLE: Final = ip_network("::/96")


class AddressRefusedError(DomainError):
    """An address inside the campus or this machine that nobody has allowed."""

    kind: ClassVar = ErrorKind.FORBIDDEN
    code: ClassVar = "address-refused"
    title_zh: ClassVar = "不允许连接该地址"
    title_en: ClassVar = "This address may not be connected to"

    @property
    def told(self) -> str:
        """The reason and its remedy, at a place of a document."""
        return f"{self.zh}：{self.fixes[0]} ({self.en})"


@dataclass(frozen=True, slots=True)
class Receivers:
    """The campus systems that may be connected to."""

    hosts: frozenset[str] = frozenset()
    """Names; what they resolve to may be private, but never this machine or its link."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    setting: str = "DATAHUB_PULL_HOSTS"
    """Where an administrator lists them."""

    def allow(self, host: str, address: str) -> None:
        """Check an address that is about to be connected to.

        Raises:
            AddressRefusedError: it is none that may be reached.
        """
        wanted = ip_address(address.partition("%")[0])
        if any(wanted in network for network in self.networks):
            return
        for each in (wanted, *_embedded(wanted)):
            is_named = self.names(host) and _is_private(each)
            if not (_is_public(each) or is_named):
                raise AddressRefusedError(
                    f"{host} 指向 {address}，不在允许之列",
                    f"{host} leads to {address}, which nobody has allowed",
                    fixes=[
                        f"由管理员写入 {self.setting} (an administrator lists the system there)"
                    ],
                )

    def names(self, host: str) -> bool:
        """Whether a host was allowed: by its name, or its address by a network."""
        try:
            address = ip_address(host.strip("[]"))
        except ValueError:
            return host.rstrip(".").lower() in self.hosts
        return any(address in network for network in self.networks)


def parse_receivers(text: str, setting: str = "DATAHUB_PULL_HOSTS") -> Receivers:
    """Read the list of allowed receivers: host names, addresses and networks, between commas.

    Raises:
        ValueError: a network that is none.
    """
    hosts = set()
    networks = []
    for word in filter(None, (each.strip() for each in text.split(","))):
        try:
            networks.append(ip_network(word))
        except ValueError as error:
            if "/" in word:
                raise ValueError(f"{word} 不是网段 (no network): {error}") from error
            hosts.add(word.rstrip(".").lower())
    return Receivers(frozenset(hosts), tuple(networks), setting)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_private(address: Address) -> bool:
    """Whether it is of a campus network: private, and neither this machine nor its link."""
    return address.is_private and not (
        address.is_loopback or address.is_link_local or address.is_unspecified
    )


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that an IPv6 address stands for."""
    if not isinstance(address, IPv6Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if any(address in network for network in (*_NAT64, _COMPATIBLE)):
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
