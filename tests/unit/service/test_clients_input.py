"""What /clients makes of bad input: told, and nothing written."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.service.registered import NEW, URI, Registered, faults, problem


@pytest.fixture
def api(tmp_path: Path) -> Registered:
    return Registered.at(tmp_path / "registry.db")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=ten", "/limit"),
        ("limit=", "/limit"),
        ("limit=1&limit=1", "/limit"),
        ("cursor=%00", "/cursor"),
        ("cursor=a%20b", "/cursor"),
        ("cursor=" + "x" * 201, "/cursor"),
        ("status=asleep", "/status"),
        ("organization=%FF", "/organization"),
        ("organization=a%0Ab", "/organization"),
        ("color=red", "/color"),
    ],
)
def test_what_is_wrong_in_a_query_is_told(api: Registered, query: str, pointer: str) -> None:
    wrong = api.ask("GET", f"/clients?{query}")
    assert (wrong.status_code, problem(wrong)) == (422, "validation-failed")
    assert faults(wrong) == [("query", pointer)]


@pytest.mark.parametrize("id_", ["UPPER", "a_b", "-a", "a-", "x" * 64, "a%0A", "%C3%A9", "a.b"])
def test_what_can_be_no_id_is_told(api: Registered, id_: str) -> None:
    wrong = api.ask("GET", f"/clients/{id_}")
    assert (wrong.status_code, faults(wrong)) == (422, [("path", "/client_id")])


def _without(name: str) -> dict[str, Any]:
    return {known: value for known, value in NEW.items() if known != name}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (_without("id"), ["/id"]),
        (_without("organization"), ["/organization"]),
        ([], [""]),
        (None, [""]),
        ("shipping", [""]),
        ({**NEW, "id": "Shipping"}, ["/id"]),
        ({**NEW, "id": "shipping\n"}, ["/id"]),
        ({**NEW, "id": 1}, ["/id"]),
        ({**NEW, "organization": ""}, ["/organization"]),
        ({**NEW, "organization": "a\nb"}, ["/organization"]),
        ({**NEW, "organization": "x" * 201}, ["/organization"]),
        ({**NEW, "matchers": {}}, ["/matchers"]),
        ({**NEW, "matchers": [{"kind": "urn", "value": "x"}]}, ["/matchers/0/kind"]),
        ({**NEW, "matchers": [{"kind": "uri"}]}, ["/matchers/0/value"]),
        ({**NEW, "matchers": [{"kind": "uri", "value": "x"}]}, ["/matchers/0"]),
        ({**NEW, "matchers": [{"kind": "uri", "value": URI, "issuer": "x"}]}, ["/matchers/0"]),
        ({**NEW, "matchers": [{"kind": "dns", "value": "a"}] * 21}, ["/matchers"]),
        ({**NEW, "scopes": ["orders:read", "Orders"]}, ["/scopes/1"]),
        ({**NEW, "scopes": [None]}, ["/scopes/0"]),
        ({**NEW, "rate": {"per_second": 0, "burst": 1}}, ["/rate/per_second"]),
        ({**NEW, "rate": {"per_second": 1, "burst": 1.5}}, ["/rate/burst"]),
        ({**NEW, "rate": 5}, ["/rate"]),
        ({**NEW, "note": "a\x1b[2J"}, ["/note"]),
        ({**NEW, "version": 1}, ["/version"]),
        ({**NEW, "a/b~c": 1}, ["/a~1b~0c"]),
        ({"id": "", "scopes": 1}, ["/id", "/organization", "/scopes"]),
    ],
    ids=lambda value: "-".join(value) or "all" if isinstance(value, list) and value else "body",
)
def test_what_is_wrong_in_a_body_is_told_and_nothing_is_written(
    api: Registered, body: object, pointers: list[str]
) -> None:
    wrong = api.ask("POST", "/clients", json.dumps(body).encode())
    assert (wrong.status_code, problem(wrong)) == (422, "validation-failed")
    assert sorted(faults(wrong)) == [("body", pointer) for pointer in pointers]
    assert [one.id for one in api.store.list().items] == ["billing", "root"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"id": "a", "id": "b"}',
        b"\xff",
        b'{"note": "\\ud800"}',
        b'{"note": NaN}',
        b'{"note": 1e999}',
        b"[" * 100_000,
    ],
    ids=["empty", "half", "twice", "octets", "surrogate", "nan", "large", "deep"],
)
def test_what_is_no_json_is_refused(api: Registered, body: bytes) -> None:
    wrong = api.ask("POST", "/clients", body)
    assert (wrong.status_code, problem(wrong)) == (400, "malformed-json")
    assert faults(wrong) == [("body", "")]


@pytest.mark.parametrize("type_", ["", "text/plain", "application/problem+json", "x"])
def test_what_is_not_said_to_be_json_is_refused(api: Registered, type_: str) -> None:
    wrong = api.ask("POST", "/clients", NEW, headers={"Content-Type": type_})
    assert (wrong.status_code, problem(wrong)) == (415, "unsupported-media-type")
    packed = api.ask("POST", "/clients", NEW, headers={"Content-Encoding": "gzip"})
    assert (packed.status_code, problem(packed)) == (415, "unsupported-media-type")
    typed = {"Content-Type": "application/json; charset=utf-8"}
    assert api.ask("POST", "/clients", NEW, headers=typed).status_code == 201
