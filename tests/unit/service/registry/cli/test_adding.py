from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from service.certificate import ClientCertificate
from service.rate import Rate
from service.registry.matcher import Matcher
from service.registry.registration import Status
from tests import builders
from tests.unit.service.certs import ISSUER, leaf, pem
from tests.unit.service.registry.cli.command import BILLING, Command, uris


def test_a_client_is_added_with_all_that_is_said_of_it(command: Command) -> None:
    said = command.said(
        *("add", "billing", "--organization", "Example", "--uri", "spiffe://example.org/billing"),
        *("--dns", "Billing.Example.org", "--issuer", ISSUER, "--scope", "orders:read"),
        *("--scope", "orders:write", "--rate", "600/m", "--burst", "30", "--note", "ask Ann"),
    )
    assert said.startswith("added billing\n")
    found = command.get()
    assert (found.organization, found.status, found.note) == ("Example", Status.ACTIVE, "ask Ann")
    assert found.scopes == {"orders:read", "orders:write"}
    assert found.rate == Rate(10.0, 30)
    assert set(found.matchers) == {
        Matcher.of("uri", "spiffe://example.org/billing", ISSUER),
        Matcher.of("dns", "billing.example.org", ISSUER),
    }
    assert command.store.audit("billing").items[0].actor == "cli:ann"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("uri", "spiffe://example.org/billing"),
        ("uri-prefix", "spiffe://example.org/team/"),
        ("dns", "billing.example.org"),
        ("subject", "CN=billing,O=Example"),
        ("fingerprint", "ab" * 32),
    ],
)
def test_a_client_is_recognised_by_what_is_named(command: Command, option: str, value: str) -> None:
    command.said("add", "x", "--organization", "Example", f"--{option}", value)
    assert command.get("x").matchers == (Matcher.of(option, value),)


def test_a_certificate_says_how_its_holder_is_recognised_and_whose_it_is(command: Command) -> None:
    command.said("add", "billing", "--certificate", command.certificate())
    found = command.get()
    assert found.matchers == (Matcher.of("uri", "spiffe://example.org/billing", ISSUER),)
    assert found.organization == "Example"


def test_a_certificate_without_a_uri_is_recognised_by_its_subject(command: Command) -> None:
    path = command.certificate(names=(x509.DNSName("billing.example.org"),))
    command.said("add", "billing", "--certificate", path)
    assert command.get().matchers == (Matcher.of("subject", "CN=billing,O=Example", ISSUER),)


def test_a_certificate_in_der_and_one_that_is_typed_will_do(command: Command) -> None:
    der = command.file("client.der", leaf().public_bytes(Encoding.DER))
    command.said("add", "one", "--certificate", der)
    other = pem(leaf(names=uris("spiffe://example.org/two")))
    command.said("add", "two", "--certificate", "-", typed=other)
    assert command.get("two").matchers[0].value == "spiffe://example.org/two"


def test_of_a_file_with_a_chain_the_leaf_is_taken(command: Command) -> None:
    authority = builders.authority(subject="CN=Example Issuing CA,O=Example")
    path = command.file("chain.pem", pem(leaf()) + pem(authority.certificate))
    command.said("add", "billing", "--certificate", path)
    assert command.get().matchers[0].value == "spiffe://example.org/billing"


def test_a_file_that_begins_with_an_authority_is_refused(command: Command) -> None:
    authority = builders.authority(subject="CN=Example Issuing CA,O=Example")
    path = command.file("ca.pem", pem(authority.certificate) + pem(leaf()))
    errors, _ = command.refused("add", "billing", "--certificate", path)
    assert errors == [
        f"{path!r} is the certificate of an authority, 'CN=Example Issuing CA,O=Example'"
    ]
    assert command.ids() == []


@pytest.mark.parametrize(
    "content",
    [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ids=["empty", "text", "broken"],
)
def test_a_file_without_a_certificate_is_refused(command: Command, content: bytes) -> None:
    path = command.file("client.pem", content)
    errors, hint = command.refused("add", "billing", "--certificate", path)
    assert errors == [f"{path!r} has no certificate that can be read"]
    assert "--certificate" in hint
    assert command.ids() == []


def test_a_file_that_is_too_large_for_a_certificate_is_refused(command: Command) -> None:
    path = command.file("client.pem", pem(leaf()) + " " * 1024 * 1024)
    errors, _ = command.refused("add", "billing", "--certificate", path)
    assert errors == [f"{path!r} is larger than 1048576 octets"]


def test_a_file_that_is_not_there_is_told(command: Command) -> None:
    errors, _ = command.refused("add", "billing", "--certificate", "/nowhere/x.pem")
    assert errors == ["cannot use '/nowhere/x.pem': no such file or directory"]


def test_a_certificate_that_its_uri_would_not_recognise_is_refused(command: Command) -> None:
    path = command.certificate(names=uris("spiffe://example.org/bill ing"))
    errors, hint = command.refused("add", "billing", "--certificate", path)
    assert "cannot be recognised by its uri" in errors[0]
    assert hint.startswith("--fingerprint ")


def test_what_is_added_lets_in_the_certificate_it_was_made_of(command: Command) -> None:
    command.said("add", "billing", "--certificate", command.certificate())
    known = command.store.recognise(ClientCertificate.from_certificate(leaf()))
    assert known is not None
    assert known.id == "billing"
    other = leaf(issuer="CN=Another CA,O=Example")
    assert command.store.recognise(ClientCertificate.from_certificate(other)) is None


def test_an_id_that_is_taken_is_refused(command: Command) -> None:
    command.said("add", *BILLING)
    words = ("billing", "--organization", "Other", "--uri", "spiffe://example.org/other")
    errors, hint = command.refused("add", *words)
    assert errors == ["there is a client 'billing'"]
    assert "clients update billing" in hint
    assert command.get().organization == "Example"


def test_a_certificate_of_another_client_is_refused(command: Command) -> None:
    command.said("add", *BILLING)
    words = ("team", "--organization", "Team", "--uri-prefix", "spiffe://example.org/")
    errors, hint = command.refused("add", *words)
    assert errors == ["uri-prefix 'spiffe://example.org/' would match the client 'billing' as well"]
    assert hint == "flask --app service.wsgi clients show billing"
    assert command.ids() == ["billing"]


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_added(command: Command) -> None:
    errors, _ = command.refused(
        *("add", "Billing", "--organization", "a\nb", "--uri", "no uri", "--scope", "READ ALL"),
        *("--note", "\x1b[2J"),
    )
    assert sorted(errors) == [
        "id is 'Billing', expected a-z, 0-9 and '-' in between, 63 at most",
        "matchers/0: uri is 'no uri', expected one such as 'spiffe://example.org/billing'",
        "note is '\\x1b[2J', expected text without control characters",
        "organization is 'a\\nb', expected one line, without control characters",
        "scopes/0 is 'READ ALL', expected one such as 'orders:read', in lower case",
    ]
    assert command.ids() == []


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("x", "--organization", "X"), "say how its certificates are recognised"),
        (("x", "--uri", "spiffe://a/b"), "say whose it is: --organization"),
        (("--organization", "X"), "missing argument 'ID'"),
        (("x", "--organization", "X", "--issuer", "CN=a"), "--issuer goes with one of"),
        ((*BILLING, "--burst", "3"), "--burst goes with --rate"),
        ((*BILLING, "--burst", "0", "--rate", "1/s"), "invalid value for '--burst'"),
        ((*BILLING, "--rate", "fast"), "'fast' is no rate, expected one such as '10/s'"),
        ((*BILLING, "--rate", "0/s"), "'0/s' is no rate"),
        ((*BILLING, "--rate", "99999/s"), "'99999/s' is no rate"),
        ((*BILLING, "--nope"), "no such option"),
    ],
    ids=str,
)
def test_wrong_usage_is_told_with_the_command_that_helps(
    command: Command, words: tuple[str, ...], error: str
) -> None:
    errors, hint = command.refused("add", *words, code=2)
    assert len(errors) == 1
    assert error in errors[0]
    assert hint == "flask --app service.wsgi clients add --help"
    assert command.ids() == []


def test_programs_get_the_client_as_the_api_says_it(command: Command) -> None:
    said = command.json("add", *BILLING, "--rate", "1/s")
    assert said["id"] == "billing"
    assert said["rate"] == {"per_second": 1.0, "burst": 1}
    assert said["version"] == 1
