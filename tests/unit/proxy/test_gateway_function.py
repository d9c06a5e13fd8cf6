"""The function over Lambda's Invoke API, and how it is named."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from proxy.errors import GatewayError
from proxy.function import FunctionFailed, InProcess, OverHttp, TimedOut, from_target

PATH = "/2015-03-31/functions/function/invocations"


class Emulator(http.server.ThreadingHTTPServer):
    """As AWS's emulator: says what it is told to say, one at a time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
        self.events: list[Any] = []
        self.connections: set[int] = set()
        self.at_once = 0
        self.most_at_once = 0
        self.wait = 0.0
        self.close_after = False
        self.free = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{PATH}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Emulator

    def do_POST(self) -> None:
        emulator = self.server
        emulator.at_once += 1
        emulator.most_at_once = max(emulator.most_at_once, emulator.at_once)
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        emulator.events.append(event)
        emulator.connections.add(self.client_address[1])
        if event == "slow":
            emulator.free.wait(20)
        time.sleep(emulator.wait)
        status, headers, body = emulator.answer
        emulator.at_once -= 1
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = emulator.close_after

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.free.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def function(emulator: Emulator) -> Iterator[OverHttp]:
    made = from_target(emulator.url)
    assert isinstance(made, OverHttp)
    yield made
    made._connection.close()


def invoke(function: OverHttp, event: Any = "x", seconds: float = 20) -> bytes:
    return function.invoke(json.dumps(event).encode(), "id", seconds)


def test_events_go_over_one_connection(emulator: Emulator, function: OverHttp) -> None:
    emulator.answer = (200, {}, b'{"statusCode": 200}')
    for number in range(3):
        assert invoke(function, number) == b'{"statusCode": 200}'
    assert emulator.events == [0, 1, 2]
    assert len(emulator.connections) == 1


def test_a_connection_that_was_closed_is_made_anew_and_nothing_is_sent_twice(
    emulator: Emulator, function: OverHttp
) -> None:
    emulator.close_after = True
    for number in range(3):
        invoke(function, number)
        time.sleep(0.05)  # until the end of the connection has arrived
    assert emulator.events == [0, 1, 2]


def test_one_event_at_a_time(emulator: Emulator, function: OverHttp) -> None:
    emulator.wait = 0.01
    threads = [threading.Thread(target=invoke, args=(function,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(emulator.events) == 8
    assert emulator.most_at_once == 1


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"X-Amz-Function-Error": "Unhandled"}, b'{"statusCode": 200}'),
        (200, {}, b'{"errorMessage": "m", "errorType": "T", "stackTrace": []}'),
        (500, {}, b"{}"),
        (400, {}, b"busy"),
        (200, {}, b'"' + b"x" * (6 * 1024 * 1024) + b'"'),
    ],
    ids=["header", "payload", "500", "400", "6 MB"],
)
def test_a_failure_is_known(emulator: Emulator, function: OverHttp, answer: Any) -> None:
    emulator.answer = answer
    with pytest.raises(FunctionFailed):
        invoke(function)
    emulator.answer = (200, {}, b'{"errorMessage": "m", "errorType": "T", "statusCode": 200}')
    assert invoke(function)


def test_too_long(emulator: Emulator, function: OverHttp) -> None:
    with pytest.raises(TimedOut):
        invoke(function, "slow", 0.1)
    emulator.free.set()
    assert invoke(function, "next") == b"{}"


def test_too_long_in_the_queue(emulator: Emulator, function: OverHttp) -> None:
    first = threading.Thread(target=invoke, args=(function, "slow"))
    first.start()
    while not emulator.events:
        time.sleep(0.001)
    with pytest.raises(TimedOut):
        invoke(function, "second", 0.1)
    emulator.free.set()
    first.join()
    assert emulator.events == ["slow"]


def test_nobody_is_there() -> None:
    nobody = OverHttp("http://127.0.0.1:9/2015-03-31/functions/function/invocations")
    with pytest.raises(FunctionFailed):
        invoke(nobody)


@pytest.mark.parametrize(
    "target",
    [
        *("", "x", ":", "json:", ":loads", "a b:c", "nope:handler", "json:nope", "json:__name__"),
        *("http://", "http://:1/x", "http://h:x/p", "https://h/p", "http://h", "ftp://h/p"),
        "tests.unit.proxy.broken_function:handler",
    ],
)
def test_a_target_that_is_none(target: str) -> None:
    with pytest.raises(GatewayError) as caught:
        from_target(target)
    assert caught.value.hint


def test_a_function_by_its_name() -> None:
    function = from_target("tests.unit.proxy.front:echo")
    assert isinstance(function, InProcess)
    answer = json.loads(function.invoke(b'{"a": "\xc3\xa9"}', "id", 20))
    assert json.loads(answer["body"]) == {"a": "é"}
