"""python -m tests.fuzz [INPUTS [SEED]]: spoiled bytes for every parser that strangers reach.

What is neither taken nor refused in the parser's own words is shown, with the seed that makes it
again; so is what took more than two seconds. Exit code 1 if there was any.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Iterator

from tests.fuzz.entrances import ENTRANCES, Entrance
from tests.fuzz.spoil import spoiled

SLOW = 2.0  # seconds


def faults(name: str, entrance: Entrance, inputs: int, seed: int) -> Iterator[str]:
    """Yield a line for each of *inputs* that is a fault of *entrance*."""
    seeds = entrance.seeds()
    for number in range(inputs):
        data = spoiled(seeds[number % len(seeds)], random.Random(f"{seed}-{name}-{number}"))  # noqa: S311
        began = time.process_time()
        try:
            entrance.take(data)
        except entrance.refusals:
            pass
        except Exception as error:  # noqa: BLE001
            yield f"{name} {seed}-{name}-{number}: {error!r:.300} for {data.hex()[:200]}"
        took = time.process_time() - began
        if took > SLOW:
            yield f"{name} {seed}-{name}-{number}: {took:.1f} s for {data.hex()[:200]}"


def main() -> int:
    """Divide the inputs among the entrances."""
    inputs = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    count = 0
    for name, entrance in ENTRANCES.items():
        began = time.monotonic()
        each = -(-inputs // len(ENTRANCES))
        for line in faults(name, entrance, each, seed):
            count += 1
            sys.stdout.write(line + "\n")
        sys.stdout.write(f"· {name}: {each:,} inputs in {time.monotonic() - began:.0f} s\n")
        sys.stdout.flush()
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"{count} faults, seed {seed}, at most {largest} MB\n")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
