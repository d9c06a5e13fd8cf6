"""`python -m aws doctor` at the running stack: nothing against a good client, else the cause."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aws.cli import main
from stack.native import NativeStack
from stack.settings import Settings
from tests import builders, crls
from tests.builders import Files, Holder
from tests.conftest import Pki, settings, started

FRONTS = ("alb", "api-gateway")
#: What each front is first found to do with a client, by what is wrong with it.
WRONG: Mapping[str, tuple[str, str]] = {
    "a stranger": ("asks.other-cas", "http.forbidden"),
    "expired": ("client.expired", "client.expired"),
    "for servers": ("client.would-be-refused", "client.would-be-refused"),
    "outsider": ("service.certificate-not-allowed", "service.certificate-not-allowed"),
    "revoked": ("service.certificate-revoked", "service.certificate-revoked"),
}


@pytest.fixture(scope="module")
def revoked(issuing: Holder) -> Holder:
    return builders.leaf(issuer=issuing)


@pytest.fixture(scope="module")
def revoking(
    pki: Pki, issuing: Holder, revoked: Holder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NativeStack]:
    """A stack whose service knows of a client that was revoked."""
    crl = tmp_path_factory.mktemp("crl") / "crl.pem"
    crl.write_bytes(crls.pem(crls.crl(issuing, [revoked.certificate.serial_number])))
    wanted = settings(pki, tmp_path_factory.mktemp("run"))
    more = {"REVOCATION_CRLS": str(crl), "TRUSTSTORE": str(pki.truststore)}
    more["REVOCATION_INDEX"] = str(tmp_path_factory.mktemp("index"))
    yield from started(replace(wanted, inherited={**wanted.inherited, **more}))


@pytest.fixture(scope="module")
def wrong(
    issuing: Holder, revoked: Holder, outsider: Files, keep: Callable[[Holder], Files]
) -> Mapping[str, Files]:
    expired = builders.leaf(issuer=issuing, lifetime=timedelta(minutes=5))
    stranger = builders.leaf(issuer=builders.authority())
    server = builders.leaf(issuer=issuing, eku=builders.SERVER_AUTH)
    return {
        "a stranger": keep(stranger),
        "expired": keep(expired),
        "for servers": keep(server),
        "outsider": outsider,
        "revoked": keep(revoked),
    }


def ask(wanted: Settings, front: str, ca: Path, client: Files | None, *more: str) -> Any:
    """The exit code, and the findings' codes."""
    words = ["doctor", wanted.urls[front], "--ca", str(ca), "--json", *more]
    if client:
        words += ["--cert", str(client.pem), "--key", str(client.key)]
    done = CliRunner().invoke(main, words)
    value = json.loads(done.stdout)
    codes = [one["code"].removeprefix("doctor.") for one in value["findings"]]
    return done.exit_code, codes, {one["what"]: one["said"] for one in value["looked_at"]}


@pytest.mark.parametrize("front", FRONTS)
def test_nothing_is_wrong_with_a_good_client(
    revoking: NativeStack, pki: Pki, billing: Files, front: str
) -> None:
    for more in ((), ("--truststore", str(pki.truststore))):
        code, found, said = ask(revoking.settings, front, pki.ca, billing, *more)
        assert (code, found) == (0, []), said
        assert said["tls"] == "TLSv1.3 and TLSv1.2, with HTTP/2"
        assert (
            said["http"] == "GET /whoami: 200 application/json, GET /health: 200 application/json"
        )
    assert ask(revoking.settings, front, pki.ca, None)[:2] == (0, [])


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("name", WRONG)
def test_the_first_finding_is_what_is_wrong_with_a_client(
    revoking: NativeStack,
    pki: Pki,
    wrong: Mapping[str, Files],
    *,
    name: str,
    front: str,
) -> None:
    code, found, said = ask(revoking.settings, front, pki.ca, wrong[name])
    assert code == 1, said
    assert found[0] == WRONG[name][FRONTS.index(front)], said


@pytest.mark.parametrize("front", FRONTS)
def test_a_truststore_tells_why_a_stranger_is_refused(
    revoking: NativeStack, pki: Pki, wrong: Mapping[str, Files], front: str
) -> None:
    stranger, trusted = wrong["a stranger"], ("--truststore", str(pki.truststore))
    _, found, _ = ask(revoking.settings, front, pki.ca, stranger, *trusted)
    assert "client.would-be-refused" in found
    assert "http.forbidden" not in found


@pytest.mark.parametrize("front", FRONTS)
def test_a_truststore_that_is_not_in_force_is_seen(
    revoking: NativeStack, pki: Pki, tmp_path: Path, front: str
) -> None:
    """The client's CA was added to the file, and nobody has reloaded."""
    root = builders.authority(subject="CN=Just Added,O=Test")
    client = builders.write(tmp_path, "new", builders.leaf(issuer=root))
    newer = tmp_path / "truststore.pem"
    newer.write_text(pki.truststore.read_text() + root.pem)
    _, found, _ = ask(revoking.settings, front, pki.ca, client, "--truststore", str(newer))
    expected = {"alb": "asks.other-cas", "api-gateway": "client.not-in-force"}
    assert found[0] == expected[front]


def test_passthrough_is_told_from_no_mutual_tls(
    passthrough_stack: NativeStack, pki: Pki, billing: Files
) -> None:
    """The front lets everybody connect, and the service behind it nobody in."""
    code, found, said = ask(passthrough_stack.settings, "alb", pki.ca, billing)
    assert (code, found) == (0, []), said
    assert said["anonymous"] == "403 application/problem+json"
