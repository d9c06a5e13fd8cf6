"""What a test may choose where AWS leaves it open, or takes too long."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Behaviour:
    """Seconds are those of the control plane's clock."""

    updating_for: float = 40.0  #: how long a domain is UPDATING after a change
    change_every: float = 30.0  #: one CreateDomainName, UpdateDomainName, DeleteDomainName in that
    #: Whether the truststore of before is in force while the domain is UPDATING. Undocumented.
    keeps_old_while_updating: bool = True
    #: Whether get_domain_name tells the warnings again. Documented: on create and update only.
    repeats_warnings: bool = False
    #: What it warns of beyond its documented rules, by the content of a truststore.
    also_warns: dict[bytes, tuple[str, ...]] = field(default_factory=dict)
    #: Buckets that are there, but whose objects the caller may not read.
    unreadable: set[str] = field(default_factory=set)
    trust_store_creating_for: float = 0.0  #: how long an ELBv2 trust store is CREATING
