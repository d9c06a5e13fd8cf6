"""What is wrong with a domain, or soon will be: CHECKS over what was read. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from pki.describe import iso, remaining
from pki.findings import Finding, Severity

from . import domain as domains
from .default_endpoint import Open
from .facts import Certificate
from .names import covers
from .status import Status

_PAGE = "API Gateway: rest-api-mutual-tls"
_ENDPOINT = "API Gateway: rest-api-disable-default-endpoint"
_SOON = timedelta(days=30)

Check = Callable[[Status, datetime], Iterator[Finding]]


def findings(status: Status, now: datetime) -> list[Finding]:
    """Return all that is to be said of *status* at the aware time *now*, the gravest first."""
    order = list(Severity)
    found = [finding for check in CHECKS for finding in check(status, now)]
    return sorted(found, key=lambda one: order.index(one.severity))


def domain_works(status: Status, _now: datetime) -> Iterator[Finding]:
    """Its status, endpoint and policy; and that it has mutual TLS at all."""
    domain = status.domain
    yield from domains.works(domain)
    yield from domains.requirements(domain)
    if not domain.has_mutual_tls:
        said = f"{domain.name} has no mutual TLS: anybody may connect"
        hint = f"python -m aws mtls on {domain.name}"
        yield _error("domain.mutual-tls-off", said, hint, domain.name)


def both_sides_agree(status: Status, _now: datetime) -> Iterator[Finding]:
    """REST and HTTP APIs describe one domain: where they differ, a change is on its way."""
    if status.http is None or status.http.pin == status.domain.pin:
        return
    name = status.domain.name
    said = f"REST APIs say that {name} is on {status.domain.pin}, HTTP APIs {status.http.pin}"
    hint = f"look again in a minute: python -m aws status {name}"
    yield _warning("domain.views-differ", said, hint, name)


def truststore_is_right(status: Status, _now: datetime) -> Iterator[Finding]:
    """It is pinned, there, the newest, in a bucket that keeps versions; and right by itself."""
    domain, stored = status.domain, status.stored
    if not domain.has_mutual_tls:
        return
    if stored.refused:
        said = f"the truststore in force, {domain.pin}, cannot be had from S3: {stored.refused}"
        hint = "the domain works with the copy it took; the next update would fail: "
        hint += "see the bucket's policy, and s3:GetObjectVersion"
        yield _error("truststore.s3-access", said, hint, domain.truststore_uri)
    if stored.is_versioned is False:
        bucket = domain.truststore_uri.removeprefix("s3://").partition("/")[0]
        hint = f"aws s3api put-bucket-versioning --bucket {bucket}"
        hint += " --versioning-configuration Status=Enabled"
        said = f"the bucket {bucket!r} keeps no versions: there is no way back to a truststore"
        yield _error("bucket.unversioned", said, hint, bucket)
    if not domain.truststore_version:
        said = f"{domain.name} is pinned to no version: nobody can tell which truststore it took"
        hint = f"pin one: python -m aws truststore push FILE {domain.name}"
        yield _warning("truststore.not-pinned", said, hint, domain.name)
    yield from _newest(status)
    yield from domains.warned(domain)
    if stored.content:
        yield from stored.content.findings


def _newest(status: Status) -> Iterator[Finding]:
    domain, versions = status.domain, status.stored.versions
    if not versions or not domain.truststore_version:
        return
    if versions[0].id != domain.truststore_version:
        newest, name = versions[0], domain.name
        what = "a newer version" if newest.etag else "a delete marker"
        said = f"S3 has {what} of the truststore, {newest.id} of {iso(newest.at)}, than the one in"
        said += f" force: an upload alone changes nothing at {name}"
        hint = f"put it in force: python -m aws truststore push FILE {name}; or leave it:"
        hint += f" python -m aws truststore versions {name}"
        yield _warning("truststore.newer-version", said, hint, domain.truststore_uri)


def certificates_are_good(status: Status, now: datetime) -> Iterator[Finding]:
    """The server certificate, and the one that proves whose the name is."""
    domain, server = status.domain, status.server
    for about in status.absent & {"server certificate", "ownership certificate"}:
        said = f"the {about} of {domain.name} is not in ACM any more"
        hint = f"python -m aws certificate request {domain.name}"
        yield _error("certificate.absent", said, hint, about)
    if server:
        yield from _certificate("server certificate", server, domain.name, now)
        is_own = server.type in {"IMPORTED", "PRIVATE"}
        if is_own and domain.has_mutual_tls and not domain.ownership_certificate:
            said = f"the server certificate is {server.type}, and there is no ownership certificate"
            said += ": API Gateway takes no update of the domain"
            hint = f"python -m aws certificate request {domain.name}"
            yield _error("certificate.no-ownership", said, hint, domain.name)
    if status.ownership:
        yield from _certificate("ownership certificate", status.ownership, domain.name, now)
        if status.ownership.type != "AMAZON_ISSUED":
            said = (
                f"the ownership certificate is {status.ownership.type}, expected one of ACM's own"
            )
            hint = f"python -m aws certificate request {domain.name}"
            yield _error("ownership.type", said, hint, status.ownership.arn)


def _certificate(
    about: str, certificate: Certificate, name: str, now: datetime
) -> Iterator[Finding]:
    renew = "python -m aws certificate import CERT --key KEY --arn " + certificate.arn
    if certificate.type == "AMAZON_ISSUED":
        show = f"aws acm describe-certificate --certificate-arn {certificate.arn}"
        renew = f"put its validation record back: {show}"
    if certificate.status != "ISSUED":
        said = f"the {about} is {certificate.status}, expected ISSUED"
        yield _error("certificate.status", said, renew, certificate.arn)
    if not any(covers(pattern, name) for pattern in certificate.names):
        said = f"the {about} is for {', '.join(certificate.names)}, not for {name}"
        yield _error("certificate.name", said, renew, certificate.arn)
    ends = certificate.not_after
    if ends is None or ends > now + _SOON:
        return
    said = f"the {about} ends at {iso(ends)} ({remaining(ends, now)})"
    made = _error if ends <= now else _warning
    yield made("certificate.expired" if ends <= now else "certificate.expires", said, renew, about)


def it_leads_somewhere(status: Status, _now: datetime) -> Iterator[Finding]:
    """It has a mapping, and what is mapped is there."""
    name = status.domain.name
    if status.mappings is None:
        return
    if not status.mappings:
        said = f"{name} has no base path mapping: it answers everything with 403 Forbidden"
        hint = f"aws apigateway create-base-path-mapping --domain-name {name} --rest-api-id API"
        yield _error("mapping.missing", said, f"make deploy, or: {hint} --stage STAGE", name)
    for one in status.mappings:
        if one.api not in status.apis:
            continue
        api, path = status.apis[one.api], f"/{one.path}"
        if api is None:
            said = f"{path} of {name} leads to the API {one.api}, which is not there"
            yield _error("mapping.api-missing", said, "make deploy, or map another API", path)
        elif one.stage not in api.stages:
            said = f"{path} of {name} leads to the stage {one.stage!r} of {api.id}, which is not"
            yield _error("mapping.stage-missing", f"{said} there", "make deploy", path)


def no_way_around(status: Status, _now: datetime) -> Iterator[Finding]:
    """The default endpoint of every API that is mapped is off: it knows no mutual TLS."""
    for api in filter(None, status.apis.values()):
        if not api.is_default_endpoint_off:
            said = f"the default endpoint of {api.id} ({api.name}) is open: who knows it needs no"
            hint = f"python -m aws endpoint off {api.id}"
            yield _error("endpoint.open", f"{said} certificate", hint, api.id, _ENDPOINT)
    for id_, answer in status.endpoints.items():
        if isinstance(answer, Open):
            said = f"the default endpoint of {id_} is switched off and still answers"
            hint = f"deploy a stage again: python -m aws endpoint off {id_}"
            said += f" ({answer.said}): no stage was deployed since"
            yield _error("endpoint.not-redeployed", said, hint, id_, _ENDPOINT)


def all_was_asked(status: Status, _now: datetime) -> Iterator[Finding]:
    """What these credentials may not see is not known to be right."""
    for one in status.unasked:
        hint = f"allow {one.permission}, or go on without this check"
        yield _warning("aws.not-allowed", f"not checked: {one.said}", hint, one.about)


CHECKS: tuple[Check, ...] = (
    domain_works,
    no_way_around,
    truststore_is_right,
    certificates_are_good,
    it_leads_somewhere,
    both_sides_agree,
    all_was_asked,
)


def _error(code: str, message: str, hint: str, about: str, source: str = _PAGE) -> Finding:
    return Finding(Severity.ERROR, code, message, hint, about, source)


def _warning(code: str, message: str, hint: str, about: str) -> Finding:
    return Finding(Severity.WARNING, code, message, hint, about)
