"""Whatever goes wrong with whichever call: nobody who is right is locked out, and it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import Fault
from tests.unit.aws.faults_matrix import (
    COMMANDS,
    FAULTS,
    PARTNER_CLIENT,
    Command,
    Files,
    be_killed,
    beginning,
    suffer,
)
from tests.unit.aws.operator import NEW, Operator
from tests.unit.aws.typist import typist

by_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
MOST = 80  #: calls of one command


def spelled(one: object) -> str:
    return str(getattr(one, "name", "once" if one == 1 else "always"))


def nobody_is_locked_out(who: Operator, command: Command) -> int:
    """Which of the steps is in force: now, and when all that is on its way has arrived."""
    now = command.steps.index(who.in_force)
    assert who.accepts(PARTNER_CLIENT)
    who.settle()
    then = command.steps.index(who.in_force)
    assert who.accepts(PARTNER_CLIENT)
    assert who.fake.domains.get(who.name).settings.is_mutual
    assert abs(then - now) <= 1
    return then


def goes_on(who: Operator, command: Command) -> None:
    """The same command, typed again, comes to its end."""
    command.run(who)
    assert who.in_force == command.steps[-1]
    assert who.accepts(PARTNER_CLIENT)
    who.settle()
    before = len(who.made.versions())
    command.run(who)  # and once more: nothing
    assert (who.in_force, len(who.made.versions())) == (command.steps[-1], before)


@pytest.mark.parametrize(("command", "fault", "times"), FAULTS, ids=spelled)
def test_a_fault_at_any_call(
    fake: ControlPlane, command: Command, fault: Fault, times: int
) -> None:
    refusals = 0
    for number in range(1, MOST):
        who = beginning(fake, command, number)
        said = suffer(who, command, number, fault, times)
        step = nobody_is_locked_out(who, command)
        refusals += bool(said)
        if not said:
            assert step == len(command.steps) - 1
        goes_on(who, command)
        if max(call.number for call in fake.calls) < number and not said:
            break
    else:
        pytest.fail("it never came to its end")
    assert refusals or times == 1


@by_command
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_call(
    fake: ControlPlane, command: Command, tmp_path: Path, *, after: bool
) -> None:
    files = Files(tmp_path)
    files.write()
    with typist() as typing:
        for number in range(1, MOST):
            who = beginning(fake, command, number)
            words = files.words(command, who.name)
            was_killed = be_killed(who, typing, words, number, after=after)
            nobody_is_locked_out(who, command)
            goes_on(who, command)
            if not was_killed:
                assert number > 5
                break
        else:
            pytest.fail("it never came to its end")


def test_the_matrix_has_teeth(fake: ControlPlane) -> None:
    """A push that would drop the partner is seen by what is asserted above."""
    command = COMMANDS[0]
    who = beginning(fake, command, 1)
    who.push(NEW.pem.encode(), accepted=1)
    with pytest.raises((AssertionError, ValueError)):
        nobody_is_locked_out(who, command)
