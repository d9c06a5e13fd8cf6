"""Handshake messages of whatever octets: names and certificates, or MalformedHandshake."""

import contextlib

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pki.handshake import MalformedHandshake, as_name, authorities, certificates

NAMES = [x509.Name.from_rfc4514_string(text) for text in ("CN=a,O=b", "CN=" + "x" * 60, "C=DE")]


def vector(width: int, content: bytes) -> bytes:
    return len(content).to_bytes(width, "big") + content


def request(names: list[bytes], *, is_tls_1_3: bool) -> bytes:
    listed = vector(2, b"".join(vector(2, name) for name in names))
    if not is_tls_1_3:
        return bytes(4) + vector(1, b"\x01\x40") + vector(2, b"\x04\x03") + listed
    extensions = b"\x00\x0d" + vector(2, vector(2, b"\x04\x03")) + b"\x00\x2f" + vector(2, listed)
    return bytes(4) + vector(1, b"") + vector(2, extensions)


def certificate(ders: list[bytes], *, is_tls_1_3: bool) -> bytes:
    tail, context = (vector(2, b"xx"), vector(1, b"c")) if is_tls_1_3 else (b"", b"")
    return bytes(4) + context + vector(3, b"".join(vector(3, der) + tail for der in ders))


@pytest.mark.parametrize("is_tls_1_3", [False, True])
def test_what_is_in_a_message_is_found_in_its_order(*, is_tls_1_3: bool) -> None:
    ders = [name.public_bytes() for name in NAMES]
    found = authorities(request(ders, is_tls_1_3=is_tls_1_3), is_tls_1_3=is_tls_1_3)
    assert [as_name(der) for der in found] == NAMES
    message = certificate([b"one", b"", b"3"], is_tls_1_3=is_tls_1_3)
    assert certificates(message, is_tls_1_3=is_tls_1_3) == (b"one", b"", b"3")
    assert authorities(request([], is_tls_1_3=is_tls_1_3), is_tls_1_3=is_tls_1_3) == ()


def test_tls_1_3_may_name_no_authorities_at_all() -> None:
    assert authorities(bytes(4) + vector(1, b"") + vector(2, b""), is_tls_1_3=True) == ()


@pytest.mark.parametrize("is_tls_1_3", [False, True])
def test_a_message_that_was_cut_is_malformed(*, is_tls_1_3: bool) -> None:
    asks = request([NAMES[0].public_bytes()], is_tls_1_3=is_tls_1_3)
    sends = certificate([b"one"], is_tls_1_3=is_tls_1_3)
    for end in range(4, len(asks)):
        with pytest.raises(MalformedHandshake):
            authorities(asks[:end], is_tls_1_3=is_tls_1_3)
    for end in range(4, len(sends)):
        with pytest.raises(MalformedHandshake):
            certificates(sends[:end], is_tls_1_3=is_tls_1_3)


def test_names_without_end_are_given_up() -> None:
    with pytest.raises(MalformedHandshake, match="more than 2000"):
        authorities(request([b""] * 2001, is_tls_1_3=False), is_tls_1_3=False)
    assert len(authorities(request([b""] * 2000, is_tls_1_3=False), is_tls_1_3=False)) == 2000


@given(octets=st.binary(max_size=300), is_tls_1_3=st.booleans())
def test_any_octets(*, octets: bytes, is_tls_1_3: bool) -> None:
    with contextlib.suppress(MalformedHandshake):
        for der in authorities(octets, is_tls_1_3=is_tls_1_3):
            as_name(der)
    with contextlib.suppress(MalformedHandshake):
        certificates(octets, is_tls_1_3=is_tls_1_3)
    found = as_name(octets)
    assert found is None or isinstance(found, x509.Name)


def test_a_name_alone_is_a_name() -> None:
    good = NAMES[0].public_bytes()
    assert as_name(good) == NAMES[0]
    assert as_name(good + b"\x00") is None
    assert as_name(good[:-1]) is None
    assert as_name(b"") is None
    long = x509.Name([x509.NameAttribute(x509.NameOID.DN_QUALIFIER, "x" * 70_000)])
    assert as_name(long.public_bytes()) == long
