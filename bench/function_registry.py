"""The function with a registry in DynamoDB: what its start costs, and its first answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from service.registry.codec import encode
from service.registry.matcher import Matcher
from service.registry.registration import Registration
from stack.settings import ROOT, Settings

from .issuing import URI
from .results import Compared, Section, take_turns
from .samples import whoami_event

ABOUT = """\
A fresh process that imports `service.lambda_handler`, as the runtime does, and answers three
requests of a client. **On**: `CLIENT_REGISTRY=dynamodb://…`, a server on loopback that has one
client and answers at once; **off**: the lists. What is done at the **start** is done once when a
version is published, with SnapStart, and lies in its snapshot: boto3 is imported and its client
made there, and not at the first lookup. The **first answer** opens the connection, asks, and notes
that the client was seen; the **second** is one of a client that is remembered; **asked again** is
one after REGISTRY_TTL. What AWS's network adds is not in it."""
_TTL = 1
_WHAT = ("start", "first answer", "second", "asked again")
_SCRIPT = """
import json, sys, time
started = time.perf_counter()
from service.lambda_handler import handler
took = [time.perf_counter() - started]
event = json.load(sys.stdin)
for pause in (0, 0, {pause}):
    time.sleep(pause)
    started = time.perf_counter()
    answer = handler(event, None)
    took.append(time.perf_counter() - started)
    assert answer["statusCode"] == 200, answer
sys.stderr.write(json.dumps(took) + "\\n")
"""


def measure(*, rounds: int) -> Section:
    """Start it in turns, with and without."""
    event = json.dumps(whoami_event())
    env = {**Settings().allow, "CLIENT_CERT_SOURCE": "api-gateway", "PATH": os.environ["PATH"]}
    with _dynamodb() as url:
        asking = {**env, **_asks(url)}
        start = partial(_start, event)
        on, off = take_turns(rounds, partial(start, asking), partial(start, env))
    rows = [
        Compared(what, [one[step] for one in on], [one[step] for one in off])
        for step, what in enumerate(_WHAT)
    ]
    title = "The function, with a registry in DynamoDB"
    return Section(title, ABOUT, "milliseconds", rows, names=("on", "off"))


def _asks(url: str) -> Mapping[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "CLIENT_REGISTRY": "dynamodb://clients",
        "REGISTRY_TTL": f"{_TTL}s",
    }


def _start(event: str, env: Mapping[str, str]) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(pause=_TTL * 1.2)],
        cwd=ROOT,
        env=env,
        input=event,
        capture_output=True,
        text=True,
        check=True,
    )
    return [seconds * 1000 for seconds in json.loads(done.stderr.splitlines()[-1])]


@contextmanager
def _dynamodb() -> Iterator[str]:
    """A server that finds one client, whatever it is asked for."""
    now = datetime.now(UTC)
    client = Registration(
        "billing", "Example", (Matcher.of("uri", URI),), version=1, created=now, updated=now
    )
    item = {"client": {"S": client.id}, "body": {"S": encode(client)}}
    found = {"Responses": {"clients": [item]}, "UnprocessedKeys": {}}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked = self.headers["X-Amz-Target"].endswith(".BatchGetItem")
            content = json.dumps(found if asked else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
