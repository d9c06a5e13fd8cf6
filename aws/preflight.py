"""What would go wrong with a deployment: found in values and facts, before anything is created."""

import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta

from pki.findings import Finding, Severity

from . import truststore
from .facts import Certificate, Facts, Stack, Stored, Zone
from .names import covers
from .parameters import Values

_SOON = timedelta(days=30)
_MTLS = "API Gateway: rest-api-mutual-tls"
_CERTIFICATES = ("CertificateArn", "OwnershipVerificationCertificateArn")
_REQUEST = "python -m aws certificate request"

#: What to do about a stack that cannot be updated as it is.
_STUCK = {
    "ROLLBACK_COMPLETE": "its creation failed: aws cloudformation delete-stack --stack-name {name}",
    "ROLLBACK_FAILED": "its creation failed: aws cloudformation delete-stack --stack-name {name}",
    "CREATE_FAILED": "its creation failed: aws cloudformation delete-stack --stack-name {name}",
    "DELETE_FAILED": "see its events, then: aws cloudformation delete-stack --stack-name {name}",
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {name}",
}


def of_values(values: Values, region: str) -> Iterator[Finding]:
    """Yield what can be seen without asking AWS: certificates of another region than the API's."""
    for parameter in _CERTIFICATES:
        elsewhere = _arn_part(values[parameter], 3)
        if elsewhere not in {"", region}:
            said = (
                f"{parameter} is in {elsewhere}, and the API will be in {region}: a Regional domain"
            )
            said += " takes certificates of its own region (us-east-1 is for edge-optimized ones)"
            hint = f"{_REQUEST} {values['DomainName']} --region {region}"
            yield _error("certificate.region", said, hint, parameter)


def of_facts(values: Values, facts: Facts, now: datetime) -> Iterator[Finding]:
    """Yield what AWS's answers say against a deployment with *values* at *now*."""
    yield from _unasked(facts)
    yield from _absent(values, facts)
    yield from _accounts(values, facts)
    if facts.certificate:
        yield from _certificate(facts.certificate, values, "CertificateArn", now)
        yield from _ownership(facts.certificate, values)
    if facts.ownership:
        parameter = "OwnershipVerificationCertificateArn"
        yield from _certificate(facts.ownership, values, parameter, now)
        if facts.ownership.type != "AMAZON_ISSUED":
            said = f"{parameter} is {facts.ownership.type}, expected one that ACM issued itself"
            yield _error("ownership.type", said, f"{_REQUEST} {values['DomainName']}", parameter)
    if facts.zone:
        yield from _zone(facts.zone, values, facts.stack)
    if facts.stored:
        yield from _stored(facts.stored, facts.region, now)
    if facts.stack:
        yield from _stack(facts.stack)
        yield from _changes(values, facts.stack)
    yield from _domain(values, facts)
    yield from _log_role(values, facts)


def of_push(facts: Facts, packed: bytes) -> Iterator[Finding]:
    """Yield what a deployment would undo: a push since the last one, of another truststore.

    *packed* is what this deployment publishes, empty if it publishes none.
    """
    if facts.pushed is None or facts.domain is None or facts.pushed == packed:
        return
    name = facts.domain.name
    said = f"{name} is on {facts.domain.pin}, put in force since the last deployment: this one"
    said += " would bring back what is packed, or may do so"
    hint = f"pack what is in force: python -m aws truststore pull {name} --out now.pem &&"
    yield _error(
        "truststore.pushed-since", said, f"{hint} make truststore TRUSTSTORE=now.pem", name
    )


def _unasked(facts: Facts) -> Iterator[Finding]:
    for one in facts.unasked:
        said = f"not checked: {one.said}"
        hint = f"allow {one.permission}, or go on without this check"
        yield _warning("aws.not-allowed", said, hint, one.about)


def _absent(values: Values, facts: Facts) -> Iterator[Finding]:
    hints = {
        "CertificateArn": f"aws acm list-certificates --region {facts.region}",
        "OwnershipVerificationCertificateArn": f"aws acm list-certificates --region {facts.region}",
        "HostedZoneId": "aws route53 list-hosted-zones",
        "TruststoreUri": f"aws s3api list-object-versions --bucket {_bucket(values)}",
    }
    for parameter in sorted(facts.absent & set(hints)):
        said = f"{parameter} is {values[parameter]!r}, which is not there"
        if parameter == "TruststoreUri":
            said += f" in version {values['TruststoreVersion']!r}"
        said += f" (account {facts.account}, region {facts.region})"
        yield _error("aws.absent", said, hints[parameter], parameter)


def _accounts(values: Values, facts: Facts) -> Iterator[Finding]:
    for parameter in _CERTIFICATES:
        owner = _arn_part(values[parameter], 4)
        if owner not in {"", facts.account}:
            said = (
                f"{parameter} is of the account {owner}, and these credentials of {facts.account}"
            )
            hint = "deploy with the other account's credentials: --profile NAME"
            yield _error("certificate.account", said, hint, parameter)


def _arn_part(arn: str, number: int) -> str:
    parts = arn.split(":")
    return parts[number] if number < len(parts) else ""


def _bucket(values: Values) -> str:
    return values["TruststoreUri"].removeprefix("s3://").partition("/")[0]


def _certificate(
    certificate: Certificate, values: Values, parameter: str, now: datetime
) -> Iterator[Finding]:
    name = values["DomainName"]
    if not any(covers(pattern, name) for pattern in certificate.names):
        said = f"{parameter} is for {', '.join(certificate.names)}, expected {name}"
        hint = f"{_REQUEST} {name}"
        if any(pattern.startswith("*.") for pattern in certificate.names):
            said += ' ("*" stands for exactly one label)'
        yield _error("certificate.name", said, hint, parameter)
    if certificate.status != "ISSUED":
        said = f"{parameter} is {certificate.status}, expected ISSUED"
        hint = f"aws acm describe-certificate --certificate-arn {certificate.arn}"
        if certificate.status == "PENDING_VALIDATION":
            hint = f"put its validation record into DNS, see: {hint}"
        yield _error("certificate.status", said, hint, parameter)
    elif certificate.type == "IMPORTED" and certificate.not_after:
        ends = certificate.not_after
        if ends <= now:
            said = f"{parameter} expired on {ends:%Y-%m-%d}"
            yield _error("certificate.expired", said, "import its successor", parameter)
        elif ends - now < _SOON:
            said = f"{parameter} expires on {ends:%Y-%m-%d}, and ACM renews no imported certificate"
            yield _warning("certificate.expires-soon", said, "import its successor", parameter)


def _ownership(certificate: Certificate, values: Values) -> Iterator[Finding]:
    parameter = "OwnershipVerificationCertificateArn"
    if certificate.type != "AMAZON_ISSUED" and not values[parameter]:
        kind = {"IMPORTED": "imported", "PRIVATE": "from AWS Private CA"}
        found = kind.get(certificate.type, certificate.type)
        said = f"CertificateArn is {found}: mutual TLS wants a public certificate besides, as proof"
        hint = f"{_REQUEST} {values['DomainName']}, then: --set {parameter}=…"
        yield _error("ownership.missing", said, hint, parameter)


def _zone(zone: Zone, values: Values, stack: Stack | None) -> Iterator[Finding]:
    name = values["DomainName"]
    if not f".{name}".endswith(f".{zone.name}"):
        said = f"HostedZoneId is the zone of {zone.name}, which does not hold {name}"
        yield _error("zone.name", said, "aws route53 list-hosted-zones", "HostedZoneId")
    if zone.is_private:
        said = f"HostedZoneId is a private zone of {zone.name}: neither ACM nor clients can see it"
        yield _error("zone.private", said, "aws route53 list-hosted-zones", "HostedZoneId")
    taken = [one for one in zone.records if one in {"A", "CNAME"}]
    if taken and not (stack and stack.owns("AWS::Route53::RecordSet", name)):
        said = f"the zone of {zone.name} has a record {name} {taken[0]} already"
        hint = f"delete it, or choose another DomainName; see: dig {name}"
        yield _error("zone.taken", said, hint, "HostedZoneId")


def _stored(stored: Stored, region: str, now: datetime) -> Iterator[Finding]:
    if stored.version == "null":
        said = f"the bucket of {stored.uri} has no versions: API Gateway could not pin one"
        bucket = stored.uri.removeprefix("s3://").partition("/")[0]
        hint = f"aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration "
        yield _error("bucket.unversioned", said, f"{hint}Status=Enabled", "TruststoreUri")
    if stored.region and stored.region != region:
        said = f"the bucket of {stored.uri} is in {stored.region}, the API will be in {region}:"
        hint = f"copy the truststore into a bucket in {region}"
        said += " AWS does not say that this works"
        yield _warning("bucket.region", said, hint, "TruststoreUri")
    yield from truststore.check(stored.content, now).findings


def _stack(stack: Stack) -> Iterator[Finding]:
    hint = _STUCK.get(stack.status, "")
    # REVIEW_IN_PROGRESS: a change set that nobody has executed, and nothing else.
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        if stack.status.endswith("COMPLETE_CLEANUP_IN_PROGRESS"):
            hint = "it is almost done: wait a minute, then: make deploy"
        else:
            events = f"aws cloudformation describe-stack-events --stack-name {stack.name}"
            hint = f"somebody is deploying: wait until it is done, see: {events}"
    if hint:
        said = f"the stack {stack.name} is {stack.status}: it takes no change now"
        yield _error("stack.status", said, hint.format(name=stack.name), stack.name)


def _changes(values: Values, stack: Stack) -> Iterator[Finding]:
    for name, value in values.of.items():
        was = stack.parameters.get(name, value)
        if was == value or stack.status == "REVIEW_IN_PROGRESS":
            continue
        said = f"{name} of the stack is {was!r}, and becomes {value!r}"
        if name in values.given:
            yield Finding(Severity.INFO, "parameter.changes", said, "", name)
        else:
            kept, changed = (f"--set {name}={shlex.quote(one)}" for one in (was, value))
            hint = f"{kept} to keep it, {changed} to change it; or in samconfig.toml"
            yield _error("parameter.lost", f"{said}: it was not given", hint, name)


def _domain(values: Values, facts: Facts) -> Iterator[Finding]:
    domain, name = facts.domain, values["DomainName"]
    if domain is None or (facts.stack and facts.stack.owns("AWS::ApiGateway::DomainName", name)):
        return
    if "stack" in {one.about for one in facts.unasked}:
        said = f"the domain {name} is there, and whether this stack made it cannot be seen"
        yield _warning("domain.taken", said, "aws apigateway get-domain-names", "DomainName")
        return
    owner = f"the stack {domain.stack_name}" if domain.stack_name else "somebody else"
    said = f"the domain {name} is there already, made by {owner}"
    hint = "choose another DomainName, or delete it first: "
    hint += f"aws apigateway delete-domain-name --domain-name {name}"
    yield _error("domain.taken", said, hint, "DomainName")


def _log_role(values: Values, facts: Facts) -> Iterator[Finding]:
    wanted, role = values["ApiGatewayAccountRole"], facts.log_role
    if role is None:
        return
    if wanted == "keep" and not role:
        said = "ApiGatewayAccountRole is 'keep', but the account has no role for API Gateway's logs"
        hint = "--set ApiGatewayAccountRole=create"
        yield _error("log-role.missing", said, hint, "ApiGatewayAccountRole")
    own = facts.stack.resources.get("ApiGatewayLogRole", ("", ""))[1] if facts.stack else ""
    if wanted == "create" and role and role.rpartition("/")[2] != own:
        said = f"the account's role for API Gateway's logs is {role}, and would be replaced by ours"
        hint = "--set ApiGatewayAccountRole=keep"
        yield _warning("log-role.replaced", said, hint, "ApiGatewayAccountRole")


def _error(code: str, message: str, hint: str, about: str) -> Finding:
    source = _MTLS if code.startswith(("certificate.", "ownership.")) else ""
    return Finding(Severity.ERROR, code, message, hint, about, source)


def _warning(code: str, message: str, hint: str, about: str) -> Finding:
    return Finding(Severity.WARNING, code, message, hint, about)
