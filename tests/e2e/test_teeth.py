"""Break the proxy in a copy: without the line, the forgery gets through, so the vectors bite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack.settings import ROOT
from tests.builders import Files
from tests.conftest import Pki
from tests.e2e import vectors, wire
from tests.e2e.recorder import Proxy, copy_of_conf, proxy_alone
from tests.e2e.vectors import Cast, Vector

HEADERS = "client_cert_headers.conf"
LINES = [
    line
    for line in (ROOT / "proxy" / HEADERS).read_text().splitlines()
    if line.startswith("proxy_set_header")
]
#: The vector that forges what each line guards.
BITES = {
    "X-Amzn-Mtls-Clientcert": "chain-right-case",
    "X-Amzn-Mtls-Clientcert-Leaf": "leaf-right-case",
    "X-Amzn-Mtls-Clientcert-Serial-Number": "serial-number",
    "X-Amzn-Mtls-Clientcert-Issuer": "issuer",
    "X-Amzn-Mtls-Clientcert-Subject": "subject",
    "X-Amzn-Mtls-Clientcert-Validity": "validity",
    "X-Amzn-Tls-Version": "tls-version",
    "X-Amzn-Tls-Cipher-Suite": "tls-cipher-suite",
}
VECTORS = {vector.name: vector for vector in vectors.load("http1")}
ALWAYS_ADMITTED = [vector for vector in VECTORS.values() if vector.expect == ("as-sender",)]


@contextmanager
def broken(pki: Pki, folder: Path, file: str, was: str, becomes: str) -> Iterator[Proxy]:
    """A proxy with one line changed."""
    conf = copy_of_conf(folder)
    text = (conf / file).read_text()
    assert text.count(was) == 1
    (conf / file).write_text(text.replace(was, becomes))
    with proxy_alone(pki, folder, conf=conf) as proxy:
        yield proxy


def forged(vector: Vector, cast: Cast) -> tuple[str, str]:
    """Name and value of the one header that *vector* adds."""
    head = vector.as_bytes(cast.values).decode("latin-1").partition("\r\n\r\n")[0]
    name, _, value = head.split("\r\n")[-1].partition(": ")
    return name, value


def test_each_line_has_its_vector() -> None:
    assert {line.split()[1] for line in LINES} == set(BITES)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split()[1])
def test_without_its_line_the_forged_header_reaches_the_service(
    alb: Proxy, pki: Pki, cast: Cast, billing: Files, tmp_path: Path, line: str
) -> None:
    vector = VECTORS[BITES[line.split()[1]]]
    name, value = forged(vector, cast)
    raw = vector.as_bytes(cast.values)
    with broken(pki, tmp_path, HEADERS, line + "\n", "") as proxy:
        assert proxy.send(raw, billing).all(name) == [value]
    assert value not in alb.send(raw, billing).all(name)


def test_with_underscores_the_forged_header_reaches_the_service(
    alb: Proxy, pki: Pki, cast: Cast, billing: Files, tmp_path: Path
) -> None:
    vector = VECTORS["leaf-underscores"]
    name, value = forged(vector, cast)
    raw = vector.as_bytes(cast.values)
    lets_in = "server_tokens off;", "server_tokens off; underscores_in_headers on;"
    with broken(pki, tmp_path, "nginx.conf.template", *lets_in) as proxy:
        assert proxy.send(raw, billing).all(name) == [value]
    assert alb.send(raw, billing).all(name) == []


def test_without_the_mode_in_its_map_an_unverified_leaf_is_handed_over(
    alb: Proxy, pki: Pki, stranger: Files, tmp_path: Path
) -> None:
    conf_line = "ssl_verify_client ${VERIFY_CLIENT};"
    becomes = "ssl_verify_client optional_no_ca;"
    with broken(pki, tmp_path, "nginx.conf.template", conf_line, becomes) as proxy:
        # The maps in client_cert_values.conf still hand nothing over.
        assert proxy.send(wire.WHOAMI, stranger).identity == {}
    assert wire.exchange(alb.port, wire.tls(alb.ca, stranger), wire.WHOAMI) == b""


@pytest.mark.parametrize("vector", ALWAYS_ADMITTED, ids=lambda vector: vector.name)
def test_no_forged_value_is_in_what_the_service_gets(
    alb: Proxy, cast: Cast, billing: Files, vector: Vector
) -> None:
    honest = alb.send(wire.WHOAMI, billing).identity
    received = wire.answers(
        wire.exchange(alb.port, wire.tls(alb.ca, billing), vector.as_bytes(cast.values))
    )
    heads = [answer.body.partition(b"\r\n\r\n")[0].decode("latin-1") for answer in received]
    assert heads
    for head in heads:
        found = re.findall(r"(?mi)^(x[-_]amzn[-_]m?tls[^:\r]*):[ ]?([^\r\n]*)", head)
        assert dict(found) == honest
        assert len(found) == len(honest)
