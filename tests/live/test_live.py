"""The questions put to the laptop's own API Gateway: they are answered, and as we chose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pki.unconfirmed import UNCONFIRMED
from tests.conftest import Pki
from tests.live import cli
from tests.live.made import Issuer, leaf, stranger
from tests.live.questions import NO_ECHO, NO_ISSUER, QUESTIONS
from tests.parity import running

FORBIDDEN = '403, x-amzn-ErrorType ForbiddenException, {"message":"Forbidden"}'
OF_TRUSTED = ("authority", "not-for-clients", "may-not-sign", "critical-extension")


@pytest.fixture(scope="module")
def port(pki: Pki) -> Iterator[int]:
    """9443 in front of a function that answers with its event."""
    with running.folder() as run:
        socket = run / "gateway.sock"
        recorder = "tests.parity.recording:handler"
        with (
            running.gateway(run, pki.truststore, recorder),
            running.nginx(run, pki, pki.truststore, Path("/nowhere"), socket) as ports,
        ):
            yield ports.api_gateway


def asked(port: int, pki: Pki, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, str]:
    """The printed table: what was seen, by id."""
    pem, key = pki.client("billing")
    words = ["--domain", f"localhost:{port}", "--cert", str(pem), "--key", str(key)]
    cli.main([*words, "--ca", str(pki.ca), *more])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| id | question | our choice | seen |"
    rows = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines[2:]]
    return {row[0].strip("`"): row[3] for row in rows}


@pytest.fixture
def seen(port: int, pki: Pki, capsys: pytest.CaptureFixture[str]) -> Mapping[str, str]:
    issuing = pki.home / "authorities/issuing"
    issuer = ("--issuer-cert", f"{issuing}.pem", "--issuer-key", f"{issuing}.key")
    return asked(port, pki, capsys, "--echo", "/event", *issuer)


def test_the_laptop_answers_as_we_chose(seen: Mapping[str, str]) -> None:
    assert set(seen) == set(QUESTIONS)
    assert seen["tls-1.3"].startswith("TLSv1.2 ECDHE-")
    assert "TLSv1.3 TLS_AES_" in seen["tls-1.3"]
    assert seen["alpn"] == "h2"
    assert re.fullmatch(
        r"over 1.2: TLSv1.2, closed: .+; over 1.3: TLSv1.3, closed: .+", seen["no-certificate"]
    )
    assert seen["ca-names"] == "none"
    assert seen["forbidden-body"] == """b'{"message":"Forbidden"}'"""
    assert "x-amzn-ErrorType: ForbiddenException" in seen["forbidden-headers"]
    for name in (*OF_TRUSTED, "netscape-type", "P-521", "self-signed"):
        assert seen[name] == FORBIDDEN, name
    for name in ("expired", "not-yet-valid"):
        assert seen[name] == f"of an unknown CA: {FORBIDDEN}; of a trusted one: {FORBIDDEN}"
    assert seen["too-large-type"].startswith("413, x-amzn-ErrorType RequestTooLargeException")
    assert "414, x-amzn-ErrorType RequestURITooLongException" in seen["long-request-types"]
    assert "431, x-amzn-ErrorType" in seen["long-request-types"]
    assert seen["x-forwarded-for"] == "X-Forwarded-For: 6.6.6.6, 127.0.0.1"
    assert seen["trace-id"].startswith("X-Amzn-Trace-Id: Root=1-5e9f0c65-")
    assert seen["header-case"] == "tEsT-hEADER: 1"
    assert seen["pem-newline"] == r"'-----\n'"
    assert seen["dn-escapes"] == "O=Example,CN=billing / O=Example,CN=Example Issuing CA"
    assert seen["serial-high-bit"].isdigit()


def test_what_it_takes_to_ask_is_said_where_it_is_missing(
    port: int, pki: Pki, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = asked(port, pki, capsys)
    assert {seen[name] for name in OF_TRUSTED} == {NO_ISSUER}
    assert {seen[name] for name in ("pem-newline", "trace-id", "header-case")} == {NO_ECHO}


def test_every_question_has_its_words() -> None:
    known = {choice.id for choice in UNCONFIRMED} | set(cli._MORE)
    assert set(QUESTIONS) <= known


def test_cells_hold_no_line_and_no_bar() -> None:
    made = cli.table([("tls-1.3", "a|b\nc")])
    assert made.splitlines()[2].endswith("| a\\|b c |")
    assert len(made.splitlines()) == 3


def test_a_leaf_is_made_readable_by_its_owner_alone(tmp_path: Path) -> None:
    issuer: Issuer = stranger()
    assert leaf(tmp_path, issuer).key.stat().st_mode & 0o077 == 0
