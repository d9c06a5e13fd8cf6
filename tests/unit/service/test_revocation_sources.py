"""Where CRLs come from: files, HTTP, S3."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from service.revocation import sources
from service.revocation.fetched import Fetched, SourceUnavailable
from service.revocation.s3 import over_s3
from service.revocation.sources import from_file, shown, source

Answer = Callable[[BaseHTTPRequestHandler], None]
ETAG = '"v1"'


class Site(ThreadingHTTPServer):
    """What it answers is set by the test; what it was asked, it keeps."""

    daemon_threads = True
    asked: list[tuple[str, dict[str, str]]]
    answer: Answer


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.answer(self)

    def log_message(self, *_: object) -> None:
        pass


def reply(
    status: int = 200, body: bytes = b"crl", *, length: int | None = None, **headers: str
) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        server.answer = reply()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(site: Site, path: str = "/crl") -> str:
    return f"http://127.0.0.1:{site.server_port}{path}"


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.crl"
    path.write_bytes(b"one")
    first = source(str(path))("")
    assert first is not None
    assert first.data == b"one"
    assert from_file(path, first.tag) is None
    path.write_bytes(b"other")
    second = from_file(path, first.tag)
    assert second is not None
    assert second.data == b"other"
    path.unlink()
    with pytest.raises(SourceUnavailable, match="No such file"):
        from_file(path, "")


def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    site.answer = reply(ETag=ETAG)
    assert source(url(site))("") == Fetched(b"crl", f"etag {ETAG}")
    site.answer = reply(304, b"")
    assert source(url(site))(f"etag {ETAG}") is None
    assert site.asked[-1][1]["If-None-Match"] == ETAG
    assert "If-None-Match" not in site.asked[0][1]


def test_without_an_etag_the_date_is_asked_for(site: Site) -> None:
    date = "Sun, 22 Nov 2026 10:00:00 GMT"
    site.answer = reply(Last_Modified=date)
    fetched = source(url(site))("")
    assert fetched is not None
    assert fetched.tag == f"modified {date}"
    site.answer = reply(304, b"")
    assert source(url(site))(fetched.tag) is None
    assert site.asked[-1][1]["If-Modified-Since"] == date


def test_with_neither_it_is_sent_every_time(site: Site) -> None:
    assert source(url(site))("") == Fetched(b"crl", "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(404), "404"),
        (reply(500), "500"),
        (reply(304, b""), "304"),  # nothing was kept that it could be about
        (reply(200, b"crl", length=5), "3 of 5|IncompleteRead"),
        (reply(302, b"", Location="http://127.0.0.2:1/crl"), "302"),
        (reply(302, b"", Location="https://127.0.0.1:1/crl"), "302"),
        (reply(302, b"", Location="file:///etc/passwd"), "302"),
        (reply(302, b"", Location="/crl"), "302"),  # for ever
        (lambda handler: handler.connection.close(), "closed|reset|disconnected"),
    ],
)
def test_anything_else_is_unavailable(site: Site, answer: Answer, why: str) -> None:
    site.answer = answer
    with pytest.raises(SourceUnavailable, match=why):
        source(url(site))("")


def test_a_redirect_on_the_same_host_is_followed(site: Site) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        there = handler.path == "/there"
        (reply() if there else reply(302, b"", Location="/there"))(handler)

    site.answer = answer
    assert source(url(site))("") == Fetched(b"crl", "")


def test_nobody_listens(site: Site) -> None:
    there = url(site)
    site.server_close()
    site.shutdown()
    with pytest.raises(SourceUnavailable):
        source(there)("")


def test_a_proxy_of_the_environment_is_not_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert source(url(site))("") == Fetched(b"crl", "")


def test_a_body_without_end_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 100_000)
    site.answer = reply(200, b"x" * 100_001)
    with pytest.raises(SourceUnavailable, match="more than 100000"):
        source(url(site))("")
    site.answer = reply(200, b"x" * 100_000)
    assert source(url(site))("")


def test_a_trickle_does_not_outlast_the_deadline(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "DEADLINE", 0.0)
    with pytest.raises(SourceUnavailable, match="not complete"):
        source(url(site))("")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("crl.pem", "crl.pem"),
        ("https://user:secret@example.org:8443/a.crl?signature=secret", "https://example.org:8443/a.crl"),
        ("s3://bucket/a/b.crl", "s3://bucket/a/b.crl"),
    ],
)  # fmt: skip
def test_the_log_gets_no_secret_of_a_url(entry: str, told: str) -> None:
    assert shown(entry) == told


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.response = {"ResponseMetadata": {"HTTPStatusCode": status}}


class _Bucket:
    """S3, as far as it is asked."""

    def __init__(self, content: bytes | Exception) -> None:
        self.content = content
        self.asked: list[dict[str, str]] = []

    def get_object(self, **asked: str) -> dict[str, Any]:
        self.asked.append(asked)
        if isinstance(self.content, Exception):
            raise self.content
        content = self.content

        class Body:
            def read(self, size: int) -> bytes:
                return content[:size]

        return {"Body": Body(), "ETag": ETAG}


def test_s3_is_asked_for_what_is_new() -> None:
    bucket = _Bucket(b"crl")
    assert over_s3("s3://bucket/a/b.crl", "", lambda: bucket) == Fetched(b"crl", ETAG)
    bucket.content = _Refused(304)
    assert over_s3("s3://bucket/a/b.crl", ETAG, lambda: bucket) is None
    where = {"Bucket": "bucket", "Key": "a/b.crl"}
    assert bucket.asked == [where, {**where, "IfNoneMatch": ETAG}]


def test_one_version_in_s3_is_asked_for_once() -> None:
    bucket = _Bucket(b"truststore")
    url = "s3://bucket/trust store?%20.pem?versionId=3HL4"
    assert over_s3(url, "", lambda: bucket) == Fetched(b"truststore", ETAG)
    assert over_s3(url, ETAG, lambda: bucket) is None
    assert bucket.asked == [{"Bucket": "bucket", "Key": "trust store?%20.pem", "VersionId": "3HL4"}]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_s3_that_refuses_is_unavailable(status: int) -> None:
    for tag in ("", ETAG):
        with pytest.raises(SourceUnavailable, match=str(status)):
            over_s3("s3://bucket/key", tag, lambda: _Bucket(_Refused(status)))


def test_an_object_that_is_too_large_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.revocation.s3.MAX_BYTES", 3)
    assert over_s3("s3://bucket/key", "", lambda: _Bucket(b"crl"))
    with pytest.raises(SourceUnavailable, match="more than 3"):
        over_s3("s3://bucket/key", "", lambda: _Bucket(b"crls"))
