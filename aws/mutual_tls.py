"""Mutual TLS of a custom domain is switched off, and on again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pki.findings import Finding, Severity

from . import certificates, stacks, truststore
from . import domain as domains
from .account import Account
from .domain import Domain
from .errors import AwsRefused
from .move import Moved, NotYet, Waiting, move
from .pin import OFF, Pin, Place
from .questions import Questions
from .terminal import Terminal
from .truststore import Checked
from .versions import UNVERSIONED, Overtaken, Versions

_PAGE = "API Gateway: rest-api-mutual-tls"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be switched on; "" = that of the stack that made the domain, and the newest."""

    domain: str
    uri: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class On:
    """What is to be done: *domain* takes the truststore *to*, which is *checked*.

    origin: where the URI and the version are from; is_done: nothing is to be done.
    """

    domain: Domain
    to: Pin
    origin: str
    checked: Checked
    is_done: bool = False


def plan_off(account: Account, name: str, terminal: Terminal) -> Domain:
    """Return the domain as it is; AwsRefused if there is none, or it takes no change."""
    found = _domain(account, name, terminal)
    stopped = f"{name} takes no change as it is"
    terminal.stop_at_errors([*domains.locks(found), *_of_a_stack(found)], stopped, "see above")
    return found


def is_off(found: Domain) -> bool:
    """Whether nothing is to be done to switch it off."""
    return not found.has_mutual_tls and found.status == "AVAILABLE"


def switch_off(account: Account, found: Domain, waiting: Waiting) -> Domain:
    """Switch mutual TLS of *found* off, and return the domain once it is AVAILABLE.

    AwsRefused otherwise, with what is in force; the same again goes on from there.
    """
    return _moved(account, found, OFF, waiting).domain


def plan_on(account: Account, wish: Wish, now: datetime, terminal: Terminal) -> On:
    """Return what is to be done for *wish* at *now*; nothing is changed.

    AwsRefused if the domain is none for mutual TLS or has another truststore in force, if its
    certificate is imported and nothing proves whose the name is, if the truststore has errors, or
    its bucket keeps no versions or is another account's.
    """
    found = _domain(account, wish.domain, terminal)
    place, version, origin = _wanted(account, found, wish)
    versions = Versions(account, place)
    to = Pin(place.uri, version or _pinned(found, place) or _newest(versions))
    if found.has_mutual_tls and found.pin != to:
        raise AwsRefused(
            f"{found.name} has mutual TLS already: it is on {found.pin}",
            f"put another in force: python -m aws truststore push FILE {found.name}",
        )
    unfit = [*domains.requirements(found), *domains.locks(found), *_ownership(account, found)]
    terminal.stop_at_errors(
        [*unfit, *_drift(found, to)], f"{found.name} takes no mutual TLS as it is", "see above"
    )
    versions.require_kept()
    terminal.say(f"reading {to}")
    checked = truststore.check(versions.read(to.version), now)
    state = "nothing was changed, such a truststore is not put in force"
    again = f"put a correct one at {place.uri}, and type it again"
    terminal.stop_at_errors(checked.findings, state, again)
    is_done = found.pin == to and found.status == "AVAILABLE"
    return On(found, to, origin, checked, is_done)


def switch_on(account: Account, plan: On, waiting: Waiting) -> Domain:
    """Do what *plan* says, and return the domain once it is AVAILABLE.

    AwsRefused otherwise; and where API Gateway warns of the truststore. It is not switched off
    again for that: without mutual TLS everybody would come in, and not only some be refused.
    """
    moved = _moved(account, plan.domain, plan.to, waiting)
    if moved.warnings:
        name = plan.domain.name
        raise AwsRefused(
            f"mutual TLS of {name} is on, but API Gateway warns: {'; '.join(moved.warnings)};"
            " it was not switched off again for that: then anybody would reach the API",
            f"correct the truststore, then: python -m aws truststore push FILE {name}",
        )
    return moved.domain


def _domain(account: Account, name: str, terminal: Terminal) -> Domain:
    terminal.say(f"asking API Gateway about {name}")
    return domains.find(account.client("apigateway"), name, str(account))


def _moved(account: Account, found: Domain, to: Pin, waiting: Waiting) -> Moved:
    client = account.client("apigateway")
    before = found.pin if found.pin != to else OFF
    try:
        moved = move(client, found.name, to, before, waiting)
    except (NotYet, Overtaken):
        raise
    except AwsRefused as refused:
        said = f"{refused.message}; {_state(client, found.name)}"
        raise AwsRefused(said, refused.hint, code=refused.code, action=refused.action) from refused
    if not moved.is_there:
        domain = moved.domain
        why = f" ({domain.status_message.rstrip('.')})" if domain.status_message else ""
        raise AwsRefused(
            f"{domain.name} is {domain.status}{why}, on {domain.pin}; expected {to}",
            f"correct what it says, and type it again; see: python -m aws status {domain.name}",
        )
    return moved


def _state(client: object, name: str) -> str:
    try:
        found = domains.read(client, name)
    except AwsRefused:
        return "AWS does not tell whether mutual TLS is on"
    return f"mutual TLS is {'on' if found.has_mutual_tls else 'off'}, on {found.pin}"


def _wanted(account: Account, found: Domain, wish: Wish) -> tuple[Place, str, str]:
    """Return where the truststore is, its version if that is known, and who says so."""
    if wish.uri:
        return Place.of(wish.uri), wish.version, "the command line"
    stack = stacks.read(account, found.stack_name) if found.stack_name else None
    uri = stack.outputs.get("TruststoreUri", "") if stack else ""
    if not stack or not uri:
        raise AwsRefused(
            f"no stack of ours made {found.name}, so nobody knows its truststore",
            f"python -m aws mtls on {found.name} --truststore s3://BUCKET/KEY",
        )
    version = wish.version or stack.outputs.get("TruststoreVersion", "")
    return Place.of(uri), version, f"the stack {stack.name}"


def _pinned(found: Domain, place: Place) -> str:
    """Return the version that *found* is on, if it is on that place: a repetition goes on there."""
    return found.truststore_version if found.truststore_uri == place.uri else ""


def _newest(versions: Versions) -> str:
    found = versions.all()
    if not found or found[0].etag is None:
        raise AwsRefused(
            f"there is no truststore at {versions.place.uri}",
            f"aws s3 cp FILE {versions.place.uri}, or choose another",
        )
    if found[0].id in UNVERSIONED:
        versions.require_kept()
        raise AwsRefused(
            f"{versions.place.uri} was put there before the bucket kept versions",
            f"put it there again: aws s3 cp FILE {versions.place.uri}",
        )
    return found[0].id


def _ownership(account: Account, found: Domain) -> Iterator[Finding]:
    ask = Questions()
    acm = account.client("acm")
    server = ask("server certificate", lambda: certificates.read(acm, found.certificate))
    for one in ask.unasked:
        hint = f"allow {one.permission}, or go on without this check"
        yield _finding(Severity.WARNING, "aws.not-allowed", f"not checked: {one.said}", hint)
    if server and server.type != "AMAZON_ISSUED" and not found.ownership_certificate:
        said = f"the certificate of {found.name} is {server.type}, and nothing proves whose the"
        said += ' name is; API Gateway would say: "Missing ownershipVerificationCertificate"'
        hint = f"python -m aws certificate request {found.name}, then: aws apigateway"
        hint += f" update-domain-name --domain-name {found.name} --patch-operations"
        hint += " op=replace,path=/ownershipVerificationCertificateArn,value=ARN"
        yield _finding(Severity.ERROR, "certificate.no-ownership", said, hint)


def _of_a_stack(found: Domain) -> Iterator[Finding]:
    if found.stack_name and found.has_mutual_tls:
        said = f"the stack {found.stack_name} made this domain, and does not see that mutual TLS"
        said += " is off: only a change of the domain there would switch it on again"
        hint = f"python -m aws mtls on {found.name}"
        yield _finding(Severity.WARNING, "domain.of-a-stack", said, hint)


def _drift(found: Domain, to: Pin) -> Iterator[Finding]:
    if found.stack_name:
        said = f"the stack {found.stack_name} made this domain: its next change of it brings back"
        said += f" the truststore that is packed, whatever {to} is"
        hint = "pack the same one too: make truststore TRUSTSTORE=FILE"
        yield _finding(Severity.WARNING, "domain.of-a-stack", said, hint)


def _finding(severity: Severity, code: str, message: str, hint: str) -> Finding:
    return Finding(severity, code, message, hint, "", _PAGE)
