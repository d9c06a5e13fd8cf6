"""The local API Gateway: a request comes in, an event goes to the function, a response goes out."""

from __future__ import annotations

import base64
import json
import logging
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from . import answers
from .access_log import Line
from .admission import Admission, Denied
from .events import event, method
from .function import LARGEST_PAYLOAD, Function, FunctionFailed, TimedOut
from .limits import exceeded
from .request import Call, Request, Settings, below_base_path, trace_id
from .response import Cause, Response, refusal, too_many_requests, with_ids
from .throttle import ClientThrottle, Throttle
from .wire import Received

#: nginx sets these three in every request, so what a client sends under these names never arrives.
LEAF = "x-gateway-client-cert"  #: the PEM as nginx escapes it
ADDRESS = "x-gateway-client-address"
NGINX_STATUS = "x-gateway-status"  #: what nginx would have answered by itself
_OURS = frozenset({LEAF, ADDRESS, NGINX_STATUS})

_NGINX = {"413": Cause.TOO_LARGE, "414": Cause.URI_TOO_LONG, "431": Cause.HEADERS_TOO_LARGE}
_RESERVED = frozenset({"/ping", "/sping"})
#: Asked by who watches, and not counted; as in client_limit_zone.conf.
_WATCHED = "/health"

_encode = json.JSONEncoder(ensure_ascii=False).encode
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything between the socket and the function.

    1. the leaf is decided about; whoever is refused gets 403 and nothing else;
    2. limits of the client, of the stage and of the request;
    3. the event; 4. the function; 5. its answer; 6. one line in the access log.
    """

    settings: Settings
    admission: Admission
    throttle: Throttle
    function: Function
    timeout: float = 29.0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    clients: ClientThrottle | None = None

    def handle(self, received: Received, body: bytes | None) -> Response:
        """The response to *received*; *body* is None if it was too large to be read."""
        began = time.monotonic()
        call = new_call(self.now())
        line = Line(call, received.method, received.target, self.settings.stage)
        try:
            response = self._respond(received, body, call, line)
        except Exception:  # noqa: BLE001
            _log.exception("the gateway itself failed")
            response = refusal(Cause.FUNCTION_FAILED, self.settings, call, "see the traceback")
        line.write(response, time.monotonic() - began)
        return response

    def _respond(self, received: Received, body: bytes | None, call: Call, line: Line) -> Response:
        request = self._admit(received, body or b"", call, line)
        if isinstance(request, Response):
            return request
        wait = self._client_wait(request)
        if wait > 0:
            return too_many_requests(wait, self.settings, call, trace_id(request, call))
        cause = self._over_limits(received, request, too_large=body is None)
        if cause is not None:
            return refusal(cause, self.settings, call)
        made = event(request, self.settings, call)
        if made is None or request.path in _RESERVED:
            because = "no base path mapping matches, or the path is API Gateway's own"
            return refusal(Cause.NO_MAPPING, self.settings, call, because)
        payload = _encode(made).encode()
        if len(payload) > LARGEST_PAYLOAD:
            return refusal(Cause.TOO_LARGE, self.settings, call, "the event is larger than 6 MB")
        return self._invoke(payload, request, call, line)

    def _admit(self, received: Received, body: bytes, call: Call, line: Line) -> Request | Response:
        """The request without our own headers, if its client may come in."""
        ours = [(name.lower(), v) for name, v in received.headers if name.lower() in _OURS]
        address = _only(ours, ADDRESS)
        headers = tuple(h for h in received.headers if h[0].lower() not in _OURS)
        request = Request(received.method, received.target, headers, body, address, None)
        line.identity(address, request.header("user-agent"))
        leaf = _only(ours, LEAF)
        missing = Denied("Missing client certificate", "nginx handed over no leaf")
        verdict = self.admission.verdict(leaf, call.time) if leaf and address else missing
        certificate = verdict.client_cert if isinstance(verdict, Denied) else verdict
        if certificate is not None:
            line.certificate(certificate)
        if isinstance(verdict, Denied):
            # What AWS says of an expired leaf, for one, is not known: then our words alone.
            reason = f"{verdict.aws} ({verdict.because})" if verdict.aws else verdict.because
            _log.warning("Access denied. Reason: %s", reason)
            return refusal(Cause.FORBIDDEN, self.settings, call, verdict.because)
        return Request(received.method, received.target, headers, body, address, verdict)

    def _client_wait(self, request: Request) -> float:
        """In how many seconds the client may call, 0 if it may now."""
        path = below_base_path(request.path, self.settings.base_path)
        if self.clients is None or request.client_cert is None or path == _WATCHED:
            return 0.0
        return self.clients.wait(request.client_cert.pem)

    def _over_limits(
        self, received: Received, request: Request, *, too_large: bool
    ) -> Cause | None:
        told = _only([(n.lower(), v) for n, v in received.headers], NGINX_STATUS)
        if not self.throttle.admits():
            return Cause.THROTTLED
        if told:
            return _NGINX.get(told, Cause.BAD_REQUEST)
        return exceeded(request, self.settings, body_too_large=too_large)

    def _invoke(self, payload: bytes, request: Request, call: Call, line: Line) -> Response:
        began = time.monotonic()
        try:
            answered = self.function.invoke(payload, call.request_id, self.timeout)
            line.integration(time.monotonic() - began, 200)
            response = answers.response(answered, request, self.settings)
        except TimedOut:
            line.integration(time.monotonic() - began, 504)
            because = f"no answer in {self.timeout:g} s"
            return self._failed(Cause.TIMED_OUT, request, call, because)
        except FunctionFailed as error:
            return self._failed(Cause.FUNCTION_FAILED, request, call, str(error))
        except answers.Malformed as error:
            because = f"malformed Lambda proxy response: {error.because}"
            return self._failed(error.cause, request, call, because)
        return with_ids(response, self.settings, call, trace_id(request, call))

    def _failed(self, cause: Cause, request: Request, call: Call, because: str) -> Response:
        told = method(request, self.settings)
        _log.error("%s %s: the function failed: %s", told, request.path, because)
        return refusal(cause, self.settings, call, because)


def new_call(now: datetime) -> Call:
    """Ids in AWS's forms for a request that comes *now*."""
    unit = os.urandom(12).hex()
    return Call(
        request_id=str(uuid.uuid4()),
        extended_request_id=base64.b64encode(os.urandom(11)).decode(),
        trace_id=f"Root=1-{int(now.timestamp()):08x}-{unit}",
        time=now,
    )


def _only(headers: list[tuple[str, str]], name: str) -> str:
    found = [value for sent, value in headers if sent == name]
    return found[0] if len(found) == 1 else ""
