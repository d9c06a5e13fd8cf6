import pytest

from service.certificate import ClientCertificate, parse_name
from service.policy import Allowed, AllowList, Denied
from tests.unit.service.certs import ISSUER, leaf, pem

CLIENT = ClientCertificate.from_pem(pem(leaf()))
URI = "spiffe://example.org/billing"


def allow(
    *, issuers: tuple[str, ...] = (), subjects: tuple[str, ...] = (), uris: tuple[str, ...] = ()
) -> AllowList:
    return AllowList(
        issuers=frozenset(parse_name(text) for text in issuers),
        subjects=frozenset(parse_name(text) for text in subjects),
        uris=frozenset(uris),
    )


def test_an_empty_list_admits_nobody() -> None:
    assert not AllowList()
    assert isinstance(AllowList().check(CLIENT), Denied)


@pytest.mark.parametrize(
    ("listed", "because"),
    [
        (allow(issuers=(ISSUER,)), "issuer"),
        (allow(subjects=("CN=billing,O=Example",)), "subject"),
        (allow(subjects=("CN=x", "CN=billing,O=Example")), "subject"),
        (allow(uris=(URI,)), f"uri {URI}"),
        (allow(uris=("spiffe://example.org/*",)), f"uri {URI}"),
        (allow(issuers=(ISSUER,), uris=("spiffe://example.org/*",)), f"uri {URI}"),
        (allow(subjects=("CN=x",), uris=(URI,)), f"uri {URI}"),
        (AllowList(fingerprints=frozenset({CLIENT.fingerprint})), "fingerprint"),
    ],
)
def test_a_client_on_the_list_is_allowed_and_the_rule_is_named(
    listed: AllowList, because: str
) -> None:
    assert listed.check(CLIENT) == Allowed(because)


@pytest.mark.parametrize(
    "listed",
    [
        allow(issuers=("CN=Another CA",)),
        allow(issuers=("CN=Another CA",), subjects=("CN=billing,O=Example",), uris=(URI,)),
        allow(issuers=(ISSUER,), subjects=("CN=shipping,O=Example",)),
        allow(issuers=(ISSUER,), uris=("spiffe://example.org/shipping",)),
        allow(subjects=("CN=Billing,O=Example",)),
        allow(subjects=("O=Example,CN=billing",)),
        allow(uris=(URI.upper(),)),
        allow(uris=("spiffe://example.org/bill*",)),
        allow(uris=("spiffe://example.org/billing/*",)),
        allow(uris=("spiffe://example.org",)),
        AllowList(fingerprints=frozenset({"0" * 64})),
    ],
)
def test_a_client_that_is_not_on_the_list_is_denied(listed: AllowList) -> None:
    assert isinstance(listed.check(CLIENT), Denied)


def test_the_same_subject_from_another_issuer_is_denied_when_issuers_are_named() -> None:
    listed = allow(issuers=(ISSUER,), subjects=("CN=billing,O=Example",))
    stranger = ClientCertificate.from_pem(pem(leaf(issuer="CN=Stranger CA")))
    assert isinstance(listed.check(CLIENT), Allowed)
    assert isinstance(listed.check(stranger), Denied)


@pytest.mark.parametrize(
    "uri",
    [
        "spiffe://example.org/team/../admin",
        "spiffe://example.org/team/./x",
        "spiffe://example.org/team/%2e%2E/admin",
        "spiffe://example.org/team/.%2e/admin",
        "spiffe://example.org/team/a%2f..%2fadmin",
        "spiffe://example.org/team//admin",
        "spiffe://example.org/team/a\\..\\admin",
        "spiffe://example.org/team/",
        "spiffe://example.org/team/a/..?x",
        "spiffe://example.org/team/..#x",
        "spiffe://example.org/team/a/..;x",
        "spiffe://example.org/teams",
        "spiffe://example.org/team",
    ],
)
def test_nothing_climbs_out_of_a_prefix(uri: str) -> None:
    from cryptography import x509

    listed = allow(uris=("spiffe://example.org/team/*",))
    climber = leaf(names=(x509.UniformResourceIdentifier(uri),))
    good = leaf(names=(x509.UniformResourceIdentifier("spiffe://example.org/team/a.b/..c"),))
    assert isinstance(listed.check(ClientCertificate.from_pem(pem(climber))), Denied)
    assert isinstance(listed.check(ClientCertificate.from_pem(pem(good))), Allowed)
