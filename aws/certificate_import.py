"""A server certificate goes from files into ACM, and into use at a domain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from pki import truststore
from pki.errors import PkiError
from pki.findings import Finding, Severity

from . import certificate_key, certificate_list, certificate_use, certificates, server_certificate
from . import domain as domains
from .account import Account
from .certificate_use import Use
from .domain import Domain
from .errors import AwsRefused, asking
from .move import Retries, Waiting
from .questions import Questions
from .server_certificate import Presented
from .terminal import Terminal


@dataclass(frozen=True, slots=True)
class Wish:
    """The files; arn: the one in ACM that it takes the place of, "" = none.

    domain: where it is put in use, "" = nowhere; ownership: ARN of what proves whose the name is;
    may_lock: though its names or issuer are others than those of *arn*.
    """

    certificate: Path
    key: Path
    chain: Path | None = None
    arn: str = ""
    domain: str = ""
    ownership: str = ""
    may_lock: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: *presented* into ACM as *arn*, "" = a new one, and into *use*.

    is_there: ACM has it already; replaced: what *arn* has now.
    """

    presented: Presented
    key: Path
    arn: str = ""
    is_there: bool = False
    replaced: x509.Certificate | None = None
    use: Use | None = None

    @property
    def is_done(self) -> bool:
        """Whether it is in ACM, and in use where it should be."""
        if not self.is_there:
            return False
        if self.use is None:
            return True
        domain = self.use.domain
        return domain.status == "AVAILABLE" and not self.use.missing(domain, self.arn)


@dataclass(frozen=True, slots=True)
class Imported:
    """What is in ACM now, and the domain that has it, if one was named."""

    arn: str
    domain: Domain | None = None


def plan(account: Account, wish: Wish, now: datetime, terminal: Terminal) -> Plan:
    """Return what is to be done for *wish*; nothing is changed, and the key is not opened.

    AwsRefused if ACM or API Gateway would have something against it, or would lock a domain.
    """
    presented = server_certificate.read(wish.certificate, wish.chain)
    found = [*server_certificate.check(presented, now), *certificate_key.findings(wish.key)]
    acm = account.client("acm")
    certificate_key.require_tls(acm.meta.endpoint_url)
    there = _present(acm, wish.arn) if wish.arn else None
    if there and there != presented.leaf:
        found += server_certificate.changes(there, presented.leaf)
        locking = list(server_certificate.relocks(there, presented.leaf))
        found += map(_accepted, locking) if wish.may_lock else locking
    use = None
    if wish.domain:
        gateway = account.client("apigateway")
        use = Use(domains.find(gateway, wish.domain, str(account)), wish.ownership)
        found += certificate_use.findings(account, use, presented.names)
    arn = wish.arn
    if not arn:
        terminal.say("looking whether ACM has it already")
        ask = Questions()
        arn = ask("certificates", lambda: same(acm, presented.leaf)) or ""
        found += _unasked(ask)
    terminal.stop_at_errors(found, "nothing was imported", "see above")
    is_there = there == presented.leaf if wish.arn else bool(arn)
    return Plan(presented, wish.key, arn, is_there, there, use)


def execute(plan: Plan, account: Account, waiting: Waiting) -> Imported:
    """Do what *plan* says. AwsRefused otherwise; the same again goes on from there."""
    arn = plan.arn
    if not plan.is_there:
        waiting.say("handing the certificate and its key to ACM")
        arn = _import(plan, account, waiting)
        waiting.say(f"ACM has it as {arn}")
    if plan.use is None:
        return Imported(arn)
    try:
        return Imported(arn, certificate_use.put(account, plan.use, arn, waiting))
    except AwsRefused as refused:
        said = f"{refused.message}; the certificate is in ACM as {arn}"
        raise AwsRefused(said, refused.hint, code=refused.code, action=refused.action) from refused


def same(acm: Any, leaf: x509.Certificate) -> str:  # noqa: ANN401  (botocore makes its classes)
    """Return the ARN under which somebody imported *leaf* already; "" if nobody did."""
    names = _names(leaf)
    for one in certificate_list.certificates(acm):
        ends = one.not_after or leaf.not_valid_after_utc
        is_alike = one.name in names and ends == leaf.not_valid_after_utc
        if one.type == "IMPORTED" and is_alike and _leaf(acm, one.arn) == leaf:
            return one.arn
    return ""


def _names(leaf: x509.Certificate) -> set[str]:
    """Return what ACM may call it by: its common name, or one of the SAN."""
    common = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    names = [*Presented(leaf).names, *(str(one.value).lower() for one in common)]
    return {*names, ""}


def _import(plan: Plan, account: Account, waiting: Waiting) -> str:
    # botocore would try again by itself after a lost answer, and ACM would have it twice.
    once, acm = account.client("acm", attempts=1), account.client("acm")
    retries = Retries(waiting)
    while True:
        try:
            return certificate_key.hand_over(once, plan.presented, plan.key, plan.arn)
        except AwsRefused as refused:
            retries.later(refused)
        if not plan.arn and (arn := retries.of(lambda: same(acm, plan.presented.leaf))):
            return arn


def _present(acm: Any, arn: str) -> x509.Certificate:  # noqa: ANN401
    found = certificates.read(acm, arn)
    if found.type != "IMPORTED":
        raise AwsRefused(
            f"{arn} is {found.type}: ACM renews it itself, and takes no other in its place",
            "import it as another one: without --arn",
        )
    leaf = _leaf(acm, arn)
    if leaf is None:
        raise AwsRefused(f"{arn} cannot be read", "import it as another one: without --arn")
    return leaf


def _leaf(acm: Any, arn: str) -> x509.Certificate | None:  # noqa: ANN401
    """Return the certificate *arn*; None if it cannot be parsed."""
    with asking(f"read the certificate {arn!r}", "acm:GetCertificate"):
        pem = acm.get_certificate(CertificateArn=arn)["Certificate"]
    try:
        return truststore.parse(pem.encode(), arn)[0]
    except PkiError:
        return None


def _accepted(finding: Finding) -> Finding:
    said = f"{finding.message}: accepted"
    return Finding(Severity.WARNING, finding.code, said, "", finding.about, finding.source)


def _unasked(ask: Questions) -> Iterator[Finding]:
    for one in ask.unasked:
        said = f"not checked whether ACM has it already: {one.said}"
        hint = f"allow {one.permission}, or go on: ACM may have it twice then"
        yield Finding(Severity.WARNING, "aws.not-allowed", said, hint)
