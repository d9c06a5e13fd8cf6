"""Real clients: each is admitted as who it is, and refused with a stranger's certificate."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

from stack.native import NativeStack
from tests import builders
from tests.builders import Files
from tests.conftest import Pki, require
from tests.e2e import wire

CLIENTS = Path(__file__).parent.parent / "clients"
Done = subprocess.CompletedProcess[str]


def run(*words: str | Path, stdin: str = "") -> Done:
    return subprocess.run(
        words, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


def is_billing(body: Any) -> bool:
    return bool(
        body["subject"] == "CN=billing,O=Example"
        and body["uris"] == ["spiffe://example.org/billing"]
    )


@pytest.fixture
def url(stack: NativeStack) -> str:
    return f"{stack.settings.urls['alb']}/whoami"


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("tls", [["--tls-max", "1.2"], ["--tlsv1.3"]])
def test_curl(
    url: str, pki: Pki, billing: Files, stranger: Files, version: str, tls: list[str]
) -> None:
    curl: list[str | Path] = [require("curl"), "-sS", version, *tls, "--cacert", pki.ca]
    good = run(*curl, "--cert", billing.pem, "--key", billing.key, url)
    assert is_billing(json.loads(good.stdout))
    presented: list[list[str | Path]] = [["--cert", stranger.pem, "--key", stranger.key], []]
    for client in presented:
        bad = run(*curl, *client, "-w", "%{http_code}", url)
        assert bad.returncode != 0
        assert bad.stdout == "000"


@pytest.mark.parametrize("flag", ["-tls1_2", "-tls1_3"])
def test_openssl(stack: NativeStack, pki: Pki, billing: Files, stranger: Files, flag: str) -> None:
    address = f"127.0.0.1:{stack.settings.alb_port}"
    command = [require("openssl"), "s_client", "-connect", address, flag, "-ign_eof", "-quiet"]
    command += ["-verify_return_error", "-verify_hostname", "localhost", "-CAfile", str(pki.ca)]
    request = wire.WHOAMI.decode()
    good = run(*command, "-cert", billing.pem, "-key", billing.key, stdin=request)
    assert is_billing(json.loads(good.stdout.replace("\r", "").rpartition("\n\n")[2]))
    bad = run(*command, "-cert", stranger.pem, "-key", stranger.key, stdin=request)
    assert "HTTP/1.1" not in bad.stdout


def test_requests(url: str, pki: Pki, billing: Files, stranger: Files) -> None:
    def get(client: Files) -> requests.Response:
        cert = (str(client.pem), str(client.key))
        return requests.get(url, cert=cert, verify=str(pki.ca), timeout=30)

    good = get(billing)
    assert good.status_code == 200
    assert is_billing(good.json())
    with pytest.raises(requests.ConnectionError):
        get(stranger)


@pytest.mark.parametrize(("http2", "version"), [(False, "HTTP/1.1"), (True, "HTTP/2")])
def test_httpx(
    url: str, pki: Pki, billing: Files, stranger: Files, *, http2: bool, version: str
) -> None:
    def get(client: Files) -> httpx.Response:
        # httpx chooses the protocols itself.
        with httpx.Client(verify=wire.tls(pki.ca, client), http2=http2, timeout=30) as session:
            return session.get(url)

    good = get(billing)
    assert good.status_code == 200
    assert good.http_version == version
    assert is_billing(good.json())
    with pytest.raises(httpx.TransportError):
        get(stranger)


def test_node(url: str, pki: Pki, billing: Files, stranger: Files) -> None:
    def ask(client: Files) -> Done:
        return run(require("node"), CLIENTS / "ask.mjs", url, pki.ca, client.pem, client.key)

    status, _, body = ask(billing).stdout.partition(" ")
    assert status == "200"
    assert is_billing(json.loads(body))
    bad = ask(stranger)
    assert bad.stdout == ""
    assert bad.returncode == 1


def test_java(url: str, pki: Pki, billing: Files, stranger: Files, tmp_path: Path) -> None:
    files = [
        builders.write_p12(
            tmp_path / f"{name}.p12", builders.read(client.pem, client.key), "secret"
        )
        for name, client in (("good", billing), ("bad", stranger))
    ]
    done = run(require("java"), CLIENTS / "Ask.java", url, pki.ca, "secret", *files)
    good, bad = done.stdout.splitlines()
    status, version, body = good.split(" ", 2)
    assert (status, version) == ("200", "HTTP_2")
    assert is_billing(json.loads(body))
    assert bad.startswith("refused ")


def test_a_p12_of_the_pki_opens_in_java(
    url: str, pki: Pki, stranger: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PKI_P12_PASSPHRASE", "secret")
    pki.run("issue", "client", "javalin", "--p12")
    p12 = pki.home / "clients/javalin.p12"
    other = builders.read(stranger.pem, stranger.key)
    bad_p12 = builders.write_p12(tmp_path / "bad.p12", other, "secret")
    done = run(require("java"), CLIENTS / "Ask.java", url, pki.ca, "secret", p12, bad_p12)
    good, bad = done.stdout.splitlines()
    assert good.startswith("200 ")
    assert "spiffe://example.org/javalin" in good
    assert bad.startswith("refused ")
