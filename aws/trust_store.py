"""A trust store of Elastic Load Balancing: its CAs, and the CRLs that were added to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pki import crl, truststore
from pki.lint import LARGEST_READ

from .account import Account
from .crl_check import LARGEST, Crl
from .download import download
from .errors import AwsRefused, asking
from .pin import Place

_IAM = "elasticloadbalancing"


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Which one."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """A CRL in a trust store; crl: None if it cannot be read."""

    id: int
    crl: Crl | None


def fingerprint(found: Crl) -> str:
    """Return SHA-256 over the DER of *found*: the same for PEM and DER."""
    return found.fingerprint(hashes.SHA256()).hex()


class TrustStores:
    """Those of an account."""

    def __init__(self, account: Account) -> None:
        self._client: Any = account.client("elbv2")
        self._where = str(account)

    def find(self, wanted: str) -> TrustStore:
        """Return the one with that name or ARN; AwsRefused if there is none."""
        given = {"TrustStoreArns": [wanted]} if wanted.startswith("arn:") else {"Names": [wanted]}
        try:
            with asking(f"read the trust store {wanted!r}", f"{_IAM}:DescribeTrustStores"):
                (found,) = self._client.describe_trust_stores(**given)["TrustStores"]
        except (AwsRefused, ValueError) as refused:
            if isinstance(refused, AwsRefused) and not refused.code.startswith("TrustStoreNotFoun"):
                raise
            raise AwsRefused(
                f"there is no trust store {wanted!r} in {self._where}",
                "another --region or --profile? see: aws elbv2 describe-trust-stores",
            ) from refused
        return TrustStore(found["Name"], found["TrustStoreArn"])

    def authorities(self, store: TrustStore) -> list[x509.Certificate]:
        """Return the CAs of *store*."""
        action = f"{_IAM}:GetTrustStoreCaCertificatesBundle"
        with asking(f"read the CAs of the trust store {store.name!r}", action):
            url = self._client.get_trust_store_ca_certificates_bundle(TrustStoreArn=store.arn)
        what = f"the CAs of the trust store {store.name!r}"
        return truststore.parse(download(what, url["Location"], LARGEST_READ), what)

    def revocations(self, store: TrustStore) -> list[Revocation]:
        """Return the CRLs of *store*, in the order in which they were added."""
        with asking(
            f"list the CRLs of the trust store {store.name!r}",
            f"{_IAM}:DescribeTrustStoreRevocations",
        ):
            pages = list(
                self._client.get_paginator("describe_trust_store_revocations").paginate(
                    TrustStoreArn=store.arn
                )
            )
        ids = [one["RevocationId"] for page in pages for one in page["TrustStoreRevocations"]]
        found = [self._revocation(store, id_) for id_ in sorted(ids)]
        return [one for one in found if one is not None]

    def _revocation(self, store: TrustStore, id_: int) -> Revocation | None:
        what = f"the CRL {id_} of the trust store {store.name!r}"
        try:
            with asking(f"read {what}", f"{_IAM}:GetTrustStoreRevocationContent"):
                url = self._client.get_trust_store_revocation_content(
                    TrustStoreArn=store.arn, RevocationId=id_
                )
        except AwsRefused as refused:
            if refused.code.startswith("RevocationIdNotFound"):  # removed meanwhile
                return None
            raise
        found = crl.parse_all(download(what, url["Location"], LARGEST)) or []
        return Revocation(id_, found[0] if len(found) == 1 else None)

    def add(self, store: TrustStore, place: Place, version: str) -> None:
        """Add the CRL at *place*, in *version* ("" = without one)."""
        content = {"S3Bucket": place.bucket, "S3Key": place.key, "RevocationType": "CRL"}
        if version:
            content["S3ObjectVersion"] = version
        doing = f"add the CRL to the trust store {store.name!r}"
        try:
            with asking(doing, f"{_IAM}:AddTrustStoreRevocations"):
                self._client.add_trust_store_revocations(
                    TrustStoreArn=store.arn, RevocationContents=[content]
                )
        except AwsRefused as refused:
            if not refused.code.startswith("TooMany"):
                raise
            hint = "remove those of CAs that have gone: aws elbv2 remove-trust-store-revocations"
            hint += f" --trust-store-arn {store.arn} --revocation-ids ID; or have the quota raised"
            raise AwsRefused(refused.message, hint, code=refused.code) from refused

    def remove(self, store: TrustStore, ids: Sequence[int]) -> None:
        """Remove these CRLs; one that is not there any more is no fault."""
        for id_ in ids:
            doing = f"remove the CRL {id_} from the trust store {store.name!r}"
            try:
                with asking(doing, f"{_IAM}:RemoveTrustStoreRevocations"):
                    self._client.remove_trust_store_revocations(
                        TrustStoreArn=store.arn, RevocationIds=[id_]
                    )
            except AwsRefused as refused:
                if not refused.code.startswith("RevocationIdNotFound"):
                    raise
