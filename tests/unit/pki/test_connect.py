"""explain --connect against real servers and against what is none."""

import json
import os
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from pki import endpoint, tls_client, transcript
from tests.builders import bundle, leaf, write
from tests.conftest import free_port
from tests.unit.pki.folder import Pki
from tests.unit.pki.oddities import DAY, NOW, signed
from tests.unit.pki.servers import ISSUING, Made, made, openssl, saying


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("servers"))


@pytest.fixture
def pki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pki:
    monkeypatch.setattr(endpoint, "_ALERT_WAIT", 0.3)
    return Pki(tmp_path / "none")


def asked(pki: Pki, port: int, *words: str) -> tuple[int, dict[str, Any]]:
    result = pki.run("explain", "--connect", f"127.0.0.1:{port}", *words, "--json")
    assert result.stderr == ""
    value: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, value


def checks(value: dict[str, Any]) -> dict[str, bool]:
    return {check["what"]: check["is_good"] for check in value["checks"]}


def local(files: Made) -> list[str]:
    return ["--name", "localhost", "--ca", str(files.ca)]


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_the_chain_and_the_names_are_shown_as_they_were_sent(
    pki: Pki, files: Made, version: str
) -> None:
    asks = ["-Verify", "2", "-CAfile", str(files.clients)]
    with openssl(files, version, *asks) as port:
        code, value = asked(pki, port, *local(files))
        assert value["protocol"] == {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}[version]
        assert [link["subject"] for link in value["chain"]] == ["CN=localhost", "CN=Server Issuing"]
        assert value["ca_names"] == ["CN=Clients"]
        assert (code, checks(value)["the end"]) == (1, False)
        client = ["--cert", str(files.client.pem), "--key", str(files.client.key)]
        _, with_client = asked(pki, port, *local(files), *client)
        assert checks(with_client)["your CA"] is True
        assert "the end" not in checks(with_client)
        said = pki.run("explain", "--connect", f"127.0.0.1:{port}", *local(files)).stdout
        assert "it asks for a client certificate, and names 1 CA\n  CN=Clients\n" in said
        assert "ca-names" in said


def test_a_client_of_another_ca_is_told_so(pki: Pki, files: Made, tmp_path: Path) -> None:
    other = write(tmp_path, "other", leaf(issuer=ISSUING))
    words = ["--cert", str(other.pem), "--key", str(other.key)]
    with openssl(files, "-verify", "2", "-CAfile", str(files.clients)) as port:
        _, value = asked(pki, port, *local(files), *words)
        assert checks(value)["your CA"] is False
    with openssl(files, "-verify", "2") as port:
        _, value = asked(pki, port, *local(files), *words)
        assert (value["ca_names"], checks(value)["your CA"]) == ([], True)


def test_a_server_that_asks_for_nothing(pki: Pki, files: Made) -> None:
    for version in ("-tls1_2", "-tls1_3"):
        with openssl(files, version) as port:
            _, value = asked(pki, port, *local(files))
            assert (value["asks_for_certificate"], value["ca_names"]) == (False, None)


def test_trust_and_name_are_told_apart(pki: Pki, files: Made, tmp_path: Path) -> None:
    san = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    named = write(tmp_path, "named", signed(ISSUING, (san, False)))
    right = Made(named, files.ca, files.clients, files.client)
    (tmp_path / "issuing.pem").write_text(ISSUING.pem)
    with openssl(right) as port:
        code, value = asked(pki, port, *local(files))
        assert (code, value["is_good"]) == (0, True), value
        code, value = asked(pki, port, "--name", "else", "--ca", str(files.ca))
        assert (code, checks(value)) == (1, {"trusted": True, "name": False, "validity": True})
        code, value = asked(pki, port, "--name", "localhost", "--ca", str(files.clients))
        assert (code, checks(value)["trusted"]) == (1, False)
        code, value = asked(pki, port, "--name", "localhost")
        assert (code, checks(value)["trusted"]) == (1, False)


def test_an_expired_server_is_seen(pki: Pki, files: Made, tmp_path: Path) -> None:
    old = leaf(issuer=ISSUING, not_before=NOW - 3 * DAY, lifetime=timedelta(days=1))
    (tmp_path / "issuing.pem").write_text(bundle(ISSUING.certificate))
    expired = Made(write(tmp_path, "old", old), files.ca, files.clients, files.client)
    with openssl(expired) as port:
        code, value = asked(pki, port, *local(files))
        assert code == 1
        assert checks(value) == {"trusted": False, "name": True, "validity": False}


def refused(pki: Pki, port: int, *words: str) -> str:
    return pki.refused("explain", "--connect", f"127.0.0.1:{port}", *words)


def test_nobody_there(pki: Pki) -> None:
    assert "connection refused" in refused(pki, free_port())
    assert pki.refused("explain", "--connect", "nowhere.invalid:443")
    assert pki.refused("explain", "--connect", f"{'x' * 70}:443")


def test_plain_http_is_guessed(pki: Pki) -> None:
    with saying(http) as port:
        assert "is it plain HTTP?" in refused(pki, port)


def http(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def silence(connection: socket.socket) -> None:
    connection.recv(9999)
    time.sleep(1)


def drip(connection: socket.socket) -> None:
    """One octet of a handshake at a time: no read is ever long in coming."""
    for octet in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(10_000):
        connection.sendall(bytes([octet]))
        time.sleep(0.02)


def flood(connection: socket.socket) -> None:
    """Records without end, each an empty one of alerts' lesser kind or of garbage."""
    while True:
        connection.sendall(b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xfc" + os.urandom(16_380))


def warnings_(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"\x15\x03\x03\x00\x02\x01\x5a")


def close(_: socket.socket) -> None:
    return


def garbage(connection: socket.socket) -> None:
    connection.sendall(os.urandom(5000))


@pytest.mark.parametrize("answer", [drip, flood, warnings_, close, garbage])
def test_whatever_is_said_it_comes_to_an_end(
    pki: Pki, monkeypatch: pytest.MonkeyPatch, answer: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr(tls_client, "SECONDS", 0.5)
    with saying(answer) as port:
        assert "no TLS handshake" in refused(pki, port)


def test_what_a_server_sends_is_limited(
    pki: Pki, files: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_client, "LARGEST", 200)
    with openssl(files) as port:
        assert "the server sent more than" in refused(pki, port, *local(files))


def test_silence_is_not_waited_for(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_client, "SECONDS", 0.3)
    with saying(silence) as port:
        assert "it said nothing more" in refused(pki, port)


def test_a_key_is_given_to_openssl_alone(pki: Pki, files: Made, tmp_path: Path) -> None:
    pem, key = str(files.client.pem), str(files.client.key)
    with openssl(files) as port:
        assert "cannot use" in refused(pki, port, "--cert", pem, "--key", str(files.server.key))
        assert "no file of up to" in refused(pki, port, "--cert", pem, "--key", "/dev/zero")
        assert "no file of up to" in refused(pki, port, "--ca", "/dev/zero")
        empty = tmp_path / "empty"
        empty.touch()
        assert "holds no CA" in refused(pki, port, "--ca", str(empty))
        assert "private key" in refused(pki, port, "--cert", key)


@pytest.mark.parametrize(
    "words",
    [
        [], ["--connect", "x"], ["--connect", ":1"], ["--connect", "x:0"], ["--connect", "x:65536"],
        ["--connect", "x:1", "--key", "y"], ["name", "--connect", "x:1"], ["--connect", "x:\u0661"],
    ],
)  # fmt: skip
def test_wrong_usage(pki: Pki, words: list[str]) -> None:
    pki.misused("explain", *words)


def test_a_python_that_lets_nobody_overhear_is_told_so(
    pki: Pki, files: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "CAN_HEAR", False)
    with openssl(files) as port:
        result = pki.run("explain", "--connect", f"127.0.0.1:{port}", *local(files))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: this Python does not let a handshake be overheard")
