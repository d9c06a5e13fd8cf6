"""Views that want a token: on every front the same token is right, and the same answer wrong."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography import x509

from tests import builders
from tests.builders import Holder
from tests.parity.bearer import ISSUES
from tests.parity.differences import API_GATEWAY, expected, without_added
from tests.parity.message import (
    ALB,
    GATEWAY,
    GATEWAY_2,
    NAMES,
    TEST_CLIENT,
    Answer,
    Front,
    Headers,
    Request,
    unlike,
)
from tests.tokens import ABSENT, compact, thumbprint

OTHER = builders.leaf(issuer=None).certificate
CHALLENGE = 'Bearer realm="api"'
WRONG = f'{CHALLENGE}, error="invalid_token"'
NAME, REMAPPED = "www-authenticate", "x-amzn-remapped-www-authenticate"
Sent = Callable[[x509.Certificate], Headers]


def bearer(scheme: str = "Bearer", **changed: Any) -> Sent:
    return lambda leaf: (("Authorization", f"{scheme} {ISSUES.token(leaf, **changed)}"),)


def other(value: str) -> Sent:
    return lambda _: (("Authorization", value),)


def signed_as(alg: str, key: bytes) -> Sent:
    return lambda leaf: (
        (
            "Authorization",
            f"Bearer {compact(ISSUES.header(alg=alg), ISSUES.claims(leaf), key, alg)}",
        ),
    )


def twice(leaf: x509.Certificate) -> Headers:
    return (*bearer()(leaf), *bearer(scope="orders:read")(leaf))


GOOD: dict[str, Sent] = {
    "a good token": bearer(),
    "the scheme in lower case": bearer("bearer"),
    "the audience in a list": bearer(aud=["x", ISSUES.audience]),
    "no scope": bearer(scope=ABSENT),
    "a token of 5 K": bearer(more="x" * 3600),
}
#: What is sent, and what WWW-Authenticate says.
BAD: dict[str, tuple[Sent, str]] = {
    "no token": (lambda _: (), CHALLENGE),
    "an empty header": (other(""), CHALLENGE),
    "another scheme": (other("Basic YTpi"), CHALLENGE),
    "the scheme alone": (other("Bearer"), WRONG),
    "no JWT": (other("Bearer x"), WRONG),
    "a JWE": (other("Bearer e30.e30.e30.e30.e30"), WRONG),
    "latin-1": (other("Bearer \xe9.e30.e30"), WRONG),
    "alg none": (signed_as("none", b""), WRONG),
    "HS256": (signed_as("HS256", ISSUES.jwks()), WRONG),
    "a stranger's": (bearer(key=builders.p256()), WRONG),
    "expired": (bearer(exp=1), WRONG),
    "not valid yet": (bearer(nbf=1 << 40), WRONG),
    "another issuer": (bearer(iss="https://other.example"), WRONG),
    "another audience": (bearer(aud="https://other.example"), WRONG),
    "bound to nothing": (bearer(cnf=ABSENT), WRONG),
    "bound to another": (bearer(cnf={"x5t#S256": thumbprint(OTHER)}), WRONG),
    "crit": (bearer(header={"crit": ["x"], "x": 1}), WRONG),
    "longer than 8 K": (bearer(more="x" * 6200), WRONG),
}


def asked(name: str, sent: Sent, client: Holder, method: str = "GET") -> Request:
    return Request(name, "/bound", method, headers=sent(client.certificate))


def differences(fronts: Mapping[str, Front], request: Request, client: Holder) -> dict[str, object]:
    """What is unlike the test client's answer, by the name of the front."""
    reference = fronts[TEST_CLIENT].ask(request, client)
    found = {}
    for name in (name for name in NAMES if name != TEST_CLIENT):
        wanted = expected(name, request, reference)
        got = without_added(name, fronts[name].ask(request, client), wanted)
        found[name] = unlike(wanted, got)
    return {name: what for name, what in found.items() if what}


def challenge(answer: Answer) -> str:
    return f"{answer.json()['type']}: " + ",".join(answer.headers.get(NAME, ()))


@pytest.mark.parametrize("name", GOOD)
def test_a_good_token_is_let_in_everywhere(
    every: Mapping[str, Front], billing: Holder, name: str
) -> None:
    request = asked(name, GOOD[name], billing)
    assert every[TEST_CLIENT].ask(request, billing).status == 200
    assert differences(every, request, billing) == {}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_token_gets_the_same_401_everywhere(
    every: Mapping[str, Front], billing: Holder, name: str
) -> None:
    sent, said = BAD[name]
    request = asked(name, sent, billing)
    answer = every[TEST_CLIENT].ask(request, billing)
    assert answer.status == 401
    assert challenge(answer) == f"urn:problem-type:invalid-token: {said}"
    assert differences(every, request, billing) == {}


def test_the_answer_to_head_is_the_same_too(every: Mapping[str, Front], billing: Holder) -> None:
    for sent in (GOOD["a good token"], BAD["no token"][0]):
        assert differences(every, asked("HEAD", sent, billing, "HEAD"), billing) == {}


@pytest.mark.parametrize("front", [ALB, GATEWAY, GATEWAY_2])
def test_where_the_challenge_stands_is_what_aws_does_with_it(
    every: Mapping[str, Front], billing: Holder, front: str
) -> None:
    """API Gateway renames WWW-Authenticate: docs/parity.md, and docs/tokens.md for clients."""
    headers = every[front].ask(asked("x", BAD["no JWT"][0], billing), billing).headers
    here, there = (REMAPPED, NAME) if front in API_GATEWAY else (NAME, REMAPPED)
    assert headers[here] == (WRONG,)
    assert there not in headers


def test_of_two_authorization_headers_neither_counts(
    every: Mapping[str, Front], billing: Holder
) -> None:
    """nginx before 1.23 hands both on; since then it answers 400 itself."""
    request = asked("two", twice, billing)
    statuses = {name: front.ask(request, billing).status for name, front in every.items()}
    real = {name: statuses.pop(name) for name in (ALB, GATEWAY, GATEWAY_2)}
    # Of an ALB without multi-value headers the function gets the last one alone.
    assert statuses.pop("ALB event (single values)") == 200
    assert set(statuses.values()) == {401}
    assert set(real.values()) <= {400, 401}


def test_a_token_of_another_client_counts_on_no_front(
    every: Mapping[str, Front], billing: Holder, cast: Any
) -> None:
    stolen = asked("stolen", bearer(), billing)
    for name, front in every.items():
        assert front.ask(stolen, billing).status == 200, name
        assert front.ask(stolen, cast.other_client).status == 401, name


def test_the_table_s_tokens_are_what_they_are_called(billing: Holder) -> None:
    (_, value), *_ = BAD["longer than 8 K"][0](billing.certificate)
    assert len(value) > 8192
    (_, value), *_ = GOOD["a token of 5 K"](billing.certificate)
    assert 5000 < len(value) < 8192
    first = BAD["alg none"][0](billing.certificate)[0][1].removeprefix("Bearer ").split(".")[0]
    assert b'"none"' in base64.urlsafe_b64decode(first + "==")
