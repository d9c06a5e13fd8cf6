"""What a domain relies on, read from AWS: its truststore in force, and its certificates in ACM.

Shipped with aws/watcher. Nothing here raises AwsRefused: what cannot be read is told as unread.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from . import expiry_bundle
from .errors import AwsRefused, asking
from .expiry import Found, Kind, Renewal, Unread, Watched

#: Returns a client of the service with that name.
Clients = Callable[[str], Any]

_WORDS = {Kind.SERVER: "server certificate", Kind.OWNERSHIP: "ownership certificate"}
_STUCK = {"FAILED", "PENDING_VALIDATION"}


def read(
    clients: Clients, name: str, found: Found, leaves: Iterable[x509.Certificate] | None = None
) -> None:
    """Add to *found* what the domain *name* relies on, one after the other as it is read.

    *leaves*: issued ones, as expiry_bundle.read() takes them.
    """
    try:
        with asking(f"read the domain {name!r}", "apigateway:GET"):
            domain = clients("apigateway").get_domain_name(domainName=name)
    except AwsRefused as refused:
        found.unread.append(_unread(f"the domain {name}", refused, None))
        return
    found.add(_truststore(clients, name, domain, leaves))
    server = domain.get("regionalCertificateArn") or domain.get("certificateArn") or ""
    found.add(_certificate(clients, Kind.SERVER, server, name))
    if ownership := domain.get("ownershipVerificationCertificateArn"):
        found.add(_certificate(clients, Kind.OWNERSHIP, ownership, name))


def of_acm(kind: Kind, said: Mapping[str, Any]) -> Watched | Unread:
    """Return what ACM *said* of a certificate (DescribeCertificate) as what is watched.

    One that was never issued has no end.
    """
    arn, status = str(said["CertificateArn"]), str(said.get("Status", ""))
    not_after = said.get("NotAfter")
    if not isinstance(not_after, datetime):
        hint = f"aws acm describe-certificate --certificate-arn {arn}"
        return Unread(f"the {_WORDS[kind]} {arn}", f"it is {status}, without an end", hint, kind)
    because = _why_not(kind, said)
    renewal = Renewal.BY_HAND if said.get("Type") == "IMPORTED" else Renewal.BY_ACM
    return Watched(
        kind=kind,
        subject=str(said.get("Subject") or said.get("DomainName", "")),
        not_after=not_after.astimezone(UTC),
        place=arn,
        serial_number=str(said.get("Serial", "")).replace(":", "").lower().lstrip("0"),
        renewal=Renewal.FAILS if because else renewal,
        because=because,
    )


def _why_not(kind: Kind, said: Mapping[str, Any]) -> str:
    """Return why ACM will not renew a certificate that it should; "" if nothing speaks against it.

    An imported one is nothing that ACM should renew.
    """
    if said.get("Type") == "IMPORTED":
        return ""
    if kind is Kind.OWNERSHIP and said.get("Type") != "AMAZON_ISSUED":
        return f"it is {said.get('Type')}, expected one that ACM issued itself"
    if said.get("Status") not in {"ISSUED", "EXPIRED"}:
        return f"it is {said.get('Status')}, expected ISSUED"
    summary = said.get("RenewalSummary", {})
    if summary.get("RenewalStatus") in _STUCK:
        words = (summary["RenewalStatus"], summary.get("RenewalStatusReason"))
        return f"its renewal is {', '.join(filter(None, words))}"
    if said.get("RenewalEligibility") == "INELIGIBLE":
        return "it is INELIGIBLE, as if nothing in AWS used it"
    return ""


def _truststore(
    clients: Clients,
    name: str,
    domain: Mapping[str, Any],
    leaves: Iterable[x509.Certificate] | None,
) -> Found:
    mutual_tls = domain.get("mutualTlsAuthentication") or {}
    uri, version = mutual_tls.get("truststoreUri", ""), mutual_tls.get("truststoreVersion", "")
    if not uri:
        off = "mutual TLS is off: there is no truststore, and anybody may connect"
        hint = f"python -m aws status {name}"
        return Found(unread=[Unread(f"the truststore of {name}", off, hint, Kind.CA)])
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    pinned, action = {"VersionId": version}, "s3:GetObjectVersion"
    if not version:
        pinned, action = {}, "s3:GetObject"
    place = f"{uri}, version {version}" if version else f"{uri}, the newest version"
    try:
        with asking(f"read {place}", action):
            answer = clients("s3").get_object(Bucket=bucket, Key=key, **pinned)
            content = answer["Body"].read(expiry_bundle.LARGEST + 1)
    except AwsRefused as refused:
        return Found(unread=[_unread(f"the truststore {place}", refused, Kind.CA)])
    return expiry_bundle.read(content, place, leaves)


def _certificate(clients: Clients, kind: Kind, arn: str, name: str) -> Found:
    what = f"the {_WORDS[kind]} {arn}"
    if not arn:
        because = f"the domain {name} names none"
        hint = f"python -m aws status {name}"
        return Found(unread=[Unread(what.rstrip(), because, hint, kind)])
    try:
        with asking(f"read the certificate {arn!r}", "acm:DescribeCertificate"):
            said = clients("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    except AwsRefused as refused:
        return Found(unread=[_unread(what, refused, kind)])
    watched = of_acm(kind, said)
    return Found(unread=[watched]) if isinstance(watched, Unread) else Found(watched=[watched])


def _unread(what: str, refused: AwsRefused, kind: Kind | None) -> Unread:
    return Unread(what, refused.message, refused.hint, kind)
