"""Names in certificates that are no matcher's, though a reader may think so."""

import pytest
from cryptography import x509

from service.certificate import ClientCertificate
from service.registry import dynamodb_keys
from service.registry.matcher import InvalidMatcher, Matcher, looked_for
from tests.unit.service import certs

_TEAM = Matcher.of("uri-prefix", "spiffe://example.org/team/")


def _recognises(matcher: Matcher, *names: x509.GeneralName) -> bool:
    return matcher.key in looked_for(ClientCertificate.from_certificate(certs.leaf(names=names)))


def _dns(name: str) -> x509.DNSName:
    return x509.DNSName._init_without_validation(name)  # as it is read


def _uri(value: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier._init_without_validation(value)


@pytest.mark.parametrize(
    ("name", "is_its"),
    [
        ("kiosk.example.org", True),
        ("KIOSK.Example.org", True),
        ("\N{KELVIN SIGN}iosk.example.org", False),
        ("kiosk.example.org.", False),
        ("*.example.org", False),
        ("kiosk.example.org\0.example.net", False),
    ],
    ids=["same", "case", "kelvin sign", "dot", "wildcard", "nul"],
)
def test_a_dns_name_is_the_same_in_ascii_alone(name: str, *, is_its: bool) -> None:
    assert _recognises(Matcher.of("dns", "kiosk.example.org"), _dns(name)) is is_its


def test_a_dns_name_that_is_not_ascii_is_no_matcher() -> None:
    with pytest.raises(InvalidMatcher, match="expected a name such as"):
        Matcher.of("dns", "\N{KELVIN SIGN}iosk.example.org")


@pytest.mark.parametrize(
    ("rest", "is_below"),
    [
        ("billing", True),
        (".\t./admin", False),
        ("\N{FULLWIDTH FULL STOP}\N{FULLWIDTH FULL STOP}/admin", False),
        ("billing ", False),
    ],
    ids=["below", "tab", "fullwidth dots", "blank"],
)
def test_a_uri_with_what_no_uri_has_is_below_nothing(rest: str, *, is_below: bool) -> None:
    assert _recognises(_TEAM, _uri(f"{_TEAM.value}{rest}")) is is_below


@pytest.mark.parametrize("letter", ["e", "\N{EURO SIGN}"], ids=["one octet", "three octets"])
def test_whatever_a_certificate_has_dynamodb_takes_the_keys_that_are_looked_for(
    letter: str,
) -> None:
    leaf = certs.leaf(names=(_uri(f"{_TEAM.value}{letter * 1000}"),))
    keys = map(dynamodb_keys.claim, looked_for(ClientCertificate.from_certificate(leaf)))
    assert max(len(sk.encode()) for _, sk in keys) <= 1024
