"""Verify mode: whoever has no good certificate hears nothing at all over HTTP."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from stack.native import NativeStack
from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki, settings, started
from tests.e2e import wire
from tests.e2e.wrong import WRONG

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=["tls1.2", "tls1.3"])

#: Requests that nginx would answer with an error page before it looks at the certificate.
REQUESTS = {
    "a good request": wire.WHOAMI,
    "a malformed request line": b"GET\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x00\x05hello\r\n\r\n",
    "TRACE": b"TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "a URI that is too long": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a header that is too long": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "
    + b"a" * 70_000
    + b"\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "an unknown HTTP version": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "an unknown transfer coding": b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: gzip\r\n\r\n",
    "CONNECT": b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an open path": b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "an internal place of nginx": b"GET //400 HTTP/1.1\r\nHost: localhost\r\n"
    b"Connection: close\r\n\r\n",
    "too many hops": b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    b"X-Forwarded-For: " + b"192.0.2.1, " * 40 + b"192.0.2.1\r\n\r\n",
}


@pytest.fixture(scope="session")
def wrong(issuing: Holder, keep: Callable[[Holder], Files]) -> Mapping[str, Files]:
    return {name: keep(make(issuing)) for name, make in WRONG.items()}


def assert_admitted(
    stack: NativeStack, pki: Pki, client: Files, version: ssl.TLSVersion | None = None
) -> None:
    port = stack.settings.alb_port
    answer = wire.ask(port, wire.tls(pki.ca, client, version=version))
    assert answer is not None
    assert answer.status == 200
    over_h2 = wire.ask_h2(
        port, wire.tls(pki.ca, client, alpn=["h2"], version=version), wire.whoami_h2()
    )
    assert over_h2 is not None
    assert over_h2.json() == answer.json()


def assert_closed(
    stack: NativeStack, pki: Pki, client: Files | None, version: ssl.TLSVersion | None = None
) -> None:
    port = stack.settings.alb_port
    assert wire.exchange(port, wire.tls(pki.ca, client, version=version), wire.WHOAMI) == b""
    context = wire.tls(pki.ca, client, alpn=["h2"], version=version)
    assert wire.ask_h2(port, context, wire.whoami_h2()) is None


@VERSIONS
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_certificate_is_closed_without_a_response(
    stack: NativeStack,
    pki: Pki,
    wrong: Mapping[str, Files],
    billing: Files,
    name: str,
    version: ssl.TLSVersion,
) -> None:
    assert_closed(stack, pki, wrong[name], version=version)
    assert_admitted(stack, pki, billing, version=version)


@VERSIONS
def test_no_certificate_is_closed_without_a_response(
    stack: NativeStack, pki: Pki, billing: Files, version: ssl.TLSVersion
) -> None:
    assert_closed(stack, pki, None, version=version)
    assert_admitted(stack, pki, billing, version=version)


@pytest.mark.parametrize("request_name", REQUESTS)
def test_not_even_a_bad_request_gets_a_response_without_a_good_certificate(
    stack: NativeStack, pki: Pki, stranger: Files, billing: Files, request_name: str
) -> None:
    port = stack.settings.alb_port
    for client in (None, stranger):
        assert wire.exchange(port, wire.tls(pki.ca, client), REQUESTS[request_name]) == b""
    # nginx closes at once after some of them, and the reset can overtake its answer.
    answers = (
        wire.exchange(port, wire.tls(pki.ca, billing), REQUESTS[request_name]) for _ in "x" * 10
    )
    assert any(answer != b"" for answer in answers)
    assert_admitted(stack, pki, billing)


def test_plain_http_is_closed_without_a_response(
    stack: NativeStack, pki: Pki, billing: Files
) -> None:
    address = ("127.0.0.1", stack.settings.alb_port)
    for request in (wire.WHOAMI, b"GET / HTTP/1.0\r\n\r\n", b"GET\r\n\r\n"):
        with socket.create_connection(address, timeout=wire.PATIENCE) as connection:
            connection.sendall(request)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""
    assert_admitted(stack, pki, billing)


def _good(issuing: Holder) -> Mapping[str, Holder]:
    return {
        "P-384": builders.leaf(issuer=issuing, key=ec.generate_private_key(ec.SECP384R1())),
        "P-521": builders.leaf(issuer=issuing, key=ec.generate_private_key(ec.SECP521R1())),
        "RSA-2048": builders.leaf(issuer=issuing, key=builders.rsa_key(2048)),
        # ALB checks the purpose (ClientCertPurposeInvalid) of a leaf that names one.
        "no extendedKeyUsage": builders.leaf(issuer=issuing, eku=None),
        "no keyUsage": builders.leaf(issuer=issuing, key_usage=None),
    }


@VERSIONS
def test_what_alb_takes_is_admitted(
    stack: NativeStack,
    pki: Pki,
    issuing: Holder,
    keep: Callable[[Holder], Files],
    stranger: Files,
    version: ssl.TLSVersion,
) -> None:
    for holder in _good(issuing).values():
        assert_admitted(stack, pki, keep(holder), version=version)
    assert_closed(stack, pki, stranger, version=version)


@pytest.fixture(scope="module")
def wider_stack(wider_pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """A stack that trusts other CAs too, and whoever they gave a URI below example.org."""
    run_dir = tmp_path_factory.mktemp("run")
    yield from started(settings(wider_pki, run_dir, ALLOW_URIS="spiffe://example.org/*"))


@VERSIONS
def test_three_intermediates_are_admitted_and_four_are_closed(
    wider_stack: NativeStack,
    pki: Pki,
    towers: Mapping[int, tuple[Holder, ...]],
    keep: Callable[[Holder], Files],
    version: ssl.TLSVersion,
) -> None:
    assert_closed(wider_stack, pki, keep(towers[4][-1]), version=version)
    assert_admitted(wider_stack, pki, keep(towers[3][-1]), version=version)


@VERSIONS
def test_an_intermediate_that_only_the_client_brings_counts(
    wider_stack: NativeStack,
    pki: Pki,
    signer: Holder,
    keep: Callable[[Holder], Files],
    version: ssl.TLSVersion,
) -> None:
    between = builders.authority(subject="CN=Between,O=Test", issuer=signer)
    leaf = builders.leaf(issuer=between)
    brings = builders.Holder(leaf.certificate, leaf.key, (between.certificate,))
    assert_closed(wider_stack, pki, keep(leaf), version=version)
    assert_admitted(wider_stack, pki, keep(brings), version=version)


@VERSIONS
def test_a_pss_signature_is_admitted_and_a_sha1_signature_is_closed(
    wider_stack: NativeStack,
    pki: Pki,
    signer: Holder,
    keep: Callable[[Holder], Files],
    version: ssl.TLSVersion,
) -> None:
    sha1 = builders.leaf(issuer=signer, signed_with="sha1")
    assert_closed(wider_stack, pki, keep(sha1), version=version)
    pss = builders.leaf(issuer=signer, signed_with="pss")
    assert_admitted(wider_stack, pki, keep(pss), version=version)


def test_a_trust_anchor_does_not_open_another_stack(
    stack: NativeStack,
    wider_stack: NativeStack,
    pki: Pki,
    signer: Holder,
    keep: Callable[[Holder], Files],
) -> None:
    leaf = keep(builders.leaf(issuer=signer))
    assert_closed(stack, pki, leaf)
    assert_admitted(wider_stack, pki, leaf)
