"""Identity, registry and scope of one request, inside the process: Gate.admit with a registry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from flask import request

from service.app import create_app
from service.authorization import Demands
from service.certificate import ClientCertificate
from service.config import Config
from service.identity import Gate, Questions
from service.registry.admission import admission
from service.registry.known import Known
from service.registry.matcher import Matcher
from service.registry.registration import Registration
from service.registry.sqlite import SqliteStore
from service.registry.store import Actor
from stack.settings import ROOT

from .admission import HEADER, spellings
from .issuing import issuing
from .results import Bounded, Compared, Section
from .samples import client_leaf

CACHED, UNCACHED, LARGER = 30.0, 400.0, 1.2  # microseconds, times
FEW, CALLING = 200, 200
_AT_ONCE = 5000
_CONFIG = Config.from_env(
    {
        "CLIENT_CERT_SOURCE": "alb-verify",
        "TRUSTED_PROXIES": "unix",
        "ALLOW_SUBJECTS": "CN=nobody",
    }
)
_DEMANDED = Demands(scopes=frozenset({"orders:read"}))
ABOUT = """\
`service.identity.Gate.admit()` in a request context, without network: source, certificate,
validity, registry, status, and a scope that the view demands. **Cached** is the same certificate
again. **Uncached** is a header whose text was never seen, of one of {calling} clients in turns, and
a registry that is asked each time: an SQLite file with {few} clients, or with {many:,}, of which
each has a URI, bound to the issuer, and a DNS name. {calls} calls a round, all four in turns."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is called, and with which headers."""

    admit: Callable[[], None]
    texts: Iterator[str]
    took: list[float]


def measure(*, rounds: int, calls: int, clients: int) -> Section:
    """Make both registries, and take the rounds."""
    folder = ROOT / ".run"
    folder.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=folder) as run:
        leaves = _leaves()
        turns = {
            (many, cached): turn
            for many in (FEW, clients)
            for cached, turn in _turns(Path(run, f"{many}.sqlite"), many, leaves)
        }
        for _ in range(rounds):
            for turn in turns.values():
                turn.took.append(_round(turn, calls))
    rows: list[Bounded | Compared] = []
    for cached, what, bound in ((True, "cached", CACHED), (False, "uncached", UNCACHED)):
        few, many = turns[FEW, cached].took, turns[clients, cached].took
        rows += [
            Bounded(f"{what}, {FEW} clients", few, bound),
            Bounded(f"{what}, {clients:,} clients", many, bound),
            Compared(f"{what}, many against few", many, few, at_most=LARGER),
        ]
    about = ABOUT.format(calling=CALLING, few=FEW, many=clients, calls=calls)
    return Section("The client registry", about, "microseconds a call", rows, names=("many", "few"))


def _turns(
    path: Path, many: int, leaves: Sequence[x509.Certificate]
) -> Iterator[tuple[bool, _Turn]]:
    """Yield the turns over a registry of so many, what is cached first."""
    store = _filled(path, many, ClientCertificate.from_certificate(leaves[0]).issuer)
    yield True, _Turn(_gate(store, ttl=3600), cycle([next(spellings(leaves[0]))]), [])
    each = [spellings(leaf) for leaf in leaves]
    texts = (next(of_one) for of_one in cycle(each))
    asking = _Turn(_gate(store, ttl=0), texts, [])
    _round(asking, len(leaves))  # once an hour a client is noted as seen
    yield False, asking


def _gate(store: SqliteStore, *, ttl: float) -> Callable[[], None]:
    registered = admission(Known(store, ttl, time.monotonic))
    gate = Gate(_CONFIG, lambda: datetime.now(UTC), Questions(registered=registered))
    return partial(gate.admit, _DEMANDED)


def _round(turn: _Turn, calls: int) -> float:
    texts = list(islice(turn.texts, calls + 1))
    with create_app(_CONFIG).test_request_context(environ_overrides={"REMOTE_ADDR": ""}):
        environ = request.environ
        environ[HEADER] = texts[0]
        turn.admit()
        started = time.perf_counter()
        for text in texts[1:]:
            environ[HEADER] = text
            turn.admit()
        return (time.perf_counter() - started) / calls * 1e6


def _filled(path: Path, many: int, issuer: str) -> SqliteStore:
    """A registry of so many clients; those that call lie all over it."""
    store, now, actor = SqliteStore(str(path)), datetime.now(UTC), Actor("bench")
    for start in range(0, many, _AT_ONCE):
        with store.together():
            for number in range(start, min(start + _AT_ONCE, many)):
                name = f"client-{number * CALLING // many}-{number}"
                if number % (many // CALLING) == 0:
                    name = f"client-{number * CALLING // many}"
                store.create(_registration(name, issuer), actor, now)
    return store


def _registration(name: str, issuer: str) -> Registration:
    uri = Matcher.of("uri", f"spiffe://example.org/{name}", issuer)
    dns = Matcher.of("dns", f"{name}.example.org")
    return Registration(name, "Example", (uri, dns), scopes=_DEMANDED.scopes)


def _leaves() -> list[x509.Certificate]:
    authority = issuing("ec-p256")
    return [client_leaf(authority, f"client-{number}") for number in range(CALLING)]
