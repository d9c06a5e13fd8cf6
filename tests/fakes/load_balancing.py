"""Operations on trust stores: ELBv2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes import pages
from tests.fakes.listeners import Listeners
from tests.fakes.refusal import of_load_balancing
from tests.fakes.rest_domains import Operation
from tests.fakes.trust_stores import Revocation, TrustStore, TrustStores

#: Makes a URL under which a copy can be read, without a signature.
Publish = Callable[[bytes], str]


class LoadBalancing:
    """Operations over *trust_stores* that *listeners* may use."""

    def __init__(self, trust_stores: TrustStores, listeners: Listeners, publish: Publish) -> None:
        self._stores = trust_stores
        self._listeners = listeners
        self._publish = publish

    def operations(self) -> Mapping[str, Operation]:
        """Return what is served, by the model's names."""
        return {
            "CreateTrustStore": self._create,
            "ModifyTrustStore": self._modify,
            "DescribeTrustStores": self._describe,
            "DeleteTrustStore": self._delete,
            "DescribeTrustStoreAssociations": self._associations,
            "AddTrustStoreRevocations": self._add,
            "RemoveTrustStoreRevocations": self._remove,
            "DescribeTrustStoreRevocations": self._revocations,
            "GetTrustStoreCaCertificatesBundle": self._bundle,
            "GetTrustStoreRevocationContent": self._content,
            **self._listeners.operations(),
        }

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        store = self._stores.create(given["Name"], self._read_bundle(given))
        return {"TrustStores": [self._view(store)]}

    def _modify(self, given: dict[str, Any]) -> dict[str, Any]:
        store = self._get(given)
        self._stores.fill(store, self._read_bundle(given))
        return {"TrustStores": [self._view(store)]}

    def _read_bundle(self, given: dict[str, Any]) -> bytes:
        return self._stores.read(
            given["CaCertificatesBundleS3Bucket"],
            given["CaCertificatesBundleS3Key"],
            given.get("CaCertificatesBundleS3ObjectVersion", ""),
            "CaCertificatesBundleNotFound",
        )

    def _describe(self, given: dict[str, Any]) -> dict[str, Any]:
        found = [
            *map(self._stores.get, given.get("TrustStoreArns", ())),
            *map(self._stores.named, given.get("Names", ())),
        ]
        if not given.keys() & {"TrustStoreArns", "Names"}:
            found = list(self._stores.found.values())
        return pages.of_load_balancing("TrustStores", [self._view(one) for one in found], given)

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        store = self._get(given)
        if self._listeners.with_trust_store(store.arn):
            text = f"Trust store '{store.arn}' is currently in use by a listener"
            raise of_load_balancing("TrustStoreInUse", text)
        del self._stores.found[store.arn]
        return {}

    def _associations(self, given: dict[str, Any]) -> dict[str, Any]:
        listeners = self._listeners.with_trust_store(self._get(given).arn)
        found = [{"ResourceArn": one.load_balancer} for one in listeners]
        return pages.of_load_balancing("TrustStoreAssociations", found, given)

    def _add(self, given: dict[str, Any]) -> dict[str, Any]:
        store = self._get(given)
        contents = [
            self._stores.read(
                one.get("S3Bucket", ""),
                one.get("S3Key", ""),
                one.get("S3ObjectVersion", ""),
                "RevocationContentNotFound",
            )
            for one in given.get("RevocationContents", ())
        ]
        if not contents:
            raise of_load_balancing("ValidationError", "At least one revocation is needed")
        added = self._stores.add(store, contents)
        return {"TrustStoreRevocations": [_revocation(store, one) for one in added]}

    def _remove(self, given: dict[str, Any]) -> dict[str, Any]:
        store = self._get(given)
        for one in [store.revocation(label) for label in given["RevocationIds"]]:
            store.revocations.pop(one.label, None)
        return {}

    def _revocations(self, given: dict[str, Any]) -> dict[str, Any]:
        store = self._get(given)
        wanted = given.get("RevocationIds") or list(store.revocations)
        found = [_revocation(store, store.revocation(label)) for label in wanted]
        return pages.of_load_balancing("TrustStoreRevocations", found, given)

    def _bundle(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"Location": self._publish(self._get(given).content)}

    def _content(self, given: dict[str, Any]) -> dict[str, Any]:
        revocation = self._get(given).revocation(given["RevocationId"])
        return {"Location": self._publish(revocation.content)}

    def _get(self, given: dict[str, Any]) -> TrustStore:
        return self._stores.get(given["TrustStoreArn"])

    def _view(self, store: TrustStore) -> dict[str, Any]:
        return {
            "Name": store.name,
            "TrustStoreArn": store.arn,
            "Status": self._stores.status(store),
            "NumberOfCaCertificates": len(store.certificates),
            "TotalRevokedEntries": store.entries,
        }


def _revocation(store: TrustStore, one: Revocation) -> dict[str, Any]:
    return {
        "TrustStoreArn": store.arn,
        "RevocationId": one.label,
        "RevocationType": "CRL",
        "NumberOfRevokedEntries": one.entries,
    }
