"""What is checked of a server certificate before it goes into ACM: a table of yes and no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aws import server_certificate
from aws.server_certificate import Presented
from pki.errors import PkiError
from pki.findings import Finding, Severity
from tests.builders import CLIENT_AUTH, ENCIPHERS, SERVER_AUTH, SIGNS, Holder, authority, rsa_key
from tests.unit.aws.servers import files, key_of, server

NOW = datetime.now(UTC)
NAME = "api.example.com"
ROOT = authority()
ISSUING = authority(subject="CN=Issuing", issuer=ROOT)
DAY = timedelta(days=1)


def check(leaf: Holder, *chain: Holder) -> list[Finding]:
    presented = Presented(leaf.certificate, tuple(one.certificate for one in chain))
    return server_certificate.check(presented, NOW)


def codes(found: Sequence[Finding]) -> set[str]:
    assert all(one.hint and one.source for one in found)
    return {one.code for one in found}


@pytest.mark.parametrize(
    ("leaf", "chain"),
    [
        (server(ISSUING, NAME), (ISSUING,)),
        (server(ISSUING, NAME), (ISSUING, ROOT)),
        (server(ISSUING, NAME, key=rsa_key(2048)), (ISSUING,)),
        (server(ISSUING, NAME, eku=None, key_usage=None), (ISSUING,)),
        (server(None, NAME), ()),
        (server(ROOT, NAME, "*.example.com"), (ROOT,)),
    ],
)
def test_what_is_right(leaf: Holder, chain: tuple[Holder, ...]) -> None:
    assert check(leaf, *chain) == []


@pytest.mark.parametrize(
    ("leaf", "chain", "code"),
    [
        (ISSUING, (ROOT,), "certificate.ca"),
        (server(ISSUING, NAME, eku=CLIENT_AUTH), (ISSUING,), "certificate.not-server"),
        (server(ISSUING, NAME, key_usage=ENCIPHERS), (ISSUING,), "certificate.not-server"),
        (server(ISSUING), (ISSUING,), "certificate.no-names"),
        (server(ISSUING, NAME, not_before=NOW + DAY), (ISSUING,), "certificate.not-yet"),
        (server(ISSUING, NAME, not_before=NOW - 91 * DAY), (ISSUING,), "certificate.expired"),
        (server(ISSUING, NAME, key=rsa_key(1024)), (ISSUING,), "certificate.key-type"),
        (server(ISSUING, NAME, signed_with="sha1"), (ISSUING,), "certificate.algorithm"),
        (server(ISSUING, NAME), (ROOT,), "certificate.chain"),
        (server(ISSUING, NAME), (ROOT, ISSUING), "certificate.chain"),
    ],
)
def test_what_is_wrong(leaf: Holder, chain: tuple[Holder, ...], code: str) -> None:
    found = check(leaf, *chain)
    assert code in codes([one for one in found if one.severity is Severity.ERROR])


def test_a_ca_in_the_chain_that_has_expired() -> None:
    old = authority(subject="CN=Old", not_before=NOW - 400 * DAY)
    assert codes(check(server(old, NAME), old)) == {"certificate.chain"}


@pytest.mark.parametrize(
    ("leaf", "chain", "code"),
    [
        (server(ISSUING, NAME), (), "certificate.no-chain"),
        (server(ISSUING, NAME, lifetime=20 * DAY), (ISSUING,), "certificate.expires"),
    ],
)
def test_what_is_a_warning(leaf: Holder, chain: tuple[Holder, ...], code: str) -> None:
    (found,) = check(leaf, *chain)
    assert (found.code, found.severity) == (code, Severity.WARNING)


BEFORE = server(ISSUING, NAME, "www.example.com", eku=SERVER_AUTH, key_usage=SIGNS)
OTHER = authority(subject="CN=Other Issuing", issuer=ROOT)


@pytest.mark.parametrize(
    ("after", "relocks", "changes"),
    [
        (server(ISSUING, NAME, "www.example.com"), set(), set()),
        (server(ISSUING, "www.example.com", NAME.upper()), set(), set()),
        (server(ISSUING, NAME), {"certificate.other-names"}, set()),
        (server(OTHER, NAME, "www.example.com"), {"certificate.other-issuer"}, set()),
        (
            server(ISSUING, NAME, "www.example.com", key=rsa_key(2048)),
            set(),
            {"certificate.key-type"},
        ),
        (server(ISSUING, NAME, "www.example.com", eku=None), set(), {"certificate.usages"}),
    ],
)
def test_what_takes_the_place_of_another(
    after: Holder, relocks: set[str], changes: set[str]
) -> None:
    pair = (BEFORE.certificate, after.certificate)
    assert codes(list(server_certificate.relocks(*pair))) == relocks
    assert codes(list(server_certificate.changes(*pair))) == changes


def test_client_auth_may_go_and_so_may_key_encipherment_of_ec() -> None:
    both = server(ISSUING, NAME, eku=CLIENT_AUTH, key_usage=ENCIPHERS)
    after = server(ISSUING, NAME)
    assert list(server_certificate.changes(both.certificate, after.certificate)) == []
    rsa = [server(ISSUING, NAME, key=rsa_key(2048), key_usage=u) for u in (ENCIPHERS, SIGNS)]
    assert codes(list(server_certificate.changes(rsa[0].certificate, rsa[1].certificate))) == {
        "certificate.usages"
    }


def test_the_chain_may_be_in_the_same_file(tmp_path: Path) -> None:
    leaf = server(ISSUING, NAME)
    whole = tmp_path / "fullchain.pem"
    whole.write_text(leaf.pem + ISSUING.pem + leaf.pem)
    rest = tmp_path / "chain.pem"
    rest.write_text(ISSUING.pem + ROOT.pem)
    found = server_certificate.read(whole, rest)
    assert found == Presented(leaf.certificate, (ISSUING.certificate, ROOT.certificate))
    assert found.pem == leaf.pem.encode()
    assert found.chain_pem == (ISSUING.pem + ROOT.pem).encode()


def test_a_key_in_the_certificates_file_is_refused(tmp_path: Path) -> None:
    leaf = server(ISSUING, NAME)
    made = files(tmp_path / "x", leaf, [ISSUING])
    made.certificate.write_bytes(leaf.pem.encode() + key_of(leaf))
    with pytest.raises(PkiError, match="holds a private key"):
        server_certificate.read(made.certificate)
