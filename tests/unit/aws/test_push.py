"""truststore push against a control plane: what is in force afterwards, and what was said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aws.errors import AwsRefused
from aws.push import execute
from aws.versions import Mark, Overtaken, Versions
from tests.builders import authority, leaf, rsa_key
from tests.fakes import faults
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import NAME
from tests.unit.aws.operator import (
    BOTH,
    KNOWN,
    NEW,
    NEW_CLIENT,
    OLD,
    OLD_CLIENT,
    Operator,
    bundle,
    operator,
)


@pytest.fixture
def alice(fake: ControlPlane) -> Operator:
    return operator(fake)


def mark(who: Operator, version: str) -> Mark:
    return Versions(who.account, who.plan(BOTH).place).detail(version).mark


def test_a_push_puts_it_in_force(alice: Operator) -> None:
    done = alice.push(BOTH)
    assert done is not None
    assert done.was_added
    assert alice.in_force == BOTH
    assert alice.accepts(OLD_CLIENT)
    assert alice.accepts(NEW_CLIENT)
    assert done.domain.truststore_version == alice.pinned == alice.made.versions()[-1][0]
    assert mark(alice, alice.pinned) is Mark.CONFIRMED


def test_it_is_stored_with_checksum_encryption_and_whose_it_is(alice: Operator) -> None:
    alice.push(BOTH)
    (put,) = [call for call in alice.fake.calls if call.operation == "PutObject"]
    assert put.parameters["ServerSideEncryption"] == "AES256"
    assert put.parameters["ChecksumSHA256"]
    assert put.parameters["IfMatch"]
    stored = Versions(alice.account, alice.plan(BOTH).place).detail(alice.pinned)
    assert stored.push.before == alice.made.version
    assert stored.push.domain == NAME
    assert stored.push.by == alice.account.arn != ""


def test_the_same_again_changes_nothing(alice: Operator) -> None:
    alice.push(BOTH)
    alice.fake.forget()
    assert alice.push(BOTH) is None
    assert not {"PutObject", "UpdateDomainName"} & {call.operation for call in alice.fake.calls}


def test_what_another_program_put_in_force_is_left_alone(alice: Operator) -> None:
    assert alice.push(bundle(OLD)) is None


def test_a_version_that_is_there_is_used_again(alice: Operator) -> None:
    alice.push(BOTH)
    alice.settle()
    done = alice.push(bundle(OLD), accepted=1)
    assert done is not None
    assert not done.was_added
    assert alice.pinned == alice.made.version
    assert len(alice.made.versions()) == 2


def test_who_would_be_locked_out_stops_it_and_the_count_lets_it_go_on(alice: Operator) -> None:
    alice.push(BOTH)
    alice.settle()
    refused = alice.refusal(bundle(NEW))
    assert "1 client would lose access: CN=old client,O=Example" in refused.message
    assert "--lock-out 1" in refused.hint
    assert alice.in_force == BOTH
    alice.push(bundle(NEW), accepted=1)
    assert alice.in_force == bundle(NEW)
    assert not alice.accepts(OLD_CLIENT)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "stopped at"),
        (bundle(leaf(issuer=OLD)), "stopped at"),
        (bundle(authority(lifetime=timedelta(0))), "stopped at"),
        (bundle(authority(key=rsa_key(1024))), "stopped at"),
    ],
)
def test_a_truststore_with_an_error_never_reaches_s3(
    alice: Operator, content: bytes, said: str
) -> None:
    assert said in alice.refusal(content).message
    assert [one for one in alice.found if one.severity.is_error]
    assert alice.fake.calls == []


def test_warnings_that_are_accepted_stay(alice: Operator) -> None:
    alice.fake.behaviour.also_warns[BOTH] = ("CN=New Root,O=Example is odd",)
    done = alice.push(BOTH, accept_warnings=True)
    assert done is not None
    assert done.warnings == ("CN=New Root,O=Example is odd",)
    assert alice.in_force == BOTH


def test_warnings_put_the_old_one_back(alice: Operator) -> None:
    alice.fake.behaviour.also_warns[BOTH] = ("CN=New Root,O=Example is odd",)
    refused = alice.refusal(BOTH)
    assert "CN=New Root,O=Example is odd" in refused.message
    assert f"{NAME} is on version {alice.made.version} again" in refused.message
    assert "--accept-warnings" in refused.hint
    assert alice.in_force == bundle(OLD)
    assert alice.pinned == alice.made.version
    assert mark(alice, alice.made.versions()[-1][0]) is Mark.LEFT


def test_a_failed_update_puts_the_old_one_back(alice: Operator) -> None:
    alice.fake.next_change_ends(NAME, "FAILED", "Something went wrong.")
    refused = alice.refusal(BOTH)
    assert "is FAILED (Something went wrong)" in refused.message
    assert f"on version {alice.made.version} again" in refused.message
    assert alice.in_force == bundle(OLD)
    assert "--accept-warnings" not in refused.hint
    alice.settle()
    alice.push(BOTH)
    assert alice.in_force == BOTH


def test_two_failures_in_a_row_say_what_to_type(alice: Operator) -> None:
    for _ in range(2):
        alice.fake.next_change_ends(NAME, "FAILED")
    refused = alice.refusal(BOTH)
    assert "the way back failed" in refused.message
    assert f"truststore rollback {NAME} {alice.made.version}" in refused.hint


def test_the_thirty_seconds_are_waited_for(alice: Operator) -> None:
    alice.push(BOTH)
    began = alice.fake.clock.time()
    alice.push(bundle(NEW), accepted=1)  # at once
    assert alice.in_force == bundle(NEW)
    assert alice.fake.clock.time() - began < 300


def test_an_update_of_somebody_else_is_waited_for(alice: Operator) -> None:
    alice.fake.become(NAME, "UPDATING")
    alice.fake.clock.sleep(1)
    with pytest.raises(AwsRefused, match="UPDATING, after 1200 s") as refused:
        alice.push(BOTH)
    assert "goes on" in refused.value.hint
    alice.fake.become(NAME, "AVAILABLE")
    alice.push(BOTH)
    assert alice.in_force == BOTH


def test_the_second_of_two_operators_is_told_before_an_upload(fake: ControlPlane) -> None:
    alice = operator(fake)
    bob = Operator(alice.made)
    plan = bob.plan(bundle(OLD, NEW, authority(subject="CN=Third,O=Example")))
    alice.push(BOTH)
    with pytest.raises(Overtaken, match="somebody else put another version"):
        execute(plan, bob.account, bob.waiting, accept_warnings=False)
    assert bob.in_force == BOTH
    assert len(bob.made.versions()) == 2


def test_the_second_of_two_operators_is_told_before_an_update(fake: ControlPlane) -> None:
    """Both have what they want in S3 already; one of them moves the domain first."""
    third = bundle(OLD, authority(subject="CN=Third,O=Example"))
    alice = operator(fake)
    alice.made.upload(third)
    alice.made.upload(BOTH)
    bob = Operator(alice.made)
    plan = bob.plan(third)
    alice.push(BOTH)
    with pytest.raises(Overtaken, match="somebody else changed"):
        execute(plan, bob.account, bob.waiting, accept_warnings=False)
    assert bob.in_force == BOTH


def test_the_second_is_told_in_the_middle_of_the_first(fake: ControlPlane) -> None:
    """Bob begins when Alice has uploaded and not moved the domain yet."""
    alice = operator(fake)
    bob = Operator(alice.made)
    third = bundle(OLD, authority(subject="CN=Third,O=Example"))
    told: list[AwsRefused] = []
    fake.fail("UpdateDomainName", faults.doing(lambda: told.append(bob.refusal(third))))
    alice.push(BOTH)
    assert "another push to api.example.com is under way" in told[0].message
    assert alice.account.arn in told[0].message
    assert "--take-over" in told[0].hint
    assert alice.in_force == BOTH


def test_what_was_interrupted_is_taken_over_only_when_that_is_said(alice: Operator) -> None:
    alice.fake.fail("UpdateDomainName", faults.DENIED, times=faults.ALWAYS)
    alice.refusal(BOTH)
    alice.fake.heal()
    third = bundle(OLD, authority(subject="CN=Third,O=Example"))
    assert "--take-over" in alice.refusal(third).hint
    alice.push(third, take_over=True)
    assert alice.in_force == third
    alice.settle()
    fourth = bundle(OLD, authority(subject="CN=Fourth,O=Example"))
    alice.push(fourth)  # nothing of the first stands in the way any more
    assert alice.in_force == fourth


def test_the_first_goes_on_where_the_second_was_told(alice: Operator) -> None:
    alice.fake.fail("UpdateDomainName", faults.DENIED, times=faults.ALWAYS)
    assert "apigateway:PATCH" in alice.refusal(BOTH).hint
    alice.fake.heal()
    done = alice.push(BOTH)
    assert done is not None
    assert not done.was_added
    assert alice.in_force == BOTH


def test_warnings_that_got_lost_are_asked_for_again(alice: Operator) -> None:
    """API Gateway tells them once; the answer that had them did not arrive."""
    alice.fake.behaviour.also_warns[BOTH] = ("CN=New Root is odd",)
    alice.fake.fail("UpdateDomainName", faults.ANSWER_LOST)
    assert "CN=New Root is odd" in alice.refusal(BOTH).message
    assert alice.in_force == bundle(OLD)


def test_a_domain_that_is_pinned_to_no_version_gets_pinned(fake: ControlPlane) -> None:
    alice = operator(fake, pinned=False)
    alice.push(BOTH)
    assert alice.in_force == BOTH
    assert alice.pinned == alice.made.versions()[-1][0]


def test_a_stacks_domain_says_that_the_stack_does_not_know(fake: ControlPlane) -> None:
    alice = operator(fake, tags={"aws:cloudformation:stack-name": "mtls-api"})
    alice.push(BOTH)
    assert "domain.of-a-stack" in {one.code for one in alice.found}
    assert alice.in_force == BOTH


def test_nobody_is_known_and_something_goes(alice: Operator) -> None:
    assert "no client is known" in alice.refusal(bundle(NEW), clients=type(KNOWN)()).message
    assert alice.push(bundle(NEW), clients=type(KNOWN)(), accepted=0) is not None


def test_newcomers_are_no_reason_to_stop(alice: Operator) -> None:
    plan = alice.plan(BOTH)
    assert plan.lock_out.count == 0
    assert [one.subject.rfc4514_string() for one in plan.lock_out.difference.came] == [
        NEW.certificate.subject.rfc4514_string()
    ]
