"""The function with Revocation: what its first answer costs, and one that waits for a look."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from cryptography.hazmat.primitives.serialization import Encoding

from pki import crl
from pki.authority import CertificateAuthority
from stack import runtime
from stack.programs import run
from stack.settings import Settings

from . import package
from .issuing import issuing
from .results import Compared, Section, take_turns
from .samples import whoami_event

TITLE = "The function, with revocation"
ABOUT = """\
The package that `sam build` makes under AWS's runtime client and emulator, as plain processes at
the machine's full speed: 512 MB of Lambda are 0.29 of a processor. S3 is a server on loopback that
has a truststore of one CA and its CRL. **On** looks at both before the first answer, in a child
process with the runtime's boto3, and at the CRL again before the first answer after
REVOCATION_REFRESH; **off** asks nobody. Between the looks the answers are those of the section
above."""
_RUNTIME = ("awslambdaric", "simplejson", "snapshot-restore-py", "boto3", "botocore", "jmespath")
_MORE = ("python-dateutil", "s3transfer", "six", "urllib3")
_REFRESH = 1.0
_PATIENCE = 60.0


def measure(*, rounds: int) -> Section:
    """Start the function in turns, with and without."""
    authority = issuing("ec-p256")
    event = json.dumps(whoami_event(authority)).encode()
    try:
        with TemporaryDirectory(prefix="bench-lambda-") as name, _s3(authority) as url:
            folder = Path(name)
            python, task = package.runtime_python(), folder / "task"
            package.build(task)
            _install(python, folder / "runtime")
            env = {
                **Settings().allow,
                "CLIENT_CERT_SOURCE": "api-gateway",
                "PYTHONPATH": str(folder / "runtime"),
                "LAMBDA_TASK_ROOT": str(task),
                "PATH": os.environ["PATH"],
            }
            asking = {**env, **_asks(url)}
            ask = partial(_answers, python, task, event)
            on, off = take_turns(rounds, partial(ask, asking), partial(ask, env))
    except package.NotBuilt as why:
        return Section(TITLE, package.ABSENT.format(why=why), "", [])
    rows = [
        Compared("start and first answer", [one for one, _ in on], [one for one, _ in off]),
        Compared("first answer after a while", [late for _, late in on], [late for _, late in off]),
    ]
    return Section(TITLE, ABOUT, "milliseconds", rows, names=("on", "off"))


def _asks(url: str) -> Mapping[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "TRUSTSTORE": "s3://bucket/truststore.pem?versionId=1&newest",
        "REVOCATION_CRLS": "s3://bucket/crl/crl.pem",
        "REVOCATION_REFRESH": f"{_REFRESH:.0f}s",
    }


def _answers(python: str, task: Path, event: bytes, env: Mapping[str, str]) -> tuple[float, float]:
    """How long the first answer took, and one after REVOCATION_REFRESH, in milliseconds."""
    with TemporaryDirectory() as temporary, socket.socket() as one, socket.socket() as other:
        for listener in (one, other):
            listener.bind(("127.0.0.1", 0))
        port, api = one.getsockname()[1], other.getsockname()[1]
        for listener in (one, other):
            listener.close()
        words = [str(runtime.RIE), "--log-level", "error"]
        words += ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        words += ["--runtime-api-address", f"127.0.0.1:{api}"]
        words += [python, "-m", "awslambdaric", "service.lambda_handler.handler"]
        process = subprocess.Popen(
            words,
            cwd=task,
            env={**env, "TMPDIR": temporary},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
            first = _ask(url, event)
            _ask(url, event)
            time.sleep(_REFRESH * 1.2)
            return first, _ask(url, event)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _ask(url: str, event: bytes) -> float:
    """Milliseconds until the function has answered, once the emulator listens."""
    ends = time.monotonic() + _PATIENCE
    while True:
        started = time.perf_counter()
        try:
            with urllib.request.urlopen(url, event, timeout=_PATIENCE) as response:  # noqa: S310
                answer = json.loads(response.read())
        except urllib.error.URLError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.01)
            continue
        if answer.get("statusCode") != 200:  # noqa: PLR2004
            raise RuntimeError(f"the function answered {answer}")
        return (time.perf_counter() - started) * 1000


def _install(python: str, folder: Path) -> None:
    """Put what Lambda's runtime brings into *folder*."""
    wanted = [f"{name}=={version(name)}" for name in (*_RUNTIME, *_MORE)]
    pip = (python, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check")
    done = run(*pip, "--target", folder, *wanted)
    if done.returncode:
        raise package.NotBuilt(f"pip cannot install {wanted[0]}")


@contextmanager
def _s3(authority: CertificateAuthority) -> Iterator[str]:
    """A server that has two objects, and knows If-None-Match."""
    listed = crl.build(authority, (), number=1, now=datetime.now(UTC))
    objects = {
        "/bucket/truststore.pem": authority.certificate.public_bytes(Encoding.PEM),
        "/bucket/crl/crl.pem": listed.public_bytes(Encoding.PEM),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = objects[self.path.partition("?")[0]]
            tag = f'"{hashlib.sha256(content).hexdigest()}"'
            is_known = self.headers.get("If-None-Match") == tag
            self.send_response(304 if is_known else 200)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(0 if is_known else len(content)))
            self.end_headers()
            if not is_known:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
