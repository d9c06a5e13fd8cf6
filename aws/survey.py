"""What an account has of all that a deployment names: asked, never told."""

from typing import Any

from pki.lint import LARGEST_READ

from . import certificates, revocation, stacks
from . import domain as domains
from .account import Account
from .domain import Domain
from .errors import asking
from .facts import Certificate, Facts, Stack, Stored, Zone
from .parameters import Values
from .pin import Pin, Place
from .questions import Questions
from .versions import Versions


def survey(account: Account, values: Values, stack_name: str) -> Facts:
    """Return what the account has of all that *values* name, and of the stack.

    What may not be asked is in `unasked`, what is not there in `absent`.
    """
    ask = Questions()
    gateway, name = account.client("apigateway"), values["DomainName"]

    def certificate(parameter: str) -> Certificate | None:
        arn = values[parameter]
        acm = account.client("acm") if arn else None
        return ask(parameter, lambda: certificates.read(acm, arn)) if arn else None

    domain = ask("domain", lambda: domains.read(gateway, name))
    stack = ask("stack", lambda: stacks.read(account, stack_name))
    return Facts(
        account=account.number,
        region=account.region,
        certificate=certificate("CertificateArn"),
        ownership=certificate("OwnershipVerificationCertificateArn"),
        zone=_zone(ask, account, values),
        stored=_stored(ask, account, values),
        crl=_crl(ask, account, values, stack),
        domain=domain,
        stack=stack,
        pushed=_pushed(ask, account, domain, stack),
        log_role=ask("log role", lambda: _log_role(gateway)),
        absent=frozenset(ask.absent),
        unasked=tuple(ask.unasked),
    )


def _pushed(
    ask: Questions, account: Account, domain: Domain | None, stack: Stack | None
) -> bytes | None:
    if domain is None or stack is None or not domain.has_mutual_tls:
        return None
    put = Pin(*(stack.outputs.get(name, "") for name in ("TruststoreUri", "TruststoreVersion")))
    if not put.version or put == domain.pin:
        return None
    versions = Versions(account, Place.of(domain.truststore_uri))
    return ask("truststore in force", lambda: versions.read(domain.truststore_version))


def _zone(ask: Questions, account: Account, values: Values) -> Zone | None:
    zone, name = values["HostedZoneId"], values["DomainName"]
    if not zone:
        return None
    client = account.client("route53")

    def records() -> tuple[str, ...]:
        with asking(f"list the records of {zone}", "route53:ListResourceRecordSets"):
            answer = client.list_resource_record_sets(
                HostedZoneId=zone, StartRecordName=name, MaxItems="20"
            )
        sets = answer["ResourceRecordSets"]
        return tuple(one["Type"] for one in sets if one["Name"].rstrip(".").lower() == name)

    def question() -> Zone:
        with asking(f"read the hosted zone {zone}", "route53:GetHostedZone"):
            said = client.get_hosted_zone(Id=zone)["HostedZone"]
        found = ask("records", records) or ()
        private = said.get("Config", {}).get("PrivateZone", False)
        return Zone(zone, said["Name"].rstrip(".").lower(), private, found)

    return ask("HostedZoneId", question)


def _stored(ask: Questions, account: Account, values: Values) -> Stored | None:
    uri, version = values["TruststoreUri"], values["TruststoreVersion"]
    if not uri:
        return None
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    client = account.client("s3")

    def region() -> str:
        with asking(f"see where the bucket {bucket!r} is", "s3:GetBucketLocation"):
            said = client.get_bucket_location(Bucket=bucket)["LocationConstraint"]
        # S3's own words for its two oldest regions.
        return {None: "us-east-1", "EU": "eu-west-1"}.get(said, said or "")

    def question() -> Stored:
        with asking(f"read {uri}, version {version}", "s3:GetObjectVersion"):
            answer = client.get_object(Bucket=bucket, Key=key, VersionId=version)
            content = answer["Body"].read(LARGEST_READ + 1)
        where = ask("bucket", region) or ""
        return Stored(uri, answer.get("VersionId", "null"), content, where)

    return ask("TruststoreUri", question)


def _crl(ask: Questions, account: Account, values: Values, stack: Stack | None) -> Stored | None:
    uri = revocation.place(values, stack) if revocation.is_asked(values) else ""
    if not uri:
        return None
    place = Place.of(uri)

    def question() -> Stored:
        with asking(f"read {uri}", "s3:GetObject"):
            answer = account.client("s3").get_object(Bucket=place.bucket, Key=place.key)
            content = answer["Body"].read(revocation.LARGEST + 1)
        return Stored(uri, answer.get("VersionId", "null"), content)

    return ask("CrlUri", question)


def _log_role(gateway: Any) -> str:  # noqa: ANN401
    with asking("read the account's settings of API Gateway", "apigateway:GET"):
        said = gateway.get_account()
    return str(said.get("cloudwatchRoleArn", ""))
