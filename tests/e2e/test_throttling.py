"""A client that calls too often: at the real nginx alone, and through both fronts."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from proxy.throttle import burst_from, rate_from
from service import throttle_settings
from service.rate import Rate
from service.registry.matcher import Matcher
from service.registry.registration import Registration
from service.registry.sqlite import SqliteStore
from service.registry.store import Actor
from stack.native import NativeStack
from stack.settings import ROOT
from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki, free_port, require, settings, started
from tests.e2e import wire
from tests.e2e.recorder import Proxy, copy_of_conf, environment, proxy_alone
from tests.e2e.wire import Answer

#: So few a minute that none comes back while a test runs.
LIMIT = {"CLIENT_RATE": "1/m", "CLIENT_BURST": "3"}
PROBLEM = {"type": "urn:problem-type:too-many-requests", "title": "Too many requests"}


def get(path: str = "/a", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


def ask(proxy: Proxy, client: Files | None, request: bytes = get()) -> Answer:
    answer = wire.ask(proxy.port, wire.tls(proxy.ca, client), request)
    assert answer is not None
    return answer


@pytest.fixture
def limited(pki: Pki, tmp_path: Path) -> Iterator[Proxy]:
    with proxy_alone(pki, tmp_path, more=LIMIT) as proxy:
        yield proxy


@pytest.fixture
def limited_passthrough(pki: Pki, tmp_path: Path) -> Iterator[Proxy]:
    with proxy_alone(pki, tmp_path, "passthrough", more=LIMIT) as proxy:
        yield proxy


def statuses(proxy: Proxy, client: Files | None, *requests: bytes) -> list[int]:
    return [ask(proxy, client, request).status for request in requests]


def test_who_calls_too_often_is_told_so_by_nginx_and_when_to_come_back(
    limited: Proxy, billing: Files, alice: Files
) -> None:
    assert statuses(limited, billing, *[get()] * 5) == [200, 200, 200, 429, 429]
    answer = ask(limited, billing)
    assert answer.json() == {**PROBLEM, "status": 429}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    # nginx has 16 thousandths of a request a second where 1/m is 16.7.
    assert int(answer.headers["retry-after"]) == 63
    assert len(limited.recorder.received) == 3
    assert statuses(limited, alice, *[get()] * 4) == [200, 200, 200, 429]


def test_a_bucket_of_one(pki: Pki, tmp_path: Path, billing: Files) -> None:
    with proxy_alone(pki, tmp_path, more={**LIMIT, "CLIENT_BURST": "1"}) as proxy:
        assert statuses(proxy, billing, *[get()] * 2) == [200, 429]


def test_without_a_limit_everything_passes(pki: Pki, tmp_path: Path, billing: Files) -> None:
    with proxy_alone(pki, tmp_path) as proxy:
        assert statuses(proxy, billing, *[get()] * 8) == [200] * 8


def test_what_a_registration_may_give_passes_nginx(
    pki: Pki, tmp_path: Path, billing: Files
) -> None:
    more = {**LIMIT, "CLIENT_BURST_MOST": "5"}
    with proxy_alone(pki, tmp_path, more=more) as proxy:
        assert statuses(proxy, billing, *[get()] * 6) == [200] * 5 + [429]


def test_health_is_not_counted_and_what_only_looks_like_it_is(
    limited: Proxy, billing: Files
) -> None:
    watched = [get("/health"), get("/health?a=1"), get("/health", "HEAD")]
    assert statuses(limited, billing, *watched * 3) == [200] * 9
    alike = [get("/healthz"), get("/health/x"), get("//health"), get("/a?/health")]
    assert statuses(limited, billing, *alike) == [200, 200, 200, 429]
    assert statuses(limited, billing, *watched) == [200] * 3


def test_a_body_is_not_waited_for(limited: Proxy, billing: Files) -> None:
    statuses(limited, billing, *[get()] * 3)
    head = b"POST /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    answer = ask(limited, billing, head + b"Content-Length: 9000000\r\n\r\n" + bytes(200_000))
    assert (answer.status, answer.problem) == (429, "too-many-requests")


def test_over_http_2_too(limited: Proxy, billing: Files) -> None:
    context = wire.tls(limited.ca, billing, alpn=("h2",))
    answers = [wire.ask_h2(limited.port, context, wire.whoami_h2()) for _ in range(4)]
    assert [answer.status for answer in answers if answer] == [200, 200, 200, 429]
    assert answers[3] is not None
    assert answers[3].problem == "too-many-requests"


def test_nobody_without_a_verified_certificate_empties_a_bucket(
    limited: Proxy, billing: Files, stranger: Files
) -> None:
    for client in (stranger, None):
        for _ in range(5):
            assert wire.ask(limited.port, wire.tls(limited.ca, client), get()) is None
    assert statuses(limited, billing, *[get()] * 4) == [200, 200, 200, 429]


def test_in_passthrough_a_forged_twin_empties_its_own_bucket_alone(
    limited_passthrough: Proxy, billing: Files, keep: Callable[[Holder], Files]
) -> None:
    real = builders.read(billing.pem, billing.key).certificate
    forger = builders.authority(subject="CN=Example Issuing CA,O=Example")
    twin = builders.leaf(issuer=forger, serial_number=real.serial_number, subject=real.subject)
    assert twin.certificate.issuer == real.issuer
    assert statuses(limited_passthrough, keep(twin), *[get()] * 4) == [200, 200, 200, 429]
    assert statuses(limited_passthrough, billing, *[get()] * 4) == [200, 200, 200, 429]
    # Without a certificate the service refuses them; here there is nothing to tell them apart by.
    assert statuses(limited_passthrough, None, *[get()] * 8) == [200] * 8


@pytest.mark.parametrize(
    ("file", "was", "becomes"),
    [
        ("client_limit.conf", "error_page 429 = @too_many_requests;", ""),
        ("client_limit.conf", "limit_req zone=clients ${BURST} nodelay;", ""),
        ("client_limit.conf", "add_header Retry-After ${RETRY_AFTER} always;", ""),
        ("client_limit_zone.conf", '"0:0"   $ssl_client_fingerprint;', '"0:0"   $ssl_client_i_dn;'),
    ],
)
def test_each_line_is_needed(
    pki: Pki, tmp_path: Path, billing: Files, alice: Files, file: str, was: str, becomes: str
) -> None:
    conf = copy_of_conf(tmp_path)
    text = (conf / file).read_text()
    assert text.count(was) == 1
    (conf / file).write_text(text.replace(was, becomes))
    with proxy_alone(pki, tmp_path, conf=conf, more=LIMIT) as proxy:
        fourth = [ask(proxy, billing) for _ in range(4)][3]
        told = fourth.status == 429 and "retry-after" in fourth.headers
        assert (told, ask(proxy, alice).status) != (True, 200)


#: What CLIENT_RATE and CLIENT_BURST may be; and the same with one thing wrong.
RATES = {
    **dict.fromkeys(("1/s", "20/s", "90/m", "99999/s", "1/m"), True),
    **dict.fromkeys(("0/s", "01/s", "20", "20/h", "-1/s", "1.5/s", "100000/s", "/s", " "), False),
    **dict.fromkeys(("20/s ", "20/sec", "20r/s", "20/s\nx", "x\n20/s", "20/s;"), False),
}
BURSTS = {
    **dict.fromkeys(("1", "40", "99999"), True),
    **dict.fromkeys(("0", "01", "-1", "1.5", "100000", "x", " ", "4 0", "40\nx", "40;"), False),
}


def takes(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("variable", "text", "good"),
    [("CLIENT_RATE", text, good) for text, good in RATES.items()]
    + [("CLIENT_BURST", text, good) for text, good in BURSTS.items()],
)
def test_service_gateway_and_nginx_read_the_same_settings(
    pki: Pki, tmp_path: Path, variable: str, text: str, *, good: bool
) -> None:
    require("nginx")
    env = {**LIMIT, variable: text}
    by_gateway = {"CLIENT_RATE": rate_from, "CLIENT_BURST": burst_from}[variable]
    faults: list[str] = []
    assert (throttle_settings.read(env, faults) is not None) is good
    assert bool(faults) is not good
    assert takes(by_gateway, text) is good
    done = subprocess.run(
        [ROOT / "proxy/run", "check"],
        env={**environment(pki, tmp_path, free_port(), "verify"), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if good else 1), done.stderr
    assert good or done.stderr.startswith(f"error: {variable} is '{text}'; expected ")


@pytest.fixture(params=["by the fronts", "by the service"])
def limited_stack(
    request: pytest.FixtureRequest, pki: Pki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NativeStack]:
    """Both fronts; in the second the service alone counts, as on AWS."""
    ample = {"CLIENT_RATE_MOST": "9000/s", "CLIENT_BURST_MOST": "9000"}
    more = {**LIMIT, **(ample if request.param == "by the service" else {})}
    yield from started(settings(pki, tmp_path_factory.mktemp("run"), **more))


def test_through_both_fronts_a_client_is_told_the_same(
    limited_stack: NativeStack, pki: Pki, alice: Files, outsider: Files
) -> None:
    for port in (limited_stack.settings.alb_port, limited_stack.settings.api_gateway_port):
        eager = Files(*pki.client(f"eager-{port}"))  # `make up` has called as billing

        def call(client: Files, request: bytes, port: int = port) -> Answer:
            answer = wire.ask(port, wire.tls(pki.ca, client), request)
            assert answer is not None
            return answer

        assert [call(eager, wire.WHOAMI).status for _ in range(4)] == [200, 200, 200, 429]
        answer = call(eager, wire.WHOAMI)
        assert answer.body == (json.dumps({**PROBLEM, "status": 429}) + "\n").encode()
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert 1 <= int(answer.headers["retry-after"]) <= 63
        assert call(eager, get("/nowhere")).status == 429
        assert call(eager, get("/health")).status == 200
        assert call(alice, wire.WHOAMI).status == 200
        # Who is not admitted is told that, and nothing of limits.
        assert call(outsider, wire.WHOAMI).problem == "certificate-not-allowed"


def test_without_settings_nobody_is_limited(stack: NativeStack, pki: Pki, billing: Files) -> None:
    for port in (stack.settings.alb_port, stack.settings.api_gateway_port):
        for _ in range(8):
            answer = wire.ask(port, wire.tls(pki.ca, billing))
            assert answer is not None
            assert answer.status == 200


def test_four_workers_and_the_function_let_through_what_one_bucket_has(
    pki: Pki, tmp_path: Path
) -> None:
    path = tmp_path / "clients.sqlite"
    store = SqliteStore(str(path))
    for name, rate in (("flood", Rate(1 / 60, 40)), ("stream", Rate(50, 40))):
        matcher = Matcher.of("uri", f"spiffe://example.org/{name}")
        new = Registration(id=name, organization="Example", matchers=(matcher,), rate=rate)
        store.create(new, Actor("cli:test"), datetime.now(UTC))
    more = {"WORKERS": "4", "CLIENT_REGISTRY": f"sqlite:///{path}"}
    for running in started(settings(pki, tmp_path, **more)):
        alb, api_gateway = running.settings.alb_port, running.settings.api_gateway_port

        begun = time.monotonic()
        flood = hammer(pki, "flood", (alb, alb, alb, api_gateway), 50)
        assert set(flood) == {200, 429}
        # Each bucket of its own would give 40 in each of five processes.
        assert 40 <= flood.count(200) <= 40 + (time.monotonic() - begun) / 60

        begun = time.monotonic()
        stream = hammer(pki, "stream", (alb, alb, alb, api_gateway), 100)
        assert set(stream) <= {200, 429}
        assert 20 <= stream.count(200) <= 40 + 50 * (time.monotonic() - begun)
        assert hammer(pki, "billing", (alb, api_gateway), 50) == [200] * 100


def hammer(pki: Pki, name: str, ports: Sequence[int], times: int) -> list[int]:
    """The statuses of so many calls at each of *ports*, all at once, each on a connection."""
    context = wire.tls(pki.ca, Files(*pki.client(name)))

    def call(port: int) -> list[int]:
        with httpx.Client(verify=context, base_url=f"https://localhost:{port}") as client:
            return [client.get("/whoami").status_code for _ in range(times)]

    with ThreadPoolExecutor(len(ports)) as pool:
        return [status for part in pool.map(call, ports) for status in part]
