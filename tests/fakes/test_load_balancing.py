"""ELBv2: trust stores and their revocations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests import crls
from tests.builders import Holder, authority, bundle, tower
from tests.fakes import trust_stores
from tests.fakes.alb import Alb


def one_crl(root: Holder, *serials: int) -> bytes:
    return crls.pem(crls.crl(root, serials))


def test_a_trust_store_is_described(alb: Alb, store: str) -> None:
    (said,) = alb.client.describe_trust_stores()["TrustStores"]
    assert said == {
        "Name": "clients",
        "TrustStoreArn": store,
        "Status": "ACTIVE",
        "NumberOfCaCertificates": 1,
        "TotalRevokedEntries": 0,
    }
    assert alb.client.describe_trust_stores(Names=["clients"])["TrustStores"] == [said]
    assert alb.client.describe_trust_stores(TrustStoreArns=[store])["TrustStores"] == [said]
    for wrong in ({"Names": ["none"]}, {"TrustStoreArns": [store + "x"]}):
        assert alb.refused("describe_trust_stores", **wrong) == "TrustStoreNotFound"


def test_the_bundle_is_a_copy(alb: Alb, store: str, root: Holder, other: Holder) -> None:
    given = alb.bundle(other.pem.encode())
    location = alb.client.get_trust_store_ca_certificates_bundle(TrustStoreArn=store)["Location"]
    assert requests.get(location, timeout=60).text == root.pem
    alb.client.modify_trust_store(TrustStoreArn=store, **given)
    location = alb.client.get_trust_store_ca_certificates_bundle(TrustStoreArn=store)["Location"]
    assert requests.get(location, timeout=60).text == other.pem
    assert requests.get(location + "x", timeout=60).status_code == 403


GOOD: list[Callable[[str], str]] = [
    lambda pem: "# our roots\n" + pem,
    lambda pem: pem + "# the end",
    lambda pem: pem * 25,
    lambda pem: pem.replace("\n", "\r\n"),
]
BAD: list[Callable[[str], str]] = [
    lambda pem: pem + "\n" + pem,  # a blank line
    lambda pem: "# our-roots\n" + pem,
    lambda pem: "subject=CN = Root\n" + pem,
    lambda pem: pem * 26,
    lambda pem: pem.replace("MII", "XII"),
    lambda pem: pem[:-30],
    lambda pem: pem + pem[:-30],
    lambda _: "",
]


@pytest.mark.parametrize("change", GOOD)
def test_a_bundle_may_have_comments(alb: Alb, root: Holder, change: Callable[[str], str]) -> None:
    assert alb.create(change(root.pem).encode())


@pytest.mark.parametrize("change", BAD)
def test_a_bundle_is_pem_and_nothing_else(
    alb: Alb, root: Holder, store: str, change: Callable[[str], str]
) -> None:
    given = alb.bundle(change(root.pem).encode())
    code = "InvalidCaCertificatesBundle"
    assert alb.refused("create_trust_store", Name="other", **given) == code
    assert alb.refused("modify_trust_store", TrustStoreArn=store, **given) == code
    assert alb.fake.trust_stores.get(store).content == root.pem.encode()


def test_a_bundle_is_there_and_may_be_read(alb: Alb, root: Holder) -> None:
    given = alb.bundle(root.pem.encode())
    wrong = {**given, "CaCertificatesBundleS3Key": "none"}
    code = "CaCertificatesBundleNotFound"
    assert alb.refused("create_trust_store", Name="clients", **wrong) == code
    wrong = {**given, "CaCertificatesBundleS3ObjectVersion": "none"}
    assert alb.refused("create_trust_store", Name="clients", **wrong) == code
    alb.fake.behaviour.unreadable.add(alb.bucket)
    assert alb.refused("create_trust_store", Name="clients", **given) == code
    alb.fake.behaviour.unreadable.clear()
    alb.client.create_trust_store(Name="clients", **given)


def test_names_and_numbers_of_trust_stores(alb: Alb, store: str, root: Holder) -> None:
    given = alb.bundle(root.pem.encode())
    assert alb.refused("create_trust_store", Name="clients", **given) == "DuplicateTrustStoreName"
    assert alb.refused("create_trust_store", Name="-clients", **given) == "ValidationError"
    assert alb.refused("create_trust_store", Name="c" * 33, **given) == "ValidationError"
    for number in range(2, 21):
        alb.client.create_trust_store(Name=f"c{number}", **given)
    assert alb.refused("create_trust_store", Name="c21", **given) == "TooManyTrustStores"
    alb.client.delete_trust_store(TrustStoreArn=store)
    alb.client.create_trust_store(Name="c21", **given)
    paginator = alb.client.get_paginator("describe_trust_stores")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 8}))
    assert [len(page["TrustStores"]) for page in pages] == [8, 8, 4]


def test_revocations_are_counted_and_their_ids_only_grow(
    alb: Alb, store: str, root: Holder
) -> None:
    labels = [alb.add(store, one_crl(root, *range(1, count + 1))) for count in (1, 2)]
    assert labels == [1, 2]
    (said,) = alb.client.describe_trust_stores()["TrustStores"]
    assert said["TotalRevokedEntries"] == 3
    alb.client.remove_trust_store_revocations(TrustStoreArn=store, RevocationIds=[2])
    assert alb.add(store, one_crl(root, 4)) == 3
    listed = alb.client.describe_trust_store_revocations(TrustStoreArn=store)
    assert [
        (o["RevocationId"], o["NumberOfRevokedEntries"]) for o in (listed["TrustStoreRevocations"])
    ] == [(1, 1), (3, 1)]
    for method in ("remove_trust_store_revocations", "describe_trust_store_revocations"):
        wrong = {"TrustStoreArn": store, "RevocationIds": [1, 2]}
        assert alb.refused(method, **wrong) == "RevocationIdNotFound"
    assert len(alb.fake.trust_stores.get(store).revocations) == 2


def test_a_crl_is_a_copy_too(alb: Alb, store: str, root: Holder) -> None:
    content = one_crl(root, 1)
    alb.add(store, content)
    alb.crl(one_crl(root, 2))
    where = {"TrustStoreArn": store, "RevocationId": 1}
    location = alb.client.get_trust_store_revocation_content(**where)["Location"]
    assert requests.get(location, timeout=60).content == content
    where["RevocationId"] = 2
    assert alb.refused("get_trust_store_revocation_content", **where) == "RevocationIdNotFound"


def test_a_crl_is_one_and_in_pem(alb: Alb, store: str, root: Holder) -> None:
    der = crls.crl(root, [1])
    for wrong in (der, crls.pem(der, der), b"", crls.pem(der)[:-30], root.pem.encode()):
        given = {"TrustStoreArn": store, "RevocationContents": alb.crl(wrong)}
        assert alb.refused("add_trust_store_revocations", **given) == "InvalidRevocationContent"
    absent = [{**alb.crl(crls.pem(der))[0], "S3Key": "none"}]
    given = {"TrustStoreArn": store, "RevocationContents": absent}
    assert alb.refused("add_trust_store_revocations", **given) == "RevocationContentNotFound"
    given["RevocationContents"] = []
    assert alb.refused("add_trust_store_revocations", **given) == "ValidationError"
    assert alb.add(store, crls.pem(der)) == 1


def test_half_a_million_entries_and_no_more(alb: Alb, store: str, root: Holder) -> None:
    half = 1 << 127
    serials = range(half, half + trust_stores.MAX_ENTRIES)
    alb.add(store, crls.pem(crls.many(root, serials)))
    assert alb.fake.trust_stores.get(store).entries == 500_000
    given = {"TrustStoreArn": store, "RevocationContents": alb.crl(one_crl(root, 1))}
    code = "TooManyTrustStoreRevocationEntries"
    assert alb.refused("add_trust_store_revocations", **given) == code
    alb.client.remove_trust_store_revocations(TrustStoreArn=store, RevocationIds=[1])
    assert alb.add(store, one_crl(root, 1)) == 2


def test_thirty_crls_and_no_more(alb: Alb, store: str, root: Holder) -> None:
    contents = alb.crl(one_crl(root, 1))
    given = {"TrustStoreArn": store, "RevocationContents": contents * 30}
    assert len(alb.client.add_trust_store_revocations(**given)["TrustStoreRevocations"]) == 30
    given["RevocationContents"] = contents
    code = "TooManyTrustStoreRevocationEntries"
    assert alb.refused("add_trust_store_revocations", **given) == code


def test_a_bundle_of_several_is_counted(alb: Alb, root: Holder) -> None:
    holders = [root, authority(), *tower(intermediates=2)[:-1]]
    alb.create(bundle(*(holder.certificate for holder in holders)).encode())
    (said,) = alb.client.describe_trust_stores()["TrustStores"]
    assert said["NumberOfCaCertificates"] == 5
