"""Endpoints that tell what reached them, and that answer whatever they are told to."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from service.authorization import requires, requires_api_key, requires_token
from service.identity import current_client

bp = Blueprint("echo", __name__)

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"]
#: What the front adds or sets by itself, on each in another way.
_NOT_SHOWN = ("x-forwarded-", "x-amzn-", "content-length", "connection", "x-gateway-")


def encoded(value: object) -> bytes:
    """JSON in one line: the echo's own encoding, so that bytes can be compared."""
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


@bp.route("/echo/", methods=METHODS, provide_automatic_options=False)
@bp.route("/echo/<path:_rest>", methods=METHODS, provide_automatic_options=False)
def echo(_rest: str = "") -> Response:
    body = request.get_data()
    shown = {
        "method": request.method,
        "path": request.path,
        "script_root": request.script_root,
        "args": [[name, values] for name, values in request.args.lists()],
        "headers": sorted(
            [name.lower(), value.encode("latin-1").decode(errors="backslashreplace")]
            for name, value in request.headers
            if not name.lower().startswith(_NOT_SHOWN) and name != "Cookie"
        ),
        "cookies": [[name, values] for name, values in request.cookies.lists()],
        "body": base64.b64encode(body).decode(),
        "form": [[name, values] for name, values in request.form.lists()],
        "url": request.base_url,
        "scheme": request.scheme,
        "secure": request.is_secure,
        "remote_addr": request.remote_addr,
        "client": current_client().certificate.fingerprint,
    }
    return Response(encoded(shown), mimetype="application/json")


def spec(
    status: int | str = 200, *headers: tuple[str, str], body: bytes = b"", typed: bool = False
) -> str:
    """The target that makes `say` answer so; *typed*: with Flask's own Content-Type."""
    said: dict[str, Any] = {"status": status, "headers": headers, "typed": typed}
    said["body"] = base64.b64encode(body).decode()
    return "/say?spec=" + base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


@bp.route("/say", methods=METHODS, provide_automatic_options=False)
def say() -> Response:
    sent = request.args["spec"]
    said = json.loads(base64.urlsafe_b64decode(sent + "=" * (-len(sent) % 4)))
    response = Response(base64.b64decode(said["body"]), said["status"])
    if not said["typed"]:
        del response.headers["Content-Type"]
    for name, value in said["headers"]:
        response.headers.add(name, value)
    return response


@bp.get("/bound")
@requires_token
def bound() -> Response:
    return Response(b"bound", mimetype="text/plain")


@bp.get("/bound-orders")
@requires("orders:read")
@requires_token
def bound_orders() -> Response:
    return Response(" ".join(sorted(current_client().scopes)), mimetype="text/plain")


@bp.get("/keyed")
@requires_api_key
def keyed() -> Response:
    return Response(current_client().id, mimetype="text/plain")


@bp.get("/large")
def large() -> Response:
    return Response(bytes(range(256)) * 4096, mimetype="application/octet-stream")


@bp.get("/stream")
def stream() -> Response:
    def pieces() -> Iterator[bytes]:
        for number in range(5):
            yield f"piece {number}\n".encode() * 1000

    return Response(pieces(), mimetype="text/plain")


@bp.get("/stream-binary")
def stream_binary() -> Response:
    return Response((bytes([number]) for number in range(256)), mimetype="image/png")


@bp.get("/crash")
def crash() -> Response:
    raise RuntimeError("as asked")


@bp.get("/tree/")
def tree() -> str:
    return "leaves"


@bp.get("/elsewhere")
def elsewhere() -> ResponseReturnValue:
    return redirect("/echo/a%20b?c=%2B&d=%C3%A9", 303)


@bp.get("/tagged")
def tagged() -> ResponseReturnValue:
    response = Response(b"tagged", mimetype="text/plain")
    response.set_etag("abc")
    response.date = datetime(2026, 1, 1, tzinfo=UTC)
    return response.make_conditional(request)


@bp.get("/cookies")
def cookies() -> Response:
    response = Response("cookies")
    response.set_cookie("one", "1", path="/", secure=True, httponly=True, samesite="Lax")
    response.set_cookie("two", "a b; c", expires=0)
    response.set_cookie("three", "", domain="example.com", partitioned=True)
    return response
