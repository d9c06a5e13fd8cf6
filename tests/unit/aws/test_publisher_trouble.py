"""S3 says no, is slow, is changed by others; the publisher itself breaks: always one answer."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from aws.publisher import handler as handler_module
from tests.conftest import free_port
from tests.unit.aws.moto_server import ACCOUNT
from tests.unit.aws.publisher_run import LOG_GROUP, Context, Publisher, Truststores, log_lines
from tests.unit.aws.publisher_servers import Between, Reply, Request, forwarded, s3_error

DENIED = s3_error(403, "AccessDenied", "Access Denied")


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("GET", "cannot list the versions of s3://{}/truststore.pem: Access Denied (AccessDenied)"),
        ("HEAD", "of s3://{}/truststore.pem: Forbidden (403)"),
        ("PUT", "cannot write s3://{}/truststore.pem: Access Denied (AccessDenied)"),
    ],
)
def test_what_s3_denies_is_said_with_the_permissions(
    publisher: Publisher, between: Between, method: str, said: str
) -> None:
    if method == "HEAD":
        publisher.published()
    between.meddle = lambda request: DENIED if request.method == method else None
    reason = publisher.refused()
    assert said.format(publisher.bucket) in reason
    assert f"the bucket must be of account {ACCOUNT}" in reason
    assert "s3:ListBucketVersions" in reason
    between.meddle = lambda _request: None
    publisher.published()


def test_a_bucket_that_is_not_there_is_said(publisher: Publisher) -> None:
    publisher.bucket = "gone-long-ago"
    assert "(NoSuchBucket)\nhint: Bucket must name a bucket that exists" in publisher.refused()


def test_s3_out_of_reach_is_said(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    assert "Could not connect to the endpoint URL" in publisher.refused()


def test_missing_credentials_are_said(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    assert "Unable to locate credentials" in publisher.refused()


def at_puts(between: Between, meddle: Any, times: int = 1) -> None:
    """Let *meddle* see the first *times* PUTs."""
    left = [None] * times

    def first(request: Request) -> Reply | None:
        if request.method == "PUT" and left:
            left.pop()
            return meddle(request)  # type: ignore[no-any-return]
        return None

    between.meddle = first


def test_the_same_from_another_at_the_same_time_is_one_version(
    publisher: Publisher, between: Between, truststores: Truststores
) -> None:
    at_puts(between, lambda _: publisher.put(truststores.first))
    data = publisher.published()
    assert [version_id for version_id, _ in publisher.versions()] == [data["VersionId"]]


def test_something_else_at_the_same_time_does_not_win(
    publisher: Publisher, between: Between, truststores: Truststores
) -> None:
    at_puts(between, lambda _: publisher.put(truststores.second))
    data = publisher.published()
    assert publisher.versions()[-1] == (data["VersionId"], truststores.first)
    assert len(publisher.versions()) == 2


@pytest.mark.parametrize(
    "conflict",
    [
        s3_error(409, "ConditionalRequestConflict", "A conflicting operation occurred"),
        s3_error(404, "NoSuchKey", "deleted meanwhile"),
    ],
)
def test_a_conflict_is_looked_at_again(
    publisher: Publisher, between: Between, conflict: Reply
) -> None:
    at_puts(between, lambda _: conflict, times=2)
    publisher.published()
    at_puts(between, lambda _: conflict, times=3)
    publisher.truststore.write_bytes(b"# changed\n" + publisher.truststore.read_bytes())
    assert "was changed 3 times by somebody else" in publisher.refused("Update")


def test_a_write_whose_answer_is_lost_is_not_done_twice(
    publisher: Publisher, between: Between, moto: str
) -> None:
    def lost(request: Request) -> None:
        assert forwarded(moto, request).status == 200
        raise ConnectionAbortedError

    at_puts(between, lost)
    data = publisher.published()
    assert [version_id for version_id, _ in publisher.versions()] == [data["VersionId"]]


def test_the_same_event_many_times_at_once_is_one_version(
    publisher: Publisher, between: Between, moto: str
) -> None:
    """Lambda may deliver twice. moto decides conditions in two steps, S3 in one: hence the lock."""
    lock = threading.Lock()

    def one_at_a_time(request: Request) -> Reply:
        with lock:
            return forwarded(moto, request)

    between.meddle = one_at_a_time
    event = publisher.event()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: handler_module.handler(event, Context()), range(4)))
    assert len({put.body for put in publisher.waiting.taken}) == 1
    assert len(publisher.waiting.taken) == len(publisher.waiting.arrived) == 4
    assert len(publisher.versions()) == 1


def test_slow_work_is_answered_in_time_and_never_again(
    publisher: Publisher, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nearly all of a minute for the answer, half a second for the work.
    monkeypatch.setattr(handler_module, "_ANSWERING", 59.5)
    monkeypatch.setattr(handler_module, "_ANSWERING_SHARE", 1.0)
    released = threading.Event()

    def slow(_request: Request) -> None:
        released.wait(60)

    between.meddle = slow
    answer = publisher.answer(publisher.event())
    assert answer["Status"] == "FAILED"
    assert "and the function's time is nearly over" in answer["Reason"]
    released.set()
    for thread in threading.enumerate():
        if thread.name == "publisher":
            thread.join(60)
            assert not thread.is_alive()
    assert len(publisher.waiting.arrived) == 1
    monkeypatch.setattr(handler_module, "_ANSWERING", 12.0)
    # What was done late is there, and found.
    assert [v for v, _ in publisher.versions()] == [publisher.published("Update")["VersionId"]]


def test_no_time_left_is_still_answered(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aws.publisher.answer._SHORTEST", 60.0)
    answer = publisher.answer(publisher.event(), Context(seconds=0))
    assert answer["Status"] == "FAILED"


def test_without_boto3_it_is_answered(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    reason = publisher.refused()
    assert reason.startswith("the publisher crashed: ModuleNotFoundError: ")
    assert f"hint: the traceback is in its log: aws logs tail {LOG_GROUP}" in reason
    (line,) = log_lines(capsys)
    assert "Traceback (most recent call last)" in line["traceback"]
    assert "Traceback" not in reason


@pytest.mark.parametrize(
    "crash", [ValueError("x\n" * 5000), SystemExit(3), MemoryError(), RecursionError("deep")]
)
def test_a_crash_is_answered(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, crash: BaseException
) -> None:
    def crashing(*_: object) -> None:
        raise crash

    monkeypatch.setattr("aws.publisher.bucket.publish", crashing)
    assert f"the publisher crashed: {type(crash).__name__}" in publisher.refused()


def test_without_threads_it_is_answered(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def thread(**_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(handler_module, "threading", SimpleNamespace(Thread=thread))
    assert "can't start new thread" in publisher.refused()


def test_packed_without_a_truststore_it_says_so(publisher: Publisher) -> None:
    publisher.truststore.unlink()
    assert publisher.refused() == (
        "the publisher was packed without a truststore\n"
        "hint: make truststore, sam build, sam deploy; or give TruststoreUri and TruststoreVersion"
    )
    assert publisher.versions() == []


def test_what_api_gateway_would_refuse_never_reaches_s3(publisher: Publisher) -> None:
    publisher.truststore.write_bytes(b"# none\n")
    assert "holds 0 certificates" in publisher.refused()
    assert publisher.versions() == []
