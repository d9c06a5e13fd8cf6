"""crl push into a trust store of ALB: never a moment without a CRL, and every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from pki import crl as reading
from tests import crls
from tests.builders import Holder, authority
from tests.fakes import trust_stores
from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import doing
from tests.fakes.protected import upload, versioned_bucket
from tests.fakes.trust_stores import TrustStore
from tests.unit.aws.hands import FAULTS, Case, as_json, refused, run, succeeds, with_faults

ROOT = authority()
OTHER = authority(subject="CN=Other,O=Test")


@pytest.fixture
def bucket(fake: ControlPlane) -> str:
    return versioned_bucket(fake)


@pytest.fixture
def store(fake: ControlPlane) -> TrustStore:
    return fake.trust_stores.create("clients", (ROOT.pem + OTHER.pem).encode())


def has(fake: ControlPlane, store: TrustStore, *ders: bytes) -> None:
    """Let *store* have these CRLs, added by somebody else."""
    fake.trust_stores.add(store, [crls.pem(der) for der in ders])


def in_force(store: TrustStore) -> list[tuple[str, int]]:
    """Whose CRLs it has, and their numbers."""
    found = [reading.parse(one.content) for one in store.revocations.values()]
    return [
        (one.issuer.rfc4514_string()[3:], reading.number(one)) for one in found if one is not None
    ]


def given(path: Path, der: bytes, *, pem: bool = True) -> str:
    path.write_bytes(crls.pem(der) if pem else der)
    return str(path)


def pushing(file: str, bucket: str, name: str = "clients") -> tuple[str, ...]:
    uri = f"s3://{bucket}/clients.pem"
    return ("crl", "push", file, "--trust-store", name, "--uri", uri, "--yes")


@pytest.mark.parametrize("pem", [True, False])
def test_it_is_added_and_der_is_converted(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path, *, pem: bool
) -> None:
    file = given(tmp_path / "crl", crls.crl(ROOT, [1], number=3), pem=pem)
    said = succeeds(fake, *pushing(file, bucket))
    (one,) = store.revocations.values()
    assert one.content.startswith(b"-----BEGIN X509 CRL-----")
    assert in_force(store) == [("Test Root,O=Test", 3)]
    assert "it is now in the trust store clients" in said


def test_an_arn_is_as_good_as_a_name(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path
) -> None:
    succeeds(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT)), bucket, store.arn))
    assert len(in_force(store)) == 1


def test_the_older_one_of_its_ca_goes_and_not_before(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path
) -> None:
    has(fake, store, crls.crl(ROOT, number=1), crls.crl(OTHER, number=7))
    seen: list[list[tuple[str, int]]] = []
    fake.fail("RemoveTrustStoreRevocations", doing(lambda: seen.append(in_force(store))))
    said = succeeds(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT, number=2)), bucket))
    assert seen == [[("Test Root,O=Test", 1), ("Other,O=Test", 7), ("Test Root,O=Test", 2)]]
    assert in_force(store) == [("Other,O=Test", 7), ("Test Root,O=Test", 2)]
    assert "then remove older ones of its CA (1): there is no moment without one" in said
    assert "  removed  1: older ones of its CA" in said


def test_twice_is_once(fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path) -> None:
    words = pushing(given(tmp_path / "crl", crls.crl(ROOT)), bucket)
    succeeds(fake, *words)
    fake.forget()
    assert succeeds(fake, *words[:-1]).startswith("it is already in the trust store clients\n")
    assert {"PutObject", "AddTrustStoreRevocations"} & {c.operation for c in fake.calls} == set()
    assert len(in_force(store)) == 1


def test_what_was_added_twice_is_there_once_afterwards(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path
) -> None:
    der = crls.crl(ROOT, number=2)
    has(fake, store, der, crls.crl(ROOT, number=1), der)
    succeeds(fake, *pushing(given(tmp_path / "crl", der), bucket))
    assert (in_force(store), [*store.revocations]) == ([("Test Root,O=Test", 2)], [1])


def test_an_earlier_one_is_refused(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path
) -> None:
    has(fake, store, crls.crl(ROOT, number=5))
    done = run(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT, number=4)), bucket))
    assert (done.exit_code, in_force(store)) == (1, [("Test Root,O=Test", 5)])
    assert "error: crl.older: " in done.stderr


def test_a_later_one_that_somebody_else_added_meanwhile_stays(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path
) -> None:
    later = doing(lambda: has(fake, store, crls.crl(ROOT, number=9)))
    fake.fail("AddTrustStoreRevocations", later)
    succeeds(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT, number=8)), bucket))
    assert in_force(store) == [("Test Root,O=Test", 9), ("Test Root,O=Test", 8)]


@pytest.mark.parametrize("issuer", [authority(subject="CN=Stranger"), authority()])
def test_one_of_a_ca_that_the_trust_store_does_not_have(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path, issuer: Holder
) -> None:
    done = run(fake, *pushing(given(tmp_path / "crl", crls.crl(issuer)), bucket))
    assert (done.exit_code, in_force(store)) == (1, [])
    assert "error: crl.s" in done.stderr


def test_too_many_entries(
    fake: ControlPlane,
    store: TrustStore,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aws.crl_check.MOST_ENTRIES", 2)
    done = run(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT, [1, 2, 3])), bucket))
    assert (done.exit_code, in_force(store)) == (1, [])
    assert "error: crl.too-many-entries: it has 3 entries" in done.stderr
    succeeds(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT, [1, 2])), bucket))


def test_one_more_than_a_trust_store_has_room_for(
    fake: ControlPlane,
    store: TrustStore,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trust_stores, "MAX_CRLS", 1)
    has(fake, store, crls.crl(ROOT, number=1))
    words = pushing(given(tmp_path / "crl", crls.crl(ROOT, number=2)), bucket)
    error, hint = refused(fake, *words)
    assert error.startswith("cannot add the CRL to the trust store 'clients': The maximum number")
    assert "aws elbv2 remove-trust-store-revocations" in hint
    assert in_force(store) == [("Test Root,O=Test", 1)]


def test_crls_of_others_at_that_place_are_not_lost(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path
) -> None:
    theirs = crls.pem(crls.crl(OTHER))
    upload(fake, bucket, theirs, "clients.pem")
    done = run(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT)), bucket))
    assert (done.exit_code, in_force(store)) == (1, [])
    assert "error: crl.others-there" in done.stderr


def test_two_in_a_file_are_one_too_many(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path
) -> None:
    path = tmp_path / "crl"
    path.write_bytes(crls.pem(crls.crl(ROOT), crls.crl(OTHER)))
    error, _ = refused(fake, *pushing(str(path), bucket))
    assert error == f"{str(path)!r} has 2 CRLs, and a trust store takes one at a time"
    assert in_force(store) == []


@pytest.mark.parametrize("name", ["nobodys", "arn:aws:elasticloadbalancing:x:y:truststore/z/1"])
def test_a_trust_store_that_is_not_there(
    fake: ControlPlane, bucket: str, tmp_path: Path, name: str
) -> None:
    error, hint = refused(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT)), bucket, name))
    assert error.startswith(f"there is no trust store {name!r} in eu-central-1")
    assert "aws elbv2 describe-trust-stores" in hint


def test_a_dry_run_and_programs(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path
) -> None:
    words = pushing(given(tmp_path / "crl", crls.crl(ROOT)), bucket)
    found = as_json(fake, *words, "--dry-run")
    assert (found["is_changed"], found["trust_store"], in_force(store)) == (False, store.arn, [])
    assert as_json(fake, *words)["is_in_force"]


@pytest.mark.parametrize(
    "operation",
    [
        *("DescribeTrustStores", "GetTrustStoreCaCertificatesBundle"),
        *("DescribeTrustStoreRevocations", "GetTrustStoreRevocationContent"),
        *("AddTrustStoreRevocations", "RemoveTrustStoreRevocations"),
    ],
)
def test_who_may_not_is_told_the_action(
    fake: ControlPlane, store: TrustStore, bucket: str, tmp_path: Path, operation: str
) -> None:
    has(fake, store, crls.crl(ROOT, number=1))
    fake.fail(operation, FAULTS["denied"])
    words = pushing(given(tmp_path / "crl", crls.crl(ROOT, number=2)), bucket)
    assert refused(fake, *words)[1] == f"ask for the permission elasticloadbalancing:{operation}"


class _Forgotten(dict[str, bytes]):
    """Links that have ended before anybody followed them."""

    def __setitem__(self, key: str, value: bytes) -> None:
        pass


@pytest.mark.usefixtures("store")
def test_a_link_that_leads_nowhere_is_told_and_not_shown(
    fake: ControlPlane, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "_copies", _Forgotten())
    error, hint = refused(fake, *pushing(given(tmp_path / "crl", crls.crl(ROOT)), bucket))
    assert error == "cannot fetch the CAs of the trust store 'clients': Forbidden"
    assert fake.url not in error + hint


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_the_same_command_goes_on(
    fake: ControlPlane, tmp_path: Path, fault: str
) -> None:
    """At no moment it has no CRL of that CA; and at the end exactly one."""
    file = given(tmp_path / "crl", crls.crl(ROOT, number=2))
    old, new = ("Test Root,O=Test", 1), ("Test Root,O=Test", 2)

    def make() -> Case:
        fake.trust_stores.found.clear()
        store = fake.trust_stores.create("clients", ROOT.pem.encode())
        has(fake, store, crls.crl(ROOT, number=1))

        def state() -> str:
            found = in_force(store)
            assert found, "no CRL at all"
            if found == [new]:
                return "new"
            return "old" if set(found) <= {old, new} else f"{found}"

        return Case(pushing(file, versioned_bucket(fake)), state)

    for _ in with_faults(fake, make, FAULTS[fault]):
        pass
