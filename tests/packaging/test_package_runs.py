"""The built function, zipped and unzipped, in AWS's Lambda image: it answers, from its bytecode."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker
import pytest
from cryptography import x509

from proxy.client_cert import ClientCert
from proxy.events import event
from proxy.gateway import new_call
from proxy.request import Request, Settings
from tests import builders
from tests.conftest import Pki
from tests.packaging import package
from tests.packaging.lambda_image import MACHINE, Function, running
from tests.packaging.package import Packages, Zips

KEY = ("ApiFunction", MACHINE)
HANDLER = "service.lambda_handler"
ENV = {
    "CLIENT_CERT_SOURCE": "api-gateway",
    "ALLOW_ISSUERS": "CN=Example Issuing CA,O=Example",
    "ALLOW_SUBJECTS": "CN=billing,O=Example",
    "AWS_LAMBDA_FUNCTION_NAME": "ApiFunction",
}


def answer(
    function: Function, leaf: x509.Certificate | None, path: str = "/whoami"
) -> tuple[int, Any]:
    """Status and JSON of what the function answers to a REST API's event."""
    shown = None if leaf is None else ClientCert.from_certificate(leaf)
    headers = (("Host", "api.example.com"), ("Accept", "*/*"))
    request = Request("GET", path, headers, b"", "192.0.2.1", shown)
    answered = function.ask(event(request, Settings(), new_call(datetime.now(UTC))))
    return answered["statusCode"], json.loads(answered["body"])


@pytest.fixture(scope="module")
def function(
    engine: docker.DockerClient, zips: Zips, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    folder = tmp_path_factory.mktemp("task")
    task = package.unzip_as_lambda(zips[KEY], folder)
    with running(engine, task, HANDLER, ENV) as started:
        yield started


def certificate(pki: Pki, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pki.client(name)[0].read_bytes())


def test_it_tells_a_client_who_it_is(function: Function, pki: Pki) -> None:
    status, said = answer(function, certificate(pki, "billing"))
    assert status == 200
    assert said["subject"] == "CN=billing,O=Example"
    assert said["uris"] == ["spiffe://example.org/billing"]


def test_it_refuses_who_brings_no_certificate(function: Function) -> None:
    status, said = answer(function, None)
    assert (status, said["type"].rpartition(":")[2]) == (403, "certificate-required")
    status, said = answer(function, None, "/health")
    assert (status, said["status"]) == (200, "ok")


def test_it_refuses_a_client_who_is_not_on_the_list(function: Function, pki: Pki) -> None:
    status, said = answer(function, certificate(pki, "alice"))
    assert (status, said["type"].rpartition(":")[2]) == (403, "certificate-not-allowed")


def test_it_refuses_a_stranger_with_a_clients_name(function: Function) -> None:
    stranger = builders.leaf(issuer=builders.authority(), subject="CN=billing,O=Example")
    status, said = answer(function, stranger.certificate)
    assert (status, said["type"].rpartition(":")[2]) == (403, "certificate-not-allowed")


def test_it_has_no_network_and_no_right_and_can_write_nothing(function: Function) -> None:
    assert function.run("ls", "/sys/class/net").split() == ["lo"]
    assert "CapEff:\t0000000000000000" in function.run("cat", "/proc/1/status")
    for path in ("/var/task/service/x", "/x"):
        assert function.container.exec_run(["touch", path]).exit_code != 0


def test_every_file_that_it_imports_comes_from_bytecode(function: Function) -> None:
    loaded, compiled = function.imports()
    assert compiled == set()
    assert {"service/lambda_handler.py", "service/app.py", "flask/app.py"} <= loaded
    assert len(loaded) > 100


def test_bytecode_with_dates_would_be_seen_to_be_stale(
    engine: docker.DockerClient, packages: Packages, tmp_path: Path
) -> None:
    """The twin: compiled as pip and compileall do it, and then dated 1980."""
    built = packages[KEY]
    folder = tmp_path / "built"
    for name, data in built.contents.items():
        if "__pycache__" not in name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    words = [package.runtime_python(), "-m", "compileall", "-q", str(folder)]
    subprocess.run(words, check=True)
    archive = package.zip_as_sam(folder, tmp_path / "dated.zip")
    task = package.unzip_as_lambda(archive, tmp_path / "task")
    with running(engine, task, HANDLER, ENV) as dated:
        loaded, compiled = dated.imports()
    assert [name for name in loaded if name.startswith("service/")] == []
    assert {"service/lambda_handler.py", "service/app.py"} <= compiled
