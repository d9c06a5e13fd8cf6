"""truststore show: a tree, and a picture of when each certificate is valid."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import timeline, tree
from tests.lint.cas import NOW, SECOND, Ids, ca, store
from tests.lint.cases_relations import crossed, loop
from tests.unit.pki.folder import Pki

AT = ("--at", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
SVG = "{http://www.w3.org/2000/svg}"
ROOT = ca("CN=Root")
FIRST, SECOND_CA = ca("CN=First", ROOT), ca("CN=Second", ROOT, ends=NOW)
LOW = ca("CN=Low", FIRST)
FUTURE = ca("CN=Future", begins=NOW + SECOND)
ORPHAN = ca("CN=Orphan", ca("CN=Nobody"))
ALL = [one.certificate for one in (LOW, SECOND_CA, ROOT, FIRST, FUTURE, ORPHAN)]


def drawn(certificates: list[x509.Certificate], now: datetime = NOW) -> ET.Element:
    return ET.fromstring(timeline.svg(tree.nodes(certificates), now))  # noqa: S314


def loaded(content: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(content)


def test_the_tree_has_issuers_above_what_they_issued() -> None:
    lines = tree.text(tree.nodes(ALL), NOW).splitlines()
    assert [line.split("  ec-p256")[0].rstrip() for line in lines] == [
        "CN=Root",
        "├─ CN=Second",
        "└─ CN=First",
        "   └─ CN=Low",
        "CN=Future",
        "CN=Orphan",
    ]
    assert "2026-01-01 to 2026-11-23, EXPIRED" in lines[1]
    assert "NOT VALID BEFORE 2026-11-23" in lines[4]
    assert "issuer is missing: CN=Nobody" in lines[5]
    assert "3325 days left" in lines[0]


@pytest.mark.parametrize("content", [crossed(), loop(with_root=True), loop(with_root=False)])
def test_each_certificate_is_there_once(content: bytes) -> None:
    found = loaded(content)
    shown = [node.member.certificate for node in tree.nodes(found)]
    assert len(shown) == len(found)
    assert set(shown) == set(found)


def test_a_second_edition_of_an_issuer_is_told() -> None:
    editions = [FIRST, ca("CN=First", ROOT, key=FIRST.key)]
    found = tree.text(tree.nodes([one.certificate for one in (LOW, *editions, ROOT)]), NOW)
    assert found.count("2 editions of its issuer are here") == 1


def test_a_child_of_two_editions_of_which_one_issued_the_other_is_there_once() -> None:
    one, two = b"\1" * 20, b"\2" * 20
    first = ca("CN=Root", ids=Ids(own=one))
    second = ca("CN=Root", first, key=first.key, ids=Ids(own=two, above=one))
    child = ca("CN=Child", first, ids=Ids(left_out=True))
    found = [one.certificate for one in (second, child, first)]
    assert tree.text(tree.nodes(found), NOW).count("CN=Child") == 1


def test_a_chain_of_a_hundred_is_drawn() -> None:
    holders = [ca("CN=0")]
    for number in range(1, 100):
        holders.append(ca(f"CN={number}", holders[-1]))
    lines = tree.text(tree.nodes([holder.certificate for holder in holders]), NOW).splitlines()
    assert len(lines) == 100
    assert max(map(len, lines)) < 200


def test_json_is_in_the_order_of_the_file_and_names_issuers(tmp_path: Path) -> None:
    file = tmp_path / "x.pem"
    file.write_bytes(store(LOW, SECOND_CA, ROOT, FIRST))
    result = Pki(tmp_path / "none").done("truststore", "show", str(file), "--json", *AT)
    low, second, root, first = json.loads(result.stdout)
    assert [low["subject"], root["is_root"], root["issuers"]] == ["CN=Low", True, []]
    assert low["issuers"] == [first["fingerprint"]]
    assert (second["is_valid"], second["days_left"]) == (False, 0)
    assert (root["is_valid"], root["days_left"]) == (True, 3325)


def test_the_picture_is_whole_by_itself_and_says_what_it_is(tmp_path: Path) -> None:
    file, svg = tmp_path / "x.pem", tmp_path / "x.svg"
    file.write_bytes(store(LOW, SECOND_CA, ROOT, FIRST))
    pki = Pki(tmp_path / "none")
    assert "CN=Root" in pki.done("truststore", "show", str(file), "--svg", str(svg), *AT).stdout
    picture = svg.read_text()
    assert pki.done("truststore", "show", str(file), "--svg", "-", *AT).stdout == picture
    root = ET.fromstring(picture)  # noqa: S314
    (title,) = root.findall(f"{SVG}title")
    assert title.text == "Validity of 4 certificates at 2026-11-23T12:00:00Z"
    assert root.get("aria-labelledby") == title.get("id")
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "text", "rect", "line", "g",
    }  # fmt: skip
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_there_is_a_bar_for_each_in_the_width_of_the_picture() -> None:
    picture = drawn(ALL)
    bars = picture.findall(f".//{SVG}rect")
    assert len(bars) == len(ALL)
    for bar in bars:
        begins, width = float(bar.get("x", "")), float(bar.get("width", ""))
        assert 330 <= begins <= begins + width <= 330 + 560 + 2
    assert [bar.get("fill") for bar in bars].count("#b8860b") == 2


def test_the_year_9999_does_not_press_the_others_together() -> None:
    eternal = ca("CN=Eternal", ends=datetime(9999, 12, 31, tzinfo=UTC))
    bars = drawn([ROOT.certificate, eternal.certificate]).findall(f".//{SVG}rect")
    assert float(bars[0].get("width", "")) > 100


@pytest.mark.parametrize("year", [1970, 2026, 9998])
def test_any_time_can_be_looked_from(year: int) -> None:
    now = datetime(year, 6, 1, tzinfo=UTC)
    assert len(drawn(ALL, now).findall(f".//{SVG}rect")) == len(ALL)
    assert tree.text(tree.nodes(ALL), now)


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=64))
def test_a_name_is_text_whatever_it_holds(name: str) -> None:
    try:
        part = x509.NameAttribute(x509.NameOID.COMMON_NAME, name)
        holder = ca(x509.Name([part]))
    except ValueError:
        return
    picture = timeline.svg(tree.nodes([holder.certificate]), NOW)
    found = ET.fromstring(picture)  # noqa: S314
    assert {element.tag.removeprefix(SVG) for element in found.iter()} <= {
        "svg", "title", "text", "rect", "line", "g",
    }  # fmt: skip
    assert tree.text(tree.nodes([holder.certificate]), NOW).isprintable()


def test_markup_in_a_name_is_text() -> None:
    holder = ca(r"CN=\<script\>alert('1' & 2)\</script\>")
    titles = [title.text or "" for title in drawn([holder.certificate]).iter(f"{SVG}title")]
    assert "<script\\>alert('1' & 2)" in titles[1]


def test_a_long_name_is_cut_in_the_picture_and_whole_in_its_title() -> None:
    name = "CN=" + "x" * 60
    picture = drawn([ca(name).certificate])
    labels = [element.text or "" for element in picture.iter(f"{SVG}text")]
    assert max(map(len, labels)) <= 44
    assert [t.text or "" for t in picture.iter(f"{SVG}title")][1].startswith(f"{name}: ec-p256")
