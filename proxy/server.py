"""The gateway's front door: a unix socket that nginx alone can open, and a thread a connection."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import stat
import threading
import time
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

from . import wire
from .errors import GatewayError
from .response import Response
from .wire import MalformedRequest, Received

#: A body larger than this is not even read past.
_LARGEST_DRAIN = 16 * 1024 * 1024
_IDLE_SECONDS = 310.0  # AWS: "Idle connection timeout"

Handle = Callable[[Received, bytes | None], Response]


class Server:
    """Answers requests on the socket *path* by *handle*, which gets None for a too large body.

    Raises GatewayError if there can be no socket.
    """

    def __init__(self, path: Path, handle: Handle, *, largest_body: int) -> None:
        self._path = path
        self._handle = handle
        self._largest_body = largest_body
        self._stopping = False
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._idle: set[socket.socket] = set()
        self._stop_signal, self._stopper = socket.socketpair()
        try:
            self._listener = _listen(path)
        except BaseException:
            self._stop_signal.close()
            self._stopper.close()
            raise
        self._inode = path.stat().st_ino

    def stop(self) -> None:
        """Let `serve` end; safe in a signal handler."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._stopper.send(b"!")

    def serve(self, patience: float) -> None:
        """Serve until `stop`; then wait up to *patience* seconds for what is under way."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._stop_signal, selectors.EVENT_READ)
            while not self._stopping:
                if any(key.fileobj is self._listener for key, _ in selector.select()):
                    self._accept()
        self._close(patience)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # gone again, or no file descriptor left
            time.sleep(0.01)
            return
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _close(self, patience: float) -> None:
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        self._listener.close()
        with self._lock:
            threads = list(self._threads)
            for connection in self._idle:
                # What has arrived can still be read, and is answered.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
        until = time.monotonic() + patience
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._stop_signal.close()
        self._stopper.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(_IDLE_SECONDS)
            with connection, connection.makefile("rb") as stream:
                while self._next(connection, stream):
                    pass
        except OSError:
            pass  # whoever asked has gone
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _next(self, connection: socket.socket, stream: BufferedReader) -> bool:
        """Answer one request; whether another may follow."""
        with self._lock:
            self._idle.add(connection)
            if self._stopping:
                connection.shutdown(socket.SHUT_RD)
        try:
            head = wire.read_head(stream)
        except MalformedRequest:
            connection.sendall(_BAD_REQUEST)
            return False
        finally:
            with self._lock:
                self._idle.discard(connection)
        if head is None:
            return False
        body, intact = self._body(head, stream)
        response = self._handle(head, body)
        going_on = head.keep_alive and intact and not self._stopping
        connection.sendall(
            wire.write(response, head_only=head.method == "HEAD", keep_alive=going_on)
        )
        return going_on

    def _body(self, head: Received, stream: BufferedReader) -> tuple[bytes | None, bool]:
        if head.length > _LARGEST_DRAIN:
            return None, False
        body = stream.read(head.length) if head.length else b""
        if len(body) < head.length:
            raise ConnectionError("the rest of the body never came")
        return (None if head.length > self._largest_body else body), True


_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
    b"x-amzn-ErrorType: BadRequestException\r\nContent-Length: 25\r\nConnection: close\r\n\r\n"
    b'{"message":"Bad Request"}'
)


def _only_a_socket(path: Path) -> None:
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise GatewayError(f"{str(path)!r} is no socket", "give another --socket")


def _listen(path: Path) -> socket.socket:
    """A listening socket that its owner alone can open; an old one in its place goes."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        if path.exists():
            _only_a_socket(path)
            path.unlink()
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(1024)
    except BaseException as error:
        listener.close()
        if isinstance(error, OSError):
            reason = (error.strerror or str(error)).lower()
            raise GatewayError(
                f"cannot listen on {str(path)!r}: {reason}",
                "give a short path in a folder that is yours: --socket .run/gateway.sock",
            ) from error
        raise
    return listener
