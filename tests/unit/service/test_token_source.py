"""Where the issuer's keys come from: a file, https, and http on this machine alone."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509

from service.tokens import source as module
from service.tokens.source import (
    MAX_BYTES,
    Document,
    Unavailable,
    from_file,
    over_http,
    source,
    ttl,
)
from tests import builders
from tests.conftest import free_port
from tests.unit.service.token_issuer import Answer, Site, reply, site

SERVER_AUTH = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
CA = builders.authority()


@pytest.fixture
def issuer() -> Iterator[Site]:
    with site() as found:
        yield found


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(b"x" * MAX_BYTES)
    assert from_file(str(path)).data == b"x" * MAX_BYTES
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(Unavailable, match="more than"):
        from_file(str(path))


@pytest.mark.parametrize("name", ["none.json", "", "a\0b"], ids=["no file", "a folder", "a nul"])
def test_a_file_that_cannot_be_read_is_unavailable(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unavailable):
        from_file(str(tmp_path / name))


def test_a_url_is_got(issuer: Site) -> None:
    issuer.answer = reply(b"keys")
    found = source(f"{issuer.url}?v=1", is_url=True)
    assert found.is_slow
    assert found.fetch() == Document(b"keys", 300.0)
    ((path, headers),) = issuer.asked
    assert path == "/jwks.json?v=1"
    assert "application/jwk-set+json" in headers["Accept"]


@pytest.mark.parametrize(
    ("says", "seconds"),
    [
        ("", 300.0),
        ("max-age=600", 600.0),
        ("public, MAX-AGE=600, must-revalidate", 600.0),
        ('max-age="600"', 600.0),
        ("max-age=0", 60.0),
        ("max-age=999999999", 3600.0),
        ("max-age=99999999999999", 300.0),
        ("max-age=-1", 300.0),
        ("no-store, max-age=600", 60.0),
        ("no-cache", 60.0),
        ("s-maxage=600", 300.0),
    ],
)
def test_the_issuer_says_how_long_they_count_within_bounds(says: str, seconds: float) -> None:
    assert ttl(says) == seconds


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(status=404), "404"),
        (reply(status=500), "500"),
        (reply(status=204), "204"),
        (reply(b"", 302, Location="/there"), "302; no redirect is followed"),
        (reply(b"", 301, Location="http://169.254.169.254/"), "301; no redirect is followed"),
        (reply(b"keys", length=9), "4 of 9|IncompleteRead"),
        (reply(b"k" * (MAX_BYTES + 1)), "more than"),
        (lambda handler: handler.connection.close(), "closed|reset|disconnected"),
        (lambda handler: handler.wfile.write(b"SSH-2.0\r\n\r\n") and None, "SSH"),
    ],
    ids=["404", "500", "204", "302", "301", "cut", "large", "closed", "no HTTP"],
)
def test_anything_else_is_unavailable(issuer: Site, answer: Answer, why: str) -> None:
    issuer.answer = answer
    with pytest.raises(Unavailable, match=why):
        over_http(issuer.url)
    assert len(issuer.asked) == 1


def test_nobody_listens() -> None:
    with pytest.raises(Unavailable, match="refused"):
        over_http(f"http://127.0.0.1:{free_port()}/")


def test_a_proxy_of_the_environment_is_not_asked(
    issuer: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    issuer.answer = reply(b"keys")
    assert over_http(issuer.url).data == b"keys"


def test_an_answer_in_drops_ends_after_the_deadline(
    issuer: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes within the timeout of one read, and all of them never."""
    monkeypatch.setattr(module, "DEADLINE", 0.3)
    gone = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        _drip(handler.connection, gone)

    issuer.answer = drip
    with pytest.raises(Unavailable):
        over_http(issuer.url)
    assert gone.wait(10)


def test_a_handshake_in_drops_ends_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEADLINE", 0.3)
    gone = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as connection:
                connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 K is to come
                _drip(connection, gone)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(Unavailable):
            over_http(f"https://127.0.0.1:{listening.getsockname()[1]}/")
        assert gone.wait(10)


def _drip(connection: socket.socket, gone: threading.Event) -> None:
    """Send a byte now and then; *gone* as soon as nobody takes it, which is not for minutes."""
    try:
        for _ in range(600):
            connection.sendall(b"\0")
            threading.Event().wait(0.05)
    except OSError:
        gone.set()


def served_by(folder: Path, holder: builders.Holder) -> ssl.SSLContext:
    files = builders.write(folder, "issuer", holder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.pem, files.key)
    return context


@pytest.mark.parametrize(
    ("name", "trusted", "why"),
    [
        ("localhost", CA, ""),
        ("elsewhere.example", CA, "not valid for 'localhost'|mismatch"),
        ("localhost", builders.authority(), "certificate verify failed"),
    ],
    ids=["right", "another's name", "nobody's"],
)
def test_over_https_the_issuer_is_who_its_certificate_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trusted: builders.Holder, why: str
) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text(builders.pem(trusted.certificate))
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    leaf = builders.leaf(issuer=CA, dns_name=name, eku=SERVER_AUTH)
    with site(served_by(tmp_path, leaf)) as issuer:
        issuer.answer = reply(b"keys")
        if not why:
            assert over_http(issuer.url).data == b"keys"
            return
        with pytest.raises(Unavailable, match=why):
            over_http(issuer.url)
        assert issuer.asked == []
