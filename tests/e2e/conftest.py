"""The clients of the end-to-end tests, good and wrong, and a proxy alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki
from tests.e2e.recorder import Proxy, proxy_alone
from tests.e2e.vectors import Cast


@pytest.fixture(scope="session")
def issuing(pki: Pki) -> Holder:
    """The real issuing CA: what it signs, the stacks trust."""
    return builders.issuing_of(pki.home)


@pytest.fixture(scope="session")
def billing(pki: Pki) -> Files:
    """The good twin of every wrong client."""
    return Files(*pki.client("billing"))


@pytest.fixture(scope="session")
def alice(pki: Pki) -> Files:
    """Another admitted client: whom a forger would like to be."""
    return Files(*pki.client("alice"))


@pytest.fixture(scope="session")
def outsider(pki: Pki) -> Files:
    """A client of our CA whose URI is on no list."""
    return Files(*pki.client("outsider", "--uri", "spiffe://elsewhere.example/outsider"))


@pytest.fixture(scope="session")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Holder], Files]:
    """Writes a holder to files of its own."""
    folder: Path = tmp_path_factory.mktemp("holders")
    return lambda holder: builders.write(folder, f"{holder.certificate.serial_number:x}", holder)


@pytest.fixture(scope="session")
def stranger(keep: Callable[[Holder], Files]) -> Files:
    """A client of a CA that nobody here trusts, with the names of `billing`."""
    return keep(builders.leaf(issuer=builders.authority()))


@pytest.fixture(scope="session")
def alb(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx in verify mode in front of a recorder: what would the service get?"""
    with proxy_alone(pki, tmp_path_factory.mktemp("alb")) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def passthrough_alb(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The same in passthrough mode."""
    with proxy_alone(pki, tmp_path_factory.mktemp("alb"), "passthrough") as proxy:
        yield proxy


@pytest.fixture(scope="session")
def cast(issuing: Holder, alice: Files, stranger: Files, outsider: Files) -> Cast:
    """Whose leaves the vectors bring."""
    return Cast(
        other_client=builders.read(alice.pem, alice.key),
        stranger=builders.read(stranger.pem, stranger.key),
        outsider=builders.read(outsider.pem, outsider.key),
        expired=builders.leaf(issuer=issuing, lifetime=timedelta(minutes=5)),
    )


@pytest.fixture(scope="session")
def signer() -> Holder:
    """A root with an RSA key, which can sign with PSS."""
    return builders.authority(subject="CN=RSA Root,O=Test", key=builders.rsa_key(2048))


@pytest.fixture(scope="session")
def towers() -> Mapping[int, tuple[Holder, ...]]:
    """By the number of intermediates: root, intermediates, leaf."""
    return {floors: builders.tower(intermediates=floors) for floors in (3, 4)}


@pytest.fixture(scope="session")
def wider_pki(
    pki: Pki,
    signer: Holder,
    towers: Mapping[int, tuple[Holder, ...]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Pki:
    """A copy of the PKI, with a truststore that has the other CAs too."""
    home = tmp_path_factory.mktemp("wider") / "pki"
    shutil.copytree(pki.home, home)
    more = [signer, *(ca for tower in towers.values() for ca in tower[:-1])]
    with (home / "truststore.pem").open("a") as truststore:
        truststore.write(builders.bundle(*(ca.certificate for ca in more)))
    return Pki(home)
