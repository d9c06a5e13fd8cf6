"""ACM in two ways. `Acm`: a record that comes late, and a certificate once DNS has it.

moto issues by the wall clock, without looking at DNS, and of one key type; so here is another.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from tests.fakes.control_plane import ControlPlane
from tests.fakes.refusal import Refusal
from tests.fakes.sources import client
from tests.unit.aws.moto_server import ACCOUNT, REGION

_HOUR = 3600.0


@dataclass
class Requested:
    """One that was asked for."""

    name: str
    key: str
    since: float
    names: tuple[str, ...] = ()
    fails: str = ""
    method: str = "DNS"
    record: dict[str, str] = field(default_factory=dict)


class Acm:
    """Serves *fake*'s ACM from now on; *zone*: the hosted zone in moto that it looks at."""

    def __init__(self, fake: ControlPlane, zone: str = "") -> None:
        self.fake, self.zone = fake, zone
        self.found: dict[str, Requested] = {}
        self.shows_after = 4.0
        self.record_after = 9.0
        self.next_fails = ""
        self._tokens: dict[str, tuple[str, float]] = {}
        served = cast("dict[str, Mapping[str, Callable[[Any], Any]]]", fake.operations)
        served["acm"] = {
            "RequestCertificate": self._request,
            "DescribeCertificate": self._describe,
            "ListCertificates": self._list,
        }

    def _request(self, given: dict[str, Any]) -> dict[str, Any]:
        now, token = self.fake.clock.time(), given["IdempotencyToken"]
        arn, until = self._tokens.get(token, ("", 0.0))
        if not arn or now > until:
            arn = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{uuid.uuid4()}"
            self._tokens[token] = (arn, now + _HOUR)
            assert given["ValidationMethod"] == "DNS"
            self.add(given["DomainName"], given["KeyAlgorithm"], arn)
        return {"CertificateArn": arn}

    def add(self, name: str, key: str, arn: str = "", **more: Any) -> str:
        """Have one that was asked for just now."""
        arn = arn or f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{uuid.uuid4()}"
        label = uuid.uuid4().hex
        record = {
            "Name": f"_{label}.{name.removeprefix('*.')}.",
            "Type": "CNAME",
            "Value": f"_{label[::-1]}.acm-validations.aws.",
        }
        made = Requested(name, key, self.fake.clock.time(), record=record, **more)
        made.fails, self.next_fails = made.fails or self.next_fails, ""
        self.found[arn] = made
        return arn

    def status(self, arn: str) -> str:
        """Issued once the record is in the zone."""
        one = self.found[arn]
        if one.fails:
            return one.fails
        return "ISSUED" if self._is_set(one.record) else "PENDING_VALIDATION"

    def records(self) -> list[dict[str, Any]]:
        """The CNAME records of the zone."""
        if not self.zone:
            return []
        answer = client("route53", self.fake.moto).list_resource_record_sets(HostedZoneId=self.zone)
        return [one for one in answer["ResourceRecordSets"] if one["Type"] == "CNAME"]

    def _is_set(self, record: dict[str, str]) -> bool:
        values = {
            (one["Name"], value["Value"])
            for one in self.records()
            for value in one["ResourceRecords"]
        }
        return (record["Name"], record["Value"]) in values

    def _describe(self, given: dict[str, Any]) -> dict[str, Any]:
        arn = given["CertificateArn"]
        age = self.fake.clock.time() - self.found[arn].since if arn in self.found else -1.0
        if age < self.shows_after:
            raise Refusal(400, "ResourceNotFoundException", f"Could not find certificate {arn}.")
        one = self.found[arn]
        option = {
            "DomainName": one.name,
            "ValidationMethod": one.method,
            "ResourceRecord": one.record if age >= self.record_after else None,
        }
        said = {
            "CertificateArn": arn,
            "DomainName": one.name,
            "SubjectAlternativeNames": [one.name, *one.names],
            "Status": self.status(arn),
            "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": one.key.replace("_", "-"),
            "DomainValidationOptions": [option],
            "FailureReason": "CAA_ERROR" if one.fails == "FAILED" else None,
        }
        return {"Certificate": said}

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        # ACM: without a filter it lists RSA certificates of 1024 and 2048 bits alone.
        kinds = given.get("Includes", {}).get("keyTypes", ["RSA_1024", "RSA_2048"])
        found = [
            {
                "CertificateArn": arn,
                "DomainName": one.name,
                "Status": self.status(arn),
                "Type": "AMAZON_ISSUED",
                "KeyAlgorithm": one.key.replace("_", "-"),
            }
            for arn, one in self.found.items()
            if one.key in kinds
        ]
        return {"CertificateSummaryList": found}


class Waiting:
    """moto's ACM, where *arns* wait to be issued; moto itself issues all at once. It lists none."""

    def __init__(self, fake: ControlPlane, *arns: str) -> None:
        self._acm = client("acm", fake.moto)
        self._arns = arns
        served = cast("dict[str, Mapping[str, Callable[[Any], Any]]]", fake.operations)
        served["acm"] = {
            "DescribeCertificate": self._describe,
            "ListCertificates": lambda _: {"CertificateSummaryList": []},
        }

    def _describe(self, given: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._acm.describe_certificate(**given)
        del answer["ResponseMetadata"]
        if given["CertificateArn"] in self._arns:
            answer["Certificate"]["Status"] = "PENDING_VALIDATION"
        return answer
