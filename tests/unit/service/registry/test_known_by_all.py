"""What one certificate, or one registration, does to the lookups of others."""

import pytest
from cryptography import x509

from service.certificate import ClientCertificate
from service.registry.known import PAUSE
from service.registry.store import Ambiguous, StoreUnavailable, UnreadableRegistration
from tests.unit.service.certs import leaf
from tests.unit.service.registry.test_known import REGISTERED, SHIPPING, World


@pytest.fixture
def world() -> World:
    return World()


def test_one_registration_that_cannot_be_read_is_no_others_trouble(world: World) -> None:
    world.store.answer = UnreadableRegistration("it is of a newer release")
    with pytest.raises(StoreUnavailable, match="newer release"):
        world.find()
    assert world.known.health() == {"state": "ok"}
    world.store.answer = REGISTERED
    assert world.find(SHIPPING) == REGISTERED
    assert world.store.asked == ["1", "2"]


@pytest.mark.parametrize(
    ("names", "is_asked"),
    [
        ([x509.DNSName(f"n{number}.example.org") for number in range(900)], True),
        ([x509.UniformResourceIdentifier(f"a://b/{'c/' * 30}{n}") for n in range(58)], True),
        ([x509.DNSName(f"n{number}.example.org") for number in range(1001)], False),
        ([x509.UniformResourceIdentifier(f"a://b/{'c/' * 30}{n}") for n in range(59)], False),
    ],
    ids=["many dns names", "many uris", "too many dns names", "too many uris"],
)
def test_a_certificate_with_too_many_names_is_refused_and_the_store_not_asked(
    world: World, names: list[x509.GeneralName], *, is_asked: bool
) -> None:
    many = ClientCertificate.from_certificate(leaf(serial_number=7, names=tuple(names)))
    if is_asked:
        assert world.find(many) == REGISTERED
    else:
        with pytest.raises(Ambiguous, match="it has more names than are looked up"):
            world.find(many)
    assert world.store.asked == (["7"] if is_asked else [])


def test_a_certificate_with_too_many_names_does_not_make_a_store_well(world: World) -> None:
    names = tuple(x509.DNSName(f"n{number}.example.org") for number in range(1001))
    world.store.answer = StoreUnavailable("the disk is gone")
    with pytest.raises(StoreUnavailable):
        world.find()
    world.now += PAUSE
    with pytest.raises(Ambiguous):
        world.find(ClientCertificate.from_certificate(leaf(names=names)))
    assert world.known.health()["state"] == "unavailable"
    world.store.answer = REGISTERED
    assert world.find() == REGISTERED
