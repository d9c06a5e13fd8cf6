"""python -m bench.invocations: the function with an event, and its Flask app with an equal environ.

A process of its own, because service.lambda_handler reads its environment when it is imported. The
event comes from stdin; microseconds a call, a value per round, go to stdout as JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from service import lambda_handler

from .results import take_turns

Environ = dict[str, Any]
Answer = tuple[int, str]


def main() -> None:
    """Read the command line and the event, take the turns, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.invocations", description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    event = json.load(sys.stdin)
    # The log's lines are written; to where they cost the same in every round.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        environ = _environ(event)
        _require_equal(_through_handler(event), _through_wsgi(_fresh(environ)))
        handler, wsgi = take_turns(
            asked.rounds,
            lambda: _round(_through_handler, [event] * asked.calls),
            lambda: _round(_through_wsgi, [_fresh(environ) for _ in range(asked.calls)]),
        )
    json.dump({"handler": handler, "wsgi": wsgi}, sys.stdout)


def _environ(event: object) -> Environ:
    """Return what the application gets for *event*."""
    seen: list[Environ] = []

    def listen(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(dict(environ))
        return lambda_handler.app(environ, start_response)

    lambda_handler.respond(listen, event, None)
    return seen[0]


def _fresh(environ: Environ) -> Environ:
    """Return a copy that no request has been read from."""
    return {**environ, "wsgi.input": BytesIO()}


def _through_handler(event: object) -> Answer:
    answer = lambda_handler.respond(lambda_handler.app, event, None)
    return answer["statusCode"], answer["body"]


def _through_wsgi(environ: Environ) -> Answer:
    told: list[str] = []

    def start(status: str, _headers: object, *_: object) -> Callable[[bytes], object]:
        told.append(status)
        return lambda _: None

    output: Any = lambda_handler.app(environ, start)
    body = b"".join(output)
    output.close()
    return int(told[0].partition(" ")[0]), body.decode()


def _round(call: Callable[[Any], Answer], values: list[Any]) -> float:
    started = time.perf_counter()
    for value in values:
        call(value)
    return (time.perf_counter() - started) / len(values) * 1e6


def _require_equal(handler: Answer, wsgi: Answer) -> None:
    if handler != wsgi or handler[0] != 200:  # noqa: PLR2004
        raise RuntimeError(f"expected 200 and the same body, got {handler} and {wsgi}")


if __name__ == "__main__":
    main()
