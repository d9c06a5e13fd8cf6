"""An operator in front of the fake control plane: commands in this process, by its clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from aws.cli import main
from tests.fakes import faults
from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import ALWAYS, Fault
from tests.fakes.sources import client

#: What may happen to a call. Of THROTTLED and the rest botocore overcomes one alone.
FAULTS: dict[str, Fault] = {
    "denied": faults.DENIED,
    "throttled": faults.THROTTLED,
    "server-error": faults.SERVER_ERROR,
    "hung-up": faults.HUNG_UP,
    "answer-lost": faults.ANSWER_LOST,
    "killed": Fault("killed", hangs_up=True, after=True),  #: and after it there is no other call
}


def run(fake: ControlPlane, *words: str, answer: str | None = None) -> click.testing.Result:
    """`python -m aws *words*`, which sleeps by the clock of *fake*; *answer*: typed, at a tty."""
    clock = SimpleNamespace(sleep=fake.clock.sleep, monotonic=fake.clock.time)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aws.cli.options.time", clock)
        if answer is not None:
            patch.setattr("aws.cli.options.sys", SimpleNamespace(stdin=_Tty()))
        done = CliRunner().invoke(main, words, input=answer)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done


class _Tty:
    def isatty(self) -> bool:
        return True


def succeeds(fake: ControlPlane, *words: str) -> str:
    """What it prints; it must end well."""
    done = run(fake, *words)
    assert done.exit_code == 0, done.output
    return done.stdout


def as_json(fake: ControlPlane, *words: str) -> dict[str, Any]:
    """What it prints with --json; nothing but JSON may be in standard output."""
    found: dict[str, Any] = json.loads(succeeds(fake, *words, "--json"))
    return found


def refused(fake: ControlPlane, *words: str) -> tuple[str, str]:
    """Error and hint of a command that must be refused with exit code 1."""
    done = run(fake, *words)
    assert done.exit_code == 1, done.output
    return error_of(done)


def error_of(done: click.testing.Result) -> tuple[str, str]:
    """The last error, and its hint."""
    first, second = done.stderr.splitlines()[-2:]
    assert first.startswith("error: "), done.stderr
    assert second.startswith("  hint: "), done.stderr
    assert len(second) > len("  hint: "), done.stderr
    return first.removeprefix("error: "), second.removeprefix("  hint: ")


@dataclass(frozen=True)
class Case:
    """A command over something made for it: *state* is "old", "new", or whatever else it is."""

    words: tuple[str, ...]
    state: Callable[[], str]


def calls_of(fake: ControlPlane, case: Case) -> int:
    """How many calls it takes when nothing goes wrong."""
    fake.clock.sleep(60)
    fake.forget()
    succeeds(fake, *case.words)
    assert case.state() == "new"
    return max(call.number for call in fake.calls)


def with_faults(
    fake: ControlPlane, make: Callable[[], Case], fault: Fault, *, times: int = ALWAYS
) -> Iterator[tuple[int, Case, click.testing.Result]]:
    """For every call of the command: it goes wrong with *fault*, and then not any more.

    After the first: old or new, two lines and no traceback; after the second: new.
    """
    count = calls_of(fake, make())
    for number in range(1, count + 1):
        case = make()
        fake.clock.sleep(60)
        fake.forget()
        fake.fail(number, fault, times=times)
        if fault.name == "killed":
            fake.fail(lambda call, last=number: call.number > last, faults.DENIED, times=ALWAYS)  # type: ignore[misc]
        done = run(fake, *case.words)
        said = f"call {number} of {count}, {fault.name}: {done.output}"
        assert case.state() in {"old", "new"}, said
        if done.exit_code:
            assert done.exit_code == 1, said
            error_of(done)
        yield number, case, done
        fake.heal()
        fake.clock.sleep(60)
        again = run(fake, *case.words)
        assert (again.exit_code, case.state()) == (0, "new"), f"{said}\n{again.output}"


def stack(fake: ControlPlane, name: str, **outputs: str) -> None:
    """A stack with these outputs."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    client("cloudformation", fake.moto).create_stack(
        StackName=name, TemplateBody=json.dumps(template)
    )
