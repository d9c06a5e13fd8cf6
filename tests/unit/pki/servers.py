"""TLS servers on loopback, right and wrong ones, each ended by its own process or thread."""

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.builders import SERVER_AUTH, Files, Holder, authority, leaf, write
from tests.conftest import free_port, require

ROOT = authority(subject="CN=Server Root")
ISSUING = authority(subject="CN=Server Issuing", issuer=ROOT)


@dataclass(frozen=True)
class Made:
    """Files of a server for localhost, its root, and a client of another CA."""

    server: Files
    ca: Path
    clients: Path
    client: Files


def made(folder: Path) -> Made:
    holder = leaf(issuer=ISSUING, subject="CN=localhost", uri=None, eku=SERVER_AUTH)
    server = write(folder, "server", Holder(holder.certificate, holder.key))
    (folder / "issuing.pem").write_text(ISSUING.pem)
    (folder / "ca.pem").write_text(ROOT.pem)
    above = authority(subject="CN=Clients")
    (folder / "clients.pem").write_text(above.pem)
    client = write(folder, "client", leaf(issuer=above))
    return Made(server, folder / "ca.pem", folder / "clients.pem", client)


@contextlib.contextmanager
def openssl(files: Made, *options: str) -> Iterator[int]:
    """`openssl s_server` on a free port, with the issuing CA in its chain."""
    port = free_port()
    command = [require("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-quiet"]
    command += ["-cert", str(files.server.pem), "-key", str(files.server.key)]
    command += ["-cert_chain", str(files.server.pem.parent / "issuing.pem"), *options]
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        yield port
    finally:
        running.kill()
        running.communicate()


@contextlib.contextmanager
def saying(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does *answer* with each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _wait(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}")
