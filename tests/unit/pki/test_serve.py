"""serve as a real process, asked by OpenSSL and by http.client; and what keeps it fresh."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki import delegate
from pki.errors import PkiError
from pki.initialisation import load_authority
from pki.keeper import Keeper
from pki.publication import publish
from pki.serving import Bind
from pki.store import Store
from tests.conftest import free_port
from tests.unit.pki.folder import ROOT, Pki, made, tool
from tests.unit.pki.processes import forked, wait
from tests.unit.pki.revoking import crl_of, number

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The PKIs here are made when a test begins, which may be long after this was imported."""
    monkeypatch.setitem(globals(), "NOW", datetime.now(UTC))


_PATIENCE = 30.0


@contextmanager
def serving(pki: Pki, port: int, *options: str, **env: str) -> Iterator["subprocess.Popen[str]"]:
    child = subprocess.Popen(
        [sys.executable, "-m", "pki", "serve", "--bind", f"127.0.0.1:{port}", *options],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PKI_HOME": str(pki.home), "PYTHONUNBUFFERED": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until(lambda: child.poll() is not None or answers(port))
        yield child
    finally:
        child.terminate()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


def until(true: object) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def get(port: int, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/ocsp-request"} if body is not None else {}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()


def answers(port: int) -> bool:
    try:
        status, body = get(port, "/health")
    except OSError:
        return False
    return status == 200 and b"ocsp good" in body


def openssl_says(pki: Pki, port: int, leaf: str, *options: str) -> str:
    asked = subprocess.run(
        [tool("openssl"), "ocsp", *options, "-issuer", pki.home / "authorities/issuing.pem",
         "-CAfile", pki.home / "truststore.pem", "-cert", pki.home / leaf,
         "-url", f"http://127.0.0.1:{port}/ocsp"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "Response verify OK" not in asked.stderr:
        return asked.stdout + asked.stderr
    return asked.stdout.split(": ", 1)[1].split()[0]


def test_openssl_is_answered_and_a_revocation_counts_at_once(tmp_path: Path) -> None:
    pki, port, copy = made(tmp_path), free_port(), tmp_path / "copy.pem"
    for name in ("a", "b"):
        pki.done("issue", "client", name)
    other = made(tmp_path / "other")
    other.done("issue", "client", "a")
    with serving(pki, port, "--crl-copy", str(copy)) as child:
        for options in ([], ["-no_nonce"], ["-sha256"]):
            assert openssl_says(pki, port, "clients/a.pem", *options) == "good"
        pki.done("revoke", "a")
        assert openssl_says(pki, port, "clients/a.pem") == "revoked"
        assert openssl_says(pki, port, "clients/b.pem") == "good"
        assert "unauthorized" in openssl_says(other, port, "clients/a.pem")
        assert x509.load_der_x509_crl(get(port, "/crl")[1]) == crl_of(pki)
        until(lambda: copy.read_bytes() == (pki.home / "crl.pem").read_bytes())
        assert get(port, "/authorities/issuing.key")[0] == 404
        assert get(port, "/ocsp", "POST", b"x" * 20_000)[0] == 413
        assert get(port, "/crl", "HEAD") == (200, b"")
        child.terminate()
        output = child.communicate()[0]
    assert child.returncode == 0
    assert output.startswith(f"serving {pki.home} on http://127.0.0.1:{port}\n")
    assert "Traceback" not in output
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("killed", ["parent", "gunicorn"])
def test_neither_process_stays_without_the_other(tmp_path: Path, killed: str) -> None:
    pki, port = made(tmp_path), free_port()
    with serving(pki, port) as child:
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(child.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        (gunicorn,) = map(int, listed.stdout.split())
        os.kill(child.pid if killed == "parent" else gunicorn, signal.SIGKILL)
        until(lambda: child.poll() is not None)
        with socket.socket() as probe:
            probe.settimeout(1)
            until(lambda: _refuses(port))
    assert child.returncode == (-signal.SIGKILL if killed == "parent" else 1)


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_that_is_taken_and_a_bind_that_is_none_are_clean_errors(tmp_path: Path) -> None:
    pki = made(tmp_path)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert "address already in use" in pki.refused("serve", "--bind", f"127.0.0.1:{port}")
    for text in ("", "x", "8085", ":8085", "localhost:8085", "127.0.0.1:99999", "127.0.0.1:-1",
                 "127.0.0.1:٣", "[::1:8085x"):  # fmt: skip
        assert "--bind is" in pki.refused("serve", "--bind", text)
    assert Bind.parse("[::1]:0") == Bind("::1", 0)
    assert "no PKI" in Pki(tmp_path / "x").refused("serve")


def keeper(pki: Pki, copy: Path | None = None) -> Keeper:
    return Keeper(Store(pki.home), bytes, copy)


def test_the_crl_is_published_anew_when_half_its_life_is_over(tmp_path: Path) -> None:
    pki = made(tmp_path)
    keeper(pki).tend(NOW)
    first, end = crl_of(pki), crl_of(pki).next_update_utc
    assert end is not None
    assert keeper(pki).tend(NOW + timedelta(days=3.4)) == []
    assert crl_of(pki) == first
    (said,) = keeper(pki).tend(NOW + timedelta(days=3.6))
    assert said.startswith("CRL 2, good until ")
    assert number(crl_of(pki)) == 2


def test_the_delegate_is_renewed_in_the_last_third_of_its_life(tmp_path: Path) -> None:
    pki = made(tmp_path)
    keeper(pki).tend(NOW)
    (first,) = (pki.home / "ocsp").glob("*.pem")
    keeper(pki).tend(NOW + timedelta(days=19))
    assert list((pki.home / "ocsp").glob("*.pem")) == [first]
    assert "a new certificate of the OCSP responder" in keeper(pki).tend(NOW + timedelta(days=21))
    (second,) = (pki.home / "ocsp").glob("*.pem")
    assert second != first
    assert [path.stem for path in (pki.home / "ocsp").glob("*.key")] == [second.stem]


def test_many_keepers_publish_once(tmp_path: Path) -> None:
    pki = made(tmp_path)
    late = NOW + timedelta(days=5)

    def tend() -> None:
        keeper(pki).tend(late)

    children = [forked(tend) for _ in range(6)]
    assert [wait(child) for child in children] == [0] * 6
    assert number(crl_of(pki)) == 2
    assert len(list((pki.home / "ocsp").iterdir())) == 2


def test_what_a_crash_left_unlisted_is_listed(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    store = Store(pki.home)
    from pki.crl import Revocation
    from pki.publication import table

    issuing, leaf = pki.certificate("authorities/issuing.pem"), pki.certificate("clients/a.pem")
    table(store, issuing).add(
        [Revocation(f"{leaf.serial_number:x}", NOW)], leaf.not_valid_after_utc
    )
    assert len(crl_of(pki)) == 0
    keeper(pki).tend(NOW)
    assert len(crl_of(pki)) == 1


def test_without_the_passphrase_the_crl_stays_and_there_is_a_warning_once_an_hour(
    tmp_path: Path,
) -> None:
    pki = Pki(tmp_path / ".pki")
    pki.done("init", PKI_PASSPHRASE="geheim")

    def refuse() -> bytes:
        raise PkiError("no passphrase of the issuing CA's key", "set PKI_PASSPHRASE")

    late = NOW + timedelta(days=5)
    before = (pki.home / "crl.pem").read_bytes()
    without = Keeper(Store(pki.home), refuse)
    warning, hint = without.tend(late)
    assert warning.startswith(
        "warning: no passphrase of the issuing CA's key; the CRL is good until"
    )
    assert hint == "  hint: set PKI_PASSPHRASE"
    assert without.tend(late + timedelta(minutes=59)) == []
    assert len(without.tend(late + timedelta(minutes=61))) == 2
    assert (pki.home / "crl.pem").read_bytes() == before
    assert "CRL 2" in Keeper(Store(pki.home), lambda: b"geheim").tend(late)[0]
    assert without.tend(late + timedelta(hours=3)) == []


def test_the_copy_is_never_older_than_what_was_there(tmp_path: Path) -> None:
    pki, copy = made(tmp_path), tmp_path / "copy.pem"
    with Store(pki.home).lock():  # whoever publishes now is about to write a newer one
        other = threading.Thread(target=keeper(pki, copy).publish)
        other.start()
        time.sleep(0.5)
        assert not copy.exists()
    other.join()
    assert copy.read_bytes() == (pki.home / "crl.pem").read_bytes()


def test_a_delegate_of_another_ca_or_without_its_key_is_not_used(tmp_path: Path) -> None:
    pki, other = made(tmp_path / "one"), made(tmp_path / "two")
    for one in (pki, other):
        keeper(one).tend(NOW)
    store = Store(pki.home)
    assert delegate.signer(store, NOW) is not None
    assert delegate.signer(store, NOW + timedelta(days=31)) is None
    (theirs,) = (other.home / "ocsp").glob("*.pem")
    (ours,) = (pki.home / "ocsp").glob("*.pem")
    good = ours.read_bytes()
    ours.write_bytes(theirs.read_bytes())
    assert delegate.signer(store, NOW) is None
    ours.write_bytes(good)
    ours.with_suffix(".key").unlink()
    assert delegate.signer(store, NOW) is None
    keeper(pki).tend(NOW)
    assert delegate.signer(store, NOW) is not None


def test_an_authority_that_expired_publishes_nothing(tmp_path: Path) -> None:
    pki = made(tmp_path)
    store = Store(pki.home)
    with pytest.raises(PkiError, match="expired"), store.lock():
        publish(store, load_authority(store, bytes), now=NOW + timedelta(days=3651))
    assert number(crl_of(pki)) == 1
