"""Who is let in, and when that is forgotten."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from pki.acceptance import Accepted, Refused, decide
from proxy.admission import Admission, Denied
from proxy.client_cert import ClientCert
from proxy.errors import GatewayError
from tests import builders
from tests.builders import Holder
from tests.unit.proxy.requests_made import client, escaped, later, root, stranger, truststore


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """The real decision, counted."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, leaf: x509.Certificate, *rest: object, **named: object) -> object:
        self.asked += 1
        assert named["front"] == "api-gateway"
        assert rest[0] == ()
        call: Callable[..., Accepted | Refused] = decide
        return call(leaf, *rest, **named)


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def admission(tmp_path: Path, counting: Counting, clock: Clock) -> Admission:
    return Admission(truststore(tmp_path), decide=counting, clock=clock)  # type: ignore[arg-type]


def admitted(admission: Admission, holder: Holder) -> bool:
    return isinstance(admission.verdict(escaped(holder)), ClientCert)


def test_a_good_leaf_is_let_in_and_remembered(admission: Admission, counting: Counting) -> None:
    for _ in range(3):
        found = admission.verdict(escaped(client()))
        assert isinstance(found, ClientCert)
        assert found.subject_dn == "O=Example,CN=billing"
        assert found.pem == client().pem
    assert counting.asked == 1


def test_a_stranger_is_denied_in_awss_words_and_asked_about_anew(
    admission: Admission, counting: Counting
) -> None:
    for _ in range(2):
        found = admission.verdict(escaped(stranger()))
        assert isinstance(found, Denied)
        assert found.aws == "Could not find issuer for certificate"
        assert found.because
        assert found.client_cert is not None
        assert found.client_cert.issuer_dn == "O=Test,CN=Nobody's Root"
    assert counting.asked == 2


@pytest.mark.parametrize(
    "sent", ["", "x", "%2D", "-----BEGIN CERTIFICATE-----%0AAAAA%0A-----END CERTIFICATE-----%0A"]
)
def test_what_is_no_certificate_is_denied(admission: Admission, sent: str) -> None:
    assert isinstance(admission.verdict(sent), Denied)


def test_a_plus_in_base64_is_no_blank(admission: Admission) -> None:
    with_plus = client().pem.replace("\n", "%0A").replace(" ", "%20")
    assert isinstance(admission.verdict(with_plus), ClientCert)


def test_what_is_remembered_ends_with_the_leaf(admission: Admission) -> None:
    assert admitted(admission, client())
    assert isinstance(admission.verdict(escaped(client()), later(days=29)), ClientCert)
    assert isinstance(admission.verdict(escaped(client()), later(days=31)), Denied)
    assert isinstance(admission.verdict(escaped(client()), later(days=-1)), Denied)
    assert admitted(admission, client())


def test_a_new_truststore_is_taken_within_a_second(
    admission: Admission, clock: Clock, tmp_path: Path
) -> None:
    other = builders.authority(subject="CN=Other Root,O=Test")
    theirs = builders.leaf(issuer=other)
    assert admitted(admission, client())
    assert not admitted(admission, theirs)
    truststore(tmp_path, other)
    clock.now += 0.5
    assert admitted(admission, client())
    clock.now += 0.5
    assert not admitted(admission, client())
    assert admitted(admission, theirs)


@pytest.mark.parametrize("broken", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nx", None])
def test_a_broken_truststore_is_not_taken_and_logged_once(
    admission: Admission,
    clock: Clock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    broken: str | None,
) -> None:
    path = tmp_path / "truststore.pem"
    if broken is None:
        path.unlink()
    else:
        path.write_text(broken)
    for _ in range(3):
        clock.now += 1
        assert admitted(admission, client())
        assert not admitted(admission, stranger())
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(logged) == 1
    assert "the old one stays in force" in logged[0].getMessage()
    truststore(tmp_path, builders.authority())
    clock.now += 1
    assert not admitted(admission, client())


def test_a_file_that_was_put_in_its_place_with_equal_size_and_time_is_seen(
    admission: Admission, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "truststore.pem"
    before = path.stat()
    fresh = tmp_path / "fresh.pem"
    fresh.write_text(builders.bundle(builders.authority().certificate))
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.replace(path)
    clock.now += 1
    assert not admitted(admission, client())


def test_memory_is_bounded(admission: Admission, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.admission._REMEMBERED", 2)
    for _ in range(5):
        assert admitted(admission, builders.leaf(issuer=root()))
    assert len(admission._remembered) == 2


@pytest.mark.parametrize("content", [None, "", "nonsense"])
def test_without_a_truststore_there_is_no_start(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "truststore.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(GatewayError) as caught:
        Admission(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
