import base64
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from service import chain
from service.sources import SOURCES
from tests import builders
from tests.builders import Holder, authority, leaf, rsa_key
from tests.unit.service.certs import as_alb_sends

NOW = datetime.now(UTC)
ROOT = authority()
ISSUING = authority(subject="CN=Issuing,O=Test", issuer=ROOT)
STORE = [ROOT.certificate, ISSUING.certificate]
GOOD = leaf(issuer=ISSUING)
RSA_ROOT = authority(subject="CN=RSA Root", key=rsa_key(2048))


def verify(
    holder: Holder, *truststore: Holder, hints: tuple[Holder, ...] = (), now: datetime = NOW
) -> chain.Path:
    presented = [holder.certificate, *(hint.certificate for hint in hints)]
    return chain.verify(presented, [h.certificate for h in truststore] or STORE, now)


def ec_leaf(curve: ec.EllipticCurve) -> Holder:
    return leaf(issuer=ISSUING, key=ec.generate_private_key(curve))


@pytest.mark.parametrize(
    "make",
    [
        lambda: GOOD,
        lambda: leaf(issuer=ISSUING, eku=None),
        lambda: leaf(issuer=ISSUING, uri=None),
        lambda: leaf(issuer=ISSUING, key_usage=None),
        lambda: leaf(issuer=ISSUING, subject=x509.Name([])),
        lambda: ec_leaf(ec.SECP384R1()),
        lambda: ec_leaf(ec.SECP521R1()),
        lambda: leaf(issuer=ISSUING, key=rsa_key(2048)),
    ],
)
def test_a_good_leaf_is_trusted(make: Callable[[], Holder]) -> None:
    holder = make()
    path = verify(holder)
    assert path.leaf == holder.certificate
    assert path.not_before <= NOW <= path.not_after


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: leaf(issuer=ISSUING, eku=builders.SERVER_AUTH), "lacks clientAuth"),
        (lambda: leaf(issuer=ISSUING, key_usage=builders.ENCIPHERS), "lacks digitalSignature"),
        (lambda: leaf(issuer=ISSUING, ca=True), "is an authority"),
        (lambda: ISSUING, "is an authority"),
        (lambda: ROOT, "is an authority"),
        (lambda: leaf(issuer=None), "exhausted"),
        (lambda: leaf(issuer=authority(subject="CN=Stranger")), "exhausted"),
        (lambda: leaf(issuer=authority(subject="CN=Issuing,O=Test")), "signature"),
        (lambda: leaf(issuer=ISSUING, critical=builders.UNKNOWN_EXTENSION), "critical"),
        (lambda: ec_leaf(ec.SECP224R1()), "expected RSA"),
        (lambda: ec_leaf(ec.SECP256K1()), "expected RSA"),
        (lambda: leaf(issuer=ISSUING, key=rsa_key(1024)), "expected RSA"),
        (lambda: leaf(issuer=ISSUING, key=ed25519.Ed25519PrivateKey.generate()), "expected RSA"),
        (lambda: leaf(issuer=GOOD), "exhausted"),
    ],
)
def test_a_leaf_with_one_thing_wrong_is_not(make: Callable[[], Holder], why: str) -> None:
    with pytest.raises(chain.UntrustedChain, match=why):
        verify(make())


def test_a_self_signed_leaf_in_the_truststore_vouches_for_nobody() -> None:
    holder = leaf(issuer=None)
    with pytest.raises(chain.UntrustedChain):
        verify(holder, holder, ROOT, ISSUING)
    assert verify(GOOD, holder, ROOT, ISSUING)


def test_a_truststore_without_a_root_trusts_nobody() -> None:
    with pytest.raises(chain.UntrustedChain, match="no trust anchor"):
        verify(GOOD, ISSUING)


def test_what_the_client_sends_completes_a_path_but_anchors_none() -> None:
    assert verify(GOOD, ROOT, hints=(ISSUING,))
    with pytest.raises(chain.UntrustedChain):
        verify(GOOD, ROOT)
    with pytest.raises(chain.UntrustedChain):
        verify(GOOD, RSA_ROOT, hints=(ISSUING, ROOT))


def test_pss_is_as_good_as_pkcs1_and_sha1_is_not() -> None:
    assert verify(leaf(issuer=RSA_ROOT), RSA_ROOT)
    assert verify(leaf(issuer=RSA_ROOT, signed_with="pss"), RSA_ROOT)
    with pytest.raises(chain.UntrustedChain):
        verify(leaf(issuer=RSA_ROOT, signed_with="sha1"), RSA_ROOT)


def test_four_authorities_are_the_most() -> None:
    for intermediates, trusted in ((3, True), (4, False)):
        *authorities, holder = builders.tower(intermediates=intermediates)
        if trusted:
            assert verify(holder, *authorities)
        else:
            with pytest.raises(chain.UntrustedChain, match="max depth"):
                verify(holder, *authorities)


def test_a_path_length_is_kept() -> None:
    for path_length in (0, 1):
        above = authority(subject="CN=Above", issuer=ROOT, path_length=path_length)
        below = authority(subject="CN=Below", issuer=above)
        if path_length:
            assert verify(leaf(issuer=below), ROOT, above, below)
        else:
            with pytest.raises(chain.UntrustedChain, match="path length"):
                verify(leaf(issuer=below), ROOT, above, below)


def test_an_authority_must_be_allowed_to_issue() -> None:
    for usage, trusted in (
        (builders.SIGNS_CERTIFICATES, True),
        (None, True),
        (builders.SIGNS, False),
    ):
        above = authority(subject="CN=Above", issuer=ROOT, key_usage=usage)
        if trusted:
            assert verify(leaf(issuer=above), ROOT, above)
        else:
            with pytest.raises(chain.UntrustedChain, match="keyCertSign"):
                verify(leaf(issuer=above), ROOT, above)


def extended(*extensions: tuple[x509.ExtensionType, bool]) -> Holder:
    """An issuing CA below ROOT with more extensions."""
    key = builders.p256()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name.from_rfc4514_string("CN=Extended,O=Test"))
        .issuer_name(ROOT.certificate.subject)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    assert not isinstance(ROOT.key, ed25519.Ed25519PrivateKey)
    return Holder(builder.sign(ROOT.key, hashes.SHA256()), key)


DIRECTORY = x509.NameConstraints([x509.DirectoryName(x509.Name([]))], None)
DNS = x509.NameConstraints([x509.DNSName("example.org")], None)


@pytest.mark.parametrize(
    ("extension", "critical", "trusted"),
    [
        (builders.CLIENT_AUTH, False, True),
        (builders.SERVER_AUTH, False, False),
        (DNS, True, True),
        (DIRECTORY, True, False),
        (DIRECTORY, False, False),
    ],
)
def test_an_authority_is_held_to_its_extensions(
    extension: x509.ExtensionType, *, critical: bool, trusted: bool
) -> None:
    above = extended((extension, critical))
    if trusted:
        assert verify(leaf(issuer=above), ROOT, above)
    else:
        with pytest.raises(chain.UntrustedChain):
            verify(leaf(issuer=above), ROOT, above)


def test_a_hint_whose_name_cannot_be_read_is_no_crash() -> None:
    der = ISSUING.certificate.public_bytes(Encoding.DER)
    broken = x509.load_der_x509_certificate(der.replace(b"Issuing", b"Iss\xff\xfeng"))
    with pytest.raises(ValueError, match="subject"):
        _ = broken.subject.rfc4514_string()
    with pytest.raises(chain.UntrustedChain):
        chain.verify([GOOD.certificate, broken], STORE, NOW)


@pytest.mark.parametrize(
    ("what", "becomes"),
    [
        (b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\x13"),  # keyUsage: basicConstraints twice
        (b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01", b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x7f"),
        (b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x7f"),
        (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07"),  # version 8
    ],
)
def test_what_cannot_be_read_is_refused_and_no_crash(what: bytes, becomes: bytes) -> None:
    """As a leaf it is refused; as a hint or in the truststore it may cost the leaf its path."""
    from service.certificate import MalformedCertificate, load

    for holder in (GOOD, ISSUING, ROOT):
        der = holder.certificate.public_bytes(Encoding.DER)
        assert what in der
        try:
            broken = load(base64.b64encode(der.replace(what, becomes)).decode())
        except MalformedCertificate:
            continue
        with pytest.raises(chain.UntrustedChain):
            chain.verify([broken], STORE, NOW)
        for hints, store in (([broken], STORE), ([], [*STORE, broken])):
            with contextlib.suppress(chain.UntrustedChain):
                chain.verify([GOOD.certificate, *hints], store, NOW)
        assert chain.verify([GOOD.certificate], STORE, NOW)


@pytest.mark.parametrize("days", [-60, 60, 400])
def test_every_certificate_of_the_path_is_valid_now(days: int) -> None:
    with pytest.raises(chain.UntrustedChain, match="not valid"):
        verify(GOOD, now=NOW + timedelta(days=days))
    old = authority(
        subject="CN=Old",
        issuer=ROOT,
        not_before=NOW - timedelta(days=90),
        lifetime=timedelta(days=30),
    )
    with pytest.raises(chain.UntrustedChain, match="not valid"):
        verify(leaf(issuer=old), ROOT, old)


def test_a_path_holds_as_long_as_its_shortest_member() -> None:
    short = authority(subject="CN=Short", issuer=ROOT, lifetime=timedelta(days=3))
    path = verify(leaf(issuer=short), ROOT, short)
    assert path.not_after == short.certificate.not_valid_after_utc


def test_a_crowd_of_hints_is_refused() -> None:
    assert verify(GOOD, hints=(ISSUING,) * chain.MAX_HINTS)
    with pytest.raises(chain.UntrustedChain, match="came with the leaf"):
        verify(GOOD, hints=(ISSUING,) * (chain.MAX_HINTS + 1))


def test_the_passthrough_source_reads_a_whole_chain() -> None:
    source = SOURCES["alb-passthrough"]([ROOT.certificate])
    sent = as_alb_sends(GOOD.certificate, ISSUING.certificate)
    assert source.take({"HTTP_X_AMZN_MTLS_CLIENTCERT": sent}) == sent
    assert source.take({"HTTP_X_AMZN_MTLS_CLIENTCERT_LEAF": sent}) is None
    assert source.read(sent, NOW).certificate.subject == "CN=billing,O=Example"
    with pytest.raises(chain.UntrustedChain):
        source.read(as_alb_sends(GOOD.certificate), NOW)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sent: sent[:0],
        lambda sent: sent + "x",
        lambda sent: "x" + sent,
        lambda sent: sent.replace("END%20CERTIFICATE-----%0A-", "END%20CERTIFICATE-----%0Ax%0A-"),
        lambda sent: sent + "," + sent,
        lambda sent: sent[:-30],
        lambda sent: sent + "%20" * 30_000,
    ],
)
def test_a_malformed_chain_is_malformed(spoil: Callable[[str], str]) -> None:
    from service.certificate import MalformedCertificate

    source = SOURCES["alb-passthrough"](STORE)
    sent = as_alb_sends(GOOD.certificate, ISSUING.certificate)
    assert spoil(sent) != sent
    with pytest.raises(MalformedCertificate):
        source.read(spoil(sent), NOW)
