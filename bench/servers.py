"""Ours and bare, up side by side on free loopback ports, with the same certificates."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from stack import runtime
from stack.native import NativeStack
from stack.programs import VENV
from stack.settings import ROOT, Settings

from .load import Connection, client_context

_PATIENCE = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Front:
    """One nginx with one worker, and what answers behind it."""

    port: int
    processes: Mapping[str, int]  #: pids, of masters where there are workers; one is "nginx"


@dataclass(frozen=True, slots=True)
class Servers:
    """All fronts, and the PKI whose client `billing` they admit."""

    pki_home: Path
    ours: Front
    bare: Front  #: a bare nginx and a bare Flask
    bare_flask: Front  #: our nginx and the same bare Flask
    gateway: Front  #: our nginx and the local API Gateway, with the function in its process
    emulator: Front | None  #: the same with AWS's runtime emulator; None where it does not run


@contextmanager
def running(path: str) -> Iterator[Servers]:
    """Both, for as long as the block; *path* is the PATH of every program."""
    with ExitStack() as ends:
        folder = Path(ends.enter_context(TemporaryDirectory(prefix="bench-")))
        settings = Settings(
            alb_port=free_port(),
            api_gateway_port=free_port(),
            pki_port=free_port(),
            pki_home=folder / "pki",
            run_dir=folder / "run",
            inherited={"PATH": path, "WORKERS": "1"},
        )
        stack = NativeStack(settings)
        ends.callback(stack.down)
        stack.up(lambda _: None)
        nginx = {"nginx": stack.proxy.pid() or 0}
        ours = Front(settings.alb_port, nginx | {"gunicorn": stack.service.pid() or 0})
        behind = {"gateway": stack.gateway.pid() or 0, "function": stack.function.pid() or 0}
        emulator = Front(settings.api_gateway_port, nginx | behind)
        bare = ends.enter_context(_bare(folder, settings))
        flask = ends.enter_context(_our_proxy_before(bare, folder, settings))
        gateway = ends.enter_context(_gateway(folder, settings))
        for front in (bare, flask, gateway, emulator):
            require_equal(settings.pki_home, ours.port, front.port)
        with_emulator = emulator if runtime.RIE.exists() else None
        yield Servers(settings.pki_home, ours, bare, flask, gateway, with_emulator)


@contextmanager
def _bare(folder: Path, settings: Settings) -> Iterator[Front]:
    port, socket_path = free_port(), folder / "flask.sock"
    answer = folder / "answer.json"
    answer.write_bytes(_answer(settings.pki_home, settings.alb_port))
    conf = folder / "bare.conf"
    conf.write_text(_conf(port, folder, settings.pki_home))
    app = f"bench.bare_app:create_app({str(answer)!r})"
    nginx_command = ["nginx", "-e", "stderr", "-c", str(conf), "-g", "daemon off;"]
    with (
        gunicorn(app, socket_path, folder, settings) as pid,
        _process(nginx_command, settings.inherited, folder) as nginx,
    ):
        _wait(lambda: _is_open(port), folder)
        yield Front(port, {"nginx": nginx, "gunicorn": pid})


@contextmanager
def gunicorn(app: str, bind: Path, folder: Path, settings: Settings) -> Iterator[int]:
    """*app* in gunicorn with the settings file of the service, on the socket *bind*; its pid."""
    # service/gunicorn.conf.py looks at the service's environment before it starts.
    env = {**settings.inherited, **settings.allow, "BIND": f"unix:{bind}"}
    env |= {"CLIENT_CERT_SOURCE": "alb-verify", "TRUSTED_PROXIES": "unix"}
    conf = str(ROOT / "service/gunicorn.conf.py")
    with _process([str(VENV / "bin/gunicorn"), "-c", conf, app], env, folder) as pid:
        _wait(bind.exists, folder)
        yield pid


@contextmanager
def _our_proxy_before(bare: Front, folder: Path, settings: Settings) -> Iterator[Front]:
    port = free_port()
    env = {
        "ALB_LISTEN": f"127.0.0.1:{port}",
        "RUN_DIR": str(folder / "same"),
        "SERVICE": f"unix:{folder / 'flask.sock'}",
    }
    with proxy(port, env, folder, settings) as nginx:
        yield Front(port, {**bare.processes, "nginx": nginx})


@contextmanager
def _gateway(folder: Path, settings: Settings) -> Iterator[Front]:
    port, socket_path = free_port(), folder / "gateway.sock"
    function_env = {**settings.inherited, **settings.allow, "CLIENT_CERT_SOURCE": "api-gateway"}
    command = [str(VENV / "bin/python"), "-m", "proxy", "gateway", "--socket", str(socket_path)]
    command += ["--truststore", str(settings.pki_home / "truststore.pem")]
    command += ["--invoke", "service.lambda_handler:handler", "--binary-media-types", "*/*"]
    env = {
        "ALB_LISTEN": f"127.0.0.1:{free_port()}",
        "API_GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY": f"unix:{socket_path}",
        "RUN_DIR": str(folder / "api-gateway"),
    }
    with _process(command, function_env, folder) as gateway:
        _wait(socket_path.exists, folder)
        with proxy(port, env, folder, settings) as nginx:
            yield Front(port, {"nginx": nginx, "gateway": gateway})


@contextmanager
def proxy(port: int, more: Mapping[str, str], folder: Path, settings: Settings) -> Iterator[int]:
    """Our nginx on *port*, with *more* in its environment; its pid."""
    home = settings.pki_home
    env = {
        **settings.inherited,
        **more,
        "TRUSTSTORE": str(home / "truststore.pem"),
        "SERVER_PEM": str(home / "server/localhost.pem"),
        "SERVER_KEY": str(home / "server/localhost.key"),
    }
    with _process([str(ROOT / "proxy/run"), "start"], env, folder) as nginx:
        _wait(lambda: _is_open(port), folder)
        yield nginx


def _conf(port: int, folder: Path, pki_home: Path) -> str:
    text = (ROOT / "bench/bare.conf.template").read_text()
    # A master that is root would hand its workers to a user who cannot reach the socket.
    values = {
        "USER": "" if os.getuid() else "user root;",
        "PORT": str(port),
        "RUN_DIR": str(folder),
        "PKI_HOME": str(pki_home),
    }
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text


@contextmanager
def _process(command: Sequence[str], env: Mapping[str, str], folder: Path) -> Iterator[int]:
    with (folder / "bare.log").open("ab") as log:
        child = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=log, stderr=log)
    try:
        yield child.pid
    finally:
        child.terminate()
        child.wait(_PATIENCE)


def require_equal(pki_home: Path, ours: int, other: int, path: str = "/whoami") -> None:
    """Both must negotiate the same TLS, admit the same client and answer with the same JSON."""
    context = client_context(pki_home)
    seen = []
    for port in (ours, other):
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            seen.append((tls.cipher(), tls.getpeercert(), _answer_value(pki_home, port, path)))
    if seen[0] != seen[1]:
        raise RuntimeError(f"two fronts are not alike: {seen}")


def _answer_value(pki_home: Path, port: int, path: str) -> object:
    return json.loads(_answer(pki_home, port, path))


def _answer(pki_home: Path, port: int, path: str = "/whoami") -> bytes:
    connection = Connection(client_context(pki_home), port, path)
    with closing(connection):
        connection.ask()
        return connection.read()


def _wait(true: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError(f"no start: {(folder / 'bare.log').read_text()}")
        time.sleep(0.05)


def _is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


_given: set[int] = set()


def free_port() -> int:
    """A loopback port that nobody listens on, and that was not given before."""
    while True:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = int(listener.getsockname()[1])
        if port not in _given:
            _given.add(port)
            return port
