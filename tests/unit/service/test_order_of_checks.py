"""The order in which a request is looked at: of two things that are wrong, the earlier is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from cryptography import x509
from flask import Flask

from service import identity, problems
from service.authorization import requires, requires_api_key, requires_token
from service.certificate import ClientCertificate
from service.client import Client
from service.config import Config
from service.identity import Questions
from service.problems import Problem
from tests.unit.service.certs import HEADER, NOW, as_alb_sends, leaf

PEER = "192.0.2.1"
SCOPE = "orders:read"

#: What can be wrong with a request, in the order of identity.Gate, and what it gets for it.
STEPS: dict[str, type[Problem]] = {
    "it comes past the terminator": problems.CertificateRequired,
    "it has no certificate": problems.CertificateRequired,
    "its certificate is not well formed": problems.CertificateMalformed,
    "its certificate is not valid now": problems.CertificateNotValidNow,
    "its certificate is an authority's": problems.CertificateUntrusted,
    "its certificate is revoked": problems.CertificateRevoked,
    "nobody knows its client": problems.CertificateNotAllowed,
    "its client is suspended": problems.ClientSuspended,
    "its client calls too often": problems.TooManyRequests,
    "its client has not the scope": problems.InsufficientScope,
    "its API key is wrong": problems.InvalidApiKey,
    "its token is wrong": problems.InvalidToken,
}
#: Whoever is suspended is known.
IMPOSSIBLE = {("nobody knows its client", "its client is suspended")}
PAIRS = [pair for pair in combinations(STEPS, 2) if pair not in IMPOSSIBLE]
ASKED = ["revocation", "registry", "rate", "API key", "token"]


@dataclass
class Request:
    """Good, but for what is *wrong* with it; *asked*: whom the gate has asked about it."""

    wrong: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def send(self) -> str:
        """The slug of what it gets, or "" if the view has answered."""
        app = Flask("orders")
        problems.init_app(app)
        identity.init_app(app, _config(), self._questions())
        app.add_url_rule("/", view_func=_view)
        told = {} if "it has no certificate" in self.wrong else {HEADER: self._header()}
        peer = PEER if "it comes past the terminator" in self.wrong else "127.0.0.1"
        answer = app.test_client().get("/", headers=told, environ_base={"REMOTE_ADDR": peer})
        if answer.status_code == 200:
            return ""
        return str(json.loads(answer.text)["type"]).removeprefix(problems.TYPE_PREFIX)

    def _header(self) -> str:
        ended = NOW - timedelta(hours=1)
        until = ended if "its certificate is not valid now" in self.wrong else NOW + timedelta(1)
        is_ca = "its certificate is an authority's" in self.wrong
        text = as_alb_sends(leaf(not_after=until, is_ca=is_ca))
        return text + "%0A." if "its certificate is not well formed" in self.wrong else text

    def _questions(self) -> Questions:
        def revoked(_leaf: ClientCertificate, _: x509.Certificate, _now: datetime) -> str:
            self._ask("revocation", "its certificate is revoked")
            return ""

        def registered(certificate: ClientCertificate) -> tuple[Client, str] | None:
            self._ask("registry", "its client is suspended")
            if "nobody knows its client" in self.wrong:
                return None
            scopes = set() if "its client has not the scope" in self.wrong else {SCOPE}
            return Client(certificate, "billing", "Example", frozenset(scopes)), "client billing"

        def bound(client: Client) -> Client:
            self._ask("token", "its token is wrong")
            return client

        return Questions(
            not_revoked=revoked,
            registered=registered,
            limited=lambda _client: self._ask("rate", "its client calls too often"),
            keyed=self._saying("API key", "its API key is wrong"),
            bound=bound,
        )

    def _saying(self, whom: str, step: str) -> Callable[[Client], str]:
        def ask(_client: Client) -> str:
            self._ask(whom, step)
            return ""

        return ask

    def _ask(self, whom: str, step: str) -> None:
        self.asked.append(whom)
        if step in self.wrong:
            raise STEPS[step]


def _config() -> Config:
    env = {"CLIENT_CERT_SOURCE": "alb-verify", "TRUSTED_PROXIES": "127.0.0.1"}
    return Config.from_env({**env, "ALLOW_SUBJECTS": "CN=nobody"})


@requires_token
@requires_api_key
@requires(SCOPE)
def _view() -> str:
    return "an order"


def test_a_request_with_which_nothing_is_wrong_is_answered_and_asked_about_in_order() -> None:
    request = Request()
    assert request.send() == ""
    assert request.asked == ASKED


@pytest.mark.parametrize("step", STEPS)
def test_a_request_with_which_one_thing_is_wrong_gets_its_problem(step: str) -> None:
    request = Request(frozenset({step}))
    assert request.send() == STEPS[step].slug
    assert request.asked == ASKED[: len(request.asked)]


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_of_two_things_that_are_wrong_the_earlier_is_told(earlier: str, later: str) -> None:
    alone, both = Request(frozenset({earlier})), Request(frozenset({earlier, later}))
    assert both.send() == alone.send() == STEPS[earlier].slug
    # What comes after it is not even asked: who is refused costs nobody a token of a bucket.
    assert both.asked == alone.asked


def test_of_all_that_is_wrong_at_once_the_first_is_told() -> None:
    request = Request(frozenset(STEPS))
    assert request.send() == problems.CertificateRequired.slug
    assert request.asked == []
