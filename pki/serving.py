"""`python -m pki serve`: gunicorn answers, and the process that started it keeps things fresh.

Two processes, so that the one that reads the issuing CA's key listens to nobody. gunicorn ends
when its parent does, however that ended; the parent ends when gunicorn does.
"""

import ipaddress
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType

from gunicorn.app.base import BaseApplication

from .errors import PkiError, from_os_error
from .keeper import Keeper
from .responder import Responder
from .store import Store

_EVERY = 2.0  # seconds; what other processes revoke is served at once all the same
_NAP = 0.05
_WORKERS, _THREADS = 2, 4
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True, slots=True)
class Bind:
    """Where to listen: an address and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Bind":
        """Return the Bind of HOST:PORT or [IPv6]:PORT; PkiError for anything else."""
        host, _, port = text.rpartition(":")
        try:
            address = str(ipaddress.ip_address(host.removeprefix("[").removesuffix("]")))
            if port.isascii() and port.isdecimal() and int(port) <= 65535:  # noqa: PLR2004
                return cls(address, int(port))
        except ValueError:
            pass
        raise PkiError(
            f"--bind is {text!r}, expected an IP address and a port",
            "for example: python -m pki serve --bind 127.0.0.1:8085",
        )

    def listen(self) -> socket.socket:
        """Return a socket that listens there; PkiError if that cannot be."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
            listener.listen(128)
        except OSError as error:
            listener.close()
            refused = from_os_error(f"listen on {self.host} port {self.port}", error)
            raise PkiError(
                refused.message, "choose another: python -m pki serve --bind 127.0.0.1:8086"
            ) from error
        return listener


def serve(store: Store, listener: socket.socket, keeper: Keeper, say: Callable[[str], None]) -> int:
    """Serve until a signal comes or gunicorn ends; return the exit code."""
    child, lifeline = _start(store, listener)  # before any key is read
    listener.close()
    stopped: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.append(number)

    for number in _STOPS:
        signal.signal(number, stop)
    due = 0.0
    try:
        while not (stopped or _ended(child)):
            if time.monotonic() >= due:
                for line in keeper.tend(datetime.now(UTC)):
                    say(line)
                due = time.monotonic() + _EVERY
            time.sleep(_NAP)
    finally:
        os.close(lifeline)  # as it closes if we are killed
        code = _reap(child)
    return 0 if stopped else max(code, 1)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings; nothing of it is read from files, arguments or environment."""

    def __init__(self, store: Store, listener: socket.socket) -> None:
        self._store = store
        self._settings = {
            "bind": f"fd://{listener.fileno()}",
            "worker_class": "gthread",
            "workers": _WORKERS,
            "threads": _THREADS,
            "keepalive": 0,
            "timeout": 30,
            "graceful_timeout": 5,
            "loglevel": "warning",
            "errorlog": "-",
            "limit_request_line": 8190,
            "control_socket_disable": True,
            "proc_name": "pki",
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Responder:
        return Responder(self._store)


def _start(store: Store, listener: socket.socket) -> tuple[int, int]:
    """Start gunicorn in a child; return its pid, and what keeps it alive while it is open."""
    reader, lifeline = os.pipe()
    child = os.fork()
    if child:
        os.close(reader)
        return child, lifeline
    code = 1
    try:
        os.close(lifeline)
        listener.set_inheritable(True)
        threading.Thread(target=_end_with_parent, args=(reader,), daemon=True).start()
        _Server(store, listener).run()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        os._exit(code)


def _end_with_parent(reader: int) -> None:
    os.read(reader, 1)  # returns when the other end is closed
    os.kill(os.getpid(), signal.SIGTERM)


def _ended(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _reap(child: int, seconds: float = 10.0) -> int:
    """Wait for *child* to end; kill it after *seconds*."""
    deadline = time.monotonic() + seconds
    while not _ended(child):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.02)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
