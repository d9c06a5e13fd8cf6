"""`python -m pki explain --connect` at the running stack: what a client meets at both ports."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pki.cli import main
from stack.native import NativeStack
from tests.builders import Files
from tests.conftest import Pki


@pytest.mark.parametrize("front", ["alb", "api-gateway"])
def test_both_fronts_show_their_chain_and_ask_for_a_certificate(
    stack: NativeStack, pki: Pki, billing: Files, front: str
) -> None:
    settings = stack.settings
    port = settings.alb_port if front == "alb" else settings.api_gateway_port
    words = ["explain", "--connect", f"localhost:{port}", "--ca", str(pki.ca), "--json"]
    words += ["--cert", str(billing.pem), "--key", str(billing.key)]
    result = CliRunner().invoke(main, words)
    value = json.loads(result.stdout)
    assert (result.exit_code, value["is_good"]) == (0, True), value
    assert value["protocol"] == "TLSv1.3"
    assert [link["subject"] for link in value["chain"]] == [
        "CN=localhost,O=Example",
        "CN=Example Issuing CA,O=Example",
    ]
    assert value["asks_for_certificate"]


def test_another_name_is_seen(stack: NativeStack, pki: Pki) -> None:
    address = f"localhost:{stack.settings.alb_port}"
    words = ["explain", "--connect", address, "--ca", str(pki.ca), "--name", "else.example"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "NO   name" in result.stdout
