"""Somebody's account at AWS: asked, never told. Every call here only reads."""

from typing import Any

from pki.lint import LARGEST_READ

from . import certificates
from . import domain as domains
from .errors import AwsRefused, asking
from .facts import Certificate, Facts, Stack, Stored, Zone
from .parameters import Values
from .questions import Questions

_CONNECT, _READ, _ATTEMPTS = 10, 30, 4


class Account:
    """The session with an account, in one region; *number* is the account's, *arn* ours in it."""

    def __init__(self, session: Any, region: str, number: str, arn: str) -> None:  # noqa: ANN401
        self._session = session
        self.region = region
        self.number = number
        self.arn = arn

    def __str__(self) -> str:
        """Return where this is, for people."""
        return f"{self.region} of account {self.number}"

    def client(self, service: str) -> Any:  # noqa: ANN401  (botocore makes its classes)
        """Return a client of *service* that gives up in time."""
        return _client(self._session, service, self.region)


def sign_in(profile: str, region: str) -> Account:
    """Return the account that the credentials of *profile* (or the usual ones) are for.

    AwsRefused without credentials, without a region, or where AWS cannot be reached.
    """
    session = session_of(profile, region)
    with asking("see whose credentials these are", "sts:GetCallerIdentity"):
        identity = _client(session, "sts", session.region_name).get_caller_identity()
    return Account(session, session.region_name, identity["Account"], identity["Arn"])


def session_of(profile: str, region: str) -> Any:  # noqa: ANN401
    """Return a session of boto3 that has a region; nothing is asked of AWS yet."""
    import boto3  # noqa: PLC0415  (slow)

    with asking("use the settings for AWS"):
        session = boto3.Session(profile_name=profile or None, region_name=region or None)
        if not session.region_name:
            raise AwsRefused(
                "no region is set",
                "--region eu-central-1, or: aws configure set region eu-central-1",
            )
    return session


def _client(session: Any, service: str, region: str) -> Any:  # noqa: ANN401
    from botocore.config import Config  # noqa: PLC0415

    patient = Config(
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    try:
        with asking(f"use {service}"):
            return session.client(service, region_name=region, config=patient)
    except ValueError as error:
        raise AwsRefused(f"cannot use {service}: {error}", "see AWS_ENDPOINT_URL") from error


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

    return Facts(
        account=account.number,
        region=account.region,
        certificate=certificate("CertificateArn"),
        ownership=certificate("OwnershipVerificationCertificateArn"),
        zone=_zone(ask, account, values),
        stored=_stored(ask, account, values),
        domain=ask("domain", lambda: domains.read(gateway, name)),
        stack=ask("stack", lambda: read_stack(account, stack_name)),
        log_role=ask("log role", lambda: _log_role(gateway)),
        absent=frozenset(ask.absent),
        unasked=tuple(ask.unasked),
    )


def read_stack(account: Account, name: str) -> Stack | None:
    """Return the stack *name* with its resources, or None if there is none."""
    client = account.client("cloudformation")
    try:
        with asking(f"read the stack {name!r}", "cloudformation:DescribeStacks"):
            (found,) = client.describe_stacks(StackName=name)["Stacks"]
    except AwsRefused as refused:
        if refused.code == "ValidationError" and "not exist" in refused.message:
            return None
        raise
    with asking(f"list the resources of {name!r}", "cloudformation:ListStackResources"):
        pages = list(client.get_paginator("list_stack_resources").paginate(StackName=name))
    resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return Stack(
        name=found["StackName"],
        status=found["StackStatus"],
        parameters={
            one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())
        },
        outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
        resources={
            one["LogicalResourceId"]: (one["ResourceType"], one.get("PhysicalResourceId", ""))
            for one in resources
        },
    )


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


def _log_role(gateway: Any) -> str:  # noqa: ANN401
    with asking("read the account's settings of API Gateway", "apigateway:GET"):
        said = gateway.get_account()
    return str(said.get("cloudwatchRoleArn", ""))
