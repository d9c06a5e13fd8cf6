"""python -m bench.first_answer MODULE: import its handler and give it the event from stdin.

A process of its own. Says in JSON how long the import took, how long import and first answer took
together, and the answer; Python's own start, which no function can change, is not in it.
"""

from __future__ import annotations

import importlib
import json
import sys
import time


def main() -> None:
    """Read, import, call, print."""
    event = json.load(sys.stdin)
    started = time.perf_counter()
    handler = importlib.import_module(sys.argv[1]).handler
    imported = time.perf_counter() - started
    answer = handler(event, None)
    elapsed = time.perf_counter() - started
    said = {"import": imported * 1000, "milliseconds": elapsed * 1000, "answer": answer}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
