"""The client's certificate: whether it is asked for, can be presented, and would be taken."""

from collections.abc import Iterator, Mapping

from aws.doctor.conversation import Conversation, End
from aws.doctor.facts import Facts
from aws.doctor.meaning import is_admitted, is_refused_by_front
from pki.acceptance import decide
from pki.describe import iso, remaining
from pki.endpoint import is_named
from pki.findings import Finding
from pki.steps import subject
from pki.verdict import Front, Refused

from .check import finding
from .of_server import expires_soon, time_fault

#: RFC 8446, 6.2: alerts about a certificate, and the code that tells of them.
_ALERTS: Mapping[int, str] = {
    44: "refused-revoked",
    45: "refused-expired",
    48: "refused-unknown-ca",
}
_ALERT_NAMES: Mapping[int, str] = {
    40: "handshake failure",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "certificate revoked",
    45: "certificate expired",
    46: "certificate unknown",
    48: "unknown CA",
    49: "access denied",
    51: "decrypt error",
    80: "internal error",
    116: "certificate required",
}
_NO_ANSWER = {End.REFUSED, End.CLOSED, End.FAILED, End.NO_TLS}
#: What needs a truststore to be known; the rest is the leaf's own fault.
_OF_PATHS = ("issuer-", "chain-", "search-", "path-", "several-", "name-")


def asks(facts: Facts) -> Iterator[Finding]:
    """Yield that no certificate is asked for, or those of other CAs (RFC 8446, 4.3.2, 4.2.4)."""
    if not facts.chain:
        return
    if facts.authorities is None:
        said = f"{facts.question.url.address} asks for no client certificate"
        yield finding(facts, "doctor.asks.nothing", said)
        return
    client = facts.client
    if client and client.leaf and not is_named(facts.authorities, client.chain):
        if any(is_admitted(one) for one in facts.answers):
            return
        count = len(facts.authorities)
        said = f"the server takes certificates of {count} CA{'s' * (count != 1)}, and none of them"
        said += f" issued {subject(client.leaf)!r}"
        yield finding(facts, "doctor.asks.other-cas", said)


def files(facts: Facts) -> Iterator[Finding]:
    """Yield why the certificate cannot be presented."""
    if facts.client and facts.client.fault:
        yield finding(facts, f"doctor.client.{facts.client.fault}", facts.client.said)


def validity(facts: Facts) -> Iterator[Finding]:
    """Yield that the certificate is not valid now, or soon will not be."""
    leaf = facts.client.leaf if facts.client else None
    if leaf is None:
        return
    found = time_fault(leaf, facts.moments)
    ends, now = leaf.not_valid_after_utc, facts.question.now
    if found:
        code, said = found
        yield finding(facts, f"doctor.client.{code}", f"{subject(leaf)!r} {said}")
    elif expires_soon(leaf, facts.moments):
        said = f"{subject(leaf)!r} expires on {iso(ends)} ({remaining(ends, now)})"
        yield finding(facts, "doctor.client.expires-soon", said)


def truststore(facts: Facts) -> Iterator[Finding]:
    """Yield what the fronts have against the certificate; and where the server does otherwise."""
    leaf = facts.client.leaf if facts.client else None
    if leaf is None:
        return
    verdicts = _verdicts(facts)
    refused = {front: one for front, one in verdicts.items() if isinstance(one, Refused)}
    is_let_in = any(is_admitted(one) for one in facts.answers)
    if is_let_in and refused and len(refused) == len(verdicts) and facts.truststore is not None:
        first = next(iter(refused.values()))
        said = f"the server takes {subject(leaf)!r}, which {facts.truststore_name} does not"
        yield finding(facts, "doctor.client.other-truststore", f"{said} ({first.code})")
        return
    if not is_let_in and refused and len(refused) == len(verdicts):
        first = next(iter(refused.values()))
        said = f"{subject(leaf)!r} would be refused, {first.code}: {first.because}"
        yield finding(facts, "doctor.client.would-be-refused", said)
        return
    for front, one in refused.items():
        said = f"{front} would refuse {subject(leaf)!r}, {one.code}: {one.because}"
        yield finding(facts, "doctor.client.not-everywhere", said)
    if facts.truststore is not None and any(map(is_refused_by_front, facts.answers)):
        said = f"{facts.truststore_name} lets {subject(leaf)!r} in, and the server refuses it"
        yield finding(facts, "doctor.client.not-in-force", said)


def refused(facts: Facts) -> Iterator[Finding]:
    """Yield how the server refuses the certificate without an answer."""
    for met in facts.answers:
        if facts.chain and met.answer is None and met.end in _NO_ANSWER:
            yield _refusal(facts, met)
            return


def _refusal(facts: Facts, met: Conversation) -> Finding:
    if met.end is End.REFUSED and met.heard.alert is not None:
        alert = met.heard.alert
        said = f"the server refuses the certificate: {_ALERT_NAMES.get(alert, f'alert {alert}')}"
        return finding(facts, f"doctor.client.{_ALERTS.get(alert, 'refused')}", said)
    said = f"with the certificate, too, there is no answer: {met.said}"
    return finding(facts, "doctor.client.closed", said)


def _verdicts(facts: Facts) -> dict[Front, Refused | object]:
    client = facts.client
    if client is None or client.leaf is None:
        return {}
    now = facts.moments[-1]  # the server's clock, where it has another: it is who decides
    verdicts: dict[Front, Refused | object] = {}
    for front in facts.fronts:
        verdict = decide(
            client.leaf, client.chain[1:], facts.truststore or (), front=front, now=now
        )
        of_path = isinstance(verdict, Refused) and verdict.code.startswith(_OF_PATHS)
        verdicts[front] = None if of_path and facts.truststore is None else verdict
    return verdicts
