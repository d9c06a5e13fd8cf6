"""All fronts at once, and who asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.rate import LEAST, Rate
from service.registry.api_keys import hashed
from service.registry.matcher import Matcher
from service.registry.opening import open_store
from service.registry.registration import Registration
from service.registry.store import Actor
from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki
from tests.e2e.vectors import Cast
from tests.parity import bearer, fronts, message, running
from tests.parity.fronts import OverTls
from tests.parity.message import Front


@pytest.fixture(scope="session")
def issuing(pki: Pki) -> Holder:
    return builders.issuing_of(pki.home)


@pytest.fixture(scope="session")
def billing(pki: Pki) -> Holder:
    return builders.read(*pki.client("billing"))


@pytest.fixture(scope="session")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Holder], Files]]:
    folder: Path = tmp_path_factory.mktemp("holders")
    with ExitStack() as stack:
        yield fronts.keeper(folder, stack)


@pytest.fixture(scope="session")
def here() -> Mapping[str, Front]:
    """The fronts that need no process, by name."""
    return {front.name: front for front in fronts.in_process()}


@pytest.fixture(scope="session")
def real(pki: Pki, keep: Callable[[Holder], Files]) -> Iterator[Mapping[str, OverTls]]:
    """8443 and 9443, the latter before a REST API in AWS's runtime, and before an HTTP API."""
    with _real(pki, keep) as found:
        yield found


@contextmanager
def _real(
    pki: Pki, keep: Callable[[Holder], Files], more: Mapping[str, str] = {}
) -> Iterator[Mapping[str, OverTls]]:
    with ExitStack() as stack:
        enter = stack.enter_context
        one, other = enter(running.folder()), enter(running.folder())
        service, url = enter(running.service(one, more)), enter(running.function(one, more))
        enter(running.gateway(one, pki.truststore, url))
        in_process = f"{running.APPLICATION}:handler"
        enter(running.gateway(other, pki.truststore, in_process, "2.0", more=more))
        ports, ports_2 = (
            enter(running.nginx(run, pki, pki.truststore, service, run / "gateway.sock"))
            for run in (one, other)
        )
        listening = {
            message.ALB: ports.alb,
            message.GATEWAY: ports.api_gateway,
            message.GATEWAY_2: ports_2.api_gateway,
        }
        found = {name: OverTls(name, port, pki.ca, keep) for name, port in listening.items()}
        for front in found.values():
            stack.callback(front.close)
        yield found


@pytest.fixture(scope="session")
def every(here: Mapping[str, Front], real: Mapping[str, Front]) -> Mapping[str, Front]:
    """All of them."""
    found = {**here, **real}
    return {name: found[name] for name in message.NAMES}


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A CLIENT_REGISTRY where billing and alice may do with orders what they like.

    eager may too, and call once a day. billing has an API key, alice is the administrator.
    """
    url = f"sqlite:///{tmp_path_factory.mktemp('registry') / 'clients.sqlite'}"
    store, scopes = open_store(url), frozenset({"orders:read", "orders:write"})
    for name, rate in (("billing", None), ("alice", None), ("eager", Rate(LEAST, 1))):
        matcher = Matcher.of("uri", f"spiffe://example.org/{name}")
        keys = (hashed(bearer.API_KEY),) if name == "billing" else ()
        admin = ("clients:admin",) if name == "alice" else ()
        new = Registration(name, name, (matcher,), scopes.union(admin), rate=rate, api_keys=keys)
        store.create(new, Actor("tests"), datetime.now(UTC))
    return url


@pytest.fixture(scope="session")
def registered(
    pki: Pki, keep: Callable[[Holder], Files], registry: str
) -> Iterator[Mapping[str, Front]]:
    """All fronts again, of a service that has the registry."""
    more = {"CLIENT_REGISTRY": registry}
    with _real(pki, keep, more) as real:
        found = {**{front.name: front for front in fronts.in_process(more)}, **real}
        yield {name: found[name] for name in message.NAMES}


@pytest.fixture(scope="session")
def cast(pki: Pki, issuing: Holder) -> Cast:
    """Whose leaves the forgeries bring."""
    elsewhere = ("--uri", "spiffe://elsewhere.example/outsider")
    return Cast(
        other_client=builders.read(*pki.client("alice")),
        stranger=builders.leaf(issuer=builders.authority()),
        outsider=builders.read(*pki.client("outsider", *elsewhere)),
        expired=builders.leaf(issuer=issuing, lifetime=timedelta(minutes=5)),
    )
