"""Where a webhook may go: an address that a firm types in must never become a way into our own network.

Pure: names are resolved elsewhere, and every address that a name has is asked here. The lists are the special-purpose registries of IANA (RFC 6890 and its
updates), written out because what the standard library calls global differs between its versions, and two addresses at which clouds keep credentials.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from tenants.errors import Invalid

Network = IPv4Network | IPv6Network
LONGEST = 2000
NAME = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
NOT_PUBLIC_4 = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
    "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    "168.63.129.16/32",
)))  # fmt: skip
PUBLIC_6 = IPv6Network("2000::/3")
# 2001::/23 holds Teredo, 2002::/16 is 6to4: both carry an IPv4 address in them, as the mapped and translated ones outside of 2000::/3 do.
NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))


def read_networks(written: str) -> tuple[Network, ...]:
    """The operator's list of own networks, with commas between."""
    return tuple(ip_network(one.strip()) for one in written.split(",") if one.strip())


def may_be_called(address: str, own: Sequence[Network] = ()) -> bool:
    """Whether a webhook may be carried to this IP address: a public one, or one in a network that the operator of this installation named."""
    found = ip_address(address.partition("%")[0])
    return any(found in network for network in own if network.version == found.version) or _is_public(found)


def _is_public(found: IPv4Address | IPv6Address) -> bool:
    if isinstance(found, IPv4Address):
        return not any(found in network for network in NOT_PUBLIC_4)
    return found in PUBLIC_6 and not any(found in network for network in NOT_PUBLIC_6)


def checked_url(written: str, own: Sequence[Network] = ()) -> SplitResult:
    """The parts of an address to which a webhook may go by what it says: https, a name that ends in letters, no port but 443, no user, no fragment.

    Every way of writing an IP address (decimal, octal, hex, short, IPv6) ends in something else than letters, so none passes for a name. An address in one of
    the operator's own networks may be an IP address, with any port, also without TLS.
    """
    parts = _parts(written)
    host = parts.hostname or ""
    if _is_own(host, own):
        return parts
    if parts.scheme != "https":
        raise Invalid("webhook_not_https", "A webhook needs an address that begins with https://.", field="url")
    if parts.port not in (None, 443):
        raise Invalid("webhook_port", "A webhook goes to port 443 and to no other.", field="url")
    if not NAME.fullmatch(host):
        raise Invalid("webhook_host", "A webhook goes to a public name such as hooks.example.com.", field="url")
    return parts


def _parts(written: str) -> SplitResult:
    wrong = Invalid("webhook_url_wrong", "This is no address to which a webhook could go.", field="url")
    if len(written) > LONGEST or not written.isascii() or re.search(r"[\s\\\x00-\x1f\x7f]", written):
        raise wrong
    try:
        parts = urlsplit(written)
        _ = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise wrong
    return parts


def _is_own(host: str, own: Sequence[Network]) -> bool:
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return any(found in network for network in own if network.version == found.version)
