"""mtls off: what it says before, what it does, and what is left after every fault."""

from __future__ import annotations

import itertools
import shlex

import pytest

from tests.builders import Holder, authority
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import NAME, Protected, issued_certificate, protected_domain
from tests.unit.aws.hands import (
    FAULTS,
    Case,
    as_json,
    error_of,
    refused,
    run,
    succeeds,
    with_faults,
)


@pytest.fixture(scope="module")
def root() -> Holder:
    return authority()


@pytest.fixture
def made(fake: ControlPlane, root: Holder) -> Protected:
    return protected_domain(fake, root.pem.encode())


def is_on(made: Protected) -> bool:
    return bool(made.fake.in_force(made.name))


def test_it_is_off_and_the_line_that_switches_it_on_again_does(made: Protected) -> None:
    said = succeeds(made.fake, "mtls", "off", NAME, "--yes", "--region", "eu-central-1")
    assert not is_on(made)
    line = said.splitlines()[-1].strip()
    expected = f"python -m aws mtls on {NAME} --truststore {made.uri} --version {made.version}"
    assert line == f"{expected} --region eu-central-1"
    succeeds(made.fake, *shlex.split(line)[3:], "--yes")
    assert is_on(made)


def test_it_says_before_that_anybody_gets_in(made: Protected) -> None:
    done = run(made.fake, "mtls", "off", NAME, answer="n\n")
    assert done.exit_code == 130
    assert "until it is on again anybody reaches the API" in done.stdout
    assert "403 certificate-required" in done.stdout
    assert f"mtls on {NAME} --truststore {made.uri} --version {made.version}" in done.stdout
    assert is_on(made)


def test_who_says_yes_means_it(made: Protected) -> None:
    assert run(made.fake, "mtls", "off", NAME, answer="y\n").exit_code == 0
    assert not is_on(made)


def test_nobody_who_cannot_be_asked_is_taken_to_agree(made: Protected) -> None:
    done = run(made.fake, "mtls", "off", NAME)
    assert (done.exit_code, is_on(made)) == (2, True)
    assert error_of(done)[0] == "nobody could be asked here: give --yes"


def test_a_dry_run_changes_nothing(made: Protected) -> None:
    said = succeeds(made.fake, "mtls", "off", NAME, "--dry-run")
    assert said.endswith("nothing was changed\n")
    assert is_on(made)


def test_off_twice_is_off(made: Protected) -> None:
    succeeds(made.fake, "mtls", "off", NAME, "--yes")
    made.fake.forget()
    said = succeeds(made.fake, "mtls", "off", NAME)
    assert said == f"{NAME} has no mutual TLS already: anybody reaches the API\n"
    assert "UpdateDomainName" not in {call.operation for call in made.fake.calls}


def test_for_programs(made: Protected) -> None:
    found = as_json(made.fake, "mtls", "off", NAME, "--yes")
    assert found["is_changed"]
    assert found["before"] == {"uri": made.uri, "version": made.version}
    assert found["after"] is None
    assert found["on_again"].endswith(made.version)


def test_one_that_was_not_pinned_has_no_version_to_go_back_to(
    fake: ControlPlane, root: Holder
) -> None:
    made = protected_domain(fake, root.pem.encode(), pinned=False)
    said = succeeds(fake, "mtls", "off", NAME, "--yes")
    assert said.splitlines()[-1].strip().endswith(f"--truststore {made.uri}")


def test_a_domain_of_a_stack_is_told_of(fake: ControlPlane, root: Holder) -> None:
    protected_domain(fake, root.pem.encode(), tags={"aws:cloudformation:stack-name": "mtls-api"})
    done = run(fake, "mtls", "off", NAME, "--yes")
    assert done.exit_code == 0
    assert "warning: domain.of-a-stack: the stack mtls-api made this domain" in done.stderr


def test_a_domain_that_is_not_there(fake: ControlPlane) -> None:
    error, hint = refused(fake, "mtls", "off", "api.example.net", "--yes")
    assert error.startswith("there is no custom domain 'api.example.net' in eu-central-1")
    assert "--region" in hint


@pytest.mark.parametrize("status", ["PENDING_OWNERSHIP_VERIFICATION"])
def test_a_domain_that_takes_no_change(made: Protected, status: str) -> None:
    made.fake.become(NAME, status)
    error, _ = refused(made.fake, "mtls", "off", NAME, "--yes")
    assert error == f"stopped at 1 error: {NAME} takes no change as it is"
    assert is_on(made)


def test_a_change_that_ends_badly_is_told(made: Protected) -> None:
    made.fake.next_change_ends(NAME, "FAILED", "Something broke.")
    error, hint = refused(made.fake, "mtls", "off", NAME, "--yes")
    assert error == f"{NAME} is FAILED (Something broke), on no truststore; expected no truststore"
    assert f"python -m aws status {NAME}" in hint


def test_patience_ends_and_the_same_command_goes_on(made: Protected) -> None:
    error, hint = refused(made.fake, "mtls", "off", NAME, "--yes", "--wait", "10")
    assert error == f"{NAME} is UPDATING, after 10 s"
    assert hint.startswith("type the same again later")
    made.fake.forget()
    succeeds(made.fake, "mtls", "off", NAME, "--yes")
    assert not is_on(made)
    assert "UpdateDomainName" not in {call.operation for call in made.fake.calls}


def test_it_is_switched_off_as_the_page_says(made: Protected) -> None:
    """[D:rest-api-mutual-tls]: an empty URI; what else would do is not known."""
    succeeds(made.fake, "mtls", "off", NAME, "--yes")
    (update,) = [call for call in made.fake.calls if call.operation == "UpdateDomainName"]
    path = "/mutualTlsAuthentication/truststoreUri"
    assert update.parameters["patchOperations"] == [{"op": "replace", "path": path, "value": ""}]


def test_who_may_not_is_told_the_action(made: Protected) -> None:
    made.fake.fail("UpdateDomainName", FAULTS["denied"])
    error, hint = refused(made.fake, "mtls", "off", NAME, "--yes")
    assert hint == "ask for the permission apigateway:PATCH"
    assert error.endswith(f"; mutual TLS is on, on {made.uri}, version {made.version}")


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_the_same_command_goes_on(
    fake: ControlPlane, root: Holder, fault: str
) -> None:
    numbers, arn = itertools.count(), issued_certificate(fake, "*.example.com")

    def make() -> Case:
        name = f"api{next(numbers)}.example.com"
        made = protected_domain(fake, root.pem.encode(), name=name, certificate_arn=arn)
        return Case(("mtls", "off", made.name, "--yes"), lambda: "old" if is_on(made) else "new")

    for _ in with_faults(fake, make, FAULTS[fault]):
        pass
