"""The function behind the gateway: in this process, or behind Lambda's Invoke API."""

from __future__ import annotations

import http.client
import importlib
import json
import re
import select
import sys
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Protocol
from urllib.parse import urlsplit

from .errors import GatewayError

#: Of an event and of an answer (AWS: "Lambda quotas", synchronous invocation payload).
LARGEST_PAYLOAD = 6 * 1024 * 1024
_HINT = (
    "give --invoke module:function, or"
    " --invoke http://127.0.0.1:9101/2015-03-31/functions/function/invocations"
)


class FunctionFailed(Exception):
    """The function failed or could not be reached."""


class TimedOut(Exception):
    """The function did not answer in time; it may still be running."""


class Function(Protocol):
    """Something that answers events: JSON in, JSON out."""

    def invoke(self, event: bytes, request_id: str, seconds: float) -> bytes:
        """The answer to *event*; raises FunctionFailed, or TimedOut after *seconds*."""


def from_target(target: str) -> Function:
    """The function that --invoke names; raises GatewayError."""
    if target.startswith(("http://", "https://")):
        return OverHttp(target)
    if not re.fullmatch(r"[\w.]+:\w+", target):
        raise GatewayError(f"--invoke is {target!r}, expected module:function or a URL", _HINT)
    module_name, _, name = target.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), name)
    except Exception as error:
        # Whatever the module does while it is imported.
        reason = f"{type(error).__name__}: {error}"
        raise GatewayError(f"cannot import {target!r}: {reason}", _HINT) from error
    if not callable(found):
        raise GatewayError(f"{target!r} cannot be called, expected a function", _HINT)
    return InProcess(found)


class Context:
    """As much of Lambda's context object as has a meaning here."""

    function_name = "function"
    function_version = "$LATEST"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def __init__(self, request_id: str, seconds: float) -> None:
        self.aws_request_id = request_id
        self._until = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left."""
        return max(0, int((self._until - time.monotonic()) * 1000))


class InProcess:
    """A Python function, called in threads of its own: several at once, unlike on Lambda."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        self._function = function
        self._idle: list[_Worker] = []

    def invoke(self, event: bytes, request_id: str, seconds: float) -> bytes:
        """Call the function as Lambda's runtime does, JSON on both sides."""
        context = Context(request_id, seconds)
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker()
        outcome = worker.run(lambda: self._call(event, context), seconds)
        self._idle.append(worker)
        if isinstance(outcome, BaseException):
            raise FunctionFailed(f"{type(outcome).__name__}: {outcome}") from outcome
        return _checked(outcome)

    def _call(self, event: bytes, context: Context) -> bytes:
        return json.dumps(self._function(json.loads(event), context), allow_nan=False).encode()


class _Worker:
    """A thread that can be given up: Python cannot end one."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], bytes]] = SimpleQueue()
        self._done = threading.Lock()
        self._done.acquire()
        self._outcome: bytes | BaseException = b""
        threading.Thread(target=self._loop, daemon=True).start()

    def run(self, work: Callable[[], bytes], seconds: float) -> bytes | BaseException:
        """What *work* returned or raised; raises TimedOut, and is of no use any more."""
        self._work.put(work)
        if not self._done.acquire(timeout=seconds):
            raise TimedOut
        return self._outcome

    def _loop(self) -> None:
        while True:
            try:
                self._outcome = self._work.get()()
            except BaseException as error:  # noqa: BLE001
                self._outcome = error
            self._done.release()


class OverHttp:
    """The Lambda Invoke API. One event at a time: AWS's emulator cannot take two."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise GatewayError(f"--invoke is {url!r}: {error}", _HINT) from error
        if parts.scheme != "http" or not parts.hostname or not parts.path.startswith("/"):
            raise GatewayError(f"--invoke is {url!r}, expected http://host:port/path", _HINT)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname, port or 80)
        self._turn = threading.Lock()

    def invoke(self, event: bytes, request_id: str, seconds: float) -> bytes:
        """Post *event*; waiting for one's turn counts too."""
        until = time.monotonic() + seconds
        if not self._turn.acquire(timeout=seconds):
            raise TimedOut
        try:
            return self._post(event, request_id, until)
        except TimeoutError as error:
            self._connection.close()
            raise TimedOut from error
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise FunctionFailed(f"{type(error).__name__}: {error}") from error
        except BaseException:
            self._connection.close()
            raise
        finally:
            self._turn.release()

    def _post(self, event: bytes, request_id: str, until: float) -> bytes:
        connection = self._connection
        # Looked at before, so that no event is ever sent twice.
        if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
            connection.close()
        connection.timeout = _left(until)
        if connection.sock is None:
            connection.connect()
        sock = connection.sock
        sock.settimeout(_left(until))
        headers = {"Content-Type": "application/json", "X-Amzn-RequestId": request_id}
        connection.request("POST", self._path, event, headers)
        sock.settimeout(_left(until))
        response = connection.getresponse()
        payload = bytearray()
        with response:
            while piece := response.read1(1 << 16):
                payload += piece
                if len(payload) > LARGEST_PAYLOAD:
                    connection.close()
                    break
                sock.settimeout(_left(until))
        if response.status != http.client.OK:
            raise FunctionFailed(f"the Invoke API answered {response.status}")
        if error := response.getheader("X-Amz-Function-Error"):
            raise FunctionFailed(f"{error}: {payload[:500].decode(errors='replace')}")
        return _checked(bytes(payload))


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _checked(payload: bytes) -> bytes:
    if len(payload) > LARGEST_PAYLOAD:
        raise FunctionFailed("the answer is larger than 6 MB")
    if failure := _said_it_failed(payload):
        raise FunctionFailed(failure)
    return payload


def _said_it_failed(payload: bytes) -> str:
    """What a runtime says of a function that raised, or "": errorMessage and errorType."""
    if b'"errorMessage"' not in payload:
        return ""
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict) or "statusCode" in answer or "errorType" not in answer:
        return ""
    return f"{answer['errorType']}: {answer.get('errorMessage')}"


def here_first() -> None:
    """Let --invoke find modules of the current folder, however Python was started."""
    if "" not in sys.path and "." not in sys.path:
        sys.path.insert(0, "")
