"""An operator at a domain of the fake control plane: what `python -m aws` would do, by its time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cryptography import x509

from aws import lock_out, push, push_plan, rotate
from aws.account import Account, sign_in
from aws.domain import Patience
from aws.errors import AwsRefused
from aws.in_force import in_force
from aws.lock_out import Clients
from aws.move import Waiting
from aws.previous import previous
from aws.push import Pushed
from aws.push_plan import Plan, Wish
from aws.rotate import Standing, Wanted
from aws.rotation import Step
from aws.terminal import Terminal
from pki.difference import Client
from pki.findings import Finding
from tests.builders import Holder, authority, leaf
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import Protected, protected_domain

OLD = authority(subject="CN=Old Root,O=Example")
NEW = authority(subject="CN=New Root,O=Example")
OLD_CLIENT = leaf(issuer=OLD, subject="CN=old client,O=Example")
NEW_CLIENT = leaf(issuer=NEW, subject="CN=new client,O=Example")
KNOWN = Clients([Client(OLD_CLIENT.certificate), Client(NEW_CLIENT.certificate)], (), "index")
LIMIT = 1200.0


def bundle(*holders: Holder) -> bytes:
    return "".join(one.pem for one in holders).encode()


BOTH = bundle(OLD, NEW)


@dataclass
class Operator:
    """Somebody who types commands; *said* is what they read."""

    made: Protected
    said: list[str] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        self.account = sign_in("", "eu-central-1")
        self.made.fake.forget()

    @property
    def name(self) -> str:
        return self.made.name

    @property
    def fake(self) -> ControlPlane:
        return self.made.fake

    @property
    def waiting(self) -> Waiting:
        clock = self.fake.clock
        return Waiting(Patience(LIMIT, 5, clock.sleep, clock.time), self.said.append)

    def plan(self, content: bytes, **more: object) -> Plan:
        wish = replace(Wish(content, self.name, KNOWN), **more)  # type: ignore[arg-type]
        now = self.fake.clock.now()
        return push_plan.plan(
            self.account, wish, now, Terminal(self.said.append, self.found.extend)
        )

    def push(
        self,
        content: bytes,
        *,
        accepted: int | None = None,
        accept_warnings: bool = False,
        **more: object,
    ) -> Pushed | None:
        """As the command does it; None if nothing was to be done."""
        plan = self.plan(content, **more)
        if plan.is_done:
            return None
        lock_out.refuse(plan.lock_out, accepted)
        return push.execute(plan, self.account, self.waiting, accept_warnings=accept_warnings)

    def rollback(self, *, accepted: int | None = None) -> Pushed | None:
        """To the one before, as the command does it."""
        found = in_force(self.account, self.name)
        version = previous(found.versions, found.domain.truststore_version)
        content = found.versions.read(version)
        return self.push(content, accepted=accepted, version=version, take_over=True)

    def standing(self, *new: Holder, replaces: str = "", clients: Clients = KNOWN) -> Standing:
        wanted = Wanted([one.certificate for one in new], replaces, clients)
        return rotate.standing(in_force(self.account, self.name), wanted, self.fake.clock.now())

    def rotate(self, *new: Holder, replaces: str = "", clients: Clients = KNOWN) -> Step:
        """Take the next step, as the command does it, and return which one it was."""
        found = self.standing(*new, replaces=replaces, clients=clients)
        if found.step in {Step.PUBLISH_BOTH, Step.PUBLISH_NEW}:
            rotate.require_known(found)
            self.push(found.content(self.fake.clock.now()), clients=found.lock_out.clients)
        return found.step

    def refusal(self, content: bytes, **more: object) -> AwsRefused:
        """The refusal of a push, which has to come."""
        try:
            done = self.push(content, **more)  # type: ignore[arg-type]
        except AwsRefused as refused:
            return refused
        raise AssertionError(f"not refused: {done}")

    def settle(self) -> None:
        """Let whatever is on its way arrive, and the 30 seconds pass."""
        self.fake.clock.sleep(120)

    @property
    def in_force(self) -> bytes:
        return self.fake.in_force(self.name)

    @property
    def pinned(self) -> str:
        return self.fake.domains.get(self.name).settings.truststore_version

    def accepts(self, client: Holder) -> bool:
        certificate: x509.Certificate = client.certificate
        return self.fake.accepts(self.name, certificate)


def operator(fake: ControlPlane, content: bytes = b"", **more: object) -> Operator:
    """An operator at a domain that is on *content*, by default the old root alone."""
    return Operator(protected_domain(fake, content or bundle(OLD), **more))  # type: ignore[arg-type]
