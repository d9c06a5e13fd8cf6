"""A CRL is put in force: in S3, where the service looks, or in a trust store of ALB."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from cryptography import x509

from pki import crl, truststore
from pki.errors import PkiError, filesystem
from pki.findings import Finding, Severity

from . import crl_check, crl_object, stacks
from .account import Account
from .crl_check import LARGEST, Crl
from .crl_object import Stored
from .errors import AwsRefused
from .in_force import in_force
from .move import Retries, Waiting
from .pin import Place
from .terminal import Terminal
from .trust_store import Revocation, TrustStore, TrustStores, fingerprint


@dataclass(frozen=True, slots=True)
class Wish:
    """What is pushed, and where to: uri, or that of the stack; and into the trust store, if any.

    truststore: the file with the CAs whose CRLs count; None = as the stack or trust store has it.
    """

    file: Path
    uri: str = ""
    stack: str = ""
    trust_store: str = ""
    truststore: Path | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: *content* at *place*, *stored* being there; and into *store*, if any.

    there: what the trust store has; is_added: it has this one; old: ids of those it replaces.
    """

    crls: Sequence[Crl]
    content: bytes
    place: Place
    stored: Stored
    store: TrustStore | None = None
    is_added: bool = False
    old: tuple[int, ...] = ()

    @property
    def is_stored(self) -> bool:
        """Whether it lies at its place."""
        return self.stored.content == self.content

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be done: a trust store has its own copy, wherever it is from."""
        if self.store:
            return self.is_added and not self.old
        return self.is_stored


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was done; version: of the object, "" = its bucket keeps none, or nothing was put."""

    version: str = ""
    removed: tuple[int, ...] = ()


def plan(account: Account, wish: Wish, now: datetime, terminal: Terminal) -> Plan:
    """Return what is to be done for *wish* at *now*; nothing is changed.

    AwsRefused if the CRL does not hold, is not of a CA that is trusted there, or is older than what
    it would replace.
    """
    content, crls = _read(wish.file)
    if wish.trust_store and len(crls) > 1:
        raise AwsRefused(
            f"{str(wish.file)!r} has {len(crls)} CRLs, and a trust store takes one at a time",
            "push them one after the other",
        )
    place, authorities, store = _where(account, wish, terminal)
    found = [finding for one in crls for finding in crl_check.check(one, authorities, now)]
    terminal.say(f"looking at what lies at {place.uri}")
    stored = crl_object.read(account, place)
    if store is None:
        found += crl_object.findings(crls, stored, place)
        _stop(terminal, found)
        whole = crl_object.merged(crls, content, stored)
        _require_small(whole, f"what {place.uri} would have, with the CRLs of other CAs there,")
        return Plan(crls, whole, place, stored)
    there = _same_issuer(TrustStores(account).revocations(store), crls[0])
    found += crl_check.for_alb(crls[0])
    found += [finding for _, one in there for finding in crl_check.against(crls[0], one)]
    found += _alone(crls, stored, place)
    _stop(terminal, found)
    kept = _kept(there, crls[0])
    old = tuple(id_ for id_, _ in there if id_ != kept)
    return Plan(crls, crl_object.pem(crls), place, stored, store, kept is not None, old)


def execute(plan: Plan, account: Account, waiting: Waiting) -> Pushed:
    """Do what *plan* says; AwsRefused otherwise, and the same again goes on from there.

    In a trust store the new CRL is added before older ones of its issuer are removed: there is no
    moment without one. Whatever was added twice, over a lost answer, goes with the older ones.
    """
    retries = Retries(waiting)
    version = plan.stored.version
    if not plan.is_stored and not plan.is_added:
        waiting.say(f"putting it at {plan.place.uri}")
        version = retries.of(
            partial(crl_object.put, account, plan.place, plan.content, plan.stored)
        )
    if plan.store is None:
        return Pushed(version)
    stores, store, new = TrustStores(account), plan.store, plan.crls[0]
    if not plan.is_added:
        waiting.say(f"adding it to the trust store {store.name}")
        retries.of(lambda: stores.add(store, plan.place, version))
    there = _same_issuer(retries.of(lambda: stores.revocations(store)), new)
    kept = _kept(there, new)
    if kept is None:
        raise AwsRefused(
            f"the trust store {store.name} does not show the CRL that was added to it",
            "type the same again: older ones of its CA are still in force",
        )
    # Somebody else's that is newer stays; the next push, which will be newer still, removes it.
    old = tuple(id_ for id_, one in there if id_ != kept and not any(crl_check.against(new, one)))
    retries.of(lambda: stores.remove(store, old))
    return Pushed(version, old)


def _read(path: Path) -> tuple[bytes, list[Crl]]:
    with filesystem("read", path), path.open("rb") as file:
        content = file.read(LARGEST + 1)
    _require_small(content, repr(str(path)))
    found = crl.parse_all(content)
    if found is None:
        raise PkiError(f"{str(path)!r} is no CRL, expected PEM or DER", "python -m pki crl")
    return content, found


def _require_small(content: bytes, what: str) -> None:
    if len(content) > LARGEST:
        raise PkiError(
            f"{what} is larger than 50 MiB, which is the most that ALB and the service take",
            "leave out certificates that have expired, or split it by distribution point",
        )


def _where(
    account: Account, wish: Wish, terminal: Terminal
) -> tuple[Place, Sequence[x509.Certificate], TrustStore | None]:
    """Return where the CRL goes, whose count there, and the trust store, if that is meant."""
    stack = _stack(account, wish.stack) if wish.stack else {}
    place = Place.of(wish.uri or stack["CrlUri"])
    if wish.trust_store:
        terminal.say(f"asking for the CAs of the trust store {wish.trust_store}")
        stores = TrustStores(account)
        store = stores.find(wish.trust_store)
        return place, stores.authorities(store), store
    if wish.truststore:
        return place, truststore.read(wish.truststore), None
    name = stack["DomainName"]
    terminal.say(f"reading the truststore that is in force at {name}")
    found = in_force(account, name)
    content = found.versions.read(found.domain.truststore_version)
    return place, truststore.parse(content, found.domain.truststore_uri), None


def _stack(account: Account, name: str) -> dict[str, str]:
    found = stacks.read(account, name)
    if found is None:
        raise AwsRefused(
            f"there is no stack {name!r} in {account}",
            "another --region or --profile? see: aws cloudformation list-stacks",
        )
    wanted = ("CrlUri", "DomainName")
    missing = [one for one in wanted if one not in found.outputs]
    if missing:
        raise AwsRefused(
            f"the stack {name!r} has no output {missing[0]}",
            "make deploy, with the repository's template.yaml; or say where to: --uri",
        )
    return {one: found.outputs[one] for one in wanted}


def _alone(crls: Sequence[Crl], stored: Stored, place: Place) -> Iterator[Finding]:
    """What a trust store reads has one CRL alone: those of other CAs there would be lost."""
    yield from crl_object.findings(crls, stored, place)
    ours = {crl_check.identity(one) for one in crls}
    others = [one for one in stored.crls or () if crl_check.identity(one) not in ours]
    if others:
        said = f"at {place.uri} lie CRLs of other CAs too: {crl_object.names(others)}"
        hint = "give the trust store a --uri of its own"
        yield Finding(Severity.ERROR, "crl.others-there", said, hint, place.uri)


def _same_issuer(there: Sequence[Revocation], new: Crl) -> list[tuple[int, Crl]]:
    wanted = crl_check.identity(new)
    read = [(one.id, one.crl) for one in there]
    # An empty CRL is false, as every empty sequence is.
    return [(i, one) for i, one in read if one is not None and crl_check.identity(one) == wanted]


def _kept(there: Sequence[tuple[int, Crl]], new: Crl) -> int | None:
    """Return the id under which the trust store has *new* already; the first, if twice."""
    return next((id_ for id_, one in there if fingerprint(one) == fingerprint(new)), None)


def _stop(terminal: Terminal, found: list[Finding]) -> None:
    state = "nothing was changed, such a CRL is not put in force"
    terminal.stop_at_errors(found, state, "see above")
