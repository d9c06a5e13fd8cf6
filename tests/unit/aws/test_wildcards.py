"""Which names a certificate covers (RFC 9525, 6.3)."""

from __future__ import annotations

import pytest

from aws import names


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("api.example.com", "api.example.com", True),
        ("API.Example.COM", "api.example.com", True),
        ("example.com", "api.example.com", False),
        ("*.example.com", "api.example.com", True),
        ("*.Example.com", "api.example.com", True),
        ("*.example.com", "a.api.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "example.com", True),
        ("*", "example.com", False),
        ("a*.example.com", "api.example.com", False),
        ("*.example.com", ".example.com", False),
        ("*.api.example.com", "api.example.com", False),
    ],
)
def test_a_wildcard_stands_for_one_label(pattern: str, name: str, *, expected: bool) -> None:
    assert names.covers(pattern, name) is expected
