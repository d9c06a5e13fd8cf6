"""ACM in two ways. `Acm`: a record that comes late, and a certificate once DNS has it.

moto issues by the wall clock, without looking at DNS, and of one key type; so here is another.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import botocore.exceptions

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


class Issuing:
    """moto's ACM, where some certificates are issued at once; moto itself takes a minute."""

    def __init__(self, fake: ControlPlane) -> None:
        self._acm = client("acm", fake.moto)
        self._issued: set[str] = set()
        served = cast("dict[str, Mapping[str, Callable[[Any], Any]]]", fake.operations)
        served["acm"] = {
            "DescribeCertificate": self._describe,
            "GetCertificate": lambda given: self._ask("get_certificate", given),
            "ListCertificates": lambda given: self._ask("list_certificates", given),
            "ImportCertificate": self._import,
        }

    def issued(self, *names: str) -> str:
        """The ARN of one that ACM has issued for *names*."""
        first, *others = names
        more = {"SubjectAlternativeNames": others} if others else {}
        answer = self._acm.request_certificate(DomainName=first, ValidationMethod="DNS", **more)
        self._issued.add(answer["CertificateArn"])
        return str(answer["CertificateArn"])

    def _describe(self, given: dict[str, Any]) -> dict[str, Any]:
        said = self._ask("describe_certificate", given)
        if given["CertificateArn"] in self._issued:
            said["Certificate"]["Status"] = "ISSUED"
        return said

    def _import(self, given: dict[str, Any]) -> dict[str, Any]:
        blobs = ("Certificate", "PrivateKey", "CertificateChain")
        decoded = {k: base64.b64decode(v) if k in blobs else v for k, v in given.items()}
        return self._ask("import_certificate", decoded)

    def _ask(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._acm, method)(**given)
        except botocore.exceptions.ClientError as error:
            said = error.response["Error"]
            raise Refusal(400, said["Code"], said["Message"]) from error
        del answer["ResponseMetadata"]
        return answer
