"""The default endpoint of an API, which knows no mutual TLS: asked itself whether it is closed."""

import json
import queue
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import IO
from urllib.parse import quote

#: Where it is; China's regions have a domain of their own.
BASE = "https://{id}.execute-api.{region}.amazonaws.com"
_LIMIT = 10.0  # seconds, for all of it
_MOST = 4096
_FORBIDDEN, _NOT_FOUND, _TOO_MANY = 403, 404, 429


@dataclass(frozen=True, slots=True)
class Closed:
    """It lets nobody in; *said*: its answer."""

    said: str


@dataclass(frozen=True, slots=True)
class Open:
    """It lets requests through to the API; *said*: its answer."""

    said: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be asked, or its answer does not tell."""

    because: str


Answer = Closed | Open | Unknown


def url(base: str, api: str, region: str, path: str) -> str:
    """Return the URL of *path*, with its stage, at the default endpoint of *api*.

    base: "" = AWS's own; "{id}" and "{region}" in it stand for these.
    """
    china = ".cn" if region.startswith("cn-") and not base else ""
    host = (base or BASE).format(id=api, region=region) + china
    return f"{host.rstrip('/')}/{quote(path.lstrip('/'))}"


def ask(url: str, *, is_route: bool = False, limit: float = _LIMIT) -> Answer:
    """Return whether the default endpoint behind *url* lets a GET without a certificate through.

    *url* has to be that of a stage which is there. What a closed one says (AWS: api-gateway-
    disable-endpoint): 403 Forbidden for a REST API, 404 Not Found for an HTTP API, which an open
    one says of what is no route: it counts only where *is_route*. A firewall, and a method that
    wants an API key, forbid in the same words. Never raises; ends within *limit* seconds.
    """
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    # A thread, since neither the resolver nor a server that dribbles keeps to a socket's timeout.
    asking = threading.Thread(
        target=lambda: answers.put(_ask(url, limit, is_route=is_route)), daemon=True
    )
    asking.start()
    try:
        return answers.get(timeout=limit)
    except queue.Empty:
        return Unknown(f"no answer within {limit:g} s")


def _ask(url: str, limit: float, *, is_route: bool) -> Answer:
    try:
        with _OPENER.open(url, timeout=limit) as answer:
            return _answer(answer.status, answer.read(_MOST), is_route=is_route)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.read(_MOST), is_route=is_route)
    except urllib.error.URLError as error:
        return Unknown(_why(error.reason))
    except (OSError, ValueError, HTTPException) as error:
        return Unknown(_why(error))


def _answer(status: int, body: bytes, *, is_route: bool) -> Answer:
    message = _message(body)
    said = f"HTTP {status}" + (f", {message}" if message else "")
    if status == _FORBIDDEN and message == "Forbidden":
        return Closed(said)
    if status == _NOT_FOUND and message == "Not Found":
        return Closed(said) if is_route else Unknown(f"{said}, which an open one says as well")
    if status == _TOO_MANY:
        return Unknown(said)
    return Open(said)


def _message(body: bytes) -> str:
    """Return the message of API Gateway in *body*, which has that and nothing else; else ""."""
    try:
        found = json.loads(body)
    except ValueError:
        return ""
    if isinstance(found, dict) and set(found) == {"message"} and isinstance(found["message"], str):
        return found["message"][:200]
    return ""


def _why(reason: object) -> str:
    return " ".join(str(reason).split()) or type(reason).__name__


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirection is an answer of the API's: nobody follows it."""

    def redirect_request(  # noqa: PLR0917  (urllib's own)
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Return no other request."""


_OPENER = urllib.request.build_opener(_Stay)
