"""One table of what AWS does not tell; refusals point into it."""

import pytest

from pki.reasons import REASONS
from pki.unconfirmed import UNCONFIRMED, Choice

IDS = [choice.id for choice in UNCONFIRMED]
SOURCES = [
    (code, front, words.source)
    for code, reason in REASONS.items()
    for front, words in reason.items()
    if words.source.startswith("unconfirmed:")
]


def test_every_row_has_an_id_of_its_own() -> None:
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("choice", UNCONFIRMED, ids=IDS)
def test_every_row_is_filled_in(choice: Choice) -> None:
    assert choice.question.endswith("?")
    assert all((choice.id, choice.choice, choice.why))
    assert choice.front in {"api-gateway", "alb", "lambda"}
    assert (choice.front == "alb") == choice.id.startswith("alb-")


@pytest.mark.parametrize(("code", "front", "source"), SOURCES)
def test_every_source_of_a_refusal_is_a_row_of_its_front(
    code: str, front: str, source: str
) -> None:
    row = UNCONFIRMED[IDS.index(source.removeprefix("unconfirmed:"))]
    assert row.front == front, code
    assert row.choice.startswith(("refused", "eight")), code


def test_every_reason_has_both_fronts_and_a_source() -> None:
    for code, reason in REASONS.items():
        assert set(reason) == {"api-gateway", "alb"}, code
        assert all(words.source for words in reason.values()), code
        assert reason["alb"].aws.startswith("ClientCert"), code


def test_what_the_pages_leave_open_is_there() -> None:
    on_certificates = {"not-for-clients", "may-not-sign", "authority", "version", "signature-pss"}
    on_connections = {"tls-1.3", "no-certificate", "forbidden-headers", "log-reasons", "ca-names"}
    on_events = {"pem-newline", "dn-escapes", "dn-names", "dn-multi-valued", "serial-high-bit"}
    on_requests = {"http2-header-case", "x-forwarded-for", "too-large-type", "timeout-type"}
    on_requests |= {"disabled-http-api", "method-override"}
    assert on_certificates | on_connections | on_events | on_requests <= set(IDS)
