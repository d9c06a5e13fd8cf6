"""API keys as they are made, stored and taken away."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.registry.api_keys import (
    UnknownKey,
    add_key,
    generate,
    hashed,
    is_well_formed,
    remove_key,
)
from service.registry.registration import Registration
from service.registry.store import Actor, UnknownRegistration
from tests.unit.service.registered import SETUP, Registered

NOW = datetime.now(UTC)


@pytest.fixture
def world(tmp_path: Path) -> Registered:
    return Registered.at(tmp_path / "clients.sqlite")


def test_a_key_has_256_random_bits_and_a_checksum() -> None:
    keys = {generate() for _ in range(1000)}
    assert len(keys) == 1000
    assert {len(key) for key in keys} == {len("mtls_") + 43 + 6}
    assert all(map(is_well_formed, keys))
    # Each of 62 digits turns up in each place, but for the first, which 2^256 does not fill.
    assert all(len(Counter(key[at] for key in keys)) == 62 for at in range(6, 48))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: key[:20] + ("0" if key[20] != "0" else "1") + key[21:],
        lambda key: key[:20] + key[21] + key[20] + key[22:] if key[20] != key[21] else key[:-1],
        lambda key: key.swapcase(),
        lambda key: key + "0",
        lambda key: key[:-1],
        lambda key: key.removeprefix("mtls_"),
        lambda key: f"{key}\n",
        lambda key: key[:0],
        lambda key: key[:5] + "\u0660" * 49,
    ],
    ids=range(10),
)
def test_one_character_wrong_is_no_key_of_ours(spoil: Callable[[str], str]) -> None:
    assert not is_well_formed(spoil(generate()))


def test_what_is_stored_does_not_tell_the_key(world: Registered, tmp_path: Path) -> None:
    key = add_key(world.store, "billing", SETUP, NOW)
    assert world.store.get("billing").api_keys == (hashed(key),)
    world.store.close()
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert hashed(key).encode() in everything
    assert key.encode() not in everything
    with sqlite3.connect(tmp_path / "clients.sqlite") as database:
        assert key not in "\n".join(database.iterdump())


@pytest.mark.parametrize("name", ["", "abcdef012345", "12345", "%"], ids=range(4))
def test_what_names_no_key_removes_none(world: Registered, name: str) -> None:
    add_key(world.store, "billing", SETUP, NOW)
    with pytest.raises(UnknownKey, match="expected one of 'billing'"):
        remove_key(world.store, "billing", name, SETUP, NOW)
    assert len(world.store.get("billing").api_keys) == 1


def test_nobody_gets_or_loses_a_key_who_is_not_registered(world: Registered) -> None:
    with pytest.raises(UnknownRegistration):
        add_key(world.store, "nobody", SETUP, NOW)
    with pytest.raises(UnknownRegistration):
        remove_key(world.store, "nobody", "abcdef", SETUP, NOW)


def test_a_change_in_between_takes_no_key_away(
    world: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people add a key to one client at once: it has both."""
    get = world.store.get
    tries: list[str] = []

    def other_first(id_: str) -> Registration:
        found = get(id_)
        if not tries:
            tries.append(id_)
            world.store.update(found, Actor("cli:other"), NOW)
        return found

    monkeypatch.setattr(world.store, "get", other_first)
    first = add_key(world.store, "billing", SETUP, NOW)
    second = add_key(world.store, "billing", SETUP, NOW)
    assert get("billing").api_keys == (hashed(first), hashed(second))
