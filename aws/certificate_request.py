"""A public certificate is asked of ACM, and validated through DNS."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import certificate_list, zone
from .account import Account
from .errors import AwsRefused, asking
from .facts import Zone
from .move import Retries, Waiting
from .terminal import Terminal
from .zone import Record

#: Key types that ACM makes (acm:RequestCertificate), by our names for them.
KEY_TYPES: Mapping[str, str] = {
    "rsa-2048": "RSA_2048",
    "ec-p256": "EC_prime256v1",
    "ec-p384": "EC_secp384r1",
}
_NAME = re.compile(r"(\*\.)?(?!-)([a-z0-9-]{1,63}(?<!-)\.(?!-))+[a-z0-9-]{1,63}(?<!-)")
_LONGEST = 253
_GOING = ("PENDING_VALIDATION", "ISSUED")
_NOT_THERE_YET = "ResourceNotFoundException"
_OVER = ("FAILED", "VALIDATION_TIMED_OUT")


@dataclass(frozen=True, slots=True)
class Wish:
    """For which *name*; zone: id of the hosted zone that the record goes into, "" = none."""

    name: str
    key_type: str = "rsa-2048"
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A certificate as ACM has it; *record*: what proves whose the name is, None = not yet."""

    arn: str
    status: str
    record: Record | None = None
    failure: str = ""

    @property
    def is_issued(self) -> bool:
        """Whether it can be used."""
        return self.status == "ISSUED"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done for *wish*: *existing* goes on, if there is one.

    failed: ARNs of requests that came to nothing, which a new one must not be taken for.
    """

    wish: Wish
    existing: Request | None = None
    zone: Zone | None = None
    failed: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether there is such a certificate, and it is issued."""
        return self.existing is not None and self.existing.is_issued

    @property
    def only_looks(self) -> bool:
        """Whether nothing is changed: one is on its way, and its record is set by hand."""
        return self.existing is not None and self.zone is None

    @property
    def token(self) -> str:
        """Return what ACM knows the same request by, for one hour (acm:RequestCertificate)."""
        said = "\n".join((self.wish.name, self.wish.key_type, *self.failed))
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def plan(account: Account, wish: Wish, terminal: Terminal) -> Plan:
    """Return what is to be done for *wish*; nothing is changed.

    AwsRefused if the name is none, or the zone does not hold it.
    """
    if not _NAME.fullmatch(wish.name) or len(wish.name) > _LONGEST:
        raise AwsRefused(
            f"{wish.name!r} is no domain name, expected one in lower case",
            "python -m aws certificate request api.example.com",
        )
    found = zone.read(account.client("route53"), wish.zone) if wish.zone else None
    if found:
        unfit = list(zone.findings(found, wish.name.removeprefix("*.")))
        terminal.stop_at_errors(unfit, "nothing was asked for", "see above")
    terminal.say(f"looking for a certificate for {wish.name}")
    acm = account.client("acm")
    alike = [
        one
        for one in certificate_list.certificates(acm)
        if one.type == "AMAZON_ISSUED"
        and one.name == wish.name
        and one.key_algorithm == KEY_TYPES[wish.key_type]
    ]
    # One that is issued before one that waits.
    going = sorted((one for one in alike if one.status in _GOING), key=lambda one: one.status)
    existing = next((read for one in going if (read := _read(acm, one.arn, wish.name))), None)
    failed = tuple(sorted(one.arn for one in alike if one.status in _OVER))
    return Plan(wish, existing, found, failed)


def execute(plan: Plan, account: Account, waiting: Waiting) -> Request:
    """Ask for the certificate, and return it: with its record, or issued if that was written.

    AwsRefused if ACM does not issue it, NotYet where it takes too long. The same again goes on
    with the same certificate.
    """
    acm, retries = account.client("acm"), Retries(waiting)
    arn = plan.existing.arn if plan.existing else retries.of(lambda: _request(acm, plan))
    waiting.say(f"ACM knows it as {arn}")
    found = _until_known(acm, arn, plan, retries)
    record = found.record
    if plan.zone is None or record is None or found.is_issued:
        return found
    hosted, route53 = plan.zone, account.client("route53")
    waiting.say(f"writing {record}")
    retries.of(lambda: zone.put(route53, hosted, record))
    while not found.is_issued:
        retries.soon(f"{plan.wish.name} is {found.status}")
        found = _until_known(acm, arn, plan, retries)
    return found


def _request(acm: Any, plan: Plan) -> str:  # noqa: ANN401  (botocore makes its classes)
    with asking(f"ask for a certificate for {plan.wish.name!r}", "acm:RequestCertificate"):
        answer = acm.request_certificate(
            DomainName=plan.wish.name,
            ValidationMethod="DNS",
            KeyAlgorithm=KEY_TYPES[plan.wish.key_type],
            IdempotencyToken=plan.token,
        )
    return str(answer["CertificateArn"])


def _until_known(acm: Any, arn: str, plan: Plan, retries: Retries) -> Request:  # noqa: ANN401
    """Return the certificate once it is issued or has a record; AwsRefused if neither comes."""
    while True:
        try:
            found = retries.of(lambda: _read(acm, arn, plan.wish.name))
        except AwsRefused as refused:
            # "a delay of several seconds before you can retrieve information" (acm).
            if refused.code != _NOT_THERE_YET or plan.existing:
                raise
            retries.soon("ACM does not show it yet")
            continue
        if found is None:
            raise AwsRefused(
                f"{arn} is a certificate for other names than {plan.wish.name}",
                f"aws acm describe-certificate --certificate-arn {arn}",
            )
        if found.status not in _GOING:
            raise _failed(found, plan)
        if found.is_issued or found.record:
            return found
        retries.soon("ACM has not said yet which record it wants")


def _failed(found: Request, plan: Plan) -> AwsRefused:
    why = f" ({found.failure})" if found.failure else ""
    hint = f"type the same again for another one; see: dig CAA {plan.wish.name.removeprefix('*.')}"
    return AwsRefused(f"ACM did not issue {found.arn}: it is {found.status}{why}", hint)


def _read(acm: Any, arn: str, name: str) -> Request | None:  # noqa: ANN401
    """Return the certificate; None if it has other names, or another way of validation."""
    with asking(f"read the certificate {arn!r}", "acm:DescribeCertificate"):
        said = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    names = {said.get("DomainName", ""), *said.get("SubjectAlternativeNames", ())} - {""}
    options = said.get("DomainValidationOptions") or [{}]
    if names != {name} or options[0].get("ValidationMethod", "DNS") != "DNS":
        return None
    given = options[0].get("ResourceRecord")
    record = Record(given["Name"], given["Type"], given["Value"]) if given else None
    return Request(arn, said.get("Status", ""), record, said.get("FailureReason", ""))
