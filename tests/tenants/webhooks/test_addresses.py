"""No address that a firm types in, and no address that a name turns out to have, leads into our own network."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.errors import Invalid
from tenants.webhooks.addresses import checked_url, may_be_called, read_networks

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1", "169.254.169.254", "169.254.0.1",
    "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1", "4000::1",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1", "223.255.255.255", "2606:4700::1111", "2400:3200::1", "2a00:1450::1"]  # fmt: skip
REFUSED = [
    "", "hooks.example.com", "http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "gopher://hooks.example.com/", "https://",
    "https:///path", "https://user@hooks.example.com/", "https://user:word@hooks.example.com/", "https://hooks.example.com@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/", "https://hooks.example.com:8443/", "https://hooks.example.com:22/", "https://hooks.example.com:99999/",
    "https://127.0.0.1/", "https://127.1/", "https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://0x7f000001/", "https://2130706433/", "https://[::1]/",
    "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://[::", "https://localhost/", "https://metadata/", "https://8.8.8.8/",
    "https://hooks.example.com./", "https://hooks_a.example.com/", "https://-a.example.com/", "https://a..example.com/", "https://例子.example.com/",
    "https://ｅxample.com/", "https://example.com\\@127.0.0.1/", "https://exa mple.com/", "https://example.com/\r\nHost: x", "https://example.com/\x00",
    "https://169.254.169.254/latest/meta-data/", "https://1.1.1.1.1/", "https://" + "a" * 64 + ".example.com/", "https://example.com/" + "a" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_inside_is_never_called(address: str) -> None:
    assert not may_be_called(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_lies_outside_may_be_called(address: str) -> None:
    assert may_be_called(address)


@given(st.ip_addresses())
def test_no_more_is_called_than_the_library_calls_global(address: IPv4Address | IPv6Address) -> None:
    """Two lists made apart: whatever ours lets through, the standard library's lets through too."""
    assert not may_be_called(str(address)) or address.is_global


@given(st.ip_addresses(v=4))
def test_no_notation_of_an_inner_address_in_an_outer_one_opens_it(inner: IPv4Address) -> None:
    n = int(inner)
    forms = [n, 0xFFFF << 32 | n, 0x64FF9B << 96 | n, 0x2002 << 112 | n << 80, 0x20010000 << 96 | (n ^ 0xFFFFFFFF)]
    assert not any(may_be_called(str(IPv6Address(form))) for form in forms)


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_could_lead_elsewhere_is_refused_at_its_field(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_url(url)
    assert refused.value.field == "url"


@given(st.text(max_size=60))
def test_whatever_follows_https_names_a_public_host_or_is_refused(rest: str) -> None:
    try:
        parts = checked_url(f"https://{rest}")
    except Invalid:
        return
    host = parts.hostname or ""
    assert host.rpartition(".")[2].isalnum()
    assert not host.rpartition(".")[2][0].isdigit()
    assert parts.username is None
    assert parts.port in (None, 443)


@pytest.mark.parametrize("url", ["https://hooks.example.com", "https://hooks.example.com:443/a?b=c", "https://xn--fsqu00a.xn--0zwm56d/", "https://HOOKS.example.com/x"])  # fmt: skip
def test_a_public_address_is_taken(url: str) -> None:
    assert checked_url(url).geturl() == url


def test_an_operator_may_open_networks_of_its_own_and_no_others() -> None:
    own = read_networks("10.1.0.0/16, fd12::/32")
    assert own == (ip_network("10.1.0.0/16"), ip_network("fd12::/32"))
    assert checked_url("http://10.1.2.3:9000/x", own).port == 9000
    assert may_be_called("10.1.2.3", own)
    assert may_be_called("fd12::1", own)
    assert not may_be_called("10.2.0.1", own)
    assert not may_be_called("::ffff:10.1.2.3", own)
    with pytest.raises(Invalid):
        checked_url("http://10.2.0.1/", own)
