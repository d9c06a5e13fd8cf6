"""OCSP answers: what RFC 6960 asks of them, and any bytes at all as a request."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from pki import keys
from pki.acceptance import Front, Refused, decide
from pki.authority import CertificateAuthority, subject
from pki.crl import REASONS, Revocation
from pki.ocsp import LIFETIME, Signer, Status
from pki.profiles import CLIENT, RESPONDER
from pki.sans import Sans
from tests.unit.pki.folder import Pki, made
from tests.unit.pki.revoking import serial
from tests.unit.pki.test_garbage import changed, quick

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NONCE = x509.OCSPNonce
SHA1 = hashes.SHA1()  # noqa: S303
KNOWN: Status = True
KEY_TYPES = ("ec-p256", "ec-p384", "rsa-2048")


def authority(key_type: str = "ec-p256") -> CertificateAuthority:
    root = CertificateAuthority.create_root(organization="Test", now=NOW, key_type=key_type)
    return root.create_issuing(organization="Test", now=NOW, key_type=key_type)


def signer_of(ca: CertificateAuthority, key: keys.PrivateKey) -> tuple[Signer, x509.Certificate]:
    name = subject("Test OCSP", "Test")
    delegate = ca.issue(key.public_key(), RESPONDER, name, Sans(), now=NOW)
    return Signer(ca.certificate, delegate, key), delegate


CA = authority()
KEY = keys.generate("ec-p256")
SIGNER, DELEGATE = signer_of(CA, KEY)
LEAF = CA.issue(
    keys.generate("ec-p256").public_key(), CLIENT, subject("a", "Test"), Sans(), now=NOW
)


def request(
    leaf: x509.Certificate = LEAF,
    issuer: x509.Certificate = CA.certificate,
    *extensions: x509.ExtensionType,
    algorithm: hashes.HashAlgorithm | None = None,
    critical: bool = False,
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, algorithm or SHA1)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.build().public_bytes(Encoding.DER)


def asked(
    der: bytes, status: Status = KNOWN, signer: Signer = SIGNER, now: datetime = NOW
) -> ocsp.OCSPResponse:
    return ocsp.load_der_ocsp_response(signer.answer(der, lambda _serial: status, now).der)


def verify(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> None:
    key, algorithm = certificate.public_key(), response.signature_hash_algorithm
    assert algorithm is not None
    if isinstance(key, rsa.RSAPublicKey):
        check = partial(key.verify, padding=padding.PKCS1v15(), algorithm=algorithm)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        check = partial(key.verify, signature_algorithm=ec.ECDSA(algorithm))
    check(response.signature, response.tbs_response_bytes)


@pytest.mark.parametrize("key_type", KEY_TYPES)
@pytest.mark.parametrize("algorithm", [SHA1, hashes.SHA256()], ids=["sha1", "sha256"])
def test_a_good_answer_is_signed_by_the_delegate(
    key_type: str, algorithm: hashes.HashAlgorithm
) -> None:
    signer, delegate = signer_of(CA, keys.generate(key_type))
    response = asked(request(algorithm=algorithm), signer=signer)
    verify(response, delegate)
    assert response.response_status == OCSPResponseStatus.SUCCESSFUL
    assert response.certificate_status == OCSPCertStatus.GOOD
    assert response.serial_number == LEAF.serial_number
    assert response.certificates == [delegate]
    assert (response.this_update_utc, response.next_update_utc) == (NOW, NOW + LIFETIME)
    assert response.produced_at_utc == NOW
    assert len(response.extensions) == 0


@pytest.mark.parametrize("reason", REASONS)
def test_a_revoked_one_has_its_time_and_reason(reason: str) -> None:
    since = NOW - timedelta(days=1)
    response = asked(request(), Revocation("1", since, reason))
    assert response.certificate_status == OCSPCertStatus.REVOKED
    assert response.revocation_time_utc == since
    expected = None if reason == "unspecified" else REASONS[reason]
    assert response.revocation_reason == expected


def test_what_was_never_issued_is_unknown_and_kept_by_no_cache() -> None:
    assert asked(request(), status=False).certificate_status == OCSPCertStatus.UNKNOWN
    lasting = [SIGNER.answer(request(), lambda _s, s=s: s, NOW).until for s in (True, False)]  # type: ignore[misc]
    assert lasting == [NOW + LIFETIME, None]


def test_the_serial_number_is_asked_in_our_spelling() -> None:
    seen: list[str] = []

    def lookup(serial_number: str) -> Status:
        seen.append(serial_number)
        return True

    SIGNER.answer(request(), lookup, NOW)
    assert seen == [f"{LEAF.serial_number:x}"]


@pytest.mark.parametrize("length", [1, 16, 32, 128])
def test_a_nonce_comes_back_and_makes_the_answer_one_for_now(length: int) -> None:
    nonce = bytes(range(length))
    answer = SIGNER.answer(request(LEAF, CA.certificate, NONCE(nonce)), lambda _: True, NOW)
    response = ocsp.load_der_ocsp_response(answer.der)
    verify(response, DELEGATE)
    (extension,) = response.extensions
    assert (extension.value, extension.critical) == (NONCE(nonce), False)
    assert answer.until is None


@pytest.mark.parametrize("length", [0, 129, 1000])
def test_a_nonce_of_a_wrong_length_is_malformed(length: int) -> None:
    response = asked(request(LEAF, CA.certificate, NONCE(bytes(length))))
    assert response.response_status == OCSPResponseStatus.MALFORMED_REQUEST


def test_an_unknown_extension_is_ignored_unless_it_is_critical() -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.4711"), b"\x05\x00")
    wanted = [OCSPResponseStatus.SUCCESSFUL, OCSPResponseStatus.MALFORMED_REQUEST]
    for critical, status in zip((False, True), wanted, strict=True):
        der = request(LEAF, CA.certificate, strange, critical=critical)
        assert asked(der).response_status == status


def test_another_issuer_is_none_of_our_business_even_with_our_name_and_that_serial() -> None:
    other = authority()
    assert other.certificate.subject == CA.certificate.subject
    for status in (True, False, Revocation("1", NOW)):
        refused = asked(request(issuer=other.certificate), status)
        assert refused.response_status == OCSPResponseStatus.UNAUTHORIZED
    assert asked(request(issuer=CA.issuers[0])).response_status == OCSPResponseStatus.UNAUTHORIZED


def test_a_hash_that_we_do_not_know_is_unauthorized() -> None:
    for algorithm in (hashes.SHA384(), hashes.SHA512()):
        response = asked(request(algorithm=algorithm))
        assert response.response_status == OCSPResponseStatus.UNAUTHORIZED
    strange = request().replace(bytes.fromhex("2b0e03021a"), bytes.fromhex("2b0e03027f"))
    assert asked(strange).response_status == OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.parametrize(
    "der",
    [b"", b"0", b"\x30\x00", bytes.fromhex("300430023000"), b"\xff" * 100, b"0" * 20_000,
     request() + b"\x00", request()[:-1], b"\x30\x84\xff\xff\xff\xff"],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_request_is_malformed(der: bytes) -> None:
    assert asked(der).response_status == OCSPResponseStatus.MALFORMED_REQUEST


def test_a_request_for_two_is_malformed() -> None:
    one = request()[6:]  # OCSPRequest, TBSRequest, requestList: SEQUENCEs of below 128 octets
    both = one + one
    for _ in range(3):
        both = bytes([0x30, 0x81, len(both)]) + both
    with pytest.raises(NotImplementedError):
        ocsp.load_der_ocsp_request(both).serial_number  # noqa: B018
    assert asked(both).response_status == OCSPResponseStatus.MALFORMED_REQUEST


@quick(max_examples=400)
@given(
    der=st.binary() | changed(request()) | changed(request(LEAF, CA.certificate, NONCE(b"x" * 32)))
)
def test_any_bytes_get_an_answer(der: bytes) -> None:
    assert asked(der).response_status in OCSPResponseStatus


@pytest.mark.parametrize("when", [NOW - timedelta(days=1), NOW + timedelta(days=31)])
def test_an_expired_delegate_answers_try_later(when: datetime) -> None:
    assert asked(request(), now=when).response_status == OCSPResponseStatus.TRY_LATER


def test_an_answer_ends_with_the_delegate_at_the_latest() -> None:
    late = DELEGATE.not_valid_after_utc - timedelta(minutes=1)
    assert asked(request(), now=late).next_update_utc == DELEGATE.not_valid_after_utc


STATUSES = st.booleans() | st.builds(
    Revocation,
    st.just("1"),
    st.datetimes(datetime(1960, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda time: time.replace(microsecond=0)
    ),
    st.sampled_from(list(REASONS)),
)


@quick(max_examples=100)
@given(
    number=st.integers(1, 2**159 - 1),
    status=STATUSES,
    nonce=st.none() | st.binary(min_size=1, max_size=128),
    algorithm=st.sampled_from([SHA1, hashes.SHA256()]),
)
def test_what_is_signed_is_what_cryptographys_builder_would_sign(
    number: int, status: Status, nonce: bytes | None, algorithm: hashes.HashAlgorithm
) -> None:
    parsed = ocsp.load_der_ocsp_request(request(algorithm=algorithm))
    name, key = parsed.issuer_name_hash, parsed.issuer_key_hash
    wanted = ocsp.OCSPRequestBuilder().add_certificate_by_hash(name, key, number, algorithm)
    said, since, reason = OCSPCertStatus.GOOD if status else OCSPCertStatus.UNKNOWN, None, None
    if isinstance(status, Revocation):
        said, since = OCSPCertStatus.REVOKED, status.revoked_at
        reason = None if status.reason == "unspecified" else REASONS[status.reason]
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            name, key, number, algorithm, said, NOW, NOW + LIFETIME, since, reason
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, DELEGATE)
        .certificates([DELEGATE])
    )
    if nonce is not None:
        wanted = wanted.add_extension(NONCE(nonce), critical=False)
        builder = builder.add_extension(NONCE(nonce), critical=False)
    theirs = builder.sign(KEY, hashes.SHA256())
    ours = asked(wanted.build().public_bytes(Encoding.DER), status)
    verify(ours, DELEGATE)
    # producedAt is the builder's own clock; all else is the same to the octet.
    theirs_at, ours_at = (f"{one.produced_at_utc:%Y%m%d%H%M%SZ}".encode() for one in (theirs, ours))
    assert theirs.tbs_response_bytes.replace(theirs_at, ours_at) == ours.tbs_response_bytes
    assert ours.public_bytes(Encoding.DER).count(DELEGATE.public_bytes(Encoding.DER)) == 1


@pytest.mark.parametrize("front", ["api-gateway", "alb"])
def test_the_delegate_is_no_client_and_no_server(front: Front) -> None:
    truststore = [CA.certificate, *CA.issuers]
    verdicts = [decide(leaf, [], truststore, front=front, now=NOW) for leaf in (DELEGATE, LEAF)]
    assert isinstance(verdicts[0], Refused)
    assert not isinstance(verdicts[1], Refused)
    purposes = DELEGATE.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert not DELEGATE.extensions.get_extension_for_class(x509.OCSPNoCheck).critical


def test_the_command_answers_a_file_or_standard_input(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    der = request(pki.certificate("clients/a.pem"), pki.certificate("authorities/issuing.pem"))
    (tmp_path / "request").write_bytes(der)
    answers = [pki.done("ocsp", str(tmp_path / "request")).stdout_bytes]
    pki.done("revoke", "a")
    answers.append(pki.fed(der, "ocsp", "-").stdout_bytes)
    pki.done("ocsp", str(tmp_path / "request"), "--out", str(tmp_path / "answer"))
    answers.append((tmp_path / "answer").read_bytes())
    loaded = [ocsp.load_der_ocsp_response(answer) for answer in answers]
    assert [one.certificate_status.name for one in loaded] == ["GOOD", "REVOKED", "REVOKED"]
    assert loaded[0].certificates == loaded[1].certificates
    assert "exists" in pki.refused("ocsp", str(tmp_path / "request"), "--out", f"{tmp_path}/answer")
    malformed = ocsp.load_der_ocsp_response(pki.fed(b"x", "ocsp", "-").stdout_bytes)
    assert malformed.response_status == OCSPResponseStatus.MALFORMED_REQUEST


def test_a_delegate_is_made_with_the_passphrase_and_then_serves_without(tmp_path: Path) -> None:
    pki, secret = Pki(tmp_path / ".pki"), {"PKI_PASSPHRASE": "geheim"}
    pki.done("init", **secret)
    (tmp_path / "request").write_bytes(b"x")
    assert "PKI_PASSPHRASE" in pki.refused("ocsp", str(tmp_path / "request"))
    assert not (pki.home / "ocsp").exists()
    pki.done("ocsp", str(tmp_path / "request"), **secret)
    pki.done("ocsp", str(tmp_path / "request"))
    assert len(list((pki.home / "ocsp").iterdir())) == 2
    (key,) = (pki.home / "ocsp").glob("*.key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert "signs OCSP answers" in pki.refused("revoke", key.stem)
    assert serial(pki, f"ocsp/{key.stem}.pem") == key.stem
