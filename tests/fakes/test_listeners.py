"""ELBv2: listeners that verify clients by a trust store."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import Holder
from tests.fakes.alb import Alb


def test_a_trust_store_in_use_stays(alb: Alb, store: str) -> None:
    listener = alb.fake.listeners.add()
    assert alb.verify(listener.arn, store) == {
        "Mode": "verify",
        "TrustStoreArn": store,
        "IgnoreClientCertificateExpiry": False,
        "TrustStoreAssociationStatus": "active",
        "AdvertiseTrustStoreCaNames": "off",
    }
    associations = alb.client.describe_trust_store_associations(TrustStoreArn=store)
    assert associations["TrustStoreAssociations"] == [{"ResourceArn": listener.load_balancer}]
    assert alb.refused("delete_trust_store", TrustStoreArn=store) == "TrustStoreInUse"
    off = {"Mode": "off"}
    alb.client.modify_listener(ListenerArn=listener.arn, MutualAuthentication=off)
    (said,) = alb.client.describe_listeners(ListenerArns=[listener.arn])["Listeners"]
    assert said["MutualAuthentication"] == off
    alb.client.delete_trust_store(TrustStoreArn=store)
    assert alb.refused("delete_trust_store", TrustStoreArn=store) == "TrustStoreNotFound"


def test_listeners_are_found_by_their_load_balancer(alb: Alb, store: str) -> None:
    first = alb.fake.listeners.add()
    second = alb.fake.listeners.add(first.load_balancer, port=8443)
    alb.verify(second.arn, store, IgnoreClientCertificateExpiry=True)
    found = alb.client.describe_listeners(LoadBalancerArn=first.load_balancer)["Listeners"]
    assert [(one["Port"], one["MutualAuthentication"]["Mode"]) for one in found] == [
        (443, "off"),
        (8443, "verify"),
    ]
    assert found[1]["MutualAuthentication"]["IgnoreClientCertificateExpiry"]
    wrong = first.load_balancer + "x"
    assert alb.refused("describe_listeners", LoadBalancerArn=wrong) == "LoadBalancerNotFound"
    assert alb.refused("describe_listeners", ListenerArns=["x"]) == "ListenerNotFound"


def test_two_listeners_of_a_load_balancer_verify(alb: Alb, store: str) -> None:
    first = alb.fake.listeners.add()
    others = [alb.fake.listeners.add(first.load_balancer, port=port) for port in (1, 2)]
    for listener in (first, others[0], first):
        alb.verify(listener.arn, store)
    mutual = {"Mode": "verify", "TrustStoreArn": store}
    given = {"ListenerArn": others[1].arn, "MutualAuthentication": mutual}
    assert alb.refused("modify_listener", **given) == "ValidationError"
    alb.verify(alb.fake.listeners.add().arn, store)


@pytest.mark.parametrize(
    "mutual",
    [
        {"Mode": "on"},
        {"Mode": "verify"},
        {"Mode": "passthrough", "TrustStoreArn": "STORE"},
        {"Mode": "off", "IgnoreClientCertificateExpiry": True},
    ],
)
def test_a_mode_and_what_goes_with_it(alb: Alb, store: str, mutual: dict[str, Any]) -> None:
    listener = alb.fake.listeners.add()
    mutual = {name: store if value == "STORE" else value for name, value in mutual.items()}
    given = {"ListenerArn": listener.arn, "MutualAuthentication": mutual}
    assert alb.refused("modify_listener", **given) == "ValidationError"
    given["MutualAuthentication"] = {"Mode": "passthrough"}
    alb.client.modify_listener(**given)


def test_mutual_authentication_is_for_https(alb: Alb, store: str) -> None:
    plain = alb.fake.listeners.add(protocol="HTTP")
    mutual = {"Mode": "verify", "TrustStoreArn": store}
    given = {"ListenerArn": plain.arn, "MutualAuthentication": mutual}
    assert alb.refused("modify_listener", **given) == "ValidationError"
    alb.client.modify_listener(Protocol="HTTPS", **given)


def test_a_trust_store_may_take_its_time(alb: Alb, root: Holder) -> None:
    alb.fake.behaviour.trust_store_creating_for = 10
    store, listener = alb.create(root.pem.encode()), alb.fake.listeners.add()
    assert alb.client.describe_trust_stores()["TrustStores"][0]["Status"] == "CREATING"
    mutual = {"Mode": "verify", "TrustStoreArn": store}
    given = {"ListenerArn": listener.arn, "MutualAuthentication": mutual}
    assert alb.refused("modify_listener", **given) == "TrustStoreNotReady"
    given["MutualAuthentication"] = {**mutual, "TrustStoreArn": store + "x"}
    assert alb.refused("modify_listener", **given) == "TrustStoreNotFound"
    alb.fake.clock.sleep(10)
    alb.verify(listener.arn, store)
