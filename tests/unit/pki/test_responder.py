"""The WSGI application: every path, method and header, without a network."""

import base64
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from wsgiref.validate import validator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from pki import delegate, responder
from pki.responder import Responder
from pki.store import Store
from tests.unit.pki.folder import Pki, made
from tests.unit.pki.revoking import crl_of, serials
from tests.unit.pki.test_garbage import quick

REQUEST, RESPONSE = "application/ocsp-request", "application/ocsp-response"
FILES = {
    "/crl": "application/pkix-crl",
    "/crl.pem": "application/x-pem-file",
    "/ca.pem": "application/x-pem-file",
    "/truststore.pem": "application/x-pem-file",
    "/issuing-ca.der": "application/pkix-cert",
}


class Answer:
    """What one request got; body is b"" for HEAD."""

    def __init__(self, app: Any, method: str, path: str, **environ: Any) -> None:
        self.errors = io.StringIO()
        asked = {
            "REQUEST_METHOD": method, "PATH_INFO": unquote(path, "latin-1"), "SCRIPT_NAME": "",
            "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(environ.pop("body", b"")), "wsgi.errors": self.errors,
            "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, **environ,
        }  # fmt: skip

        def start(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            self.status, self.headers = int(status[:3]), dict(headers)
            assert len(self.headers) == len(headers)
            return lambda _data: None

        result: Any = validator(app)(asked, start)
        self.body = b"".join(result)
        result.close()

    @property
    def status_of(self) -> str:
        """What OCSP says: the response's status, or the certificate's."""
        assert self.headers["Content-Type"] == RESPONSE
        loaded = ocsp.load_der_ocsp_response(self.body)
        if loaded.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            return loaded.response_status.name
        return loaded.certificate_status.name


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    it = made(tmp_path_factory.mktemp("responder"))
    for name in ("a", "b"):
        it.done("issue", "client", name)
    it.done("revoke", "b", "--reason", "superseded")
    delegate.renew(Store(it.home), bytes, datetime.now(UTC))
    return it


@pytest.fixture(scope="module")
def app(pki: Pki) -> Responder:
    return Responder(Store(pki.home))


def request(pki: Pki, name: str, nonce: bytes | None = None) -> bytes:
    leaf, issuer = (
        pki.certificate(f"clients/{name}.pem"),
        pki.certificate("authorities/issuing.pem"),
    )
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA256())
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def post(app: Responder, body: bytes, content_type: str = REQUEST, path: str = "/ocsp") -> Answer:
    length = {"CONTENT_LENGTH": str(len(body))}
    return Answer(app, "POST", path, body=body, CONTENT_TYPE=content_type, **length)


@pytest.mark.parametrize("path", FILES)
def test_a_file_is_served_with_its_type_and_how_long_it_may_be_kept(
    app: Responder, path: str
) -> None:
    got, head = Answer(app, "GET", path), Answer(app, "HEAD", path)
    assert (got.status, got.headers["Content-Type"]) == (200, FILES[path])
    assert got.headers["Cache-Control"] == "max-age=300, public, no-transform, must-revalidate"
    assert got.headers["Content-Length"] == str(len(got.body)) != "0"
    assert (head.status, head.headers, head.body) == (200, got.headers, b"")
    etag, modified = got.headers["ETag"], got.headers["Last-Modified"]
    for header in (
        {"HTTP_IF_NONE_MATCH": etag},
        {"HTTP_IF_NONE_MATCH": f'"x", W/{etag}'},
        {"HTTP_IF_NONE_MATCH": "*"},
        {"HTTP_IF_MODIFIED_SINCE": modified},
    ):
        same = Answer(app, "GET", path, **header)
        assert (same.status, same.body, same.headers["ETag"]) == (304, b"", etag)
    for header in (
        {"HTTP_IF_NONE_MATCH": '"x"', "HTTP_IF_MODIFIED_SINCE": modified},
        {"HTTP_IF_MODIFIED_SINCE": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"HTTP_IF_MODIFIED_SINCE": "yesterday"},
    ):
        assert Answer(app, "GET", path, **header).status == 200


def test_what_is_served_is_what_is_there(app: Responder, pki: Pki) -> None:
    assert x509.load_der_x509_crl(Answer(app, "GET", "/crl").body) == crl_of(pki)
    assert Answer(app, "GET", "/crl.pem").body == (pki.home / "crl.pem").read_bytes()
    for name in ("ca.pem", "truststore.pem"):
        assert Answer(app, "GET", f"/{name}").body == (pki.home / name).read_bytes()
    issuer = x509.load_der_x509_certificate(Answer(app, "GET", "/issuing-ca.der").body)
    assert issuer == pki.certificate("authorities/issuing.pem")


@pytest.mark.parametrize(
    "path",
    ["/", "", "/index.sqlite", "/authorities/issuing.key", "/../authorities/issuing.key", "/crl/",
     "/crl/../lock", "//crl", "/CRL", "/%2e%2e/authorities/root.key", "/ocspx", "/clients/a.pem",
     "/ocsp.pem", "/crl%00", "/health/"],
)  # fmt: skip
def test_nothing_else_is_served(app: Responder, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        assert Answer(app, method, path).status == 404


@pytest.mark.parametrize("path", [*FILES, "/health", "/ocsp/MAA="])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_another_method_is_405(app: Responder, path: str, method: str) -> None:
    refused = Answer(lambda e, s: app({**e, "REQUEST_METHOD": method}, s), "POST", path)
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/ocsp", "/ocsp/"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_ocsp_without_a_request_in_its_path_wants_post(
    app: Responder, path: str, method: str
) -> None:
    refused = Answer(app, method, path)
    assert (refused.status, refused.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/ocsp", "/ocsp/"])
def test_ocsp_is_answered_by_post(app: Responder, pki: Pki, path: str) -> None:
    for name, said in (("a", "GOOD"), ("b", "REVOKED")):
        got = post(app, request(pki, name), path=path)
        assert (got.status, got.status_of) == (200, said)
        assert got.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("quoting", ["none", "all", "without padding"])
def test_ocsp_is_answered_by_get_however_the_base64_is_escaped(
    app: Responder, pki: Pki, quoting: str
) -> None:
    for name, said in (("a", "GOOD"), ("b", "REVOKED")):
        text = base64.b64encode(request(pki, name)).decode()
        if quoting == "all":
            text = "".join(f"%{ord(c):02X}" for c in text)
        got = Answer(app, "GET", f"/ocsp/{text.rstrip('=') if 'padding' in quoting else text}")
        assert (got.status, got.status_of) == (200, said)
        assert got.headers["Cache-Control"].startswith("max-age=300, ")
        assert {"ETag", "Last-Modified"} <= set(got.headers)


def test_base64_with_slash_and_plus_is_understood(app: Responder, pki: Pki) -> None:
    for byte in range(64):
        text = base64.b64encode(request(pki, "a", bytes([0xFB, 0xFF, 0xBF, byte]) * 8)).decode()
        assert "/" in text or "+" in text
        got = Answer(app, "GET", f"/ocsp/{text}")
        assert got.status_of == "GOOD"
        assert got.headers["Cache-Control"] == "no-store"  # it was asked for with a nonce


@quick(max_examples=200)
@given(path=st.text(max_size=60), body=st.binary(max_size=60))
def test_any_bytes_get_malformed_request(app: Responder, path: str, body: bytes) -> None:
    latin = path.encode().decode("latin-1")
    got = Answer(lambda e, s: app({**e, "PATH_INFO": f"/ocsp/x{latin}"}, s), "GET", "/ocsp/x")
    assert (got.status, got.status_of) == (200, "MALFORMED_REQUEST")
    assert post(app, body).status_of == "MALFORMED_REQUEST"


def test_a_body_that_is_too_large_or_of_another_type_is_refused(app: Responder, pki: Pki) -> None:
    assert post(app, b"x" * 16 * 1024).status == 200
    assert post(app, b"x" * (16 * 1024 + 1)).status == 413
    endless = Answer(app, "POST", "/ocsp", body=b"x" * 20_000, CONTENT_TYPE=REQUEST)
    assert endless.status == 413  # chunked: no Content-Length
    for other in ("", "text/plain", "application/ocsp-requestx"):
        assert post(app, request(pki, "a"), other).status == 415
    assert post(app, request(pki, "a"), "Application/OCSP-Request; charset=x").status == 200


def test_a_revocation_of_another_process_is_served_at_once(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    delegate.renew(Store(pki.home), bytes, datetime.now(UTC))
    app = Responder(Store(pki.home))
    first = Answer(app, "GET", "/crl")
    assert post(app, request(pki, "a")).status_of == "GOOD"
    assert pki.process("revoke", "a").returncode == 0
    second = Answer(app, "GET", "/crl", HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (second.status, len(x509.load_der_x509_crl(second.body))) == (200, 1)
    assert post(app, request(pki, "a")).status_of == "REVOKED"
    pki.done("issue", "client", "b")
    assert post(app, request(pki, "b")).status_of == "GOOD"
    (pki.home / "index.sqlite").unlink()
    assert post(app, request(pki, "a")).status_of == "TRY_LATER"
    pki.done("init")  # another file, in which the CRL's revocations are found again
    assert serials(crl_of(pki)) == [f"{pki.certificate('clients/a.pem').serial_number:x}"]
    assert post(app, request(pki, "a")).status_of == "REVOKED"
    pki.done("issue", "client", "c")
    assert post(app, request(pki, "c")).status_of == "GOOD"


def test_a_crl_may_be_kept_no_longer_than_it_is_good(pki: Pki) -> None:
    end = crl_of(pki).next_update_utc
    assert end is not None
    for before, control in (
        (timedelta(seconds=100), "max-age=100, public, no-transform, must-revalidate"),
        (timedelta(0), "no-cache"),
        (timedelta(days=-1), "no-cache"),
    ):
        late = Responder(Store(pki.home), lambda b=before: end - b)  # type: ignore[misc]
        assert Answer(late, "GET", "/crl").headers["Cache-Control"] == control


def test_health_says_until_when_and_is_good_as_long_as_it_answers(pki: Pki, tmp_path: Path) -> None:
    health = Answer(Responder(Store(pki.home)), "GET", "/health")
    assert (health.status, health.body.count(b"good until")) == (200, 2)
    late = Responder(Store(pki.home), lambda: datetime.now(UTC) + timedelta(days=40))
    assert Answer(late, "GET", "/health").body.startswith(b"crl ended ")
    bare = made(tmp_path)
    (bare.home / "crl.pem").unlink()
    health = Answer(Responder(Store(bare.home)), "GET", "/health")
    assert (health.status, health.body.count(b"not available")) == (200, 2)
    for path in ("/crl", "/crl.pem"):
        missing = Answer(Responder(Store(bare.home)), "GET", path)
        assert (missing.status, missing.headers["Content-Type"]) == (
            503,
            "text/plain; charset=utf-8",
        )
        assert missing.errors.getvalue().startswith("error: there is no CRL")
    assert post(Responder(Store(bare.home)), b"x").status_of == "TRY_LATER"


def test_a_fault_of_ours_is_one_line_and_no_traceback(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(responder, "cached", fails)
    broken = Answer(Responder(Store(pki.home)), "GET", "/ca.pem")
    assert (broken.status, broken.body) == (500, b"internal error\n")
    assert broken.errors.getvalue() == "error: ZeroDivisionError: secret\n"
