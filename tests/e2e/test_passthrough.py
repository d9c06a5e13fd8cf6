"""Passthrough mode: nginx verifies nothing, so the service does."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from stack.native import NativeStack
from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki, settings, started
from tests.e2e import wire
from tests.e2e.wire import Answer
from tests.e2e.wrong import WRONG

Keep = Callable[[Holder], Files]
VERSIONS = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["tls1.2", "tls1.3"]
)


def whoami(
    stack: NativeStack, pki: Pki, client: Files | None, version: ssl.TLSVersion | None = None
) -> Answer:
    """The answer over HTTP/1.1, which is that over HTTP/2."""
    port = stack.settings.alb_port
    over_h1 = wire.ask(port, wire.tls(pki.ca, client, version=version))
    context = wire.tls(pki.ca, client, version=version, alpn=["h2"])
    over_h2 = wire.ask_h2(port, context, wire.whoami_h2())
    assert over_h1 is not None
    assert over_h2 is not None
    assert (over_h1.status, over_h1.body) == (over_h2.status, over_h2.body)
    return over_h1


@VERSIONS
@pytest.mark.parametrize("name", sorted(set(WRONG) - {"Ed25519"}))
def test_a_wrong_certificate_is_untrusted(
    passthrough_stack: NativeStack,
    pki: Pki,
    issuing: Holder,
    keep: Keep,
    billing: Files,
    name: str,
    version: ssl.TLSVersion,
) -> None:
    answer = whoami(passthrough_stack, pki, keep(WRONG[name](issuing)), version)
    assert (answer.status, answer.problem) == (403, "certificate-untrusted")
    assert set(answer.json()) == {"type", "title", "status"}
    assert whoami(passthrough_stack, pki, billing, version).status == 200


@VERSIONS
def test_no_certificate_is_required(
    passthrough_stack: NativeStack, pki: Pki, billing: Files, version: ssl.TLSVersion
) -> None:
    answer = whoami(passthrough_stack, pki, None, version)
    assert (answer.status, answer.problem) == (403, "certificate-required")
    assert whoami(passthrough_stack, pki, billing, version).status == 200


def test_ed25519_does_not_pass_the_handshake(
    passthrough_stack: NativeStack, pki: Pki, issuing: Holder, keep: Keep
) -> None:
    """The client finds no signature algorithm in common, and presents nothing."""
    answer = whoami(passthrough_stack, pki, keep(WRONG["Ed25519"](issuing)))
    assert (answer.status, answer.problem) == (403, "certificate-required")


def test_an_outsider_is_not_allowed(
    passthrough_stack: NativeStack, pki: Pki, outsider: Files
) -> None:
    answer = whoami(passthrough_stack, pki, outsider)
    assert (answer.status, answer.problem) == (403, "certificate-not-allowed")


def test_an_authority_that_may_sign_is_no_client(
    passthrough_stack: NativeStack, pki: Pki, issuing: Holder, keep: Keep
) -> None:
    """OpenSSL takes a CA's certificate from a client if its keyUsage fits."""
    holder = builders.leaf(issuer=issuing, ca=True, key_usage=builders.SIGNS_EVERYTHING)
    answer = whoami(passthrough_stack, pki, keep(holder))
    assert (answer.status, answer.problem) == (403, "certificate-untrusted")


@pytest.mark.parametrize(
    "make",
    [
        lambda ca: builders.leaf(issuer=ca, key=ec.generate_private_key(ec.SECP384R1())),
        lambda ca: builders.leaf(issuer=ca, key=ec.generate_private_key(ec.SECP521R1())),
        lambda ca: builders.leaf(issuer=ca, key=builders.rsa_key(2048)),
        lambda ca: builders.leaf(issuer=ca, eku=None),
        lambda ca: builders.leaf(issuer=ca, key_usage=None),
    ],
    ids=["P-384", "P-521", "RSA-2048", "no extendedKeyUsage", "no keyUsage"],
)
def test_what_alb_takes_is_admitted(
    passthrough_stack: NativeStack,
    pki: Pki,
    issuing: Holder,
    keep: Keep,
    make: Callable[[Holder], Holder],
) -> None:
    answer = whoami(passthrough_stack, pki, keep(make(issuing)))
    assert answer.status == 200
    assert answer.json()["subject"] == "CN=billing,O=Example"


@pytest.fixture(scope="module")
def wider_stack(wider_pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeStack]:
    """A stack that trusts other CAs too, and whoever they gave a URI below example.org."""
    run_dir = tmp_path_factory.mktemp("run")
    allow = {"ALLOW_URIS": "spiffe://example.org/*"}
    yield from started(settings(wider_pki, run_dir, "passthrough", **allow))


def test_a_pss_signature_is_admitted_and_a_sha1_signature_is_untrusted(
    wider_stack: NativeStack, pki: Pki, signer: Holder, keep: Keep
) -> None:
    sha1 = whoami(wider_stack, pki, keep(builders.leaf(issuer=signer, signed_with="sha1")))
    assert (sha1.status, sha1.problem) == (403, "certificate-untrusted")
    pss = whoami(wider_stack, pki, keep(builders.leaf(issuer=signer, signed_with="pss")))
    assert pss.status == 200


def test_three_intermediates_are_admitted_and_four_are_untrusted(
    wider_stack: NativeStack, pki: Pki, towers: Mapping[int, tuple[Holder, ...]], keep: Keep
) -> None:
    too_deep = whoami(wider_stack, pki, keep(towers[4][-1]))
    assert (too_deep.status, too_deep.problem) == (403, "certificate-untrusted")
    assert whoami(wider_stack, pki, keep(towers[3][-1])).status == 200
