"""Every call of push, rollback and rotate, and every fault that can come over it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aws.errors import AwsRefused
from aws.lock_out import Clients
from pki.difference import Client
from tests.builders import authority, leaf
from tests.fakes import faults
from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import Fault
from tests.fakes.protected import issued_certificate, protected_domain
from tests.unit.aws.moto_server import REGION
from tests.unit.aws.operator import NEW, NEW_CLIENT, OLD, Operator, bundle
from tests.unit.aws.typist import SPEED, Typist

#: Whose clients are right before, meanwhile and after.
PARTNER = authority(subject="CN=Partner Root,O=Partner")
PARTNER_CLIENT = leaf(issuer=PARTNER, subject="CN=partner,O=Partner")
FIRST, BETWEEN, LAST = bundle(OLD, PARTNER), bundle(NEW, OLD, PARTNER), bundle(NEW, PARTNER)
MOVED = Clients([Client(NEW_CLIENT.certificate), Client(PARTNER_CLIENT.certificate)], (), "index")


def push(who: Operator) -> None:
    who.push(BETWEEN, clients=MOVED)


def rollback(who: Operator) -> None:
    """Back from LAST to FIRST; where it is there, nothing is to be done."""
    if who.in_force != FIRST:
        who.rollback(accepted=1)


def rotate(who: Operator) -> None:
    while who.rotate(NEW, replaces="Old Root", clients=MOVED) != "done":
        who.settle()


@dataclass(frozen=True)
class Command:
    """What is typed, at a domain that begins with *begins*; *steps*: what may be in force."""

    run: Callable[[Operator], None]
    begins: tuple[bytes, ...]  #: pushed one after another before it
    steps: tuple[bytes, ...]  #: in this order

    @property
    def name(self) -> str:
        return self.run.__name__


COMMANDS = (
    Command(push, (FIRST,), (FIRST, BETWEEN)),
    Command(rollback, (FIRST, LAST), (LAST, FIRST)),
    Command(rotate, (FIRST,), (FIRST, BETWEEN, LAST)),
)
#: Which faults come over which command; once is often overcome by botocore, always is not.
FAULTS: tuple[tuple[Command, Fault, int], ...] = (
    *((command, faults.DENIED, faults.ALWAYS) for command in COMMANDS),
    *((command, faults.ANSWER_LOST, 1) for command in COMMANDS),
    (COMMANDS[0], faults.ANSWER_LOST, faults.ALWAYS),
    (COMMANDS[0], faults.HUNG_UP, faults.ALWAYS),
    (COMMANDS[2], faults.HUNG_UP, faults.ALWAYS),
)


def beginning(fake: ControlPlane, command: Command, number: int) -> Operator:
    """An operator who is about to type *command*, at a domain of its own."""
    first, *others = command.begins
    fake.behaviour.updating_for = 4.0  # one look: each takes real time
    name = f"n{number}-{command.name}.example.com"
    who = Operator(protected_domain(fake, first, name=name, certificate_arn=_certificate(fake)))
    for content in others:
        who.push(content, clients=Clients(), accepted=0)
        who.settle()
    fake.forget()
    return who


@functools.cache
def _certificate(fake: ControlPlane) -> str:
    return issued_certificate(fake, "*.example.com")


def suffer(who: Operator, command: Command, number: int, fault: Fault, times: int) -> str:
    """Type *command* while *fault* comes over call *number*; return what was said."""
    who.fake.fail(number, fault, times=times)
    try:
        command.run(who)
    except AwsRefused as refused:
        return refused.message
    finally:
        who.fake.heal()
    return ""


@dataclass(frozen=True)
class Files:
    """What is typed is about files."""

    folder: Path

    def write(self) -> None:
        clients = self.folder / "clients"
        clients.mkdir()
        for name, client in (("new", NEW_CLIENT), ("partner", PARTNER_CLIENT)):
            (clients / f"{name}.pem").write_text(client.pem)
        (self.folder / "between.pem").write_bytes(BETWEEN)
        (self.folder / "new.pem").write_text(NEW.pem)

    def words(self, command: Command, domain: str) -> list[str]:
        known = ["--issued", str(self.folder / "clients"), "--yes", "--region", REGION]
        if command.run is push:
            return ["truststore", "push", str(self.folder / "between.pem"), domain, *known]
        if command.run is rollback:
            return ["truststore", "rollback", domain, "--lock-out", "1", *known]
        new = str(self.folder / "new.pem")
        return ["rotate", "next", new, domain, "--replaces", "Old Root", *known]


def be_killed(who: Operator, typing: Typist, words: list[str], number: int, *, after: bool) -> bool:
    """Have *words* typed, and the process killed at call *number*; False if it came to its end."""

    def pid() -> int:
        while not typing.pid:
            time.sleep(0.001)
        return typing.pid

    typing.pid = 0
    who.fake.fail(number, faults.kill(pid, after=after))
    who.fake.clock.speed = SPEED
    code = typing.type(words, who.fake.environment())
    who.fake.clock.speed = 0.0
    who.fake.heal()
    assert code in {0, -9}, code
    return code == -9
