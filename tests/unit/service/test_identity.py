import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, redirect
from werkzeug.test import TestResponse

from service.app import create_app
from service.config import MAX_BODY, Config
from service.identity import VerifiedCache, current_client, public
from service.sources import SOURCES
from tests import builders
from tests.unit.service.certs import HEADER, NOW, as_alb_sends, leaf

ENV = {
    "CLIENT_CERT_SOURCE": "alb-verify",
    "TRUSTED_PROXIES": "127.0.0.1",
    "ALLOW_URIS": "spiffe://example.org/*",
}
GOOD = as_alb_sends(leaf())


@pytest.fixture
def app() -> Flask:
    app = create_app(Config.from_env(ENV))
    bp = Blueprint("odd", __name__)

    @bp.get("/crash")
    def crash() -> str:
        raise RuntimeError("the secret of the house")

    @bp.get("/teapot")
    def teapot() -> str:
        abort(418, "short and stout")

    @bp.get("/moved")
    def moved() -> Any:
        return redirect("/whoami")

    @bp.get("/open")
    @public
    def opened() -> dict[str, str]:
        return {"subject": current_client().certificate.subject}

    app.register_blueprint(bp)
    return app


def ask(
    app: Flask, path: str = "/whoami", header: str | None = GOOD, **options: Any
) -> TestResponse:
    headers = {} if header is None else {HEADER: header}
    return app.test_client().open(path, headers=headers, **options)


def problem(response: TestResponse) -> str:
    assert response.content_type == "application/problem+json"
    body = json.loads(response.text)
    assert body["status"] == response.status_code
    return str(body["type"]).removeprefix("urn:problem-type:")


def test_an_admitted_client_is_told_who_it_is(app: Flask) -> None:
    response = ask(app)
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["subject"] == "CN=billing,O=Example"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/whoami", "/nope", "/health/", "/open/x", "//health"])
def test_without_a_certificate_every_path_is_the_same_refusal(
    app: Flask, method: str, path: str
) -> None:
    response = ask(app, path, None, method=method)
    assert response.status_code == 403
    if method != "HEAD":
        assert problem(response) == "certificate-required"
        assert response.data == ask(app, "/whoami", None).data


def test_only_what_is_marked_public_is_open(app: Flask) -> None:
    off = {"state": "off"}
    healthy = {"status": "ok", "revocation": off, "registry": off}
    assert ask(app, "/health", None).json == healthy
    assert ask(app, "/", None).status_code == 403


def test_a_public_view_has_no_client(app: Flask) -> None:
    assert ask(app, "/open").status_code == 500


def test_a_header_from_an_untrusted_peer_counts_as_absent(app: Flask) -> None:
    for peer, status in (("127.0.0.1", 200), ("127.0.0.2", 403), ("", 403)):
        response = ask(app, environ_overrides={"REMOTE_ADDR": peer})
        assert response.status_code == status
    assert problem(response) == "certificate-required"


@pytest.mark.parametrize(
    "header",
    [
        "x",
        "%",
        GOOD[:-40],
        GOOD + "%0A",
        GOOD + "," + GOOD,
        GOOD + ", " + GOOD,
        GOOD + GOOD,
        GOOD.replace("+", " ") if "+" in GOOD else GOOD + " ",
        GOOD.replace("%0A", "%0D%0A"),
        GOOD.replace("%20", "+"),
        GOOD.replace("-----BEGIN", "%c0%ad----BEGIN"),
        GOOD.replace("CERTIFICATE", "PRIVATE%20KEY"),
        "%00" + GOOD,
        "A" * 20_000,
        GOOD + "%20" * 6000,
    ],
)
def test_a_malformed_header_is_400(app: Flask, header: str) -> None:
    response = ask(app, header=header)
    assert (response.status_code, problem(response)) == (400, "certificate-malformed")
    assert ask(app).status_code == 200


def test_base64_with_plus_and_slash_arrives_whole(app: Flask) -> None:
    """ALB leaves "+" literal; some of its documentation shows it escaped: both are read."""
    for serial_number in range(1, 50):
        header = as_alb_sends(leaf(serial_number=serial_number))
        if "+" in header and "/" in header:
            break
    assert "+" in header
    escaped = header.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    assert ask(app, header=header).data == ask(app, header=escaped).data
    assert ask(app, header=header).status_code == 200


@pytest.mark.parametrize("moved", [timedelta(days=-5), timedelta(days=5)])
def test_a_certificate_that_is_not_valid_now_is_refused(app: Flask, moved: timedelta) -> None:
    header = as_alb_sends(
        leaf(
            not_before=NOW - timedelta(days=1) + moved,
            not_after=NOW + timedelta(days=1) + moved,
        )
    )
    assert problem(ask(app, header=header)) == "certificate-not-valid-now"


def test_validity_is_checked_on_every_request_cached_or_not() -> None:
    from flask import g

    from service.authorization import Demands
    from service.identity import Gate
    from service.problems import CertificateNotValidNow

    app, clock = Flask("x"), [NOW]
    gate = Gate(Config.from_env(ENV), lambda: clock[0])

    def admit() -> str:
        with app.test_request_context(
            headers={HEADER: GOOD}, environ_base={"REMOTE_ADDR": "127.0.0.1"}
        ):
            gate.admit(Demands())
            return str(g.certificate.subject)

    assert admit() == "CN=billing,O=Example"
    clock[0] = NOW + timedelta(days=2)
    with pytest.raises(CertificateNotValidNow):
        admit()
    clock[0] = NOW
    assert admit() == "CN=billing,O=Example"


def test_a_client_that_is_not_on_the_list_learns_nothing_of_it(app: Flask) -> None:
    from cryptography import x509

    stranger = leaf(
        subject="CN=stranger", names=(x509.UniformResourceIdentifier("spiffe://other.org/x"),)
    )
    for path in ("/whoami", "/nope"):
        response = ask(app, path, as_alb_sends(stranger))
        assert problem(response) == "certificate-not-allowed"
        assert set(json.loads(response.text)) == {"type", "title", "status"}


def test_an_authority_is_no_client(app: Flask) -> None:
    for ca, told in ((True, "certificate-untrusted"), (False, None)):
        header = as_alb_sends(builders.leaf(issuer=None, ca=ca).certificate)
        response = ask(app, header=header)
        assert response.status_code == (403 if ca else 200)
        assert told is None or problem(response) == told


def test_the_rest_of_the_http_errors_are_problems_too(app: Flask) -> None:
    assert problem(ask(app, "/nope")) == "not-found"
    refused = ask(app, method="POST")
    assert problem(refused) == "method-not-allowed"
    assert "GET" in refused.headers["Allow"]
    stout = ask(app, "/teapot")
    assert problem(stout) == "i-m-a-teapot"
    assert json.loads(stout.text)["detail"] == "short and stout"
    assert ask(app, "/moved").status_code == 302


def test_a_crash_tells_the_log_and_not_the_caller(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    response = ask(app, "/crash")
    assert problem(response) == "internal-server-error"
    assert "secret" not in response.text
    assert "the secret of the house" in caplog.text
    assert "Traceback" in caplog.text


def test_a_body_over_the_limit_is_413(app: Flask) -> None:
    assert problem(ask(app, method="POST", data=b"x" * (MAX_BODY + 1))) == "content-too-large"
    assert problem(ask(app, method="POST", data=b"x" * MAX_BODY)) == "method-not-allowed"
    assert ask(app, header=None, method="POST", data=b"x" * (MAX_BODY + 1)).status_code == 403


def test_the_cache_is_bounded_and_keeps_no_refusal() -> None:
    reads = []
    source = SOURCES["alb-verify"](())

    def counting(text: str, now: Any) -> Any:
        reads.append(text)
        return source.read(text, now)

    cache = VerifiedCache(replace(source, read=counting))
    cache.SIZE = 2
    first, second, third = (as_alb_sends(leaf(serial_number=n)) for n in (1, 2, 3))
    for text in (first, first, second, first, third, first):
        cache.read(text, NOW)
    assert reads == [first, second, third]
    cache.read(second, NOW)
    assert reads[-1] == second
    for _ in range(2):
        with pytest.raises(ValueError, match="expected exactly one"):
            cache.read("x", NOW)
    assert reads[-2:] == ["x", "x"]


LINE = {
    "time",
    "method",
    "path",
    "status",
    "milliseconds",
    "trace_id",
    "verdict",
    "because",
}
WHO = {"fingerprint", "serial_number", "subject", "issuer", "organization"}
REFUSED = {"problem"}


@pytest.mark.parametrize(
    ("path", "header", "verdict", "keys"),
    [
        ("/whoami", GOOD, "allowed", LINE | WHO),
        ("/crash", GOOD, "allowed", LINE | WHO | REFUSED),
        ("/whoami", None, "denied", LINE | REFUSED),
        ("/whoami", "x", "denied", LINE | REFUSED),
        ("/whoami", as_alb_sends(leaf(names=())), "denied", LINE | WHO | REFUSED),
        ("/health", None, "public", LINE),
    ],
)
def test_each_request_is_one_line(
    app: Flask,
    capsys: pytest.CaptureFixture[str],
    path: str,
    header: str | None,
    verdict: str,
    keys: set[str],
) -> None:
    ask(app, path + "?secret=1", header)
    (text,) = [row for row in capsys.readouterr().err.splitlines() if row.startswith("{")]
    line = json.loads(text)
    assert set(line) == keys
    assert (line["path"], line["verdict"]) == (path, verdict)
    assert bool(line["because"]) == (verdict != "public")
    assert "BEGIN" not in text
    assert "secret" not in text


def test_a_forged_trace_id_does_not_reach_the_log(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    for sent in ("Root=1-67891233-abcdef012345678912345678", 'x","verdict":"allowed', "é"):
        app.test_client().get("/health", headers={"X-Amzn-Trace-Id": sent})
    told = [json.loads(line)["trace_id"] for line in capsys.readouterr().err.splitlines()]
    assert told == ["Root=1-67891233-abcdef012345678912345678", "", ""]
