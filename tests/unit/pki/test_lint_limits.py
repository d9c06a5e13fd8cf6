"""How much there may be, how much is read, and that nothing is ever raised."""

from __future__ import annotations

import functools
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pki.findings import Finding, Severity
from pki.lint import family, lint, scan
from pki.lint.of_limits import LARGEST_FILE, LARGEST_READ
from pki.lint.run import MOST_FINDINGS
from pki.verdict import Front
from tests.builders import p256
from tests.lint.cas import NOW, Ids, ca, store, tower
from tests.lint.cases_files import wrapped
from tests.unit.pki.test_garbage import changed

CHAIN = store(*tower(3))
ROOT = store(ca())
DER = tower(2)[0].certificate.public_bytes(Encoding.DER)
quick = functools.partial(settings, deadline=None, suppress_health_check=list(HealthCheck))


def codes(content: bytes, front: Front | None = None) -> set[str]:
    return {finding.code for finding in lint(content, front=front, now=NOW)}


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (LARGEST_FILE, {"truststore.comment"}),
        (LARGEST_FILE + 1, {"truststore.comment", "truststore.too-large"}),
        (LARGEST_READ, {"truststore.comment", "truststore.too-large"}),
        (LARGEST_READ + 1, {"truststore.too-large"}),
    ],
)
def test_one_megabyte_is_the_most(size: int, expected: set[str]) -> None:
    content = ROOT + b"#" * (size - len(ROOT) - 1) + b"\n"
    assert len(content) == size
    assert codes(content) == expected
    is_read = size <= LARGEST_READ
    assert ("truststore.too-large" in codes(content, "alb")) == (not is_read)


def test_a_private_key_is_found_however_large_the_file_is() -> None:
    content = b"#" * LARGEST_READ + b"\n-----BEGIN RSA PRIVATE KEY-----\n"
    assert codes(content) == {"truststore.private-key", "truststore.too-large"}
    assert lint(content, now=NOW)[0].severity is Severity.CRITICAL


def test_a_private_key_is_found_in_utf_16_and_in_der() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        assert "truststore.private-key" in codes(text.encode(encoding))
    for der in ("3081f0020100", "30770201010420", "308209a8020103"):
        assert "truststore.private-key" in codes(bytes.fromhex(der) + bytes(200))
    assert "truststore.private-key" not in codes(bytes.fromhex("30820122a0030201"))


@pytest.mark.parametrize(("count", "front"), [(1000, "api-gateway"), (25, "alb")])
def test_so_many_certificates_and_not_one_more(count: int, front: Front) -> None:
    assert "truststore.too-many" not in codes(ROOT * count, front)
    assert "truststore.too-many" in codes(ROOT * (count + 1), front)


def test_a_rule_is_told_fifty_times_and_then_counted() -> None:
    found = lint(ROOT * 200, front="api-gateway", now=NOW)
    doubles = [finding for finding in found if finding.code == "truststore.duplicate"]
    assert len(doubles) == MOST_FINDINGS + 1
    assert [f.message for f in doubles if not f.line] == ["and 149 more like this"]


def test_the_first_two_thousand_blocks_are_read_and_all_are_counted() -> None:
    scanned = scan.scan(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 2500)
    assert (len(scanned.blocks), scanned.count) == (scan.MAX_BLOCKS, 2500)


def test_very_many_namesakes_end_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    key, none = p256(), Ids(left_out=True)
    holders = [ca(issuer=ca(ids=none), key=key, ids=none) for _ in range(12)]
    assert "truststore.too-tangled" not in codes(store(*holders))
    monkeypatch.setattr(family, "MAX_CHECKS", 100)
    assert "truststore.too-tangled" in codes(store(*holders))


def test_a_thousand_different_roots_have_nothing_to_be_said_against() -> None:
    key = p256()
    found = codes(store(*(ca(f"CN=Root {n}", key=key) for n in range(1000))), "api-gateway")
    assert found == {"truststore.same-key"}


def test_what_is_soon_can_be_said() -> None:
    content = store(ca(ends=NOW + timedelta(days=60)))
    assert lint(content, now=NOW) == []
    (found,) = lint(content, now=NOW, within=timedelta(days=60))
    assert found.code == "truststore.expires-soon"


def test_one_bad_block_does_not_hide_the_others() -> None:
    content = wrapped(b"0\0") + store(ca(ends=NOW)) + wrapped(b"1\0")
    found = lint(content, now=NOW)
    assert [f.code.partition(".")[2] for f in found] == ["malformed", "expired", "malformed"]
    assert [f.line for f in found] == [1, 4, content.count(b"\n") - 2]


def well_formed(finding: Finding) -> bool:
    told = (finding.message, finding.hint, finding.source, finding.code)
    return all(told) and finding.line >= 0 and len(finding.about) <= 200


@quick(max_examples=300)
@given(st.binary(max_size=300) | st.binary(max_size=100).map(wrapped) | changed(CHAIN))
def test_whatever_the_file_is_there_are_findings_and_no_traceback(content: bytes) -> None:
    for front in (None, "api-gateway", "alb"):
        assert all(map(well_formed, lint(content, front=front, now=NOW)))


@quick(max_examples=300)
@given(st.data())
def test_whatever_is_changed_in_a_certificate_nothing_is_raised(data: st.DataObject) -> None:
    content = wrapped(data.draw(changed(DER))) + CHAIN
    assert all(map(well_formed, lint(content, now=NOW)))
