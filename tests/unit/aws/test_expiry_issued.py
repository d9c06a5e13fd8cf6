"""Issued leaves: which of them are still in use, from our own index and from a folder."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aws import expiry_issued
from aws.expiry import Kind
from aws.expiry_issued import Issued
from pki.errors import PkiError
from pki.index import Index
from tests import builders
from tests.builders import SERVER_AUTH, authority, leaf
from tests.conftest import Pki

ROOT = authority()


@pytest.fixture
def own(tmp_path: Path) -> Pki:
    made = Pki(tmp_path / "pki")
    made.run("init")
    return made


def read(*places: Path) -> Issued:
    return expiry_issued.read(places)


def index(pki: Pki) -> Path:
    return pki.home / "index.sqlite"


def named(issued: Issued) -> list[tuple[Kind, str]]:
    return [(one.kind, one.name) for one in issued.found.watched]


def test_clients_and_servers_are_found_and_no_ca(own: Pki) -> None:
    own.run("issue", "client", "billing")
    own.run("issue", "server", "*.example.com")
    issued = read(index(own))
    assert named(issued) == [(Kind.CLIENT_LEAF, "billing"), (Kind.SERVER_LEAF, "*.example.com")]
    assert issued.found.unread == []
    assert {one.place for one in issued.found.watched} == {str(index(own))}
    assert (issued.replaced, issued.revoked, issued.is_known) == (0, 0, True)
    listed = {entry.serial_number for entry in Index(index(own)).entries()}
    assert {one.serial_number for one in issued.found.watched} <= listed


def test_a_leaf_that_was_renewed_is_replaced_and_another_of_the_name_is_not(own: Pki) -> None:
    own.run("issue", "client", "billing")
    own.run("issue", "client", "billing", "--renew", "--days", "90")
    (billing,) = read(index(own)).found.watched
    assert (billing.not_after - datetime.now(UTC)).days == 89
    assert read(index(own)).replaced == 1
    own.run("issue", "client", "billing", "--renew", "--organization", "Another")
    issued = read(index(own))
    assert [one.subject for one in issued.found.watched] == [
        "CN=billing,O=Example",
        "CN=billing,O=Another",
    ]


def test_a_revoked_leaf_needs_nobody_and_the_earlier_one_is_in_use_again(own: Pki) -> None:
    own.run("issue", "client", "billing")
    own.run("issue", "client", "alice")
    first = next(one for one in read(index(own)).found.watched if one.name == "billing")
    own.run("issue", "client", "billing", "--renew")
    second = next(one for one in read(index(own)).found.watched if one.name == "billing")
    own.run("revoke", second.serial_number)
    issued = read(index(own))
    assert (issued.revoked, issued.replaced) == (1, 0)
    assert {one.serial_number for one in issued.found.watched if one.name == "billing"} == {
        first.serial_number
    }
    own.run("revoke", "billing")
    issued = read(index(own))
    assert named(issued) == [(Kind.CLIENT_LEAF, "alice")]
    assert issued.revoked == 2


def test_an_index_that_is_older_than_revocation_has_nothing_revoked(own: Pki) -> None:
    own.run("issue", "client", "billing")
    with sqlite3.connect(index(own)) as connection:
        connection.execute("DROP TABLE IF EXISTS revocations")
    connection.close()
    before = index(own).read_bytes()
    assert named(read(index(own))) == [(Kind.CLIENT_LEAF, "billing")]
    assert index(own).read_bytes() == before


def test_a_damaged_certificate_of_the_index_is_told(own: Pki) -> None:
    own.run("issue", "client", "billing")
    own.run("issue", "client", "alice")
    with sqlite3.connect(index(own)) as connection:
        connection.execute("UPDATE certificates SET pem = 'x' WHERE name = 'billing'")
    connection.close()
    issued = read(index(own))
    assert named(issued) == [(Kind.CLIENT_LEAF, "alice")]
    (unread,) = issued.found.unread
    assert (unread.because, unread.kind) == ("it is damaged", Kind.CLIENT_LEAF)


def test_a_folder_has_the_first_certificate_of_each_file_and_what_cannot_be_read(
    tmp_path: Path,
) -> None:
    client = leaf(issuer=ROOT, subject="CN=client")
    either = leaf(issuer=ROOT, subject="CN=says-nothing", eku=None)
    server = leaf(issuer=ROOT, subject="CN=server", eku=SERVER_AUTH)
    for holder in (client, either, server, ROOT):
        name = holder.certificate.subject.rfc4514_string().partition("=")[2].partition(",")[0]
        (tmp_path / f"{name}.pem").write_text(holder.presented)
    (tmp_path / "torn.pem").write_text(client.pem[:200])
    (tmp_path / "notes.txt").write_text("no certificate")
    issued = read(tmp_path)
    assert {(one.kind, one.subject) for one in issued.found.watched} == {
        (Kind.CLIENT_LEAF, "CN=client"),
        (Kind.CLIENT_LEAF, "CN=says-nothing"),
        (Kind.SERVER_LEAF, "CN=server"),
    }
    assert {one.name for one in issued.found.watched} == {""}
    (unread,) = issued.found.unread
    assert "torn.pem" in unread.what


def test_what_has_expired_depends_on_no_ca_any_more(tmp_path: Path) -> None:
    past = datetime.now(UTC) - timedelta(days=40)
    for name, begins in (("old", past), ("new", None)):
        holder = leaf(issuer=ROOT, subject=f"CN={name}", not_before=begins)
        (tmp_path / f"{name}.pem").write_text(holder.pem)
    issued = read(tmp_path)
    assert len(issued.found.watched) == 2
    good = issued.good(datetime.now(UTC))
    assert [one.subject.rfc4514_string() for one in good] == ["CN=new"]


@pytest.mark.parametrize("content", [None, b"", b"no SQLite"])
def test_a_place_that_is_none_is_refused(tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "index.sqlite"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(PkiError) as refused:
        read(place)
    assert str(place) in refused.value.message
    assert refused.value.hint


def test_two_places_are_both_read(own: Pki, tmp_path: Path) -> None:
    own.run("issue", "client", "billing")
    (tmp_path / "partners").mkdir()
    builders.write(tmp_path / "partners", "acme", leaf(issuer=ROOT, subject="CN=acme"))
    issued = read(index(own), tmp_path / "partners")
    assert [one.subject for one in issued.found.watched] == ["CN=billing,O=Example", "CN=acme"]
    assert read().is_known is False
