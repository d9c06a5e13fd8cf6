"""A hosted zone of Route 53, and one record of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pki.findings import Finding, Severity

from .errors import asking
from .facts import Zone

_TTL = 300  # seconds
_LIST = "aws route53 list-hosted-zones"


@dataclass(frozen=True, slots=True)
class Record:
    """A record, such as the one that shows ACM whose a name is; names end with a dot."""

    name: str
    kind: str
    value: str

    def __str__(self) -> str:
        """Return it as a zone file has it."""
        return f"{self.name} {self.kind} {self.value}"


def read(client: Any, id_: str) -> Zone:  # noqa: ANN401  (botocore makes its classes)
    """Return the hosted zone *id_*, without its records; AwsRefused if there is none."""
    with asking(f"read the hosted zone {id_}", "route53:GetHostedZone"):
        said = client.get_hosted_zone(Id=id_)["HostedZone"]
    private = bool(said.get("Config", {}).get("PrivateZone", False))
    return Zone(id_, said["Name"].rstrip(".").lower(), private)


def findings(zone: Zone, name: str) -> Iterator[Finding]:
    """Yield what keeps *zone* from having a public record for *name*."""
    if not f".{name}".endswith(f".{zone.name}"):
        said = f"{zone.id} is the zone of {zone.name}, which does not hold {name}"
        yield Finding(Severity.ERROR, "zone.name", said, _LIST, zone.id)
    if zone.is_private:
        said = f"{zone.id} is a private zone of {zone.name}: ACM cannot see it"
        yield Finding(Severity.ERROR, "zone.private", said, _LIST, zone.id)


def put(client: Any, zone: Zone, record: Record) -> None:  # noqa: ANN401
    """Have *record* in *zone*, in the place of one of that name and kind."""
    change = {
        "Action": "UPSERT",
        "ResourceRecordSet": {
            "Name": record.name,
            "Type": record.kind,
            "TTL": _TTL,
            "ResourceRecords": [{"Value": record.value}],
        },
    }
    with asking(f"write {record.name} into {zone.id}", "route53:ChangeResourceRecordSets"):
        client.change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch={"Changes": [change]})
