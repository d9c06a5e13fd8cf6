"""watch-expiry against the control plane: it only reads, and a fault at any call is no silence."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import Holder, authority
from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import ALWAYS, DENIED, HUNG_UP, SERVER_ERROR, THROTTLED, Fault
from tests.fakes.protected import NAME, Protected, issued_certificate, protected_domain
from tests.unit.aws.hands import run


@pytest.fixture(scope="module")
def root() -> Holder:
    return authority(subject="CN=Root,O=Test", lifetime=timedelta(days=700))


@pytest.fixture
def domain(fake: ControlPlane, root: Holder, monkeypatch: pytest.MonkeyPatch) -> Protected:
    monkeypatch.setenv("PKI_HOME", "/nowhere")
    ownership = issued_certificate(fake, NAME)
    return protected_domain(fake, root.pem.encode(), ownership_arn=ownership)


def listed(fake: ControlPlane) -> tuple[int, dict[str, Any]]:
    fake.forget()
    done = run(fake, "watch-expiry", NAME, "--json")
    return done.exit_code, json.loads(done.stdout)


def test_all_three_kinds_are_read_with_one_call_each(domain: Protected) -> None:
    fake = domain.fake
    _, said = listed(fake)
    assert {one["kind"]: one["place"] for one in said["certificates"]} == {
        "ca": f"{domain.uri}, version {domain.version}",
        "server-certificate": domain.certificate_arn,
        "ownership-certificate": fake.domains.get(NAME).settings.ownership_arn,
    }
    assert [call.name for call in fake.calls] == [
        "sts:GetCallerIdentity",
        "apigateway:GetDomainName",
        "s3:GetObject",
        "acm:DescribeCertificate",
        "acm:DescribeCertificate",
    ]


PASSING = (THROTTLED, SERVER_ERROR, HUNG_UP)


@pytest.mark.parametrize("fault", [DENIED, *PASSING], ids=lambda fault: fault.name)
def test_a_fault_that_lasts_is_an_error_or_an_unknown_and_never_silence(
    domain: Protected, fault: Fault
) -> None:
    fake = domain.fake
    for number in range(1, 6):
        fake.forget()
        fake.fail(number, fault, times=ALWAYS)
        done = run(fake, "watch-expiry", NAME, "--json")
        fake.heal()
        assert done.exit_code == 1, number
        if number == 1:
            assert (done.stdout, done.stderr[:7]) == ("", "error: ")
            continue
        said = json.loads(done.stdout)
        assert said["unknown"] == 1, number
        assert len(said["certificates"]) == (1 if number == 2 else 3), number


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.name)
def test_a_fault_that_passes_changes_nothing(domain: Protected, fault: Fault) -> None:
    fake = domain.fake
    well, before = listed(fake)
    for number in range(1, 6):
        fake.forget()
        fake.fail(number, fault)
        done = run(fake, "watch-expiry", NAME, "--json")
        assert done.exit_code == well, number
        said = json.loads(done.stdout)
        assert (said["certificates"], said["unknown"]) == (before["certificates"], 0), number
    fake.fail(1, DENIED)
    assert run(fake, "watch-expiry", NAME).exit_code == 1
