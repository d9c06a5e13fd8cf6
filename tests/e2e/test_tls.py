"""How TLS is spoken: versions, suites, HTTP/2, and no session that outlives the truststore."""

from __future__ import annotations

import re
import ssl
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from stack.native import NativeStack
from tests.builders import Files
from tests.conftest import Pki, require
from tests.e2e import wire

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
OPENSSL_VERSIONS = pytest.mark.parametrize("flag", ["-tls1_2", "-tls1_3"])


def s_client(stack: NativeStack, pki: Pki, client: Files, *words: str | Path) -> str:
    """What `openssl s_client` says of GET /whoami."""
    address = f"127.0.0.1:{stack.settings.alb_port}"
    files: list[str | Path] = ["-CAfile", pki.ca, "-cert", client.pem, "-key", client.key]
    done = subprocess.run(
        [require("openssl"), "s_client", "-connect", address, "-servername", "localhost",
         "-ign_eof", *files, *words],
        input=wire.WHOAMI,
        capture_output=True,
        timeout=wire.PATIENCE,
        check=False,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode(errors="replace")


@OPENSSL_VERSIONS
def test_a_session_is_never_resumed(
    stack: NativeStack, pki: Pki, billing: Files, tmp_path: Path, flag: str
) -> None:
    session = tmp_path / "session"
    first = s_client(stack, pki, billing, flag, "-sess_out", session)
    assert "HTTP/1.1 200" in first
    assert "New, TLS" in first
    resumed: list[str | Path] = ["-sess_in", session] if session.exists() else []
    second = s_client(stack, pki, billing, flag, *resumed)
    assert "HTTP/1.1 200" in second
    assert "New, TLS" in second
    assert "Reused" not in second


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])
def test_no_ticket_is_given_and_an_offered_session_is_not_taken(
    stack: NativeStack, pki: Pki, billing: Files, version: ssl.TLSVersion
) -> None:
    context = wire.tls(pki.ca, billing, version=version)
    with closing(wire.connect(stack.settings.alb_port, context)) as first:
        first.sendall(wire.WHOAMI)
        assert first.recv(4096).startswith(b"HTTP/1.1 200")
        session = first.session
    assert session is None or not session.has_ticket
    with closing(wire.connect(stack.settings.alb_port, context, session)) as second:
        second.sendall(wire.WHOAMI)
        assert second.recv(4096).startswith(b"HTTP/1.1 200")
        assert second.session_reused is False


@pytest.mark.parametrize("flag", ["-tls1", "-tls1_1"])
def test_an_old_version_is_refused(stack: NativeStack, pki: Pki, billing: Files, flag: str) -> None:
    weak = ["-cipher", "ALL:@SECLEVEL=0"]
    said = s_client(stack, pki, billing, flag, *weak)
    assert "HTTP/1.1" not in said
    assert "alert protocol version" in said
    assert "HTTP/1.1 200" in s_client(stack, pki, billing, "-tls1_2", *weak)


@pytest.mark.parametrize(
    "suite",
    [
        "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES128-SHA256",
        "ECDHE-ECDSA-AES256-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-AES128-SHA256",
        "DHE-RSA-AES128-GCM-SHA256",
        "AES128-GCM-SHA256",
        "AES256-SHA",
        "aNULL",
    ],
)
def test_another_suite_is_refused(stack: NativeStack, pki: Pki, billing: Files, suite: str) -> None:
    said = s_client(stack, pki, billing, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
    assert "HTTP/1.1" not in said
    assert "alert handshake failure" in said


@pytest.mark.parametrize(
    "suite", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
)
def test_a_suite_with_forward_secrecy_and_aead_is_taken(
    stack: NativeStack, pki: Pki, billing: Files, suite: str
) -> None:
    said = s_client(stack, pki, billing, "-tls1_2", "-cipher", suite)
    assert "HTTP/1.1 200" in said
    assert f"Cipher is {suite}" in said


def test_the_server_prefers(stack: NativeStack, pki: Pki, billing: Files) -> None:
    offered = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
    context = wire.tls(pki.ca, billing, version=TLS_1_2, ciphers=offered)
    with closing(wire.connect(stack.settings.alb_port, context)) as connection:
        cipher = connection.cipher()
    assert cipher is not None
    assert cipher[0] == "ECDHE-ECDSA-AES128-GCM-SHA256"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), (["http/1.1", "h2"], "h2")],
)
def test_http2_is_negotiated(
    stack: NativeStack, pki: Pki, billing: Files, offered: list[str], chosen: str
) -> None:
    context = wire.tls(pki.ca, billing, alpn=offered)
    with closing(wire.connect(stack.settings.alb_port, context)) as connection:
        assert connection.selected_alpn_protocol() == chosen


def test_renegotiation_is_refused(stack: NativeStack, pki: Pki, billing: Files) -> None:
    """A client could otherwise change its certificate within a connection."""
    files: list[str | Path] = ["-CAfile", pki.ca, "-cert", billing.pem, "-key", billing.key]
    done = subprocess.run(
        [require("openssl"), "s_client", "-connect", f"127.0.0.1:{stack.settings.alb_port}",
         "-tls1_2", *files],
        input=b"R\n",
        capture_output=True,
        timeout=wire.PATIENCE,
        check=False,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert "RENEGOTIATING" in said
    assert re.search("no renegotiation|unexpected|alert|write:errno", said)
