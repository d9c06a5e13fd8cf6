"""ELBv2's trust stores: copies of a CA bundle and of CRLs, taken when they were told to be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from cryptography import x509

from tests.fakes import alb_bundle
from tests.fakes.apis import new_label
from tests.fakes.behaviour import Behaviour
from tests.fakes.clock import Clock
from tests.fakes.refusal import Refusal, of_load_balancing
from tests.fakes.sources import Sources, Unreadable
from tests.unit.aws.moto_server import ACCOUNT, REGION

MAX_TRUST_STORES = 20
MAX_CRLS = 30
MAX_ENTRIES = 500_000
PREFIX = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"


@dataclass(frozen=True)
class Revocation:
    """A CRL as it was when it was added."""

    label: int
    content: bytes
    entries: int


@dataclass
class TrustStore:
    """One trust store."""

    name: str
    arn: str
    ready: float  #: when it is no longer CREATING
    content: bytes = b""
    certificates: tuple[x509.Certificate, ...] = ()
    revocations: dict[int, Revocation] = field(default_factory=dict)
    last: int = 0  #: the highest id of a revocation that there ever was

    @property
    def entries(self) -> int:
        return sum(one.entries for one in self.revocations.values())

    def revocation(self, label: int) -> Revocation:
        """Return one that is there."""
        if label not in self.revocations:
            raise of_load_balancing("RevocationIdNotFound", f"Revocation id {label} not found")
        return self.revocations[label]


def bad_bundle(why: object) -> Refusal:
    return of_load_balancing("InvalidCaCertificatesBundle", f"The bundle is invalid: {why}")


@dataclass
class TrustStores:
    """All of the account, by ARN."""

    sources: Sources
    clock: Clock
    behaviour: Behaviour
    found: dict[str, TrustStore] = field(default_factory=dict)

    def get(self, arn: str) -> TrustStore:
        """Return one that is there."""
        if arn not in self.found:
            raise of_load_balancing("TrustStoreNotFound", f"Trust store '{arn}' not found")
        return self.found[arn]

    def named(self, name: str) -> TrustStore:
        """The same by its name."""
        for store in self.found.values():
            if store.name == name:
                return store
        raise of_load_balancing("TrustStoreNotFound", f"One or more trust stores not found: {name}")

    def status(self, store: TrustStore) -> str:
        """ACTIVE, or CREATING until it is ready."""
        return "ACTIVE" if self.clock.time() >= store.ready else "CREATING"

    def create(self, name: str, content: bytes) -> TrustStore:
        """Make one from a bundle."""
        if any(store.name == name for store in self.found.values()):
            text = f"A trust store with the name '{name}' already exists"
            raise of_load_balancing("DuplicateTrustStoreName", text)
        if len(self.found) >= MAX_TRUST_STORES:
            text = f"The maximum number of trust stores is {MAX_TRUST_STORES}"
            raise of_load_balancing("TooManyTrustStores", text)
        arn = f"{PREFIX}:truststore/{name}/{new_label(16)}"
        ready = self.clock.time() + self.behaviour.trust_store_creating_for
        store = TrustStore(name, arn, ready)
        self.fill(store, content)
        self.found[arn] = store
        return store

    def fill(self, store: TrustStore, content: bytes) -> None:
        """Let *store* have this bundle, as a whole."""
        try:
            store.certificates = alb_bundle.certificates(content)
        except alb_bundle.NoBundle as error:
            raise bad_bundle(error) from error
        store.content = content

    def add(self, store: TrustStore, contents: Collection[bytes]) -> list[Revocation]:
        """Add CRLs: all of them or none. Ids only grow, and none comes twice."""
        try:
            counts = [len(alb_bundle.crl(content)) for content in contents]
        except alb_bundle.NoCrl as error:
            text = f"The revocation content is invalid: {error}"
            raise of_load_balancing("InvalidRevocationContent", text) from error
        if len(store.revocations) + len(counts) > MAX_CRLS:
            # No code of botocore's is for this; words and code not known.
            text = f"The maximum number of revocation files is {MAX_CRLS}"
            raise of_load_balancing("TooManyTrustStoreRevocationEntries", text)
        if store.entries + sum(counts) > MAX_ENTRIES:
            text = f"The maximum number of revocation entries is {MAX_ENTRIES}"
            raise of_load_balancing("TooManyTrustStoreRevocationEntries", text)
        added = []
        for content, count in zip(contents, counts, strict=True):
            store.last += 1
            added.append(Revocation(store.last, content, count))
            store.revocations[store.last] = added[-1]
        return added

    def read(self, bucket: str, key: str, version: str, code: str) -> bytes:
        """Return an object of S3, as it is now; *code* if it cannot be read."""
        try:
            if bucket not in self.behaviour.unreadable:
                return self.sources.content(bucket, key, version)
        except Unreadable as error:
            raise of_load_balancing(code, f"s3://{bucket}/{key}: {error}") from error
        raise of_load_balancing(code, f"s3://{bucket}/{key}: Access Denied")
