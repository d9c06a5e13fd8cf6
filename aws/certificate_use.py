"""A certificate in ACM is put in use at a custom domain, with the one that proves whose it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pki.findings import Finding, Severity

from . import certificates
from . import domain as domains
from .account import Account
from .domain import Domain
from .errors import AwsRefused, asking
from .move import Retries, Waiting
from .names import covers

_PAGE = "API Gateway: rest-api-mutual-tls"
_CONFLICT = "conflicts with an existing certificate from a different issuer"
_MISSING = "Missing ownershipVerificationCertificate"


@dataclass(frozen=True, slots=True)
class Use:
    """At which *domain*; ownership: ARN of what proves whose the name is, "" = as it is."""

    domain: Domain
    ownership: str = ""

    def missing(self, now: Domain, certificate: str) -> dict[str, str]:
        """Return what *now* does not have yet, by its path in a patch."""
        wanted = {"/regionalCertificateArn": (certificate, now.certificate)}
        if self.ownership:
            path = "/ownershipVerificationCertificateArn"
            wanted[path] = (self.ownership, now.ownership_certificate)
        return {path: new for path, (new, old) in wanted.items() if new != old}


def findings(account: Account, use: Use, names: Sequence[str]) -> Iterator[Finding]:
    """Yield what API Gateway would have against an imported certificate for *names* there.

    1. the domain is Regional, and one of the names is its own;
    2. something proves whose the name is, if it has mutual TLS;
    3. that is a certificate which ACM issued, is valid, and covers every one of the names.
    """
    name = use.domain.name
    if use.domain.endpoint_types != ("REGIONAL",):
        found = ", ".join(use.domain.endpoint_types) or "unknown"
        yield _error("domain.endpoint-type", f"{name} is {found}, expected REGIONAL", "make deploy")
    if not any(covers(pattern, name) for pattern in names):
        said = f"it is for {', '.join(names)}, not for {name}"
        yield _error("certificate.name", said, f"have one issued for {name}")
    if use.ownership:
        yield from _ownership(account, use.ownership, names)
    elif not use.domain.ownership_certificate:
        yield _unproved(use.domain)
    if use.domain.stack_name:
        said = f"the stack {use.domain.stack_name} made {name}: its next change of it brings back"
        said += " the certificate that it knows"
        hint = "tell it: make deploy ARGS='--set CertificateArn=…"
        hint += " --set OwnershipVerificationCertificateArn=…'"
        yield Finding(Severity.WARNING, "domain.of-a-stack", said, hint, name)


def put(account: Account, use: Use, certificate: str, waiting: Waiting) -> Domain:
    """Put *certificate* in use, and return the domain once it is AVAILABLE; AwsRefused if not."""
    client, retries = account.client("apigateway"), Retries(waiting)
    name, was_taken = use.domain.name, False
    while True:
        found = retries.of(lambda: domains.read(client, name))
        missing = use.missing(found, certificate)
        if domains.is_passing(found.status):
            retries.soon(f"{name} is {found.status}")
        elif not missing:
            return _working(found)
        elif was_taken:
            raise AwsRefused(
                f"API Gateway took the update of {name}, and stayed with {found.certificate}",
                f"python -m aws status {name}",
            )
        else:
            was_taken = _update(client, name, missing, retries)


def _update(client: Any, name: str, missing: dict[str, str], retries: Retries) -> bool:  # noqa: ANN401
    """Return whether AWS said that it took the update."""
    operations = [{"op": "replace", "path": path, "value": arn} for path, arn in missing.items()]
    try:
        with asking(f"update the domain {name!r}", "apigateway:PATCH"):
            client.update_domain_name(domainName=name, patchOperations=operations)
    except AwsRefused as refused:
        retries.later(_explained(refused, name))
        return False
    return True


def _working(found: Domain) -> Domain:
    for finding in domains.works(found):
        raise AwsRefused(finding.message, finding.hint)
    return found


def _explained(refused: AwsRefused, name: str) -> AwsRefused:
    said, hint = refused.message, refused.hint
    if _CONFLICT in said:
        said += ": a subject has one issuer over all domains of API Gateway with mutual TLS"
        hint = "get all certificates of that subject from one issuer; if the other is not yours,"
        hint += " prove to AWS Support that the name is"
    elif _MISSING in said:
        hint = _prove(name)
    return AwsRefused(said, hint, code=refused.code, action=refused.action)


def _ownership(account: Account, arn: str, names: Sequence[str]) -> Iterator[Finding]:
    found = certificates.read(account.client("acm"), arn)
    request = f"python -m aws certificate request {names[0] if names else 'NAME'}"
    if found.type != "AMAZON_ISSUED":
        said = f"{arn} is {found.type}, expected one that ACM issued itself"
        yield _error("ownership.type", said, request)
    if found.status != "ISSUED":
        said = f"{arn} is {found.status}, expected ISSUED"
        yield _error("ownership.status", said, request)
    bare = [name for name in names if not any(_holds(pattern, name) for pattern in found.names)]
    if bare:
        said = f"{arn} is for {', '.join(found.names)}, and does not cover {', '.join(bare)}"
        yield _error("ownership.names", said, "have one issued that covers every name")


def _holds(pattern: str, name: str) -> bool:
    return pattern.lower() == name.lower() or covers(pattern, name)


def _unproved(domain: Domain) -> Finding:
    said = f"nothing proves whose the name {domain.name} is: with mutual TLS API Gateway says"
    said += f' "{_MISSING}"'
    if domain.has_mutual_tls:
        return _error("certificate.no-ownership", said, _prove(domain.name))
    hint = _prove(domain.name)
    return Finding(Severity.WARNING, "certificate.no-ownership", said, hint, domain.name, _PAGE)


def _prove(name: str) -> str:
    return f"python -m aws certificate request {name}; then the same again, with --ownership ARN"


def _error(code: str, message: str, hint: str) -> Finding:
    return Finding(Severity.ERROR, code, message, hint, "", _PAGE)
