"""The index: what it holds, what it refuses to be, and its exchange while it is asked."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from service.revocation import crl, issuer
from service.revocation.index import Block, BrokenIndex, Header, Index, key, pack, sort
from tests import builders, crls
from tests.builders import Holder
from tests.crls import NOW, Entry

CA, TWIN = builders.authority(), builders.authority()  # one name, two keys
OTHER = builders.authority(subject="CN=Other,O=Test")
NONE = timedelta(0)


def packed(*parts: tuple[Holder, list[int | Entry]]) -> bytes:
    """An index of a CRL for each of *parts*."""
    return packed_of(*(crls.crl(holder, revoked) for holder, revoked in parts))


def packed_of(*found: bytes) -> bytes:
    trusted = issuer.issuers(holder.certificate for holder in (CA, TWIN, OTHER))
    blocks, records = [], []
    for data in found:
        read = crl.read(data, trusted, NOW, NONE)
        width, rows = sort(crl.revoked(read))
        scope = read.issuer.id, tuple(sorted(read.points))
        times = read.this_update, read.next_update
        blocks.append(Block(*scope, read.number, *times, width=width, count=len(rows)))
        records.append(b"".join(rows))
    return b"".join(pack(Header("t", trusted, {"a": "b"}, tuple(blocks)), records))


def reason(index: Index, holder: Holder, serial_number: int) -> int | None:
    """As the check asks: of the blocks that speak for a leaf of *holder*."""
    for block in index.covering(_leaf(holder)):
        found = index.reason(block, serial_number)
        if found is not None:
            return found
    return None


@cache
def _leaf(holder: Holder) -> x509.Certificate:
    return builders.leaf(issuer=holder).certificate


EDGES = [1, 2, 127, 128, 255, 256, 2**63, 2**64, 2**127, 2**128, 2**159, 2**160 - 1]
LONGER = [2**160, 2**160 + 1, 2**300, 2**900]


def test_what_is_revoked_is_found_and_its_neighbours_are_not() -> None:
    serials = EDGES + LONGER
    index = Index(packed((CA, [Entry(serial, 1) for serial in serials])))
    assert [reason(index, CA, serial) for serial in serials] == [1] * len(serials)
    beside = {serial + step for serial in serials for step in (-1, 1)} - set(serials)
    assert {reason(index, CA, serial) for serial in beside if serial > 0} == {None}


def test_each_serial_has_its_own_reason() -> None:
    index = Index(packed((CA, [Entry(5, 4), Entry(6), Entry(2**80, 6)])))
    assert [reason(index, CA, n) for n in (5, 6, 2**80, 7)] == [4, 0, 6, None]


@pytest.mark.parametrize("other", [TWIN, OTHER], ids=["of the same name", "of another name"])
def test_the_same_serial_of_two_issuers_is_two_certificates(other: Holder) -> None:
    index = Index(packed((CA, [5, 9]), (other, [7, 9])))
    assert [reason(index, CA, n) for n in (5, 7, 9)] == [0, None, 0]
    assert [reason(index, other, n) for n in (5, 7, 9)] == [None, 0, 0]


def test_of_a_stranger_nothing_is_known() -> None:
    index = Index(packed((CA, [5])))
    stranger = builders.authority(subject="CN=Stranger")
    for holder in (TWIN, OTHER, stranger):
        assert index.covering(_leaf(holder)) == ()
    assert len(index.covering(_leaf(CA))) == 1


def test_an_empty_crl_revokes_nothing() -> None:
    index = Index(packed((CA, []), (OTHER, [1])))
    assert reason(index, CA, 1) is None
    assert reason(index, OTHER, 1) == 0


def _with_points(*urls: str) -> x509.Certificate:
    """A leaf of CA that says where its CRL is."""
    names = [[x509.UniformResourceIdentifier(url)] for url in urls]
    points = [x509.DistributionPoint(name, None, None, None) for name in names]
    old = _leaf(CA)
    builder = x509.CertificateBuilder(
        issuer_name=old.issuer,
        subject_name=old.subject,
        public_key=old.public_key(),
        serial_number=5,
        not_valid_before=old.not_valid_before_utc,
        not_valid_after=old.not_valid_after_utc,
    )
    builder = builder.add_extension(x509.CRLDistributionPoints(points), critical=False)
    return builder.sign(CA.key, hashes.SHA256())


def _partition(url: str, revoked: list[int | Entry]) -> bytes:
    value = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    return crls.crl(CA, revoked, more=crls.scope(value))


def test_a_partition_speaks_only_for_leaves_that_name_it() -> None:
    index = Index(packed_of(_partition("http://x/1", [5]), _partition("http://x/2", [6])))
    assert [b.points for b in index.covering(_with_points("http://x/1"))] == [("http://x/1",)]
    assert len(index.covering(_with_points("http://x/1", "http://x/2"))) == 2
    assert index.covering(_with_points("http://x/3")) == ()
    assert index.covering(_leaf(CA)) == ()


@given(st.lists(st.integers(1, 2**170), max_size=40), st.lists(st.integers(1, 2**170)))
def test_it_says_what_a_set_says(serials: list[int], asked: list[int]) -> None:
    index = Index(packed((CA, list(serials))))
    for serial in {*serials, *asked}:
        found = index.reason(index.blocks[0], serial)
        assert (found is not None) == (serial in serials)


def test_longer_serials_than_there_should_be_do_not_widen_the_records() -> None:
    assert {len(key(serial)) for serial in LONGER} == {20}
    assert sort({3: [b"abc\0"], 100: [b"x" * 100 + b"\0"]})[0] == 20
    assert sort({})[1] == []


def test_fifty_thousand_are_found() -> None:
    numbers = random.Random(1)  # noqa: S311
    serials = [1 << 126 | numbers.getrandbits(126) for _ in range(50_000)]
    index = Index(packed_of(crls.many(CA, serials)))
    (block,) = index.blocks
    assert block.end - block.begin == 17 * 50_000
    assert {index.reason(block, serial) for serial in serials} == {crls.KEY_COMPROMISE}
    revoked = set(serials)
    others = [serial ^ 2 for serial in serials if serial ^ 2 not in revoked]
    assert {index.reason(block, serial) for serial in others} == {None}


@pytest.mark.parametrize("step", [1, 3, 2**100, 2**140], ids=str)
@pytest.mark.parametrize("count", [4095, 4096, 5000])
def test_many_serials_in_a_row_are_found(count: int, step: int) -> None:
    serials = [number * step for number in range(1, count + 1)]
    index = Index(packed((CA, list(serials))))
    (block,) = index.blocks
    assert {index.reason(block, serial) for serial in serials} == {0}
    others = [serial + 1 for serial in serials] if step > 1 else [count + 1, count * 2, 2**150]
    assert {index.reason(block, serial) for serial in others} == {None}


def test_what_two_records_look_like_together_is_not_found() -> None:
    index = Index(packed((CA, [Entry(0x0102, 1), Entry(0x0103, 1), Entry(0x0501, 1)])))
    (block,) = index.blocks
    found = {n for n in range(1, 2**16) if index.reason(block, n) is not None}
    assert found == {0x0102, 0x0103, 0x0501}
    assert index.reason(block, 2**16 + 0x0102) is None


def test_an_entry_that_comes_again_and_again_is_one() -> None:
    index = Index(packed((CA, [7] * 5000)))
    assert [index.reason(index.blocks[0], n) for n in (6, 7, 8)] == [None, 0, None]


WHOLE = packed((CA, [Entry(n * 2**100, 1) for n in range(1, 300)]), (OTHER, [1]))


def test_a_torn_index_is_refused_at_every_length() -> None:
    assert Index(WHOLE)
    for length in {*range(200), *range(200, len(WHOLE), 37), len(WHOLE) - 1}:
        with pytest.raises(BrokenIndex):
            Index(WHOLE[:length])
        zeros = WHOLE[:length] + bytes(len(WHOLE) - length)
        if zeros != WHOLE:
            with pytest.raises(BrokenIndex):
                Index(zeros)
    with pytest.raises(BrokenIndex):
        Index(WHOLE + b"\0")


@given(st.integers(0, len(WHOLE) * 8 - 1))
def test_an_index_with_a_wrong_bit_is_refused(bit: int) -> None:
    broken = bytearray(WHOLE)
    broken[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenIndex):
        Index(bytes(broken))


@given(st.binary(max_size=200))
def test_foreign_bytes_are_no_index(data: bytes) -> None:
    for found in (data, WHOLE[:12] + data, WHOLE[:28] + data):
        with pytest.raises(BrokenIndex):
            Index(found)


def test_an_index_of_another_version_is_refused() -> None:
    with pytest.raises(BrokenIndex, match="version"):
        Index(WHOLE[:7] + b"\2" + WHOLE[8:])
