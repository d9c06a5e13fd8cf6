"""A real process that is killed in the middle, and the same command in another one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.settings import ROOT as REPOSITORY
from tests import crls
from tests.builders import authority
from tests.fakes import faults
from tests.fakes.control_plane import ControlPlane
from tests.fakes.domain import Settings
from tests.fakes.protected import (
    KEY,
    NAME,
    issued_certificate,
    protected_domain,
    upload,
    versioned_bucket,
)
from tests.unit.aws.hands import succeeds
from tests.unit.aws.servers import files, server

ROOT = authority()


@dataclass(frozen=True)
class Killing:
    """A command, the call after which it dies, and whether all is well in the end."""

    words: tuple[str, ...]
    call: str
    is_well: Callable[[], bool]


def off(fake: ControlPlane, _: Path) -> Killing:
    protected_domain(fake, ROOT.pem.encode())
    words = ("mtls", "off", NAME, "--yes")
    return Killing(words, "UpdateDomainName", lambda: not fake.in_force(NAME))


def on(fake: ControlPlane, _: Path) -> Killing:
    arn, bucket = issued_certificate(fake, NAME), versioned_bucket(fake)
    fake.domains.create(Settings(name=NAME, certificate_arn=arn)).become("AVAILABLE")
    upload(fake, bucket, ROOT.pem.encode())
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    return Killing(words, "UpdateDomainName", lambda: fake.in_force(NAME) == ROOT.pem.encode())


def endpoint(fake: ControlPlane, _: Path) -> Killing:
    api = fake.apis.add("REST", "the API")
    fake.apis.deploy(api, "live")
    words = ("endpoint", "off", api.label, "--yes")
    return Killing(words, "UpdateRestApi", lambda: api.is_shut)


def certificate(fake: ControlPlane, folder: Path) -> Killing:
    name = f"{folder.name.replace('_', '-')[:40].strip('-')}.example.com"
    words = files(folder / "given", server(ROOT, name), [ROOT]).words()

    def is_once() -> bool:
        listed = fake.client("acm").list_certificates()["CertificateSummaryList"]
        return [one["DomainName"] for one in listed].count(name) == 1

    return Killing(words, "ImportCertificate", is_once)


def crl(fake: ControlPlane, folder: Path) -> Killing:
    store, bucket = fake.trust_stores.create("clients", ROOT.pem.encode()), versioned_bucket(fake)
    fake.trust_stores.add(store, [crls.pem(crls.crl(ROOT, number=1))])
    new = crls.pem(crls.crl(ROOT, number=2))
    (folder / "crl").write_bytes(new)
    uri = f"s3://{bucket}/clients.pem"
    words = ("crl", "push", str(folder / "crl"), "--trust-store", "clients", "--uri", uri, "--yes")
    is_well = lambda: [one.content for one in store.revocations.values()] == [new]  # noqa: E731
    return Killing(words, "AddTrustStoreRevocations", is_well)


@pytest.mark.parametrize("make", [off, on, endpoint, certificate, crl])
def test_whoever_is_killed_can_type_it_again(
    fake: ControlPlane,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[ControlPlane, Path], Killing],
) -> None:
    url = f"{fake.url}/execute-api/{{id}}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_EXECUTE_API", url)
    killing = make(fake, tmp_path)
    died: list[subprocess.Popen[bytes]] = []
    fake.fail(killing.call, faults.kill(lambda: died[0].pid, after=True))
    with subprocess.Popen(
        [sys.executable, "-m", "aws", *killing.words],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], **fake.environment(), "AWS_ENDPOINT_URL_EXECUTE_API": url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        died.append(process)
        assert process.wait(60) == -9
    fake.clock.sleep(60)
    succeeds(fake, *killing.words)
    fake.clock.sleep(60)
    assert killing.is_well()
