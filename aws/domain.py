"""A custom domain with mutual TLS: what API Gateway says of it, and what that means."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pki.findings import Finding, Severity

from .errors import AwsRefused, asking
from .pin import OFF, Pin

_PAGE = "API Gateway: rest-api-mutual-tls"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status means, and what to do about it."""

    means: str
    remedy: str
    is_passing: bool = False  #: it goes away by itself


#: domainNameStatus, all that botocore knows.
STATUSES: Mapping[str, Meaning] = {
    "AVAILABLE": Meaning("the domain works", ""),
    "UPDATING": Meaning(
        "a change is on its way, and no other can be made",
        "wait some minutes, and look again: python -m aws status DOMAIN",
        is_passing=True,
    ),
    "PENDING": Meaning(
        "a change of policy or endpoint is on its way, which takes about 15 minutes",
        "wait some minutes, and look again: python -m aws status DOMAIN",
        is_passing=True,
    ),
    "PENDING_CERTIFICATE_REIMPORT": Meaning(
        "the certificate that was imported again does not fit: its names are not all on the"
        " ownership certificate, or do not cover the domain",
        "import one with the same names and issuer as before: python -m aws certificate import"
        " CERT --key KEY --arn ARN",
    ),
    "PENDING_OWNERSHIP_VERIFICATION": Meaning(
        "the ownership certificate has expired, and ACM could not renew it",
        "put its DNS validation record back, or give a new OwnershipVerificationCertificateArn",
    ),
    "FAILED": Meaning(
        "API Gateway could not set the domain up",
        "correct what the message names, then: make deploy; or go back: python -m aws truststore"
        " rollback DOMAIN",
    ),
}


#: While it is one of these, every update is refused (API Gateway: rest-api-mutual-tls).
LOCKED = ("PENDING_CERTIFICATE_REIMPORT", "PENDING_OWNERSHIP_VERIFICATION")


@dataclass(frozen=True, slots=True)
class Domain:
    """A custom domain, as API Gateway describes it; "" = it says nothing of it."""

    name: str
    status: str
    status_message: str = ""
    target: str = ""  #: where its DNS record has to point
    endpoint_types: tuple[str, ...] = ()
    security_policy: str = ""
    truststore_uri: str = ""  #: "" = no mutual TLS
    truststore_version: str = ""
    warnings: tuple[str, ...] = ()
    stack_name: str = ""  #: of the stack that made it, if one did
    certificate: str = ""  #: ARN of the server certificate
    ownership_certificate: str = ""  #: ARN of the one that proves whose the name is

    @property
    def pin(self) -> Pin:
        """What it trusts."""
        return Pin(self.truststore_uri, self.truststore_version)

    @property
    def has_mutual_tls(self) -> bool:
        """Whether it asks clients for a certificate at all."""
        return bool(self.truststore_uri)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a domain, in seconds, and what to wait with."""

    limit: float
    every: float
    sleep: Callable[[float], None]
    clock: Callable[[], float]


class NotFound(AwsRefused):
    """There is no such domain in that region of that account."""


def read(client: Any, name: str) -> Domain:  # noqa: ANN401  (botocore makes its classes)
    """Return the domain *name*; AwsRefused, with the code NotFoundException, if there is none."""
    with asking(f"read the domain {name!r}", "apigateway:GET"):
        return of(client.get_domain_name(domainName=name))


def find(client: Any, name: str, where: str) -> Domain:  # noqa: ANN401
    """Return the domain *name*; NotFound, with what to type, if there is none *where* we are."""
    try:
        return read(client, name)
    except AwsRefused as refused:
        if refused.code != "NotFoundException":
            raise
        raise NotFound(
            f"there is no custom domain {name!r} in {where}",
            "another --region or --profile? see: aws apigateway get-domain-names",
            code=refused.code,
        ) from refused


def of(answer: Mapping[str, Any]) -> Domain:
    """Return the domain in an *answer* of API Gateway, to get_domain_name or update_domain_name."""
    mutual_tls = answer.get("mutualTlsAuthentication") or {}
    return Domain(
        name=answer["domainName"],
        status=answer.get("domainNameStatus", ""),
        status_message=answer.get("domainNameStatusMessage", ""),
        target=answer.get("regionalDomainName", ""),
        endpoint_types=tuple(answer.get("endpointConfiguration", {}).get("types", ())),
        security_policy=answer.get("securityPolicy", ""),
        truststore_uri=mutual_tls.get("truststoreUri", ""),
        truststore_version=mutual_tls.get("truststoreVersion", ""),
        warnings=tuple(mutual_tls.get("truststoreWarnings") or ()),
        stack_name=(answer.get("tags") or {}).get("aws:cloudformation:stack-name", ""),
        certificate=answer.get("regionalCertificateArn") or answer.get("certificateArn", ""),
        ownership_certificate=answer.get("ownershipVerificationCertificateArn", ""),
    )


def patch(to: Pin, before: Pin) -> list[dict[str, str]]:
    """Return the operations that take a domain from the truststore *before* to *to*.

    OFF switches mutual TLS off: its version goes with it.
    """
    if to == OFF:
        path = "/mutualTlsAuthentication/truststoreUri"
        return [{"op": "replace", "path": path, "value": ""}]
    changed = {"truststoreVersion": to.version}
    if to.uri != before.uri:
        changed = {"truststoreUri": to.uri, **changed}
    path = "/mutualTlsAuthentication/"
    return [
        # A domain that follows no version: there is nothing to put in its place.
        {"op": "replace", "path": path + part, "value": value}
        if value
        else {"op": "remove", "path": path + part}
        for part, value in changed.items()
    ]


def settled(
    client: Any,  # noqa: ANN401
    name: str,
    patience: Patience,
    say: Callable[[str], None],
) -> Domain:
    """Return the domain once its status does not pass by itself, or when *patience* has ended."""
    began = patience.clock()
    while True:
        domain = read(client, name)
        waited = patience.clock() - began
        if not is_passing(domain.status) or waited >= patience.limit:
            return domain
        say(f"{name} is {domain.status}, {waited:.0f} s of at most {patience.limit:.0f}")
        patience.sleep(min(patience.every, patience.limit - waited))


def findings(domain: Domain, truststore: tuple[str, str]) -> Iterator[Finding]:
    """Yield what keeps *domain* from working with the *truststore*, its URI and version.

    1. its status is AVAILABLE;
    2. it has mutual TLS, from that truststore in that version;
    3. API Gateway warned of no certificate in it;
    4. it is Regional and has the policy TLS_1_2, the only ones that mutual TLS is for.
    """
    yield from _status(domain)
    yield from _truststore(domain, *truststore)
    yield from warned(domain)
    yield from requirements(domain)


def warned(domain: Domain) -> Iterator[Finding]:
    """Yield what API Gateway warned of when the truststore was put in force."""
    for warning in domain.warnings:
        said = f"API Gateway warns: {warning}; mutual TLS is on, but not for clients of that CA"
        hint = "take that certificate out, or put a right one in; then: make truststore deploy, or:"
        hint += f" python -m aws truststore push FILE {domain.name}"
        yield _error("truststore-warning", domain, said, hint)


def requirements(domain: Domain) -> Iterator[Finding]:
    """Yield what is not as mutual TLS wants it: a Regional domain, with the policy TLS_1_2."""
    hint = "make deploy, with the repository's template.yaml"
    if domain.endpoint_types != ("REGIONAL",):
        found = ", ".join(domain.endpoint_types) or "unknown"
        said = f"the endpoint of {domain.name} is {found}, expected REGIONAL"
        yield _error("endpoint-type", domain, said, hint)
    if domain.security_policy != "TLS_1_2":
        said = f"the security policy of {domain.name} is {domain.security_policy}, expected TLS_1_2"
        yield _error("security-policy", domain, said, hint)


def works(domain: Domain) -> Iterator[Finding]:
    """Yield a status that is not AVAILABLE."""
    yield from _status(domain)


def locks(domain: Domain) -> Iterator[Finding]:
    """Yield a status in which API Gateway takes no update, and that does not pass by itself."""
    if domain.status in LOCKED:
        yield from _status(domain)


def is_passing(status: str) -> bool:
    """Whether a domain in this *status* gets out of it by itself."""
    return status in STATUSES and STATUSES[status].is_passing


def _status(domain: Domain) -> Iterator[Finding]:
    if domain.status == "AVAILABLE":
        return
    unknown = Meaning("nothing is known of this status", "aws apigateway get-domain-names")
    meaning = STATUSES.get(domain.status, unknown)
    said = f"{domain.name} is {domain.status or 'without a status'}: {meaning.means}"
    if domain.status_message:
        said += f" ({domain.status_message.rstrip('.')})"
    code = domain.status.lower().replace("_", "-") or "no-status"
    yield _error(code, domain, said, meaning.remedy.replace("DOMAIN", domain.name))


def _truststore(domain: Domain, uri: str, version: str) -> Iterator[Finding]:
    if not domain.truststore_uri:
        said = f"{domain.name} has no mutual TLS: anybody may connect"
        yield _error("mutual-tls-off", domain, said, _patch(domain, "truststoreUri", uri))
    elif (domain.truststore_uri, domain.truststore_version) != (uri, version):
        found = f"{domain.truststore_uri}, version {domain.truststore_version or '(none)'}"
        said = f"{domain.name} has the truststore {found}; expected {uri}, version {version}"
        part, value = ("truststoreVersion", version)
        if domain.truststore_uri != uri:
            part, value = ("truststoreUri", uri)
        yield _error("other-truststore", domain, said, _patch(domain, part, value))


def _patch(domain: Domain, part: str, value: str) -> str:
    # CloudFormation does not look: to it nothing has changed.
    operation = f"op=replace,path=/mutualTlsAuthentication/{part},value={value}"
    command = "aws apigateway update-domain-name --domain-name"
    return (
        f"it was changed outside the stack: {command} {domain.name} --patch-operations {operation}"
    )


def _error(code: str, domain: Domain, message: str, hint: str) -> Finding:
    return Finding(Severity.ERROR, f"domain.{code}", message, hint, domain.name, _PAGE)
