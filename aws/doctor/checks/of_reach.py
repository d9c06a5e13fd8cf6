"""From the URL to TLS."""

from collections.abc import Iterator

from aws.doctor.conversation import Conversation, End
from aws.doctor.facts import OLD, Facts
from aws.doctor.reach import Outcome
from pki.findings import Finding

from .check import finding

_PROTOCOL_VERSION, _UNRECOGNIZED_NAME = 70, 112  # alerts: RFC 8446, 6.2; RFC 6066, 3


def url(facts: Facts) -> Iterator[Finding]:
    """Yield why nothing good can come of that URL."""
    url = facts.question.url
    if not url.is_https:
        yield finding(facts, "doctor.url.http", f"the URL is of {url.scheme}, expected https")
    elif url.is_regional_name:
        said = f"{url.host!r} is the regional name of a custom domain, expected the domain"
        yield finding(facts, "doctor.url.regional-name", said)
    elif url.is_execute_api:
        said = f"{url.host!r} is the default endpoint of an API, expected its custom domain"
        yield finding(facts, "doctor.url.default-endpoint", said)


def dns(facts: Facts) -> Iterator[Finding]:
    """Yield why there is no address; and, if AWS said where it should lead, that it does not."""
    names = facts.names
    if names is None:
        return
    if names.fault:
        said = f"{names.host!r} does not resolve: {names.said}"
        if facts.inside and facts.inside.target:
            said += f", expected {facts.inside.target.host!r}"
        yield finding(facts, f"doctor.dns.{names.fault}", said)
    elif facts.inside and facts.inside.target and not names.leads_to(facts.inside.target):
        target = facts.inside.target
        said = f"{names.host!r} leads to {', '.join(names.addresses)}"
        if names.canonical != names.host:
            said = f"{names.host!r} leads to {names.canonical!r} ({', '.join(names.addresses)})"
        expected = f"{target.host!r} ({', '.join(target.addresses) or target.said})"
        yield finding(facts, "doctor.dns.other-target", f"{said}, expected {expected}")


def tcp(facts: Facts) -> Iterator[Finding]:
    """Yield why no address answers: the first one's reason."""
    if not facts.reached or facts.place:
        return
    outcomes: tuple[Outcome, ...] = tuple(one.outcome for one in facts.reached)
    # A refusal says more than silence, and silence more than a machine without IPv6.
    outcome = min(outcomes, key=("refused", "no-answer", "unreachable").index)
    port = facts.question.url.port
    failed = ", ".join(f"{one.address}: {one.said}" for one in facts.reached)
    said = f"nobody answers on port {port}: {failed}"
    yield finding(facts, f"doctor.tcp.{outcome}", said)


def tls(facts: Facts) -> Iterator[Finding]:
    """Yield why the server shows no certificate."""
    met = facts.anonymous
    if met is None or met.chain:
        return
    address = facts.question.url.address
    if facts.plain:
        said = f"{address} speaks plain HTTP, and says {facts.plain!r}"
        yield finding(facts, "doctor.tls.plain-http", said)
    elif facts.spoken == (OLD,):
        said = f"{address} speaks TLS 1.1 or older, expected 1.2 or 1.3"
        yield finding(facts, "doctor.tls.only-old", said)
    else:
        said = f"{address} shows no certificate: {met.said}"
        yield finding(facts, f"doctor.tls.{_why(met)}", said)


def remarks(facts: Facts) -> Iterator[Finding]:
    """Yield what works today: dead addresses beside living ones, old versions beside new ones."""
    dead = [one for one in facts.reached if one.outcome in {"refused", "no-answer"}]
    # "localhost" is two addresses, and most servers listen on one.
    if facts.place and dead and not all(one.is_loopback for one in facts.reached):
        failed = ", ".join(f"{one.address}: {one.said}" for one in dead)
        said = f"{len(dead)} of {len(facts.reached)} addresses do not answer: {failed}"
        yield finding(facts, "doctor.tcp.some-addresses", said)
    if len(facts.spoken) > 1 and OLD in facts.spoken:
        said = f"{facts.question.url.address} speaks TLS 1.1 or older too"
        yield finding(facts, "doctor.tls.old-too", said)


def _why(met: Conversation) -> str:
    if met.end is End.REFUSED:
        named = {_PROTOCOL_VERSION: "version", _UNRECOGNIZED_NAME: "unknown-name"}
        return named.get(met.heard.alert or 0, "refused")
    ends = {End.NO_TLS: "not-tls", End.SILENT: "silent", End.CLOSED: "closed"}
    return ends.get(met.end, "malformed")
