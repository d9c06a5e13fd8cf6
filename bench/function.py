"""The function on Lambda, in this machine's Python: its cold start, and what an event costs."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from typing import Any

from stack.settings import ROOT, Settings

from . import package
from .results import Bounded, Compared, Section, take_turns
from .samples import whoami_event

COLD = 1.2
WARM = 500.0  # microseconds
ABOUT_COLD = """\
Import and first answer of a handler in a fresh interpreter, whose own start is not in it; the
event is a REST API's with a real leaf, and modules are compiled already. **Ours** is
`service.lambda_handler`, which checks the certificate, the policy and answers 200; **bare** is a
handler that imports flask, awsgi and cryptography.x509 too, has one view and answers a constant
through awsgi (`bench/bare_handler.py`)."""
ABOUT_WARM = """\
`GET /whoami` within one process, without network: the function with the event
(`service.lambda_handler.respond`), and the same Flask application called through its own WSGI
interface with an environ that is equal to the one that the function makes, and is at hand. Both
give the same answer. What the function adds, reading the event and making Lambda's answer, is the
difference of the two in each round of {calls} calls."""


def measure(*, pairs: int, calls: int) -> list[Section]:
    """Start interpreters in turns; then one, for the calls."""
    event = json.dumps(whoami_event())
    shipped = package.measure(event, rounds=2 * pairs + 1)
    return [_cold(event, pairs), shipped, _warm(event, pairs, calls)]


def _cold(event: str, pairs: int) -> Section:
    start_ours = partial(_first_answer, "service.lambda_handler", event)
    start_bare = partial(_first_answer, "bench.bare_handler", event)
    start_ours(), start_bare()  # compiles what is not, and fills the disk's cache
    ours, bare = take_turns(2 * pairs + 1, start_ours, start_bare)  # short ones
    row = Compared("import and first answer", ours, bare, at_most=COLD)
    return Section("The function, cold", ABOUT_COLD, "milliseconds", [row])


def _first_answer(module: str, event: str) -> float:
    said = _python(["-m", "bench.first_answer", module], event)
    if int(said["answer"]["statusCode"]) != 200:  # noqa: PLR2004
        raise RuntimeError(f"{module} answered {said['answer']}")
    return float(said["milliseconds"])


def _warm(event: str, rounds: int, calls: int) -> Section:
    options = ["--calls", str(calls), "--rounds", str(rounds)]
    said = _python(["-m", "bench.invocations", *options], event)
    handler, wsgi = said["handler"], said["wsgi"]
    added = [ours - bare for ours, bare in zip(handler, wsgi, strict=True)]
    rows = [
        Bounded("what the function adds", added, WARM),
        Bounded("through the function", handler),
        Bounded("through WSGI", wsgi),
    ]
    about = ABOUT_WARM.format(calls=calls)
    return Section("The function, warm", about, "microseconds a call", rows)


def _python(words: list[str], event: str) -> Any:  # noqa: ANN401
    """What a fresh interpreter says in JSON, with the environment of the function alone."""
    env = {
        **Settings().allow,
        "CLIENT_CERT_SOURCE": "api-gateway",
        "AWS_LAMBDA_FUNCTION_NAME": "ApiFunction",
    }
    command = [sys.executable, *words]
    done = subprocess.run(
        command, cwd=ROOT, env=env, input=event, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {done.stderr}")
    return json.loads(done.stdout)
