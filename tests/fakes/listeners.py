"""ELBv2's HTTPS listeners, as far as their mutual authentication goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import pages
from tests.fakes.apis import new_label
from tests.fakes.refusal import of_load_balancing
from tests.fakes.rest_domains import Operation
from tests.fakes.trust_stores import PREFIX, TrustStores

MAX_VERIFYING = 2  #: of one load balancer
_MODES = ("off", "passthrough", "verify")


@dataclass
class Listener:
    """One listener; mutual: what MutualAuthentication says."""

    arn: str
    load_balancer: str
    port: int = 443
    protocol: str = "HTTPS"
    mutual: dict[str, Any] = field(default_factory=lambda: {"Mode": "off"})
    certificates: list[dict[str, Any]] = field(default_factory=list)
    policy: str = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"


@dataclass
class Listeners:
    """All listeners, by ARN."""

    trust_stores: TrustStores
    found: dict[str, Listener] = field(default_factory=dict)

    def add(self, load_balancer: str = "", **more: Any) -> Listener:
        """Make one, of a load balancer of its own unless told; *more* of Listener."""
        path = load_balancer.rpartition("loadbalancer/")[2] or f"app/alb/{new_label(16)}"
        arn = f"{PREFIX}:listener/{path}/{new_label(16)}"
        self.found[arn] = Listener(arn, f"{PREFIX}:loadbalancer/{path}", **more)
        return self.found[arn]

    def with_trust_store(self, arn: str) -> list[Listener]:
        """Return those that verify clients by that trust store."""
        return [one for one in self.found.values() if one.mutual.get("TrustStoreArn") == arn]

    def operations(self) -> Mapping[str, Operation]:
        """Return what is served, by the model's names."""
        return {"DescribeListeners": self._describe, "ModifyListener": self._modify}

    def _get(self, arn: str) -> Listener:
        if arn not in self.found:
            text = f"One or more listeners not found: {arn}"
            raise of_load_balancing("ListenerNotFound", text)
        return self.found[arn]

    def _describe(self, given: dict[str, Any]) -> dict[str, Any]:
        if "ListenerArns" in given:
            found = [self._get(arn) for arn in given["ListenerArns"]]
        else:
            wanted = given.get("LoadBalancerArn", "")
            found = [one for one in self.found.values() if one.load_balancer == wanted]
            if not found:
                text = f"Load balancer '{wanted}' not found"
                raise of_load_balancing("LoadBalancerNotFound", text)
        return pages.of_load_balancing("Listeners", [_listener(one) for one in found], given)

    def _modify(self, given: dict[str, Any]) -> dict[str, Any]:
        listener = self._get(given["ListenerArn"])
        protocol = given.get("Protocol", listener.protocol)
        mutual = given.get("MutualAuthentication")
        if mutual is not None:
            listener.mutual = self._mutual(listener, protocol, mutual)
        listener.protocol = protocol
        listener.port = given.get("Port", listener.port)
        listener.policy = given.get("SslPolicy", listener.policy)
        listener.certificates = given.get("Certificates", listener.certificates)
        return {"Listeners": [_listener(listener)]}

    def _mutual(self, listener: Listener, protocol: str, given: dict[str, Any]) -> dict[str, Any]:
        mode, arn = given.get("Mode", "off"), given.get("TrustStoreArn", "")
        if mode not in _MODES:
            raise _invalid(f"Mode '{mode}' must be one of: {', '.join(_MODES)}")
        if protocol != "HTTPS":
            raise _invalid("Mutual authentication is for HTTPS listeners")
        if (mode == "verify") != bool(arn):
            raise _invalid("A trust store goes with the mode verify, and with no other")
        if mode != "verify":
            if "IgnoreClientCertificateExpiry" in given:
                raise _invalid("IgnoreClientCertificateExpiry goes with the mode verify")
            return {"Mode": mode}
        store = self.trust_stores.get(arn)
        if self.trust_stores.status(store) != "ACTIVE":
            raise of_load_balancing("TrustStoreNotReady", f"Trust store '{arn}' is not active")
        others = [
            one
            for one in self.found.values()
            if one.load_balancer == listener.load_balancer and one is not listener
        ]
        if sum(one.mutual["Mode"] == "verify" for one in others) >= MAX_VERIFYING:
            raise _invalid(f"A load balancer has up to {MAX_VERIFYING} listeners that verify")
        return {
            "Mode": mode,
            "TrustStoreArn": arn,
            "IgnoreClientCertificateExpiry": given.get("IgnoreClientCertificateExpiry", False),
            "TrustStoreAssociationStatus": "active",
            "AdvertiseTrustStoreCaNames": given.get("AdvertiseTrustStoreCaNames", "off"),
        }


def _invalid(message: str) -> Exception:
    """A combination that is refused; AWS's words are not known."""
    return of_load_balancing("ValidationError", message)


def _listener(listener: Listener) -> dict[str, Any]:
    return {
        "ListenerArn": listener.arn,
        "LoadBalancerArn": listener.load_balancer,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "Certificates": listener.certificates,
        "SslPolicy": listener.policy,
        "MutualAuthentication": listener.mutual,
    }
