"""The answer reaches CloudFormation once, and tells nobody else more than it should."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aws.publisher import answer as answer_module
from aws.publisher.answer import LARGEST, Outcome, body
from aws.publisher.errors import Undelivered
from aws.publisher.event import Envelope
from aws.publisher.handler import handler
from tests.conftest import Pki
from tests.unit.aws.publisher_run import STACK, Context, Publisher, log_lines
from tests.unit.aws.publisher_servers import SIGNED, ResponseUrl, serving


class Clock:
    """Time that passes in pauses alone."""

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.pauses: list[float] = []
        self.at_pause: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)
        self.at_pause()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    stub = SimpleNamespace(monotonic=made.monotonic, sleep=made.sleep)
    monkeypatch.setattr(answer_module, "time", stub)
    return made


def delete(waiting: ResponseUrl, **changes: Any) -> dict[str, Any]:
    """An event that needs no S3."""
    return {
        "RequestType": "Delete",
        "ResponseURL": waiting.url,
        "StackId": STACK,
        "RequestId": "1f2e",
        "LogicalResourceId": "Truststore",
        "PhysicalResourceId": "s3://bucket/truststore.pem",
        **changes,
    }


def test_it_is_put_as_the_signature_wants_it(response_url: ResponseUrl) -> None:
    handler(delete(response_url), Context())
    (put,) = response_url.arrived
    assert put.method == "PUT"
    assert response_url.url.endswith(put.target)
    assert put.headers["content-type"] == ""
    assert put.headers["content-length"] == str(len(put.body))
    assert json.loads(put.body) == {
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": "s3://bucket/truststore.pem",
        "StackId": STACK,
        "RequestId": "1f2e",
        "LogicalResourceId": "Truststore",
        "Data": {},
    }


@pytest.mark.parametrize("fault", [None, 408, 429, 500, 503])
def test_what_may_pass_is_tried_again_until_it_is_taken(
    response_url: ResponseUrl, clock: Clock, fault: int | None
) -> None:
    response_url.faults = [fault] * 4
    handler(delete(response_url), Context())
    assert len(response_url.arrived) == 5
    assert len(response_url.taken) == 1
    assert len({put.body for put in response_url.arrived}) == 1
    assert clock.pauses == sorted(clock.pauses)
    assert len(set(clock.pauses)) == 4


def test_it_waits_for_a_server_that_is_not_up_yet(clock: Clock) -> None:
    waiting = ResponseUrl()
    server = serving(waiting.port, waiting.reply)
    clock.at_pause = lambda: server.__enter__() if len(clock.pauses) == 3 else None
    try:
        handler(delete(waiting), Context())
    finally:
        server.__exit__(None, None, None)
    assert len(waiting.arrived) == len(waiting.taken) == 1


@pytest.mark.parametrize("status", [307, 400, 403, 404])
def test_what_will_not_pass_is_not_tried_again(
    response_url: ResponseUrl, clock: Clock, status: int
) -> None:
    """403: the signature has expired. Lambda calls twice more, and gives up."""
    response_url.faults = [status] * 10
    with pytest.raises(Undelivered, match=f"status {status}"):
        handler(delete(response_url), Context())
    assert len(response_url.arrived) == 1
    assert clock.pauses == []


def test_nobody_there_is_an_error_before_the_time_is_over(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    started = clock.now
    with pytest.raises(Undelivered, match="ConnectionRefusedError") as undelivered:
        handler(delete(ResponseUrl()), Context(seconds=60))
    assert 10 < clock.now - started < 60
    (line,) = log_lines(capsys)
    assert line["is_answered"] is False
    assert undelivered.value.__cause__ is None
    assert undelivered.value.__suppress_context__


def test_called_again_it_finds_everything_done(publisher: Publisher, clock: Clock) -> None:
    """As Lambda does after an error."""
    publisher.waiting.faults = [None] * 100
    event = publisher.event()
    with pytest.raises(Undelivered):
        handler(event, Context())
    publisher.waiting.faults.clear()
    answer = publisher.answer(event)
    assert [v for v, _ in publisher.versions()] == [answer["Data"]["VersionId"]]
    assert len(publisher.waiting.taken) == 1
    assert clock.pauses


def test_a_host_that_cannot_be_is_an_error(clock: Clock) -> None:
    with pytest.raises(Undelivered):
        handler(delete(ResponseUrl(), ResponseURL="https://a..b/"), Context())
    assert clock.pauses


@pytest.mark.parametrize("is_trusted", [True, False])
def test_over_tls_the_server_must_be_trusted(
    pki: Pki, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_trusted: bool
) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki.home / "server/localhost.pem", pki.home / "server/localhost.key")
    nobody = tmp_path / "none.pem"
    nobody.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.ca if is_trusted else nobody))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    waiting = ResponseUrl()
    event = delete(waiting, ResponseURL=f"https://localhost:{waiting.port}/x?{SIGNED}")
    with serving(waiting.port, waiting.reply, server):
        if is_trusted:
            handler(event, Context())
        else:
            with pytest.raises(Undelivered, match="SSLCertVerificationError"):
                handler(event, Context())
    assert len(waiting.taken) == len(waiting.arrived) == is_trusted
    assert bool(clock.pauses) is not is_trusted


@pytest.mark.parametrize("reason", ["a" * 9000, "\U0001f600" * 2000, "\n" * 9000, "é" * 681])
def test_a_long_reason_is_cut_to_what_cloudformation_reads(reason: str) -> None:
    envelope = Envelope("https://x", "Create", "r" * 500, "s" * 500, "l" * 500, "p" * 1000)
    encoded = body(envelope, Outcome("p" * 1000, reason))
    assert LARGEST - 24 <= len(encoded) <= LARGEST == 4096
    read = json.loads(encoded)
    assert read["Status"] == "FAILED"
    assert reason.startswith(read["Reason"])
    assert read["Reason"]


def test_a_short_reason_is_not_cut() -> None:
    envelope = Envelope("https://x", "Create", "r", "s", "l", "p")
    assert json.loads(body(envelope, Outcome("p", "é" * 600)))["Reason"] == "é" * 600


def test_the_longest_success_fits() -> None:
    envelope = Envelope("https://x", "Create", "r" * 500, "s" * 500, "l" * 500, "p" * 1000)
    data = {"Uri": "u" * 1000, "VersionId": "v" * 32, "Sha256": "0" * 64, "Certificates": "1000"}
    encoded = body(envelope, Outcome("u" * 1000, data=data))
    assert len(encoded) <= LARGEST
    assert json.loads(encoded)["Data"] == data


def test_one_line_is_logged_without_url_and_certificates(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    data = publisher.published()
    publisher.published("Update")
    publisher.refused(RequestType="Fix")
    captured = capsys.readouterr()
    assert captured.err == ""
    created, updated, refused = map(json.loads, captured.out.splitlines())
    assert created["version_id"] == data["VersionId"]
    assert created["sha256"] == data["Sha256"]
    assert [created["is_new_version"], updated["is_new_version"]] == [True, False]
    assert [line["status"] for line in (created, updated, refused)] == [
        "SUCCESS",
        "SUCCESS",
        "FAILED",
    ]
    assert refused["reason"].startswith("RequestType is 'Fix', expected")
    assert all(line["is_answered"] for line in (created, updated, refused))
    assert SIGNED not in captured.out
    assert publisher.truststore.read_text().splitlines()[1] not in captured.out
