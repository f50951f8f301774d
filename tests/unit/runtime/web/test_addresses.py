import pytest

from functions.runtime.web.addresses import (
    AddressRefusedError,
    is_public,
    read_address,
    same_site,
)


@pytest.mark.parametrize(
    ("url", "remark"),
    [
        ("https://cdn.discordapp.com@evil.example/a", "a trusted name as user name"),
        ("http://@evil.example/", "an empty user name"),
        ("http://good.example:80@127.0.0.1/", "a port as user name"),
        ("http://good.example\\@evil.example/", "a backslash browsers read as a slash"),
        ("http://2130706433/", "decimal"),
        ("http://0x7f000001/", "hexadecimal"),
        ("http://0x7f.1/", "hexadecimal and short"),
        ("http://0177.0.0.1/", "octal"),
        ("http://127.1/", "short"),
        ("http://127.0.0.1./", "a dot at the end"),
        ("http://8.8.8.8.nine.9/", "a name that ends in a number"),
        ("http://①②⑦.⓪.⓪.①/", "digits in circles"),
        ("http://１２７.0.0.1/", "wide digits"),
        ("http://[::1]/", "loopback"),
        ("http://[::ffff:127.0.0.1]/", "mapped"),
        ("http://[::ffff:7f00:1]/", "mapped, in hex"),
        ("http://[fe80::1%25eth0]/", "with a zone"),
        ("http://[::]/", "unspecified"),
        ("http://0/", "zero"),
        ("http://169.254.169.254/latest/meta-data", "the metadata service"),
        ("http://example.org:22/", "another service"),
        ("http://example.org:8080/", "another port"),
        ("ftp://example.org/", "another scheme"),
        ("file:///etc/passwd", "a file"),
        ("gopher://example.org:80/_GET", "gopher"),
        ("javascript:alert(1)", "a script"),
        ("//example.org/", "no scheme"),
        ("http:///path", "no host"),
        ("http://exa mple.org/", "a space"),
        ("http://example.org/\r\nX-Injected: 1", "a line break"),
        ("http://ex%61mple.org/", "a packed letter"),
        ("http://example.org/" + "a" * 2000, "too long"),
        ("http://example.org/" + "灯" * 700, "too long when written out"),
        ("", "nothing"),
    ],
)
def test_an_address_in_disguise_is_refused(url: str, remark: str) -> None:
    with pytest.raises(AddressRefusedError):
        pytest.fail(f"{remark}: {read_address(url)}")


@pytest.mark.parametrize(
    ("url", "read", "remark"),
    [
        ("https://example.org", "https://example.org", "plain"),
        (" https://example.org/a?b=c#part ", "https://example.org/a?b=c", "no fragment"),
        ("http://example.org:80/", "http://example.org/", "the usual port"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/", "a name in its own script"),
        ("HTTPS://EXAMPLE.ORG/A", "https://example.org/A", "capitals"),
        ("http://8.8.8.8/", "http://8.8.8.8/", "a public number"),
    ],
)
def test_a_public_address_is_read(url: str, read: str, remark: str) -> None:
    address = read_address(url)
    assert f"{address.scheme}://{address.netloc.decode()}{address.raw_path.decode()}" in {
        read, f"{read}/",
    }, remark  # fmt: skip


@pytest.mark.parametrize(
    ("address", "public", "remark"),
    [
        ("8.8.8.8", True, "public"),
        ("2606:4700::1111", True, "public"),
        ("64:ff9b::808:808", True, "NAT64 of a public one"),
        ("2002:808:808::1", True, "6to4 of a public one"),
        ("10.0.0.1", False, "private"),
        ("172.16.0.1", False, "private"),
        ("192.168.1.1", False, "private"),
        ("100.64.0.1", False, "shared by a provider"),
        ("100.100.100.200", False, "Alibaba's metadata"),
        ("192.0.0.192", False, "Oracle's metadata, which Python 3.11 takes for global"),
        ("168.63.129.16", False, "Azure's own service, on a public address"),
        ("127.0.0.53", False, "loopback"),
        ("0.0.0.0", False, "this machine"),
        ("169.254.169.254", False, "link-local"),
        ("224.0.0.1", False, "multicast, which Python takes for global"),
        ("240.0.0.1", False, "reserved"),
        ("255.255.255.255", False, "broadcast"),
        ("::1", False, "loopback"),
        ("::ffff:10.0.0.1", False, "mapped"),
        ("::ffff:8.8.8.8", False, "mapped: no resolver needs it"),
        ("::7f00:1", False, "compatible"),
        ("2002:7f00:1::1", False, "6to4 of loopback"),
        ("2002:a9fe:a9fe::1", False, "6to4 of the metadata service"),
        ("64:ff9b::7f00:1", False, "NAT64 of loopback"),
        ("64:ff9b:1::7f00:1", False, "NAT64 for local use"),
        ("2001:0:53aa:64c::1", False, "Teredo"),
        ("fc00::1", False, "unique local"),
        ("fd00:ec2::254", False, "Amazon's metadata"),
        ("fe80::1", False, "link-local"),
        ("fe80::1%2", False, "link-local with its zone"),
        ("fec0::1", False, "site-local, which Python takes for global"),
        ("ff0e::1", False, "multicast"),
        ("2001:db8::1", False, "documentation"),
        ("example.org", False, "no number"),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool, remark: str) -> None:  # noqa: FBT001
    assert is_public(address) is public, remark


@pytest.mark.parametrize(
    ("here", "there", "stays", "remark"),
    [
        ("http://a.example/", "https://a.example/x", True, "to the safe scheme"),
        ("https://a.example/", "https://www.a.example/", True, "to www."),
        ("https://www.a.example/", "https://a.example/", True, "from www."),
        ("https://a.example/", "http://a.example/", False, "away from the safe scheme"),
        ("https://a.example/", "https://b.example/", False, "another site"),
        ("https://a.example/", "https://a.example.evil.example/", False, "a longer name"),
        ("https://a.example/", "https://docs.a.example/", False, "another host of the domain"),
    ],
)
def test_a_redirect_stays_on_its_site(here: str, there: str, stays: bool, remark: str) -> None:  # noqa: FBT001
    assert same_site(read_address(here), read_address(there)) is stays, remark
