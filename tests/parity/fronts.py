"""The fronts of the parity suite, each a way from a request to an answer."""

from __future__ import annotations

import http.client
import io
import json
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, unquote_to_bytes

from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request as WsgiRequest

from proxy.admission import Admission
from proxy.function import InProcess
from proxy.gateway import ADDRESS, LEAF, Gateway
from proxy.request import Settings
from proxy.throttle import Throttle
from proxy.wire import Received
from tests import builders
from tests.builders import Files, Holder
from tests.e2e import wire
from tests.parity import amazon, bearer
from tests.parity.application import ALLOW, created
from tests.parity.message import (
    EVENT_1,
    EVENT_2,
    HOST,
    TARGET,
    TARGET_SINGLE,
    TEST_CLIENT,
    Answer,
    Request,
    answer,
)

API_GATEWAY_ENV = {**ALLOW, **bearer.ENV, "CLIENT_CERT_SOURCE": "api-gateway"}
Respond = Callable[..., dict[str, Any]]


@cache
def respond() -> Respond:
    """service.lambda_handler.respond; the module reads the environment as it is imported."""
    with patch.dict(os.environ, API_GATEWAY_ENV):
        from service.lambda_handler import respond as found
    return found


def behind(source: str, trusted: str = "", more: Mapping[str, str] = {}) -> Flask:
    """The application for one source of certificates; *more*: of its environment."""
    env = {"CLIENT_CERT_SOURCE": source, "TRUSTED_PROXIES": trusted, **more}
    return created({**ALLOW, **bearer.ENV, **env})


class TestClient:
    """Flask's test client: what all the others are held against."""

    __test__ = False
    name = TEST_CLIENT

    def __init__(self, more: Mapping[str, str] = {}) -> None:
        self._app = behind("alb-verify", "127.0.0.1", more)

    def ask(self, request: Request, client: Holder) -> Answer:
        joined: dict[str, str] = {}
        for sent, value in request.fields:
            if "_" not in sent:
                key = "HTTP_" + sent.upper().replace("-", "_")
                between = "; " if key == "HTTP_COOKIE" else ","
                joined[key] = f"{joined[key]}{between}{value}" if key in joined else value
        length = joined.pop("HTTP_CONTENT_LENGTH", "0")
        if "HTTP_CONTENT_TYPE" in joined:
            joined["CONTENT_TYPE"] = joined.pop("HTTP_CONTENT_TYPE")
        environ = EnvironBuilder(base_url=f"https://{HOST}").get_environ()
        environ |= {
            **joined,
            "REQUEST_METHOD": request.method,
            "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
            "QUERY_STRING": request.query,
            "CONTENT_LENGTH": length,
            "wsgi.input": io.BytesIO(request.body),
            "REMOTE_ADDR": amazon.SOURCE_IP,
            "HTTP_X_AMZN_MTLS_CLIENTCERT_LEAF": quote(client.pem, safe="+=/"),
        }
        client_ = self._app.test_client(use_cookies=False)
        client_.environ_base.clear()  # of a User-Agent that nobody sent
        with client_.open(WsgiRequest(environ)) as got:
            return answer(request.method, got.status_code, got.headers.to_wsgi_list(), got.data)


class Function:
    """service.lambda_handler.respond, in this process, with events made by amazon.py."""

    def __init__(
        self, name: str, app: Flask, make: Callable[[Request, Holder], amazon.Event]
    ) -> None:
        self.name = name
        self._app = app
        self._make = make

    def ask(self, request: Request, client: Holder) -> Answer:
        event = json.loads(json.dumps(self._make(request, client)))
        return amazon.read(request.method, respond()(self._app, event, None))


class OverTls:
    """A port where nginx listens; one connection a client, kept open."""

    def __init__(self, name: str, port: int, ca: Path, keep: Callable[[Holder], Files]) -> None:
        self.name = name
        self.port = port
        self._ca = ca
        self._keep = keep
        self._connections: dict[Holder, http.client.HTTPSConnection] = {}

    def ask(self, request: Request, client: Holder) -> Answer:
        connection = self._connections.get(client) or self._connect(client)
        connection.putrequest(
            request.method, request.target, skip_host=True, skip_accept_encoding=True
        )
        for name, value in request.sent:
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        with connection.getresponse() as got:
            return answer(request.method, got.status, got.getheaders(), got.read())

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _connect(self, client: Holder) -> http.client.HTTPSConnection:
        context = wire.tls(self._ca, self._keep(client))
        made = http.client.HTTPSConnection(
            "localhost", self.port, context=context, timeout=wire.PATIENCE
        )
        return self._connections.setdefault(client, made)


class GatewayHere:
    """The gateway in this process, without nginx and without a socket: where faults are put in."""

    def __init__(
        self, name: str, settings: Settings, truststore: Path, base_path: str = ""
    ) -> None:
        self.name = name
        app = behind("api-gateway")
        function = InProcess(lambda e, context: respond()(app, e, context, base_path=base_path))
        self._gateway = Gateway(settings, Admission(truststore), Throttle(1e6, 10**6), function)

    def ask(self, request: Request, client: Holder) -> Answer:
        ours = ((LEAF, quote(client.pem, safe="")), (ADDRESS, amazon.SOURCE_IP))
        sent = tuple((n, v.encode("latin-1").decode(errors="replace")) for n, v in request.fields)
        received = Received(
            request.method, request.target, (*sent, *ours), len(request.body), keep_alive=True
        )
        got = self._gateway.handle(received, request.body)
        headers = [(n, v.encode().decode("latin-1")) for n, v in got.headers]
        return answer(
            request.method, got.status, headers, b"" if request.method == "HEAD" else got.body
        )


def in_process(more: Mapping[str, str] = {}) -> list[TestClient | Function]:
    """Those that need nothing but Python; *more*: of their environment."""
    gateway, target = behind("api-gateway", "", more), behind("alb-verify", "elb", more)
    return [
        TestClient(more),
        Function(EVENT_1, gateway, amazon.rest),
        Function(EVENT_2, gateway, amazon.http_api),
        Function(TARGET, target, amazon.alb),
        Function(TARGET_SINGLE, target, lambda r, c: amazon.alb(r, c, multi=False)),
    ]


def keeper(folder: Path, stack: ExitStack) -> Callable[[Holder], Files]:
    """Writes each holder to files once; they go when *stack* closes."""

    @cache
    def keep(holder: Holder) -> Files:
        files = builders.write(folder, f"{id(holder):x}", holder)
        stack.callback(files.pem.unlink)
        stack.callback(files.key.unlink)
        return files

    return keep
