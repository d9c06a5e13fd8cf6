"""Truststores that API Gateway takes, warns of, or refuses, by the rules that AWS documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.builders import Holder, authority, bundle, leaf, rsa_key, tower
from tests.fakes import bundle as rules
from tests.fakes.asking import OLD, URI, VERSION, get, operation, update, update_refused
from tests.fakes.protected import NAME, Protected, protected_domain, upload, versioned_bucket

NOW = datetime.now(UTC)


def warned(*holders: Holder) -> tuple[str, ...]:
    content = bundle(*(holder.certificate for holder in holders)).encode()
    return rules.read(content, NOW).warnings


def test_good_truststores_have_no_warnings(root: Holder) -> None:
    strong = [
        authority(subject="CN=P-384", key=ec.generate_private_key(ec.SECP384R1())),
        authority(subject="CN=RSA", key=rsa_key(2048)),
    ]
    longest = tower(intermediates=3)[:-1]
    assert warned(root, *strong, *longest) == ()


BAD = [
    ("has expired", lambda: authority(not_before=OLD)),
    ("is not valid yet", lambda: authority(not_before=NOW + timedelta(days=1))),
    ("has an RSA key of 1024 bits, which is too weak", lambda: authority(key=rsa_key(1024))),
    (
        "has a key of an unsupported type",
        lambda: authority(key=ec.generate_private_key(ec.SECP521R1())),
    ),
    (
        "is signed with an insecure algorithm",
        lambda: leaf(issuer=None, subject="CN=Test Root,O=Test", ca=True, signed_with="sha1"),
    ),
    (
        "has no complete chain up to a root certificate",
        lambda: authority(issuer=authority(subject="CN=Absent")),
    ),
    (
        # The issuer's name is there, its key is not.
        "has no complete chain up to a root certificate",
        lambda: authority(issuer=authority(subject="CN=First Root,O=Test")),
    ),
]


@pytest.mark.parametrize(("issue", "make"), BAD)
def test_a_bad_certificate_is_named_with_its_issue(root: Holder, issue: str, make: object) -> None:
    assert callable(make)
    bad: Holder = make()
    name = bad.certificate.subject.rfc4514_string()
    assert warned(root, bad) == (f"Certificate with subject '{name}' {issue}.",)


def test_ed25519_is_not_listed(root: Holder) -> None:
    found = warned(root, authority(key=ed25519.Ed25519PrivateKey.generate()))
    assert [one.partition("' ")[2] for one in found] == [
        "has a key of an unsupported type.",
        "is signed with an insecure algorithm.",
    ]


def test_a_chain_of_five_is_too_long() -> None:
    found = warned(*tower(intermediates=4)[:-1])
    named = "Certificate with subject 'CN=Floor 4 of 4,O=Test'"
    assert found == (f"{named} has a chain of 5 certificates, longer than 4.",)


def test_what_cannot_be_parsed_is_counted(root: Holder) -> None:
    spoiled = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    found = rules.read((root.pem + spoiled).encode(), NOW)
    assert found.warnings == ("Certificate number 2 is not a valid X.509 certificate.",)
    assert found.certificates == (root.certificate,)


def test_a_thousand_certificates_and_a_mebibyte(root: Holder) -> None:
    pem = root.pem.encode()
    assert len(rules.read(pem * 1000, NOW).certificates) == 1000
    with pytest.raises(rules.NoBundle, match="1001 certificates"):
        rules.read(pem * 1001, NOW)
    full = pem + b"\n" * (rules.MAX_BYTES - len(pem))
    assert rules.read(full, NOW).warnings == ()
    with pytest.raises(rules.NoBundle, match="1048577 bytes"):
        rules.read(full + b"\n", NOW)
    with pytest.raises(rules.NoBundle, match="no PEM"):
        rules.read(root.certificate.tbs_certificate_bytes, NOW)


def test_warnings_are_in_the_answer_to_the_change_alone(made: Protected, root: Holder) -> None:
    expired = authority(subject="CN=Old", not_before=OLD)
    version = made.upload(bundle(root.certificate, expired.certificate).encode())
    answer = update(made.fake, NAME, operation(VERSION, version))
    warnings = ["Certificate with subject 'CN=Old' has expired."]
    assert answer["mutualTlsAuthentication"]["truststoreWarnings"] == warnings
    assert "truststoreWarnings" not in get(made)["mutualTlsAuthentication"]
    made.fake.clock.sleep(40)
    assert "truststoreWarnings" not in get(made)["mutualTlsAuthentication"]
    made.fake.behaviour.repeats_warnings = True
    assert get(made)["mutualTlsAuthentication"]["truststoreWarnings"] == warnings
    # Mutual TLS is on all the same, and the others get in.
    assert made.fake.accepts(NAME, leaf(issuer=root).certificate)
    assert not made.fake.accepts(NAME, leaf(issuer=expired).certificate)
    good = update(made.fake, NAME, operation(VERSION, made.version))
    assert "truststoreWarnings" not in good["mutualTlsAuthentication"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (VERSION, "no-such-version"),
        (URI, "s3://no-such-bucket-4711/truststore.pem"),
        (URI, "https://example.com/truststore.pem"),
        (URI, "s3://bucket"),
    ],
)
def test_an_unreadable_truststore_is_refused(
    made: Protected, root: Holder, path: str, value: str
) -> None:
    assert update_refused(made.fake, NAME, operation(path, value))[0] == "BadRequestException"
    assert get(made)["domainNameStatus"] == "AVAILABLE"
    assert made.fake.in_force(NAME) == root.pem.encode()


def test_a_bucket_may_be_somebody_elses(made: Protected) -> None:
    made.fake.behaviour.unreadable.add(made.bucket)
    said = update_refused(made.fake, NAME, operation(VERSION, made.version))
    assert said[1].endswith("cannot be read: Access Denied")
    made.fake.behaviour.unreadable.clear()
    update(made.fake, NAME, operation(VERSION, made.version))


def test_no_truststore_at_all_is_refused(made: Protected) -> None:
    version = made.upload(b"nothing")
    said = update_refused(made.fake, NAME, operation(VERSION, version))
    assert said[1].endswith("is invalid: no PEM certificate in it")


def test_an_unversioned_bucket_has_no_version(made: Protected, other: Holder) -> None:
    bucket = versioned_bucket(made.fake, status="")
    assert upload(made.fake, bucket, other.pem.encode()) == ""
    uri = operation(URI, f"s3://{bucket}/truststore.pem")
    said = update_refused(made.fake, NAME, uri, operation(VERSION, "1"))
    assert said[0] == "BadRequestException"
    update(made.fake, NAME, uri, operation(VERSION, op="remove"))
    made.fake.clock.sleep(40)
    assert made.fake.in_force(NAME) == other.pem.encode()
    assert get(made)["mutualTlsAuthentication"] == {"truststoreUri": uri["value"]}


def test_an_unpinned_truststore_is_the_one_of_the_last_update(
    made: Protected, root: Holder, other: Holder
) -> None:
    loose = protected_domain(made.fake, root.pem.encode(), name="loose.example.com", pinned=False)
    loose.upload(other.pem.encode())
    update(made.fake, loose.name, operation("/routingMode", "ROUTING_RULE_ONLY"))
    made.fake.clock.sleep(40)
    assert made.fake.in_force(loose.name) == root.pem.encode()
    update(made.fake, loose.name, operation(URI, loose.uri))
    made.fake.clock.sleep(40)
    assert made.fake.in_force(loose.name) == other.pem.encode()
