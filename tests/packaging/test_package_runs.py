"""The built function, zipped and unzipped, in AWS's Lambda image: it answers, from its bytecode."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker
import pytest
from cryptography import x509
from docker.models.containers import Container

from proxy.client_cert import ClientCert
from proxy.events import event
from proxy.gateway import new_call
from proxy.request import Request, Settings
from stack import docker as stack_docker
from stack import probe
from stack.settings import Settings as StackSettings
from tests import builders
from tests.conftest import Pki, missing
from tests.packaging import package
from tests.packaging.package import Package

IMAGE = "public.ecr.aws/lambda/python:3.13"
HANDLER = "service.lambda_handler"
MACHINE = "x86_64" if platform.machine().lower() in {"x86_64", "amd64"} else "arm64"
ENV = {
    "CLIENT_CERT_SOURCE": "api-gateway",
    "ALLOW_ISSUERS": "CN=Example Issuing CA,O=Example",
    "ALLOW_SUBJECTS": "CN=billing,O=Example",
    "AWS_LAMBDA_FUNCTION_NAME": "ApiFunction",
}
#: POST stdin to the emulator, from within: the container has no network.
ASK = """\
import sys, urllib.request
url = "http://127.0.0.1:8080/2015-03-31/functions/function/invocations"
print(urllib.request.urlopen(url, sys.argv[1].encode(), timeout=30).read().decode())
"""
LOADED = re.compile(r"^# code object from '/var/task/(.+)/__pycache__/(.+)\.cpython-313\.pyc'$")
COMPILED = re.compile(r"^# code object from /var/task/(.+\.py)$")


@dataclass(frozen=True)
class Function:
    """A container that runs a function."""

    container: Container

    def answer(self, leaf: x509.Certificate | None, path: str = "/whoami") -> tuple[int, Any]:
        """Status and JSON of what the function answers to a REST API's event."""
        shown = None if leaf is None else ClientCert.from_certificate(leaf)
        headers = (("Host", "api.example.com"), ("Accept", "*/*"))
        request = Request("GET", path, headers, b"", "192.0.2.1", shown)
        made = event(request, Settings(), new_call(datetime.now(UTC)))
        done = self.run("python3", "-c", ASK, json.dumps(made))
        answered = json.loads(done)
        return answered["statusCode"], json.loads(answered["body"])

    def imports(self) -> tuple[set[str], set[str]]:
        """The files of ours that a fresh interpreter takes from bytecode, and those it compiles."""
        said = self.run("python3", "-v", "-c", f"import {HANDLER}").splitlines()
        loaded = {f"{m[1]}/{m[2]}.py" for line in said if (m := LOADED.match(line))}
        return loaded, {m[1] for line in said if (m := COMPILED.match(line))}

    def run(self, *words: str) -> str:
        done = self.container.exec_run(list(words), environment=ENV)
        output: str = done.output.decode()
        assert done.exit_code == 0, output
        return output


@contextmanager
def running(engine: docker.DockerClient, task: Path) -> Iterator[Function]:
    """Lambda's image with *task* at /var/task; no network, no rights, nothing can be written."""
    container = engine.containers.run(
        IMAGE,
        f"{HANDLER}.handler",
        detach=True,
        environment=ENV,
        network_mode="none",
        read_only=True,
        tmpfs={"/tmp": ""},  # noqa: S108  (the container's own)
        user="65533:65533",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
        volumes={str(task): {"bind": "/var/task", "mode": "ro"}},
    )
    try:
        yield Function(container)
    finally:
        container.remove(force=True)


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    inherited = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    if wrong := stack_docker.why_not(StackSettings(inherited=inherited)):
        missing(wrong)
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def function(
    engine: docker.DockerClient, zips: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    folder = tmp_path_factory.mktemp("task")
    with running(engine, package.unzip_as_lambda(zips[MACHINE], folder)) as started:
        probe.until(lambda: listens(started), lambda: None)
        yield started


def listens(function: Function) -> bool:
    asks = "import socket; socket.create_connection(('127.0.0.1', 8080), 2).close()"
    return bool(function.container.exec_run(["python3", "-c", asks]).exit_code == 0)


def certificate(pki: Pki, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pki.client(name)[0].read_bytes())


def test_it_tells_a_client_who_it_is(function: Function, pki: Pki) -> None:
    status, said = function.answer(certificate(pki, "billing"))
    assert status == 200
    assert said["subject"] == "CN=billing,O=Example"
    assert said["uris"] == ["spiffe://example.org/billing"]


def test_it_refuses_who_brings_no_certificate(function: Function) -> None:
    status, said = function.answer(None)
    assert (status, said["type"].rpartition(":")[2]) == (403, "certificate-required")
    status, said = function.answer(None, "/health")
    assert (status, said["status"]) == (200, "ok")


def test_it_refuses_a_client_who_is_not_on_the_list(function: Function, pki: Pki) -> None:
    status, said = function.answer(certificate(pki, "alice"))
    assert (status, said["type"].rpartition(":")[2]) == (403, "certificate-not-allowed")


def test_it_refuses_a_stranger_with_a_clients_name(function: Function) -> None:
    stranger = builders.leaf(issuer=builders.authority(), subject="CN=billing,O=Example")
    status, said = function.answer(stranger.certificate)
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
    engine: docker.DockerClient, packages: dict[str, Package], tmp_path: Path
) -> None:
    """The twin: compiled as pip and compileall do it, and then dated 1980."""
    built = packages[MACHINE]
    folder = tmp_path / "built"
    for name, data in built.contents.items():
        if not name.endswith(".pyc"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    words = [package.runtime_python(), "-m", "compileall", "-q", str(folder)]
    subprocess.run(words, check=True)
    archive = package.zip_as_sam(folder, tmp_path / "dated.zip")
    with running(engine, package.unzip_as_lambda(archive, tmp_path / "task")) as dated:
        loaded, compiled = dated.imports()
    assert loaded == set()
    assert {"service/lambda_handler.py", "service/app.py", "flask/app.py"} <= compiled
