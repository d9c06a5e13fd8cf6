"""A short run of `make fuzz`: whatever bytes come in, an answer or a refusal comes out."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.__main__ import faults
from tests.fuzz.entrances import ENTRANCES, Entrance

INPUTS = 400


@pytest.mark.parametrize("name", ENTRANCES)
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_no_bytes_get_anything_but_an_answer_or_a_refusal(name: str) -> None:
    entrance = ENTRANCES[name]
    for seed in entrance.seeds():
        entrance.take(seed)
    found = [line for line in faults(name, entrance, INPUTS, 1) if " s for " not in line]
    assert found == []


def test_a_traceback_would_be_seen() -> None:
    def take(data: bytes) -> None:
        if random.Random(data).random() < 0.1:  # noqa: S311
            raise KeyError(data[:3])

    spoiled = Entrance(take, (ValueError,), lambda: [b"good"])
    assert list(faults("broken", spoiled, 100, 1))
    assert not list(faults("fine", Entrance(len, (), lambda: [b"good"]), 100, 1))
