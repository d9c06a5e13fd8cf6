"""What the watcher is to look at, and whom to tell: every variable, read here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

_MOST_DAYS = 3650


class InvalidConfiguration(Exception):
    """All that is wrong with the variables, a line each."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of template.yaml."""

    domain: str
    within: timedelta
    namespace: str  #: of the metrics
    topic: str = ""  #: "" = nobody is told
    crl: str = ""  #: s3://BUCKET/KEY, "" = revocation is off

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Self:
        """Return the settings in *env*, by default the environment; or InvalidConfiguration."""
        given = os.environ if env is None else env
        faults = [
            f"{name} is not set"
            for name in ("DOMAIN_NAME", "METRIC_NAMESPACE")
            if not given.get(name)
        ]
        days = given.get("WARNING_DAYS", "")
        if not (days.isascii() and days.isdigit() and 1 <= int(days) <= _MOST_DAYS):
            faults.append(f"WARNING_DAYS is {days!r}, expected 1 to {_MOST_DAYS}")
        if faults:
            raise InvalidConfiguration("\n".join(faults))
        return cls(
            domain=given["DOMAIN_NAME"],
            within=timedelta(days=int(days)),
            namespace=given["METRIC_NAMESPACE"],
            topic=given.get("TOPIC_ARN", ""),
            crl=given.get("CRL_URI", ""),
        )
