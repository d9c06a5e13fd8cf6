from __future__ import annotations

import pytest

from service.rate import LEAST, Rate
from service.registry.cli import rate
from service.registry.matcher import Matcher
from tests.unit.service.registry.cli.command import Command


def test_a_table_as_a_spreadsheet_writes_it_is_imported(command: Command) -> None:
    table = (
        "\ufeffid,organization,uri,issuer,scopes,rate\r\n"
        "billing,Example,spiffe://example.org/billing,CN=CA,orders:read orders:write,10/s\r\n"
        ",,,,,\r\n"
        'shipping,"Ships, Ltd","spiffe://example.org/a\r\nspiffe://example.org/b",,,\r\n'
    )
    path = command.file("clients.csv", table)
    assert command.said("import", path) == "added: 2, updated: 0, as they were: 0\n"
    billing, shipping = command.get("billing"), command.get("shipping")
    assert billing.matchers == (Matcher.of("uri", "spiffe://example.org/billing", "CN=CA"),)
    assert billing.scopes == {"orders:read", "orders:write"}
    assert billing.rate == Rate(10.0, 10)
    assert shipping.organization == "Ships, Ltd"
    assert [one.value for one in shipping.matchers] == [
        "spiffe://example.org/a",
        "spiffe://example.org/b",
    ]


def test_lines_of_a_note_end_as_lines_do_here(command: Command) -> None:
    path = command.file("clients.csv", 'id,organization,note\r\none,One,"a\r\nb"\r\n')
    command.said("import", path)
    assert command.get("one").note == "a\nb"


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("", "line 1 has '', expected id, organization, each once"),
        ("id\nx\n", "line 1 has 'id', expected id, organization, each once"),
        ("id,id,organization\n", "expected id, organization, each once"),
        ("id,organization,colour\n", "line 1 has 'colour', expected some of id, organization"),
        ("id,organization\nx\n", "line 2 has not as many cells as line 1"),
        ("id,organization\nx,X,more\n", "line 2 has not as many cells as line 1"),
        ('id,organization\n"x,X\n', "line 2: unexpected end of data"),
        ("id,organization,rate\nx,X,fast\n", "line 2: 'fast' is no rate"),
        ("id,organization,burst\nx,X,3\n", "line 2 has a burst and no rate"),
        ("id,organization,rate,burst\nx,X,1/s,many\n", "line 2: burst is 'many', expected a"),
        ("id,organization,matchers\nx,X,{\n", "line 2, matchers: line 1, column 2"),
        ("id,organization,matchers\nx,X,7\n", "line 2, matchers is '7', expected a list"),
        (b"id,organization\n\xff,X\n", "byte 16 is not UTF-8"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_table_that_is_none_is_refused(command: Command, table: str | bytes, error: str) -> None:
    path = command.file("clients.csv", table)
    errors, hint = command.refused("import", path)
    assert len(errors) == 1
    assert error in errors[0]
    assert hint.endswith("clients export --format csv")
    assert command.ids() == []


def test_a_fault_in_a_row_is_told_with_its_line(command: Command) -> None:
    path = command.file("clients.csv", 'id,organization,note\none,One,"a\nb"\nTWO,Two,\n')
    errors, _ = command.refused("import", path)
    assert errors == [
        "line 4 ('TWO'): id is 'TWO', expected a-z, 0-9 and '-' in between, 63 at most"
    ]


@pytest.mark.parametrize(
    ("text", "per_second"),
    [("10/s", 10.0), ("600/m", 10.0), ("1.5/h", 1.5 / 3600), ("0.25/s", 0.25)],
)
def test_a_rate_is_read(text: str, per_second: float) -> None:
    assert rate.per_second(text) == per_second


@pytest.mark.parametrize(
    "text", ["", "10", "/s", "-1/s", "1e3/s", "10/d", "10 /s", "\u0661/s", "0/h", "0.04/h"]
)
def test_what_is_no_rate_is_not(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        rate.per_second(text)


@pytest.mark.parametrize("per_second", [10.0, 1 / 60, 7 / 3600, 1 / 3, 0.1, LEAST, 9999.9])
def test_a_rate_is_written_so_that_it_is_read_again(per_second: float) -> None:
    assert rate.per_second(rate.text(Rate(per_second, 1))) == per_second
